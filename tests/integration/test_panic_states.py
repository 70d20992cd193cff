"""Panic's saved states in the ledger's table, and the key in KMS, as the template describes them."""

from decimal import Decimal

import pytest

from cli.panic import SavedStates
from cli.switches import switches
from tests.integration.world import World


def test_the_first_state_of_each_name_is_saved_and_deleted_by_name(world: World) -> None:
    saved = SavedStates(world.table("LedgerTable"))
    assert saved.read() == {}
    for _ in range(2):
        saved.save("key", state=True)
        saved.save("function A", state=None)
        saved.save("function B", state=3)
    saved.save("key", state=False)
    assert saved.read() == {"key": True, "function A": None, "function B": Decimal(3)}
    saved.delete("key")
    saved.delete("never saved")
    assert set(saved.read()) == {"function A", "function B"}


@pytest.mark.parametrize("number", [0, 1], ids=["addresses", "fingerprints"])
def test_a_key_is_disabled_and_enabled(world: World, number: int) -> None:
    """moto decrypts with a disabled key; a rehearsal on the local system checks that nothing can."""
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
