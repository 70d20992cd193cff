"""Corrects the spans of an author's table: within its columns and rows, and never over another cell.

Source: HTML Living Standard, "Forming a table": a column in which no cell begins, a cell that reaches past
the end of its group of rows, and cells that overlap are errors.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from broadsheet.rendering.element import Content, Element

_NUMBER = re.compile("[0-9]{1,9}")
_MOST_COLUMNS = 1_000  # the standard's
_PlacedCell = tuple[Element, int, int, int]  # its first column, and how many columns and rows it spans


def with_valid_spans(groups: Sequence[Element]) -> list[Element]:
    """The groups of rows (`thead`, `tbody`), which hold only rows of cells, with valid spans."""
    placed = [_placed(group) for group in groups]
    starts = {column for cells in placed for _, column, _, _ in cells}
    return [_rewritten(group, iter(cells), starts) for group, cells in zip(groups, placed, strict=True)]


def _placed(group: Element) -> list[_PlacedCell]:
    """The cells in order, each at the position that a browser gives it."""
    rows = [row for row in group.children if isinstance(row, Element)]
    taken: set[tuple[int, int]] = set()
    found: list[_PlacedCell] = []
    for number, row in enumerate(rows):
        column = 0
        for cell in (cell for cell in row.children if isinstance(cell, Element)):
            while (number, column) in taken:
                column += 1
            width = min(_span(cell, "colspan", 1) or 1, _MOST_COLUMNS)
            free = next((at for at in range(width) if (number, column + at) in taken), width)
            height = min(_span(cell, "rowspan", 1) or len(rows), len(rows) - number)
            taken |= {(number + down, column + at) for down in range(height) for at in range(free)}
            found.append((cell, column, free, height))
            column += free
    return found


def _rewritten(group: Element, cells: Iterator[_PlacedCell], starts: set[int]) -> Element:
    """The group with its cells, without columns in which no cell begins."""

    def rewritten(row: Content) -> Content:
        if isinstance(row, str):
            return row
        return replace(row, children=tuple(_with_spans(*next(cells), starts) for _ in row.children))

    return replace(group, children=tuple(map(rewritten, group.children)))


def _with_spans(cell: Element, column: int, width: int, height: int, starts: set[int]) -> Element:
    columns = sum(at in starts for at in range(column, column + width))
    spans = (("colspan", columns), ("rowspan", height))
    others = tuple(each for each in cell.attributes if each[0] not in ("colspan", "rowspan"))
    return replace(cell, attributes=(*others, *((name, str(count)) for name, count in spans if count > 1)))


def _span(cell: Element, name: str, default: int) -> int:
    written = dict(cell.attributes).get(name, "").strip()
    return int(written) if _NUMBER.fullmatch(written) else default
