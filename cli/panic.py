"""`broadsheet panic` and `recover`: nobody can open an address, until somebody lets them again.

Panic turns off, in this order: the key of addresses and that of fingerprints; the functions that open
addresses, with the keys that warm ones have in memory; the mailings that are being sent; what brings work to
those functions. Without the fingerprint key nobody can ask whether an address is on the list. The key of
links stays, so that readers can leave by one click, and so do bounces and complaints, which need no key
(`broadsheet.feedback.record`). Recover turns it all on again, makes a new key of addresses and seals the list
under it before any mailing goes on, for the old key may have been unwrapped (`cli/keys.py`).

Shape (LedgerTable): partition "panic", entry "before": for each switch how it stood before the first panic,
under its name; while recover is at work `renewal`, and under `replaced` the id of the key that it replaces. A
paused mailing's reason is `PANIC`, or `PANIC:<the reason before>`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from broadsheet.aws.dynamodb import Table, table_of
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import Ledger
from cli import keys
from cli.console import PrintableConsole
from cli.options import stack_options
from cli.own_stack import reach
from cli.switches import ADDRESS_KEY, Switch, switches
from local.stack import StackMissingError

PANIC = "PANIC"
NOTE = {"mailing": "panic", "entry": "before"}
QUICK = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3})
OUTPUTS = (
    *("AddressKey", "FingerprintKey", "AddressOpeners", "AddressOpenersMappings", "MailingStarters"),
    *("Ledger", "Sweep"),
)
RENEWAL, REPLACED = "renewal", "replaced"
console = PrintableConsole(highlight=False, soft_wrap=True)


class NotNotedError(RuntimeError):
    """It was turned off, but how it stood before could not be noted: `recover` will not know of it."""


@dataclass(frozen=True)
class Note:
    """How everything stood before the first panic; a second panic does not write over it."""

    table: Table

    def keep(self, name: str, state: bool | int | str | None) -> None:  # noqa: FBT001  # a state is what it is
        """Write it, unless it is there."""
        self.table.update_item(
            Key=NOTE,
            UpdateExpression="SET #name = if_not_exists(#name, :state)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":state": state},
        )

    def read(self) -> dict[str, Any]:
        """All that is noted, by name."""
        item = self.table.get_item(Key=NOTE, ConsistentRead=True).get("Item", {})
        return {name: state for name, state in item.items() if name not in NOTE}

    def forget(self, name: str) -> None:
        """It stands as it did before."""
        self.table.update_item(
            Key=NOTE, UpdateExpression="REMOVE #name", ExpressionAttributeNames={"#name": name}
        )


class Renews(Protocol):
    """What replaces the key of addresses; see `cli.keys.Renewal`."""

    def waiting(self) -> tuple[str, int]:
        """The id of the key in use, and how many addresses are sealed under older ones."""

    def replace(self, key_id: str) -> str:
        """Replace that key, unless it is replaced, and reseal the list; what was done. Again, it goes on."""


@dataclass(frozen=True)
class Panic:
    """What can be turned off and back. Both can be repeated, and both go on when something fails."""

    switches: list[Switch]
    note: Note
    ledger: Ledger
    sweep: Callable[[], None]
    renewal: Renews
    clock: Callable[[], datetime]
    say: Callable[[str], None]

    def panic(self) -> bool:
        """Turn everything off, saying each thing as it is done; false if something failed."""
        off: list[tuple[str, Callable[[], str]]] = [
            (switch.is_off, partial(self._off, switch)) for switch in self.switches
        ]
        quick = sum(not switch.is_slow for switch in self.switches)
        pause: tuple[str, Callable[[], str]] = ("Mailings that were being sent are paused", self._pause)
        steps = [*off[:quick], pause, *off[quick:]]
        done = [self._done(sentence, step) for sentence, step in steps]
        return all(done)

    def recover(self, *, everything: bool = False, renews: bool = True) -> bool:
        """Turn back what panic turned off, renew the key of addresses, mailings last; false if one failed.

        `everything` is turned on that panic can turn off, noted or not. A mailing that was paused by hand
        stays so. Unless it `renews`, the list stays sealed under its key.
        """
        try:
            noted = self._noted(everything=everything)
        except Exception as error:  # noqa: BLE001  # a person under pressure gets a sentence, whatever it was
            self.say(
                f"✗ How it was before can't be read: {_cause(error)}. `recover --everything` goes without."
            )
            return False
        done = self._turned_back(noted, is_slow=False)
        if all(done) and RENEWAL in noted:
            done.append(self._renewed(noted, everything=everything, renews=renews))
        if all(done):
            done += self._turned_back(noted, is_slow=True)
        if not all(done):
            self.say(
                "✗ Mailings stay paused until all of this is back. Run `broadsheet recover` again; its rights"
                " are those of RecoverPolicy."
            )
            return False
        return self._done("Mailings that panic had paused go on", self._go_on)

    def _noted(self, *, everything: bool) -> dict[str, Any]:
        """What is to be turned back; that the key is to be renewed is noted before the first is."""
        if everything:
            return {RENEWAL: True, **{switch.name: switch.on for switch in self.switches}}
        noted = self.note.read()
        if noted and RENEWAL not in noted:
            self.note.keep(RENEWAL, state=True)
        return {RENEWAL: True, **noted} if noted else noted

    def _turned_back(self, noted: dict[str, Any], *, is_slow: bool) -> list[bool]:
        return [
            self._done(switch.is_back, partial(self._back, switch, noted[switch.name]))
            for switch in self.switches
            if switch.name in noted and switch.is_slow is is_slow
        ]

    def _renewed(self, noted: dict[str, Any], *, everything: bool, renews: bool) -> bool:
        if renews and noted.get(ADDRESS_KEY) is not False:
            return self._done("The list has a new key", partial(self._renew, everything=everything))
        advice = "if somebody may have unwrapped it, run `broadsheet keys rotate`"
        return self._done(f"The list keeps its key; {advice}", self._forget_renewal)

    def _renew(self, *, everything: bool) -> str:
        """Which key is to be replaced is noted first, so that another try makes no second one."""
        replaced, _ = self.renewal.waiting()
        if not everything:
            self.note.keep(REPLACED, replaced)
            replaced = str(self.note.read()[REPLACED])
        told = self.renewal.replace(replaced)
        self._forget_renewal()
        return f": {told}"

    def _forget_renewal(self) -> str:
        for name in (REPLACED, RENEWAL):
            self.note.forget(name)
        return ""

    def _done(self, sentence: str, step: Callable[[], str]) -> bool:
        """Do it and say so; whatever goes wrong, the next thing must be tried."""
        try:
            more = step()
        except NotNotedError as error:
            self.say(f"✗ {sentence}, but `recover` will not know: {error}. Use `recover --everything` then.")
            return False
        except Exception as error:  # noqa: BLE001  # as above
            self.say(f"✗ NOT DONE: {sentence}. {_cause(error)}")
            return False
        self.say(f"✓ {sentence}{more}.")
        return True

    def _off(self, switch: Switch) -> str:
        cause, state = "", None
        try:
            state = switch.state()
            self.note.keep(switch.name, state)
            if switch.name == ADDRESS_KEY and state != switch.off:
                self.note.forget(REPLACED)  # of a recover that was broken off: its new key may be known, too
        except Exception as error:  # noqa: BLE001  # it must be off, noted or not
            cause = _cause(error)
        if cause or state is None or state != switch.off:
            switch.turn(switch.off)
        if cause:
            raise NotNotedError(cause)
        return ""

    def _back(self, switch: Switch, before: Any) -> str:  # noqa: ANN401  # as the note keeps it
        was_off = before is not None and before == switch.off
        if not was_off:
            switch.turn(before if before is None or isinstance(before, bool) else int(before))
        self.note.forget(switch.name)
        return ": no, it was off before, and stays so" if was_off else ""

    def _pause(self) -> str:
        return self._moved(
            MailingState.SENDING, MailingState.PAUSED, lambda reason: f"{PANIC}:{reason}" if reason else PANIC
        )

    def _go_on(self) -> str:
        moved = self._moved(
            MailingState.PAUSED, MailingState.SENDING, lambda reason: reason.partition(":")[2], only=_is_ours
        )
        self.sweep()
        return moved

    def _moved(
        self,
        before: MailingState,
        after: MailingState,
        reason: Callable[[str], str],
        only: Callable[[str], bool] = lambda _: True,
    ) -> str:
        meant = [m for m in self.ledger.active() if m.state is before and only(m.reason)]
        moved = [
            m.id for m in meant if self.ledger.move(m.id, [before], after, self.clock(), reason(m.reason))
        ]
        return f": {', '.join(moved) or 'there are none'}"


def _is_ours(reason: str) -> bool:
    return reason == PANIC or reason.startswith(f"{PANIC}:")


@click.command()
@stack_options()
def panic(*, local: bool, state: Path, engine_port: int) -> None:
    """Let nobody open an address, at once; readers can still leave. `recover` undoes it."""
    if _panic_of(OUTPUTS, local, state, engine_port).panic():
        console.print(
            "Nobody can open or find an address now. Links to leave still work."
            " `broadsheet recover` undoes this."
        )
        return
    console.print(
        "[bold red]Not all of it was done.[/bold red] Run `broadsheet panic` again; it can be repeated."
    )
    raise SystemExit(1)


@click.command()
@stack_options()
@click.option("--everything", is_flag=True, help="Turn on all that panic can turn off, noted or not.")
@click.option("--same-key", is_flag=True, help="Make no new key of addresses; `keys rotate` does it later.")
def recover(*, local: bool, state: Path, engine_port: int, everything: bool, same_key: bool) -> None:
    """Undo `panic`, with a new key of addresses, under which the list is sealed before any mailing goes on.

    The same command goes on with what was broken off.
    """
    names = OUTPUTS if same_key else (*OUTPUTS, *keys.OUTPUTS)
    found = _panic_of(names, local, state, engine_port)
    raise SystemExit(not found.recover(everything=everything, renews=not same_key))


def _panic_of(names: Sequence[str], local: bool, state: Path, engine_port: int) -> Panic:  # noqa: FBT001  # as the command has it
    try:
        session, endpoint, outputs = reach(names, local=local, state=state, engine_port=engine_port)
    except (StackMissingError, ClientError, BotoCoreError) as error:
        raise SystemExit(f"The stack can't be reached: {_cause(error)}") from error
    to = {"endpoint_url": endpoint, "config": QUICK}
    functions = session.client("lambda", **to)
    table = table_of(session, outputs["Ledger"], QUICK, endpoint)
    return Panic(
        switches(session.client("kms", **to), functions, outputs),
        Note(table),
        DynamoDBLedger(table),
        partial(functions.invoke, FunctionName=outputs["Sweep"], InvocationType="Event", Payload=b"{}"),
        keys.renewal_of(session, endpoint, outputs),
        lambda: datetime.now(UTC),
        console.print,
    )


def _cause(error: Exception) -> str:
    """What went wrong, in a line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
