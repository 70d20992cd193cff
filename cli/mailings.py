"""`broadsheet pause`, `resume`, `cancel`, `resend`, `status`: mailings of the deployed or local stack."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from rich.console import Group
from rich.live import Live

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.aws.rate_limits import DynamoDBRateLimits
from broadsheet.mailings.control import Control
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.progress import Progress
from broadsheet.mailings.statistics import statistics_of
from cli.asking import yes_option
from cli.chosen_stack import StackOptions, now, stack_options
from cli.console import PrintableConsole
from cli.json_output import json_option, print_json
from cli.mailing_questions import QUESTIONS, ask_before, readers_of
from cli.mailing_status import drawn, in_words, newsletter_zone

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

SECONDS_BETWEEN_LOOKS = 2.0
console = PrintableConsole(highlight=False)


def mailings_of(stack: StackOptions) -> Control:
    """The commands on the mailings of the stack."""
    found = stack.reach("Ledger", "Sweep")
    return control_of(found.table("Ledger"), found.client("lambda"), found.outputs["Sweep"])


def control_of(table: Table, functions: "LambdaClient", sweep: str) -> Control:
    """The commands on the mailings in a table; `sweep` is the name of the function that sweeps it."""

    def run_sweep() -> None:
        functions.invoke(FunctionName=sweep, InvocationType="Event", Payload=b"{}")

    ledger, heads = DynamoDBLedger(table), DynamoDBHeads(table)
    return Control(ledger, heads, run_sweep, now, DynamoDBRateLimits(table))


def act(mailings: Control, what: str, issue: str, audience: str | None) -> None:
    """Pause, resume, cancel or resend, and print the mailings' new states."""
    if what == "resend":
        count = mailings.resend(issue, audience)
        console.print(
            f"To be emailed again after having been refused: {count}."
            if count
            else "Nobody needs to be emailed again."
        )
        return
    for mailing in getattr(mailings, what)(issue, audience):
        is_confirmed = mailing.approved and mailing.state is MailingState.HELD
        begins = " and begins within a minute" if is_confirmed else ""
        console.print(f"{mailing.id} is {mailing.state.word}{begins}.")


def done_as_json(mailings: Control, what: str, issue: str, audience: str | None) -> dict[str, object]:
    """Do the same, or look how far the mailings are: the mailings as they are then, for scripts."""
    resent = {"resent": mailings.resend(issue, audience)} if what == "resend" else {}
    if what not in ("resend", "status"):
        getattr(mailings, what)(issue, audience)
    found = mailings.progress(issue, audience)
    return {**resent, "mailings": [_plain(progress, mailings) for progress in found]}


def _plain(progress: Progress, mailings: Control) -> dict[str, object]:
    mailing, counts = progress.mailing, statistics_of(progress.mailing, mailings.ledger).counts
    return {
        "mailing": mailing.id,
        **{name: getattr(mailing, name) for name in ("issue", "audience", "edition", "reason")},
        "state": mailing.state.word,
        "due_at": mailing.due_at.isoformat(),
        "ended_at": mailing.ended_at.isoformat() if mailing.ended_at else None,
        "expected": progress.expected,
        "expected_is_exact": progress.is_exact,
        "counts": {name.replace("in_doubt", "unknown"): count for name, count in counts.items()},
    }


def show_status(
    mailings: Control, issue: str, audience: str | None, resume: str = "broadsheet resume"
) -> None:
    """Show the progress of the mailings: on a terminal live until they are over or Ctrl-C, else once.

    `resume` is the command that makes a halted one go on.
    """
    zone = newsletter_zone()
    if not console.is_terminal:
        for progress in mailings.progress(issue, audience):
            console.print(in_words(progress, zone, resume), soft_wrap=True)
        return
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            shown = mailings.progress(issue, audience)
            live.update(Group(*(drawn(progress, zone, resume) for progress in shown)), refresh=True)
            if all(progress.is_over for progress in shown):
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _mailing_command(name: str, description: str) -> click.Command:
    @click.command(name, help=description)
    @click.argument("issue")
    @click.option("--audience", metavar="ID", help="Only the mailing to this audience.")
    @stack_options("OperatorPolicy")
    @json_option
    def command(
        issue: str, audience: str | None, *, stack: StackOptions, as_json: bool, yes: bool = False
    ) -> None:
        mailings = mailings_of(stack)
        ask_before(name, mailings, issue, audience, readers_of(stack), yes=yes)
        if as_json:
            print_json(done_as_json(mailings, name, issue, audience))
        elif name == "status":
            show_status(mailings, issue, audience, stack.command("resume"))
        else:
            act(mailings, name, issue, audience)

    return yes_option(command) if name in QUESTIONS else command


pause = _mailing_command("pause", "Pause a mailing; `resume` continues where it stopped.")
resume = _mailing_command("resume", "Resume a mailing that was paused, suspended or stopped.")
cancel = _mailing_command("cancel", "End a mailing for good: whoever has not been emailed yet will not be.")
resend = _mailing_command(
    "resend", "Email again those who were refused for a temporary reason, and nobody else."
)
status = _mailing_command("status", "Show the progress of a mailing, live until it ends.")
