"""A text's tree as plain text for mails: wrapped at 72, links and footnotes numbered in one sequence.

A number in brackets stands behind the words, its address or its note below the text, in the order of the
numbers. Only an address or a piece of code is ever longer than a line: a key that is cut is none. No line
ends in a blank, and what was struck out stays marked as such.
"""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from itertools import count

from broadsheet.content.node import Node, numbers_of, with_scripts
from broadsheet.rendering.element import PHRASES
from broadsheet.rendering.links import rewritten_link
from broadsheet.rendering.raw import clean_tag
from broadsheet.rendering.raw_text import BETWEEN, BLANK_IN_CODE, CODE, RawText, tag_name

WIDTH = 72
_NARROWEST = 24  # what is nested deeper is not set in any further
_BULLET = "- "
_NOTE = "[^"
_BLOCKS = (
    "paragraph",
    "heading",
    "list",
    "quote",
    "code-block",
    "table",
    "rule",
    "html-block",
    "footnote",
)
_TARGET = re.compile(r'href="([^"]*)"')
_ADDRESS = re.compile(r"://|@")
_BLANK = "\ufdd2"  # within this module; no cleaned text holds it
_BLANKS = re.compile(f" *{_BLANK}[ {_BLANK}]*")
_STRUCK = ("del", "s")
_SOFT_HYPHEN = "\u00ad"  # says nothing here
_LINE_ENDS = re.compile("[\u2028\u2029]")


def to_text(
    blocks: Iterable[Node],
    link: Callable[[str], str] = lambda url: url,
    numbers: Iterator[int] | None = None,
) -> str:
    """The blocks as text, paragraphs apart by an empty line, their notes and links listed at the end.

    `link` rewrites targets; one that must not be a link leaves its words alone. `numbers` gives the next
    number where several texts share a mail.
    """
    whole = tuple(blocks)
    writer = _TextWriter(link, numbers or count(1), whole)
    parts = [*(writer.block(block) for block in whole), writer.listed()]
    text = _without_marks("\n\n".join(part for part in parts if part))
    return "\n".join(line.rstrip() for line in text.split("\n"))


def wrapped(text: str, width: int = WIDTH, below: str = "") -> str:
    """The text in lines of that width, `below` before all but each one's first; addresses stay whole."""
    lines: list[str] = []
    for line in text.split("\n"):
        cut = textwrap.wrap(
            line.strip(), width, break_long_words=False, break_on_hyphens=False, subsequent_indent=below
        )
        for part in cut or [""]:
            is_whole = len(part) <= width or _ADDRESS.search(part) or CODE in part
            lines += [part] if is_whole else _chopped(part, width)
    return "\n".join(lines)


def _without_marks(text: str) -> str:
    return text.replace(CODE, "").replace(BLANK_IN_CODE, " ")


class _TextWriter:
    def __init__(self, link: Callable[[str], str], numbers: Iterator[int], blocks: tuple[Node, ...]) -> None:
        self.link, self.numbers = link, numbers
        self.found: dict[str, int] = {}
        self.order: list[str] = []
        self.footnotes = {
            node.attributes["name"]: node
            for block in blocks
            for node in block.walk()
            if node.kind == "footnote"
        }
        self.in_link = False

    def number(self, target: str) -> int:
        if target not in self.found:
            self.found[target] = next(self.numbers)
            self.order.append(target)
        return self.found[target]

    def listed(self) -> str:
        """What the numbers stand for. A note may refer to others, which then follow."""
        lines = []
        for target in self.order:  # grows meanwhile
            mark = f"[{self.found[target]}] "
            note = target.removeprefix(_NOTE)
            words = self.blocks(self.footnotes[note], WIDTH - len(mark)) if note != target else target
            lines.append(_hanging(mark, words))
        return "\n".join(lines)

    def block(self, node: Node, width: int = WIDTH) -> str:  # noqa: PLR0911  # one answer for each kind
        match node.kind:
            case "quote":
                return self.quote(node, width)
            case "list":
                return self.items(node, width)
            case "code-block":
                return _listing(node.plain())
            case "table":
                return self.table(node, width)
            case "rule":
                return "* * *"
            case "footnote":
                return ""
            case "heading":
                return _underlined(wrapped(self.words(node), width))
            case "html-block":
                return self.raw(node, width)
        return wrapped(self.words(node), width)

    def blocks(self, node: Node, width: int) -> str:
        return "\n\n".join(part for part in (self.block(child, width) for child in node.children) if part)

    def quote(self, node: Node, width: int) -> str:
        """Its lines behind a `>`; a quotation within it behind `>>`."""
        if width < _NARROWEST:
            return self.blocks(node, width)
        parts = []
        for child in node.children:
            mark = ">" if child.kind == "quote" else "> "
            if text := self.block(child, width - len("> ")):
                parts.append("\n".join((mark + line).rstrip() for line in text.split("\n")))
        return "\n>\n".join(parts)

    def items(self, node: Node, width: int) -> str:
        start = node.attributes["start"]
        lines = []
        ordinals = numbers_of(node) if start is not None else []
        for offset, item in enumerate(node.children):
            mark = _BULLET if start is None else f"{ordinals[offset]}. "
            if width < _NARROWEST:
                lines.append(wrapped(mark, width) + "\n" + self.item(item, width))
            else:
                lines.append(_hanging(mark, self.item(item, width - len(mark))))
        return "\n".join(lines)

    def item(self, node: Node, width: int) -> str:
        """Words directly in an item, then its lists and other blocks."""
        first = next((i for i, c in enumerate(node.children) if c.kind in _BLOCKS), len(node.children))
        words = self.run(node.children[:first])
        rest = [self.block(child, width) for child in node.children[first:]]
        apart = "\n\n" if not words else "\n"
        return apart.join(part for part in (wrapped(words, width), *rest) if part)

    def table(self, node: Node, width: int) -> str:
        """Columns below their heads, or where they do not fit, each row as lines of `head: cell`."""
        rows = [[" ".join(self.words(cell).split()) for cell in row.children] for row in node.children]
        whole = [[_without_marks(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
        if sum(widths) + len(BETWEEN) * (len(widths) - 1) > width:
            return "\n\n".join(_row_in_lines(rows[0], row, width) for row in rows[1:] or rows[:1])
        pads = [">" if side == "Right" else "<" for side in node.attributes["alignments"]]
        lines = [
            BETWEEN.join(f"{cell:{pad}{size}}" for cell, pad, size in zip(row, pads, widths, strict=True))
            for row in whole
        ]
        lines.insert(1, "-+-".join("-" * size for size in widths))
        return "\n".join(line.rstrip() for line in lines)

    def raw(self, node: Node, width: int) -> str:
        """An author's own HTML: its words, apart where it sets them apart."""
        lines = RawText(self.inline, self.tag).lines(node)
        return "\n".join(wrapped(line, width, _below(line)) for line in lines)

    def words(self, node: Node) -> str:
        return self.run(node.children)

    def run(self, children: Iterable[Node]) -> str:
        """What stands in a line: an author's own tags count for their links and breaks."""
        links: list[str] = []
        words = "".join(
            self.tag(child.text, links) if child.kind == "html" else self.inline(child)
            for child in with_scripts(children)
        )
        return _BLANKS.sub(" ", words).strip(" ") if _BLANK in words else words

    def tag(self, tag: str, links: list[str]) -> str:
        closes, name = tag_name(tag)
        if name == "br":
            return "\n"
        if name not in PHRASES:
            return _BLANK  # no line holds a block
        if name in _STRUCK:
            return "~~"
        if name == "a" and not closes:
            clean = clean_tag(tag, lambda *_: "", self.link)[1]
            target = _TARGET.search(clean)
            links.append(unescape(target[1]) if target else "")
        elif name == "a" and links and (url := links.pop()) and not self.in_link:
            return f" [{self.number(url)}]"
        return ""

    def inline(self, node: Node) -> str:  # noqa: PLR0911  # one answer for each kind
        match node.kind:
            case "code":
                words = _LINE_ENDS.sub(" ", node.text.replace(_SOFT_HYPHEN, ""))
                return CODE + words.replace(" ", BLANK_IN_CODE)
            case "deleted":
                return f"~~{self.words(node)}~~"
            case "text":
                return _LINE_ENDS.sub(" ", node.text.replace(_SOFT_HYPHEN, ""))
            case "soft-break":
                return " "
            case "hard-break":
                return "\n"
            case "footnote-mark":
                known = node.text in self.footnotes
                return f"[{self.number(_NOTE + node.text)}]" if known else f"[^{node.text}]"
            case "image":
                return f"({node.attributes['title'] or node.plain()})"
            case "link":
                return self.linked(node)
        return self.words(node)

    def linked(self, node: Node) -> str:
        given = self.link(node.attributes["url"])
        url = rewritten_link(node.attributes["url"], self.link)
        if not url or self.in_link:
            return self.words(node)
        self.in_link = True
        words = self.words(node)
        self.in_link = False
        if {url, given} & {words, f"mailto:{words}", f"https://{words}"}:
            return words
        return f"{words} [{self.number(url)}]" if words.strip() else f"[{self.number(url)}]"


def _hanging(mark: str, text: str) -> str:
    """The text after its mark, its other lines below its first."""
    margin = " " * len(mark)
    return mark + textwrap.indent(text, margin).removeprefix(margin)


def _underlined(heading: str) -> str:
    """Letters stay as they are: in capitals, mW would be MW."""
    return f"{heading}\n{'-' * max(map(len, _without_marks(heading).split(chr(10))))}" if heading else ""


def _listing(code: str) -> str:
    """Code, set in, line by line as it was written."""
    return textwrap.indent(code.expandtabs(4).rstrip("\n"), "    ")


def _row_in_lines(heads: list[str], row: list[str], width: int) -> str:
    if row is heads:
        return wrapped(BETWEEN.join(heads), width)
    pairs = zip(heads, row, strict=True)
    return "\n".join(
        wrapped(f"{head}: {cell}" if head else cell, width, "  ") for head, cell in pairs if cell
    )


def _below(line: str) -> str:
    """What stands before the other lines of a raw one: below an item's words, or within its quotation."""
    if line.startswith(_BULLET):
        return " " * len(_BULLET)
    return line[: len(line) - len(line.lstrip(">"))] + " " if line.startswith(">") else ""


def _chopped(word: str, width: int) -> list[str]:
    return [word[at : at + width] for at in range(0, max(1, len(word)), width)]
