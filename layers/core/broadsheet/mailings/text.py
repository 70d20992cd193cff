"""A text's tree as plain text for mails: wrapped at 72, links and footnotes numbered in one sequence."""

import textwrap
from collections.abc import Callable, Iterable

from broadsheet.issues.markdown import Node

WIDTH = 72
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


def to_text(blocks: Iterable[Node], link: Callable[[str], str] = lambda url: url) -> str:
    """The blocks as text, paragraphs apart by an empty line, their links listed at the end."""
    writer = _Writer(link)
    parts = [part for part in (writer.block(block) for block in blocks) if part]
    links = [f"[{number}] {url}" for url, number in writer.numbers.items() if not url.startswith(_NOTE)]
    if links:
        parts.append("\n".join(links))
    return "\n\n".join(parts)


class _Writer:
    def __init__(self, link: Callable[[str], str]) -> None:
        self.link = link
        self.numbers: dict[str, int] = {}

    def number(self, target: str) -> int:
        return self.numbers.setdefault(target, len(self.numbers) + 1)

    def block(self, node: Node, width: int = WIDTH) -> str:  # noqa: PLR0911  # one answer for each kind
        match node.kind:
            case "quote":
                return textwrap.indent(self.blocks(node, width - len("> ")), "> ", lambda _: True)
            case "list":
                return self.items(node, width)
            case "code-block":
                return textwrap.indent(node.plain().rstrip("\n"), "    ")
            case "table":
                return "\n".join(
                    " | ".join(self.inline(cell) for cell in row.children) for row in node.children
                )
            case "rule":
                return "* * *"
            case "footnote":
                mark = f"[{self.number(_NOTE + node.attributes['name'])}] "
                return _hanging(mark, self.blocks(node, width - len(mark)))
            case "heading":
                return _wrapped(self.inline(node).upper(), width)
        return _wrapped(self.inline(node), width)

    def blocks(self, node: Node, width: int) -> str:
        return "\n\n".join(part for part in (self.block(child, width) for child in node.children) if part)

    def items(self, node: Node, width: int) -> str:
        start = node.attributes["start"]
        lines = []
        for offset, item in enumerate(node.children):
            mark = _BULLET if start is None else f"{start + offset}. "
            lines.append(_hanging(mark, self.item(item, width - len(mark))))
        return "\n".join(lines)

    def item(self, node: Node, width: int) -> str:
        """Words directly in an item, then its lists and other blocks."""
        first = next((i for i, c in enumerate(node.children) if c.kind in _BLOCKS), len(node.children))
        words = "".join(self.inline(child) for child in node.children[:first])
        rest = [self.block(child, width) for child in node.children[first:]]
        apart = "\n\n" if not words else "\n"
        return apart.join(part for part in (_wrapped(words, width), *rest) if part)

    def inline(self, node: Node) -> str:  # noqa: PLR0911  # one answer for each kind
        match node.kind:
            case "text" | "code":
                return node.text
            case "soft-break":
                return " "
            case "hard-break":
                return "\n"
            case "html":
                return ""
            case "footnote-mark":
                return f"[{self.number(_NOTE + node.text)}]"
            case "image":
                return f"({node.attributes['title'] or node.plain()})"
            case "link":
                return self.linked(node)
        return "".join(self.inline(child) for child in node.children)

    def linked(self, node: Node) -> str:
        words = "".join(self.inline(child) for child in node.children)
        url = self.link(node.attributes["url"])
        if url in (words, f"mailto:{words}"):
            return words
        return f"{words} [{self.number(url)}]"


def _hanging(mark: str, text: str) -> str:
    """The text after its mark, its other lines below its first."""
    margin = " " * len(mark)
    return mark + textwrap.indent(text, margin).removeprefix(margin)


def _wrapped(text: str, width: int) -> str:
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )
