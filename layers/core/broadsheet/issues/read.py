"""From an editor's file to an issue, or to findings that say line, cause and mend."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from broadsheet.issues.commentaries import TextReader
from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.front_matter import FrontMatter, split_front_matter
from broadsheet.issues.issue import Issue
from broadsheet.issues.markdown import parse
from broadsheet.newsletter import Newsletter

LONGEST_FILE_BYTES = 2_000_000
LONGEST_LINE = 300  # a title or a summary
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_FOLDER = re.compile(r"^(\d{4}-\d{2}-\d{2})(-[a-z0-9-]{1,30})?$")


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
    reading = _Reading(file, front, newsletter)
    text = TextReader(newsletter, edition, pictures, front.body_line, reading.find)
    first_day, last_day = reading.period(issue_id)
    intro, commentaries = text.body(parse(front.body))
    if not front.body.strip():
        reading.find(
            front.body_line,
            "There is no text below the front matter.",
            "An empty page would be published and mailed.",
            "Write the text, or take the file away until there is one.",
        )
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


@dataclass
class _Reading:
    """One file being read; collects findings so that an editor sees all of them at once."""

    file: str
    front: FrontMatter
    newsletter: Newsletter
    findings: list[Finding] = field(default_factory=list)

    def find(self, line: int, what: str, why: str, mend: str) -> None:
        self.findings.append(Finding(self.file, line, what, why, mend))

    def text(self, key: str) -> str:
        value = self.front.values.get(key)
        if isinstance(value, str) and value.strip():
            text = " ".join(value.split())
            if len(text) > LONGEST_LINE:
                self.find(
                    self.front.lines[key],
                    f"The {key} has {len(text)} characters.",
                    f"Lists and mails take at most {LONGEST_LINE}.",
                    "Shorten it.",
                )
            return text
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
