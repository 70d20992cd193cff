"""Tables in HTML: their rows, and whether they hold data or arrange a page."""

import re

from conversion.html_tree import Element, number_of

_FEWEST_COLUMNS, _MOST_COLUMNS = 2, 60
_NOT_IN_DATA = frozenset(
    {
        *(
            "img",
            "iframe",
            "video",
            "blockquote",
            "pre",
            "ul",
            "ol",
            "figure",
            "hr",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
        )
    }
)


def rows_of(table: Element) -> list[list[Element]]:
    """The cells of a table by row, without those of tables in it; those of the foot come last."""
    found: list[list[Element]] = []
    foot: list[list[Element]] = []
    for group in table.children:
        if not isinstance(group, Element) or group.name not in ("thead", "tbody", "tfoot", "tr"):
            continue
        rows = (
            [group]
            if group.name == "tr"
            else [r for r in group.children if isinstance(r, Element) and r.name == "tr"]
        )
        cells = [
            [c for c in row.children if isinstance(c, Element) and c.name in ("td", "th")] for row in rows
        ]
        (foot if group.name == "tfoot" else found).extend(row for row in cells if row)
    return found + foot


def is_data(table: Element, rows: list[list[Element]]) -> bool:
    """Whether a table holds data, not the layout of a page or a mail."""
    columns = max(map(len, rows), default=0)
    if columns < _FEWEST_COLUMNS or columns > _MOST_COLUMNS or table.get("role") in ("presentation", "none"):
        return False
    names = {each.name for row in rows for cell in row for each in cell.below()}
    if "table" in names:
        return False
    if any(cell.name == "th" for row in rows for cell in row):
        return True
    return len(rows) > 1 and names.isdisjoint(_NOT_IN_DATA)


def filled(rows: list[list[Element]]) -> list[list[Element]]:
    """The rows with empty cells where a cell reaches over several columns or rows."""
    waiting: dict[int, int] = {}  # column -> rows that a cell above still takes
    filled = []
    for row in rows:
        made: list[Element] = []
        for cell in row:
            while waiting.get(len(made), 0) > 0:
                waiting[len(made)] -= 1
                made.append(Element("td"))
            wide = min(max(1, number_of(cell.get("colspan"), 1)), _MOST_COLUMNS)
            high = number_of(cell.get("rowspan"), 1)
            for column in range(len(made), min(len(made) + wide, _MOST_COLUMNS)):
                if high > 1:
                    waiting[column] = high - 1
                made.append(
                    cell if column == len(made) and not any(each is cell for each in made) else Element("td")
                )
        while waiting.get(len(made), 0) > 0:
            waiting[len(made)] -= 1
            made.append(Element("td"))
        filled.append(made)
    return filled


def text_align(cell: Element) -> str:
    """How the words of a cell are aligned by its style; "" if it does not say."""
    found = re.search(r"text-align:\s*(left|right|center)", cell.get("style")) or re.search(
        r"has-text-align-(left|right|center)", cell.get("class")
    )
    return found[1] if found else ""
