"""Panic's note in the ledger's table, and the key in KMS, as the template describes them."""

from decimal import Decimal

import pytest

from cli.panic import Note
from cli.switches import switches
from tests.integration.world import World


def test_the_note_keeps_the_first_of_each_and_forgets_one_by_one(world: World) -> None:
    note = Note(world.table("LedgerTable"))
    assert note.read() == {}
    for _ in range(2):
        note.keep("key", state=True)
        note.keep("function A", state=None)
        note.keep("function B", state=3)
    note.keep("key", state=False)
    assert note.read() == {"key": True, "function A": None, "function B": Decimal(3)}
    note.forget("key")
    note.forget("never noted")
    assert set(note.read()) == {"function A", "function B"}


@pytest.mark.parametrize("number", [0, 1], ids=["addresses", "fingerprints"])
def test_a_key_is_disabled_and_enabled(world: World, number: int) -> None:
    """That a disabled key then opens nothing is seen on the local system; moto lets it."""
    outputs = {
        "AddressKey": world.refs["AddressKey"],
        "FingerprintKey": world.refs["FingerprintKey"],
        "AddressOpeners": "a",
        "AddressOpenersMappings": "b",
        "MailingStarters": "c",
    }
    switch = switches(world.resources.kms, None, outputs)[number]  # type: ignore[arg-type]  # a key's alone is asked
    states = [switch.state()]
    for state in (switch.off, switch.on):
        switch.turn(state)
        states.append(switch.state())
    assert states == [True, False, True]
