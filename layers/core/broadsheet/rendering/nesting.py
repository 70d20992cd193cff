"""Nests an author's HTML as HTML allows; no word is lost, and no words are joined.

An element without its parent gets one, as browsers lay it out: a row its table, an item its list. An element
in a wrong place is split, moves before its table, or is replaced by its words.

Source: HTML Living Standard, "Content model" of each element; CSS 2.2, 17.2.1, "Anonymous table objects".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from broadsheet.rendering.element import INLINE, Content, Element
from broadsheet.rendering.table_spans import with_valid_spans

_TRANSPARENT = {"a", "del"}  # may hold what their parent may hold
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_CELLS = {"td", "th"}
_TABLE_PARTS = {"thead", "tbody", "tr", *_CELLS}


def nested(children: Iterable[Content]) -> list[Content]:
    """The children of an element that may hold blocks; right nesting stays as it is."""
    return _Context().flow(tuple(children))


@dataclass(frozen=True)
class _Context:
    """The elements around: a link, a `<th>`, a split paragraph, and inline `marks` to repeat in blocks."""

    in_link: bool = False
    in_head: bool = False
    paragraph: Element | None = None
    marks: tuple[Element, ...] = ()

    def flow(self, children: Sequence[Content]) -> list[Content]:
        """The children where blocks may stand."""
        done: list[Content] = []
        for kind, group in groupby(_without_blanks_in_runs(children), _kind):
            run = tuple(group)
            if kind == "words":
                done += self.words(run)
            elif kind == "item":
                done += self.in_block().list_of_items(Element("ul", (), run))
            elif kind == "cell":
                done += self.in_block().table(Element("table", (), run))
            else:
                for child in run:
                    done += self.block(child) if isinstance(child, Element) else [child]
        return done

    def in_block(self) -> "_Context":
        """The context within a block: a paragraph around the block ended before it."""
        return replace(self, paragraph=None)

    def words(self, run: tuple[Content, ...]) -> list[Content]:
        """Words and inline elements, within the marks and the paragraph that were split around them."""
        line: tuple[Content, ...] = tuple(self.line(run))
        if not _is_visible(line):
            return list(line)
        for mark in reversed(self.marks):
            line = (replace(mark, children=line),)
        return [replace(self.paragraph, children=line)] if self.paragraph else list(line)

    def line(self, children: Iterable[Content], separator: str = " ") -> list[Content]:
        """The children where no block may stand: a block is replaced by its words between separators."""
        done: list[Content] = []
        for child in children:
            if isinstance(child, str) or child.name in ("br", "img"):
                done.append(child)
            elif child.name not in INLINE:
                done += [separator, *self.line(child.children, separator), separator]
            elif child.name == "a" and self.in_link:
                done += self.line(child.children, separator)
            else:
                within = replace(self, in_link=self.in_link or child.name == "a")
                done.append(replace(child, children=tuple(within.line(child.children, separator))))
        return done

    def block(self, child: Element) -> list[Content]:  # noqa: PLR0911  # one answer for each kind
        inner = self.in_block()
        match child.name:
            case "hr":
                return [child]
            case "ul" | "ol":
                return inner.list_of_items(child)
            case "table":
                return inner.table(child)
            case "figure":
                return [inner.figure(child)]
            case "pre":
                return [replace(child, children=tuple(inner.marked(inner.listing(child))))]
            case "p" | "figcaption":
                return inner.split_paragraph(child)
        if child.name in _HEADINGS:
            return inner.heading(child)
        if child.name in INLINE:
            return self.around_blocks(child)
        name = "div" if child.name == "section" and self.in_head else child.name
        return [replace(child, name=name, children=tuple(inner.flow(child.children)))]

    def listing(self, child: Element) -> list[Content]:
        """The words of a `<pre>` without the line ends at its beginning: parsers would drop the first one."""
        line = self.line(child.children, "\n")
        while line and isinstance(first := line[0], str) and first[:1] in ("", "\n"):
            line[:1] = [first.lstrip("\n")] if first.lstrip("\n") else []
        return line

    def marked(self, line: list[Content]) -> list[Content]:
        """A line within the marks that were split around its block."""
        return self.in_block().words(tuple(line)) if self.marks else line

    def split_paragraph(self, child: Element) -> list[Content]:
        """A paragraph, split at the blocks in it; a caption without a figure becomes one."""
        paragraph = child if child.name == "p" else Element("p")
        if child.has_blocks:
            return replace(self, paragraph=paragraph).flow(child.children)
        return [replace(paragraph, children=tuple(self.marked(self.line(child.children))))]

    def heading(self, child: Element) -> list[Content]:
        """A heading; a paragraph within a `<th>`; nothing if it shows nothing."""
        line = self.line(child.children)
        if not _is_visible(line):
            return line
        name = "p" if self.in_head else child.name
        return [replace(child, name=name, children=tuple(self.marked(line)))]

    def around_blocks(self, child: Element) -> list[Content]:
        """An inline element with blocks: it moves into each of them if it may not stand around them."""
        if child.name == "a" and self.in_link:
            return self.flow(child.children)
        if child.name not in _TRANSPARENT:
            return replace(self, marks=(*self.marks, replace(child, children=()))).flow(child.children)
        within = replace(self, in_link=self.in_link or child.name == "a")
        return [replace(child, children=tuple(within.flow(child.children)))]

    def figure(self, child: Element) -> Element:
        """A figure; its caption is its first or last child, any other caption becomes a paragraph."""
        inside = [piece for piece in child.children if not _is_blank(piece)]
        captions = [
            p for p in (inside[:1] + inside[-1:]) if isinstance(p, Element) and p.name == "figcaption"
        ]
        if not captions:
            return replace(child, children=tuple(self.flow(child.children)))
        at = next(i for i, piece in enumerate(child.children) if piece is captions[0])
        caption = replace(captions[0], children=tuple(self.flow(captions[0].children)))
        before, after = self.flow(child.children[:at]), self.flow(child.children[at + 1 :])
        return replace(child, children=(*before, caption, *after))

    def list_of_items(self, child: Element) -> list[Content]:
        """A list with only items: other children move before the list, or to the end of the item above.

        A new item would change the numbers.
        """
        before: list[Content] = []
        items: list[Content] = []
        at = -1
        for piece in child.children:
            if isinstance(piece, Element) and piece.name == "li":
                at = len(items)
                items.append(piece)
            elif _is_blank(piece):
                items.append(piece)
            elif at < 0:
                before += [" ", piece]
            elif isinstance(last := items[at], Element):
                items[at] = replace(last, children=(*last.children, " ", piece))
        written = [self.item(piece, child) if isinstance(piece, Element) else piece for piece in items]
        return self.flow(before) + ([replace(child, children=tuple(written))] if at >= 0 else [])

    def item(self, item: Element, parent: Element) -> Element:
        """An item; only those of an ordered list have numbers."""
        numbers = item.attributes if parent.name == "ol" else ()
        return replace(item, attributes=numbers, children=tuple(self.flow(item.children)))

    def table(self, child: Element) -> list[Content]:
        """A table with only rows of cells; other words move before it, as in every browser."""
        strays: list[Content] = []
        parts: list[Element] = []
        for name, group in groupby(child.children, _part):
            for held in [tuple(group)] if not name else [(part,) for part in group]:
                rows: list[list[Element]] = []
                _collect_cells(held, rows, strays)
                written = tuple(Element("tr", (), tuple(map(self.cell, row))) for row in rows if row)
                is_head = name == "thead" and not parts
                parts += [Element("thead" if is_head else "tbody", (), written)] if written else []
        before = self.flow(strays)
        return [*before, replace(child, children=tuple(with_valid_spans(parts)))] if parts else before

    def cell(self, cell: Element) -> Element:
        within = replace(self, in_head=self.in_head or cell.name == "th")
        return replace(cell, children=tuple(within.flow(cell.children)))


def _collect_cells(children: Iterable[Content], rows: list[list[Element]], strays: list[Content]) -> None:
    for child in children:
        if isinstance(child, Element) and child.name in _CELLS:
            if not rows:
                rows.append([])
            rows[-1].append(child)
        elif isinstance(child, Element) and child.name in _TABLE_PARTS:
            rows.append([])
            _collect_cells(child.children, rows, strays)
            rows.append([])
        elif not _is_blank(child):
            strays.extend((" ", child))


def _kind(piece: Content) -> str:
    if isinstance(piece, str):
        return "words"
    if piece.name in INLINE:
        return "block" if piece.has_blocks else "words"
    if piece.name in _TABLE_PARTS:
        return "cell"
    return "item" if piece.name == "li" else "block"


def _part(piece: Content) -> str:
    """The name of a table's child that is a `thead` or `tbody`; "" for any other."""
    return piece.name if isinstance(piece, Element) and piece.name in ("thead", "tbody") else ""


def _without_blanks_in_runs(children: Sequence[Content]) -> list[Content]:
    """The children without blanks after items, or rows, that lack their parent."""
    kinds = [None if _is_blank(child) else _kind(child) for child in children]
    return [
        child
        for at, child in enumerate(children)
        if kinds[at] or not 0 < at < len(kinds) - 1 or kinds[at - 1] not in ("item", "cell")
    ]


def _is_blank(piece: Content) -> bool:
    return isinstance(piece, str) and not piece.strip()


def _is_visible(line: Iterable[Content]) -> bool:
    return any(
        bool(piece.strip()) if isinstance(piece, str) else piece.name == "img" or _is_visible(piece.children)
        for piece in line
    )
