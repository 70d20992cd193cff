"""Words not meant for readers: editors' marks (TODO), shortcodes, double-encoded text, unparsed Markdown."""

import re
from collections.abc import Iterable, Iterator, Mapping

from broadsheet.content.findings import Findings
from broadsheet.content.issue import Issue
from broadsheet.content.node import Node, nodes_of

_HINTS = ("TK", "TBD", "TODO", "FIXME", "XXX", "???", "orem ipsum")  # faster to search than the pattern
_MARK = re.compile(r"\b(?:TK|TKTK|TBD|TODO|FIXME|XXX)\b|\blorem ipsum\b|\?\?\?+", re.IGNORECASE)
_SHORTCODE = re.compile(r"\{\{[<%]?|\{%")
_LIKE_ADDRESS = re.compile(r"[/:]|\.[a-z]", re.IGNORECASE)
_SEPARATOR = "\0"  # between the parser's nodes: a bracket that might begin a link is a node of its own
_STARS = f"*{_SEPARATOR}*"
_UNPARSED = re.compile(
    "(?P<sign>!?)\\[\0(?P<words>[^\\[\\]]{0,300})\0\\]\0\\((?P<target>[^()\0]+[^()]{0,500})\\)"
    "|\\[\0\\^(?P<note>[^\\[\\]\\s]{1,80})\0\\]"
    "|(?P<reference>\\[\0(?!\\^)[^\\[\\]]{1,300}\0\\]\0\\[\0(?:(?!\\^)[^\\[\\]]{1,300}\0)?\\])"
    "|(?:^|\0) ?(?P<definition>\\[\0[^\\[\\]^]{1,80}\0\\]\0:[ \0]*(?:https?:|www\\.|<|/)[^\0]*)"
    "|(?P<stars>(?<!\\*\0)\\*\0\\*(?!\0\\*))"
)
_AS_1252 = "[\u0080-\u00bf\u0152-\u0178\u02c6-\u02dc\u2013-\u203a\u20ac\u2122]"
_AS_1251 = "[\u00a0-\u00bf\u0402-\u040f\u0452-\u045f\u0490\u0491\u2013-\u203a\u20ac\u2116\u2122ё]"
_TWICE_ENCODED = re.compile(  # begins with a set of letters, which is faster to search
    "[ÐÑРСâвÃ](?:"
    f"(?<=[ÐÑ]){_AS_1252}(?:[ÐÑ]{_AS_1252}){{2}}|(?<=[РС]){_AS_1251}(?:[РС]{_AS_1251}){{2}}|(?<=Ã)[\u00a0-\u00bf]"
    "|(?<=â)€[\u0098-\u009d\u00a6\u0153\u02dc\u2018-\u201d\u2122]|(?<=в)Ђ[\u2122\u045a\u045c\u201c\u201d\u00a6]"
    ")"
)


def check_words(found: Findings, issue: Issue, lines: Mapping[str, int]) -> None:
    """Warn of leftover words; `lines` are those of the front matter's keys."""
    texts = [*_texts(issue, lines)]
    whole = "\n".join([words for _, words in texts])
    if not (any(hint in whole for hint in _HINTS) or "{" in whole or _TWICE_ENCODED.search(whole)):
        return
    for line, words in texts:
        marks = _MARK.finditer(words) if any(hint in words for hint in _HINTS) else ()
        for mark in marks:
            if mark[0].isupper() or not mark[0].isalpha():
                found.warn(line, "mark-left", mark=mark[0])
        if "{" in words and (shortcode := _SHORTCODE.search(words)):
            found.warn(line, "shortcode", code=shortcode[0])
        if not words.isascii() and (twice := _TWICE_ENCODED.search(words)):
            found.warn(line, "text-double-encoded", text=words[twice.start() :][:30])


def _texts(issue: Issue, lines: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    yield lines.get("title", 1), issue.title
    yield lines.get("summary", 1), issue.summary if "summary" in lines else ""
    for piece in issue.commentaries:
        yield piece.line, piece.headline
        if piece.picture:
            yield piece.picture.line, f"{piece.picture.alt} {piece.picture.caption}"
    words = (block for block in issue.blocks() if block.kind != "code-block")
    yield from ((node.line, node.text) for node in nodes_of(words, "text"))


def check_unparsed(found: Findings, blocks: Iterable[Node]) -> None:
    """Warn of links, emphases and footnote marks that were not parsed and are shown as typed."""
    for node in nodes_of(blocks, "paragraph", "heading", "item", "table-cell"):
        if "[" not in (words := node.plain()) and "*" not in words:
            continue
        typed = [_as_typed(child) for child in node.children]
        text = _SEPARATOR.join(typed)
        for match in _UNPARSED.finditer(text) if "[" in typed or "![" in typed or "*" in typed else ():
            line = node.children[text.count(_SEPARATOR, 0, match.start())].line
            shown = match[0].replace(_SEPARATOR, "")
            if match["note"]:
                found.warn(line, "footnote-missing", name=match["note"].replace(_SEPARATOR, "")[:40])
            elif match["reference"] or match["definition"]:
                found.warn(line, "reference-missing", text=shown.strip()[:120])
            elif match["stars"]:
                if not _is_note(text, match.start(), match.end()):
                    left = text[match.start() :].replace(_SEPARATOR, "")
                    found.warn(line, "stars-left", text=left[:40])
            elif not match["sign"] and _LIKE_ADDRESS.search(match["target"]):
                found.warn(line, "link-not-read", text=shown[:120])


def _is_note(text: str, start: int, end: int) -> bool:
    """Whether two stars mark a note, as in print: after a word (`costs**`), or before it (`**) …`)."""
    before, after = text[:start].rstrip(_SEPARATOR), text[end:].lstrip(_SEPARATOR)
    is_single = text.count(_STARS) == 1
    return after[:1] == ")" or (
        is_single and not before[-1:].isspace() and (not after or not after[0].isalnum())
    )


def _as_typed(child: Node) -> str:
    """A child as it was typed, as far as it may be part of a link; code may not."""
    if child.kind == "soft-break":
        return " "
    if child.attributes.get("is_escaped"):
        return " " + child.text.lstrip("*_`~")
    return "`" if child.kind in ("code", "html") else child.plain().replace(_SEPARATOR, " ")
