"""Writes a text's tree as plain text for mails: wrapped at 72 columns, links and footnotes numbered together.

A number in brackets follows the words; its address or note is listed below the text. Only addresses and
code may be longer than a line, as they are useless when they are cut. No line ends with a space, and deleted
words are marked.
"""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from itertools import count

from broadsheet.content.node import Node, nodes_of, numbers_of, with_scripts
from broadsheet.rendering.element import INLINE
from broadsheet.rendering.links import rewritten_link
from broadsheet.rendering.raw import clean_tag
from broadsheet.rendering.raw_text import CELL_SEPARATOR, CODE, SPACE_IN_CODE, RawText, tag_name

WIDTH = 72
_NARROWEST = 24  # deeper blocks are not indented any further
_BULLET = "- "
_NOTE = "[^"
_BLOCKS = {
    *("paragraph", "heading", "list", "quote", "code-block", "table", "rule", "html-block", "footnote")
}
_TARGET = re.compile(r'href="([^"]*)"')
_ADDRESS = re.compile(r"://|@")
_BLANK = "\ufdd2"  # only within this module; no cleaned text holds it
_BLANKS = re.compile(f" *{_BLANK}[ {_BLANK}]*")
_STRUCK = ("del", "s")
_SOFT_HYPHEN = "\u00ad"
_LINE_ENDS = re.compile("[\u2028\u2029]")


def to_text(
    blocks: Iterable[Node], link: Callable[[str], str] = lambda url: url, numbers: Iterator[int] | None = None
) -> str:
    """The blocks as text, with empty lines between paragraphs, and their notes and links listed at the end.

    `link` rewrites targets; a target that must not be a link is left out. `numbers` continues the numbering
    if several texts share a mail.
    """
    blocks = tuple(blocks)
    writer = _TextWriter(link, numbers or count(1), blocks)
    parts = [*(writer.block(block) for block in blocks), writer.listed()]
    text = _without_marks("\n\n".join(part for part in parts if part))
    return "\n".join(line.rstrip() for line in text.split("\n"))


def wrapped(text: str, width: int = WIDTH, below: str = "") -> str:
    """The text in lines of that width, with `below` before continuation lines; addresses are not cut."""
    lines: list[str] = []
    for line in text.split("\n"):
        for part in _cut(line.strip(), width, below) or [""]:
            is_whole = len(part) <= width or _ADDRESS.search(part) or CODE in part
            lines += [part] if is_whole else [part[at : at + width] for at in range(0, len(part), width)]
    return "\n".join(lines)


def _cut(line: str, width: int, below: str) -> list[str]:
    """As `textwrap.wrap` cuts it, which takes several times as long; it gets the lines with other spaces."""
    words = line.split()
    if " ".join(words) != line:
        return textwrap.wrap(
            line, width, break_long_words=False, break_on_hyphens=False, subsequent_indent=below
        )
    lines = words[:1]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(below + word)
    return lines


def _without_marks(text: str) -> str:
    return text.replace(CODE, "").replace(SPACE_IN_CODE, " ")


class _TextWriter:
    def __init__(self, link: Callable[[str], str], numbers: Iterator[int], blocks: tuple[Node, ...]) -> None:
        self.link, self.numbers = link, numbers
        self.number_of: dict[str, int] = {}
        self.targets: list[str] = []
        self.footnotes = {note.attributes["name"]: note for note in nodes_of(blocks, "footnote")}
        self.in_link = False

    def number(self, target: str) -> int:
        if target not in self.number_of:
            self.number_of[target] = next(self.numbers)
            self.targets.append(target)
        return self.number_of[target]

    def listed(self) -> str:
        """The notes and addresses by their numbers. Those that a note refers to follow."""
        lines = []
        for target in self.targets:  # notes add to it
            mark, note = f"[{self.number_of[target]}] ", target.removeprefix(_NOTE)
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
                return textwrap.indent(node.plain().expandtabs(4).rstrip("\n"), "    ")
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
        """Its lines after a `>`; those of a quotation within it after `>>`."""
        if width < _NARROWEST:
            return self.blocks(node, width)
        parts = []
        for child in node.children:
            mark = ">" if child.kind == "quote" else "> "
            if text := self.block(child, width - len("> ")):
                parts.append("\n".join((mark + line).rstrip() for line in text.split("\n")))
        return "\n>\n".join(parts)

    def items(self, node: Node, width: int) -> str:
        is_ordered = node.attributes["start"] is not None
        marks = (
            [f"{number}. " for number in numbers_of(node)] if is_ordered else [_BULLET] * len(node.children)
        )
        lines = []
        for mark, item in zip(marks, node.children, strict=True):
            if width < _NARROWEST:
                lines.append(wrapped(mark, width) + "\n" + self.item(item, width))
            else:
                lines.append(_hanging(mark, self.item(item, width - len(mark))))
        return "\n".join(lines)

    def item(self, node: Node, width: int) -> str:
        first = next((i for i, c in enumerate(node.children) if c.kind in _BLOCKS), len(node.children))
        words = self.run(node.children[:first])
        blocks = [self.block(child, width) for child in node.children[first:]]
        separator = "\n\n" if not words else "\n"
        return separator.join(part for part in (wrapped(words, width), *blocks) if part)

    def table(self, node: Node, width: int) -> str:
        """Columns below their heads; if they are too wide, each row as lines of `head: cell`."""
        rows = [[" ".join(self.words(cell).split()) for cell in row.children] for row in node.children]
        plain = [[_without_marks(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
        if sum(widths) + len(CELL_SEPARATOR) * (len(widths) - 1) > width:
            return "\n\n".join(_row_in_lines(rows[0], row, width) for row in rows[1:] or rows[:1])
        pads = [">" if side == "Right" else "<" for side in node.attributes["alignments"]]
        lines = [
            CELL_SEPARATOR.join(
                f"{cell:{pad}{size}}" for cell, pad, size in zip(row, pads, widths, strict=True)
            )
            for row in plain
        ]
        lines.insert(1, "-+-".join("-" * size for size in widths))
        return "\n".join(line.rstrip() for line in lines)

    def raw(self, node: Node, width: int) -> str:
        lines = RawText(self.inline, self.tag).lines(node)
        return "\n".join(wrapped(line, width, _continuation(line)) for line in lines)

    def words(self, node: Node) -> str:
        return self.run(node.children)

    def run(self, children: Iterable[Node]) -> str:
        """The nodes of a line, with the links and breaks of an author's own tags."""
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
        if name not in INLINE:
            return _BLANK  # in place of a block
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
                return CODE + _one_line(node.text).replace(" ", SPACE_IN_CODE)
            case "deleted":
                return f"~~{self.words(node)}~~"
            case "text":
                return _one_line(node.text)
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
        url = rewritten_link(node.attributes["url"], lambda _: given)
        if not url or self.in_link:
            return self.words(node)
        self.in_link = True
        words = self.words(node)
        self.in_link = False
        if {url, given} & {words, f"mailto:{words}", f"https://{words}"}:
            return words
        return f"{words} [{self.number(url)}]" if words.strip() else f"[{self.number(url)}]"


def _one_line(text: str) -> str:
    return _LINE_ENDS.sub(" ", text.replace(_SOFT_HYPHEN, ""))


def _hanging(mark: str, text: str) -> str:
    """The text after its mark, its other lines indented below the first one."""
    margin = " " * len(mark)
    return mark + textwrap.indent(text, margin).removeprefix(margin)


def _underlined(heading: str) -> str:
    """Not in capitals, which would turn mW into MW."""
    return f"{heading}\n{'-' * max(map(len, _without_marks(heading).split(chr(10))))}" if heading else ""


def _row_in_lines(heads: list[str], row: list[str], width: int) -> str:
    if row is heads:
        return wrapped(CELL_SEPARATOR.join(heads), width)
    pairs = zip(heads, row, strict=True)
    return "\n".join(
        wrapped(f"{head}: {cell}" if head else cell, width, "  ") for head, cell in pairs if cell
    )


def _continuation(line: str) -> str:
    """How continuation lines begin: with the indent of an item, or with the `>` of a quotation."""
    if line.startswith(_BULLET):
        return " " * len(_BULLET)
    return line[: len(line) - len(line.lstrip(">"))] + " " if line.startswith(">") else ""
