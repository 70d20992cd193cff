"""Desk, site and register as folders and memory: the ports of publishing, without AWS."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from broadsheet.issues.ports import IssueFiles
from broadsheet.issues.register import Record, Tally
from broadsheet.mailings.body import Body

PICTURES = "images"


@dataclass(frozen=True)
class DeskFolder:
    """A folder laid out like the desk. `texts` maps issue ids to editions to files."""

    texts: dict[str, dict[str, Path]]
    seen: dict[Path, dict[str, Path]] = field(default_factory=dict)

    @classmethod
    def laid_out(cls, desk: Path) -> "DeskFolder":
        """The desk whose issues lie in `issues/<id>/<edition>.md`."""
        texts: dict[str, dict[str, Path]] = {}
        for file in sorted((desk / "issues").glob("*/*.md")):
            texts.setdefault(_nfc(file.parent.name), {})[_nfc(file.stem)] = file
        return cls(texts)

    def files(self, issue: str) -> IssueFiles:
        """The issue's files, read now."""
        texts = {edition: file.read_bytes() for edition, file in self.texts.get(issue, {}).items()}
        return IssueFiles(
            "", texts, self._pictures({file.parent for file in self.texts.get(issue, {}).values()})
        )

    def _pictures(self, folders: set[Path]) -> "PictureFiles":
        for folder in folders - set(self.seen):
            found = sorted(file for file in (folder / PICTURES).rglob("*") if file.is_file())
            self.seen[folder] = {_nfc(file.relative_to(folder).as_posix()): file for file in found}
        return PictureFiles({name: file for folder in folders for name, file in self.seen[folder].items()})


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
    """Accepted texts: what lies on the desk now, or `revisions/` beside it where that was refused."""

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

    def body(self, issue: str, edition: str, revision: str) -> Body:
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

    def tally(self) -> Tally:
        """Counted anew."""
        counts: dict[str, int] = {}
        for record in self.records.values():
            for key, number in record.tally().items():
                counts[key] = counts.get(key, 0) + number
        return Tally(counts)

    def after(self, issue: str, most: int) -> list[Record]:
        """In the order of their ids."""
        return [self.records[name] for name in sorted(self.records) if name > issue][:most]

    def _newest_first(self) -> Iterator[Record]:
        return (self.records[name] for name in sorted(self.records, reverse=True))


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
