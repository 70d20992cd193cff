"""HTML that pages drop, HTML that would hide words in a browser, and comments with a mistyped end."""

import re
from collections.abc import Iterator, Sequence

from broadsheet.content.node import Node

_COMMENT_OPENER = "<!--"
_CHANGES_MEANING = ("sup", "sub", "s", "del")  # without them, words or numbers say something else
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
_ENDS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>"}  # others end with >
_EMPTY_COMMENTS = ("<!-->", "<!--->")  # complete comments for the parser: it shows the text after them


def rule_of(tag: str) -> str:
    """The rule of the finding for a tag that pages leave out; "" for one that another finding reports."""
    if tag == _COMMENT_OPENER:
        return "comment-unclosed"
    if tag == "strike":
        return ""
    return "html-unclosed" if tag in _CHANGES_MEANING else "raw-html"


def hidden_in(html: str, whole: str) -> Iterator[tuple[int, str, str]]:
    """What to report about a piece of HTML: its line, counted from 0, the tag, and the rule.

    These are comments with a mistyped end (they go on into the next comment, or end too early), tags that
    hide words or strike them out, and declarations. `whole` is all HTML of the paragraph.
    """
    if any(part.count(_COMMENT_OPENER) > 1 for part in html.split("-->")):
        yield 0, "<!-- <!--", "comment-swallows"
    if html in _EMPTY_COMMENTS or (_COMMENT_OPENER in html and "-->" in _COMMENT.sub("", html)):
        yield 0, "<!-- -->", "comment-ends-twice"
    yield from _declarations(html)
    yield from ((0, tag, "html-hidden") for tag in _hiding(html, whole))
    yield from ((0, found[0], "html-struck") for found in _STRIKING.finditer(html))


def comment_ends_twice(children: Sequence[Node]) -> int:
    """The line of a comment that ends again in the words after it (`a <!-- b --> c -->`), or 0."""
    comments = (
        at for at, c in enumerate(children) if c.kind == "html" and c.text.startswith(_COMMENT_OPENER)
    )
    first = next(comments, None)
    if first is None or children[first].text in _EMPTY_COMMENTS:
        return 0
    words = "".join(child.text for child in children[first:] if child.kind == "text")
    return children[first].line if "-->" in words else 0


def _hiding(html: str, whole: str) -> list[str]:
    """The tags that hide their content in a browser; our pages would show it, as they keep no styles.

    A `<template>` or `<comment>` that nothing in `whole` closes is a word in angle brackets.
    """
    tags = _HIDING.findall(_COMMENT.sub("", html)) if "<" in html else []
    names = {tag: named[1].casefold() for tag in set(tags) if (named := _HIDING_NAME.match(tag))}
    is_closed = {
        name: re.search(rf"</{name}", whole, re.IGNORECASE) is not None for name in {*names.values()}
    }
    return [tag for tag in tags if tag not in names or is_closed[names[tag]]]


def _declarations(html: str) -> Iterator[tuple[int, str, str]]:
    """Declarations and processing instructions (`<!x>`, `<?x?>`), which no browser shows."""
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
        if opener[0] != _COMMENT_OPENER:
            yield line, html[opener.start() : at], "raw-html"
