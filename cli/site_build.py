"""`broadsheet build`: renders the whole site from a folder, without AWS."""

from pathlib import Path, PurePath

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from broadsheet.archive.history import HistoryFileError
from broadsheet.content.findings import LEFT_OUT, Finding
from broadsheet.content.import_locations import locate_texts
from broadsheet.newsletter import Newsletter
from cli.build_store import FOLDER, BuildStore, base_of, store_folder
from cli.built_issue import is_unread, once
from cli.built_site import (
    FoundSite,
    OutError,
    complete,
    folder_beside,
    found_in,
    loses_issues,
    put_in_place,
)
from cli.console import PrintableConsole, counted
from cli.folder_ports import DeskFolder, RevisionsFolder, SiteFolder
from cli.generator import Build, read_history
from cli.newsletter_file import newsletter_for, only_named, own_newsletter, plain_newsletter
from cli.text_files import content_of, draft_findings, imported_texts, unread_findings
from cli.worker_pool import usable_cores

MOST_UNREAD_LISTED = 20  # unread files that are listed one by one
DESK_FOLDERS = ("drafts", "reports", "revisions")


@click.command()
@click.argument("desk", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--history",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file written by `broadsheet history`.",
)
@click.option(
    "--newsletter",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Path of newsletter.toml; default: the one in DESK.",
)
@click.option(
    "--lenient", is_flag=True, help="Accept whatever is neither unsafe nor ambiguous, in any folder layout."
)
@click.option("--edition", help="With --lenient: the edition for files that do not name one.")
@click.option("--warnings", is_flag=True, help="Show warnings, too.")
@click.option(
    "--no-cache",
    is_flag=True,
    help="Build everything again, and tell if a file differs from what earlier builds kept.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=usable_cores,
    metavar="N",
    help="How many processes build the issues; default: as many as there are cores.",
)
def build(
    desk: Path,
    out: Path,
    history: Path | None,
    newsletter: Path | None,
    *,
    lenient: bool,
    edition: str | None,
    warnings: bool,
    no_cache: bool,
    jobs: int,
) -> None:
    """Render the whole site from a folder laid out like the desk, without AWS."""
    console = PrintableConsole(stderr=True, highlight=False, soft_wrap=True)
    try:
        records = read_history(history)
        settings, texts, found = _located(desk, out, newsletter, lenient=lenient, edition=edition)
        with folder_beside(out) as new:
            there, folder = found_in(out), store_folder(out)
            store = None
            if folder:
                base = base_of(settings, warnings)
                store = BuildStore.opened(folder, base, out, there, compares=no_cache)
            else:
                place = f"{FOLDER} beside {out} is not a folder of yours alone"
                console.print(f"{place}: nothing is kept there for the next build.", markup=False)
            ports = texts, RevisionsFolder(texts, desk), SiteFolder(new)
            built = Build(
                settings, *ports, records, lenient, warnings, found, jobs, None if lenient else store
            )
            _render(built, console)
            is_kept = _is_worse(built, there)
            if is_kept:
                complete(new, out, built.files)
            else:
                states = put_in_place(new, out, built.files, there)
                if store and not lenient:
                    store.save(states, built.pictures)
            if store and lenient:
                store.forget()
    except (HistoryFileError, OutError) as error:
        console.print(str(error), style="red", markup=False)
        raise SystemExit(2) from error
    code = _print_result(console, built, new if is_kept else out, with_warnings=warnings)
    if is_kept:
        left = "was left as it was" if out.exists() else "was not made"
        console.print(f"{out} {left}; the new site is in {new}.", markup=False)
    for path in built.differing:
        console.print(
            f"{path}: an earlier build kept other bytes of this file, made of the same.", markup=False
        )
    raise SystemExit(1 if is_kept or built.differing else code)


def _located(
    desk: Path, out: Path, newsletter: Path | None, *, lenient: bool, edition: str | None
) -> tuple[Newsletter, DeskFolder, list[Finding]]:
    """The newsletter, the texts by issue and edition, and findings about other files."""
    if not lenient:
        settings, texts = newsletter_for(desk, newsletter) or own_newsletter(), DeskFolder.laid_out(desk)
        read = [file for editions in texts.texts.values() for file in editions.values()]
        return settings, texts, unread_findings(desk, read, settings, out)
    files = [file for file in imported_texts(desk) if file.relative_to(desk).parts[0] not in DESK_FOLDERS]
    found = newsletter_for(desk, newsletter)
    settings = found or plain_newsletter(desk.resolve().name, files, edition)
    texts, findings = _imported(desk, files, settings, edition)
    drafts = [finding for finding in draft_findings(desk) if _is_of_import(finding, desk)]
    return settings, texts, findings + drafts


def _render(built: Build, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with built.issues() as issues, Progress(*columns, console=console, transient=True) as progress:
        for _ in progress.track(issues, total=len(built.ids), description="Issues"):
            pass
        for _ in progress.track(built.finish(), total=len(built.register.years()), description="Years"):
            pass


def _is_worse(build: Build, there: FoundSite) -> bool:
    """Whether nothing was built, or a text could not be built and an issue of the old site is lost."""
    has_error = any(finding.is_error for finding in build.findings)
    return not build.register.issues or (has_error and loses_issues(there, build.files))


def _imported(
    desk: Path, imported: list[Path], newsletter: Newsletter, edition: str | None
) -> tuple[DeskFolder, list[Finding]]:
    """The texts of an import by issue and edition, wherever they are in the folder."""
    texts: dict[str, dict[str, Path]] = {}
    findings = []
    files = {file.relative_to(desk): file for file in imported}
    contents: dict[PurePath, bytes] = {path: content_of(file) for path, file in files.items()}
    named = only_named(newsletter, imported)
    for path, location in locate_texts(contents, newsletter, edition, only_named=named).items():
        if isinstance(location, Finding):
            findings.append(location)
        else:
            texts.setdefault(location.issue_id, {})[location.edition] = files[Path(path)]
    return DeskFolder(texts, lenient=True), findings


def _is_of_import(finding: Finding, desk: Path) -> bool:
    """Whether it is about a text of an import, and not about a draft, report or revision of a desk."""
    return Path(finding.file).relative_to(desk).parts[0] not in DESK_FOLDERS or not (desk / "issues").is_dir()


def _print_result(console: Console, build: Build, out: Path, *, with_warnings: bool) -> int:
    findings = once(build.findings)
    errors = [finding for finding in findings if finding.is_error]
    warnings = [finding for finding in findings if not finding.is_error]
    drafts = [finding for finding in warnings if finding.rule in LEFT_OUT]
    unread = [finding for finding in warnings if is_unread(finding)]
    for finding in [*errors, *(warnings if with_warnings else [*drafts, *unread[:MOST_UNREAD_LISTED]])]:
        console.print(str(finding), markup=False, soft_wrap=True)
    editions = sum(issue.published for issue in build.register.issues.values())
    files = {finding.file for finding in errors}
    console.print(
        f"Built {counted(len(build.register.issues), 'issue')}, {counted(editions, 'edition')}, into {out}."
        f" {counted(len(files), 'file')} could not be built;"
        f" {counted(len(warnings) + build.warnings, 'warning')}."
    )
    if drafts:
        left_out = counted(len({f.file for f in drafts}), "file")
        console.print(f"Left out {left_out}: drafts, or not to be shown yet.")
    if unread:
        console.print(
            f"Ignored {counted(len(unread), 'file')}: no text of an issue has such a place or name."
        )
    if not build.register.issues and not files:
        console.print("There was nothing to build: texts belong in issues/<day>/<edition>.md.")
    return 1 if errors else 0
