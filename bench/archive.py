"""An archive to measure with: weekly issues in the newsletter's editions, made of the sample's paragraphs.

The same weeks give the same bytes. Broadsheet, Pelican and Hugo read the same text.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

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
        """The file's text."""
        title, summary = (json.dumps(each, ensure_ascii=False) for each in (self.title, self.summary))
        return f"---\ntitle: {title}\nsummary: {summary}\n---\n\n{self.body}"


@cache
def the_newsletter() -> Newsletter:
    """The newsletter of the repository."""
    return read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))


def texts(weeks: int, first: date = FIRST_MONDAY, size_bytes: int = ISSUE_BYTES) -> Iterator[Text]:
    """So many weeks from `first` on, in every edition; each text has about `size_bytes` in UTF-8."""
    for day in (first + timedelta(weeks=week) for week in range(weeks)):
        for edition in the_newsletter().editions:
            chance = random.Random(f"{day}{edition}")  # noqa: S311  # the same each time, no secret
            titles, plain, _ = _parts(edition)
            title, summary = chance.choice(titles), chance.choice(plain).split(". ")[0]
            yield Text(edition, day, title, f"{summary.rstrip('.')}.", _body(edition, size_bytes, chance))


@cache
def _parts(edition: str) -> tuple[list[str], list[str], list[str]]:
    """From the sample: titles of commentaries; plain paragraphs; lists, tables and other paragraphs."""
    files = sorted((ROOT / "content" / "issues").glob(f"*/{edition}.md"))
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").strip().split("\n\n")]
    titles = [block.removeprefix("### ") for block in blocks if block.startswith("### ")]
    paragraphs = [block for block in blocks if not NO_PARAGRAPH.match(block)]
    plain = [block for block in paragraphs if re.match(r"\w.*[.]$", block) and "](" not in block]
    return titles, plain, [block for block in paragraphs if block not in plain]


def _body(edition: str, size_bytes: int, chance: random.Random) -> str:
    """One commentary for each topic, or two; a footnote at the end."""
    newsletter, (titles, plain, others) = the_newsletter(), _parts(edition)
    parts, open_titles = [f"{chance.choice(plain)}[^1]"], chance.sample(titles, len(titles))
    for topic in newsletter.topics:
        parts.append(f"## {topic.names[edition]}")
        count = chance.choice((1, 1, 2))
        for _ in range(count):
            trend = chance.choice(newsletter.trends).phrases[edition]
            piece = [f"### {open_titles.pop()}", f"*{trend}*", *chance.sample(others, 2)]
            while sum(len(part.encode()) + 2 for part in piece) < size_bytes / len(newsletter.topics) / count:
                piece.insert(chance.randint(2, len(piece)), chance.choice(plain))
            parts += piece
    return "\n\n".join([*parts, f"[^1]: {chance.choice(titles)}."]) + "\n"
