"""What an author's HTML hides, or would hide in a browser, and comments that end where they should not."""

import re
from collections.abc import Iterator, Sequence

from broadsheet.content.node import Node

COMMENT, IN_COMMENT, ENDED, HIDES, STRIKES = "<!--", "<!-- <!--", "<!-- -->", "hidden ", "struck "
_STRIKING = re.compile(r"<[a-z][a-z0-9-]*\b[^<>]*?\bline-through\b[^<>]*>|<strike\b[^<>]*>", re.IGNORECASE)
_HIDING_NAME = re.compile(
    r"<(template|comment|hide|hidden|todo|draft|private|secret|remark)\b[^<>]*>", re.IGNORECASE
)
_HIDING = re.compile(
    rf"{_HIDING_NAME.pattern.replace('(', '(?:', 1)}|"
    r"""<[a-z][a-z0-9-]*\b[^<>]*?\s(?:hidden(?=[\s=/>])"""
    r"""|style\s*=\s*["']?[^"'<>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])"""
    r"""|opacity\s*:\s*0(?![.\d]*[1-9]))|class\s*=\s*["']?[^"'<>]*(?<![\w-])(?:hidden|d-none|invisible)(?![\w-]))[^<>]*>""",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_OPENER = re.compile(r"<!--|<\?|<!\[CDATA\[|<![A-Za-z]")
_ENDS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>"}  # any other with >
_ENDED_AT_ONCE = ("<!-->", "<!--->")  # whole comments for a parser: what stands behind them is shown


def hidden_in(html: str, whole: str) -> Iterator[tuple[int, str]]:
    """What to report about a piece of HTML: its line, from 0, and the name of a `Hidden`.

    A comment that goes on into the next one, as its end is mistyped, or that ends too early; tags that hide
    words or strike them out; what is dropped. `whole` is all HTML of the paragraph.
    """
    if any(part.count(COMMENT) > 1 for part in html.split("-->")):
        yield 0, IN_COMMENT
    if _ends_twice(html):
        yield 0, ENDED
    yield from _dropped(html)
    yield from ((0, f"{HIDES}{tag}") for tag in _hiding(html, whole))
    yield from ((0, f"{STRIKES}{found[0]}") for found in _STRIKING.finditer(html))


def comment_ends_twice(children: Sequence[Node]) -> int:
    """The line of a comment behind which words end as one, too (`a <!-- b --> c -->`), or 0."""
    first = next((at for at, child in enumerate(children) if child.text.startswith(COMMENT)), None)
    if first is None or children[first].text in _ENDED_AT_ONCE:
        return 0
    words = "".join(child.text for child in children[first:] if child.kind == "text")
    return children[first].line if "-->" in words else 0


def _hiding(html: str, whole: str) -> list[str]:
    """The tags that hide what stands in them, which pages of ours would show: we keep no styles.

    `whole` is all HTML around: a `<template>` or `<comment>` that nothing closes is a word in brackets.
    """
    tags = _HIDING.findall(_COMMENT.sub("", html)) if "<" in html else []
    names = {tag: named[1].casefold() for tag in set(tags) if (named := _HIDING_NAME.match(tag))}
    is_closed = {
        name: re.search(rf"</{name}", whole, re.IGNORECASE) is not None for name in {*names.values()}
    }
    return [tag for tag in tags if tag not in names or is_closed[names[tag]]]


def _dropped(html: str) -> Iterator[tuple[int, str]]:
    """Declarations and instructions (`<!x>`, `<?x?>`), which nobody shows: their line, from 0, and signs."""
    at, line, counted, absent = 0, 0, 0, set[str]()
    for opener in _OPENER.finditer(html):
        end = _ENDS.get(opener[0], ">")
        if opener.start() < at or end in absent:
            continue
        close = html.find(end, opener.end())
        if close < 0:
            absent.add(end)
            continue
        at = close + len(end)
        line, counted = line + html.count("\n", counted, opener.start()), opener.start()
        if opener[0] != COMMENT:
            yield line, html[opener.start() : at]


def _ends_twice(html: str) -> bool:
    """Whether a comment's end stands where no comment is open any more, so that words before it are shown."""
    return html in _ENDED_AT_ONCE or ("<!--" in html and "-->" in _COMMENT.sub("", html))
