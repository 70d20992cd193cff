"""The text of an issue's file: an introduction, topics, and the commentaries under them.

Told apart by form: `##` topic, `###` headline, a line wholly in italics the trend, wholly in bold the byline,
a picture on a line of its own beside the commentary. Soft hyphens and kinds of spaces make no difference.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import zip_longest

from broadsheet.characters import without_turning
from broadsheet.content.checks.plain_words import report_lost_form
from broadsheet.content.findings import Findings, shortened
from broadsheet.content.issue import Commentary, Picture
from broadsheet.content.labels import shown_label
from broadsheet.content.node import (
    Node,
    inline_text,
    only_image,
    paragraph_of,
    split_lines,
    wholly,
    with_notes,
)
from broadsheet.content.sections import Sections, TrendLine
from broadsheet.newsletter import Newsletter

TOPIC_LEVEL, HEADLINE_LEVEL = 2, 3
LONGEST_HEADLINE = 220
MOST_COMMENTARIES, MOST_FOOTNOTES = 200, 500
LONG_HEADLINE = 210  # what lists show well
_LONGEST_COMPARED = 120
_LOOKED_AT_FOR_TREND = 2  # paragraphs
_LONGER_THAN_FOLDED = 3  # what is written, with hyphens and spaces that say nothing, than what is compared
_CLOSE_HEADING = re.compile(r"(#{2,6})([^#\s].*)", re.DOTALL)
_FOLDED = str.maketrans({"\u00ad": "", "\u2011": "-", "’": "'", "ʼ": "'", "‘": "'", "–": "-"})


@dataclass(frozen=True)
class TextReader:
    """Reads one edition's text; what is wrong goes to `found`."""

    newsletter: Newsletter
    edition: str
    found: Findings

    def body(self, blocks: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[Commentary, ...]]:
        """The introduction, and the commentaries under their topics."""
        notes = self._notes(blocks)
        text: list[Node] = []
        for block in (block for block in blocks if block.kind != "footnote"):
            text += self._with_headings(block, is_due=bool(text) and _level(text[-1]) == TOPIC_LEVEL)
        sections = Sections()
        if self.newsletter.topics and any(_level(block) == HEADLINE_LEVEL for block in text):
            for block in text:
                self._take(block, sections)
        else:
            self._check_article(text)
            sections.intro = text
        intro = with_notes(sections.intro, notes)
        commentaries = self._commentaries(sections, notes)
        self._check_notes(notes, [*intro, *(b for piece in commentaries for b in piece.blocks)])
        return tuple(intro), tuple(commentaries)

    def topic(self, heading: Node) -> str:
        """The topic's id; "" and a finding if this edition has no such topic."""
        words = _plain(heading)
        ids = self._topic_ids()
        topic = ids.get(_folded(words), "")
        if topic:
            report_lost_form(self.found, heading, words[:60])
            return topic
        values = {
            "topic": words[:80],
            "known": "; ".join(t.names[self.edition] for t in self.newsletter.topics),
        }
        if self.found.lenient:
            self.found.warn(heading.line, "topic-plain", **values)
        elif nearest := self._nearest("topic-near", words, list(ids)):
            names = self.newsletter.topic(ids[nearest])
            self.found.error(
                heading.line, "topic-near", nearest=names.names[self.edition] if names else "", **values
            )
        else:
            self.found.error(heading.line, "topic-unknown", **values)
        return ""

    def commentary(self, topic: str, number: int, heading: Node, blocks: list[Node]) -> Commentary:
        """The commentary in the blocks below its headline."""
        headline = self._headline(heading)
        trend, byline, picture = None, "", None
        rest: list[Node] = []
        for block in self._with_trend(blocks):
            if not rest and trend is None and (words := wholly(block, "emphasis")):
                trend = self.trend(block, words) or None
                if trend is None and self.found.lenient:
                    rest.append(block)
            elif not rest and not byline and (words := wholly(block, "strong")):
                byline = words
                report_lost_form(self.found, block, byline[:60])
            elif picture is None and (shown := only_image(block)) is not None:
                source, caption = shown.attributes["url"], shown.attributes["title"]
                picture = Picture(source, shown.plain().strip(), caption, shown.line)
            else:
                rest.append(block)
        if not any(block.kind not in ("heading", "rule", "footnote") for block in rest):
            self.found.strict(heading.line, "commentary-empty", headline=headline[:60])
        return Commentary(topic, number, headline, trend, byline, picture, tuple(rest), heading.line)

    def trend(self, block: Node, words: str) -> str:
        """The trend's id; "" and a finding if this edition has no such trend."""
        ids = self._trend_ids()
        trend = ids.get(_folded(words), "")
        if trend:
            return trend
        known = "; ".join(t.phrases[self.edition] for t in self.newsletter.trends)
        values = {"trend": shortened(words, 80), "known": known}
        if self.found.lenient:
            self.found.warn(block.line, "trend-plain", **values)
        elif nearest := self._nearest("trend-near", words, list(ids)):
            found = self.newsletter.trend(ids[nearest])
            self.found.error(
                block.line, "trend-near", nearest=found.phrases[self.edition] if found else "", **values
            )
        else:
            self.found.error(block.line, "trend-unknown", **values)
        return ""

    def _take(self, block: Node, sections: Sections) -> None:
        """Put one block where it belongs."""
        level = _level(block)
        if level == TOPIC_LEVEL:
            topic = self.topic(block)
            sections.begin(topic, is_plain=not topic and self.found.lenient)
            if sections.is_plain:
                sections.add(block)
        elif sections.is_plain:
            sections.add(block)
        elif level == HEADLINE_LEVEL and not _plain(block):
            self.found.strict(block.line, "headline-empty")
            sections.is_told = True
        elif level == HEADLINE_LEVEL and sections.topic is not None:
            sections.pieces.append((sections.topic, block, []))
            sections.is_told = True
        elif level == HEADLINE_LEVEL:
            self.found.strict(block.line, "headline-without-topic", headline=_plain(block)[:60])
            sections.add(block)
        elif sections.topic is not None and not sections.is_told:
            if not _CLOSE_HEADING.match(_plain(block)):  # that has been told
                self.found.strict(block.line, "text-before-headline")
            sections.is_told = True
            sections.add(block)
        else:
            sections.add(block)

    def _commentaries(self, sections: Sections, notes: dict[str, Node]) -> list[Commentary]:
        counts: dict[str, int] = {}
        commentaries = []
        if len(sections.pieces) > MOST_COMMENTARIES:
            line = sections.pieces[MOST_COMMENTARIES][1].line
            self.found.error(line, "too-many-commentaries", limit=MOST_COMMENTARIES)
        for topic, heading, blocks in sections.pieces[:MOST_COMMENTARIES]:
            counts[topic] = counts.get(topic, 0) + 1
            noted = with_notes(blocks, notes)
            commentaries.append(self.commentary(topic, counts[topic], heading, noted))
        return commentaries

    def _headline(self, heading: Node) -> str:
        """The headline's words; a finding if they are too many, when lenient their beginning."""
        headline = _plain(heading)
        report_lost_form(self.found, heading, headline[:60])
        if len(headline) > LONGEST_HEADLINE:
            self.found.strict(heading.line, "headline-too-long", length=len(headline), limit=LONGEST_HEADLINE)
            return shortened(headline, LONGEST_HEADLINE)
        if len(headline) > LONG_HEADLINE:
            self.found.warn(heading.line, "headline-long", length=len(headline), limit=LONG_HEADLINE)
        return headline

    def _topic_ids(self) -> dict[str, str]:
        named = {_folded(topic.names[self.edition]): topic.id for topic in self.newsletter.topics}
        return {_folded(topic.id): topic.id for topic in self.newsletter.topics} | named

    def _trend_ids(self) -> dict[str, str]:
        return {_folded(trend.phrases[self.edition]): trend.id for trend in self.newsletter.trends}

    def _notes(self, blocks: tuple[Node, ...]) -> dict[str, Node]:
        """The footnotes by name; those that are too many are left out."""
        notes = [block for block in blocks if block.kind == "footnote"]
        if len(notes) > MOST_FOOTNOTES:
            self.found.error(notes[MOST_FOOTNOTES].line, "too-many-footnotes", limit=MOST_FOOTNOTES)
        return {note.attributes["name"]: note for note in notes[:MOST_FOOTNOTES]}

    def _with_headings(self, block: Node, *, is_due: bool) -> list[Node]:
        """The block; where `##A topic` lacks its space, cut there. Any other such line is reported.

        It is only a warning unless a headline is due there.
        """
        if block.kind != "paragraph" or "##" not in block.plain():
            return [block]
        parts: list[Node] = []
        plain: list[Node] = []
        for line in split_lines(block):
            heading = _CLOSE_HEADING.fullmatch(inline_text(line))
            if heading and len(heading[1]) == TOPIC_LEVEL and _folded(heading[2]) in self._topic_ids():
                parts += paragraph_of(block, plain)
                text = Node("text", line[0].line, heading[2])
                parts.append(Node("heading", line[0].line, "", (text,), {"level": TOPIC_LEVEL}))
                plain = []
                continue
            if heading:
                tell = self.found.strict if is_due and not plain else self.found.warn
                tell(line[0].line, "heading-no-space", text=heading[0][:80])
            plain += line
        return parts + paragraph_of(block, plain) if parts else [block]

    def _with_trend(self, blocks: list[Node]) -> list[Node]:
        """The blocks; a phrase that can only be the trend goes before them, any other is warned of."""
        found = list(self._trend_lines(blocks))
        if not found or (wholly(blocks[0], "emphasis") and found[0].at):
            return blocks
        first = found[0] if found[0].is_clear else None
        for line in found[1:] if first else found:
            self.found.warn(line.nodes[0].line, "trend-misplaced", trend=inline_text(line.nodes))
        if not first:
            return blocks
        start = first.nodes[0].line
        words = Node("text", start, inline_text(first.nodes))
        trend = Node("paragraph", start, "", (Node("emphasis", start, "", (words,)),))
        block = blocks[first.at]
        lines = list(split_lines(block))
        above = paragraph_of(block, [node for line in lines[: first.number] for node in line])
        below = paragraph_of(block, [node for line in lines[first.number + 1 :] for node in line])
        return [trend, *blocks[: first.at], *above, *below, *blocks[first.at + 1 :]]

    def _trend_lines(self, blocks: list[Node]) -> Iterator[TrendLine]:
        """The lines that are exactly a trend, down to the second paragraph."""
        phrases = self._trend_ids()
        longest = _LONGER_THAN_FOLDED * max(map(len, phrases), default=0)
        texts = 0
        for at, block in enumerate(blocks):
            if texts == _LOOKED_AT_FOR_TREND:
                return
            lines = list(split_lines(block)) if block.kind == "paragraph" else []
            is_head = bool(lines)
            for number, line in enumerate(lines):
                words = replace(block, children=tuple(line))
                is_set_off = bool(wholly(words, "emphasis") or wholly(words, "strong"))
                if len(written := inline_text(line)) <= longest and _folded(written) in phrases:
                    is_alone = len(lines) == 1
                    is_first = not texts and (is_set_off or (is_alone and at + 1 < len(blocks)))
                    is_clear = is_head and (is_first or (is_alone and is_set_off))
                    yield TrendLine(at, number, line, is_clear)
                is_head = is_head and is_set_off
            texts += not is_head and only_image(block) is None

    def _nearest(self, rule: str, words: str, known: list[str]) -> str:
        if self.found.is_full(rule):
            return ""
        return next(iter(get_close_matches(_folded(words[:_LONGEST_COMPARED]), known, 1, 0.75)), "")

    def _check_article(self, blocks: list[Node]) -> None:
        """A plain article may have headings; one that is a topic was meant as such."""
        ids = self._topic_ids()
        for block, below in zip_longest(blocks, blocks[1:]):
            is_told = below is not None and _CLOSE_HEADING.match(_plain(below))
            if _level(block) == TOPIC_LEVEL and _folded(block.plain()) in ids and not is_told:
                self.found.strict(block.line, "topic-without-headline", topic=_plain(block)[:80])

    def _check_notes(self, notes: dict[str, Node], shown: list[Node]) -> None:
        there = {id(block) for block in shown}
        told = {finding.line for finding in self.found.all() if finding.rule == "footnote-twice"}
        for name, note in notes.items():
            if id(note) not in there and note.line not in told:
                self.found.warn(note.line, "footnote-unused", name=shown_label(name)[:40])


def _level(block: Node) -> int:
    return int(block.attributes["level"]) if block.kind == "heading" else 0


def _plain(node: Node) -> str:
    """The words on one line; in a topic or a headline a soft hyphen says nothing."""
    return " ".join(without_turning(node.plain()).split())


def _folded(words: str) -> str:
    """Words as they are compared: case, spaces, hyphens, quotes and the final stop make no difference."""
    return " ".join(words.translate(_FOLDED).casefold().split()).rstrip(". ")
