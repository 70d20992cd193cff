"""How far the cells of a table reach: never past its columns and rows, nor into another cell.

Source: HTML Living Standard, "Forming a table": a column in which no cell begins, a cell that reaches past
the end of its group of rows, and cells that overlap are errors.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from broadsheet.rendering.element import Content, Element

_NUMBER = re.compile("[0-9]{1,9}")
_MOST_COLUMNS = 1_000  # the standard's


def fitted(groups: Sequence[Element]) -> list[Element]:
    """The groups of rows (`thead`, `tbody`), rows and cells alone, with the spans that they can have."""
    placed = [_placed(group) for group in groups]
    begun = {column for cells in placed for _, column, _, _ in cells}
    return [_written(group, cells, begun) for group, cells in zip(groups, placed, strict=True)]


Cell = tuple[Element, int, int, int]  # and its first column, and how many columns and rows it takes


def _placed(group: Element) -> list[Cell]:
    """The cells in order, each where a browser puts it."""
    rows = [row for row in group.children if isinstance(row, Element)]
    taken: set[tuple[int, int]] = set()
    found: list[Cell] = []
    for number, row in enumerate(rows):
        column = 0
        for cell in (cell for cell in row.children if isinstance(cell, Element)):
            while (number, column) in taken:
                column += 1
            wide = min(_span(cell, "colspan", 1) or 1, _MOST_COLUMNS)
            free = next((at for at in range(wide) if (number, column + at) in taken), wide)
            high = min(_span(cell, "rowspan", 1) or len(rows), len(rows) - number)
            taken |= {(number + down, column + at) for down in range(high) for at in range(free)}
            found.append((cell, column, free, high))
            column += free
    return found


def _written(group: Element, cells: list[Cell], begun: set[int]) -> Element:
    """The group with its cells, without the columns in which none begins."""
    left = iter(cells)
    rows: list[Content] = []
    for row in group.children:
        if isinstance(row, Element):
            row = replace(row, children=tuple(_spanning(*next(left), begun) for _ in row.children))  # noqa: PLW2901
        rows.append(row)
    return replace(group, children=tuple(rows))


def _spanning(cell: Element, column: int, wide: int, high: int, begun: set[int]) -> Element:
    across = sum(at in begun for at in range(column, column + wide))
    spans = (("colspan", across), ("rowspan", high))
    others = tuple(each for each in cell.attributes if each[0] not in ("colspan", "rowspan"))
    return replace(cell, attributes=(*others, *((name, str(count)) for name, count in spans if count > 1)))


def _span(cell: Element, name: str, usual: int) -> int:
    written = dict(cell.attributes).get(name, "").strip()
    return int(written) if _NUMBER.fullmatch(written) else usual
