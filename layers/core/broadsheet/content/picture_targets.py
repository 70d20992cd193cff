"""The names of pictures as people type them: with spaces, brackets, or a caption in typographic quotes.

CommonMark reads none of them: `![Alt](my photo (1).jpg “Caption”)` would be shown as it was typed.
Source: CommonMark 0.31, "Links": a destination with spaces stands in `<…>`, a title in straight quotes.
"""

import re

from broadsheet.content.parser_events import Events, name_and_detail

PICTURE_ENDINGS = r"\.(?:png|jpe?g|webp|gif|svg|heic|heif|avif|tiff?|bmp)"
_ENDING = re.compile(PICTURE_ENDINGS.encode(), re.IGNORECASE)  # faster to search than the patterns below
_NAME = rf"(?P<name>[^\s<>](?:(?!\]\()[^\n<>]){{0,300}}?{PICTURE_ENDINGS})"
_QUOTES = "“”„‟«»‘’‚‹›\"'"
_CAPTION = (
    rf"[ \t]*(?P<caption>[{_QUOTES}](?:(?!\]\()[^\n]){{0,600}}?[{_QUOTES}]|\([^\n()]{{0,600}}\))?[ \t]*"
)
_INLINE = re.compile(
    rf"(?P<before>(?<!\\)!\[(?:[^\[\]]|\[[^\[\]\n]*\]){{0,400}}\]\()[ \t]*{_NAME}{_CAPTION}\)", re.IGNORECASE
)
_DEFINED = re.compile(
    rf"^(?P<before>[ \t>]*\[[^\[\]\n^][^\[\]\n]{{0,300}}\]:[ \t]*){_NAME}{_CAPTION}$",
    re.IGNORECASE | re.MULTILINE,
)
_PLAIN_NAME = re.compile(r"[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*")
_PLAIN_CAPTION = re.compile(r"\"[^\"]*\"|'[^']*'|\([^()]*\)|")
_UNREAD_BY_MARKDOWN = ("Code", "Html", "InlineHtml")
_BLOCKS_OF_THEM = ("CodeBlock", "HtmlBlock")


def with_picture_targets(raw: bytes, events: Events) -> bytes:
    """The text with the targets of its pictures as the parser reads them; code and HTML stay as they are.

    No line is added or removed. What is no caption (`=300x200`) is left to `checks/unread_links.py`.
    """
    if not _ENDING.search(raw):
        return raw
    text = raw.decode("utf-8", "replace")
    matches = [match for form in (_INLINE, _DEFINED) for match in form.finditer(text) if not _is_plain(match)]
    if not matches:
        return raw
    closed = _closed_to_markdown(raw, events)
    for match in sorted(matches, key=re.Match.start, reverse=True):
        ends = [len(text[:at].encode()) for at in (match.start(), match.end("before"))]
        if not any(start <= at < end for start, end in closed for at in ends):
            end = ")" if match[0].endswith(")") and match.re is _INLINE else ""
            text = text[: match.start()] + _readable(match) + end + text[match.end() :]
    return text.encode()


def _is_plain(match: re.Match[str]) -> bool:
    """Whether the parser reads it as it is."""
    caption = match["caption"] or ""
    is_apart = not caption or match.end("name") < match.start("caption")
    return bool(is_apart and _PLAIN_NAME.fullmatch(match["name"]) and _PLAIN_CAPTION.fullmatch(caption))


def _readable(match: re.Match[str]) -> str:
    caption = (match["caption"] or "")[1:-1].replace('"', '\\"')
    title = f' "{caption}"' if caption.strip() else ""
    return f"{match['before']}<{match['name']}>{title}"


def _closed_to_markdown(raw: bytes, events: Events) -> list[tuple[int, int]]:
    """The byte ranges of code and HTML."""
    found = []
    for event, span in events(raw):
        name, detail = name_and_detail(event)
        if name in _UNREAD_BY_MARKDOWN or (name == "Start" and name_and_detail(detail)[0] in _BLOCKS_OF_THEM):
            found.append((span["start"], span["end"]))
    return found
