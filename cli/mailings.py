"""`broadsheet pause`, `resume`, `cancel`, `resend`, `status`: mailings of the deployed or local stack."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from broadsheet.aws.dynamodb import Table, table_of
from broadsheet.aws.heads import DynamoDBHeads
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.mailings.control import Control, UnknownMailingError, WrongStateError
from broadsheet.mailings.mailing import NEEDS_APPROVAL, MailingState
from broadsheet.mailings.progress import Progress, progress_of
from cli.console import PrintableConsole
from cli.options import LOCAL, Command, stack_options
from cli.own_stack import deployed, running_system
from local.stack import StackMissingError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

SECONDS_BETWEEN_LOOKS = 2.0
BAR_WIDTH = 40
console = PrintableConsole(highlight=False)


@dataclass(frozen=True)
class MailingCommands:
    """The mailings of one stack."""

    table: Table
    functions: "LambdaClient"
    sweep: str

    @classmethod
    def deployed(cls) -> "MailingCommands":
        """Those of the stack that `make deploy` made."""
        session, _, outputs = deployed()
        if "Sweep" not in outputs:
            raise SystemExit("The deployed stack is older than this command. Run: make deploy")
        table = table_of(session, outputs["Ledger"])
        return cls(table, session.client("lambda"), outputs["Sweep"])

    @classmethod
    def local(cls, state: Path, engine_port: int) -> "MailingCommands":
        """Those of the local system that `make up` started."""
        system = running_system(state, engine_port)
        stack = system.stack
        session = system.session
        table = table_of(session, stack.output("Ledger"), endpoint_url=stack.endpoint)
        return cls(table, stack.client("lambda"), stack.output("Sweep"))

    @property
    def ledger(self) -> DynamoDBLedger:
        """Heads and chunks."""
        return DynamoDBLedger(self.table)

    @property
    def control(self) -> Control:
        """What can be done with them."""
        return Control(self.ledger, DynamoDBHeads(self.table), self._sweep, _now)

    def _sweep(self) -> None:
        self.functions.invoke(FunctionName=self.sweep, InvocationType="Event", Payload=b"{}")


def act(mailings: MailingCommands, what: str, issue: str, audience: str | None) -> None:
    """Pause, resume, cancel or resend, and say what is so now."""
    with _plain_errors():
        if what == "resend":
            count = mailings.control.resend(issue, audience)
            console.print(
                f"Mailed again, having been refused: {count}." if count else "Nobody to mail again."
            )
            return
        for mailing in getattr(mailings.control, what)(issue, audience):
            is_confirmed = mailing.approved and mailing.state is MailingState.HELD
            told = " and begins within a minute" if is_confirmed else ""
            console.print(f"{mailing.id} is {mailing.state}{told}.")


def show_status(mailings: MailingCommands, issue: str, audience: str | None) -> None:
    """Show how far the mailings are: live until they are over or Ctrl-C; once where nobody looks."""
    with _plain_errors():
        if not console.is_terminal:
            for progress in _look(mailings, issue, audience):
                console.print(in_words(progress), soft_wrap=True)
            return
        with Live(console=console, auto_refresh=False) as live:
            while True:
                looked = _look(mailings, issue, audience)
                live.update(Group(*map(drawn, looked)), refresh=True)
                if all(progress.is_over for progress in looked):
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
    said = [
        f"{count} {name.replace('_', ' ')}"
        for name, count in progress.counts.items()
        if count and name != "members"
    ]
    members = f"{progress.counts['members']} of {_about(progress)} members begun with"
    return "; ".join([state, members, *([", ".join(said)] if said else []), *_speed(progress)])


def _about(progress: Progress) -> str:
    """How many members in all: known once every chunk has been begun."""
    is_known = progress.expected == progress.counts["members"]
    return str(progress.expected) if is_known else f"about {progress.expected}"


def _speed(progress: Progress) -> list[str]:
    if progress.is_over:
        return []
    left = "unknown" if progress.left is None else str(progress.left)
    return [f"{progress.per_second:.1f} mails a second of late", f"time left: {left}"]


def drawn(progress: Progress) -> RenderableType:
    """A mailing with its bar."""
    nobody_left = progress.mailing.state is MailingState.DONE
    percent = 100 if nobody_left else 100 * progress.processed // max(1, progress.expected)
    grid = Grid.grid(padding=(0, 1))
    grid.add_row(ProgressBar(total=100, completed=percent, width=BAR_WIDTH), Text(f"{percent} %"))
    return Group(Text(in_words(progress)), grid)


def _look(mailings: MailingCommands, issue: str, audience: str | None) -> list[Progress]:
    ledger, now = mailings.ledger, _now()
    return [progress_of(mailing, ledger, now) for mailing in mailings.control.mailings(issue, audience)]


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what went wrong in a sentence; Ctrl-C just ends the looking."""
    try:
        yield
    except (UnknownMailingError, WrongStateError, StackMissingError) as error:
        raise SystemExit(str(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise SystemExit(f"AWS did not answer as it should: {error}") from error
    except KeyboardInterrupt:
        return


def _now() -> datetime:
    return datetime.now(UTC)


def mailings_of(*, local: bool, state: Path, engine_port: int) -> MailingCommands:
    """The mailings of the local or of the deployed stack."""
    try:
        return MailingCommands.local(state, engine_port) if local else MailingCommands.deployed()
    except (StackMissingError, ClientError, BotoCoreError) as error:
        raise SystemExit(f"The stack can't be reached: {error}") from error


def _mailing_command(command: Command) -> click.Command:
    """A command about the mailings of an issue."""
    audience = click.option("--audience", metavar="ID", help="Only the mailing to this audience.")
    stack = stack_options("Those of the local system", with_state=False)
    return click.command()(click.argument("issue")(audience(stack(command))))


def _mailings(local: bool, engine_port: int) -> MailingCommands:  # noqa: FBT001  # as the option says
    return mailings_of(local=local, state=LOCAL / "system", engine_port=engine_port)


@_mailing_command
def pause(issue: str, audience: str | None, *, local: bool, engine_port: int) -> None:
    """Let a mailing make no further call; `resume` goes on where it was."""
    act(_mailings(local, engine_port), "pause", issue, audience)


@_mailing_command
def resume(issue: str, audience: str | None, *, local: bool, engine_port: int) -> None:
    """Let a mailing go on that is paused, parked or was stopped."""
    act(_mailings(local, engine_port), "resume", issue, audience)


@_mailing_command
def cancel(issue: str, audience: str | None, *, local: bool, engine_port: int) -> None:
    """End a mailing for good: who has not been mailed never will be."""
    act(_mailings(local, engine_port), "cancel", issue, audience)


@_mailing_command
def resend(issue: str, audience: str | None, *, local: bool, engine_port: int) -> None:
    """Mail those again who were refused for a passing reason, and nobody else."""
    act(_mailings(local, engine_port), "resend", issue, audience)


@_mailing_command
def status(issue: str, audience: str | None, *, local: bool, engine_port: int) -> None:
    """Show how far a mailing is, live until it is over."""
    show_status(_mailings(local, engine_port), issue, audience)
