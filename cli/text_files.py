"""The texts in a folder: a copy of the desk, or the source of another site."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath

from broadsheet.content.findings import Finding
from broadsheet.content.site_texts import (
    is_about_a_project,
    is_called_draft,
    is_site_text,
    is_system_file,
)
from broadsheet.content.text_names import texts_among
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.unread_files import unread_texts

PICTURES = "images"
MOST_BYTES = 10_000_000  # more is refused by the reader


def imported_texts(folder: Path) -> list[Path]:
    """The texts of another site, anywhere below the folder, without drafts and files about the site."""
    return [path for path in _texts_of_a_site(folder) if not is_called_draft(path.relative_to(folder))]


def draft_findings(folder: Path) -> list[Finding]:
    """A warning for each text that its name or a folder calls a draft; `imported_texts` leaves them out."""
    drafts = (path for path in _texts_of_a_site(folder) if is_called_draft(path.relative_to(folder)))
    return [
        Finding(str(path), 1, "is-draft-name", {"name": path.relative_to(folder).as_posix()}, is_error=False)
        for path in drafts
    ]


def unread_findings(desk: Path, read: Iterable[Path], newsletter: Newsletter, out: Path) -> list[Finding]:
    """A warning for each file of a desk that looks like a text and is not read; `out` is left out."""
    begin = len(str(desk / "x")) - 1
    texts = {str(file)[begin:] for file in read}
    others = sorted(set(files_below(desk, without=out)) - texts)
    near = (key for key in others if not is_about_a_project(PurePosixPath(key)))
    return [replace(f, file=str(desk / f.file)) for f in unread_texts(near, texts, newsletter)]


def files_below(folder: Path, *, without: Path | None = None) -> Iterator[str]:
    """The relative paths of the files below the folder, without those below links."""
    places = [""]
    for place in places:
        with suppress(OSError), os.scandir(folder / place) as entries:
            for entry in entries:
                path = f"{place}{entry.name}"
                if not entry.is_dir(follow_symlinks=False):
                    if entry.is_file():
                        yield path
                elif folder / path != without:
                    places.append(f"{path}/")


def _texts_of_a_site(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if is_site_text(path.relative_to(folder)))
    return sorted(path for path in found if path.is_file())


def desk_texts(folder: Path, pattern: str) -> list[Path]:
    """The files of that pattern below the folder, without system files."""
    found = (path for path in folder.glob(pattern) if path.is_file())
    return sorted(path for path in found if not is_system_file(path.relative_to(folder)))


def issue_texts(folder: Path) -> dict[str, Path]:
    """The text of each edition in an issue's folder, by the names that publishing accepts."""
    with os.scandir(folder) as entries:
        names = [each.name for each in entries if each.is_file() and not is_system_file(PurePath(each.name))]
    return {edition: folder / name for edition, name in texts_among(names).items()}


def content_of(file: Path) -> bytes:
    """The content, cut at a size that the reader refuses."""
    with open(file, "rb", buffering=0) as opened:  # noqa: PTH123  # half the time of `Path.open`
        return opened.read(MOST_BYTES)


def under_own_name(finding: Finding, folder: str, text: Path) -> Finding:
    """The finding with a path on this machine; `folder` is the issue's on the desk, `text` the file read."""
    name = finding.file.removeprefix(f"{folder}/")
    return replace(finding, file=str(text if finding.line else text.parent / name))


def nfc(name: str) -> str:
    """The name with composed letters, whatever the file system gives."""
    return unicodedata.normalize("NFC", name)
