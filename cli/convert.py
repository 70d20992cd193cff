"""`broadsheet convert`: an export of another system becomes a folder laid out like the desk, without network.

Exit codes: 0 everything was converted; 1 a person has something to do: the mapping file was written and waits
for corrections, or the report names errors, missing pictures or changed files; 2 the export, the mapping
file, newsletter.toml or the folder can't be used.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from broadsheet.characters import printable
from broadsheet.content.findings import Finding
from broadsheet.newsletter import Newsletter
from cli.console import PrintableConsole
from cli.conversion_tables import show_found, show_result
from cli.cores import usable_cores
from cli.desk_check import DeskChecker, checking
from cli.newsletter_file import newsletter_for, own_newsletter
from conversion.converting import Conversion, Result
from conversion.desk_state import UnusableDeskError
from conversion.exports import opened
from conversion.facts import Found
from conversion.html_to_markdown import markdown_of
from conversion.mapping import MOST_BYTES, Mapping, MappingError, read_mapping
from conversion.mapping_file import new_mapping, with_new_names
from conversion.pictures import Pictures
from conversion.post import ExportReader, UnreadableExportError
from conversion.report import losses, report
from conversion.survey import survey
from conversion.texts import code_digest, digest_of_files
from conversion.whole_files import put_whole
from conversion.work_folder import check_desk, work_folder
from conversion.work_store import WorkStore

_T = TypeVar("_T")
_FOR_ITS_USER = 0o600
_UNUSABLE = (MappingError, UnreadableExportError, UnusableDeskError)


class _UnusableError(click.ClickException):
    """The export, the mapping file or the folder can't be used."""

    exit_code = 2


@dataclass(frozen=True)
class _Job:
    """What was asked for."""

    export: Path
    desk: Path
    newsletter: Newsletter
    mapping: Path
    uploads: Path | None
    jobs: int
    console: PrintableConsole

    def track(self, items: Iterable[_T], what: str, total: int | None = None) -> Iterator[_T]:
        """The items, with a bar on a terminal."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        is_hidden = not self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=is_hidden) as progress:
            yield from progress.track(items, total=total, description=what)


@click.command()
@click.argument("export", type=click.Path(exists=True, path_type=Path))
@click.argument("desk", type=click.Path(path_type=Path))
@click.option(
    "--uploads",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the old system's folder of pictures, such as wp-content/uploads.",
)
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that says what languages, categories and authors become; default: DESK.mapping.toml.",
)
@click.option(
    "--newsletter",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Path of newsletter.toml; default: the one in DESK or above it.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be converted, and write nothing at all.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=usable_cores,
    metavar="N",
    help="How many processes check the result; default: as many as there are cores.",
)
def convert(
    export: Path,
    desk: Path,
    *,
    uploads: Path | None,
    mapping: Path | None,
    newsletter: Path | None,
    dry_run: bool,
    jobs: int,
) -> None:
    """Convert an export of WordPress, Ghost, Substack or another system into a folder like the desk."""
    desk = desk if desk.name.strip(".") else desk.resolve()
    if not desk.name or (export.is_dir() and desk.resolve().is_relative_to(export.resolve())):
        raise click.UsageError(f"{desk} is in the export, or is no folder of its own. Name a new folder.")
    settings = newsletter_for(desk, newsletter) or own_newsletter()
    file = mapping or desk.with_name(f"{desk.name}.mapping.toml")
    console = PrintableConsole(highlight=False, soft_wrap=True)
    job = _Job(export, desk, settings, file, uploads, jobs, console)
    try:
        check_desk(desk)
        text = _text_of(file)
        if text is not None and not dry_run:
            read_mapping(text, settings, str(file))  # its mistakes are told before the export is read
        reader = opened(export, settings.zone)
        if text is None or dry_run:
            code = _look(job, reader, text, writes=not dry_run)
        else:
            code = _convert(job, reader, text)
    except _UNUSABLE as error:
        raise _UnusableError(printable(str(error))) from None
    except sqlite3.Error as error:
        raise click.ClickException(f"{desk}.converting can't be used: {error}.") from error
    except KeyboardInterrupt:
        console.print("Interrupted. The same command continues where it stopped.")
        raise
    raise SystemExit(code)


def _look(job: _Job, reader: ExportReader, text: str | None, *, writes: bool) -> int:
    """Show what the export has, and write the mapping file if there is none and `writes`."""
    store = WorkStore(None)
    found = survey(reader, store, job.track)
    newsletter = job.newsletter
    proposed = new_mapping(found, newsletter) if text is None else with_new_names(text, found, newsletter)
    mistakes, mapping = "", None
    try:
        mapping = read_mapping(proposed, newsletter, str(job.mapping))
    except MappingError as error:
        mistakes = str(error)
    show_found(job.console, reader.system, store, found, newsletter, mapping)
    store.close()
    if text is None and writes:
        put_whole(job.mapping, proposed.encode(), mode=_FOR_ITS_USER)
        job.console.print(
            f"Wrote {job.mapping}, and nothing else. Open it, correct what each name becomes, and run the"
            " same command again.",
            markup=False,
        )
    if mistakes:
        job.console.print(mistakes, markup=False)
    return 1 if writes or mistakes else 0


def _convert(job: _Job, reader: ExportReader, text: str) -> int:
    """Convert, check, report."""
    with work_folder(job.desk) as work:
        found = survey(reader, work.store, job.track)
        mapping = _completed_mapping(job, found, text)
        pictures = Pictures(reader, job.uploads)
        conversion = Conversion(reader, job.newsletter, mapping, job.desk, work, pictures, job.track)
        base = "\0".join((code_digest(), digest_of_files(job.export), pictures.listing))
        result = conversion.convert(markdown_of, base)
        errors = _errors(job, result)
        lost = losses(result, work.store)
        file = job.desk.with_name(f"{job.desk.name}.report.txt")
        lines = [str(finding) for finding in errors]
        whole = report(reader.system, result, work.store, lost, lines)
        put_whole(file, whole.encode(), mode=_FOR_ITS_USER)
        show_result(job.console, result, work.store, lost, errors)
    job.console.print(f"Everything by title is in {file}.", markup=False)
    if not result.issues:
        job.console.print("Nothing was converted: the export has no public post, or all are left out.")
    return int(bool(result.needs_person or errors or lost.missing or not result.issues))


def _completed_mapping(job: _Job, found: Found, text: str) -> Mapping:
    """The mapping with the names that are new in the export, which are added to its file."""
    completed = with_new_names(text, found, job.newsletter)
    if completed != text:
        put_whole(job.mapping, completed.encode(), mode=_FOR_ITS_USER)
        job.console.print(
            f"{job.mapping}: new names of the export were added at the end of its tables.", markup=False
        )
    return read_mapping(completed, job.newsletter, str(job.mapping))


def _errors(job: _Job, result: Result) -> list[Finding]:
    """What keeps texts from being published."""
    issues = [issue_id for issue_id in result.issues if (job.desk / "issues" / issue_id).is_dir()]
    with checking(DeskChecker(job.desk, job.newsletter), issues, job.jobs) as found:
        return [finding for each in job.track(found, "Checking", len(issues)) for finding in each]


def _text_of(file: Path) -> str | None:
    """The text of the mapping file; None if there is none.

    Raises:
        MappingError: it is no text.
    """
    try:
        if not file.is_file() and file.exists():
            raise MappingError(f"{file} is no ordinary file. Name the mapping file.")
        if file.stat().st_size > MOST_BYTES:
            raise MappingError(f"{file} has more than {MOST_BYTES // 1_000_000} MB. Name the mapping file.")
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise MappingError(
            f"{file} is no text in UTF-8. Save it as UTF-8, and run the command again."
        ) from None
