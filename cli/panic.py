"""`broadsheet panic` and `recover`: no address can be opened until an operator allows that again.

Panic turns off, in this order: the address key and the fingerprint key; the functions that open addresses,
with the keys that warm ones have in memory; the mailings that are being sent; the event source mappings of
those functions. Without the fingerprint key nobody can ask whether an address is on the list. The key of
links stays on, so that readers can unsubscribe by one click; bounces and complaints are recorded without a
key (`broadsheet.feedback.record`). Recover turns everything on again, makes a new address key and reseals the
list under it before any mailing continues, for the old key may have been unwrapped (`cli/keys.py`).

Shape (LedgerTable): partition "panic", entry "before": the state of each switch before the first panic, under
the switch's name; while recover runs `renewal`, and under `replaced` the id of the key that it replaces. A
paused mailing's reason is `PANIC`, or `PANIC:<the reason before>`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import click
from botocore.config import Config

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import Ledger
from cli import keys
from cli.asking import require_consent, yes_option
from cli.chosen_stack import StackOptions, now, stack_options
from cli.console import PrintableConsole
from cli.switches import ADDRESS_KEY, Switch, switches

PANIC = "PANIC"
STATES_KEY = {"mailing": "panic", "entry": "before"}
QUICK = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3})
OUTPUTS = (
    *("AddressKey", "FingerprintKey", "AddressOpeners", "AddressOpenersMappings", "MailingStarters"),
    *("Ledger", "Sweep"),
)
RENEWAL, REPLACED = "renewal", "replaced"
Step = Callable[[], str]
console = PrintableConsole(highlight=False, soft_wrap=True)


class StateNotSavedError(RuntimeError):
    """It was turned off, but its state before could not be saved, so `recover` will not turn it on."""


@dataclass(frozen=True)
class SavedStates:
    """The state of each switch before the first panic; a second panic does not overwrite it."""

    table: Table

    def save(self, name: str, state: bool | int | str | None) -> None:  # noqa: FBT001  # a state is what it is
        """Save the state, unless one of that name is saved."""
        change = "SET #name = if_not_exists(#name, :state)"
        self.table.update(STATES_KEY, change, {":state": state}, names={"#name": name})

    def read(self) -> dict[str, Any]:
        """All saved states by name."""
        item = self.table.get(STATES_KEY) or {}
        return {name: state for name, state in item.items() if name not in STATES_KEY}

    def delete(self, name: str) -> None:
        """Delete the state of that name, if there is one."""
        self.table.update(STATES_KEY, "REMOVE #name", names={"#name": name})


@dataclass(frozen=True)
class Panic:
    """Turns off and on with its ports. Both can be repeated, and both continue after a failure.

    `command` gives the whole line of another command for the same stack.
    """

    switches: list[Switch]
    saved: SavedStates
    ledger: Ledger
    sweep: Callable[[], None]
    renewal: keys.Renewal
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    command: Callable[[str], str]

    def panic(self) -> bool:
        """Turn everything off, reporting each step when it is done; False if one failed."""
        steps: list[tuple[str, Step]] = [
            (switch.is_off, partial(self._turn_off, switch)) for switch in self.switches
        ]
        quick = sum(not switch.is_slow for switch in self.switches)
        steps.insert(quick, ("Mailings in progress are paused", self._pause))
        done = [self._done(sentence, step) for sentence, step in steps]
        return all(done)

    def recover(self, *, everything: bool = False, renews: bool = True) -> bool:
        """Turn on what panic turned off, renew the address key, resume mailings; False if a step failed.

        `everything` turns on all that panic can turn off, whatever is saved. A mailing that was paused by
        hand stays paused. Unless `renews`, the list stays sealed under its key.
        """
        try:
            saved = self._saved(everything=everything)
        except Exception as error:  # noqa: BLE001  # the operator gets a sentence whatever the error was
            self.say(
                f"✗ The state before panic can't be read: {_cause(error)}. Run"
                f" `{self.command('recover --everything')}` to turn everything on without it."
            )
            return False
        done = self._turned_on(saved, is_slow=False)
        if all(done) and RENEWAL in saved:
            done.append(self._renewed(saved, everything=everything, renews=renews))
        if all(done):
            done += self._turned_on(saved, is_slow=True)
        if not all(done):
            self.say(
                "✗ Mailings stay paused until everything above has been restored. Run"
                f" `{self.command('recover')}` again, with the permissions of RecoverPolicy."
            )
            return False
        return self._done("Mailings that panic had paused continue", self._resume)

    def _saved(self, *, everything: bool) -> dict[str, Any]:
        """The states to return to. That the key is to be renewed is saved before the first of them."""
        if everything:
            return {RENEWAL: True, **{switch.name: switch.on for switch in self.switches}}
        saved = self.saved.read()
        if saved and RENEWAL not in saved:
            self.saved.save(RENEWAL, state=True)
        return {RENEWAL: True, **saved} if saved else saved

    def _turned_on(self, saved: dict[str, Any], *, is_slow: bool) -> list[bool]:
        return [
            self._returned(switch, saved[switch.name])
            for switch in self.switches
            if switch.name in saved and switch.is_slow is is_slow
        ]

    def _returned(self, switch: Switch, before: bool | int | str | None) -> bool:  # noqa: FBT001  # as it is saved
        """Bring a switch back to its state before panic; what was off then stays off, and is reported so."""
        if before is not None and before == switch.off:
            return self._done(switch.stays_off, partial(self._forget, switch), mark="–")
        return self._done(switch.is_back, partial(self._turn_on, switch, before))

    def _renewed(self, saved: dict[str, Any], *, everything: bool, renews: bool) -> bool:
        if renews and saved.get(ADDRESS_KEY) is not False:
            return self._done("The list has a new key", partial(self._renew, everything=everything))
        advice = f"if somebody may have unwrapped it, run `{self.command('keys rotate')}`"
        return self._done(f"The list keeps its key; {advice}", self._end_renewal)

    def _renew(self, *, everything: bool) -> str:
        """Save first which key is to be replaced, so that another run makes no second one."""
        replaced, _ = self.renewal.waiting()
        if not everything:
            self.saved.save(REPLACED, replaced)
            replaced = str(self.saved.read()[REPLACED])
        outcome = self.renewal.replace(replaced)
        self._end_renewal()
        return f": {outcome}"

    def _end_renewal(self) -> str:
        for name in (REPLACED, RENEWAL):
            self.saved.delete(name)
        return ""

    def _done(self, sentence: str, step: Step, mark: str = "✓") -> bool:
        """Run the step and report it; whatever it raises, the next step must be tried."""
        try:
            more = step()
        except StateNotSavedError as error:
            self.say(
                f"✗ {sentence}, but how it was before could not be recorded: {error}. To undo it, use"
                f" `{self.command('recover --everything')}`."
            )
            return False
        except Exception as error:  # noqa: BLE001  # as above
            self.say(f"✗ NOT DONE: {sentence}. {_cause(error)}")
            return False
        self.say(f"{mark} {sentence}{more}.")
        return True

    def _turn_off(self, switch: Switch) -> str:
        cause, state = "", None
        try:
            state = switch.state()
            self.saved.save(switch.name, state)
            if switch.name == ADDRESS_KEY and state != switch.off:
                self.saved.delete(REPLACED)  # an interrupted recover's new key may be known, too
        except Exception as error:  # noqa: BLE001  # it must be off, saved or not
            cause = _cause(error)
        if cause or state is None or state != switch.off:
            switch.turn(switch.off)
        if cause:
            raise StateNotSavedError(cause)
        return ""

    def _turn_on(self, switch: Switch, before: Any) -> str:  # noqa: ANN401  # as it is saved
        switch.turn(before if before is None or isinstance(before, bool) else int(before))
        return self._forget(switch)

    def _forget(self, switch: Switch) -> str:
        self.saved.delete(switch.name)
        return ""

    def _pause(self) -> str:
        sending = [m for m in self.ledger.active() if m.state is MailingState.SENDING]
        reasons = {m.id: f"{PANIC}:{m.reason}" if m.reason else PANIC for m in sending}
        return self._move(MailingState.SENDING, MailingState.PAUSED, reasons)

    def _resume(self) -> str:
        paused = [m for m in self.ledger.active() if m.state is MailingState.PAUSED]
        causes = {m.id: m.reason.partition(":") for m in paused}
        reasons = {mailing: before for mailing, (cause, _, before) in causes.items() if cause == PANIC}
        moved = self._move(MailingState.PAUSED, MailingState.SENDING, reasons)
        self.sweep()
        return moved

    def _move(self, before: MailingState, after: MailingState, reasons: dict[str, str]) -> str:
        """Move mailings, each with its new reason; the ids of those that were still in the state before."""
        moved = [
            mailing
            for mailing, reason in reasons.items()
            if self.ledger.move(mailing, [before], after, self.clock(), reason)
        ]
        return f": {', '.join(moved) or 'there are none'}"


@click.command()
@stack_options("OperatorPolicy")
@yes_option
def panic(*, stack: StackOptions, yes: bool) -> None:
    """Lock all addresses now, so that nobody can open them; readers can still unsubscribe.

    `recover` undoes it.
    """
    require_consent(
        f"In {stack} sign-up closes, mailings pause, and nobody can open an address until somebody with"
        f" RecoverPolicy runs `{stack.command('recover')}`.",
        yes=yes,
        question="Panic?",
    )
    if _panic_of(stack, OUTPUTS).panic():
        console.print(
            "Addresses are locked; AWS may need a few minutes to apply this everywhere, and a call that has"
            " begun is still completed. Unsubscribe links keep working."
            f" `{stack.command('recover')}` undoes this."
        )
        return
    console.print(
        f"[bold red]Not everything could be turned off.[/bold red] Run `{stack.command('panic')}` again;"
        " repeating it does no harm."
    )
    raise SystemExit(1)


@click.command()
@stack_options("RecoverPolicy")
@click.option(
    "--everything",
    is_flag=True,
    help="Turn on everything that panic can turn off, even what has no record of how it was before.",
)
@click.option("--same-key", is_flag=True, help="Make no new address key; `keys rotate` does it later.")
@yes_option
def recover(*, stack: StackOptions, everything: bool, same_key: bool, yes: bool) -> None:
    """Undo `panic`, with a new address key, under which the list is resealed before any mailing continues.

    To continue an interrupted run, run the same command again.
    """
    key = "the list keeps its key" if same_key else "the list gets a new key"
    require_consent(f"In {stack} addresses can be opened again, {key}, and mailings continue.", yes=yes)
    names = OUTPUTS if same_key else (*OUTPUTS, *keys.OUTPUTS)
    raise SystemExit(not _panic_of(stack, names).recover(everything=everything, renews=not same_key))


def _panic_of(stack: StackOptions, names: Sequence[str]) -> Panic:
    found = stack.reach(*names, in_pieces=True)  # whatever is there of it is to be closed
    functions, table = found.client("lambda", QUICK), found.table("Ledger", QUICK)
    return Panic(
        switches(found.client("kms", QUICK), functions, found.outputs),
        SavedStates(table),
        DynamoDBLedger(table),
        partial(functions.invoke, FunctionName=found.outputs["Sweep"], InvocationType="Event", Payload=b"{}"),
        keys.renewal_of(found.client("lambda", keys.LONGEST_CALL), found.outputs),
        now,
        console.print,
        stack.command,
    )


def _cause(error: Exception) -> str:
    """The type and the first line of an error."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
