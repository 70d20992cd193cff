"""The text of a Ghost post as HTML that everybody could read.

A public post may hold blocks for members only; they are left out. Ghost keeps the HTML of what it published;
without it, the text is made from the editor's own format: Lexical, mobiledoc before, Markdown at first.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import pyromark

_GATE = re.compile(r"<!--\s{0,9}kg-gated-block:(begin|end)([^>]{0,1000})-->")
_GATE_WORDS = "kg-gated-block"
_PUBLIC = re.compile(r"nonMember:\s{0,9}true\b")
_FORMATS = ((1, "strong"), (2, "em"), (4, "s"), (16, "code"), (32, "sub"), (64, "sup"))  # bits of Lexical
_HEADING = re.compile(r"h[1-6]")
_MARKUPS = {"strong", "b", "em", "i", "s", "del", "code", "sub", "sup", "a"}
_DEEPEST = 60

Node = Mapping[str, Any]


class UnknownTextError(Exception):
    """The text has a part that cannot be converted; the message names it."""


def html_of(row: Node) -> str:
    """The public HTML of a row of the table `posts`; "" if it has no text.

    Raises:
        UnknownTextError: a part is of an unknown kind, or it is unclear which parts are public.
    """
    if isinstance(row.get("html"), str) and row["html"].strip():
        return _without_gated(row["html"])
    try:
        if lexical := _parsed(row.get("lexical")):
            return _lexical(lexical.get("root"), 0)
        if mobiledoc := _parsed(row.get("mobiledoc")):
            return _mobiledoc(mobiledoc)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise UnknownTextError("Its text is damaged.") from None
    markdown = row.get("markdown")
    return pyromark.html(markdown) if isinstance(markdown, str) else ""


def _without_gated(html: str) -> str:
    """HTML without the blocks that only members saw."""
    parts: list[str] = []
    is_public: list[bool] = []
    at = hidden = gates = 0
    for gate in _GATE.finditer(html):
        gates += 1
        if not hidden:
            parts.append(html[at : gate.start()])
        at = gate.end()
        if gate[1] == "begin":
            is_public.append(bool(_PUBLIC.search(gate[2])))
            hidden += not is_public[-1]
        elif is_public:
            hidden -= not is_public.pop()
    if gates != html.count(_GATE_WORDS) or is_public:
        raise UnknownTextError("It is unclear which parts of its text are for members only.")
    return "".join((*parts, html[at:]))


def _parsed(text: object) -> Node | None:
    """A document of the editor, which is JSON within the JSON."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError from None
    if not isinstance(document, dict):
        raise TypeError
    return document


def _lexical(node: Node | None, depth: int) -> str:
    """One node of Lexical with what is in it."""
    if node is None or _is_hidden(node):
        return ""
    if depth > _DEEPEST:
        raise ValueError
    kind = str(node.get("type", "")).removeprefix("extended-")
    if kind in _LEXICAL_CARDS:
        return _LEXICAL_CARDS[kind](node)
    inner = "".join(_lexical(child, depth + 1) for child in node.get("children") or ())
    if kind == "heading":
        tag = node["tag"] if _HEADING.fullmatch(str(node.get("tag"))) else "h2"
        return f"<{tag}>{inner}</{tag}>"
    if kind in {"link", "autolink"}:
        return f'<a href="{escape(str(node.get("url") or ""))}">{inner}</a>'
    if kind == "list":
        tag = "ol" if node.get("listType") == "number" else "ul"
        return f"<{tag}>{inner}</{tag}>"
    if kind in _LEXICAL_BLOCKS:
        before, after = _LEXICAL_BLOCKS[kind]
        return before + inner + after
    raise UnknownTextError(f"Its text has a part of Ghost's kind “{kind[:40]}”.")


def _is_hidden(node: Node) -> bool:
    """Whether a card was not shown to everybody on the site."""
    visibility = node.get("visibility") or {}
    web = visibility.get("web") or {}
    return visibility.get("showOnWeb") is False or web.get("nonMember") is False


def _styled(node: Node) -> str:
    text = escape(str(node.get("text", "")), quote=False)
    for bit, tag in _FORMATS:
        if int(node.get("format") or 0) & bit and text:
            text = f"<{tag}>{text}</{tag}>"
    return text


def _picture(card: Node) -> str:
    """A picture with its caption, which is HTML."""
    source, alt = escape(str(card.get("src") or "")), escape(str(card.get("alt") or ""))
    caption = f"<figcaption>{card['caption']}</figcaption>" if card.get("caption") else ""
    return f'<figure><img src="{source}" alt="{alt}">{caption}</figure>' if source else ""


def _gallery(card: Node) -> str:
    return "".join(_picture(each) for each in card.get("images") or ())


def _code(card: Node) -> str:
    return f"<pre><code>{escape(str(card.get('code') or ''), quote=False)}</code></pre>"


def _link(address: object, words: object) -> str:
    href = escape(str(address or ""))
    return f'<p><a href="{href}">{escape(str(words or address or ""))}</a></p>' if href else ""


def _bookmark(card: Node) -> str:
    return _link(card.get("url"), (card.get("metadata") or {}).get("title"))


def _embed(card: Node) -> str:
    """What another site shows, as a frame of it: what becomes of frames is decided for all systems alike."""
    return str(card.get("html") or "") or _link(card.get("url"), None)


def _callout(card: Node) -> str:
    return f"<blockquote>{card.get('calloutText') or ''}</blockquote>"


def _toggle(card: Node) -> str:
    return f"<h3>{card.get('heading') or ''}</h3>{card.get('content') or ''}"


_Card = Callable[[Node], str]
_LEXICAL_BLOCKS = {
    "root": ("", ""),
    "paragraph": ("<p>", "</p>"),
    "quote": ("<blockquote>", "</blockquote>"),
    "aside": ("<blockquote>", "</blockquote>"),
    "listitem": ("<li>", "</li>"),
}
_NOTHING: Iterable[str] = ("email", "email-cta", "paywall", "signup", "call-to-action")  # none is its text
_CARDS: dict[str, _Card] = {
    "image": _picture,
    "gallery": _gallery,
    "markdown": lambda card: pyromark.html(str(card.get("markdown") or "")),
    "html": lambda card: str(card.get("html") or ""),
    "hr": lambda _: "<hr>",
    "horizontalrule": lambda _: "<hr>",
    "bookmark": _bookmark,
    "embed": _embed,
    "code": _code,
    "codeblock": _code,
    "callout": _callout,
    "toggle": _toggle,
    "button": lambda card: _link(card.get("buttonUrl"), card.get("buttonText")),
    "video": lambda card: _link(card.get("src"), card.get("fileName")),
    "audio": lambda card: _link(card.get("src"), card.get("title")),
    "file": lambda card: _link(card.get("src"), card.get("fileTitle") or card.get("fileName")),
    **{name: lambda _: "" for name in _NOTHING},
}
_CARDS["card-markdown"] = _CARDS["markdown"]
_LEXICAL_CARDS: dict[str, _Card] = _CARDS | {
    "text": _styled,
    "linebreak": lambda _: "<br>",
    "tab": lambda _: " ",
}


def _mobiledoc(document: Node) -> str:
    """A document of mobiledoc 0.3: sections are text, pictures, lists, or cards."""
    parts = []
    for section in document.get("sections") or ():
        kind = section[0]
        if kind == 1:
            tag = section[1] if section[1] in {"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"} else "p"
            parts.append(f"<{tag}>{_marked(document, section[2])}</{tag}>")
        elif kind == 2:  # noqa: PLR2004  # the format's number of a picture
            parts.append(_picture({"src": section[1]}))
        elif kind == 3:  # noqa: PLR2004  # of a list
            items = "".join(f"<li>{_marked(document, item)}</li>" for item in section[2])
            tag = "ol" if section[1] == "ol" else "ul"
            parts.append(f"<{tag}>{items}</{tag}>")
        else:
            name, card = document["cards"][section[1]][:2]
            if name not in _CARDS:
                raise UnknownTextError(f"Its text has a part of Ghost's kind “{str(name)[:40]}”.")
            parts.append("" if _is_hidden(card) else _CARDS[name](card))
    return "".join(parts)


def _marked(document: Node, markers: Iterable[Any]) -> str:
    """Text with its markups: each marker opens some and closes as many of the open ones as it says."""
    parts: list[str] = []
    is_open: list[str] = []
    for kind, opened, closed, value in markers:
        for index in opened:
            tag, attributes = (*document["markups"][index], [])[:2]
            known = tag if tag in _MARKUPS else "span"
            href = attributes[attributes.index("href") + 1] if "href" in attributes else ""
            parts.append(f'<a href="{escape(str(href))}">' if known == "a" else f"<{known}>")
            is_open.append(known)
        parts.append("<br>" if kind == 1 else escape(str(value), quote=False))  # 1 is an atom: a line break
        parts += [f"</{is_open.pop()}>" for _ in range(closed)]
    return "".join(parts)
