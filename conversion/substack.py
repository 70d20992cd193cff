"""Reads the export of Substack: a zip with `posts.csv` and `posts/<number>.<slug>.html`.

The lists of readers in it (`email_list.*.csv`, `posts/*.delivers.csv`, `posts/*.opens.csv`) are never opened.
A post for everyone may hold parts for some readers only: below a paywall, or in a block for an audience.
"""

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import partial
from html import escape, unescape
from pathlib import Path

from conversion.export_files import ExportFiles, files_of, folder_of, folders_of, picture_among
from conversion.export_table import headings, table_rows
from conversion.moments import moment
from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError

LONGEST_POST_BYTES = 5_000_000
_TABLE = "posts.csv"
_COLUMNS = ("post_id", "post_date", "is_published", "type", "audience", "title")
_ID = re.compile(r"(\d{1,18})(?:\.(.{0,300}))?")
_KINDS = {"newsletter", "podcast"}
_OTHER_KINDS = {"page": Reason.PAGE, "adhoc_email": Reason.EMAIL_ONLY}
_AUDIENCES = {"only_paid": Reason.PAID, "founding": Reason.PAID, "only_free": Reason.MEMBERS_ONLY}
_PAYWALLS = (
    "paywall-jump",
    "paywalltodom",
    "<!--paywall",
    "<!-- paywall",
)  # several times faster than a pattern
_BLOCK_AUDIENCES = re.compile(r"data-dynamic-audiences\s*=\s*[\"']([^\"']{0,300})")
_FURNITURE = re.compile(  # asks to subscribe or to share; bounded, so that no text takes long
    r'<div class="subscription-widget-wrap.{0,4000}?</form>\s{0,20}</div>\s{0,20}</div>'
    r'|<p class="button-wrapper".{0,2000}?</p>'
    r'|<div class="preamble">\s{0,20}<p class="cta-caption">.{0,2000}?</p>\s{0,20}</div>'
    r"|<a\b[^<>]{0,2000}%%\w{1,40}%%[^<>]{0,500}>.{0,500}?</a>",
    re.DOTALL,
)


class SubstackReader:
    """Reads one export of Substack."""

    system = "Substack"

    def __init__(self, path: Path, zone: tzinfo) -> None:
        files = files_of(path)
        folder = None if files is None else folder_of(files.names, _TABLE)
        if files is None or folder is None:
            raise UnreadableExportError(
                f"There is no {_TABLE} in {path.name}: this is no export of Substack."
            )
        self._files, self._table, self._zone = files, folder + _TABLE, zone
        self._texts = _texts_below(files, folder + "posts/")

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether this is an export of Substack, by what is in it."""
        files = files_of(path)
        if files is None:
            return False
        for folder in folders_of(files.names, _TABLE)[:1]:
            try:
                return "post_id" in headings(partial(files.opened, folder + _TABLE))
            except DamagedFileError:
                return True  # reading it says what is wrong
        return False

    def entries(self) -> Iterator[Post | LeftOut]:
        """The posts in the order of `posts.csv`."""
        yield from self._files.refused
        seen: set[str] = set()
        for row in table_rows(lambda: self._files.opened(self._table), _TABLE, _COLUMNS):
            if isinstance(row, LeftOut):
                yield row
                continue
            line, cells = row
            entry = self._entry(f"{_TABLE}, line {line}", cells)
            if isinstance(entry, Post) and entry.id in seen:
                entry = LeftOut(entry.place, entry.title, Reason.UNREADABLE, f"A second post {entry.id}.")
            elif isinstance(entry, Post):
                seen.add(entry.id)
            yield entry

    def file(self, address: str) -> bytes | None:
        """A picture in the export; Substack's own exports have none."""
        return picture_among(self._files, address)

    def site_addresses(self) -> dict[str, str]:
        """The lists that each site at Substack has."""
        return {"/archive": "archive", "/feed": "feed", "/about": "home"}

    def _entry(self, place: str, cells: dict[str, str]) -> Post | LeftOut:
        title = _words(cells["title"])
        if hidden := _hidden(cells):
            return LeftOut(place, title, *hidden)
        number = _ID.fullmatch(cells["post_id"])
        if not number:
            return LeftOut(place, title, Reason.UNREADABLE, "Its post_id is not a number and a name.")
        published = moment(cells["post_date"], self._zone)
        if published is None:
            return LeftOut(place, title, Reason.NO_DATE, f"post_date: {cells['post_date'] or 'empty'}")
        return self._with_text(f"{place} ({number[0]})", title, cells, number, published)

    def _with_text(
        self, place: str, title: str, cells: dict[str, str], number: re.Match[str], published: datetime
    ) -> Post | LeftOut:
        name, slug = self._texts.get(number[1], ("", ""))
        content = self._files.read(name, LONGEST_POST_BYTES) if name else b""
        if isinstance(content, LeftOut):
            return LeftOut(place, title, Reason.UNREADABLE, f"{name}: {content.detail}")
        html = content.decode("utf-8", "replace").removeprefix("\ufeff")
        if limited := _limited(html):
            return LeftOut(place, title, *limited)
        body = _FURNITURE.sub("", html).strip()
        if (sound := cells.get("podcast_url", "")).startswith(("https://", "http://")):
            body += f'<p><a href="{escape(sound)}">{escape(sound)}</a></p>'
        if not body:
            missing = "" if name else f"There is no posts/{cells['post_id']}.html in the export."
            return LeftOut(place, title, Reason.EMPTY, missing)
        slug = number[2] or slug
        return Post(
            id=number[1],
            title=title or slug,
            summary=_words(cells.get("subtitle", "")),
            body=body,
            body_format=BodyFormat.HTML,
            published=published,
            slug=slug or number[1],
            place=place,
            addresses=(f"/p/{slug}",) if slug else (),
        )


def _texts_below(files: ExportFiles, folder: str) -> dict[str, tuple[str, str]]:
    """The file and the slug of each post's number."""
    texts = {}
    for name in files.names:
        if name.startswith(folder) and name.endswith(".html"):
            found = _ID.fullmatch(name.removeprefix(folder).removesuffix(".html"))
            if found:
                texts[found[1]] = (name, found[2] or "")
    return texts


def _hidden(cells: dict[str, str]) -> tuple[Reason, str] | None:
    """Why not everybody could read a post, or None."""
    kind, audience, published = cells["type"], cells["audience"], cells["is_published"].casefold()
    if published != "true":
        return Reason.DRAFT, "" if published == "false" else f"is_published: {published or 'empty'}"
    if kind not in _KINDS:
        return _OTHER_KINDS.get(kind, Reason.OTHER_KIND), f"type: {kind or 'empty'}"
    if audience != "everyone":
        return _AUDIENCES.get(audience, Reason.PRIVATE), f"audience: {audience or 'empty'}"
    return None


def _limited(html: str) -> tuple[Reason, str] | None:
    """Why not everybody could read all of a text, or None."""
    lower = html.lower()
    if any(each in lower for each in _PAYWALLS):
        return Reason.PAID, "There is a paywall in its text."
    for audiences in _BLOCK_AUDIENCES.findall(html):
        if "non_sub" not in [each.strip() for each in audiences.split(",")]:  # no subscriber: the public
            return Reason.PAID, f"A part of its text is for {audiences or 'nobody'} only."
    return None


def _words(text: str) -> str:
    return " ".join(unescape(text).split())
