"""The issues' ports in memory: desk, site, register, revisions. `calls` counts the calls of each method."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from broadsheet.archive.register import ArchiveTally, Record
from broadsheet.content.text_names import is_picture, texts_among
from broadsheet.mailings.body import Body
from broadsheet.publishing.ports import GoneError, IssueFiles

Actions = list[Callable[[], object]]


def etag_of(content: bytes) -> str:
    """The ETag that S3 gives this content."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@dataclass
class FakeDesk:
    """`Desk`: `objects` by key in the order in which editors wrote them; `reports` by path.

    `meanwhile` holds editors' changes: one runs between each listing and the reads after it. `in_place_of`
    maps a key to the original that our copy replaced, `originals` are the old versions in the bucket.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    meanwhile: Actions = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    in_place_of: dict[str, dict[str, str]] = field(default_factory=dict)
    originals: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    most_text_bytes: int = 5_000_000
    most_picture_bytes: int = 30_000_000

    def files(self, folder: str) -> IssueFiles:
        self.calls["files"] += 1
        keys = self._keys(folder)
        listed = {key: etag_of(self.objects[key]) for key in keys.values()}
        named = texts_among(keys)
        texts = {edition: keys[name] for edition, name in named.items()}
        pictures = {name: key for name, key in keys.items() if name.startswith("images/")}
        strays = tuple(name for name in keys if name not in named.values() and not name.startswith("images/"))
        return IssueFiles(
            self._digest(keys),
            FakeFiles(self, texts, listed, self.most_text_bytes),
            FakeFiles(self, pictures, listed, self.most_picture_bytes),
            strays,
            {name: listed[key] for name, key in pictures.items()},
            sum(len(self.objects[key]) for key in pictures.values()),
            named,
            lambda name, digest: self.in_place_of.get(pictures[name], {}).get(digest, digest),
        )

    def replace_picture(self, folder: str, name: str, state: str, content: bytes, original: str) -> str:
        self.calls["replace_picture"] += 1
        key = self._keys(folder).get(name, "")
        if key not in self.objects or etag_of(self.objects[key]) != state:
            return ""
        self.originals[key] = self.originals.get(key, {}) | {content: self.objects[key]}
        self.objects[key] = content
        self.in_place_of[key] = {hashlib.sha256(content).hexdigest(): original}
        return etag_of(content)

    def editions(self, folder: str) -> set[str]:
        self.calls["editions"] += 1
        return set(texts_among(self._keys(folder)))

    def newsletter_file(self) -> bytes | None:
        self.calls["newsletter_file"] += 1
        return self.objects.get("newsletter.toml")

    def report(self, path: str, html: str) -> None:
        self.calls["report"] += 1
        self.reports[path] = html

    def _keys(self, folder: str) -> dict[str, str]:
        """The keys by name, sorted by name."""
        inside = [key for key in self.objects if key.startswith(f"{folder}/")]
        named = {unicodedata.normalize("NFC", key.removeprefix(f"{folder}/")): key for key in inside}
        return {name: named[name] for name in sorted(named) if not _is_hidden(name)}

    def _digest(self, keys: dict[str, str]) -> str:
        state = [(name, etag_of(self.objects[key])) for name, key in keys.items()]
        return "" if all(is_picture(name) for name in keys) else etag_of(repr(state).encode())


@dataclass(frozen=True, eq=False)
class FakeFiles(Mapping[str, bytes]):
    """The listed files of the desk by name; each read is counted as `read <key>`."""

    desk: FakeDesk
    keys_by_name: dict[str, str]
    listed: dict[str, str]
    most: int

    def __getitem__(self, name: str) -> bytes:
        key = self.keys_by_name[name]
        if self.desk.meanwhile:
            self.desk.meanwhile.pop(0)()
        self.desk.calls[f"read {key}"] += 1
        if key not in self.desk.objects or etag_of(self.desk.objects[key]) != self.listed[key]:
            raise GoneError(key)
        return self.desk.objects[key][: self.most + 1]

    def __contains__(self, name: object) -> bool:
        return name in self.keys_by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_by_name)

    def __len__(self) -> int:
        return len(self.keys_by_name)


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    known = {"thumbs.db", "desktop.ini", "__macosx"}
    return parts[-1] == "" or any(p[:1] == "." or p[:2] == "~$" or p.lower() in known for p in parts)


@dataclass
class FakeSite:
    """`Site`: `objects` by path; `forever` are the paths that are cached forever; `writes` lists all writes.

    `meanwhile` holds other workers' changes: one runs before each `replace`.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    forever: set[str] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)
    meanwhile: Actions = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        self.calls["put"] += 1
        self._write(path, content)
        (self.forever.add if forever else self.forever.discard)(path)

    def remove(self, path: str) -> None:
        self.calls["remove"] += 1
        self.objects.pop(path, None)

    def etag(self, path: str) -> str | None:
        self.calls["etag"] += 1
        return self._etag(path)

    def etags(self, paths: Collection[str]) -> dict[str, str | None]:
        return {path: self.etag(path) for path in paths}

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        self.calls["replace"] += 1
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self._etag(path) != etag:
            return False
        self._write(path, content)
        self.forever.discard(path)
        return True

    def names(self, prefix: str) -> list[str]:
        self.calls["names"] += 1
        return sorted(path for path in self.objects if path.startswith(prefix))

    def page(self, path: str) -> str:
        """The page as text."""
        return self.objects[path].decode()

    def _etag(self, path: str) -> str | None:
        content = self.objects.get(path)
        return None if content is None else etag_of(content)

    def _write(self, path: str, content: bytes) -> None:
        self.objects[path] = content
        self.writes.append(path)


@dataclass
class FakeRevisions:
    """`Revisions`: `texts` and `bodies` by issue, edition and revision.

    `others` are bodies that other releases made of the same text, with their digest in the key;
    `expiring` are revisions that S3 will delete.
    """

    bodies: dict[tuple[str, str, str], Body] = field(default_factory=dict)
    texts: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    others: dict[tuple[str, str, str, str], Body] = field(default_factory=dict)
    expiring: set[tuple[str, str, str]] = field(default_factory=set)

    def keep(self, issue: str, edition: str, revision: str, text: bytes, body: Body) -> bool:
        self.calls["keep"] += 1
        key = (issue, edition, revision)
        is_new = key not in self.texts and (*key, body.digest) not in self.others
        self.texts.setdefault(key, text)
        self.bodies.setdefault(key, body)
        self.others.setdefault((*key, body.digest), body)
        return is_new

    def forget(self, issue: str, edition: str) -> None:
        self.expiring |= {key for key in self.texts if key[:2] == (issue, edition)}

    def recall(self, issue: str, edition: str, revision: str) -> None:
        self.calls["recall"] += 1
        self.expiring.discard((issue, edition, revision))

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        self.calls["text"] += 1
        return self.texts[issue, edition, revision]

    def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
        self.calls["body"] += 1
        other = self.others.get((issue, edition, revision, digest))
        return other or self.bodies[issue, edition, revision]


@dataclass
class FakeRegister:
    """`Register`: `records` by issue; the tally is computed from them.

    `meanwhile` holds other workers' changes: one runs before each `put`.
    """

    records: dict[str, Record] = field(default_factory=dict)
    meanwhile: Actions = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def add(self, *records: Record) -> "FakeRegister":
        """Store these records; returns itself."""
        self.records |= {record.issue: record for record in records}
        return self

    def get(self, issue: str) -> Record:
        self.calls["get"] += 1
        return self._record(issue)

    def put(self, record: Record, before: Record) -> bool:
        self.calls["put"] += 1
        if (record.issue, record.version) != (before.issue, before.version + 1):
            raise ValueError(
                f"{record.issue} {record.version} does not follow {before.issue} {before.version}"
            )
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self._record(record.issue).version != before.version:
            return False
        self.records[record.issue] = record
        return True

    def of_year(self, year: int) -> list[Record]:
        self.calls["of_year"] += 1
        return [record for record in reversed(self._ascending()) if record.issue.startswith(f"{year:04}-")]

    def tally(self) -> ArchiveTally:
        self.calls["tally"] += 1
        return ArchiveTally(dict(sum((record.tally() for record in self.records.values()), Counter())))

    def after(self, issue: str, most: int) -> list[Record]:
        self.calls["after"] += 1
        return [record for record in self._ascending() if record.issue > issue][:most]

    def _record(self, issue: str) -> Record:
        return self.records.get(issue, Record(issue))

    def _ascending(self) -> list[Record]:
        return [self.records[issue] for issue in sorted(self.records)]
