"""The text of an issue's file: an introduction, topics, and the commentaries under them.

Told apart by form: `##` topic, `###` headline, a line wholly in italics the trend, wholly in bold the byline,
a picture on a line of its own beside the commentary. Soft hyphens and kinds of spaces make no difference.
"""

from collections import deque
from dataclasses import dataclass, field
from difflib import get_close_matches

from broadsheet.issues.findings import Findings, shortened
from broadsheet.issues.issue import Commentary, Picture
from broadsheet.issues.markdown import Node
from broadsheet.newsletter import Newsletter

TOPIC_LEVEL, HEADLINE_LEVEL = 2, 3
LONGEST_HEADLINE = 220
LONG_HEADLINE = 210  # what lists show well
_LONGEST_COMPARED = 120
_FOLDED = str.maketrans({"\u00ad": "", "\u2011": "-", "’": "'", "ʼ": "'", "‘": "'", "–": "-"})


@dataclass(frozen=True)
class TextReader:
    """Reads one edition's text; what is wrong goes to `found`."""

    newsletter: Newsletter
    edition: str
    found: Findings

    def body(self, blocks: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[Commentary, ...]]:
        """The introduction, and the commentaries under their topics."""
        notes = {block.attributes["name"]: block for block in blocks if block.kind == "footnote"}
        text = [block for block in blocks if block.kind != "footnote"]
        sections = _Sections()
        if self.newsletter.topics and any(_level(block) == HEADLINE_LEVEL for block in text):
            for block in text:
                self._take(block, sections)
        else:
            self._check_article(text)
            sections.intro = text
        intro = _with_notes(sections.intro, notes)
        commentaries = self._commentaries(sections, notes)
        self._check_notes(notes, [*intro, *(b for piece in commentaries for b in piece.blocks)])
        return tuple(intro), tuple(commentaries)

    def topic(self, heading: Node) -> str:
        """The topic's id; "" and a finding if this edition has no such topic."""
        words = _plain(heading)
        ids = self._topic_ids()
        topic = ids.get(_folded(words), "")
        if topic:
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
        for block in blocks:
            if not rest and trend is None and (words := _wholly(block, "emphasis")):
                trend = self.trend(block, words) or None
                if trend is None and self.found.lenient:
                    rest.append(block)
            elif not rest and not byline and (words := _wholly(block, "strong")):
                byline = words
            elif picture is None and (shown := _only_image(block)) is not None:
                source, caption = shown.attributes["url"], shown.attributes["title"]
                picture = Picture(source, shown.plain().strip(), caption, shown.line)
            else:
                rest.append(block)
        if not any(block.kind not in ("heading", "rule", "footnote") for block in rest):
            self.found.strict(heading.line, "commentary-empty", headline=headline[:60])
        return Commentary(topic, number, headline, trend, byline, picture, tuple(rest), heading.line)

    def trend(self, block: Node, words: str) -> str:
        """The trend's id; "" and a finding if this edition has no such trend."""
        ids = {_folded(trend.phrases[self.edition]): trend.id for trend in self.newsletter.trends}
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

    def _take(self, block: Node, sections: "_Sections") -> None:
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
        elif level == HEADLINE_LEVEL and sections.topic is not None:
            sections.pieces.append((sections.topic, block, []))
            sections.has_headline = True
        elif level == HEADLINE_LEVEL:
            self.found.strict(block.line, "headline-without-topic", headline=_plain(block)[:60])
            sections.add(block)
        elif sections.topic is not None and not sections.has_headline:
            self.found.strict(block.line, "text-before-headline")
            sections.add(block)
        else:
            sections.add(block)

    def _commentaries(self, sections: "_Sections", notes: dict[str, Node]) -> list[Commentary]:
        counts: dict[str, int] = {}
        commentaries = []
        for topic, heading, blocks in sections.pieces:
            counts[topic] = counts.get(topic, 0) + 1
            noted = _with_notes(blocks, notes)
            commentaries.append(self.commentary(topic, counts[topic], heading, noted))
        return commentaries

    def _headline(self, heading: Node) -> str:
        """The headline's words; a finding if they are too many, when lenient their beginning."""
        headline = _plain(heading)
        if len(headline) > LONGEST_HEADLINE:
            self.found.strict(heading.line, "headline-too-long", length=len(headline), limit=LONGEST_HEADLINE)
            return shortened(headline, LONGEST_HEADLINE)
        if len(headline) > LONG_HEADLINE:
            self.found.warn(heading.line, "headline-long", length=len(headline), limit=LONG_HEADLINE)
        return headline

    def _topic_ids(self) -> dict[str, str]:
        named = {_folded(topic.names[self.edition]): topic.id for topic in self.newsletter.topics}
        return {_folded(topic.id): topic.id for topic in self.newsletter.topics} | named

    def _nearest(self, rule: str, words: str, known: list[str]) -> str:
        if self.found.is_full(rule):
            return ""
        return next(iter(get_close_matches(_folded(words[:_LONGEST_COMPARED]), known, 1, 0.75)), "")

    def _check_article(self, blocks: list[Node]) -> None:
        """A plain article may have headings; one that is a topic was meant as such."""
        ids = self._topic_ids()
        for block in blocks:
            if _level(block) == TOPIC_LEVEL and _folded(block.plain()) in ids:
                self.found.strict(block.line, "topic-without-headline", topic=_plain(block)[:80])

    def _check_notes(self, notes: dict[str, Node], shown: list[Node]) -> None:
        there = {id(block) for block in shown}
        for name, note in notes.items():
            if id(note) not in there:
                self.found.warn(note.line, "footnote-unused", name=name[:40])


@dataclass
class _Sections:
    """The parts of a text while it is read: each piece is a topic, a headline, and the blocks below."""

    intro: list[Node] = field(default_factory=list)
    pieces: list[tuple[str, Node, list[Node]]] = field(default_factory=list)
    topic: str | None = None
    has_headline: bool = False
    is_plain: bool = False

    def begin(self, topic: str, *, is_plain: bool) -> None:
        self.topic, self.has_headline, self.is_plain = topic, False, is_plain

    def add(self, block: Node) -> None:
        """Put a block at the end of what has been read."""
        (self.pieces[-1][2] if self.pieces else self.intro).append(block)


def _with_notes(blocks: list[Node], notes: dict[str, Node]) -> list[Node]:
    """The blocks with the footnotes that they, or these, refer to, wherever in the file these stand."""
    waiting, named = deque(blocks), dict[str, None]()
    while waiting:
        marks = [node.text for node in waiting.popleft().walk() if node.kind == "footnote-mark"]
        new = [name for name in dict.fromkeys(marks) if name in notes and name not in named]
        named |= dict.fromkeys(new)
        waiting += [notes[name] for name in new]
    return [*blocks, *(notes[name] for name in named)]


def _wholly(block: Node, kind: str) -> str:
    """The words of a paragraph that is one emphasis (or strong) and nothing else, else nothing."""
    if block.kind != "paragraph" or not any(child.kind == kind for child in block.children):
        return ""
    inner = [child for child in block.children if child.kind == kind or child.plain().strip()]
    return _plain(inner[0]) if len(inner) == 1 else ""


def _only_image(block: Node) -> Node | None:
    inner = [child for child in block.children if child.kind != "soft-break"]
    if block.kind == "paragraph" and len(inner) == 1 and inner[0].kind == "image":
        return inner[0]
    return None


def _level(block: Node) -> int:
    return int(block.attributes["level"]) if block.kind == "heading" else 0


def _plain(node: Node) -> str:
    """The words on one line; in a topic or a headline a soft hyphen says nothing."""
    return " ".join(node.plain().replace("\u00ad", "").split())


def _folded(words: str) -> str:
    """Words as they are compared: case, spaces, hyphens, quotes and the final stop make no difference."""
    return " ".join(words.translate(_FOLDED).casefold().split()).rstrip(". ")
