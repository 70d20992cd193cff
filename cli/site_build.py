"""`broadsheet build`: renders the whole site from a folder, without AWS."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.archive.history import HistoryFileError
from broadsheet.characters import printable
from broadsheet.content.findings import LEFT_OUT, Finding
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
from cli.cores import usable_cores
from cli.counting import counted
from cli.folder_ports import DeskFolder, RevisionsFolder, SiteFolder
from cli.generator import Build, read_history
from cli.newsletter_file import NAME as NEWSLETTER
from cli.newsletter_file import newsletter_for, own_newsletter
from cli.text_files import unread_findings
from infrastructure.build import ROOT

if TYPE_CHECKING:
    from cli.redirect_pages import RedirectPages

REDIRECTS = "redirects.toml"
MOST_UNREAD_LISTED = 20  # unread files that are listed one by one


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
    try:
        records = read_history(history)
        settings, texts, found = _located(desk, out, newsletter, lenient=lenient, edition=edition)
        redirects = _redirects(desk, newsletter, settings)
        with folder_beside(out) as new:
            there = found_in(out)
            store = _store(settings, out, there, warnings, compares=no_cache)
            ports = texts, RevisionsFolder(texts, desk), SiteFolder(new)
            kept = None if lenient else store
            built = Build(settings, *ports, records, lenient, warnings, found, jobs, kept)
            _render(built)
            if redirects:
                built.write_redirect_pages(redirects)
            is_kept = _is_worse(built, there)
            if is_kept:
                complete(new, out, built.files)
            else:
                states = put_in_place(new, out, built.files, there)
                if kept:
                    kept.save(states, built.pictures)
            if store and not kept:
                store.forget()
    except (HistoryFileError, OutError) as error:
        click.secho(printable(str(error)), err=True, fg="red")
        raise SystemExit(2) from error
    code = _print_result(built, new if is_kept else out, with_warnings=warnings)
    if redirects:
        redirects.describe(_say)
    if is_kept:
        left = "was left as it was" if out.exists() else "was not made"
        _say(f"{out} {left}; the new site is in {new}.")
    for path in built.differing:
        _say(f"{path}: an earlier build kept other bytes of this file, made of the same.")
    raise SystemExit(1 if is_kept or built.differing else code)


def _located(
    desk: Path, out: Path, newsletter: Path | None, *, lenient: bool, edition: str | None
) -> tuple[Newsletter, DeskFolder, list[Finding]]:
    """The newsletter, the texts by issue and edition, and findings about other files."""
    if not lenient:
        settings, texts = newsletter_for(desk, newsletter) or own_newsletter(), DeskFolder.laid_out(desk)
        read = [file for editions in texts.texts.values() for file in editions.values()]
        return settings, texts, unread_findings(desk, read, settings, out)
    from cli.lenient_desk import located_anywhere  # noqa: PLC0415  # see the table in ARCHITECTURE.md

    return located_anywhere(desk, newsletter, edition)


def _redirects(desk: Path, newsletter: Path | None, settings: Newsletter) -> "RedirectPages | None":
    """The redirects beside the texts, else those beside the newsletter in use; None if there are none.

    Raises:
        RedirectsFileError: the file can't be used.
    """
    folders = [newsletter.parent] if newsletter else [desk.resolve(), *desk.resolve().parents, ROOT]
    used = next((folder for folder in folders if (folder / NEWSLETTER).is_file()), folders[0])
    file = next((each / REDIRECTS for each in (desk, used) if (each / REDIRECTS).is_file()), None)
    if file is None:
        return None
    from cli.redirect_pages import RedirectPages  # noqa: PLC0415  # see the table in ARCHITECTURE.md

    return RedirectPages.read(file, settings.editions) or None


def _store(
    newsletter: Newsletter, out: Path, there: FoundSite, *options: bool, compares: bool
) -> BuildStore | None:
    if folder := store_folder(out):
        return BuildStore.opened(folder, base_of(newsletter, *options), out, there, compares=compares)
    _say(f"{FOLDER} beside {out} is not a folder of yours alone: nothing is kept there for the next build.")
    return None


def _render(built: Build) -> None:
    """Build all pages; on a terminal bars show how far it is, unless most pages are there already."""
    if sys.stderr.isatty() and not (built.store and built.store.there):
        from cli.build_progress import render  # noqa: PLC0415  # as above

        render(built)
        return
    with built.issues() as issues:
        for _ in issues:
            pass
    for _ in built.finish():
        pass


def _is_worse(build: Build, there: FoundSite) -> bool:
    """Whether nothing was built, or a text could not be built and an issue of the old site is lost."""
    has_error = any(finding.is_error for finding in build.findings)
    return not build.register.issues or (has_error and loses_issues(there, build.files))


def _say(text: str) -> None:
    click.echo(printable(text), err=True)


def _print_result(build: Build, out: Path, *, with_warnings: bool) -> int:
    findings = once(build.findings)
    errors = [finding for finding in findings if finding.is_error]
    warnings = [finding for finding in findings if not finding.is_error]
    drafts = [finding for finding in warnings if finding.rule in LEFT_OUT]
    unread = [finding for finding in warnings if is_unread(finding)]
    for finding in [*errors, *(warnings if with_warnings else [*drafts, *unread[:MOST_UNREAD_LISTED]])]:
        _say(str(finding))
    editions = sum(issue.published for issue in build.register.issues.values())
    files = {finding.file for finding in errors}
    _say(
        f"Built {counted(len(build.register.issues), 'issue')}, {counted(editions, 'edition')}, into {out}."
        f" {counted(len(files), 'file')} could not be built;"
        f" {counted(len(warnings) + build.warnings, 'warning')}."
    )
    if drafts:
        left_out = counted(len({f.file for f in drafts}), "file")
        _say(f"Left out {left_out}: drafts, or not to be shown yet.")
    if unread:
        _say(f"Ignored {counted(len(unread), 'file')}: no text of an issue has such a place or name.")
    if not build.register.issues and not files:
        _say("There was nothing to build: texts belong in issues/<day>/<edition>.md.")
    return 1 if errors else 0
