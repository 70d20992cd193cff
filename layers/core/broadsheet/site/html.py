"""A text's tree as HTML: sanitised, for pages and for mails."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Protocol

import nh3
from markupsafe import Markup

from broadsheet.issues.markdown import Node

_TAGS = {
    *(
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "figcaption",
        "figure",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ),
    *("hr", "i", "img", "li", "ol", "p", "pre", "s", "section", "span", "strong", "sub", "sup", "u", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "id", "lang"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "li": {"id"},
    "p": {"lang"},
    "span": {"lang"},
    "th": {"align"},
    "td": {"align"},
}
_SCHEMES = {"http", "https", "mailto"}
OWN_PICTURES = "../../media/"
_SIMPLE = {
    "paragraph": "p",
    "quote": "blockquote",
    "item": "li",
    "emphasis": "em",
    "strong": "strong",
    "deleted": "del",
}


class Pictures(Protocol):
    """How an image within a text is shown."""

    def __call__(self, source: str, alt: str, caption: str) -> str:
        """HTML for one image."""


def caption_only(source: str, alt: str, caption: str) -> str:
    """No picture, as in mails: its words."""
    return f"<em>{escape(caption or alt or source)}</em>"


def to_html(
    blocks: Iterable[Node],
    *,
    prefix: str,
    pictures: Pictures = caption_only,
    link: Callable[[str], str] = lambda url: url,
    raise_headings: int = 0,
) -> Markup:
    """The blocks as HTML that runs nothing and loads nothing.

    `prefix` keeps the ids of footnotes apart where several texts share a page; `link` rewrites targets
    (mails need them absolute); headings move up by `raise_headings` levels. HTML that an author wrote is
    held to the same: its links are rewritten, its images show only what our own site holds.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if (tag, name) == ("img", "src"):
            return value if value.startswith(OWN_PICTURES) else None
        if (tag, name) == ("a", "href") and not value.startswith(f"#{prefix}-note-"):
            return link(value)
        return value

    writer = _Writer(prefix, pictures, raise_headings)
    body = "".join(writer.write(block) for block in blocks)
    notes = writer.notes()
    clean = nh3.clean(
        body + notes,
        tags=_TAGS - {"img"} if pictures is caption_only else _TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return Markup(clean)  # noqa: S704  # nh3 has just cleaned it


class _Writer:
    """A method a kind of node; what is simple stands in `_SIMPLE`."""

    def __init__(self, prefix: str, pictures: Pictures, raise_headings: int) -> None:
        self.prefix, self.pictures, self.raise_headings = prefix, pictures, raise_headings
        self.numbers: dict[str, int] = {}
        self.footnotes: dict[str, Node] = {}

    def write(self, node: Node) -> str:
        if node.kind in _SIMPLE:
            tag = _SIMPLE[node.kind]
            return f"<{tag}>{self.inside(node)}</{tag}>"
        method = getattr(self, "link_" if node.kind == "link" else node.kind.replace("-", "_"))
        return str(method(node))

    def inside(self, node: Node) -> str:
        return "".join(self.write(child) for child in node.children)

    def text(self, node: Node) -> str:
        return escape(node.text, quote=False)

    def code(self, node: Node) -> str:
        return f"<code>{escape(node.text, quote=False)}</code>"

    def html(self, node: Node) -> str:
        return node.text

    html_block = inside

    def soft_break(self, _: Node) -> str:
        return "\n"

    def hard_break(self, _: Node) -> str:
        return "<br>\n"

    def rule(self, _: Node) -> str:
        return "<hr>"

    def heading(self, node: Node) -> str:
        level = min(6, max(2, node.attributes["level"] - self.raise_headings))
        return f"<h{level}>{self.inside(node)}</h{level}>"

    def code_block(self, node: Node) -> str:
        return f"<pre><code>{self.inside(node)}</code></pre>"

    def list(self, node: Node) -> str:
        start = node.attributes["start"]
        if start is None:
            return f"<ul>{self.inside(node)}</ul>"
        return f'<ol start="{start}">{self.inside(node)}</ol>'

    def link_(self, node: Node) -> str:
        target = escape(node.attributes["url"])
        return f'<a href="{target}">{self.inside(node)}</a>'

    def image(self, node: Node) -> str:
        return self.pictures(node.attributes["url"], node.plain(), node.attributes["title"])

    def table(self, node: Node) -> str:
        head, *rows = node.children
        alignments = node.attributes["alignments"]
        top = self.row(head, "th", alignments)
        body = "".join(self.row(row, "td", alignments) for row in rows)
        return f"<table><thead>{top}</thead><tbody>{body}</tbody></table>"

    def row(self, node: Node, tag: str, alignments: tuple[str, ...]) -> str:
        cells = []
        for cell, alignment in zip(node.children, alignments, strict=False):
            align = f' align="{alignment.lower()}"' if alignment in ("Right", "Center") else ""
            cells.append(f"<{tag}{align}>{self.inside(cell)}</{tag}>")
        return f"<tr>{''.join(cells)}</tr>"

    def footnote_mark(self, node: Node) -> str:
        number = self.numbers.setdefault(node.text, len(self.numbers) + 1)
        return f'<sup><a href="#{self.prefix}-note-{number}">{number}</a></sup>'

    def footnote(self, node: Node) -> str:
        self.footnotes[node.attributes["name"]] = node
        return ""

    def notes(self) -> str:
        """The footnotes that the text refers to, in the order of their first mark."""
        shown = [
            (number, self.footnotes[name]) for name, number in self.numbers.items() if name in self.footnotes
        ]
        if not shown:
            return ""
        items = "".join(
            f'<li id="{self.prefix}-note-{number}">{self.inside(note)}</li>' for number, note in shown
        )
        return f"<ol>{items}</ol>"
