"""An author's own HTML as lines of plain text: its words, apart where it sets them apart."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from broadsheet.content.node import PHRASE_TAGS, Node, with_scripts
from broadsheet.rendering.raw_lists import RawLists

BETWEEN = " | "
_TAG = re.compile(r"<(/?)([a-z0-9-]+)", re.IGNORECASE)
_SPANS = re.compile(r"\bcolspan\s*=\s*[\"']?([0-9]{1,2})", re.IGNORECASE)
CODE, BLANK_IN_CODE = "\ufdd0", "\ufdd1"  # until the text is whole; no cleaned text holds them
_QUOTE, _UNQUOTE = "\ufdd2", "\ufdd3"
_MARKS = {"tr": "\n", "hr": "\n\n* * *\n\n"}
_NOTHING = {"/li", "/td", "/th", "/tr"}
_CELLS = ("td", "th")


@dataclass
class RawText:
    """One block; `inline` writes what stands in a line, `tag` an author's tag within it."""

    inline: Callable[[Node], str]
    tag: Callable[[str, list[str]], str]
    lists: RawLists = field(default_factory=RawLists)
    in_cell: bool = False
    in_pre: bool = False
    columns: int = 1

    def lines(self, block: Node) -> list[str]:
        """Its lines, those of a quotation behind `>`; empty ones between what stands apart."""
        links: list[str] = []
        children = list(with_scripts(block.children))
        parts = [
            self._tag(child.text, links, "".join(each.text for each in children[at + 1 :]))
            if child.kind == "html"
            else self._words(child)
            for at, child in enumerate(children)
        ]
        rows = [line.removeprefix(BETWEEN).strip() for line in "".join(parts).split("\n")]
        return _quoted(re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip("\n").split("\n"))

    def _words(self, node: Node) -> str:
        """What stands in a `<pre>` keeps its blanks and its lines."""
        words = self.inline(node)
        if not self.in_pre:
            return words
        lines = (line.replace("\t", "    ").replace(" ", BLANK_IN_CODE) for line in words.split("\n"))
        return "\n".join(f"{CODE}{line}" if line else "" for line in lines)

    def _tag(self, tag: str, links: list[str], following: str) -> str:
        closes, name = tag_name(tag)
        if name in _CELLS:
            more, self.columns = self.columns - 1, 1 if closes else _columns(tag)
            self.in_cell = not closes
            return BETWEEN * more if closes else BETWEEN
        if name in PHRASE_TAGS:
            written = self.tag(tag, links)
            return written.replace("\n", " ") if self.in_cell else written
        self.in_pre = not closes if name == "pre" else self.in_pre
        if name == "blockquote":
            return "\n\n" + (_UNQUOTE if closes else _QUOTE)
        if name in ("ol", "ul") and not closes:
            self.lists.open(tag, name, following)
        elif name in ("ol", "ul"):
            self.lists.close()
        if name == "li" and not closes:
            return "\n" + self.lists.mark(tag)
        return "" if closes + name in _NOTHING else _MARKS.get(closes + name, "\n\n")


def tag_name(tag: str) -> tuple[str, str]:
    """A slash where the tag closes, and its name in small letters; nothing where it is none."""
    found = _TAG.match(tag)
    return (found[1], found[2].lower()) if found else ("", "")


def _columns(tag: str) -> int:
    spans = _SPANS.search(tag)
    return min(20, max(1, int(spans[1]))) if spans else 1


def _quoted(lines: list[str]) -> list[str]:
    """The lines with a `>` for each quotation around them."""
    depth, made = 0, []
    for line in lines:
        depth += line.count(_QUOTE) - line.count(_UNQUOTE)
        words = line.replace(_QUOTE, "").replace(_UNQUOTE, "")
        made.append(f"{'>' * max(0, depth)} {words}".strip() if depth > 0 and words else words)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(made)).strip("\n").split("\n")
