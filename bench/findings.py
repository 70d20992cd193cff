"""How many findings of each rule the texts of a folder have: a rule that cries wolf shows there.

    .venv/bin/python -m bench.findings FOLDER [--edition be] [--strict] [--show RULE]

Whatever looks like a text (.md, .markdown, .txt) is read as one edition's issue; one without a head gets one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from bench.archive import the_newsletter
from broadsheet.content.findings import Finding, UnpublishableError, shortened
from broadsheet.content.read import read_issue

ENDINGS = (".md", ".markdown", ".txt")
HEADS, HEAD = (b"---", b"+++", b"{"), b"---\ntitle: A title\nsummary: A summary.\n---\n"
MOST_BYTES = 400_000


def texts_below(folder: Path) -> Iterator[Path]:
    """The files that look like texts, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file() and path.stat().st_size <= MOST_BYTES:
            yield path


def findings_of(path: Path, edition: str, *, lenient: bool) -> tuple[Finding, ...]:
    """What is found in one file, errors and warnings; its lines are those of the file."""
    content = path.read_bytes()
    head = b"" if content.startswith(HEADS) else HEAD
    none, newsletter = frozenset[str](), the_newsletter()
    try:
        reading = read_issue(
            "2016-12-05", edition, head + content, none, newsletter, lenient=lenient, file=str(path)
        )
        found = reading.warnings
    except UnpublishableError as error:
        found = error.findings
    return tuple(replace(each, line=max(1, each.line - head.count(b"\n"))) for each in found)


def table(found: list[tuple[Finding, ...]]) -> str:
    """A line for each rule, those with most findings first."""
    findings = Counter(each.rule for of_file in found for each in of_file)
    files = Counter(rule for of_file in found for rule in {each.rule for each in of_file})
    lines = [f"{n:>9} {files[rule]:>6}  {rule}" for rule, n in findings.most_common()]
    return "\n".join([f"{len(found)} texts", f"{'findings':>9} {'files':>6}  rule", *lines])


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--edition", default="en")
@click.option("--strict", is_flag=True, help="As the desk reads a text, not as an import does.")
@click.option("--show", default="", help="Print each place of this rule.")
def main(folder: Path, edition: str, strict: bool, show: str) -> None:  # noqa: FBT001  # click's options
    """Count the findings in a folder's texts by rule."""
    found = [findings_of(path, edition, lenient=not strict) for path in texts_below(folder)]
    click.echo(table(found))
    for each in (each for findings in found for each in findings if each.rule == show):
        click.echo(f"{each.file}:{each.line}: {shortened(' '.join(each.values.values()), 160)}")


if __name__ == "__main__":
    main()
