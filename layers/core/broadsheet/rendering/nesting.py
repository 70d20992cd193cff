"""HTML of an author's own in the nesting that HTML allows: no word is lost, and none joins another.

What lacks the element around it gets it, as browsers lay it out: a row its table, an item its list. What may
not stand where it stands is cut in pieces, moves before its table, or leaves its words.

Source: HTML Living Standard, "Content model" of each element; CSS 2.2, 17.2.1, "Anonymous table objects".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from broadsheet.rendering.element import PHRASES, Content, Element
from broadsheet.rendering.table_spans import fitted

_AS_AROUND = {"a", "del"}  # "transparent": may hold what may stand in their place
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_LISTS = {"ul", "ol"}
_PARTS = {"thead", "tbody", "tr", "td", "th"}
_CELLS = {"td", "th"}
BLOCKS = frozenset(
    {*_HEADINGS, *_LISTS, *_PARTS, *("blockquote", "div", "figcaption", "figure"), "hr", "li", "p"}
    | {"pre", "section", "table"}
)


def nested(children: Iterable[Content]) -> list[Content]:
    """The same for a place that holds blocks; what is right already comes back as it is."""
    return _Place().flow(tuple(children))


@dataclass(frozen=True)
class _Place:
    """What is around: whether a link, a cell that heads others, a paragraph; `marks` to put around words."""

    in_link: bool = False
    in_head: bool = False
    paragraph_around: Element | None = None
    marks: tuple[Element, ...] = field(default=())

    def flow(self, children: Sequence[Content]) -> list[Content]:
        """Where blocks may stand."""
        done: list[Content] = []
        for kind, group in groupby(_with_blanks_among(children), _kind):
            run = tuple(group)
            if kind == "words":
                done += self.words(run)
            elif kind == "item":
                done += self.inner().listed(Element("ul", (), run))
            elif kind == "cell":
                done += self.inner().table(Element("table", (), run))
            else:
                for child in run:
                    done += self.block(child) if isinstance(child, Element) else [child]
        return done

    def inner(self) -> "_Place":
        """Within a block: a paragraph around it has been cut."""
        return replace(self, paragraph_around=None)

    def words(self, run: tuple[Content, ...]) -> list[Content]:
        """Words and elements in a line, in the marks and the paragraph that they have lost."""
        line: tuple[Content, ...] = tuple(self.line(run))
        if not _is_seen(line):
            return list(line)
        for mark in reversed(self.marks):
            line = (replace(mark, children=line),)
        return [replace(self.paragraph_around, children=line)] if self.paragraph_around else list(line)

    def line(self, children: Iterable[Content], apart: str = " ") -> list[Content]:
        """Where no block may stand: each leaves its words, with `apart` around."""
        done: list[Content] = []
        for child in children:
            if isinstance(child, str) or child.name in ("br", "img"):
                done.append(child)
            elif child.name not in PHRASES:
                done += [apart, *self.line(child.children, apart), apart]
            elif child.name == "a" and self.in_link:
                done += self.line(child.children, apart)
            else:
                within = replace(self, in_link=self.in_link or child.name == "a")
                done.append(replace(child, children=tuple(within.line(child.children, apart))))
        return done

    def block(self, child: Element) -> list[Content]:  # noqa: PLR0911  # one answer for each kind
        """A block, or an element of a line that has some in it."""
        inner = self.inner()
        match child.name:
            case "hr":
                return [child]
            case "ul" | "ol":
                return inner.listed(child)
            case "table":
                return inner.table(child)
            case "figure":
                return [inner.figure(child)]
            case "pre":
                return [replace(child, children=tuple(inner.marked(inner.listing(child))))]
            case "p" | "figcaption":
                return inner.paragraph(child)
        if child.name in _HEADINGS:
            return inner.heading(child)
        if child.name in PHRASES:
            return self.around_blocks(child)
        name = "div" if child.name == "section" and self.in_head else child.name
        return [replace(child, name=name, children=tuple(inner.flow(child.children)))]

    def listing(self, child: Element) -> list[Content]:
        """What a listing holds; a parser takes no line end at its beginning for its own."""
        line = self.line(child.children, "\n")
        while line and isinstance(first := line[0], str) and first[:1] in ("", "\n"):
            line[:1] = [first.lstrip("\n")] if first.lstrip("\n") else []
        return line

    def marked(self, line: list[Content]) -> list[Content]:
        """A line within the marks from around its block."""
        return self.inner().words(tuple(line)) if self.marks else line

    def paragraph(self, child: Element) -> list[Content]:
        """A paragraph, cut where blocks stand in it; a caption without its figure is one."""
        paragraph = child if child.name == "p" else Element("p")
        if child.has_blocks:
            return replace(self, paragraph_around=paragraph).flow(child.children)
        return [replace(paragraph, children=tuple(self.marked(self.line(child.children))))]

    def heading(self, child: Element) -> list[Content]:
        """A heading; a paragraph in a cell that heads others; nothing if there is nothing to see."""
        line = self.line(child.children)
        if not _is_seen(line):
            return line
        name = "p" if self.in_head else child.name
        return [replace(child, name=name, children=tuple(self.marked(line)))]

    def around_blocks(self, child: Element) -> list[Content]:
        """An element of a line with blocks in it: it goes into each, if it may not stand around them."""
        if child.name == "a" and self.in_link:
            return self.flow(child.children)
        if child.name not in _AS_AROUND:
            return replace(self, marks=(*self.marks, replace(child, children=()))).flow(child.children)
        within = replace(self, in_link=self.in_link or child.name == "a")
        return [replace(child, children=tuple(within.flow(child.children)))]

    def figure(self, child: Element) -> Element:
        """A figure; its caption is its first or its last, any other is a paragraph."""
        inside = [piece for piece in child.children if not _is_blank(piece)]
        captions = [
            p for p in (inside[:1] + inside[-1:]) if isinstance(p, Element) and p.name == "figcaption"
        ]
        if not captions:
            return replace(child, children=tuple(self.flow(child.children)))
        caption = captions[0]
        at = next(i for i, piece in enumerate(child.children) if piece is caption)
        told = replace(caption, children=tuple(self.flow(caption.children)))
        before, after = self.flow(child.children[:at]), self.flow(child.children[at + 1 :])
        return replace(child, children=(*before, told, *after))

    def listed(self, child: Element) -> list[Content]:
        """A list of items alone: what stands before them moves before it, else to the end of an item.

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

    def item(self, item: Element, of: Element) -> Element:
        """An item; only those of an ordered list have numbers."""
        numbers = item.attributes if of.name == "ol" else ()
        return replace(item, attributes=numbers, children=tuple(self.flow(item.children)))

    def table(self, child: Element) -> list[Content]:
        """A table of rows of cells alone; other words move before it, as every browser shows them."""
        strays: list[Content] = []
        parts: list[Element] = []
        for name, group in groupby(child.children, _part):
            for held in [tuple(group)] if not name else [(part,) for part in group]:
                rows: list[list[Element]] = []
                _gather(held, rows, strays)
                written = tuple(Element("tr", (), self.cells(row)) for row in rows if row)
                is_head = name == "thead" and not parts
                parts += [Element("thead" if is_head else "tbody", (), written)] if written else []
        before = self.flow(strays)
        return [*before, replace(child, children=tuple(fitted(parts)))] if parts else before

    def cells(self, row: list[Element]) -> tuple[Element, ...]:
        return tuple(
            replace(
                cell,
                children=tuple(replace(self, in_head=self.in_head or cell.name == "th").flow(cell.children)),
            )
            for cell in row
        )


def _gather(children: Iterable[Content], rows: list[list[Element]], strays: list[Content]) -> None:
    """Collect the cells by their rows, and what stands between them."""
    for child in children:
        if isinstance(child, Element) and child.name in _CELLS:
            if not rows:
                rows.append([])
            rows[-1].append(child)
        elif isinstance(child, Element) and child.name in _PARTS:
            rows.append([])
            _gather(child.children, rows, strays)
            rows.append([])
        elif not _is_blank(child):
            strays.extend((" ", child))


def _kind(piece: Content) -> str:
    """As what a piece stands among its siblings."""
    if isinstance(piece, str):
        return "words"
    if piece.name in PHRASES:
        return "block" if piece.has_blocks else "words"
    if piece.name in _PARTS:
        return "cell"
    return "item" if piece.name == "li" else "block"


def _part(piece: Content) -> str:
    """Which part of a table a child of it is, if it is a whole one."""
    return piece.name if isinstance(piece, Element) and piece.name in ("thead", "tbody") else ""


def _with_blanks_among(children: Sequence[Content]) -> list[Content]:
    """The children without the blanks between items, or rows, that lack what should be around them."""
    kinds = [None if _is_blank(child) else _kind(child) for child in children]
    return [
        child
        for at, child in enumerate(children)
        if kinds[at] or not 0 < at < len(kinds) - 1 or kinds[at - 1] not in ("item", "cell")
    ]


def _is_blank(piece: Content) -> bool:
    return isinstance(piece, str) and not piece.strip()


def _is_seen(line: Iterable[Content]) -> bool:
    """Whether there is a word or a picture."""
    return any(
        bool(piece.strip()) if isinstance(piece, str) else piece.name == "img" or _is_seen(piece.children)
        for piece in line
    )
