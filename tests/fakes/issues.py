"""The issues' ports in memory: desk, site, register, mail bodies."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from broadsheet.issues.ports import IssueFiles
from broadsheet.issues.register import Record
from broadsheet.mailings.body import Body


@dataclass
class FakeDesk:
    """`Desk`: `objects` by key as editors wrote them, `reports` by path."""

    objects: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)

    def issue(self, issue: str) -> IssueFiles:
        texts: dict[str, bytes] = {}
        pictures: dict[str, bytes] = {}
        prefix = f"issues/{issue}/"
        for key, content in self.objects.items():
            if not key.startswith(prefix):
                continue
            name = PurePosixPath(key.removeprefix(prefix))
            if name.suffix == ".md" and len(name.parts) == 1:
                texts[name.stem] = content
            elif name.parts and name.parts[0] == "images":
                pictures[str(name)] = content
        return IssueFiles(texts, pictures)

    def report(self, path: str, html: str) -> None:
        self.reports[path] = html


@dataclass
class FakeSite:
    """`Site`: `objects` by path; `forever` names those that may be cached for good; `writes` in order.

    `meanwhile` holds what others do just before our next `replace`, one a call.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    forever: set[str] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        self.objects[path] = content
        self.writes.append(path)
        (self.forever.add if forever else self.forever.discard)(path)

    def remove(self, path: str) -> None:
        self.objects.pop(path, None)

    def etag(self, path: str) -> str | None:
        content = self.objects.get(path)
        return None if content is None else f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.etag(path) != etag:
            return False
        self.put(path, content)
        return True

    def page(self, path: str) -> str:
        """What a reader gets."""
        return self.objects[path].decode()


@dataclass
class FakeRevisions:
    """`Revisions` and `Bodies`: `bodies` by issue, edition and revision."""

    bodies: dict[tuple[str, str, str], Body] = field(default_factory=dict)

    def keep(self, issue: str, edition: str, revision: str, body: Body) -> None:
        self.bodies[issue, edition, revision] = body

    def body(self, issue: str, edition: str, revision: str) -> Body:
        return self.bodies[issue, edition, revision]


@dataclass
class FakeRegister:
    """`Register`: `records` by issue.

    `meanwhile` holds what others do just before our next `put`, one a call.
    """

    records: dict[str, Record] = field(default_factory=dict)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def add(self, *records: Record) -> "FakeRegister":
        """Arrange that these are public; gives itself."""
        self.records |= {record.issue: record for record in records}
        return self

    def get(self, issue: str) -> Record:
        return self.records.get(issue, Record(issue))

    def put(self, record: Record) -> bool:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.get(record.issue).version != record.version - 1:
            return False
        self.records[record.issue] = record
        return True

    def newest(self, edition: str, most: int) -> list[Record]:
        return self._newest_first(edition)[:most]

    def of_year(self, edition: str, year: int) -> list[Record]:
        return [r for r in self._newest_first(edition) if r.issue.startswith(f"{year:04}-")]

    def years(self, edition: str) -> list[int]:
        return sorted({int(record.issue[:4]) for record in self._newest_first(edition)}, reverse=True)

    def _newest_first(self, edition: str) -> list[Record]:
        newest = sorted(self.records.values(), key=lambda record: record.issue, reverse=True)
        return [record for record in newest if edition in record.editions]
