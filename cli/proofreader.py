"""Findings in an editor's files, on a copy of the desk or anywhere else, as publishing would have them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from broadsheet.content.findings import Finding, in_order
from broadsheet.content.import_locations import TextLocation, locate_texts
from broadsheet.content.issue import Issue
from broadsheet.content.read import issue_day
from broadsheet.content.text_names import edition_of
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader, context_findings
from cli.folder_ports import DeskFolder, KnownWeeks
from cli.newsletter_file import only_named
from cli.text_files import content_of, desk_texts, issue_texts, nfc, under_own_name

_NEAR = timedelta(days=35)
_PAGES_OF_AN_EDITION = ("index.html", "feed.xml", "feed.json")


def findings_in(
    files: list[Path], newsletter: Newsletter, *, lenient: bool, edition: str | None
) -> tuple[Finding, ...]:
    """What is found in the files, each alone and all together."""
    contents: dict[PurePath, bytes] = {file: content_of(file) for file in files}
    located = _located(contents, newsletter, lenient=lenient, edition=edition)
    found = [where for where in located.values() if isinstance(where, Finding)]
    checked: list[_Checked] = []
    for folder in _folders({f: w for f, w in located.items() if isinstance(w, TextLocation)}):
        checked += _checked(folder, newsletter, lenient=lenient)
    known = _known(checked, newsletter)
    pages = {page for one in checked if one.proof.issue for page in _pages(one.proof.issue)}
    for one in checked:
        found += one.findings
        if one.proof.read:
            found += _among(one, one.proof.read, known, pages, newsletter, lenient=lenient)
    return in_order({(f.file, f.line, str(f)): f for f in found}.values())


@dataclass(frozen=True)
class _Folder:
    """An issue with the texts to be checked, and on a desk with those beside them; all by edition."""

    issue_id: str
    asked: dict[str, Path]
    texts: dict[str, Path]


@dataclass(frozen=True)
class _Checked:
    """A file with its proof and findings."""

    file: Path
    proof: Proof
    findings: list[Finding]


def _folders(located: dict[PurePath, TextLocation]) -> list[_Folder]:
    """The issues that the files belong to; each desk's for themselves."""
    found: dict[tuple[Path | None, str], _Folder] = {}
    for path, where in located.items():
        file = Path(path)
        on_desk = file.resolve().parent if _desk_place(file) else None
        key = (on_desk, where.issue_id)
        if key not in found:
            found[key] = _Folder(where.issue_id, {}, issue_texts(file.parent) if on_desk else {})
        found[key].asked[where.edition] = found[key].texts[where.edition] = file
    return list(found.values())


def _checked(folder: _Folder, newsletter: Newsletter, *, lenient: bool) -> Iterator[_Checked]:
    files = DeskFolder({folder.issue_id: folder.texts}, lenient=lenient).files(folder.issue_id)
    name = f"issues/{folder.issue_id}"
    context = CheckContext(imported_at=datetime.now(UTC) if lenient else None)
    proofreader = Proofreader(name, folder.issue_id, files, newsletter, context, lenient)
    for edition, file in sorted(folder.asked.items()):
        proof = proofreader.proof(edition)
        yield _Checked(file, proof, [under_own_name(f, name, file) for f in proof.findings])


def _known(checked: list[_Checked], newsletter: Newsletter) -> KnownWeeks:
    """The weeks of what was checked, and of what lies near them on the same desk."""
    known = KnownWeeks()
    for one in checked:
        if one.proof.issue:
            known.add(one.proof.issue)
    seen = {one.file.resolve() for one in checked}
    for one in checked:
        day = issue_day(one.proof.issue_id)
        if not day or not _desk_place(one.file):
            continue
        for text in desk_texts(one.file.resolve().parent.parent, f"*/{one.file.name}"):
            other = issue_day(text.parent.name)
            if text not in seen and other and abs(other - day) <= _NEAR:
                seen.add(text)
                issue = _issue_in(text, newsletter)
                if issue:
                    known.add(issue)
    return known


def _issue_in(text: Path, newsletter: Newsletter) -> Issue | None:
    issue_id, edition = text.parent.name, nfc(text.stem)
    files = DeskFolder({issue_id: {edition: text}}).files(issue_id)
    return Proofreader("", issue_id, files, newsletter, thorough=False).proof(edition).issue


def _located(
    contents: dict[PurePath, bytes], newsletter: Newsletter, *, lenient: bool, edition: str | None
) -> dict[PurePath, TextLocation | Finding]:
    """Where each file belongs: by its place on the desk, or if lenient by path and front matter."""
    on_desk = {file: _desk_place(file) for file in contents}
    located: dict[PurePath, TextLocation | Finding] = {
        file: where for file, where in on_desk.items() if where
    }
    others = {file: content for file, content in contents.items() if not on_desk[file]}
    if not lenient:
        return located | {file: Finding(str(file), 1, "file-not-on-desk") for file in others}
    absolute: dict[PurePath, PurePath] = {Path(file).resolve(): file for file in others}
    named = only_named(newsletter, [Path(file) for file in contents])
    by_path = {path: others[file] for path, file in absolute.items()}
    locations = locate_texts(by_path, newsletter, edition, only_named=named)
    for path, where in locations.items():
        file = absolute[path]
        if isinstance(where, Finding):
            where = replace(where, file=str(file))  # noqa: PLW2901  # under the name that was given
        located[file] = where
    return located


def _desk_place(file: PurePath) -> TextLocation | None:
    """`issues/<id>/<edition>.md`, wherever the desk's copy lies."""
    folder = Path(file).resolve().parent
    edition = edition_of(file.name) or nfc(file.stem)
    return TextLocation(nfc(folder.name), edition) if folder.parent.name == "issues" else None


def _among(
    one: _Checked, issue: Issue, known: KnownWeeks, pages: set[str], newsletter: Newsletter, *, lenient: bool
) -> list[Finding]:
    """Findings that depend on other files."""

    def exists(path: str) -> bool:
        return path in pages or _is_on_desk(path, one.file, newsletter)

    context = CheckContext(known.near(issue.id), exists)
    return context_findings(str(one.file), issue, one.proof.revision, newsletter, context, lenient=lenient)


def _pages(issue: Issue) -> list[str]:
    names = ["index", *(piece.name for piece in issue.commentaries)]
    return [f"{issue.edition}/{issue.id}/{name}.html" for name in names]


def _is_on_desk(path: str, file: Path, newsletter: Newsletter) -> bool:
    """Whether a page of the site comes of a file on the same desk, or stands without any issue."""
    edition, _, name = path.partition("/")
    if edition not in newsletter.editions:
        return path in ("index.html", "404.html") or path.startswith("media/")
    issue_id, _, page = name.partition("/")
    desk = file.resolve().parent.parent
    if issue_day(issue_id):
        text = desk / issue_id / f"{edition}.md"
        if not page or not text.is_file():
            return False
        issue = _issue_in(text, newsletter)
        return issue is None or path in _pages(issue)  # it may have been better when it was published
    folder, _, year = name.removesuffix(".html").rpartition("/")
    if folder in ("archive", *(f"topics/{topic.id}" for topic in newsletter.topics)) and year.isdecimal():
        return desk.name != "issues" or any(desk.glob(f"{year}-*/{edition}.md"))
    return name in _PAGES_OF_AN_EDITION
