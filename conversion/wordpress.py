"""The reader of WordPress exports: WXR 1.0 to 1.2, as a file or as several in a folder or a zip archive.

Each file is read twice: for what posts refer to, which comes anywhere (`wxr/index.py`), and for the posts.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import tzinfo
from functools import cached_property, partial
from hashlib import blake2b
from io import BufferedReader
from pathlib import Path

from conversion.export_files import files_of, is_zip
from conversion.post import LeftOut, Post, Reason, UnreadableExportError
from conversion.wxr.addresses import Lists
from conversion.wxr.body import with_patterns
from conversion.wxr.file import HOW_TO_EXPORT, Source, WxrFile, is_wxr, opened_wxr
from conversion.wxr.index import Index
from conversion.wxr.members import Rule, restriction_of
from conversion.wxr.posts import PublicItem, published_at
from conversion.wxr.records import Broken, CutOffError, Record, RecordsOfFile
from conversion.wxr.words import plain

_WHOLE = "the whole export"
_SUFFIXES = (".xml", ".wxr", ".rss", ".xml.gz", ".wxr.gz")
_STATUSES = {
    "draft": Reason.DRAFT,
    "pending": Reason.DRAFT,
    "auto-draft": Reason.DRAFT,
    "future": Reason.SCHEDULED,
    "private": Reason.PRIVATE,
    "trash": Reason.TRASH,
    "inherit": Reason.REVISION,
}
_SETTINGS_OF_SITES = (  # which may have kept the export that they were made of
    *("_config.yml", "hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "config.yaml", "config.yml"),
    *("pelicanconf.py", "conf.py", ".eleventy.js", "eleventy.config.js"),
)
_DEEPEST = 1  # folders in the folder or archive
_NUMBER = re.compile(r"(\d+)")


class WordPressExport:
    """Reads a WordPress export: a WXR file, also compressed, or several in a folder or zip archive."""

    system = "WordPress"

    def __init__(self, path: Path, zone: tzinfo) -> None:
        """Opens the files; `zone` is for dates without one.

        Raises:
            UnreadableExportError: there is no WXR.
        """
        self._zone = zone
        self._files, self._others = _files_in(path)
        self._lists: Lists | None = None

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether this reader should open a path: any XML file, so as to say what it is instead."""
        if any((path / name).exists() for name in _SETTINGS_OF_SITES):
            return False
        if path.is_dir() or is_zip(path):
            return any(is_wxr(source) for source in _candidates(path)[0])
        named = path.name.lower().endswith(_SUFFIXES)
        return path.is_file() and (named or is_wxr(Source(path.name, partial(_opened, path))))

    def file(self, address: str) -> bytes | None:  # noqa: ARG002  # as every reader  # as every reader
        """None: WXR has the addresses of pictures only."""
        return None

    def site_addresses(self) -> dict[str, str]:
        """Old addresses of lists with public posts: to `home`, `feed`, `topic:NAME` or `archive`."""
        if self._lists is None:
            for _ in self.entries():
                pass
        lists, index = self._lists or Lists(), self._index
        return lists.addresses(index.base, index.categories, index.author_numbers)

    def entries(self) -> Iterator[Post | LeftOut]:
        """The posts in the files' order, and what was left out; at last, what is only counted.

        Raises:
            UnreadableExportError: a file was cut off; what all files have was given before.
        """
        lists, counts, ids = Lists(), Counter[str](), _Ids()
        cut_off: list[UnreadableExportError] = []
        yield from self._notes()
        for file in self._files:
            for record in _records(RecordsOfFile(file), cut_off):
                if isinstance(record, Broken):
                    place = f"{file.name}, line {record.line}"
                    yield LeftOut(place, plain(record.title), Reason.UNREADABLE, record.why)
                elif record.kind == "item":
                    counts["comment"] += record.comments
                    yield from self._entries_of(record, lists, counts, ids)
        yield from _counted(counts)
        if cut_off:
            raise cut_off[0]
        self._lists = lists

    @property
    def hosts(self) -> frozenset[str]:
        """The old site's host, with and without `www.`."""
        return self._index.hosts

    @cached_property
    def _index(self) -> Index:
        index = Index()
        for file in self._files:
            records = RecordsOfFile(file)
            for record in _records(records, []):
                if isinstance(record, Record):
                    index.add(record)
            index.channel = records.channel | index.channel
        return index

    def _notes(self) -> Iterator[LeftOut]:
        yield from self._others
        for file in self._files:
            if file.controls:
                detail = f"{file.controls} control characters, which XML does not allow"
                yield LeftOut(file.name, "", Reason.UNREADABLE, detail)
            if file.undecodable:
                detail = f"{file.undecodable} bytes that are not UTF-8 show as \ufffd"
                yield LeftOut(file.name, "", Reason.UNREADABLE, detail)
        for plugin in self._index.plugins_with_tables:
            detail = "keeps in tables of its own which posts are for members, and no export has these"
            yield LeftOut(_WHOLE, plugin, Reason.UNCERTAIN, detail)

    def _entries_of(
        self, record: Record, lists: Lists, counts: Counter[str], ids: "_Ids"
    ) -> Iterator[Post | LeftOut]:
        kind, title = record.text("wp:post_type"), plain(record.text("title"))
        place = f"{kind} {record.text('wp:post_id')}".strip()
        if kind == "page":
            yield LeftOut(place, title, Reason.PAGE)
        elif kind != "post":
            counts[kind or "item without a kind"] += 1
        elif why := self._why_left_out(record):
            yield LeftOut(place, title, *why)
        elif not (published := published_at(record, self._zone)):
            yield LeftOut(place, title, Reason.NO_DATE)
        elif not (key := ids.of(record)):
            yield LeftOut(place, title, Reason.OTHER_KIND, "the same post again")
        else:
            yield from PublicItem(record, self._index, key, place, published).posts(lists)

    def _why_left_out(self, record: Record) -> tuple[Reason, str] | None:
        status = record.text("wp:status")
        if status in _STATUSES:
            return _STATUSES[status], ""
        if status != "publish":
            return Reason.PRIVATE, f"its status is {status!r}"
        if record.fields.get("wp:post_password"):  # of spaces alone, it is one, too
            return Reason.PASSWORD, ""
        if record.too_large:
            return Reason.UNREADABLE, "longer than ten million characters"
        text = with_patterns(record.fields.get("content:encoded", ""), self._index.patterns)
        return restriction_of(record, self._rules, text)

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return self._index.rules()


def _records(file: RecordsOfFile, cut_off: list[UnreadableExportError]) -> Iterator[Record | Broken]:
    """A file's records; if it was cut off, that is put aside for the end."""
    try:
        yield from file
    except CutOffError as error:
        cut_off.append(error)


class _Ids:
    """Gives each post an id of its own: its number, unless another post has the same."""

    def __init__(self) -> None:
        self._taken: dict[str, bytes] = {}

    def of(self, record: Record) -> str:
        """The id; "" if the very same post was given before, as split exports overlap."""
        name, text = record.text("wp:post_name"), record.fields.get("content:encoded", "")
        same = blake2b(f"{name}\0{record.text('wp:post_date')}\0{text}".encode(), digest_size=16).digest()
        number = record.text("wp:post_id")
        begin = number if number.isdigit() else same.hex()[:12]
        key, count = begin, 1
        while key in self._taken:
            if self._taken[key] == same:
                return ""
            count += 1
            key = f"{begin}-{count}"
        self._taken[key] = same
        return key


def _counted(counts: Counter[str]) -> Iterator[LeftOut]:
    reasons = {"comment": Reason.COMMENT, "revision": Reason.REVISION}
    for kind, count in sorted(counts.items()):
        if count:
            plural = "s" if kind in reasons and count > 1 else ""
            words = f"{count} {kind}{plural}" if kind in reasons else f"{count} of the kind {kind!r}"
            yield LeftOut(_WHOLE, "", reasons.get(kind, Reason.OTHER_KIND), words, count)


def _candidates(path: Path) -> tuple[list[Source], list[LeftOut]]:
    """The file, or the XML files in a folder or archive by their numbers; and what must not be read."""
    files = files_of(path)
    if files is None:
        return [Source(path.name, partial(_opened, path))], []
    names = sorted(
        (name for name in files.names if name.lower().endswith(_SUFFIXES) and name.count("/") <= _DEEPEST),
        key=_in_order,
    )
    refused = [each for each in files.refused if each.place.lower().endswith(_SUFFIXES)]
    return [Source(name, partial(files.opened, name)) for name in names], refused


def _opened(path: Path) -> BufferedReader:
    return path.open("rb")


def _in_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(name)]


def _files_in(path: Path) -> tuple[list[WxrFile], list[LeftOut]]:
    sources, others = _candidates(path)
    files: list[WxrFile] = []
    for source in sources:
        try:
            files.append(opened_wxr(source))
        except UnreadableExportError as error:
            if source.name == path.name:
                raise
            others.append(LeftOut(source.name, "", Reason.UNREADABLE, str(error)))
    if not files:
        why = others[0].detail if others else HOW_TO_EXPORT
        raise UnreadableExportError(f"{path.name}: no file in it is an export. {why}")
    return files, others
