"""Desk, site and register as folders and memory: the ports of publishing, without AWS."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from broadsheet.archive.register import ArchiveTally, Record
from broadsheet.content.checks import Week, text_digest
from broadsheet.content.checks.pictures import PICTURE_TYPES
from broadsheet.content.issue import Issue
from broadsheet.mailings.body import Body
from broadsheet.publishing.ports import IssueFiles
from cli.text_files import PICTURES, content_of, is_system_file, issue_texts


@dataclass(frozen=True)
class KnownWeeks:
    """What the issues of a folder are about, asked as publishing asks its register: by year."""

    _by_year: dict[tuple[str, int], list[Week]] = field(default_factory=dict)

    def add(self, issue: Issue) -> None:
        """Remember an issue that can be published."""
        week = Week(issue.id, issue.first_day, issue.last_day, issue.title, text_digest(issue))
        self._by_year.setdefault((issue.edition, int(issue.id[:4])), []).append(week)

    def near(self, issue_id: str) -> Callable[[str], Iterable[Week]]:
        """The weeks of an edition in the issue's year; at its ends of the next one, too."""
        year, month = int(issue_id[:4]), issue_id[5:7]
        years = sorted({year, year - (month == "01"), year + (month == "12")})
        return lambda edition: [week for each in years for week in self._by_year.get((edition, each), ())]


@dataclass(frozen=True)
class DeskFolder:
    """A folder laid out like the desk. `texts` maps issue ids to editions to files.

    When lenient, pictures lie anywhere beside or below a text, and no file is a stray.
    """

    texts: dict[str, dict[str, Path]]
    seen: dict[Path, dict[str, Path]] = field(default_factory=dict)
    lenient: bool = False

    @classmethod
    def laid_out(cls, desk: Path) -> "DeskFolder":
        """The desk whose issues lie in `issues/<id>/<edition>.md`."""
        texts: dict[str, dict[str, Path]] = {}
        for folder in sorted(path for path in (desk / "issues").glob("*") if path.is_dir()):
            if not is_system_file(folder.relative_to(desk)) and (found := issue_texts(folder)):
                texts[_nfc(folder.name)] = found
        return cls(texts)

    def files(self, issue: str) -> IssueFiles:
        """The issue's files, read now."""
        files = self.texts.get(issue, {})
        texts = {edition: content_of(file) for edition, file in files.items()}
        folders = sorted({file.parent for file in files.values()})
        strays = () if self.lenient else tuple(name for folder in folders for name in _strays(folder))
        pictures = self._pictures(folders)
        size = sum(file.stat().st_size for file in pictures.paths.values())
        return IssueFiles("", texts, pictures, strays, picture_bytes=0 if self.lenient else size)

    def _pictures(self, folders: list[Path]) -> "PictureFiles":
        for folder in folders:
            if folder in self.seen:
                continue
            below = folder.rglob("*") if self.lenient else (folder / PICTURES).rglob("*")
            found = sorted(file for file in below if self._is_picture(file, folder))
            self.seen[folder] = {_nfc(file.relative_to(folder).as_posix()): file for file in found}
        return PictureFiles({name: file for folder in folders for name, file in self.seen[folder].items()})

    def _is_picture(self, file: Path, folder: Path) -> bool:
        path = file.relative_to(folder)
        if self.lenient and file.suffix.casefold() not in PICTURE_TYPES:
            return False
        return not is_system_file(path) and "node_modules" not in path.parts and file.is_file()


def _strays(folder: Path) -> list[str]:
    """What lies in an issue's folder and is neither a text nor a picture."""
    names = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    texts = {file.name for file in issue_texts(folder).values()}
    return sorted(
        _nfc(name.as_posix())
        for name in names
        if not is_system_file(name)
        and not (len(name.parts) == 1 and name.name in texts)
        and not (len(name.parts) > 1 and name.parts[0] == PICTURES)
    )


@dataclass(frozen=True)
class PictureFiles(Mapping[str, bytes]):
    """Pictures by their path within the issue's folder; each is read when it is asked for."""

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
        """The accepted text: what was kept of it, else what lies on the desk."""
        kept = self.folder / "revisions" / issue / edition / f"{revision}.md"
        return kept.read_bytes() if kept.is_file() else self.desk.texts[issue][edition].read_bytes()

    def has(self, issue: str, edition: str, revision: str) -> bool:
        """Whether the text is kept apart from the file on the desk."""
        return (self.folder / "revisions" / issue / edition / f"{revision}.md").is_file()

    def keep(self, issue: str, edition: str, revision: str, text: bytes, body: Body) -> None:
        """Nothing: the desk is read, never written."""

    def forget(self, issue: str, edition: str) -> None:
        """Nothing, as above."""

    def recall(self, issue: str, edition: str, revision: str) -> None:
        """Nothing, as above."""

    def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
        """No mail is sent from a folder."""
        raise NotImplementedError


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
        """As S3 names a content."""
        file = self.folder / path
        if not file.is_file():
            return None
        return f'"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}"'

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write over what was read; nobody else writes here."""
        if self.etag(path) != etag:
            return False
        self.put(path, content)
        return True

    def names(self, prefix: str) -> list[str]:
        """The files whose path begins so."""
        files = (
            file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*") if file.is_file()
        )
        return sorted(name for name in files if name.startswith(prefix))


@dataclass
class RegisterInMemory:
    """The register of one build."""

    records: dict[str, Record] = field(default_factory=dict)

    def get(self, issue: str) -> Record:
        """The record, or an empty one."""
        return self.records.get(issue, Record(issue))

    def put(self, record: Record, before: Record) -> bool:
        """Write over `before`."""
        if self.get(record.issue) != before:
            return False
        self.records[record.issue] = record
        return True

    def newest(self, edition: str, most: int) -> list[Record]:
        """Newest first."""
        found: list[Record] = []
        for record in self._newest_first():
            if len(found) == most:
                break
            if edition in record.public:
                found.append(record)
        return found

    def of_year(self, year: int) -> list[Record]:
        """A year's issues, newest first."""
        return [record for record in self._newest_first() if record.year == year]

    def years(self) -> list[int]:
        """The years that have any record."""
        return sorted({record.year for record in self.records.values()})

    def tally(self) -> ArchiveTally:
        """Counted anew."""
        counts: dict[str, int] = {}
        for record in self.records.values():
            for key, number in record.tally().items():
                counts[key] = counts.get(key, 0) + number
        return ArchiveTally(counts)

    def after(self, issue: str, most: int) -> list[Record]:
        """In the order of their ids."""
        return [self.records[name] for name in sorted(self.records) if name > issue][:most]

    def _newest_first(self) -> Iterator[Record]:
        return (self.records[name] for name in sorted(self.records, reverse=True))


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
