"""`broadsheet restore`: copies items from a table's point-in-time backup into the live table.

DynamoDB's point-in-time recovery makes a new table, which the template can't adopt. So the new table is only
read: items that the live table lacks are copied back one by one, under the rules of `broadsheet.restore`, and
the new table is deleted. The same command resumes an interrupted run.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import click
from botocore.config import Config
from rich.progress import MofNCompleteColumn

from broadsheet.aws.point_in_time import PointInTime
from broadsheet.restore.copy_back import copy_back, dry_run
from broadsheet.restore.people import BackupTime
from broadsheet.restore.ports import WRITTEN, RestoreBusyError, Verdict
from cli.asking import require_consent, yes_option
from cli.chosen_stack import StackOptions, now, stack_options
from cli.console import progress_bar
from cli.restore_report import console, explain, show
from cli.restore_steps import OUTPUTS, RestoreStep, RestoreTables, issues_in, named_tables, parse_time

SECONDS_BETWEEN_LOOKS = 10.0
NOT_DONE = 1
PATIENT = Config(user_agent="Broadsheet", retries={"mode": "standard", "total_max_attempts": 8})
LIMITS, DESK_QUEUE = "Limits", "DeskQueue"
INTERRUPTED = 130  # as shells have it for Ctrl-C


class NoCopyError(RuntimeError):
    """The table can't be restored, or the named table is not a backup of it. Nothing was changed."""


@dataclass(frozen=True)
class RestoreOptions:
    """The command's options; `given` names existing backups by their tables, `stack` chose the stack."""

    tables: Sequence[str]
    since: BackupTime
    given: Mapping[str, str]
    dry_run: bool = False
    yes: bool = False
    stack: StackOptions = field(default_factory=StackOptions)

    def agrees(self, question: str) -> bool:
        """Whether the operator agrees; without a terminal only `--yes` does."""
        return self.yes or (sys.stdin.isatty() and click.confirm(question, default=False, err=True))


def restore_stack(
    stack: RestoreTables,
    recovery: PointInTime,
    options: RestoreOptions,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Show which items are missing, and copy them back if the operator agrees; the exit code."""
    copies = _copies(stack, recovery, options, wait)
    steps = stack.steps(copies, options.since)
    found = {step.name: _counted(step) for step in steps}
    for step in steps:
        show(step.name, found[step.name], "What would happen")
    explain(found, options.stack.command)
    if options.dry_run:
        console.print(f"Nothing was changed. Kept for the next run: {', '.join(copies.values())}.")
        return 0
    if not _is_anything_to_do(stack, found):
        console.print("There is nothing to copy back.")
    else:
        what = (
            f"This will be copied back; DynamoDB's copies are kept until then: {', '.join(copies.values())}."
        )
        require_consent(what, yes=options.yes, question="Copy this back?")
        _copy_back(stack, steps, found)
    _delete(recovery, copies, options)
    return NOT_DONE if found.get("keys", Counter())[Verdict.CONFLICT] else 0


def _reached(stack: StackOptions) -> tuple[RestoreTables, PointInTime]:
    """The live tables, and DynamoDB's calls about whole tables."""
    found = stack.reach(*OUTPUTS.values(), LIMITS, DESK_QUEUE)
    names = {table: found.outputs[output] for table, output in [*OUTPUTS.items(), ("limits", LIMITS)]}
    dynamodb, sqs = found.table(OUTPUTS["keys"], PATIENT).client, found.client("sqs", PATIENT)
    tables = RestoreTables(found.name, dynamodb, sqs, names, found.outputs[DESK_QUEUE], now)
    return tables, PointInTime(found.client("dynamodb", PATIENT))


def copy_name(stack: str, table: str, at: datetime) -> str:
    """The name of the table that DynamoDB makes: the same for the same command."""
    return f"{stack}-restored-{table}-{at:%Y%m%dT%H%M%SZ}"


def _copies(
    stack: RestoreTables, recovery: PointInTime, options: RestoreOptions, wait: Callable[[float], None]
) -> dict[str, str]:
    """The backups by table, ready to be read; missing ones are made."""
    copies = {
        table: options.given.get(table) or copy_name(stack.name, table, options.since.at)
        for table in options.tables
    }
    for table, copy in copies.items():
        if recovery.is_ready(copy) is None:
            if table in options.given:
                raise NoCopyError(f"There is no table {copy}.")
            _begin(stack, recovery, table, copy, options.since.at)
    with console.status("DynamoDB is restoring …") as status:
        while waiting := [copy for copy in copies.values() if not recovery.is_ready(copy)]:
            status.update(f"DynamoDB is restoring {', '.join(waiting)}; that takes minutes to hours …")
            wait(SECONDS_BETWEEN_LOOKS)
    for table, copy in copies.items():
        if recovery.key_names(copy) != recovery.key_names(stack.names[table]):
            raise NoCopyError(f"{copy} is not a backup of {table}: it has a different key.")
    return copies


def _begin(stack: RestoreTables, recovery: PointInTime, table: str, copy: str, at: datetime) -> None:
    span = recovery.span(stack.names[table])
    if span is None:
        raise NoCopyError(
            f"DynamoDB keeps no backup of {table} here: its point-in-time recovery is off. If there is a"
            f" copy of it elsewhere, say where: --from-table {table}=NAME"
        )
    if not span[0] <= at <= span[1]:
        first, last = (f"{one.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" for one in span)
        raise NoCopyError(f"{table} can be restored to any second from {first} to {last}.")
    recovery.begin(stack.names[table], copy, at)
    console.print(
        f"DynamoDB is creating {copy}. You may interrupt this: the same command continues.", soft_wrap=True
    )


def _counted(step: RestoreStep) -> Counter[Verdict]:
    with console.status(f"Looking at {step.name} …"):
        return dry_run(step.pages(), step.part)


def _is_anything_to_do(stack: RestoreTables, found: Mapping[str, Counter[Verdict]]) -> bool:
    is_unfinished = "register" in found and stack.recount.is_begun()
    return is_unfinished or any(counts[verdict] for counts in found.values() for verdict in WRITTEN)


def _copy_back(
    stack: RestoreTables, steps: Sequence[RestoreStep], found: Mapping[str, Counter[Verdict]]
) -> None:
    for step in steps:
        if step.name == "register":
            stack.recount.begin()
        with progress_bar(console, step.name, found[step.name].total(), MofNCompleteColumn()) as show_done:
            counts = copy_back(step.pages(), step.part, show_done)
        if step.name == "register":
            stack.recount.finish(issues_in(step))
        show(step.name, counts, "What was done")


def _delete(recovery: PointInTime, copies: Mapping[str, str], options: RestoreOptions) -> None:
    """Delete the backups that this command made, if the operator agrees; given ones stay."""
    for table, copy in copies.items():
        if table not in options.given and options.agrees(f"Delete the table {copy}?"):
            recovery.delete(copy)
            console.print(f"Deleted: {copy}.", soft_wrap=True)
        else:
            console.print(f"Kept, with everything that it held at that time: {copy}.", soft_wrap=True)


def _past_time(_context: click.Context, _parameter: click.Parameter, text: str) -> datetime:
    try:
        at = parse_time(text)
    except ValueError as error:
        raise click.UsageError(f"--at: {error}") from None
    if at > now():
        raise click.UsageError("--at: that is in the future.")
    return at


def _given_copies(tables: Sequence[str], from_tables: Sequence[str]) -> dict[str, str]:
    """The backups named by `--from-table`; with one table its name may be left out."""
    pairs = [text.partition("=") if "=" in text else (tables[0], "=", text) for text in from_tables]
    given = {table: copy for table, _, copy in pairs}
    if set(given) - set(tables) or (len(tables) > 1 and any("=" not in text for text in from_tables)):
        raise click.UsageError("Write --from-table as TABLE=NAME, with a TABLE that is to be restored.")
    return given


@click.command()
@stack_options("RestorePolicy")
@click.argument(
    "tables",
    nargs=-1,
    required=True,
    metavar="TABLE...",
    type=click.Choice(["list", "subscribers", "fingerprints", "keys", "register", "ledger"]),
    callback=lambda _context, _parameter, given: named_tables(given),
)
@click.option(
    "--at",
    required=True,
    metavar="TIME",
    callback=_past_time,
    help="A time just before the loss, like 2026-11-29T10:15:00Z.",
)
@click.option(
    "--from-table",
    "from_tables",
    multiple=True,
    metavar="TABLE=NAME",
    help="The copy of TABLE at that time, if it exists already.",
)
@click.option(
    "--include-missing",
    is_flag=True,
    help="Also restore people who may have been erased, which nobody can know.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be copied back.")
@yes_option
def restore(
    tables: list[str],
    at: datetime,
    from_tables: tuple[str, ...],
    *,
    include_missing: bool,
    dry_run: bool,
    yes: bool,
    stack: StackOptions,
) -> None:
    """Copy back what a TABLE had at a time in the last days and lacks now; `list` is the three of the list.

    DynamoDB writes the table as it was into a new one, which is read and then deleted. Nothing in the live
    table is overwritten. It brings back nobody who has unsubscribed or was erased or suppressed since, and
    restores lost suppressions. Run it within two days of the loss: after that, nobody knows who was erased.
    To continue an interrupted run, run the same command again.
    """
    given = _given_copies(tables, from_tables)
    options = RestoreOptions(tables, BackupTime(at, include_missing), given, dry_run, yes, stack)
    try:
        raise SystemExit(restore_stack(*_reached(stack), options))
    except (NoCopyError, RestoreBusyError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        console.print("Interrupted; what was done is kept. Run the same command to continue.")
        raise SystemExit(INTERRUPTED) from None
