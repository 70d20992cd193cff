"""The text of an issue's file: an introduction, topics, and the commentaries under them.

Its parts are recognised by their form: `##` topic, `###` headline, a paragraph in italics the trend, a
paragraph in bold the byline, a picture on a line of its own beside the commentary. Soft hyphens, and which
spaces, hyphens and quotes are used, make no difference.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from broadsheet.characters import without_turning
from broadsheet.content.checks.plain_words import report_lost_markup
from broadsheet.content.findings import Findings, shortened
from broadsheet.content.issue import Commentary, Picture
from broadsheet.content.labels import shown_label
from broadsheet.content.node import (
    Node,
    inline_text,
    only_image,
    only_text_of,
    paragraph_of,
    split_lines,
    with_notes,
)
from broadsheet.newsletter import Newsletter

TOPIC_LEVEL, HEADLINE_LEVEL = 2, 3
LONGEST_HEADLINE = 220
MOST_COMMENTARIES, MOST_FOOTNOTES = 200, 500
LONG_HEADLINE = 210  # longer ones look bad in lists
_LONGEST_COMPARED = 120
_PARAGRAPHS_WITH_TREND = 2  # how many paragraphs are searched for the trend
_LONGER_THAN_FOLDED = 3  # times, as folding drops soft hyphens and spaces
_HEADING_WITHOUT_SPACE = re.compile(r"(#{2,6})([^#\s].*)", re.DOTALL)
_FOLDED = str.maketrans({"\u00ad": "", "\u2011": "-", "’": "'", "ʼ": "'", "‘": "'", "–": "-"})
_TOPIC_RULES = ("topic-plain", "topic-near", "topic-unknown")
_TREND_RULES = ("trend-plain", "trend-near", "trend-unknown")


class _TrendLine(NamedTuple):
    """A line that is exactly a trend: its block and line by index, and whether it can only be the trend."""

    block: int
    line: int
    nodes: list[Node]
    is_clear: bool


@dataclass
class _Sections:
    """The sections of a text while it is read; a piece is a topic, a headline, and the blocks below it."""

    intro: list[Node] = field(default_factory=list)
    pieces: list[tuple[str, Node, list[Node]]] = field(default_factory=list)
    topic: str | None = None
    needs_headline: bool = False  # until a headline follows the topic, or its absence is reported
    is_plain: bool = False  # below an import's heading that is no topic

    def add(self, block: Node) -> None:
        (self.pieces[-1][2] if self.pieces else self.intro).append(block)


@dataclass(frozen=True)
class TextReader:
    """Reads one edition's text; findings go to `found`."""

    newsletter: Newsletter
    edition: str
    found: Findings

    def body(self, blocks: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[Commentary, ...]]:
        """The introduction, and the commentaries under their topics."""
        notes = self._notes(blocks)
        text: list[Node] = []
        for block in (block for block in blocks if block.kind != "footnote"):
            text += self._with_headings(block, is_due=bool(text) and _level(text[-1]) == TOPIC_LEVEL)
        sections = _Sections()
        if self.newsletter.topics and any(_level(block) == HEADLINE_LEVEL for block in text):
            for block in text:
                self._sort(block, sections)
        else:
            self._check_article(text)
            sections.intro = text
        intro = with_notes(sections.intro, notes)
        commentaries = self._commentaries(sections, notes)
        self._check_notes(notes, [*intro, *(b for piece in commentaries for b in piece.blocks)])
        return tuple(intro), tuple(commentaries)

    def _sort(self, block: Node, sections: _Sections) -> None:
        level = _level(block)
        if level == TOPIC_LEVEL:
            sections.topic, sections.needs_headline = self._topic(block), True
            sections.is_plain = not sections.topic and self.found.lenient
            if sections.is_plain:
                sections.add(block)
        elif level == HEADLINE_LEVEL and not sections.is_plain:
            self._begin_piece(block, sections)
        else:
            if sections.needs_headline and not sections.is_plain:
                if not _HEADING_WITHOUT_SPACE.match(_plain(block)):  # already reported
                    self.found.strict(block.line, "text-before-headline")
                sections.needs_headline = False
            sections.add(block)

    def _begin_piece(self, headline: Node, sections: _Sections) -> None:
        if not _plain(headline):
            self.found.strict(headline.line, "headline-empty")
        elif sections.topic is not None:
            sections.pieces.append((sections.topic, headline, []))
        else:
            self.found.strict(headline.line, "headline-without-topic", headline=_plain(headline)[:60])
            sections.add(headline)
            return
        sections.needs_headline = False

    def _topic(self, heading: Node) -> str:
        words = _plain(heading)
        names = {topic.id: topic.names[self.edition] for topic in self.newsletter.topics}
        values = {"topic": words[:80]}
        topic = self._id_of(heading.line, _TOPIC_RULES, words, self._topic_ids, names, values)
        if topic:
            report_lost_markup(self.found, heading, words[:60])
        return topic

    def _trend(self, block: Node, words: str) -> str:
        phrases = {trend.id: trend.phrases[self.edition] for trend in self.newsletter.trends}
        values = {"trend": shortened(words, 80)}
        return self._id_of(block.line, _TREND_RULES, words, self._trend_ids, phrases, values)

    def _id_of(
        self,
        line: int,
        rules: tuple[str, str, str],
        words: str,
        ids: Mapping[str, str],
        names: Mapping[str, str],
        values: dict[str, str],
    ) -> str:
        if found := ids.get(_folded(words), ""):
            return found
        values = values | {"known": "; ".join(names.values())}
        plain, near, unknown = rules
        if self.found.lenient:
            self.found.warn(line, plain, **values)
        elif nearest := self._nearest(near, words, list(ids)):
            self.found.error(line, near, nearest=names[ids[nearest]], **values)
        else:
            self.found.error(line, unknown, **values)
        return ""

    def _nearest(self, rule: str, words: str, known: list[str]) -> str:
        if self.found.is_full(rule):
            return ""
        return next(iter(get_close_matches(_folded(words[:_LONGEST_COMPARED]), known, 1, 0.75)), "")

    def _commentaries(self, sections: _Sections, notes: dict[str, Node]) -> list[Commentary]:
        counts: Counter[str] = Counter()
        commentaries = []
        if len(sections.pieces) > MOST_COMMENTARIES:
            line = sections.pieces[MOST_COMMENTARIES][1].line
            self.found.error(line, "too-many-commentaries", limit=MOST_COMMENTARIES)
        for topic, heading, blocks in sections.pieces[:MOST_COMMENTARIES]:
            counts[topic] += 1
            noted = with_notes(blocks, notes)
            commentaries.append(self._commentary(topic, counts[topic], heading, noted))
        return commentaries

    def _commentary(self, topic: str, number: int, heading: Node, blocks: list[Node]) -> Commentary:
        headline = self._headline(heading)
        trend, byline, picture = None, "", None
        text: list[Node] = []
        for block in self._with_trend(blocks):
            if not text and trend is None and (words := only_text_of(block, "emphasis")):
                trend = self._trend(block, words) or None
                if trend is None and self.found.lenient:
                    text.append(block)
            elif not text and not byline and (words := only_text_of(block, "strong")):
                byline = words
                report_lost_markup(self.found, block, byline[:60])
            elif picture is None and (image := only_image(block)) is not None:
                source, caption = image.attributes["url"], image.attributes["title"]
                picture = Picture(source, image.plain().strip(), caption, image.line)
            else:
                text.append(block)
        if all(block.kind in ("heading", "rule", "footnote") for block in text):
            self.found.strict(heading.line, "commentary-empty", headline=headline[:60])
        return Commentary(topic, number, headline, trend, byline, picture, tuple(text), heading.line)

    def _headline(self, heading: Node) -> str:
        """The headline's words; shortened in an import, if it is too long."""
        headline = _plain(heading)
        report_lost_markup(self.found, heading, headline[:60])
        if len(headline) > LONGEST_HEADLINE:
            self.found.strict(heading.line, "headline-too-long", length=len(headline), limit=LONGEST_HEADLINE)
            return shortened(headline, LONGEST_HEADLINE)
        if len(headline) > LONG_HEADLINE:
            self.found.warn(heading.line, "headline-long", length=len(headline), limit=LONG_HEADLINE)
        return headline

    @cached_property
    def _topic_ids(self) -> dict[str, str]:
        named = {_folded(topic.names[self.edition]): topic.id for topic in self.newsletter.topics}
        return {_folded(topic.id): topic.id for topic in self.newsletter.topics} | named

    @cached_property
    def _trend_ids(self) -> dict[str, str]:
        return {_folded(trend.phrases[self.edition]): trend.id for trend in self.newsletter.trends}

    def _notes(self, blocks: tuple[Node, ...]) -> dict[str, Node]:
        notes = [block for block in blocks if block.kind == "footnote"]
        if len(notes) > MOST_FOOTNOTES:
            self.found.error(notes[MOST_FOOTNOTES].line, "too-many-footnotes", limit=MOST_FOOTNOTES)
        return {note.attributes["name"]: note for note in notes[:MOST_FOOTNOTES]}

    def _with_headings(self, block: Node, *, is_due: bool) -> list[Node]:
        """The block, split at a topic that lacks the space after `##` (`##A topic`).

        Any other heading without a space is reported: as an error if a headline is due here.
        """
        if block.kind != "paragraph" or "##" not in block.plain():
            return [block]
        parts: list[Node] = []
        plain: list[Node] = []
        for line in split_lines(block):
            heading = _HEADING_WITHOUT_SPACE.fullmatch(inline_text(line))
            if heading and len(heading[1]) == TOPIC_LEVEL and _folded(heading[2]) in self._topic_ids:
                parts += paragraph_of(block, plain)
                text = Node("text", line[0].line, heading[2])
                parts.append(Node("heading", line[0].line, "", (text,), {"level": TOPIC_LEVEL}))
                plain = []
                continue
            if heading:
                report = self.found.strict if is_due and not plain else self.found.warn
                report(line[0].line, "heading-no-space", text=heading[0][:80])
            plain += line
        return parts + paragraph_of(block, plain) if parts else [block]

    def _with_trend(self, blocks: list[Node]) -> list[Node]:
        """The blocks, with a line that can only be the trend moved to the front; others are reported."""
        found = list(self._trend_lines(blocks))
        if not found or (only_text_of(blocks[0], "emphasis") and found[0].block):
            return blocks
        first = found[0] if found[0].is_clear else None
        for line in found[1:] if first else found:
            self.found.warn(line.nodes[0].line, "trend-misplaced", trend=inline_text(line.nodes))
        if not first:
            return blocks
        start = first.nodes[0].line
        words = Node("text", start, inline_text(first.nodes))
        trend = Node("paragraph", start, "", (Node("emphasis", start, "", (words,)),))
        block = blocks[first.block]
        lines = list(split_lines(block))
        above = paragraph_of(block, [node for line in lines[: first.line] for node in line])
        below = paragraph_of(block, [node for line in lines[first.line + 1 :] for node in line])
        return [trend, *blocks[: first.block], *above, *below, *blocks[first.block + 1 :]]

    def _trend_lines(self, blocks: list[Node]) -> Iterator[_TrendLine]:
        """The lines that are exactly a trend, down to the second paragraph of text."""
        phrases = self._trend_ids
        longest = _LONGER_THAN_FOLDED * max(map(len, phrases), default=0)
        texts = 0
        for at, block in enumerate(blocks):
            if texts == _PARAGRAPHS_WITH_TREND:
                return
            lines = list(split_lines(block)) if block.kind == "paragraph" else []
            is_head = bool(lines)
            for number, line in enumerate(lines):
                words = block.with_children(line)
                is_set_off = bool(only_text_of(words, "emphasis") or only_text_of(words, "strong"))
                if len(written := inline_text(line)) <= longest and _folded(written) in phrases:
                    is_alone = len(lines) == 1
                    is_first = not texts and (is_set_off or (is_alone and at + 1 < len(blocks)))
                    is_clear = is_head and (is_first or (is_alone and is_set_off))
                    yield _TrendLine(at, number, line, is_clear)
                is_head = is_head and is_set_off
            texts += not is_head and only_image(block) is None

    def _check_article(self, blocks: list[Node]) -> None:
        """A plain article may have headings, but a heading that names a topic was meant as a topic."""
        ids = self._topic_ids
        for block, below in zip_longest(blocks, blocks[1:]):
            is_reported = below is not None and _HEADING_WITHOUT_SPACE.match(_plain(below))
            if _level(block) == TOPIC_LEVEL and _folded(block.plain()) in ids and not is_reported:
                self.found.strict(block.line, "topic-without-headline", topic=_plain(block)[:80])

    def _check_notes(self, notes: dict[str, Node], shown: list[Node]) -> None:
        used = {id(block) for block in shown}
        reported = {finding.line for finding in self.found.all() if finding.rule == "footnote-twice"}
        for name, note in notes.items():
            if id(note) not in used and note.line not in reported:
                self.found.warn(note.line, "footnote-unused", name=shown_label(name)[:40])


def _level(block: Node) -> int:
    return int(block.attributes["level"]) if block.kind == "heading" else 0


def _plain(node: Node) -> str:
    """The words on one line, without soft hyphens."""
    return " ".join(without_turning(node.plain()).split())


def _folded(words: str) -> str:
    """The words as they are compared: without case, final stops, and kinds of spaces, hyphens and quotes."""
    return " ".join(words.translate(_FOLDED).casefold().split()).rstrip(". ")
