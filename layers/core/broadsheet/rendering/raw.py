"""HTML that an author wrote into a text: as much of it as our pages show.

Each piece is cleaned by itself, so that nothing that is left open can take in what follows.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import nh3

from broadsheet.characters import without_control
from broadsheet.rendering.attributes import attributes
from broadsheet.rendering.element import PHRASES, Content, Element
from broadsheet.rendering.links import rewritten_link
from broadsheet.rendering.nesting import BLOCKS, nested

INLINE = PHRASES
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
_NUMBER = re.compile("-?[0-9]{1,9}")
_KIND_OF_NUMBERS = re.compile("[1aAiI]")
_LANGUAGE = re.compile("[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")  # as the registry has them
_UNREAD = {"script", "style"}

Image = Callable[[str, str], str]
Link = Callable[[str], str]


def clean_block(text: str, image: Image, link: Link, *, heading: Callable[[int], int]) -> str:
    """A block of HTML, balanced and harmless; empty if nothing in it can be seen.

    `image` shows a picture by source and words, `link` rewrites targets, `heading` levels.
    """
    clean = nh3.clean(_nested(text), tags=_KEPT, attributes=_ATTRIBUTES, link_rel=None)
    rewriter = _Rewriter(image, link, heading)
    rewriter.feed(clean)
    rewriter.close()
    return "".join(rewriter.written) if rewriter.seen else ""


def clean_tag(text: str, image: Image, link: Link) -> tuple[str, str]:
    """An opening tag within a line, as its name and what to write; two empty words if it is not for us."""
    clean = nh3.clean(text, tags=set(INLINE), attributes=_ATTRIBUTES, link_rel=None)
    rewriter = _Rewriter(image, link, lambda level: level)
    rewriter.feed(clean)
    rewriter.close()
    if len(rewriter.opened) != 1:
        return "", ""
    (name,) = rewriter.opened
    return name, "".join(rewriter.written).removesuffix(f"</{name}>")


def _nested(text: str) -> str:
    """The HTML in the nesting that HTML allows, before a parser mends it by moving and joining words."""
    tree = _Tree()
    tree.feed(text)
    tree.close()
    return _written(nested(tree.whole()))


def _written(pieces: Iterable[Content]) -> str:
    return "".join(
        escape(piece, quote=False) if isinstance(piece, str) else _element(piece) for piece in pieces
    )


def _element(element: Element) -> str:
    written = "".join(f' {name}="{escape(value)}"' for name, value in element.attributes)
    start = f"<{element.name}{written}>"
    return start if element.name in _VOID else f"{start}{_written(element.children)}</{element.name}>"


class _Tree(HTMLParser):
    """Makes a tree of what nh3 will keep; a tag without its pair ends where what is around it ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[tuple[Element, list[Content]]] = [(Element(""), [])]
        self.unread = 0

    def whole(self) -> list[Content]:
        while len(self.opened) > 1:
            self.end()
        return self.opened[0][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in _UNREAD
        if tag not in _KEPT:
            return
        fit = tuple((name, value or "") for name, value in attrs if name in _ATTRIBUTES.get(tag, ()))
        self.opened.append((Element(tag, fit), []))
        if tag in _VOID:
            self.end()

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in _UNREAD and self.unread > 0
        while tag not in _VOID and any(element.name == tag for element, _ in self.opened):
            if self.end() == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.opened[-1][1].append(data)

    def end(self) -> str:
        """Put the innermost element into the one around it; its name."""
        element, children = self.opened.pop()
        self.opened[-1][1].append(replace(element, children=tuple(children)))
        return element.name


class _Rewriter(HTMLParser):
    """Writes what nh3 left anew, with our pictures, links and levels."""

    def __init__(self, image: Image, link: Link, heading: Callable[[int], int]) -> None:
        super().__init__(convert_charrefs=True)
        self.image, self.link, self.heading = image, link, heading
        self.written: list[str] = []
        self.opened: list[str] = []
        self.headings: list[str] = []
        self.seen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        given = {name: without_control(value or "") for name, value in attrs}
        if tag == "img":
            self.written.append(self.image(given.get("src", ""), given.get("alt", "")))
            self.seen = True
            return
        if tag[0] == "h" and tag[1:].isdigit():
            tag = f"h{self.heading(int(tag[1:]))}"
            self.headings.append(tag)
        self.seen = self.seen or tag in _VOID
        self.written.append(f"<{tag}{self._attributes(given)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag[0] == "h" and tag[1:].isdigit() and self.headings:
            tag = self.headings.pop()
        if tag not in _VOID:
            self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        clean = without_control(data)
        self.seen = self.seen or bool(clean.strip())
        self.written.append(escape(clean, quote=False))

    def _attributes(self, given: dict[str, str]) -> str:
        if "href" in given:
            given["href"] = rewritten_link(given["href"], self.link)
        for name in _COUNTS:
            if not _NUMBER.fullmatch(given.get(name, "1")):
                del given[name]
        if not _KIND_OF_NUMBERS.fullmatch(given.get("type", "1")):
            del given["type"]
        if "reversed" in given:
            given["reversed"] = "reversed"
        if not _LANGUAGE.fullmatch(given.get("lang", "en")):
            del given["lang"]
        return attributes(**given)
