"""The text of an issue's file: an introduction, topics, and the commentaries under them.

Told apart by form: `##` topic, `###` headline, a line wholly in italics the trend, wholly in bold the byline,
a picture on a line of its own beside the commentary.
"""

from dataclasses import dataclass
from typing import Protocol

from broadsheet.issues.issue import Commentary, Picture
from broadsheet.issues.markdown import Node
from broadsheet.newsletter import Newsletter

TOPIC_LEVEL, HEADLINE_LEVEL = 2, 3
LONGEST_HEADLINE = 220
PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp")


class Find(Protocol):
    """Notes what is wrong at a line of the file."""

    def __call__(self, line: int, what: str, why: str, mend: str) -> None:
        """Note one finding; reading goes on, so that an editor sees all of them at once."""


@dataclass(frozen=True)
class TextReader:
    """Reads one edition's text. `lines_above` is how many lines of the file stand above it."""

    newsletter: Newsletter
    edition: str
    pictures: frozenset[str]
    lines_above: int
    find: Find

    def body(self, blocks: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[Commentary, ...]]:
        """The introduction, and the commentaries under their topics."""
        intro: list[Node] = []
        commentaries: list[Commentary] = []
        counts: dict[str, int] = {}
        topic = ""
        open_blocks: list[Node] | None = None
        headline: Node | None = None

        def close() -> None:
            if headline is not None and open_blocks is not None:
                counts[topic] = counts.get(topic, 0) + 1
                noted = _with_notes(open_blocks, notes)
                commentaries.append(self.commentary(topic, counts[topic], headline, noted))

        notes = {block.attributes["name"]: block for block in blocks if block.kind == "footnote"}
        structured = any(self._level(block) == HEADLINE_LEVEL for block in blocks)
        if not structured:
            self._check_article(blocks)
        for block in (block for block in blocks if block.kind != "footnote"):
            level = self._level(block) if structured else 0
            if level == TOPIC_LEVEL:
                close()
                headline, open_blocks, topic = None, None, self.topic(block)
            elif level == HEADLINE_LEVEL:
                close()
                headline, open_blocks = block, []
                if not topic:
                    self.find(
                        self.line(block),
                        "A headline stands before the first topic.",
                        "Each commentary belongs to a topic.",
                        "Put a line “## topic” above it.",
                    )
                    topic = "?"
            elif open_blocks is not None:
                open_blocks.append(block)
            elif topic:
                self.find(
                    self.line(block),
                    "A text stands between a topic and its headline.",
                    "It would belong to no commentary.",
                    "Put a line “### headline” above it.",
                )
            else:
                intro.append(block)
        close()
        intro = _with_notes(intro, notes)
        self._check_pictures([*intro, *(b for c in commentaries for b in c.blocks)])
        return tuple(intro), tuple(commentaries)

    def topic(self, heading: Node) -> str:
        """The topic's id; a finding, and "?", if this edition has no such topic."""
        words = heading.plain().strip()
        found = self._topic_ids().get(_folded(words))
        if not found:
            known = "; ".join(t.names[self.edition] for t in self.newsletter.topics)
            self.find(
                self.line(heading),
                f"“{words}” is not one of this edition's topics.",
                f"Known are: {known}.",
                "Correct its spelling, or add the topic to newsletter.toml.",
            )
        return found or "?"

    def commentary(self, topic: str, number: int, heading: Node, blocks: list[Node]) -> Commentary:
        """The commentary in the blocks below its headline."""
        headline = " ".join(heading.plain().split())
        line = self.line(heading)
        if len(headline) > LONGEST_HEADLINE:
            self.find(
                line,
                f"The headline has {len(headline)} characters.",
                f"Lists and mails take at most {LONGEST_HEADLINE}.",
                "Shorten it.",
            )
        trend, byline, picture = None, "", None
        rest: list[Node] = []
        for block in blocks:
            if not rest and trend is None and (words := _wholly(block, "emphasis")):
                trend = self.trend(block, words)
            elif not rest and not byline and (words := _wholly(block, "strong")):
                byline = words
            elif picture is None and (shown := _only_image(block)) is not None:
                picture = self.picture(shown)
            else:
                rest.append(block)
        if not any(block.kind == "paragraph" for block in rest):
            self.find(
                line,
                f"The commentary “{headline[:60]}” has no text.",
                "Its first paragraph is its summary.",
                "Write at least one paragraph below the headline.",
            )
        return Commentary(topic, number, headline, trend or None, byline, picture, tuple(rest), line)

    def trend(self, block: Node, words: str) -> str:
        """The trend's id; a finding, and nothing, if this edition has no such trend."""
        phrases = {_folded(trend.phrases[self.edition]): trend.id for trend in self.newsletter.trends}
        found = phrases.get(_folded(words))
        if not found:
            known = "; ".join(t.phrases[self.edition] for t in self.newsletter.trends)
            self.find(
                self.line(block),
                f"“{words}” is not one of this edition's trends.",
                f"A line in italics below a headline is its trend; known are: {known}.",
                "Use one of these phrases, or take the italics away.",
            )
        return found or ""

    def picture(self, image: Node) -> Picture:
        """The picture beside a commentary."""
        source, line = image.attributes["url"], self.line(image)
        self._check_picture(image)
        return Picture(source, image.plain().strip(), image.attributes["title"], line)

    def line(self, node: Node) -> int:
        """Where the node stands in the file."""
        return node.line + self.lines_above

    def _topic_ids(self) -> dict[str, str]:
        named = {_folded(topic.names[self.edition]): topic.id for topic in self.newsletter.topics}
        return {_folded(topic.id): topic.id for topic in self.newsletter.topics} | named

    def _check_article(self, blocks: tuple[Node, ...]) -> None:
        """A plain article may have headings; one that is a topic was meant as such."""
        for block in blocks:
            if self._level(block) == TOPIC_LEVEL and _folded(block.plain()) in self._topic_ids():
                self.find(
                    self.line(block),
                    f"The topic “{block.plain().strip()}” has no headline.",
                    "A commentary begins with a headline below its topic.",
                    "Put a line “### headline” below it.",
                )

    def _check_pictures(self, blocks: list[Node]) -> None:
        for block in blocks:
            for node in block.walk():
                if node.kind == "image":
                    self._check_picture(node)

    def _check_picture(self, image: Node) -> None:
        source, line = image.attributes["url"], self.line(image)
        if not source.startswith("images/"):
            self.find(
                line,
                f"The picture “{source[:80]}” is not in images/.",
                "Pages load nothing from elsewhere.",
                "Upload it to the folder images/ beside the text and write images/name.jpg.",
            )
        elif not source.lower().endswith(PICTURE_TYPES):
            self.find(
                line,
                f"“{source[:80]}” is not a picture that we can show.",
                f"We take {', '.join(PICTURE_TYPES)}.",
                "Save it as JPEG or PNG.",
            )
        elif source not in self.pictures:
            self.find(
                line,
                f"The picture “{source[:80]}” is missing.",
                "There is no such file beside the text.",
                "Upload it, or correct the name; capital letters count.",
            )

    @staticmethod
    def _level(block: Node) -> int:
        return int(block.attributes["level"]) if block.kind == "heading" else 0


def _with_notes(blocks: list[Node], notes: dict[str, Node]) -> list[Node]:
    """The blocks with the footnotes that they refer to, wherever in the file these stand."""
    marks = [node.text for block in blocks for node in block.walk() if node.kind == "footnote-mark"]
    return [*blocks, *(notes[name] for name in dict.fromkeys(marks) if name in notes)]


def _wholly(block: Node, kind: str) -> str:
    """The words of a paragraph that is one emphasis (or strong) and nothing else, else nothing."""
    inner = [child for child in block.children if child.plain().strip()]
    if block.kind == "paragraph" and len(inner) == 1 and inner[0].kind == kind:
        return " ".join(inner[0].plain().split())
    return ""


def _only_image(block: Node) -> Node | None:
    inner = [child for child in block.children if child.kind != "soft-break"]
    if block.kind == "paragraph" and len(inner) == 1 and inner[0].kind == "image":
        return inner[0]
    return None


def _folded(words: str) -> str:
    """Words as they are compared: case, spaces, quotes and the final stop make no difference."""
    return " ".join(words.replace("’", "'").casefold().split()).rstrip(".")
