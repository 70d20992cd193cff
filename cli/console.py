"""rich's console and progress bar for the commands; `cli/lazy.py` makes click's errors printable."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.segment import Segment

from broadsheet.characters import printable

ShowProgress = Callable[[float], None]  # of the work that is done, from 0 to the bar's total


class PrintableConsole(Console):
    """Prints any text without its control characters; colours and cursor movements stay rich's own."""

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
