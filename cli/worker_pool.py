"""Processes that work on issues beside this one; they end with it, however it ends."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, TypeVar

import click

from broadsheet.archive.kept_texts import KeptIssues
from cli.built_issue import BuiltIssue
from cli.issue_builder import IssueBuilder

_T = TypeVar("_T")
_HELD: dict[int, Callable[[str], Any]] = {}  # by worker: what it does with each name


@contextmanager
def building_in_workers(
    builder: IssueBuilder, issues: Sequence[str], workers: int
) -> Iterator[Iterator[BuiltIssue]]:
    """Gives the issues in their order, built by so many processes, as in `in_workers`."""
    with in_workers(partial(_ready_to_build, builder), issues, workers) as built:
        yield built


@contextmanager
def in_workers(
    prepare: Callable[[], Callable[[str], _T]], names: Sequence[str], workers: int
) -> Iterator[Iterator[_T]]:
    """Gives what is done with each name, in their order, by so many processes, which end with the context.

    `prepare` is called once in each process. What a worker raises is raised here when its name is due.
    Without a name no process is started.

    Raises:
        click.ClickException: a worker was killed.
    """
    if not names:
        yield iter(())
        return
    context = get_context("fork" if _may_fork() else "spawn")
    pool = ProcessPoolExecutor(min(workers, len(names)), context, _start, (prepare,))
    try:
        yield pool.map(_done, names)  # starts them, before there is a thread that draws a progress bar
    except BrokenProcessPool:
        text = "A process of this command was killed, perhaps for want of memory. `--jobs 1` uses the least."
        raise click.ClickException(text) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _may_fork() -> bool:
    """Forked workers start at once; a thread could hold a lock that nobody releases in them."""
    return sys.platform == "linux" and threading.active_count() == 1


def _start(prepare: Callable[[], Callable[[str], Any]]) -> None:
    """Leave Ctrl-C to the process that started this one, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _HELD[os.getpid()] = prepare()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        wait([parent.sentinel])
        os._exit(1)


def _done(name: str) -> Any:  # noqa: ANN401  # what the command's function returns
    return _HELD[os.getpid()](name)


def _ready_to_build(builder: IssueBuilder) -> Callable[[str], BuiltIssue]:
    kept = KeptIssues(builder.revisions, builder.newsletter, lenient=builder.lenient)
    return partial(builder.built, kept=kept)
