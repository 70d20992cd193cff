"""`broadsheet check`: checks an editor's files as publishing would, without AWS.

Exit codes: 0 no errors, 1 an error was found, 2 wrong usage.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.padding import Padding
from rich.text import Text

from broadsheet.characters import printable
from broadsheet.content.findings import Finding, in_order
from broadsheet.newsletter import Newsletter
from cli.console import PrintableConsole
from cli.counting import counted
from cli.json_output import json_option, print_json
from cli.newsletter_file import newsletter_for, own_newsletter, plain_newsletter
from cli.proofreader import TextChecker
from cli.text_files import desk_texts, draft_findings, imported_texts, issue_texts

MOST_NAMED = 10  # of the issues that are too old to be emailed


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--lenient", is_flag=True, help="Accept whatever is neither unsafe nor ambiguous, in any folder layout."
)
@click.option("--edition", metavar="ID", help="The edition for files that do not name one.")
@click.option(
    "--newsletter",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The newsletter.toml to use; default: the nearest one above the first file.",
)
@click.option("--language", default="en", metavar="CODE", help="The language of the findings: en, be or ru.")
@json_option
def check(
    files: tuple[Path, ...],
    *,
    lenient: bool,
    edition: str | None,
    newsletter: Path | None,
    language: str,
    as_json: bool,
) -> None:
    """Check issues the way publishing does, without AWS; for a folder, all issues in it."""
    texts = texts_in(files, lenient=lenient)
    if not texts:
        raise click.UsageError(_nothing_in(files))
    found_newsletter = the_newsletter(texts, newsletter, edition if lenient else None, lenient=lenient)
    if edition and edition not in found_newsletter.editions:
        known = ", ".join(found_newsletter.editions)
        raise click.UsageError(f"There is no edition {edition!r}; newsletter.toml has {known}.")
    result = TextChecker(found_newsletter, lenient, edition).check(texts)
    findings = result.findings
    if lenient:
        drafts = [finding for path in files if path.is_dir() for finding in draft_findings(path)]
        asked = {str(file) for file in texts}
        findings = in_order([*findings, *(draft for draft in drafts if draft.file not in asked)])
    (show_as_json if as_json else show)(findings, len(texts), language)
    if result.not_emailed and not as_json:
        click.echo(not_emailed(result.not_emailed, found_newsletter, language), err=True)
    raise SystemExit(int(any(finding.is_error for finding in findings)))


def texts_in(paths: Iterable[Path], *, lenient: bool = False) -> list[Path]:
    """The given files, and of each folder the texts of its issues, or else all texts below it."""
    found: dict[Path, None] = {}
    for path in paths:
        found |= dict.fromkeys(_texts_below(path, lenient=lenient) if path.is_dir() else [path])
    return list(found)


def _texts_below(folder: Path, *, lenient: bool) -> list[Path]:
    if _is_issue(folder):
        return list(issue_texts(folder).values())
    if folder.resolve().name == "issues":
        return _texts_of_issues(folder)
    on_desk = _texts_of_issues(folder / "issues")
    return on_desk or (imported_texts(folder) if lenient else desk_texts(folder, "**/*.md"))


def _texts_of_issues(folder: Path) -> list[Path]:
    folders = sorted({file.parent for file in desk_texts(folder, "*/*")})
    return [text for each in folders for text in issue_texts(each).values()]


def _is_issue(folder: Path) -> bool:
    return folder.resolve().parent.name == "issues"


def _nothing_in(paths: Iterable[Path]) -> str:
    empty = next((path for path in paths if path.is_dir() and _is_issue(path)), None)
    if not empty:
        return "There is no .md file to check."
    held = ", ".join(sorted(path.name for path in empty.iterdir())[:5]) or "nothing"
    return (
        f"There is no text in {empty}: a text is named after its edition, for example en.md. The folder"
        f" contains {held}."
    )


def the_newsletter(
    files: list[Path], given: Path | None, edition: str | None = None, *, lenient: bool = False
) -> Newsletter:
    """The given newsletter, else the nearest above the first file, else this checkout's.

    Lenient texts without a newsletter get a plain one.
    """
    found = newsletter_for(files[0].parent, given)
    if not found and lenient:
        return plain_newsletter(files[0].resolve().parent.name, files, edition)
    return found or own_newsletter()


def show(findings: tuple[Finding, ...], file_count: int, language: str) -> None:
    """Print the findings and their number: in colour and by file on a terminal, else one line each."""
    errors = sum(finding.is_error for finding in findings)
    warnings = len(findings) - errors
    counts = f"{counted(file_count, 'file')}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"
    if sys.stdout.isatty():
        show_in_colour(findings, counts, language)
        return
    for finding in findings:
        text, level = finding.text(language), "error" if finding.is_error else "warning"
        line = f"{finding.place}: {level}: {text.what} {text.why} {text.mend}"
        click.echo(printable(line))
    click.echo(counts)


def not_emailed(issues: tuple[str, ...], newsletter: Newsletter, language: str) -> str:
    """That publishing these issues emails nobody, and how to have them emailed."""
    named = ", ".join(issues[:MOST_NAMED]) + (", …" if len(issues) > MOST_NAMED else "")
    values = {"days": str(newsletter.mail_within_days), "issues": named}
    text = Finding("", 0, "issues-old", values, is_error=False).text(language)
    return printable(f"{text.what} {text.why} {text.mend}")


def show_as_json(findings: tuple[Finding, ...], file_count: int, language: str) -> None:
    """Print the findings and their number as JSON."""
    print_json({"files": file_count, "findings": [_plain(finding, language) for finding in findings]})


def _plain(finding: Finding, language: str) -> dict[str, object]:
    text, level = finding.text(language), "error" if finding.is_error else "warning"
    return {
        "file": finding.file,
        "line": finding.line,
        "level": level,
        "rule": finding.rule,
        "what": text.what,
        "why": text.why,
        "mend": text.mend,
    }


def show_in_colour(findings: tuple[Finding, ...], counts: str, language: str) -> None:
    """Print findings grouped by file, each with its reason and repair below."""
    console, file = PrintableConsole(highlight=False), ""
    for finding in findings:
        if finding.file != file:
            file = finding.file
            console.print(Text(f"\n{file}", style="bold"))
        text, colour = finding.text(language), "red" if finding.is_error else "yellow"
        level = Text("error  " if finding.is_error else "warning", style=f"bold {colour}")
        head = Text(f"{finding.line or '':>5}  ").append_text(level).append(f"  {text.what}")
        console.print(Padding(head, (0, 0, 0, 0)))
        console.print(Padding(Text(f"{text.why}\n{text.mend}", style="dim"), (0, 0, 0, 16)))
    console.print(Text(f"\n{counts}", style="bold"))
