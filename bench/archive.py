"""An archive to measure with: weekly issues in the newsletter's editions, of invented sentences.

The same weeks give the same bytes. The text is laid out for Broadsheet (as the desk is), for Pelican
(`Key: value` lines) and for Hugo (TOML between `+++`); what stands below the head is the same in all three.
"""

import json
import random
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from broadsheet.newsletter import Newsletter, read_newsletter

ROOT = Path(__file__).resolve().parent.parent
FIRST_MONDAY = date(2013, 1, 7)
ISSUE_BYTES = 30_000
Words = dict[str, list[str]]


@dataclass(frozen=True)
class Text:
    """One edition of one week."""

    edition: str
    day: date
    title: str
    summary: str
    body: str

    @property
    def name(self) -> str:
        """The issue's id."""
        return self.day.isoformat()


def the_newsletter() -> Newsletter:
    """The newsletter of the repo, whose editions, topics and trends the archive has."""
    return read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))


def texts(weeks: int, first: date = FIRST_MONDAY, size_bytes: int = ISSUE_BYTES) -> Iterator[Text]:
    """So many weeks from `first` on, in every edition; each text of about `size_bytes` as UTF-8."""
    newsletter = the_newsletter()
    all_words = tomllib.loads((ROOT / "bench" / "words.toml").read_text(encoding="utf-8"))
    for week in range(weeks):
        for edition in newsletter.editions:
            day = first + timedelta(weeks=week)
            writer = _Writer(newsletter, edition, all_words[edition], random.Random(f"{day}{edition}"))  # noqa: S311  # chance that tests repeat, no secret
            yield writer.text(day, size_bytes)


def write_desk(folder: Path, issues: list[Text]) -> None:
    """Lay the texts out as on the desk, `newsletter.toml` beside them."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "newsletter.toml", folder)
    for text in issues:
        head = f"---\ntitle: {text.title}\nsummary: {text.summary}\n---\n\n"
        _write(folder / "issues" / text.name / f"{text.edition}.md", head + text.body)


def write_pelican(folder: Path, issues: list[Text]) -> None:
    """Lay the texts out for Pelican; an edition is a category."""
    for text in issues:
        head = f"Title: {text.title}\nDate: {text.name}\nCategory: {text.edition}\n"
        head += f"Slug: {text.edition}-{text.name}\nSummary: {text.summary}\n\n"
        _write(folder / text.edition / f"{text.name}.md", head + text.body)


def write_hugo(folder: Path, issues: list[Text]) -> None:
    """Lay the texts out for Hugo; an edition is a section."""
    for text in issues:
        entries = {"title": text.title, "date": text.name, "summary": text.summary}
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
        _write(folder / text.edition / f"{text.name}.md", "\n".join(["+++", *lines, "+++\n", text.body]))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


class _Writer:
    """Writes one text; `chance` decides."""

    def __init__(self, newsletter: Newsletter, edition: str, words: Words, chance: random.Random) -> None:
        self.newsletter, self.edition, self.words, self.chance = newsletter, edition, words, chance
        self.notes: list[str] = []

    def text(self, day: date, size_bytes: int) -> Text:
        summary = self.sentence()
        title = f"{self.clause()}: {self.words['colon']}"
        parts = [self.paragraph()]
        share = (size_bytes - len(parts[0].encode())) // len(self.newsletter.topics)
        for topic in self.newsletter.topics:
            parts += [f"## {topic.names[self.edition]}", *self.commentaries(share)]
        notes = [f"[^{number}]: {note}" for number, note in enumerate(self.notes, 1)]
        return Text(self.edition, day, title, summary, "\n\n".join([*parts, *notes]) + "\n")

    def commentaries(self, size_bytes: int) -> list[str]:
        """One, and for every third topic two."""
        count = self.chance.choice((1, 1, 2))
        return [part for _ in range(count) for part in self.commentary(size_bytes // count)]

    def commentary(self, size_bytes: int) -> list[str]:
        trend = self.chance.choice(self.newsletter.trends)
        parts = [f"### {self.clause()}: {self.one('quotes')}", f"*{trend.phrases[self.edition]}*"]
        if self.chance.random() < 1 / 3:
            parts.append(f"**{self.one('authors')}**")
        extras = [
            self.list_of_deeds(),
            self.quote(),
            *([self.table()] if self.chance.random() < 1 / 4 else []),
        ]
        while sum(len(part.encode()) + 2 for part in (*parts, *extras)) < size_bytes:
            parts.append(self.paragraph())
        for extra in extras:
            parts.insert(self.chance.randint(4, max(4, len(parts))), extra)
        return parts

    def paragraph(self) -> str:
        """Three to five sentences; now and then one of them stresses, links or has a note."""
        sentences = [self.sentence() for _ in range(self.chance.randint(3, 5))]
        kind = self.chance.randrange(6)
        if kind == 0:
            sentences.append(f"{self.clause()}: *{self.one('words_of_weight')}*.")
        elif kind == 1:
            target = f"https://library.example.org/{self.edition}/{self.chance.randrange(10_000)}"
            sentences.append(f"{self.clause()} ([{self.one('link_words')}]({target})).")
        elif kind == 2:  # noqa: PLR2004  # the third of six
            self.notes.append(self.one("notes"))
            sentences[-1] += f"[^{len(self.notes)}]"
        return " ".join(sentences)

    def sentence(self) -> str:
        words = (self.one(part) for part in ("openings", "subjects", "deeds", "endings"))
        return "{} {} {}, {}.".format(*words)

    def clause(self) -> str:
        clause = f"{self.one('subjects')} {self.one('deeds')}"
        return clause[0].upper() + clause[1:]

    def list_of_deeds(self) -> str:
        deeds = self.chance.sample(self.words["deeds"], 3)
        return "\n".join(f"- {self.one('subjects')} {deed};" for deed in deeds)

    def quote(self) -> str:
        return f"> {self.one('quotes')}\n>\n> {self.sentence()}"

    def table(self) -> str:
        rows = [self.words["table"], ["---", "--:", "--:"]]
        rows += [
            [f"{month:02}", *(str(self.chance.randrange(900)) for _ in range(2))] for month in (9, 10, 11)
        ]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def one(self, kind: str) -> str:
        return self.chance.choice(self.words[kind])
