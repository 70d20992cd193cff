"""From an editor's file to an issue, or to findings that say line, cause and mend."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.front_matter import FrontMatter, split_front_matter
from broadsheet.issues.issue import Commentary, Issue, Picture
from broadsheet.issues.markdown import Node, parse
from broadsheet.newsletter import Newsletter

TOPIC_LEVEL, HEADLINE_LEVEL = 2, 3
LONGEST_HEADLINE = 220
LONGEST_FILE_BYTES = 2_000_000
PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_FOLDER = re.compile(r"^(\d{4}-\d{2}-\d{2})(-[a-z0-9-]{1,60})?$")


def issue_day(issue_id: str) -> date | None:
    """The day that a folder `YYYY-MM-DD[-slug]` stands for, or None if it is not such a name."""
    found = _FOLDER.match(issue_id)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def read_issue(
    issue_id: str, edition: str, content: bytes, pictures: frozenset[str], newsletter: Newsletter
) -> Issue:
    """The issue in the file `issues/<issue_id>/<edition>.md`; `pictures` are the paths beside it.

    Raises:
        UnpublishableError: with every finding that keeps it from being published.
    """
    file = f"issues/{issue_id}/{edition}.md"
    front = split_front_matter(file, _decoded(file, content))
    reading = _Reading(file, edition, front, newsletter, pictures)
    first_day, last_day = reading.period(issue_id)
    intro, commentaries = reading.body(parse(front.body))
    title, summary = reading.text("title"), reading.text("summary")
    send_at = reading.send_at()
    if reading.findings:
        raise UnpublishableError(sorted(reading.findings, key=lambda finding: finding.line))
    return Issue(
        issue_id,
        edition,
        title,
        summary,
        first_day,
        last_day,
        reading.authors(),
        send_at,
        intro,
        commentaries,
    )


def _decoded(file: str, content: bytes) -> str:
    if len(content) > LONGEST_FILE_BYTES:
        raise UnpublishableError(
            [
                Finding(
                    file,
                    1,
                    "The file is too large.",
                    f"A text has at most {LONGEST_FILE_BYTES // 1000} kB.",
                    "Put pictures into images/ and name them in the text.",
                )
            ]
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnpublishableError(
            [
                Finding(
                    file,
                    line,
                    "The file is not UTF-8.",
                    "We can't tell which letters its bytes mean.",
                    "Save it again with the encoding UTF-8.",
                )
            ]
        ) from error
    text = _INVISIBLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text)


class _Reading:
    """One file being read; collects findings so that an editor sees all of them at once."""

    def __init__(
        self, file: str, edition: str, front: FrontMatter, newsletter: Newsletter, pictures: frozenset[str]
    ) -> None:
        self.file, self.edition, self.front, self.newsletter, self.pictures = (
            file,
            edition,
            front,
            newsletter,
            pictures,
        )
        self.findings: list[Finding] = []
        self.topics = {_folded(t.names[edition]): t.id for t in newsletter.topics} | {
            t.id: t.id for t in newsletter.topics
        }
        self.trends = {_folded(t.phrases[edition]): t.id for t in newsletter.trends}

    def find(self, line: int, what: str, why: str, mend: str) -> None:
        self.findings.append(Finding(self.file, line, what, why, mend))

    def text(self, key: str) -> str:
        value = self.front.values.get(key)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
        self.find(
            self.front.lines.get(key, 1),
            f"“{key}” is missing.",
            "Lists, feeds and the mail show it.",
            f"Add a line “{key}: …” between the lines of “---”.",
        )
        return ""

    def authors(self) -> tuple[str, ...]:
        value = self.front.values.get("authors") or ()
        return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),) if value else ()

    def period(self, issue_id: str) -> tuple[date, date]:
        folder_day = issue_day(issue_id) or date.min
        line = self.front.lines.get("period", 1)
        value = str(self.front.values.get("period") or "")
        parts = value.split("/")
        if not value:
            last = folder_day + timedelta(days=6) if self.newsletter.cadence == "week" else folder_day
            return folder_day, last
        try:
            first, last = (datetime.strptime(part, "%Y-%m-%d").replace(tzinfo=UTC).date() for part in parts)
        except ValueError:
            self.find(
                line,
                f"The period “{value}” can't be read.",
                "It is two days with a slash between.",
                "Write it like 2016-12-05/2016-12-11, or delete the line to take the folder's week.",
            )
            return folder_day, folder_day
        if first > last:
            self.find(
                line,
                "The period ends before it begins.",
                f"{first} is later than {last}.",
                "Swap the two days.",
            )
        return first, last

    def send_at(self) -> datetime | None:
        value = str(self.front.values.get("send_at") or "")
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=self.newsletter.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.find(
                self.front.lines["send_at"],
                f"“{value}” is not a time.",
                "The mailing would not know when to start.",
                "Write it like 2016-12-12T08:00.",
            )
            return None

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
        words = heading.plain().strip()
        found = self.topics.get(_folded(words)) or self.topics.get(words)
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
        found = self.trends.get(_folded(words))
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
        source, line = image.attributes["url"], self.line(image)
        self._check_picture(image)
        return Picture(source, image.plain().strip(), image.attributes["title"], line)

    def line(self, node: Node) -> int:
        return node.line + self.front.body_line

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
