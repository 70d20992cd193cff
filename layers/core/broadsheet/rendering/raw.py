"""Cleans the HTML that an author wrote into a text, to the elements and attributes that our pages show.

Each piece is cleaned by itself, so that no open tag can take in what follows.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import nh3

from broadsheet.characters import without_control
from broadsheet.rendering.attributes import attributes
from broadsheet.rendering.element import BLOCKS, INLINE, Content, Element
from broadsheet.rendering.links import rewritten_link
from broadsheet.rendering.nesting import nested

_KEPT = INLINE | BLOCKS
_ATTRIBUTES = {
    "a": {"href", "title", "lang"},
    "img": {"src", "alt"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "p": {"lang"},
    "span": {"lang"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_COUNTS = ("start", "value", "colspan", "rowspan")
_VOID = {"br", "hr", "img"}
_HEADING = re.compile("h[0-9]+")
_NUMBER = re.compile("-?[0-9]{1,9}")
_NUMBERING = re.compile("[1aAiI]")
_LANGUAGE = re.compile("[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")  # IANA's registry of subtags
_WITHOUT_WORDS = {"script", "style"}

Image = Callable[[str, str], str]
Link = Callable[[str], str]


def clean_block(text: str, image: Image, link: Link, *, heading: Callable[[int], int]) -> str:
    """A block of HTML, balanced and harmless; "" if nothing in it is visible.

    `image` writes a picture by its source and alternative text, `link` rewrites targets, `heading` levels.
    """
    tree = _TreeBuilder()
    tree.feed(text)
    tree.close()
    rewriter = _cleaned(_written(nested(tree.finished())), image, link, heading)
    return "".join(rewriter.written) if rewriter.is_visible else ""


def clean_tag(text: str, image: Image, link: Link) -> tuple[str, str]:
    """The name of an opening tag within a line, and the tag to write; two empty strings for any other tag."""
    rewriter = _cleaned(text, image, link, lambda level: level, INLINE)
    if len(rewriter.opened) != 1:
        return "", ""
    (name,) = rewriter.opened
    return name, "".join(rewriter.written).removesuffix(f"</{name}>")


def _cleaned(
    html: str, image: Image, link: Link, heading: Callable[[int], int], tags: frozenset[str] = _KEPT
) -> "_Rewriter":
    rewriter = _Rewriter(image, link, heading)
    rewriter.feed(nh3.clean(html, tags=set(tags), attributes=_ATTRIBUTES, link_rel=None))
    rewriter.close()
    return rewriter


def _written(pieces: Iterable[Content]) -> str:
    return "".join(
        escape(piece, quote=False) if isinstance(piece, str) else _element(piece) for piece in pieces
    )


def _element(element: Element) -> str:
    written = "".join(f' {name}="{escape(value)}"' for name, value in element.attributes)
    start = f"<{element.name}{written}>"
    return start if element.name in _VOID else f"{start}{_written(element.children)}</{element.name}>"


class _TreeBuilder(HTMLParser):
    """Makes a tree of the elements that are kept; an unclosed element ends where its parent ends.

    The nesting is corrected in this tree, as nh3's parser would move and join words.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[tuple[Element, list[Content]]] = [(Element(""), [])]
        self.unread = 0

    def finished(self) -> list[Content]:
        while len(self.opened) > 1:
            self.end()
        return self.opened[0][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in _WITHOUT_WORDS
        if tag not in _KEPT:
            return
        fit = tuple((name, value or "") for name, value in attrs if name in _ATTRIBUTES.get(tag, ()))
        self.opened.append((Element(tag, fit), []))
        if tag in _VOID:
            self.end()

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in _WITHOUT_WORDS and self.unread > 0
        while tag not in _VOID and any(element.name == tag for element, _ in self.opened):
            if self.end() == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.opened[-1][1].append(data)

    def end(self) -> str:
        """Close the innermost element and add it to its parent; its name."""
        element, children = self.opened.pop()
        self.opened[-1][1].append(replace(element, children=tuple(children)))
        return element.name


class _Rewriter(HTMLParser):
    """Writes clean HTML again, with our pictures, links and heading levels."""

    def __init__(self, image: Image, link: Link, heading: Callable[[int], int]) -> None:
        super().__init__(convert_charrefs=True)
        self.image, self.link, self.heading = image, link, heading
        self.written: list[str] = []
        self.opened: list[str] = []
        self.headings: list[str] = []
        self.is_visible = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        given = {name: without_control(value or "") for name, value in attrs}
        self.is_visible = self.is_visible or tag in _VOID
        if tag == "img":
            self.written.append(self.image(given.get("src", ""), given.get("alt", "")))
            return
        if _HEADING.fullmatch(tag):
            tag = f"h{self.heading(int(tag[1:]))}"
            self.headings.append(tag)
        self.written.append(f"<{tag}{self._attributes(given)}>")

    def handle_endtag(self, tag: str) -> None:
        if _HEADING.fullmatch(tag) and self.headings:
            tag = self.headings.pop()
        if tag not in _VOID:
            self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        clean = without_control(data)
        self.is_visible = self.is_visible or bool(clean.strip())
        self.written.append(escape(clean, quote=False))

    def _attributes(self, given: dict[str, str]) -> str:
        if "href" in given:
            given["href"] = rewritten_link(given["href"], self.link)
        if "reversed" in given:
            given["reversed"] = "reversed"
        patterns = {**dict.fromkeys(_COUNTS, _NUMBER), "type": _NUMBERING, "lang": _LANGUAGE}
        return attributes(
            **{
                name: value
                for name, value in given.items()
                if name not in patterns or patterns[name].fullmatch(value)
            }
        )
