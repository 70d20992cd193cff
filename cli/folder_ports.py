"""The ports of publishing without AWS: desk and site as folders, the register in memory."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from broadsheet.content.checks.weeks import Week, text_digest
from broadsheet.content.issue import Issue
from broadsheet.content.site_texts import is_system_file
from broadsheet.content.text_names import PICTURE_TYPES
from broadsheet.publishing.ports import IssueFiles
from cli.text_files import PICTURES, content_of, files_below, issue_texts, nfc


@dataclass(frozen=True)
class KnownWeeks:
    """The weeks of the issues in a folder by year, as the register has them."""

    _by_year: dict[tuple[str, int], list[Week]] = field(default_factory=dict)

    def add(self, issue: Issue) -> None:
        """Add an issue that can be published."""
        week = Week(issue.id, issue.first_day, issue.last_day, issue.title, text_digest(issue))
        self._by_year.setdefault((issue.edition, int(issue.id[:4])), []).append(week)

    def near(self, issue_id: str) -> Callable[[str], Iterable[Week]]:
        """The weeks of an edition in the issue's year; in January and December also of the nearest year."""
        year, month = int(issue_id[:4]), issue_id[5:7]
        years = sorted({year, year - (month == "01"), year + (month == "12")})
        return lambda edition: [week for each in years for week in self._by_year.get((edition, each), ())]


@dataclass(frozen=True)
class DeskFolder:
    """A folder laid out like the desk. `texts` maps an issue id and an edition to a file.

    If lenient, pictures are anywhere beside or below a text, and no file is reported as a stray.
    """

    texts: dict[str, dict[str, Path]]
    lenient: bool = False
    _found: dict[Path, dict[str, Path]] = field(default_factory=dict)

    @classmethod
    def laid_out(cls, desk: Path) -> "DeskFolder":
        """The desk with its issues in `issues/<id>/<edition>.md`."""
        texts: dict[str, dict[str, Path]] = {}
        for folder in sorted(path for path in (desk / "issues").glob("*") if path.is_dir()):
            if not is_system_file(PurePath(folder.name)) and (found := issue_texts(folder)):
                texts[nfc(folder.name)] = found
        return cls(texts)

    def files(self, issue: str) -> IssueFiles:
        """The issue's files, read now."""
        pictures = PictureFiles(self.picture_files(issue))
        size = sum(file.stat().st_size for file in pictures.paths.values())
        return IssueFiles(
            "", self.contents(issue), pictures, self.strays(issue), picture_bytes=0 if self.lenient else size
        )

    def contents(self, issue: str) -> dict[str, bytes]:
        """The issue's texts by edition, read now."""
        return {edition: content_of(file) for edition, file in self.texts.get(issue, {}).items()}

    def strays(self, issue: str) -> tuple[str, ...]:
        """The files in the issue's folder that are neither texts nor pictures."""
        return (
            () if self.lenient else tuple(name for folder in self._folders(issue) for name in _strays(folder))
        )

    def _folders(self, issue: str) -> list[Path]:
        return sorted({file.parent for file in self.texts.get(issue, {}).values()})

    def picture_files(self, issue: str) -> dict[str, Path]:
        """The files of the issue's pictures by their path within its folder."""
        folders = self._folders(issue)
        for folder in set(folders) - self._found.keys():
            below = "" if self.lenient else f"{PICTURES}/"
            names = sorted(f"{below}{name}" for name in files_below(folder / below))
            self._found[folder] = {nfc(name): folder / name for name in names if self._is_picture(name)}
        return {name: file for folder in folders for name, file in self._found[folder].items()}

    def _is_picture(self, name: str) -> bool:
        path = PurePath(name)
        if self.lenient and path.suffix.casefold() not in PICTURE_TYPES:
            return False
        return not is_system_file(path) and "node_modules" not in path.parts


def _strays(folder: Path) -> list[str]:
    """The files in an issue's folder that are neither texts nor pictures."""
    texts = {file.name for file in issue_texts(folder).values()}
    others = (name for name in files_below(folder) if not name.startswith(f"{PICTURES}/"))
    return sorted(nfc(name) for name in set(others) - texts if not is_system_file(PurePath(name)))


@dataclass(frozen=True)
class PictureFiles(Mapping[str, bytes]):
    """Pictures by their path within the issue's folder; each is read when it is accessed."""

    paths: dict[str, Path]

    def __getitem__(self, name: str) -> bytes:
        return self.paths[name].read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class RevisionsFolder:
    """Accepted texts: those on the desk now, or in `revisions/` beside it if the desk's were refused."""

    desk: DeskFolder
    folder: Path

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        """The accepted text: its copy in `revisions/`, else the file on the desk."""
        is_kept = self.has(issue, edition, revision)
        file = self._kept(issue, edition, revision) if is_kept else self.desk.texts[issue][edition]
        return file.read_bytes()

    def has(self, issue: str, edition: str, revision: str) -> bool:
        """Whether `revisions/` has a copy of the text."""
        return self._kept(issue, edition, revision).is_file()

    def _kept(self, issue: str, edition: str, revision: str) -> Path:
        return self.folder / "revisions" / issue / edition / f"{revision}.md"


@dataclass(frozen=True)
class SiteFolder:
    """The site as files."""

    folder: Path
    _made: set[Path] = field(default_factory=set)

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:  # noqa: ARG002  # files have no cache
        """Write the file."""
        file = self.folder / path
        if file.parent not in self._made:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(file.parent)
        file.write_bytes(content)

    def remove(self, path: str) -> None:
        """Delete the file."""
        (self.folder / path).unlink(missing_ok=True)

    def etag(self, path: str) -> str | None:
        """The MD5 of the content, quoted, as S3 gives it; None if there is no file."""
        file = self.folder / path
        if not file.is_file():
            return None
        return f'"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}"'

    def etags(self, paths: Collection[str]) -> dict[str, str | None]:
        """The ETags of several files."""
        return {path: self.etag(path) for path in paths}

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write the file if its content still has that ETag; False otherwise."""
        if self.etag(path) != etag:
            return False
        self.put(path, content)
        return True

    def names(self, prefix: str) -> list[str]:
        """The paths of the files that begin with the prefix."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        names = (file.relative_to(self.folder).as_posix() for file in files)
        return sorted(name for name in names if name.startswith(prefix))
