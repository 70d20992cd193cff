"""An author's own HTML as lines of plain text, with the numbers that a browser would give its lists.

Source: HTML Living Standard, "The ol element".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from broadsheet.content.node import PHRASE_TAGS, Node, with_scripts

CELL_SEPARATOR = " | "
CODE, SPACE_IN_CODE = "\ufdd0", "\ufdd1"  # until the text is finished; no cleaned text holds them
_QUOTE, _UNQUOTE = "\ufdd2", "\ufdd3"
_TAG = re.compile(r"<(/?)([a-z0-9-]+)", re.IGNORECASE)
_COLSPAN = re.compile(r"\bcolspan\s*=\s*[\"']?([0-9]{1,2})", re.IGNORECASE)
_ATTRIBUTE = r"\b{}\s*=\s*[\"']?(-?[0-9]{{1,9}}|[aAiI])[\"']?"
_START, _VALUE, _TYPE = (re.compile(_ATTRIBUTE.format(name)) for name in ("start", "value", "type"))
_REVERSED = re.compile(r"\sreversed\b", re.IGNORECASE)
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_IN_ROMAN = 39
_BREAKS = {"tr": "\n", "hr": "\n\n* * *\n\n"}
_WITHOUT_BREAK = {"/li", "/td", "/th", "/tr"}
_CELLS = ("td", "th")
_LISTS = ("ol", "ul")


@dataclass
class _List:
    number: int | None  # of the next item; None without numbers
    kind: str = ""
    step: int = 0

    def mark(self, tag: str) -> str:
        if self.number is None:
            return "- "
        value = _VALUE.search(tag)
        number = int(value[1]) if value and value[1].lstrip("-").isdigit() else self.number
        self.number = number + self.step
        return f"{_numeral(number, self.kind)}. "


@dataclass
class RawText:
    """One block; `inline` writes a node within a line, `tag` an author's tag within it."""

    inline: Callable[[Node], str]
    tag: Callable[[str, list[str]], str]
    lists: list[_List] = field(default_factory=list)  # open ones, the innermost last
    in_cell: bool = False
    in_pre: bool = False
    columns: int = 1

    def lines(self, block: Node) -> list[str]:
        """The block's lines: those of a quotation after `>`, empty ones between its parts."""
        links: list[str] = []
        children = list(with_scripts(block.children))
        parts = [
            self._tag(child.text, links, "".join(each.text for each in children[at + 1 :]))
            if child.kind == "html"
            else self._words(child)
            for at, child in enumerate(children)
        ]
        rows = [line.removeprefix(CELL_SEPARATOR).strip() for line in "".join(parts).split("\n")]
        return _quoted(_without_gaps(rows))

    def _words(self, node: Node) -> str:
        """The words of a node; in a `<pre>`, with their spaces and lines."""
        words = self.inline(node)
        if not self.in_pre:
            return words
        lines = (line.replace("\t", "    ").replace(" ", SPACE_IN_CODE) for line in words.split("\n"))
        return "\n".join(f"{CODE}{line}" if line else "" for line in lines)

    def _tag(self, tag: str, links: list[str], following: str) -> str:
        closes, name = tag_name(tag)
        if name in _CELLS:
            more, self.columns = self.columns - 1, 1 if closes else _columns(tag)
            self.in_cell = not closes
            return CELL_SEPARATOR * more if closes else CELL_SEPARATOR
        if name in PHRASE_TAGS:
            written = self.tag(tag, links)
            return written.replace("\n", " ") if self.in_cell else written
        self.in_pre = not closes if name == "pre" else self.in_pre
        if name == "blockquote":
            return "\n\n" + (_UNQUOTE if closes else _QUOTE)
        if name in _LISTS and not closes:
            self.lists.append(_opened_list(tag, name, following))
        elif name in _LISTS and self.lists:
            self.lists.pop()
        if name == "li" and not closes:
            return "\n" + (self.lists[-1].mark(tag) if self.lists else "- ")
        return "" if closes + name in _WITHOUT_BREAK else _BREAKS.get(closes + name, "\n\n")


def tag_name(tag: str) -> tuple[str, str]:
    """A slash if the tag closes, and its name in small letters; two empty strings if it is no tag."""
    found = _TAG.match(tag)
    return (found[1], found[2].lower()) if found else ("", "")


def _columns(tag: str) -> int:
    found = _COLSPAN.search(tag)
    return min(20, max(1, int(found[1]))) if found else 1


def _opened_list(tag: str, name: str, following: str) -> _List:
    """A list; `following` is the text after the tag, in which the items of a reversed one are counted."""
    if name == "ul":
        return _List(None)
    is_reversed, start, kind = _REVERSED.search(tag), _START.search(tag), _TYPE.search(tag)
    first = following.partition("</ol")[0].count("<li") if is_reversed else 1
    number = int(start[1]) if start and start[1].lstrip("-").isdigit() else first
    return _List(number, kind[1] if kind else "1", -1 if is_reversed else 1)


def _numeral(number: int, kind: str) -> str:
    if kind in "aA" and 1 <= number <= len(_LETTERS):
        letters = _LETTERS[number - 1]
    elif kind in "iI" and 1 <= number <= _MOST_IN_ROMAN:
        letters = _roman(number)
    else:
        return str(number)
    return letters.upper() if kind.isupper() else letters


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        while number >= value:
            written, number = written + letters, number - value
    return written


def _quoted(lines: list[str]) -> list[str]:
    """The lines with a `>` for each quotation around them."""
    depth, made = 0, []
    for line in lines:
        depth += line.count(_QUOTE) - line.count(_UNQUOTE)
        words = line.replace(_QUOTE, "").replace(_UNQUOTE, "")
        made.append(f"{'>' * max(0, depth)} {words}".strip() if depth > 0 and words else words)
    return _without_gaps(made)


def _without_gaps(lines: list[str]) -> list[str]:
    """The lines with at most one empty line between others."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n").split("\n")
