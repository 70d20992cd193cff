"""Reads the export of Ghost: JSON with the tables of its database, alone or in a zip with pictures.

Tables are read row by row, and of each only the columns named here: there are readers' addresses, password
hashes and keys in the others. Ghost keeps its times in UTC.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from conversion.author_traces import without_traces
from conversion.export_files import ExportFiles, files_of, picture_among
from conversion.ghost_text import UnknownTextError, html_of
from conversion.languages import language_code, language_of_tag
from conversion.moments import moment
from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError

_ORIGIN = "__GHOST_URL__"
_TEXT_COLUMNS = ("html", "lexical", "mobiledoc", "markdown")
_POST_COLUMNS = (
    *(
        "id",
        "title",
        "slug",
        "status",
        "visibility",
        "type",
        "page",
        "email_only",
        "published_at",
        "author_id",
    ),
    *("feature_image", "image", "custom_excerpt", "locale", *_TEXT_COLUMNS),
)
_INDEX_COLUMNS = {
    "posts": ("id", "status", "visibility", "type", "email_only"),
    "posts_meta": ("post_id", "email_only", "feature_image_alt"),
    "posts_tags": ("post_id", "tag_id", "sort_order"),
    "posts_authors": ("post_id", "author_id", "sort_order"),
    "tags": ("id", "name", "slug", "visibility"),
    "users": ("id", "name", "slug", "email"),  # no text may show the address of an author
    "settings": ("key", "value"),
}
_STATUSES = {"draft": Reason.DRAFT, "scheduled": Reason.SCHEDULED, "sent": Reason.EMAIL_ONLY}
_VISIBILITIES = {
    "members": Reason.MEMBERS_ONLY,
    "filter": Reason.MEMBERS_ONLY,
    "paid": Reason.PAID,
    "tiers": Reason.PAID,
}
_RESIZED = re.compile(  # a picture in another size, made from the one that was uploaded
    r"(/content/images)/size/[^/\s\"']{1,40}(?:/format/[^/\s\"']{1,10})?(?=/)"
)
_PIECE_BYTES = 1 << 20  # for each, the parser looks at an unfinished value from its start
_LONGEST_VALUE_BYTES = 50_000_000
_DEEPEST = 30
_SCALARS = frozenset(("string", "number", "boolean", "null"))
_MOST_FILES_LOOKED_AT, _EVENTS_LOOKED_AT = 50, 2_000
_AGAIN = "Export it again: Settings, Import/Export, Export."

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    slug: str
    is_internal: bool


@dataclass(slots=True)
class _Index:
    """What the posts refer to, by the ids of the posts."""

    posts: int = 0
    public: set[str] = field(default_factory=set)
    email_only: dict[str, Any] = field(default_factory=dict)
    alts: dict[str, str] = field(default_factory=dict)
    tag_ids: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    author_ids: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    tags: dict[str, _Tag] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    author_slugs: dict[str, str] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    is_private: bool = False

    @property
    def only_by_email(self) -> set[str]:
        """The posts that the site did not show."""
        return {post_id for post_id, is_so in self.email_only.items() if is_so}

    def tags_of(self, post_id: str) -> list[_Tag]:
        """The tags of a post, the primary one first."""
        found = (self.tags.get(each) for _, each in sorted(self.tag_ids.get(post_id, ())))
        return [tag for tag in found if tag]


class GhostReader:
    """Reads one export of Ghost; opening it reads it once to its end."""

    system = "Ghost"

    def __init__(self, path: Path, zone: tzinfo) -> None:  # noqa: ARG002  # Ghost's times are UTC
        self._source = _source(path)
        self._index = _index(self._source)
        if not self._index.posts:
            raise UnreadableExportError(f"{self._source.name} has no posts. {_AGAIN}")

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether this is an export of Ghost, by what is in it."""
        return bool(_sources(path))

    def entries(self) -> Iterator[Post | LeftOut]:
        """The posts in the order of the export."""
        if self._source.files:
            yield from self._source.files.refused
        seen: set[str] = set()
        rows = _rows(self._source, {"posts": _POST_COLUMNS})
        for number, (_, row) in enumerate(rows, 1):
            entry = self._entry(number, row)
            if isinstance(entry, Post) and entry.id in seen:
                entry = LeftOut(entry.place, entry.title, Reason.UNREADABLE, f"A second post {entry.id}.")
            elif isinstance(entry, Post):
                seen.add(entry.id)
            yield entry

    def file(self, address: str) -> bytes | None:
        """A picture beside the JSON in the zip, in the size that was uploaded."""
        files = self._source.files
        return picture_among(files, _uploaded(address)) if files else None

    def site_addresses(self) -> dict[str, str]:
        """The feed, and the pages of the tags and authors of public posts."""
        found = {"/rss/": "feed"}
        is_private = self._index.is_private
        for post_id in () if is_private else sorted(self._index.public - self._index.only_by_email):
            for tag in self._index.tags_of(post_id):
                if tag.slug and not tag.is_internal:
                    found[f"/tag/{tag.slug}/"] = f"topic:{tag.name}"
            for _, author in self._index.author_ids.get(post_id, ()):
                if slug := self._index.author_slugs.get(author):
                    found[f"/author/{slug}/"] = "archive"
        return found

    def _entry(self, number: int, row: Row) -> Post | LeftOut:
        title, slug = _words(row.get("title")), _text(row.get("slug"))
        place = f"post {number}: {title or slug}"
        post_id = _text(row.get("id")) or f"number-{number}"
        if hidden := self._hidden(row, post_id):
            return LeftOut(place, title, *hidden)
        published = moment(row.get("published_at"), UTC)
        if published is None:
            return LeftOut(place, title, Reason.NO_DATE, f"published_at: {row.get('published_at')}")
        try:
            body = self._without_traces(_uploaded(html_of(row)).replace("\0", "").strip())
        except UnknownTextError as error:
            return LeftOut(place, title, Reason.UNREADABLE, str(error))
        if not body:
            return LeftOut(place, title, Reason.EMPTY)
        tags = self._index.tags_of(post_id)
        shown = [tag.name for tag in tags if not tag.is_internal]
        language = language_code(_text(row.get("locale"))) or _language(tags)
        shown = [name for name in shown if not language_of_tag(name, internal=False)]
        return Post(
            id=post_id,
            title=title or slug,
            summary=self._without_traces(_words(row.get("custom_excerpt"))),
            body=body,
            body_format=BodyFormat.HTML,
            published=published,
            slug=slug,
            place=place,
            addresses=(f"/{slug}/",) if slug else (),
            language=language,
            categories=tuple(shown[:1]),
            tags=tuple(shown[1:]),
            authors=self._authors(post_id, row),
            picture=_uploaded(_text(row.get("feature_image") or row.get("image"))),
            picture_alt=_words(self._index.alts.get(post_id)),
        )

    def _without_traces(self, text: str) -> str:
        return without_traces(text, self._index.emails, ())

    def _hidden(self, row: Row, post_id: str) -> tuple[Reason, str] | None:
        """Why not everybody could read a post on the site, or None."""
        status, visibility = _text(row.get("status")), _text(row.get("visibility"))
        is_page = row.get("type", "page" if row.get("page") else "post")
        email_only = row.get("email_only") or self._index.email_only.get(post_id)
        if "visibility" not in row and "type" not in row:
            visibility = "public"  # of a Ghost before version 3, which had no members
        if status != "published":
            return _STATUSES.get(
                status, Reason.OTHER_KIND
            ), "" if status in _STATUSES else f"status: {status or 'none'}"
        if is_page != "post":
            return (Reason.PAGE, "") if is_page == "page" else (Reason.OTHER_KIND, f"type: {is_page}")
        if visibility != "public":
            return _VISIBILITIES.get(visibility, Reason.PRIVATE), f"visibility: {visibility or 'none'}"
        if email_only:
            return Reason.EMAIL_ONLY, ""
        if self._index.is_private:
            return Reason.PASSWORD, (
                "The whole site was behind a password. If its posts may be public now, make the site public"
                " in Ghost, and export again."
            )
        return None

    def _authors(self, post_id: str, row: Row) -> tuple[str, ...]:
        ids = [each for _, each in sorted(self._index.author_ids.get(post_id, ()))]
        names = (self._index.names.get(each, "") for each in ids or [_text(row.get("author_id"))])
        return tuple(name for name in names if name and "@" not in name)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the JSON lies; `files` are those beside it."""

    path: Path
    name: str
    files: ExportFiles | None = None

    def opened(self) -> BinaryIO:
        return self.files.opened(self.name) if self.files else self.path.open("rb")


def _source(path: Path) -> _Source:
    found = _sources(path)
    if len(found) > 1:
        raise UnreadableExportError(
            f"There are several exports in {path.name}: {found[0].name}, {found[1].name}. Give one of them."
        )
    if not found:
        raise UnreadableExportError(f"{path.name} is no export of Ghost. {_AGAIN}")
    return found[0]


def _sources(path: Path) -> list[_Source]:
    """The JSON files that look like an export."""
    files = files_of(path)
    if files is None:
        sources = [_Source(path, path.name)]
    else:
        names = [name for name in files.names if name.casefold().endswith(".json")]
        names.sort(key=lambda name: (name.count("/"), name))
        sources = [_Source(path, name, files) for name in names[:_MOST_FILES_LOOKED_AT]]
    return [source for source in sources if _is_export(source)]


def _is_export(source: _Source) -> bool:
    """Whether the JSON begins as an export does: with a map of tables in `data`."""
    path: list[str] = []
    try:
        with source.opened() as file:
            events = ijson.basic_parse(_Guarded(file))
            for (event, value), _ in zip(events, range(_EVENTS_LOOKED_AT), strict=False):
                _follow(path, event, value)
                if event == "map_key" and path[:-1] in (["db", "item", "data"], ["data"]):
                    return value in _INDEX_COLUMNS or len(path) > 2  # noqa: PLR2004  # within `db`
    except (ijson.JSONError, UnicodeDecodeError, DamagedFileError, OSError, _TooLongError):
        return False
    return False


class _TooLongError(Exception):
    """A value is longer than memory should hold."""


class _Guarded:
    """A file that is read for a parser, which holds a value until its end: too long ones are not read on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.position = self.since_event = 0

    def read(self, size: int) -> bytes:
        piece = self._file.read(size)
        if not self.position:
            piece = piece.removeprefix(b"\xef\xbb\xbf") or piece[:0]
        self.position += len(piece)
        self.since_event += len(piece)
        if self.since_event > _LONGEST_VALUE_BYTES:
            raise _TooLongError
        return piece


def _follow(path: list[str], event: str, value: object) -> None:
    """Keep the path to the current value: the key in each map, `item` in each list."""
    if event == "map_key":
        path[-1] = str(value)
    elif event in {"start_map", "start_array"}:
        path.append("item" if event == "start_array" else "")
        if len(path) > _DEEPEST:
            raise ijson.JSONError("nested too deep")
    elif event in {"end_map", "end_array"}:
        path.pop()


def _rows(source: _Source, wanted: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of some tables with some of their columns, in the order of the file.

    Raises:
        UnreadableExportError: the file is damaged; the message says where.
    """
    path: list[str] = []
    row: dict[str, Any] | None = None
    table, depth, count = "", 0, 0
    columns: tuple[str, ...] = ()
    with source.opened() as file:
        guarded = _Guarded(file)
        try:
            for event, value in ijson.basic_parse(guarded, buf_size=_PIECE_BYTES):
                guarded.since_event = 0
                if event in _SCALARS:
                    if row is not None and len(path) == depth and path[-1] in columns:
                        row[path[-1]] = value
                    continue
                if event == "start_map" and row is None and (found := _table(path)) is not None:
                    count = count + 1 if found == table else 1
                    table = found
                    if table in wanted:
                        row, depth, columns = {}, len(path) + 1, wanted[table]
                elif event == "end_map" and row is not None and len(path) == depth:
                    yield table, row
                    row = None
                _follow(path, event, value)
        except (ijson.JSONError, UnicodeDecodeError, DamagedFileError, OSError):
            raise _damaged(source, guarded, table, count, "is damaged or cut off") from None
        except _TooLongError:
            megabytes = _LONGEST_VALUE_BYTES // 1_000_000
            raise _damaged(
                source, guarded, table, count, f"has a value of more than {megabytes} MB"
            ) from None


def _table(path: list[str]) -> str | None:
    """The table that a map at this path is a row of."""
    is_row = path[-1:] == ["item"] and path[:-2] in (["data"], ["db", "item", "data"])
    return path[-2] if is_row else None


def _damaged(
    source: _Source, guarded: _Guarded, table: str, count: int, problem: str
) -> UnreadableExportError:
    where = f", in row {count:,} of the table “{table}”" if table else ""
    return UnreadableExportError(
        f"{source.name} {problem} within its first {guarded.position:,} bytes{where}. {_AGAIN}"
    )


def _index(source: _Source) -> _Index:
    index = _Index()
    for table, row in _rows(source, _INDEX_COLUMNS):
        post_id = _text(row.get("post_id"))
        if table == "posts":
            index.posts += 1
            is_post = row.get("type", "post") == "post" and not row.get("email_only")
            if is_post and row.get("status") == "published" and row.get("visibility", "public") == "public":
                index.public.add(_text(row.get("id")))
        elif table == "posts_meta":
            index.email_only[post_id] = row.get("email_only")
            index.alts[post_id] = _text(row.get("feature_image_alt"))
        elif table == "posts_tags":
            index.tag_ids.setdefault(post_id, []).append((_order(row), _text(row.get("tag_id"))))
        elif table == "posts_authors":
            index.author_ids.setdefault(post_id, []).append((_order(row), _text(row.get("author_id"))))
        elif table == "tags":
            name = _words(row.get("name"))
            is_internal = row.get("visibility", "public") != "public" or name.startswith("#")
            index.tags[_text(row.get("id"))] = _Tag(name, _text(row.get("slug")), is_internal)
        elif table == "users":
            index.names[_text(row.get("id"))] = _words(row.get("name"))
            index.emails.update({_text(row.get("email")).casefold()} - {""})
            index.author_slugs[_text(row.get("id"))] = _text(row.get("slug"))
        elif row.get("key") == "is_private":
            index.is_private = str(row.get("value")).casefold() in {"true", "1"}
    return index


def _order(row: Row) -> int:
    order = row.get("sort_order")
    return order if isinstance(order, int) else 0


def _language(tags: list[_Tag]) -> str:
    """The language that an internal tag or the primary tag names."""
    named = [language_of_tag(tag.name, internal=True) for tag in tags if tag.is_internal]
    primary = next((tag.name for tag in tags if not tag.is_internal), "")
    return next(filter(None, (*named, language_of_tag(primary, internal=False))), "")


def _uploaded(text: str) -> str:
    """A text or an address with the site's own addresses from `/`, and its pictures as they were uploaded."""
    return _RESIZED.sub(r"\1", text.replace(_ORIGIN, ""))


def _text(value: object) -> str:
    return str(value).replace("\0", "") if isinstance(value, str | int) else ""


def _words(value: object) -> str:
    return " ".join(_text(value).split())
