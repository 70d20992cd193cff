"""An archive to measure with: weekly issues in the newsletter's editions, made of the sample's pieces.

The same weeks give the same bytes. Below the head, the text is the same for Broadsheet, Pelican and Hugo.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from bench.measuring import ROOT
from broadsheet.newsletter import Newsletter, read_newsletter

FIRST_MONDAY = date(2013, 1, 7)
ISSUE_BYTES = 30_000
NO_PARAGRAPH = re.compile(r"#|\*|!|\[\^|---|.*\[\^", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """One edition of one week."""

    edition: str
    day: date
    title: str
    summary: str
    body: str

    @property
    def markdown(self) -> str:
        """The text as it lies on the desk."""
        return f"---\ntitle: {self.title}\nsummary: {self.summary}\n---\n\n{self.body}"

    def pelican(self) -> str:
        """For Pelican; an edition is a category."""
        head = f"Title: {self.title}\nDate: {self.day}\nCategory: {self.edition}\nSummary: {self.summary}\n"
        return f"{head}Slug: {self.edition}-{self.day}\n\n{self.body}"

    def hugo(self) -> str:
        """For Hugo; an edition is a section."""
        head = {"title": self.title, "date": self.day.isoformat(), "summary": self.summary}
        lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items())
        return f"+++\n{''.join(lines)}+++\n\n{self.body}"


@cache
def the_newsletter() -> Newsletter:
    """The newsletter of the repo, whose editions, topics and trends the archive has."""
    return read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))


def texts(weeks: int, first: date = FIRST_MONDAY, size_bytes: int = ISSUE_BYTES) -> Iterator[Text]:
    """So many weeks from `first` on, in every edition; each text of about `size_bytes` as UTF-8."""
    for day in (first + timedelta(weeks=week) for week in range(weeks)):
        for edition in the_newsletter().editions:
            chance = random.Random(f"{day}{edition}")  # noqa: S311  # the same each time, no secret
            titles, paragraphs = _pieces(edition)
            title, summary = chance.choice(titles), chance.choice(paragraphs["plain"]).split(". ")[0]
            yield Text(edition, day, title, f"{summary.rstrip('.')}.", _body(edition, size_bytes, chance))


def write(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write texts below a folder, by their paths."""
    for path, text in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


@cache
def _pieces(edition: str) -> tuple[list[str], dict[str, list[str]]]:
    """The titles of the sample's commentaries; its plain paragraphs; its lists, quotes and tables."""
    files = sorted((ROOT / "content" / "issues").glob(f"*/{edition}.md"))
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").strip().split("\n\n")]
    titles = [block.removeprefix("### ") for block in blocks if block.startswith("### ")]
    paragraphs = [block for block in blocks if not NO_PARAGRAPH.match(block)]
    plain = [block for block in paragraphs if re.match(r"\w.*[.]$", block) and "](" not in block]
    return titles, {"plain": plain, "others": [block for block in paragraphs if block not in plain]}


def _body(edition: str, size_bytes: int, chance: random.Random) -> str:
    """A commentary for each topic, for every third topic two; a note at the end."""
    newsletter, (titles, paragraphs) = the_newsletter(), _pieces(edition)
    parts, open_titles = [f"{chance.choice(paragraphs['plain'])}[^1]"], chance.sample(titles, len(titles))
    for topic in newsletter.topics:
        parts.append(f"## {topic.names[edition]}")
        count = chance.choice((1, 1, 2))
        for _ in range(count):
            trend = chance.choice(newsletter.trends).phrases[edition]
            piece = [f"### {open_titles.pop()}", f"*{trend}*", *chance.sample(paragraphs["others"], 2)]
            while sum(len(part.encode()) + 2 for part in piece) < size_bytes / len(newsletter.topics) / count:
                piece.insert(chance.randint(2, len(piece)), chance.choice(paragraphs["plain"]))
            parts += piece
    return "\n\n".join([*parts, f"[^1]: {chance.choice(titles)}."]) + "\n"
