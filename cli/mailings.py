"""`broadsheet pause`, `resume`, `cancel`, `resend`, `status`: mailings of the deployed or local stack."""

import time
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.mailings.control import Control
from broadsheet.mailings.mailing import NEEDS_APPROVAL, MailingState
from broadsheet.mailings.statistics import Progress, progress_of
from cli.chosen_stack import StackOptions, now, stack_options
from cli.console import PrintableConsole

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

SECONDS_BETWEEN_LOOKS = 2.0
BAR_WIDTH = 40
console = PrintableConsole(highlight=False)


def mailings_of(stack: StackOptions) -> Control:
    """The commands on the mailings of the stack."""
    found = stack.reach("Ledger", "Sweep")
    return control_of(found.table("Ledger"), found.client("lambda"), found.outputs["Sweep"])


def control_of(table: Table, functions: "LambdaClient", sweep: str) -> Control:
    """The commands on the mailings in a table; `sweep` is the name of the function that sweeps it."""

    def run_sweep() -> None:
        functions.invoke(FunctionName=sweep, InvocationType="Event", Payload=b"{}")

    return Control(DynamoDBLedger(table), DynamoDBHeads(table), run_sweep, now)


def act(mailings: Control, what: str, issue: str, audience: str | None) -> None:
    """Pause, resume, cancel or resend, and print the mailings' new states."""
    if what == "resend":
        count = mailings.resend(issue, audience)
        console.print(f"Mailed again, having been refused: {count}." if count else "Nobody to mail again.")
        return
    for mailing in getattr(mailings, what)(issue, audience):
        is_confirmed = mailing.approved and mailing.state is MailingState.HELD
        begins = " and begins within a minute" if is_confirmed else ""
        console.print(f"{mailing.id} is {mailing.state}{begins}.")


def show_status(mailings: Control, issue: str, audience: str | None) -> None:
    """Show the progress of the mailings: on a terminal live until they are over or Ctrl-C, else once."""
    if not console.is_terminal:
        for progress in _progress(mailings, issue, audience):
            console.print(in_words(progress), soft_wrap=True)
        return
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            shown = _progress(mailings, issue, audience)
            live.update(Group(*map(drawn, shown)), refresh=True)
            if all(progress.is_over for progress in shown):
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)


def in_words(progress: Progress) -> str:
    """A mailing on one line."""
    mailing = progress.mailing
    state = f"{mailing.id}: {mailing.state}" + (f" ({mailing.reason})" if mailing.reason else "")
    if mailing.reason == NEEDS_APPROVAL and mailing.state is MailingState.HELD:
        return f"{state}; nobody is mailed before an editor writes mail: yes, or you run broadsheet resume"
    if mailing.state is MailingState.HELD:
        return f"{state}, due {mailing.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC; nobody was mailed yet"
    if not mailing.edition:
        return f"{state}; nobody was mailed"
    counts = [
        f"{count} {name.replace('_', ' ')}"
        for name, count in progress.counts.items()
        if count and name != "members"
    ]
    members = f"{progress.counts['members']} of {_about(progress)} members begun with"
    return "; ".join([state, members, *([", ".join(counts)] if counts else []), *_speed(progress)])


def _about(progress: Progress) -> str:
    """The number of all members: exact once every chunk has been begun."""
    is_known = progress.expected == progress.counts["members"]
    return str(progress.expected) if is_known else f"about {progress.expected}"


def _speed(progress: Progress) -> list[str]:
    if progress.is_over:
        return []
    left = "unknown" if progress.left is None else str(progress.left)
    return [f"{progress.per_second:.1f} mails a second of late", f"time left: {left}"]


def drawn(progress: Progress) -> RenderableType:
    """A mailing with its bar."""
    is_done = progress.mailing.state is MailingState.DONE
    percent = 100 if is_done else 100 * progress.processed // max(1, progress.expected)
    grid = Grid.grid(padding=(0, 1))
    grid.add_row(ProgressBar(total=100, completed=percent, width=BAR_WIDTH), Text(f"{percent} %"))
    return Group(Text(in_words(progress)), grid)


def _progress(mailings: Control, issue: str, audience: str | None) -> list[Progress]:
    found = mailings.mailings(issue, audience)
    return [progress_of(mailing, mailings.ledger, now()) for mailing in found]


def _mailing_command(name: str, description: str) -> click.Command:
    @click.command(name, help=description)
    @click.argument("issue")
    @click.option("--audience", metavar="ID", help="Only the mailing to this audience.")
    @stack_options("OperatorPolicy")
    def command(issue: str, audience: str | None, *, stack: StackOptions) -> None:
        mailings = mailings_of(stack)
        if name == "status":
            show_status(mailings, issue, audience)
        else:
            act(mailings, name, issue, audience)

    return command


pause = _mailing_command("pause", "Let a mailing make no further call; `resume` goes on where it was.")
resume = _mailing_command("resume", "Let a mailing go on that is paused, parked or was stopped.")
cancel = _mailing_command("cancel", "End a mailing for good: who has not been mailed never will be.")
resend = _mailing_command(
    "resend", "Mail those again who were refused for a passing reason, and nobody else."
)
status = _mailing_command("status", "Show how far a mailing is, live until it is over.")
