"""An archive of weekly issues, made of the sample's paragraphs; its full build beside Pelican and Hugo.

The same weeks give the same bytes. All generators read the same text.
"""

import json
import random
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from statistics import median

from bench.measuring import ROOT, Figures, kept, medians, run
from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_file import read_newsletter
from cli.build_store import FOLDER as STORE

BROADSHEET = ROOT / ".venv" / "bin" / "broadsheet"
PELICAN = (ROOT / ".venv-bench" / "bin" / "pelican", "-q", "-s", ROOT / "bench" / "pelican_settings.py")
HUGO = ("hugo", "--quiet", "--noBuildLock", "-s", ROOT / "bench" / "hugo")
WEEKS, LINKS, LEAST_RATIO, MOST_OF_A_SECOND = 200, 180, 3, 0.1
FIRST_MONDAY, ISSUE_BYTES = date(2013, 1, 7), 30_000
LINK_BYTES = 60
ONE, TWO = "Broadsheet, one process", "Broadsheet, two processes"
AGAIN = "Broadsheet, again with one text changed"
TARGETS = (
    "https://news.example.org/{day}/story-{code}-{number}",
    "https://www.agency.test/politics/{code}.html?from=week&item={number}",
    "http://archive.test/ru/{day:%Y/%m}/{number}/",
    "https://video.example.org/watch?v={code:x}&t={number}s",
    "/en/{day}/index.html",
)
PLAIN_PARAGRAPH = re.compile(r"^\w[^\[\]*`|<>\n]*[.]$", re.MULTILINE)
LONGER_WORD = re.compile(r"\b[^\W\d_]{6,}\b")
NO_PARAGRAPH = re.compile(r"#|\*|!|\[\^|---|.*\[\^", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """One edition of one week."""

    edition: str
    day: date
    markdown: str


@cache
def the_newsletter() -> Newsletter:
    """The newsletter of the repository."""
    return read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))


def texts(
    weeks: int, first: date = FIRST_MONDAY, size_bytes: int = ISSUE_BYTES, links: int = 0
) -> Iterator[Text]:
    """So many weeks from `first` on, in every edition; each text has about `size_bytes` in UTF-8.

    `links` more are set on words of plain paragraphs, which then take up about a third of the bytes.
    """
    for day in (first + timedelta(weeks=week) for week in range(weeks)):
        for edition in the_newsletter().editions:
            markdown = _markdown(edition, day, size_bytes - links * LINK_BYTES)
            yield Text(edition, day, _linked(markdown, day, links))


def _linked(markdown: str, day: date, links: int) -> str:
    """The text with links on words of its plain paragraphs, as evenly as they have words."""
    chance = random.Random(f"{day}{links}")  # noqa: S311  # the same each time, no secret
    places = [word for match in PLAIN_PARAGRAPH.finditer(markdown) for word in _words(match)]
    for number, word in enumerate(sorted(chance.sample(places, links), reverse=True)):
        target = chance.choice(TARGETS).format(day=day, number=number, code=chance.randrange(10**6))
        markdown = f"{markdown[: word[0]]}[{markdown[slice(*word)]}]({target}){markdown[word[1] :]}"
    return markdown


def _words(paragraph: re.Match[str]) -> list[tuple[int, int]]:
    """Where the longer words of a paragraph start and end."""
    words = LONGER_WORD.finditer(paragraph[0])
    return [(paragraph.start() + word.start(), paragraph.start() + word.end()) for word in words]


@cache
def _parts(edition: str) -> tuple[list[str], list[str], list[str]]:
    """From the sample: titles of commentaries; plain paragraphs; lists, tables and other paragraphs."""
    files = sorted((ROOT / "content" / "issues").glob(f"*/{edition}.md"))
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").strip().split("\n\n")]
    titles = [block.removeprefix("### ") for block in blocks if block.startswith("### ")]
    paragraphs = [block for block in blocks if not NO_PARAGRAPH.match(block)]
    plain = [block for block in paragraphs if re.match(r"\w.*[.]$", block) and "](" not in block]
    return titles, plain, [block for block in paragraphs if block not in plain]


def _markdown(edition: str, day: date, size_bytes: int) -> str:
    """Title and summary, one or two commentaries for each topic, and a footnote."""
    chance = random.Random(f"{day}{edition}")  # noqa: S311  # the same each time, no secret
    newsletter, (titles, plain, others) = the_newsletter(), _parts(edition)
    summary, unused = chance.choice(plain).split(". ")[0].rstrip("."), chance.sample(titles, len(titles))
    head = {"title": chance.choice(titles), "summary": f"{summary}."}
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items())
    parts = [f"---\n{''.join(lines)}---", f"{chance.choice(plain)}[^1]"]
    for topic in newsletter.topics:
        parts.append(f"## {topic.names[edition]}")
        count = chance.choice((1, 1, 2))
        for _ in range(count):
            trend = chance.choice(newsletter.trends).phrases[edition]
            piece = [f"### {unused.pop()}", f"*{trend}*", *chance.sample(others, 2)]
            while sum(len(part.encode()) + 2 for part in piece) < size_bytes / len(newsletter.topics) / count:
                piece.insert(chance.randint(2, len(piece)), chance.choice(plain))
            parts += piece
    return "\n\n".join([*parts, f"[^1]: {chance.choice(titles)}."]) + "\n"


def building(folder: Path, rounds: int) -> Figures:
    """Measure the builds in an empty folder; a generator that is not installed has no row."""
    desk, articles, out = folder / "desk", folder / "articles", folder / "out"
    issues = list(texts(WEEKS, links=LINKS))
    for text in issues:
        names = f"desk/issues/{text.day}/{text.edition}.md", f"articles/{text.edition}/{text.day}.md"
        for path in (folder / name for name in names):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.markdown, encoding="utf-8")
    shutil.copy(ROOT / "newsletter.toml", desk)
    ours = (BROADSHEET, "build", desk, out, "--jobs")
    commands: dict[str, tuple[str | Path, ...]] = {
        ONE: (*ours, "1"),
        TWO: (*ours, "2"),
        AGAIN: (*ours, "2"),
        f"Pelican {version(PELICAN[0], '--version')}": (*PELICAN, "-o", out, articles),
        f"Hugo {version(HUGO[0], 'version')}": (*HUGO, "-d", out, "-c", articles),
    }
    commands = {name: command for name, command in commands.items() if shutil.which(command[0])}
    pages, clock = dict[str, int](), {name: list[float]() for name in commands}
    newest = desk / "issues" / str(issues[-1].day) / f"{issues[-1].edition}.md"

    def build(name: str) -> float:
        if name == AGAIN:  # right after a full build
            newest.write_text(f"{newest.read_text(encoding='utf-8')}\nA word.\n", encoding="utf-8")
        else:
            shutil.rmtree(folder / STORE, ignore_errors=True)
            shutil.rmtree(out, ignore_errors=True)
        began = time.monotonic()
        _, seconds = run(commands[name])
        clock[name].append(time.monotonic() - began)
        pages[name] = sum(1 for _ in out.rglob("*.html"))
        return seconds

    seconds = medians({name: partial(build, name) for name in commands}, rounds)
    speeds = {name: len(issues) / seconds[name] for name in commands}
    pelican = next((speed for name, speed in speeds.items() if "Pelican" in name), float("nan"))
    rows = []
    for name, speed in speeds.items():
        ratios = (f"{speed:.0f}", f"{speed / pelican:.1f}", f"{pages[name] / seconds[name]:.0f}")
        rows.append((name, *ratios, f"{pages[name]}", f"{seconds[name]:.2f}", f"{median(clock[name]):.2f}"))
    again = seconds[AGAIN] / seconds[ONE]
    waited = median(clock[AGAIN]) / median(clock[TWO])
    return Figures(
        "A full build",
        rows,
        f"Texts per CPU second are {speeds[ONE] / pelican:.1f} times Pelican's: "
        f"{kept(speeds[ONE] >= LEAST_RATIO * pelican)}. A second build takes {again:.1%} of the CPU "
        f"and {waited:.1%} of the time of a full one: {kept(max(again, waited) <= MOST_OF_A_SECOND)}.",
    )


def version(program: str | Path, argument: str) -> str:
    """A program's version; "" if it is not installed."""
    found = re.search(r"\d+(?:\.\d+)+", run((program, argument))[0]) if shutil.which(program) else None
    return found[0] if found else ""
