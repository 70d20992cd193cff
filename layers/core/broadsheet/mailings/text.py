"""A text's tree as plain text for mails: wrapped at 72, links as numbered notes below."""

import textwrap
from collections.abc import Callable, Iterable

from broadsheet.issues.markdown import Node

WIDTH = 72
_BULLET = "- "


def to_text(blocks: Iterable[Node], link: Callable[[str], str] = lambda url: url) -> str:
    """The blocks as text, paragraphs apart by an empty line, their links listed at the end."""
    writer = _Writer(link)
    parts = [part for part in (writer.block(block) for block in blocks) if part]
    if writer.targets:
        parts.append("\n".join(f"[{number}] {url}" for url, number in writer.targets.items()))
    return "\n\n".join(parts)


class _Writer:
    def __init__(self, link: Callable[[str], str]) -> None:
        self.link = link
        self.targets: dict[str, int] = {}

    def block(self, node: Node) -> str:  # noqa: PLR0911 - one answer for each kind
        match node.kind:
            case "quote":
                return textwrap.indent(self.blocks(node), "> ", lambda _: True)
            case "list":
                return self.items(node)
            case "code-block":
                return textwrap.indent(node.plain().rstrip("\n"), "    ")
            case "table":
                return "\n".join(
                    " | ".join(self.inline(cell) for cell in row.children) for row in node.children
                )
            case "rule":
                return "* * *"
            case "html-block":
                return ""
            case "footnote":
                return _wrapped(f"[{node.attributes['name']}] {self.inline(node)}", "    ")
            case "heading":
                return self.inline(node).upper()
        return _wrapped(self.inline(node))

    def blocks(self, node: Node) -> str:
        return "\n\n".join(part for part in (self.block(child) for child in node.children) if part)

    def items(self, node: Node) -> str:
        start = node.attributes["start"]
        lines = []
        for offset, item in enumerate(node.children):
            mark = _BULLET if start is None else f"{start + offset}. "
            inner = (
                self.blocks(item)
                if _has_blocks(item)
                else _wrapped(self.inline(item), width=WIDTH - len(mark))
            )
            lines.append(mark + inner.replace("\n", "\n" + " " * len(mark)))
        return "\n".join(lines)

    def inline(self, node: Node) -> str:  # noqa: PLR0911 - one answer for each kind
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
                return f"[{node.text}]"
            case "image":
                return f"({node.attributes['title'] or node.plain()})"
            case "link":
                return self.linked(node)
        return "".join(self.inline(child) for child in node.children)

    def linked(self, node: Node) -> str:
        words = "".join(self.inline(child) for child in node.children)
        url = self.link(node.attributes["url"])
        if words == url:
            return words
        number = self.targets.setdefault(url, len(self.targets) + 1)
        return f"{words} [{number}]"


def _has_blocks(node: Node) -> bool:
    return any(child.kind in ("paragraph", "list", "quote", "code-block") for child in node.children)


def _wrapped(text: str, indent: str = "", width: int = WIDTH) -> str:
    return "\n".join(
        textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )
