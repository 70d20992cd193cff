"""Reads the export of Buttondown: `emails.csv` or `emails.json`, and `emails/<slug>.md`.

The Markdown files may have front matter instead of a table. What the table or the front matter does not call
public and sent stays out. The lists of subscribers are never opened.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

import yaml

from conversion.export_files import ExportFiles, files_of, folder_of, folders_of, picture_among
from conversion.export_table import headings, table_rows
from conversion.moments import moment
from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError

LONGEST_EMAIL_BYTES = 5_000_000
_LONGEST_LIST_BYTES = 50_000_000
_TABLE, _LIST, _TEXTS = "emails.csv", "emails.json", "emails/"
_COLUMNS = ("subject", "publish_date", "slug")
_STATUSES = {
    **dict.fromkeys(("draft", "managed_by_rss", "errored", "transactional", "deleted"), Reason.DRAFT),
    **dict.fromkeys(("scheduled", "about_to_send", "paused", "in_flight", "throttled"), Reason.SCHEDULED),
}
_TYPES = {"premium": Reason.PAID, "churned": Reason.PAID, "free": Reason.MEMBERS_ONLY}
_PUBLIC_ARCHIVES = {"", "enabled", "public"}
_EMPTY_LIMITS = {"", "[]", "{}", "null", "none"}
_LIMITS = ("included_tags", "excluded_tags", "filters")
_FRONT = re.compile(r"---[ \t]*\r?\n(.{0,20000}?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_MODE = re.compile(r"<!--\s{0,9}buttondown-editor-mode:\s{0,9}(\w{1,20})\s{0,9}-->")
_VARIABLE = re.compile(r"\{\{[^{}]{0,300}\}\}")
_HOW = "Export the emails again, or write the column into emails.csv for each email."

Fields = Mapping[str, str]


class ButtondownReader:
    """Reads one export of Buttondown."""

    system = "Buttondown"

    def __init__(self, path: Path, zone: tzinfo) -> None:
        files = files_of(path)
        folder = _folder(files) if files else None
        if files:
            folder_of(files.names, _TABLE)  # refuses several
        if files is None or folder is None:
            raise UnreadableExportError(f"{path.name} has no {_TABLE}: this is no export of Buttondown.")
        self._files, self._folder, self._zone = files, folder, zone

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether this is an export of Buttondown, by what is in it."""
        files = files_of(path)
        return files is not None and _folder(files) is not None

    def entries(self) -> Iterator[Post | LeftOut]:
        """The emails in the order of the table, then the files that it does not list."""
        yield from self._files.refused
        rows: list[tuple[str, Fields]] = []
        for row in self._rows():
            if isinstance(row, LeftOut):
                yield row
            else:
                rows.append(row)
        slugs = Counter(fields.get("slug", "") for _, fields in rows)
        texts = {
            name.removeprefix(self._folder + _TEXTS).removesuffix(".md"): name
            for name in self._files.names
            if name.startswith(self._folder + _TEXTS) and name.endswith(".md")
        }
        ids: set[str] = set()
        for place, fields in rows:
            slug = fields.get("slug", "")
            if slugs[slug] > 1:
                title = fields.get("subject", "")
                yield LeftOut(place, title, Reason.UNREADABLE, f"Several emails have the slug “{slug}”.")
            else:
                yield self._entry(place, fields, texts.get(slug, ""), ids)
        for slug, name in texts.items():
            if slug not in slugs:
                yield self._entry(name, {"slug": slug}, name, ids)

    def file(self, address: str) -> bytes | None:
        """A picture in the export, if there is one."""
        return picture_among(self._files, address)

    def site_addresses(self) -> dict[str, str]:
        """The archive and its feed."""
        return {"/archive/": "archive", "/rss": "feed"}

    def _rows(self) -> Iterator[tuple[str, Fields] | LeftOut]:
        table, listing = self._folder + _TABLE, self._folder + _LIST
        if table in self._files.names:
            for row in table_rows(lambda: self._files.opened(table), _TABLE, _COLUMNS):
                yield row if isinstance(row, LeftOut) else (f"{_TABLE}, line {row[0]}", row[1])
        elif listing in self._files.names:
            yield from _listed(self._files.read(listing, _LONGEST_LIST_BYTES))

    def _entry(self, place: str, fields: Fields, name: str, ids: set[str]) -> Post | LeftOut:
        title = fields.get("subject", "")
        content = self._files.read(name, LONGEST_EMAIL_BYTES) if name else fields.get("body", "").encode()
        if isinstance(content, LeftOut):
            return LeftOut(place, title, Reason.UNREADABLE, f"{name}: {content.detail}")
        try:
            text = content.decode("utf-8-sig").replace("\r\n", "\n")
            own, text = _parted(text)
        except (UnicodeDecodeError, yaml.YAMLError, RecursionError):
            return LeftOut(place, title, Reason.UNREADABLE, f"{name}: It is damaged, or not in UTF-8.")
        known = {**own, **{key: value for key, value in fields.items() if value}}
        title = known.get("subject", "")
        published = moment(known.get("publish_date", ""), self._zone)
        if hidden := _hidden(fields, own, text):
            return LeftOut(place, title, *hidden)
        if published is None:
            return LeftOut(
                place, title, Reason.NO_DATE, f"publish_date: {known.get('publish_date') or 'empty'}"
            )
        return _post(place, known, text, published, ids)


def _post(place: str, known: Fields, text: str, published: datetime, ids: set[str]) -> Post | LeftOut:
    mode = _MODE.search(text)
    body = _VARIABLE.sub("", _MODE.sub("", text)).strip()
    title, slug = known.get("subject", ""), known.get("slug", "")
    post_id = known.get("id", "") or slug
    if not body:
        return LeftOut(place, title, Reason.EMPTY)
    if not post_id or post_id in ids:
        return LeftOut(place, title, Reason.UNREADABLE, f"A second email {post_id or 'without an id'}.")
    ids.add(post_id)
    return Post(
        id=post_id,
        title=title or slug,
        summary=" ".join(known.get("description", "").split()),
        body=body,
        body_format=BodyFormat.HTML if mode and mode[1] == "fancy" else BodyFormat.MARKDOWN,
        published=published,
        slug=slug,
        place=place,
        addresses=(f"/archive/{slug}/",) if slug else (),
        picture=known.get("image", ""),
    )


def _folder(files: ExportFiles) -> str | None:
    """The folder of the export: that of its table, of its list, or of `emails/` with front matter."""
    for folder in folders_of(files.names, _TABLE)[:1]:
        try:
            return folder if "subject" in headings(partial(files.opened, folder + _TABLE)) else None
        except DamagedFileError:
            return folder  # reading it says what is wrong
    for folder in folders_of(files.names, _LIST)[:1]:
        start = files.read(folder + _LIST, _LONGEST_LIST_BYTES)
        is_list = isinstance(start, LeftOut) or (b'"subject"' in start and b'"publish_date"' in start)
        has_texts = any(name.startswith(folder + _TEXTS) for name in files.names)
        return folder if is_list or has_texts else None
    return _folder_of_texts(files)


def _folder_of_texts(files: ExportFiles) -> str | None:
    for name in files.names:
        if name.endswith(".md") and f"/{name}".count("/" + _TEXTS) == 1:
            content = files.read(name, LONGEST_EMAIL_BYTES)
            try:
                own, _ = _parted(
                    "" if isinstance(content, LeftOut) else content.decode("utf-8-sig", "replace")
                )
            except (yaml.YAMLError, RecursionError):
                return None
            folder, _, below = f"/{name}".rpartition("/" + _TEXTS)
            is_email = "subject" in own and "email_type" in own and "/" not in below
            return (folder + "/").removeprefix("/") if is_email else None
    return None


def _listed(content: bytes | LeftOut) -> Iterator[tuple[str, Fields]]:
    """The emails of `emails.json`."""
    try:
        found = None if isinstance(content, LeftOut) else json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnreadableExportError(f"{_LIST} is damaged or cut off. Export the emails again.")
    for number, each in enumerate(found, 1):
        yield f"{_LIST}, email {number}", {str(key): _text(value) for key, value in each.items()}


def _text(value: object) -> str:
    if value is None or isinstance(value, str | int):
        return "" if value is None else str(value).strip()
    return json.dumps(value)


def _parted(text: str) -> tuple[dict[str, str], str]:
    """The front matter of a Markdown file, and the text below it."""
    front = _FRONT.match(text)
    if not front:
        return {}, text
    values = yaml.load(front[1], Loader=yaml.BaseLoader)  # noqa: S506  # gives nothing but text
    if not isinstance(values, dict):
        return {}, text
    return {str(key): _text(value) for key, value in values.items()}, text[front.end() :]


def _hidden(fields: Fields, own: Fields, text: str) -> tuple[Reason, str] | None:
    """Why not everybody could read an email in the archive, or None; table and file must agree."""
    unlike_public = (
        _said(fields, own, "status", ("sent", "imported"), _STATUSES, Reason.DRAFT)
        or _said(fields, own, "email_type", ("public",), _TYPES, Reason.PRIVATE)
        or _limited(fields)
        or _limited(own)
    )
    if unlike_public:
        return unlike_public
    if any("paywall" in tag for tag in _VARIABLE.findall(text)):
        return Reason.PAID, "There is a paywall in its text."
    return (
        (Reason.MEMBERS_ONLY, "A part of its text is for some readers only: {% … %}.")
        if "{%" in text
        else None
    )


def _said(
    fields: Fields,
    own: Fields,
    name: str,
    public: tuple[str, ...],
    reasons: Mapping[str, Reason],
    otherwise: Reason,
) -> tuple[Reason, str] | None:
    said = [value for value in (fields.get(name, ""), own.get(name, "")) if value]
    if not said:
        return otherwise, f"The export does not say its {name}. {_HOW}"
    other = next((value for value in said if value.casefold() not in public), "")
    return (reasons.get(other.casefold(), otherwise), f"{name}: {other}") if other else None


def _limited(known: Fields) -> tuple[Reason, str] | None:
    mode = known.get("archival_mode", "")
    if mode.casefold() not in _PUBLIC_ARCHIVES:
        return Reason.PRIVATE, f"archival_mode: {mode}"
    for name in _LIMITS:
        value = known.get(name, "")
        if value.casefold() not in _EMPTY_LIMITS and not _is_empty_filter(value):
            return Reason.MEMBERS_ONLY, f"{name}: {value[:100]}"
    return None


def _is_empty_filter(text: str) -> bool:
    """Whether a filter of readers has no conditions: `{"filters": [], "groups": [], "predicate": "and"}`."""
    try:
        value = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and not value.get("filters") and not value.get("groups")
