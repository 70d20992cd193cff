"""A post's body as HTML: WordPress keeps paragraphs as blank lines, galleries as shortcodes.

Gutenberg's blocks have their HTML in the text.

Source: wpautop in WordPress's wp-includes/formatting.php, do_shortcode in shortcodes.php.
"""

import itertools
import re
from collections.abc import Callable
from html import escape

_BLOCKS = re.compile(r"<!--\s*wp:(?!more|nextpage)")
_BLOCK_COMMENT = re.compile(r"<!--\s*/?wp:.*?-->\n?", re.DOTALL)
_VERBATIM = re.compile(r"<(pre|script|style|textarea|svg)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_ELEMENTS = (
    "address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header"
    "|hr|iframe|li|main|nav|object|ol|p|pre|script|section|style|summary|svg|table|tbody|td|textarea|tfoot|th|thead"
    "|tr|ul|video|audio"
)
_BEFORE_BLOCK = re.compile(rf"(<(?:{_ELEMENTS})\b[^>]*>)", re.IGNORECASE)
_AFTER_BLOCK = re.compile(rf"(</(?:{_ELEMENTS})\s*>|<hr\b[^>]*>)", re.IGNORECASE)
_CONTAINER = re.compile(
    r"(<(?:blockquote|div|section|article|aside|center|main|details)\b[^>]*>)", re.IGNORECASE
)
_CONTAINER_END = re.compile(
    r"(</(?:blockquote|div|section|article|aside|center|main|details)\s*>)", re.IGNORECASE
)
_STARTS_BLOCK = re.compile(rf"\s*(?:</?(?:{_ELEMENTS})\b|<!--|\Z)", re.IGNORECASE)
_INLINE_END = re.compile(
    r"</(?:a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|q|s|small|span|strike|strong|sub|sup|u)>\Z",
    re.IGNORECASE,
)
_BLANK = re.compile(r"\n[ \t]*\n\s*")
_KEPT = re.compile(r"\x00(\d+)\x00")

_NAME = re.compile(r"\[(/?)([A-Za-z][\w-]*)((?:\s+|=|/)[^\[\]]*)?\]")
_CAPTION = re.compile(r"\[caption\b([^\]]*)\](.*?)\[/caption\]", re.DOTALL | re.IGNORECASE)
_PICTURE = re.compile(r"\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)(.*)", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+))""")
_EMBED = re.compile(r"\[(embed|youtube|vimeo|tweet)\b[^\]]*\](.*?)\[/\1\]", re.DOTALL | re.IGNORECASE)
_ESCAPED = re.compile(r"\[(\[[^\[\]]+\])\]")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\[\]]+")
_LONE_ADDRESS = re.compile(r"^[ \t]*(https?://[^\s<>\[\]\"]+)[ \t]*$", re.MULTILINE)
_MEDIA = frozenset({"video", "audio", "playlist", "youtube", "vimeo", "embed", "soundcloud", "tweet"})
_ALONE = frozenset({"gallery", "toc", "contact-form", "contact-form-7", "nggallery", "more", "sharethis"})

PictureOf = Callable[[str], tuple[str, str] | None]


def body_html(text: str, picture_of: PictureOf, attached: tuple[str, ...] = ()) -> str:
    """The HTML that a theme would show, without what shortcodes of plugins would add.

    `picture_of` gives the address and alt text of an attachment by its id, for galleries; `attached` are the
    ids of the post's own attachments, which a gallery without ids shows.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    text = _VERBATIM.sub(keep, text)
    text = _without_shortcodes(text, picture_of, attached)
    text = _BLOCK_COMMENT.sub("", text) if _BLOCKS.search(text) else _paragraphs(text)
    return _KEPT.sub(lambda found: kept[int(found[1])], text).strip()


def _without_shortcodes(text: str, picture_of: PictureOf, attached: tuple[str, ...]) -> str:
    if "[" not in text:
        return _LONE_ADDRESS.sub(_as_link, text)
    text = _CAPTION.sub(_as_figure, text)
    text = _EMBED.sub(lambda found: f"\n\n{found[2].strip()}\n\n", text)
    text = _LONE_ADDRESS.sub(_as_link, text)
    closed = {found[2].lower() for found in _NAME.finditer(text) if found[1]}

    def replaced(found: re.Match[str]) -> str:
        name, rest = found[2].lower(), found[3] or ""
        if found.start() and text[found.start() - 1] == "[" and text[found.end() : found.end() + 1] == "]":
            return found[0]
        if name == "gallery" and not found[1]:
            return _as_pictures(_attributes(rest).get("ids", ""), picture_of, attached)
        if name in _MEDIA and (address := _ADDRESS.search(rest)):
            return f"\n\n{_link(address[0])}\n\n"
        known = found[1] or name in closed or name in _ALONE or "=" in rest or rest.rstrip().endswith("/")
        return "" if known else found[0]

    return _ESCAPED.sub(r"\1", _NAME.sub(replaced, text))


def _attributes(text: str) -> dict[str, str]:
    return {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(text)}


def _as_figure(found: re.Match[str]) -> str:
    picture = _PICTURE.match(found[2])
    if not picture:
        return found[2]
    words = _attributes(found[1]).get("caption", "") or picture[2].strip()
    caption = f"<figcaption>{words}</figcaption>" if words else ""
    return f"\n\n<figure>{picture[1]}{caption}</figure>\n\n"


def _as_pictures(ids: str, picture_of: PictureOf, attached: tuple[str, ...]) -> str:
    found = [picture_of(each) for each in (re.findall(r"\d+", ids) or attached)]
    shown = [
        f'<figure><img src="{escape(each[0])}" alt="{escape(each[1])}"></figure>' for each in found if each
    ]
    return "\n\n" + "\n\n".join(shown) + "\n\n"


def _as_link(found: re.Match[str]) -> str:
    return f"\n\n{_link(found[1])}\n\n"


def _link(address: str) -> str:
    address = address.replace("&amp;", "&")
    return f'<p><a href="{escape(address)}">{escape(address)}</a></p>'


def _paragraphs(text: str) -> str:
    """Blank lines as paragraphs, other line ends as breaks."""
    text = _BEFORE_BLOCK.sub(r"\n\n\1", text)
    text = _AFTER_BLOCK.sub(r"\1\n\n", text)
    text = _CONTAINER.sub(r"\1\n\n", text)
    text = _CONTAINER_END.sub(r"\n\n\1", text)
    return "\n".join(_paragraph(part) for part in _BLANK.split(text) if part.strip())


def _paragraph(part: str) -> str:
    lines = [line.strip() for line in part.strip().split("\n")]
    shown = lines[0]
    for before, line in itertools.pairwise(lines):
        breaks = bool(before and line) and not (
            (before.endswith(">") and not _INLINE_END.search(before)) or _STARTS_BLOCK.match(line)
        )
        shown += ("<br>\n" if breaks else "\n") + line
    if _STARTS_BLOCK.match(shown) or _KEPT.fullmatch(shown):
        return shown
    return f"<p>{shown}</p>"
