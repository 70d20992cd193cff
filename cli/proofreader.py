"""Findings in an editor's files, on a copy of the desk or anywhere else, as publishing would have them."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from broadsheet.content.findings import Finding, in_order
from broadsheet.content.imports import Place, places
from broadsheet.content.issue import Issue
from broadsheet.content.read import issue_day
from broadsheet.content.text_names import edition_of
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import Proof, Surroundings, among_others, proofread
from cli.folder import DeskFolder, KnownWeeks
from cli.newsletter_file import only_named
from cli.text_files import content_of, desk_texts, issue_texts, under_own_name

_NEAR = timedelta(days=35)
_PAGES_OF_AN_EDITION = ("index.html", "feed.xml", "feed.json")


def findings_in(
    files: list[Path], newsletter: Newsletter, *, lenient: bool, edition: str | None
) -> tuple[Finding, ...]:
    """What is found in the files, each alone and all together."""
    contents: dict[PurePath, bytes] = {file: content_of(file) for file in files}
    placed = _placed(contents, newsletter, lenient=lenient, edition=edition)
    found = [where for where in placed.values() if isinstance(where, Finding)]
    checked: list[_Checked] = []
    for folder in _folders({f: w for f, w in placed.items() if isinstance(w, Place)}):
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
    """How a file fared."""

    file: Path
    proof: Proof
    findings: list[Finding]


def _folders(placed: dict[PurePath, Place]) -> list[_Folder]:
    """The issues that the files belong to; each desk's for themselves."""
    found: dict[tuple[Path | None, str], _Folder] = {}
    for path, where in placed.items():
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
    around = Surroundings(imported_at=datetime.now(UTC) if lenient else None)
    for edition, file in sorted(folder.asked.items()):
        proof = proofread(name, folder.issue_id, edition, files, newsletter, around, lenient=lenient)
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
    issue_id, edition = text.parent.name, _nfc(text.stem)
    files = DeskFolder({issue_id: {edition: text}}).files(issue_id)
    return proofread("", issue_id, edition, files, newsletter, Surroundings(), thorough=False).issue


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
    named = only_named(newsletter, [Path(file) for file in contents])
    by_path = {path: others[file] for path, file in absolute.items()}
    told = places(by_path, newsletter, edition, only_named=named)
    for path, where in told.items():
        file = absolute[path]
        if isinstance(where, Finding):
            where = replace(where, file=str(file))  # noqa: PLW2901  # under the name that was given
        placed[file] = where
    return placed


def _desk_place(file: PurePath) -> Place | None:
    """`issues/<id>/<edition>.md`, wherever the desk's copy lies."""
    folder = Path(file).resolve().parent
    edition = edition_of(file.name) or _nfc(file.stem)
    return Place(_nfc(folder.name), edition) if folder.parent.name == "issues" else None


def _among(
    one: _Checked, issue: Issue, known: KnownWeeks, pages: set[str], newsletter: Newsletter, *, lenient: bool
) -> list[Finding]:
    """What the file alone could not tell."""

    def exists(path: str) -> bool:
        return path in pages or _is_on_desk(path, one.file, newsletter)

    around = Surroundings(known.near(issue.id), exists)
    return among_others(str(one.file), issue, one.proof.revision, newsletter, around, lenient=lenient)


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


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
