"""Processes that build issues beside this one; they end with it, however it ends."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait

import click

from broadsheet.archive.kept_texts import KeptIssues
from cli.built_issue import BuiltIssue
from cli.issue_builder import IssueBuilder

_HELD: dict[int, tuple[IssueBuilder, KeptIssues]] = {}  # by worker: what it builds with


@contextmanager
def building_in_workers(
    builder: IssueBuilder, issues: Sequence[str], workers: int
) -> Iterator[Iterator[BuiltIssue]]:
    """Gives the issues in their order, built by so many processes, which end with the context.

    What a worker raises is raised here when its issue is due.

    Raises:
        click.ClickException: a worker was killed.
    """
    context = get_context("fork" if _may_fork() else "spawn")
    pool = ProcessPoolExecutor(min(workers, len(issues)), context, _start, (builder,))
    try:
        yield pool.map(_built, issues)  # starts them, before there is a thread that draws a progress bar
    except BrokenProcessPool:
        text = "A process of this build was killed, perhaps for want of memory. `--jobs 1` uses the least."
        raise click.ClickException(text) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _may_fork() -> bool:
    """Forked workers start at once; a thread could hold a lock that nobody releases in them."""
    return sys.platform == "linux" and threading.active_count() == 1


def _start(builder: IssueBuilder) -> None:
    """Leave Ctrl-C to the process that started this one, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    kept = KeptIssues(builder.revisions, builder.newsletter, lenient=builder.lenient)
    _HELD[os.getpid()] = builder, kept


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        wait([parent.sentinel])
        os._exit(1)


def _built(issue_id: str) -> BuiltIssue:
    builder, kept = _HELD[os.getpid()]
    return builder.built(issue_id, kept)
