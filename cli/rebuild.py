"""`broadsheet rebuild`: brings back pages, feeds and pictures of the site that were deleted or damaged."""

import time
import uuid
from collections.abc import Callable

import click
from rich.progress import MofNCompleteColumn, TimeElapsedColumn

from broadsheet.aws.publishing_state import DynamoDBRebuilds
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.aws.sqs import SQSQueue
from broadsheet.publishing.desk_events import Rebuild, RebuildRequest
from broadsheet.publishing.rebuild import ENDED
from cli.chosen_stack import ReachedStack, StackOptions, stack_options
from cli.console import PrintableConsole, ShowProgress, progress_bar

SECONDS_BETWEEN = 1.0
PATIENCE_SECONDS = 480.0  # a message that failed comes again after six minutes
STANDS_STILL = (
    "Nothing has happened for eight minutes. The log of PublishIssueFunction says why; what is in its queue"
    " continues by itself. Running this again does no harm."
)
console = PrintableConsole(highlight=False, soft_wrap=True)


@click.command()
@stack_options("OperatorPolicy")
@click.option("--all", "anew", is_flag=True, help="Also write again what is as it should be.")
def rebuild(*, stack: StackOptions, anew: bool) -> None:
    """Bring back pages, feeds and pictures that are missing or differ; with --all, write every one again.

    The functions do it, and continue if this command is stopped. A second rebuild replaces the first.
    Nobody is emailed, and what is public stays the same.
    """
    ended = request_and_follow(stack.reach("DeskQueue", "Register"), time.sleep, anew=anew)
    raise SystemExit(print_result(ended))


def request_and_follow(
    found: ReachedStack, sleep: Callable[[float], None], *, anew: bool = False
) -> Rebuild | None:
    """Request a rebuild and show how far it is; returns its end, None if nothing moves for too long."""
    table = found.table("Register")
    rebuilds, total = DynamoDBRebuilds(table), DynamoDBRegister(table).count()
    before = rebuilds.latest()
    queue = SQSQueue(found.client("sqs"), found.outputs["DeskQueue"])
    queue.send(RebuildRequest(uuid.uuid4().hex, anew))
    with progress_bar(console, "Issues", total, MofNCompleteColumn(), TimeElapsedColumn()) as show:
        return follow(rebuilds.latest, before.run if before else "", show, sleep)


def follow(
    latest: Callable[[], Rebuild | None], before: str, show: ShowProgress, sleep: Callable[[float], None]
) -> Rebuild | None:
    """Show how far the rebuild is until it ends; None if nothing moves for too long.

    `before` is the id of the one before it. If another one takes its place meanwhile, that is followed.
    """
    seen, waited = None, 0.0
    while waited < PATIENCE_SECONDS:
        now = latest()
        if now != seen:
            seen, waited = now, 0.0
        if now and now.run != before:
            show(now.done)
            if now.phase == ENDED:
                return now
        sleep(SECONDS_BETWEEN)
        waited += SECONDS_BETWEEN
    return None


def print_result(ended: Rebuild | None) -> int:
    """Print how a rebuild ended; returns the exit code."""
    if ended is None:
        console.print(STANDS_STILL)
        return 1
    what = "pages and feeds" if ended.lost else "pages, feeds and pictures"
    console.print(f"All {what} {'were written again' if ended.anew else 'are there'}. Issues: {ended.done}.")
    if ended.anew:
        console.print(f"Written: {ended.written}.")
    else:
        console.print(f"Missing or different, and written: {ended.written}. Right already: {ended.right}.")
    if ended.left:
        console.print(
            f"Editions left unchanged, since newsletter.toml no longer has their topics: {ended.left}."
        )
    if ended.lost:
        console.print("These pictures are missing, and no longer on the desk. Upload them again:")
        for name in ended.lost:
            console.print(f"  {name}", markup=False)
    return int(bool(ended.lost))
