"""How many findings of each rule the texts of a folder have: a rule that cries wolf shows there.

    .venv/bin/python -m bench.findings FOLDER [--edition be] [--strict] [--show RULE]

Whatever looks like a text (.md, .markdown, .txt) is read as one edition's issue, leniently unless `--strict`;
one without a head gets one. `--show` prints each place of a rule, with its line, to be looked at.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.archive import the_newsletter
from broadsheet.content.findings import Finding, UnpublishableError, shortened
from broadsheet.content.read import read_issue
from broadsheet.newsletter import Newsletter

ENDINGS = (".md", ".markdown", ".txt")
MONDAY = date(2016, 12, 5)
HEADS = (b"---", b"+++", b"{")
HEAD = b"---\ntitle: A title\nsummary: A summary.\n---\n"
MOST_BYTES = 400_000


@dataclass(frozen=True)
class Counts:
    """What a folder's texts have: how many there are, findings and files by rule."""

    texts: int
    findings: Counter[str]
    files: Counter[str]

    def table(self) -> str:
        """A line for each rule, those with most findings first."""
        lines = [f"{self.texts} texts", f"{'findings':>9} {'files':>6}  rule"]
        lines += [f"{n:>9} {self.files[rule]:>6}  {rule}" for rule, n in self.findings.most_common()]
        return "\n".join(lines)


def texts_below(folder: Path) -> Iterator[Path]:
    """The files that look like texts, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file() and path.stat().st_size <= MOST_BYTES:
            yield path


def findings_of(path: Path, newsletter: Newsletter, edition: str, *, lenient: bool) -> tuple[Finding, ...]:
    """What is found in one file, errors and warnings; its lines are those of the file."""
    content = path.read_bytes()
    above = 0
    if not content.startswith(HEADS):
        content, above = HEAD + content, HEAD.count(b"\n")
    file, pictures = str(path), frozenset[str]()
    try:
        reading = read_issue(
            MONDAY.isoformat(), edition, content, pictures, newsletter, lenient=lenient, file=file
        )
        found = reading.warnings
    except UnpublishableError as error:
        found = error.findings
    return tuple(Finding(f.file, max(1, f.line - above), f.rule, f.values, f.is_error) for f in found)


def counted(found: dict[Path, tuple[Finding, ...]]) -> Counts:
    """The findings by rule; of one rule a file has as many as a report shows."""
    rules = [Counter(each.rule for each in findings) for findings in found.values()]
    return Counts(len(found), sum(rules, Counter()), Counter(rule for counts in rules for rule in counts))


def main(arguments: list[str]) -> None:
    """Read a folder and print its counts, or the places of one rule."""
    parser = argparse.ArgumentParser(description="Count findings by rule.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edition", default="en")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--show", default="")
    given = parser.parse_args(arguments)
    newsletter = the_newsletter()
    found = {
        path: findings_of(path, newsletter, given.edition, lenient=not given.strict)
        for path in texts_below(given.folder)
    }
    print(counted(found).table())  # noqa: T201  # a command of the bench
    for each in (each for findings in found.values() for each in findings if each.rule == given.show):
        print(f"{each.file}:{each.line}: {shortened(' '.join(each.values.values()), 160)}")  # noqa: T201  # the same


if __name__ == "__main__":
    main(sys.argv[1:])
