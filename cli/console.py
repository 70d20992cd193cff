"""A console of rich's to which no control character of a file gets through; see `cli/terminal.py`."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from broadsheet.characters import printable


class PrintableConsole(Console):
    """Prints texts printable, whatever they are made from; colours and cursor movements stay rich's own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments, their texts without control characters."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text == printable(segment.text):
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)
