"""Writes a text's tree as HTML for pages, feeds and mails.

The output is balanced and escaped by construction; an author's own HTML is cleaned by `rendering/raw.py`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from markupsafe import Markup

from broadsheet.characters import without_control
from broadsheet.content.node import Node, nodes_of, numbers_of
from broadsheet.rendering.attributes import attributes
from broadsheet.rendering.element import INLINE
from broadsheet.rendering.links import rewritten_link
from broadsheet.rendering.raw import clean_block, clean_tag

_SIMPLE = {"emphasis": "em", "strong": "strong", "deleted": "del", "item": "li"}
_FIXED = {"soft-break": "\n", "hard-break": "<br>\n", "rule": "<hr>", "footnote": ""}
_CLOSING = re.compile(r"</([a-z]+)\s*>", re.IGNORECASE)
_LOWEST = 6


class Pictures(Protocol):
    """Writes an image of a text."""

    def __call__(self, source: str, alt: str, caption: str, *, alone: bool) -> str:
        """HTML of one image: within a line, or `alone`, where a figure may stand."""


def words_of(text: str) -> str:
    """The words as HTML: cleaned, then escaped."""
    clean = text if text.isprintable() else without_control(text)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # faster than `escape`


def caption_only(source: str, alt: str, caption: str, *, alone: bool) -> str:  # noqa: ARG001  # see Pictures
    """The words of a picture in place of it, as in mails."""
    return f"<em>{words_of(caption or alt or source)}</em>"


def to_html(
    blocks: Iterable[Node],
    *,
    prefix: str,
    pictures: Pictures = caption_only,
    link: Callable[[str], str] = lambda url: url,
    raise_headings: int = 0,
    below: int = 2,
    wide: str = "",
    back: str = "",
    page: str = "",
    language_of: Callable[[str], str] = lambda words: "",  # noqa: ARG005  # the language of the page
) -> Markup:
    """The blocks as HTML that runs nothing, and loads nothing but the output of `pictures`.

    `prefix` distinguishes the ids of footnotes if several texts share a page. `link` rewrites targets: mails
    need absolute ones. Headings are raised by `raise_headings` levels, and never skip a level after `below`,
    the level of the heading above the text. `wide` is the accessible name of tables and code blocks that
    scroll, `back` that of the links from footnotes to their marks; mails have neither. `page` is the address
    of the page with the footnotes, for feeds. `language_of` returns the language of a quotation if it is not
    that of the page, else "".
    """
    writer = _HtmlWriter(prefix, pictures, link, language_of, raise_headings, below, wide, back, page)
    return writer.document(tuple(blocks))


@dataclass
class _HtmlWriter:
    """Has a method for each kind of node but words and those in `_SIMPLE` or `_FIXED`."""

    prefix: str
    pictures: Pictures
    target: Callable[[str], str]
    language_of: Callable[[str], str]
    raise_headings: int
    level: int
    wide: str
    back: str
    page: str
    numbers: dict[str, int] = field(default_factory=dict)
    footnotes: dict[str, Node] = field(default_factory=dict)
    in_link: bool = False

    def document(self, blocks: tuple[Node, ...]) -> Markup:
        self.footnotes = {note.attributes["name"]: note for note in nodes_of(blocks, "footnote")}
        body = "".join(self.write(block) for block in blocks)
        return Markup(body + self.notes())  # noqa: S704  # balanced and escaped, see the module

    def write(self, node: Node) -> str:
        if node.kind == "text":
            return words_of(node.text)
        if node.kind == "link":
            return self._link(node)
        if node.kind in _SIMPLE:
            tag = _SIMPLE[node.kind]
            return f"<{tag}>{self.inside(node)}</{tag}>"
        if node.kind in _FIXED:
            return _FIXED[node.kind]
        return str(getattr(self, "_" + node.kind.replace("-", "_"))(node))

    def inside(self, node: Node) -> str:
        """The children of a node. An author's tags that are still open at its end are closed there."""
        if len(node.children) == 1 and node.children[0].kind == "text":
            return words_of(node.children[0].text)
        written: list[str] = []
        open_tags: list[str] = []
        for child in node.children:
            if child.kind != "html":
                written.append(self.write(child))
            elif closing := _CLOSING.fullmatch(child.text.strip()):
                written.append(self._closed(closing[1].lower(), open_tags))
            else:
                name, tag = clean_tag(child.text, self._raw_image, self.target)
                if not name and not tag:
                    written.append(" ")  # in place of a block's tag
                if not (name == "a" and (self.in_link or not tag.startswith("<a href"))):
                    written.append(tag)
                    if name not in ("", "br", "img"):
                        open_tags.append(name)
                        self.in_link = self.in_link or name == "a"
        if open_tags:
            written.append(self._closed(open_tags[0], open_tags))
        return "".join(written)

    def _closed(self, name: str, open_tags: list[str]) -> str:
        """The closing tags of an open tag and of all tags that were opened after it."""
        if name not in INLINE:
            return " "
        written = ""
        while name in open_tags:
            tag = open_tags.pop()
            written += f"</{tag}>"
            if tag == "a":
                self.in_link = False
        return written

    def _code(self, node: Node) -> str:
        return f"<code>{words_of(node.text)}</code>"

    def _html(self, node: Node) -> str:
        return clean_block(node.text, self._raw_image, self.target, heading=self._level)

    def _html_block(self, node: Node) -> str:
        text = "".join(c.text if c.kind == "html" else self._raw_words(c) for c in node.children)
        clean = clean_block(text, self._raw_image, self.target, heading=self._level)
        return f"<div>{clean}</div>" if clean else ""

    def _raw_words(self, node: Node) -> str:
        """Words within an author's own HTML; `clean_block` rewrites the targets of links."""
        if node.kind != "link":
            return words_of(node.text)
        target = rewritten_link(node.attributes["url"], str)
        return f"<a{attributes(href=target)}>{words_of(node.plain())}</a>"

    def _paragraph(self, node: Node) -> str:
        if len(node.children) == 1 and node.children[0].kind == "image":
            shown = self._image(node.children[0], alone=True)
            return shown if shown.startswith("<figure") else f"<p>{shown}</p>"
        return f"<p>{self.inside(node)}</p>"

    def _quote(self, node: Node) -> str:
        language = self.language_of(node.plain())
        return f"<blockquote{attributes(lang=language)}>{self.inside(node)}</blockquote>"

    def _heading(self, node: Node) -> str:
        level = self._level(node.attributes["level"] - self.raise_headings)
        return f"<h{level}>{self.inside(node)}</h{level}>"

    def _level(self, wanted: int) -> int:
        self.level = min(_LOWEST, max(2, wanted), self.level + 1)
        return self.level

    def _code_block(self, node: Node) -> str:
        return self._scrolling(f"<pre><code>{self.inside(node)}</code></pre>")

    def _list(self, node: Node) -> str:
        start = node.attributes["start"]
        if start is None:
            return f"<ul>{self.inside(node)}</ul>"
        numbers = numbers_of(node)
        written = [
            f"<li{attributes(value=number) if number != before + 1 else ''}>{self.inside(item)}</li>"
            for item, before, number in zip(node.children, [start - 1, *numbers], numbers, strict=False)
        ]
        return f"<ol{attributes(start=start)}>{''.join(written)}</ol>"

    def _link(self, node: Node) -> str:
        target = rewritten_link(node.attributes["url"], self.target)
        if not target or self.in_link:
            return self.inside(node)
        self.in_link = True
        inside = self.inside(node)
        self.in_link = False
        return f"<a{attributes(href=target, title=without_control(node.attributes['title']))}>{inside}</a>"

    def _image(self, node: Node, *, alone: bool = False) -> str:
        words = " ".join(node.plain().split())
        return self.pictures(node.attributes["url"], words, node.attributes["title"], alone=alone)

    def _raw_image(self, source: str, alt: str) -> str:
        return self.pictures(source, alt, "", alone=False)

    def _scrolling(self, html: str) -> str:
        if not self.wide:
            return html
        scroll = attributes(class_="scroll", role="group", tabindex=0, aria_label=without_control(self.wide))
        return f"<div{scroll}>{html}</div>"

    def _table(self, node: Node) -> str:
        head, *rows = node.children
        alignments = node.attributes["alignments"]
        top = self._row(head, alignments, is_head=True)
        body = "".join(self._row(row, alignments) for row in rows)
        return self._scrolling(f"<table><thead>{top}</thead><tbody>{body}</tbody></table>")

    def _row(self, node: Node, alignments: tuple[str, ...], *, is_head: bool = False) -> str:
        cells = []
        for cell, alignment in zip(node.children, alignments, strict=False):
            tag = "th" if is_head and cell.plain().strip() else "td"
            scope = ' scope="col"' if tag == "th" and self.wide else ""
            name = "class" if self.wide else "align"  # mails have no style sheet
            align = f' {name}="{alignment.lower()}"' if alignment in ("Right", "Center") else ""
            cells.append(f"<{tag}{scope}{align}>{self.inside(cell)}</{tag}>")
        return f"<tr>{''.join(cells)}</tr>"

    def _footnote_mark(self, node: Node) -> str:
        if node.text not in self.footnotes:
            return words_of(f"[^{node.text}]")
        is_first = node.text not in self.numbers
        number = self.numbers.setdefault(node.text, len(self.numbers) + 1)
        mark = f' id="{self.prefix}-mark-{number}"' if is_first and self.back else ""
        if self.in_link:
            return f"<sup{mark}>{number}</sup>"
        note = f"{self.page}#{self.prefix}-note-{number}"
        return f"<sup{mark}><a{attributes(href=note)}>{number}</a></sup>"

    def notes(self) -> str:
        """The footnotes in the order of their first marks; those that other footnotes refer to follow."""
        items: list[str] = []
        while len(items) < len(self.numbers):
            name = list(self.numbers)[len(items)]
            number = self.numbers[name]
            back = self._way_back(number)
            words = self.inside(self.footnotes[name])
            items.append(f'<li id="{self.prefix}-note-{number}">{words}{back}</li>')
        return f'<ol class="notes">{"".join(items)}</ol>' if items else ""

    def _way_back(self, number: int) -> str:
        if not self.back:
            return ""
        mark, label = f"#{self.prefix}-mark-{number}", f"{without_control(self.back)}: {number}"
        return f" <a{attributes(class_='back', href=mark, aria_label=label)}>↩\ufe0e</a>"
