"""Codes in square brackets, which WordPress replaced when it showed a post.

Source: WordPress developer handbook, "Shortcode API": attributes, codes that enclose words, `[[escaped]]`.
"""

import re
from collections.abc import Callable
from html import escape, unescape

_ATTRIBUTE = r"\s+[\w-]{1,60}\s?=\s?(?:\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}'|[^\s\]\"'<>]{1,2000})"
_WORD = r"\s+(?:https?://[^\s\]<>\"]{1,2000}|\d{1,20})"
_TOKEN = re.compile(
    rf"<(?P<end>/?)(?P<tag>pre|code|script|style|textarea)\b|"
    rf"(?<!\[)\[(?P<close>/)?(?P<name>[a-z][a-z0-9_-]{{1,40}})(?P<attributes>(?:{_ATTRIBUTE}|{_WORD}){{0,40}})\s*/?\](?!\]|\()",
    re.IGNORECASE,
)
_PAIR = re.compile(r"([\w-]+)\s?=\s?(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_URL = re.compile(r"https?://[^\s\]<>\"']+")
_PICTURE = re.compile(r"(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)
_ALWAYS = frozenset(  # without attributes and without an end, these are codes, too
    {
        *("gallery", "playlist", "audio", "video", "more", "toc", "contact-form", "subscribe", "newsletter"),
        *("subscribe2", "jetpack_subscription_form", "contact-form-7", "embed", "caption", "wp_caption"),
    }
)
_LINKED = frozenset(
    {
        *(
            "embed",
            "video",
            "audio",
            "youtube",
            "vimeo",
            "soundcloud",
            "tweet",
            "twitter",
            "instagram",
            "facebook",
        ),
        *("gist", "googlemaps", "iframe", "spotify", "ted", "dailymotion", "slideshare", "scribd", "wpvideo"),
    }
)
_LONGEST_TAG = 5_000
_DEEPEST = 20  # codes in each other
_CAPTIONS = frozenset({"caption", "wp_caption"})
_NOTES = frozenset({"footnote", "efn_note", "ref", "fn", "mfn"})
_ENCLOSING = _CAPTIONS | _NOTES | {"embed"}


def without_shortcodes(html: str, lost: Callable[[str], None]) -> str:
    """The HTML with captions as figures, embedded pages as links, notes, and the words within other codes.

    Brackets that are no codes (`[sic]`, `[1]`), and all in code, stay.
    """
    if "[" not in html:
        return html
    tokens = list(_TOKEN.finditer(html))
    closed = {token["name"].lower() for token in tokens if token["close"]}
    out: list[str] = []
    notes: list[str] = []
    opened: list[tuple[re.Match[str], int]] = []  # codes, and where in `out` begins what they enclose
    at, in_code = 0, 0
    for token in tokens:
        if token["tag"]:
            in_code = max(0, in_code + (-1 if token["end"] else 1))
            continue
        name = token["name"].lower()
        is_code = name in _ALWAYS or name in closed or token["attributes"].strip()
        if in_code or not is_code or _inside_tag(html, token.start(), at):
            continue
        out.append(html[at : token.start()])
        at = token.end()
        if name not in _ENCLOSING or name not in closed:
            out.append(_replaced(token, name, lost))
        elif not token["close"]:
            opened = [*opened[-_DEEPEST:], (token, len(out))]
        elif opened and opened[-1][0]["name"].lower() == name:
            opening, start = opened.pop()
            out[start:] = [_enclosed(opening, "".join(out[start:]), notes)]
    return "".join([*out, html[at:], *notes])


def _inside_tag(html: str, start: int, at: int) -> bool:
    """Whether a bracket stands in a tag, such as in a value of an attribute."""
    opening = html.rfind("<", max(at, start - _LONGEST_TAG), start)
    return opening >= 0 and html.find(">", opening, start) < 0 and html[opening + 1 : opening + 2].isalpha()


def _attributes(token: re.Match[str]) -> dict[str, str]:
    found = _PAIR.findall(token["attributes"])
    return {name.lower(): unescape(double or single or bare) for name, double, single, bare in found}


def _enclosed(token: re.Match[str], content: str, notes: list[str]) -> str:
    if token["name"].lower() in _NOTES:
        number = len(notes) + 1
        notes.append(f'\n\n<p id="code-note-{number}">{content} <a href="#code-mark-{number}">↩</a></p>')
        return f'<a id="code-mark-{number}" href="#code-note-{number}">{number}</a>'
    if token["name"].lower() == "embed":
        url = _URL.search(content)
        return _link(url[0]) if url else content
    picture = _PICTURE.search(content)
    if not picture:
        return content
    words = _attributes(token).get("caption", "") or content[picture.end() :].strip()
    return (
        f"\n\n<figure>{content[: picture.start()]}{picture[0]}<figcaption>{words}</figcaption></figure>\n\n"
    )


def _replaced(token: re.Match[str], name: str, lost: Callable[[str], None]) -> str:
    if token["close"]:
        return ""
    url = _URL.search(unescape(token["attributes"]))
    if name in _LINKED and url:
        lost(f"what [{name}] showed; a link leads there: {url[0][:120]}")
        return _link(url[0])
    lost(f"a code of the old system: {token[0][:100]}")
    return ""


def _link(url: str) -> str:
    return f'\n\n<p><a href="{escape(url)}">{escape(url)}</a></p>\n\n'
