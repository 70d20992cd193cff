"""rich's console and progress bar for the commands; `cli/lazy.py` makes click's errors printable."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.segment import Segment
from rich.status import Status

from broadsheet.characters import printable

ShowProgress = Callable[[float], None]  # of the work that is done, from 0 to the bar's total


class PrintableConsole(Console):
    """Prints any text without its control characters; colours and cursor movements stay rich's own."""

    def status(self, status: RenderableType, **how: Any) -> Status:  # noqa: ANN401  # rich's own options
        """A spinner beside what the command waits for; without a terminal a line that says it."""
        if not self.is_terminal:
            self.print(status)
        return super().status(status, **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments, their texts without control characters."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text == printable(segment.text):
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)


@contextmanager
def progress_bar(
    console: Console, what: str, total: float, *columns: ProgressColumn
) -> Iterator[ShowProgress]:
    """A bar on a terminal, nothing elsewhere; gives the function that moves it."""
    shown = (TextColumn("{task.description}"), BarColumn(), *columns)
    with Progress(*shown, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
