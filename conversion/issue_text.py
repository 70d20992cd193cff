"""The text of an issue's edition as an editor would write it: head, topics, headlines, bylines, Markdown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.content.commentaries import LONGEST_HEADLINE
from broadsheet.content.findings import shortened
from broadsheet.content.front_matter_reader import LONG, LONGEST, LONGEST_AUTHORS
from broadsheet.content.markdown import TooManyPartsError, parse
from broadsheet.content.node import Node, only_image, only_text_of
from conversion.facts import one_line

_MARKUP = re.compile(r"[\\`*_\[\]~]|&(?=#?\w+;)")
_HASHES = re.compile(r"(?:^#|#$)")
_PLAIN_VALUE = re.compile(r"[\w«„“‘(][^\\\"'#|{}]*")
_PLAIN_NAME = re.compile(r"[\w][^\\\"'#|{},\[\]]*")
_WRAPPED = re.compile(r"(\*\*\*|___|\*\*|__|\*|_)(?P<words>.+)\1", re.DOTALL)
_TAGGED = re.compile(r"<(?P<tag>em|i|strong|b)>(?P<words>.+)</(?P=tag)>", re.DOTALL)
_MOST_WRAPPED = 4
_FIRST_PARAGRAPHS = 4


@dataclass(frozen=True)
class Piece:
    """A post to be written into an issue; `authors` are confirmed names, `topic` is the topic's name."""

    title: str
    summary: str
    markdown: str
    authors: tuple[str, ...] = ()
    topic: str = ""


def article(piece: Piece) -> str:
    """The text of an issue that is one post."""
    title = piece.title or _beginning(piece.markdown)
    summary = piece.summary or _beginning(piece.markdown) or title
    return f"{_head(title, summary, piece.authors)}\n{piece.markdown.strip()}\n"


def gathered_text(pieces: Sequence[Piece], monday: date | None) -> str:
    """The text of an issue with commentaries, those of a topic one after another.

    Its title is the first headline, its summary the other ones, or that of the only commentary. `monday`
    begins its week, if that has to be written.
    """
    titles = [piece.title or _beginning(piece.markdown) for piece in pieces]
    first = pieces[0]
    summary = " · ".join(titles[1:]) or first.summary or _beginning(first.markdown) or titles[0]
    parts = [_head(titles[0], summary, (), monday)]
    topic = ""
    for title, piece in zip(titles, pieces, strict=True):
        if piece.topic != topic:
            topic = piece.topic
            parts.append(f"## {escaped(topic)}\n")
        parts.append(f"### {escaped(shortened(title, LONGEST_HEADLINE))}\n")
        if piece.authors:
            parts.append(f"**{escaped(_names(piece.authors))}**\n")
        parts.append(f"{without_set_off_beginning(piece.markdown.strip())}\n")
    return "\n".join(parts)


def is_cut(title: str, *, is_headline: bool) -> bool:
    """Whether a title is too long to be kept whole."""
    return len(title) > (LONGEST_HEADLINE if is_headline else LONGEST["title"])


def escaped(words: str) -> str:
    """Words as Markdown that shows exactly them."""
    return _HASHES.sub(r"\\#", _MARKUP.sub(r"\\\g<0>", words).replace("<", "&lt;"))


def without_set_off_beginning(markdown: str) -> str:
    """The text, its first paragraph not all in italics or bold: that would be a trend or a byline."""
    paragraphs = markdown.split("\n\n", _FIRST_PARAGRAPHS)
    has_picture = False
    for at, paragraph in enumerate(paragraphs[:_FIRST_PARAGRAPHS]):
        block = _only_block(paragraph)
        if block is not None and only_image(block) is not None and not has_picture:
            has_picture = True
            continue
        paragraphs[at] = _not_set_off(paragraph, block)
        break
    return "\n\n".join(paragraphs)


def _not_set_off(paragraph: str, block: Node | None) -> str:
    for _ in range(_MOST_WRAPPED):
        if block is None or not (only_text_of(block, "emphasis") or only_text_of(block, "strong")):
            break
        inner = _WRAPPED.fullmatch(paragraph.strip()) or _TAGGED.fullmatch(paragraph.strip())
        if not inner:
            break
        paragraph = inner["words"].strip()
        block = _only_block(paragraph)
    return paragraph


def _only_block(paragraph: str) -> Node | None:
    try:
        blocks = parse(paragraph)
    except TooManyPartsError:
        return None
    return blocks[0] if len(blocks) == 1 else None


def _head(title: str, summary: str, authors: tuple[str, ...], monday: date | None = None) -> str:
    lines = [
        f"title: {_value(shortened(title, LONGEST['title']))}",
        f"summary: {_value(_short_summary(summary))}",
    ]
    if authors:
        names = (_value(name, _PLAIN_NAME).replace("#", r"\u0023") for name in shortened_names(authors))
        lines.append(f"authors: [{', '.join(names)}]")
    if monday:
        lines.append(f"period: {monday}/{monday + timedelta(days=6)}")
    return "\n".join(["---", *lines, "mail: no", "---", ""])


def shortened_names(authors: Iterable[str]) -> list[str]:
    """As many of the names as a head may have."""
    kept: list[str] = []
    for name in authors:
        if sum(map(len, [*kept, name])) > LONGEST_AUTHORS:
            break
        kept.append(name)
    return kept


def _short_summary(summary: str) -> str:
    return summary if len(summary) <= LONGEST["summary"] else shortened(summary, LONG["summary"])


def _names(authors: Iterable[str]) -> str:
    return ", ".join(authors)


def _value(words: str, plain: re.Pattern[str] = _PLAIN_VALUE) -> str:
    """Words as a value of the head that means exactly them."""
    written = escaped(words)
    if written == words and plain.fullmatch(words):
        return words
    quoted = written.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _beginning(markdown: str) -> str:
    """The beginning of the first paragraph with words; "" without one."""
    for paragraph in markdown.split("\n\n")[:20]:
        block = _only_block(paragraph)
        if block is None or block.kind != "paragraph" or only_image(block) is not None:
            continue
        if words := one_line(block.plain()):
            return shortened(words, LONG["summary"])
    return ""
