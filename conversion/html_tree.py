"""HTML of any age as a tree without what readers did not see; only this module calls the parser (selectolax).

The parser follows the HTML standard, so that unclosed and wrongly nested tags mean what they do in a browser.
Nothing here recurses: elements deeper than `DEEPEST` are dissolved into the element above.
Source: HTML standard, section 13.2, "Parsing HTML documents".
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from broadsheet.characters import EMBEDDING, EMPTY, OUTDATED, without_hidden

DEEPEST = 60
BLOCKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "dir",
            "div",
        ),
        *(
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
        ),
        *(
            "hgroup",
            "hr",
            "legend",
            "li",
            "main",
            "menu",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
        ),
        *("tbody", "td", "tfoot", "th", "thead", "tr", "ul", "listing", "xmp", "plaintext", "optgroup"),
    }
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NEVER_SHOWN = frozenset(
    {
        *(
            "script",
            "style",
            "head",
            "title",
            "meta",
            "link",
            "base",
            "template",
            "xml",
            "noframes",
            "datalist",
        ),
        *(
            "param",
            "track",
            "area",
            "map",
            "select",
            "textarea",
            "button",
            "progress",
            "meter",
            "dialog",
            "rp",
        ),
    }
)
_PARTS_OF_A_TABLE = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
_WIDEST_ICON = 64
_NAMED_WHEN_LOST = {
    "form": "a form",
    "svg": "a drawing (SVG)",
    "math": "a formula (MathML)",
}
_SAME = (
    {"b": "strong", "i": "em", "cite": "em", "dfn": "em", "s": "del", "strike": "del"}
    | {"tt": "code", "kbd": "code", "samp": "code", "listing": "pre", "xmp": "pre", "plaintext": "pre"}
    | {"dir": "ul", "menu": "ul", "image": "img"}
)
_STYLED = frozenset(
    {"span", "font", "a", "strong", "em", "u", "small", "big", "mark", "ins", "label", "sup", "sub"}
)
_HIDDEN = re.compile(
    r"(?:^|;)(?:display:none|visibility:hidden|mso-hide:all|opacity:0(?:\.0+)?(?:;|$|!)|font-size:0(?:px|pt|em|%)?(?:;|$|!))"
)
_STYLES = {
    "strong": re.compile(r"(?:^|;)font-weight:(?:bold|bolder|[6-9]00)"),
    "em": re.compile(r"(?:^|;)font-style:(?:italic|oblique)"),
    "del": re.compile(r"(?:^|;)text-decoration(?:-line)?:[^;]*line-through"),
    "sup": re.compile(r"(?:^|;)vertical-align:super"),
    "sub": re.compile(r"(?:^|;)vertical-align:sub(?:;|$|!)"),
}
_NOT_BOLD = re.compile(r"(?:^|;)font-weight:(?:normal|lighter|[1-5]00)")
_NOT_ITALIC = re.compile(r"(?:^|;)font-style:normal")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SPACES = re.compile(r"\s+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_UNUSUAL = re.compile(
    f"[\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\u180e{EMPTY}{EMBEDDING}{OUTDATED}]"
)
_FROM_1252 = {code: bytes((code,)).decode("cp1252", "ignore") or " " for code in range(0x80, 0xA0)}
_LINE_ENDS = {0x2028: "\n", 0x2029: "\n"}

_MANY_TAGS, _MOST_OPEN, _MOST_FORMATTING_OPEN = 2_000, 200, 16
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_CLOSES_ITSELF = frozenset(
    {
        *(
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "param",
            "source",
            "track",
            "wbr",
        )
    }
    | {
        *(
            "p",
            "li",
            "dd",
            "dt",
            "td",
            "th",
            "tr",
            "option",
            "tbody",
            "thead",
            "tfoot",
            "rp",
            "rt",
            "colgroup",
        )
    }
)
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/<>]{0,40})[^<>]*>")


@dataclass(slots=True)
class Element:
    """An element with its attributes; `has_block` if there is a block anywhere in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)
    has_block: bool = False

    def get(self, attribute: str) -> str:
        """The value of an attribute; "" without it."""
        return self.attributes.get(attribute, "")

    def classes(self) -> list[str]:
        """The names of its classes."""
        return self.attributes.get("class", "").split()

    def below(self) -> "list[Element]":
        """All elements in this one, in reading order."""
        found, waiting = [], [self]
        while waiting:
            element = waiting.pop()
            found.append(element)
            waiting += [child for child in reversed(element.children) if isinstance(child, Element)]
        return found[1:]

    def texts(self) -> list[str]:
        """All texts in it, as they stand."""
        found: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                found.append(node)
            else:
                waiting += reversed(node.children)
        return found

    def words(self) -> str:
        """All words in it, on one line."""
        parts: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                parts.append(node)
                continue
            if node.name in BLOCKS or node.name == "br":
                parts.append(" ")
                waiting.append(" ")
            waiting += reversed(node.children)
        return _SPACES.sub(" ", "".join(parts)).strip()


def cleaned(words: str) -> str:
    """The words as the reader of our texts will have them: composed, without invisible characters.

    Characters that no text holds are the quotes and dashes of windows-1252, as browsers show them.
    Source: HTML standard, section 13.2.5.80, "Numeric character reference end state", has the same table.
    """
    if words.isascii():
        return words
    if _UNUSUAL.search(words):
        words = without_hidden(words.translate(_FROM_1252 | _LINE_ENDS))
    return unicodedata.normalize("NFC", words)


def number_of(written: str, otherwise: int) -> int:
    """The number in an attribute."""
    written = written.strip()
    return int(written) if _INTEGER.fullmatch(written) else otherwise


def tree_of(html: str, lost: Callable[[str], None]) -> Element:
    """The body of a document or a fragment, without comments, scripts and hidden elements.

    Elements that differ only in name get one name (`b` becomes `strong`), and styles that say bold, italic,
    struck out, raised or lowered become elements.
    """
    document = LexborHTMLParser(_with_bounded_depth(_CONTROL.sub("", html)))
    root = Element("body")
    body = document.body
    if body is not None:
        _build(body, root, lost)
    return root


def _build(body: LexborNode, root: Element, lost: Callable[[str], None]) -> None:
    path = [root]
    levels: list[
        tuple[LexborNode | None, int, bool]
    ] = []  # where to go on after an element, on how long a path
    node = body.first_child
    while node is not None or levels:
        if node is None:
            node, length, is_apart = levels.pop()
            del path[length:]
            if is_apart:
                path[-1].children.append(" ")
            continue
        name = node.tag or ""
        if name == "-text":
            path[-1].children.append(cleaned(node.text_content or ""))
        elif name[:1] not in ("", "-") and (made := _elements(node, name, lost)):
            is_block = made[0].name in BLOCKS
            is_deep = len(path) >= DEEPEST and path[-1].name not in _PARTS_OF_A_TABLE
            levels.append((node.next, len(path), is_block and is_deep))
            if is_deep:
                path[-1].children.append(" " if is_block else "")
            else:
                if is_block:
                    _mark(path)
                for element in made:
                    path[-1].children.append(element)
                    path.append(element)
            node = node.first_child
            continue
        node = node.next


def _mark(path: list[Element]) -> None:
    for element in reversed(path):
        if element.has_block:
            return
        element.has_block = True


def _elements(node: LexborNode, name: str, lost: Callable[[str], None]) -> list[Element]:
    """The element, and those in it that its style stands for; [] if it is not shown."""
    if name in _NEVER_SHOWN:
        return []
    if name in _NAMED_WHEN_LOST:
        if name != "svg" or number_of(node.attributes.get("width") or "", 0) > _WIDEST_ICON:
            lost(_NAMED_WHEN_LOST[name])
        return []
    attributes = {key: cleaned(value or "") for key, value in node.attributes.items()} if name != "br" else {}
    style = _SPACES.sub("", attributes["style"]).lower() if "style" in attributes else ""
    if attributes.get("hidden", "until-found") != "until-found" or (style and _HIDDEN.search(style)):
        return []
    name = _SAME.get(name, name)
    return _styled(name, attributes, style) if style and name in _STYLED else [Element(name, attributes)]


def _styled(name: str, attributes: dict[str, str], style: str) -> list[Element]:
    if (name == "strong" and _NOT_BOLD.search(style)) or (name == "em" and _NOT_ITALIC.search(style)):
        name = "span"
    names = [meant for meant, pattern in _STYLES.items() if meant != name and pattern.search(style)]
    return [Element(name, attributes), *(Element(meant) for meant in names)]


def _with_bounded_depth(html: str) -> str:
    """The HTML without opening tags that lie absurdly deep: they would take quadratic time.

    Formatting tags that are never closed are opened again in each later paragraph; blocks look for an open
    paragraph through all elements around them.
    Source: HTML standard, sections 13.2.4.2 and 13.2.4.3.
    """
    if html.count("<") <= _MANY_TAGS:
        return html
    is_open: dict[str, int] = {}
    dropped: dict[str, int] = {}
    total = formatting = 0

    def kept(tag: re.Match[str]) -> str:
        nonlocal total, formatting
        name = tag[2].lower()
        if name in _CLOSES_ITSELF:
            return tag[0]
        step = -1 if tag[1] else 1
        if step < 0 and dropped.get(name):
            dropped[name] -= 1
            return " "
        if step < 0 and not is_open.get(name):
            return tag[0]
        is_formatting = name in _FORMATTING
        if step > 0 and (total >= _MOST_OPEN or (is_formatting and formatting >= _MOST_FORMATTING_OPEN)):
            dropped[name] = dropped.get(name, 0) + 1
            return " "
        is_open[name] = is_open.get(name, 0) + step
        total, formatting = total + step, formatting + step * is_formatting
        return tag[0]

    return _TAG.sub(kept, html)
