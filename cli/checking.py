"""`broadsheet check`: an editor's files looked at as publishing would, without AWS.

Exit codes: 0 nothing but warnings, 1 an error was found, 2 wrong usage.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import click

from broadsheet.issues.checks import (
    Week,
    link_findings,
    send_at_findings,
    shortened_findings,
    text_digest,
    translation_findings,
    week_findings,
)
from broadsheet.issues.decode import LONGEST_FILE_BYTES
from broadsheet.issues.findings import Finding, UnpublishableError, in_order
from broadsheet.issues.imports import Place, places
from broadsheet.issues.issue import Issue
from broadsheet.issues.pictures import picture_rules
from broadsheet.issues.read import issue_day, read_issue
from broadsheet.mailings.compose import mail_body
from broadsheet.newsletter import Newsletter, NewsletterFileError
from cli.newsletter_file import newsletter_for, own_newsletter, plain_newsletter

_READ_BYTES = 20 * LONGEST_FILE_BYTES
_PAGES_OF_AN_EDITION = ("index.html", "feed.xml", "feed.json")


def check(
    paths: Iterable[Path], *, lenient: bool, edition: str | None, newsletter_file: Path | None, language: str
) -> int:
    """Check files and folders, print what was found, and give the exit code.

    Raises:
        click.UsageError: no file to check, no usable newsletter.toml, or no such edition.
    """
    files = texts_in(paths)
    if not files:
        raise click.UsageError("There is no .md file to check.")
    newsletter = the_newsletter(files, newsletter_file, edition if lenient else None, lenient=lenient)
    if edition and edition not in newsletter.editions:
        known = ", ".join(newsletter.editions)
        raise click.UsageError(f"There is no edition {edition!r}; newsletter.toml has {known}.")
    findings = findings_in(files, newsletter, lenient=lenient, edition=edition)
    show(findings, len(files), language)
    return int(any(finding.is_error for finding in findings))


def texts_in(paths: Iterable[Path]) -> list[Path]:
    """The files themselves; of a folder those of its issues, or else all `*.md` below it."""
    found: dict[Path, None] = {}
    for path in paths:
        below = sorted(path.glob("issues/*/*.md")) or sorted(path.rglob("*.md")) if path.is_dir() else [path]
        found |= dict.fromkeys(file for file in below if file.is_file() and not _is_hidden(file, path))
    return list(found)


def the_newsletter(
    files: list[Path], given: Path | None, edition: str | None = None, *, lenient: bool = False
) -> Newsletter:
    """The newsletter that is given, else the nearest above the first file, else this checkout's.

    An import that has none is taken for a plain one.
    """
    try:
        found = newsletter_for(files[0].parent, given)
        if not found and lenient:
            return plain_newsletter(files[0].resolve().parent.name, files, edition)
        return found or own_newsletter()
    except (NewsletterFileError, OSError, UnicodeDecodeError) as error:
        raise click.UsageError(str(error)) from error


def findings_in(
    files: list[Path], newsletter: Newsletter, *, lenient: bool, edition: str | None
) -> tuple[Finding, ...]:
    """What is found in the files, each alone and all together."""
    contents: dict[PurePath, bytes] = {file: _content(file) for file in files}
    placed = _placed(contents, newsletter, lenient=lenient, edition=edition)
    found = [where for where in placed.values() if isinstance(where, Finding)]
    checked = []
    for file in files:
        where = placed[file]
        if isinstance(where, Place):
            pictures = _pictures(file, only_usable=lenient)
            try:
                reading = read_issue(
                    *where, contents[file], frozenset(pictures), newsletter, lenient=lenient, file=str(file)
                )
            except UnpublishableError as error:
                found += error.findings
            else:
                found += reading.warnings
                checked.append(_Checked(file, reading.issue, pictures))
    there = {where for where in placed.values() if isinstance(where, Place)}
    for one in checked:
        found += _together(one, checked, there, newsletter)
    return in_order(found)


@dataclass(frozen=True)
class _Checked:
    """A file that can be published; `pictures` are the files beside it by their path in the folder."""

    file: Path
    issue: Issue
    pictures: dict[str, Path]


def _placed(
    contents: dict[PurePath, bytes], newsletter: Newsletter, *, lenient: bool, edition: str | None
) -> dict[PurePath, Place | Finding]:
    """Where each file belongs: as its place on the desk says, or when lenient as well as it can be told."""
    on_desk = {file: _desk_place(file) for file in contents}
    placed: dict[PurePath, Place | Finding] = {file: where for file, where in on_desk.items() if where}
    others = {file: content for file, content in contents.items() if not on_desk[file]}
    if not lenient:
        return placed | {file: Finding(str(file), 1, "file-not-on-desk") for file in others}
    absolute: dict[PurePath, PurePath] = {Path(file).resolve(): file for file in others}
    told = places({path: others[file] for path, file in absolute.items()}, newsletter, edition)
    for path, where in told.items():
        file = absolute[path]
        if isinstance(where, Finding):
            where = replace(where, file=str(file))  # noqa: PLW2901  # under the name that was given
        placed[file] = where
    return placed


def _desk_place(file: PurePath) -> Place | None:
    """`issues/<id>/<edition>.md`, wherever the desk's copy lies."""
    folder = Path(file).resolve().parent
    return Place(folder.name, file.stem) if folder.parent.name == "issues" else None


def _together(
    one: _Checked, all_checked: list[_Checked], there: set[Place], newsletter: Newsletter
) -> list[Finding]:
    """What the file alone could not tell."""
    file, issue = str(one.file), one.issue
    same = [other.issue for other in all_checked if other.issue.edition == issue.edition]
    weeks = [Week(i.id, i.first_day, i.last_day, i.title, text_digest(i)) for i in same if i.id != issue.id]
    beside = {where.edition for where in there if where.issue_id == issue.id}
    if _desk_place(one.file):
        beside |= {text.stem for text in one.file.parent.glob("*.md")}
    pages = {f"{i.edition}/{i.id}/{name}" for c in all_checked for i in [c.issue] for name in _pages(i)}

    def exists(path: str) -> bool:
        return path in pages or _is_on_desk(path, one.file, newsletter)

    return [
        *week_findings(file, issue, weeks),
        *link_findings(file, issue, newsletter, exists),
        *translation_findings(file, issue.edition, beside, newsletter),
        *shortened_findings(file, mail_body(issue, newsletter)),
        *send_at_findings(file, issue.edition, _texts_beside(one), newsletter),
        *_picture_findings(one),
    ]


def _texts_beside(one: _Checked) -> dict[str, bytes]:
    """The texts of the issue's folder by edition; the file alone where it is no folder of the desk."""
    if not _desk_place(one.file):
        return {one.issue.edition: _content(one.file)}
    return {text.stem: _content(text) for text in one.file.parent.glob("*.md")}


def _pages(issue: Issue) -> list[str]:
    return ["index.html", *(f"{piece.name}.html" for piece in issue.commentaries)]


def _is_on_desk(path: str, file: Path, newsletter: Newsletter) -> bool:
    """Whether a page of the site comes of a file on the same desk, or stands without any issue."""
    edition, _, name = path.partition("/")
    if edition not in newsletter.editions:
        return path in ("index.html", "404.html")
    issue_id, _, page = name.partition("/")
    if issue_day(issue_id):
        return bool(page) and (file.resolve().parent.parent / issue_id / f"{edition}.md").is_file()
    return name in _PAGES_OF_AN_EDITION or issue_id in ("archive", "topics")


def _picture_findings(one: _Checked) -> list[Finding]:
    lines = one.issue.picture_lines()
    return [
        Finding(str(one.file), lines.get(source, 1), rule, {"source": source, **values}, is_error)
        for source in one.issue.pictures()
        for rule, values, is_error in picture_rules(one.pictures[source].read_bytes(), source)
    ]


def _pictures(file: Path, *, only_usable: bool) -> dict[str, Path]:
    """The files in `images/` beside a text, by path in the folder; an import goes on without bad ones."""
    there = {p.relative_to(file.parent).as_posix(): p for p in file.parent.glob("images/**/*") if p.is_file()}
    return {
        name: path
        for name, path in there.items()
        if not only_usable or not any(is_error for *_, is_error in picture_rules(path.read_bytes(), name))
    }


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_READ_BYTES)


def _is_hidden(file: Path, given: Path) -> bool:
    return file != given and any(part.startswith((".", "_")) for part in file.relative_to(given).parts)


def show(findings: tuple[Finding, ...], file_count: int, language: str) -> None:
    """Print the findings, in colour and by file on a terminal, else a line each; and how many they are."""
    errors = sum(finding.is_error for finding in findings)
    counts = (
        f"{_many(file_count, 'file')}: {_many(errors, 'error')}, {_many(len(findings) - errors, 'warning')}"
    )
    if sys.stdout.isatty():
        show_in_colour(findings, counts, language)
        return
    for finding in findings:
        told, level = finding.told(language), "error" if finding.is_error else "warning"
        print(f"{finding.file}:{finding.line}: {level}: {told.what} {told.why} {told.mend}")
    print(counts)


def show_in_colour(findings: tuple[Finding, ...], counts: str, language: str) -> None:
    """Print findings for a person: grouped by file, levels in colour, why and mend below what."""
    from rich.console import Console  # noqa: PLC0415  # only for a person who looks
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console, file = Console(highlight=False), ""
    for finding in findings:
        if finding.file != file:
            file = finding.file
            console.print(Text(f"\n{file}", style="bold"))
        told, colour = finding.told(language), "red" if finding.is_error else "yellow"
        level = Text("error  " if finding.is_error else "warning", style=f"bold {colour}")
        head = Text(f"{finding.line:>5}  ").append_text(level).append(f"  {told.what}")
        console.print(Padding(head, (0, 0, 0, 0)))
        console.print(Padding(Text(f"{told.why}\n{told.mend}", style="dim"), (0, 0, 0, 16)))
    console.print(Text(f"\n{counts}", style="bold"))


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
