"""Reads the account export of Mailchimp: `campaigns.csv`, which lists what was sent, and their HTML files.

The export says in no field which file belongs to which row: `campaigns_content/<number>_<title>.html` is
matched by the title, the subject, or the page's own title. What stays unclear is left out, as is what the
table does not list: it was never sent. The lists and the reports about readers are never opened.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from html import unescape
from itertools import islice
from pathlib import Path

from conversion.export_files import files_of, folder_of, folders_of, picture_among
from conversion.export_table import headings, table_rows
from conversion.moments import moment
from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError

LONGEST_CAMPAIGN_BYTES = 3_000_000
_TABLE, _TEXTS = "campaigns.csv", "campaigns_content/"
_COLUMNS = ("title", "subject", "send date")
_NUMBER = re.compile(r"(\d{1,18})_?(.*)")
_KINDS = {"", "regular", "plaintext", "plain-text", "html", "variate", "absplit", "ab"}
_LIMITS = ("segment", "segment text", "segment name", "audience segment", "tags", "recipient tags")
_LEAST_SHORTENED = 20  # letters of a title that a file name may be cut to

_TAG = re.compile(r"\*(?:\||%7C)([^|*<>]{1,300}?)(?:\||%7C)\*", re.IGNORECASE)
_ADDRESSED = re.compile(r"[ \xa0]{1,3}\*\|(?!MC:SUBJECT)[A-Z0-9_:]{1,40}\|\*(?=,)")  # “Dear *|FNAME|*,”
_LINK_TO_TAG = re.compile(  # to unsubscribe, to forward, to the page of the campaign
    r"<a\b[^<>]{0,2000}\*(?:\||%7C)[^<>]{0,2000}>.{0,2000}?</a>", re.IGNORECASE | re.DOTALL
)
_LEAVING = re.compile(  # what the law demands of an email, and no page has
    r"\*(?:\||%7C)(?:UNSUB|UPDATE_PROFILE|(?:HTML:)?LIST[_:]?ADDRESS|ABOUT_LIST)[^|<>]{0,40}(?:\||%7C)\*",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"<(td|p|div|li|center)\b", re.IGNORECASE)
_MOST_LEAVING = 50  # tags; an email has some five
_NEAR, _LONGEST_FOOTER = 3000, 600  # letters: around a tag, with the HTML; in a footer, without
_HTML_TAG = re.compile(r"<[^<>]{0,2000}>")
_ICON = re.compile(r"<img\b[^<>]{0,1000}//cdn-images\.mailchimp\.com/icons/[^<>]{0,1000}>", re.IGNORECASE)
_PREVIEW = re.compile(r"<(span|div)\b[^<>]{0,300}mcnPreviewText[^<>]{0,600}>(.{0,1000}?)</\1>", re.DOTALL)
_UNSEEN = re.compile(r"<[^<>]{0,300}>|[\u200b-\u200f\u034f\u00ad]|&(?:zwnj|#847|shy|#8199);", re.IGNORECASE)
_FEED = re.compile(r"\*\|(?:RSS|FEED)", re.IGNORECASE)
_PAGE_TITLE = re.compile(r"<title>([^<]{0,500})</title>", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^<>]{0,3000}>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s{0,9}>", re.IGNORECASE)
_CONDITIONS = ("IF", "IFNOT", "INTERESTED", "NOTINTERESTED")


@dataclass(frozen=True, slots=True)
class _Sent:
    """A row of the table: a campaign that was sent."""

    line: int
    title: str
    subject: str
    date: str
    sent_at: datetime | None
    audience: str
    hidden: tuple[Reason, str] | None


class MailchimpReader:
    """Reads one export of Mailchimp."""

    system = "Mailchimp"

    def __init__(self, path: Path, zone: tzinfo) -> None:
        files = files_of(path)
        folder = None if files is None else folder_of(files.names, _TABLE)
        if files is None or folder is None:
            raise UnreadableExportError(
                f"There is no {_TABLE} in {path.name}, which says what was sent. Export the whole account,"
                " with Email, and give the archive as it is."
            )
        self._files, self._table, self._zone = files, folder + _TABLE, zone
        self._texts = [
            name for name in files.names if name.startswith(folder + _TEXTS) and name.endswith(".html")
        ]
        if not self._texts:
            raise UnreadableExportError(
                f"There are no HTML files in {folder}{_TEXTS} of {path.name}. Export the account again, with"
                " Email."
            )

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether this is an export of Mailchimp, by what is in it."""
        files = files_of(path)
        if files is None:
            return False
        if any(f"/{_TEXTS}" in f"/{name}" and name.endswith(".html") for name in files.names):
            return True
        for folder in folders_of(files.names, _TABLE)[:1]:
            try:
                return "send date" in headings(partial(files.opened, folder + _TABLE))
            except DamagedFileError:
                return True  # reading it says what is wrong
        return False

    def entries(self) -> Iterator[Post | LeftOut]:
        """The campaigns in the order of `campaigns.csv`, then the files that it does not list."""
        yield from self._files.refused
        sent: list[_Sent] = []
        for row in table_rows(lambda: self._files.opened(self._table), _TABLE, _COLUMNS):
            if isinstance(row, LeftOut):
                yield row
            else:
                sent.append(_sent(*row, self._zone))
        texts, unclear = _matched(sent, self._texts, self._page_title)
        for each in sent:
            yield self._entry(each, texts.get(each.line, ""), unclear.get(each.line, []))
        known = {*texts.values(), *(name for names in unclear.values() for name in names)}
        for name in self._texts:
            if name not in known:
                yield LeftOut(name, _stem(name), Reason.DRAFT, f"{_TABLE} does not list it as sent.")

    def file(self, address: str) -> bytes | None:
        """A picture of the account's gallery, if the export has it."""
        return picture_among(self._files, address)

    def site_addresses(self) -> dict[str, str]:
        """None: campaigns were shown on Mailchimp's own hosts."""
        return {}

    def _page_title(self, name: str) -> str:
        content = self._files.read(name, LONGEST_CAMPAIGN_BYTES)
        found = (
            None if isinstance(content, LeftOut) else _PAGE_TITLE.search(content.decode("utf-8", "replace"))
        )
        return _words(found[1]) if found else ""

    def _entry(self, sent: _Sent, name: str, unclear: list[str]) -> Post | LeftOut:
        place, title = f"{_TABLE}, line {sent.line}", sent.subject or sent.title
        if sent.hidden:
            return LeftOut(place, title, *sent.hidden)
        if sent.sent_at is None:
            return LeftOut(place, title, Reason.NO_DATE, f"Send Date: {sent.date}")
        if unclear:
            detail = f"It is unclear which is its text: {', '.join(unclear)}"
            return LeftOut(place, title, Reason.UNREADABLE, detail)
        if not name:
            return LeftOut(place, title, Reason.EMPTY, f"There is no file of it in {_TEXTS}.")
        content = self._files.read(name, LONGEST_CAMPAIGN_BYTES)
        if isinstance(content, LeftOut):
            return LeftOut(place, title, Reason.UNREADABLE, f"{name}: {content.detail}")
        html = content.decode("utf-8", "replace").removeprefix("\ufeff")
        return self._with_text(f"{place} ({name})", title, name, html, sent, sent.sent_at)

    def _with_text(
        self, place: str, title: str, name: str, html: str, sent: _Sent, sent_at: datetime
    ) -> Post | LeftOut:
        if _FEED.search(html):
            return LeftOut(
                place, title, Reason.OTHER_KIND, "It was filled from a feed: its text is not in it."
            )
        public = _as_everybody_saw(html)
        if public is None:
            detail = "It is unclear which parts of its text are for some readers only."
            return LeftOut(place, title, Reason.PRIVATE, detail)
        preview = _PREVIEW.search(public)
        body = _inner(_without_footers(_PREVIEW.sub("", public)), sent.subject)
        if not body:
            return LeftOut(place, title, Reason.EMPTY)
        return Post(
            id=name.rpartition("/")[2].removesuffix(".html"),
            title=title,
            summary=_words(_TAG.sub("", _UNSEEN.sub("", preview[2]))) if preview else "",
            body=body,
            body_format=BodyFormat.HTML,
            published=sent_at,
            slug=_key(title) or _key(_stem(name)),
            place=place,
            categories=(sent.audience,) if sent.audience else (),
        )


def _sent(line: int, cells: dict[str, str], zone: tzinfo) -> _Sent:
    date = cells["send date"]
    subject = _words(_TAG.sub("", cells["subject"]))
    audience = _words(cells.get("list", "") or cells.get("audience", ""))
    return _Sent(line, cells["title"], subject, date, moment(date, zone), audience, _hidden(cells))


def _hidden(cells: dict[str, str]) -> tuple[Reason, str] | None:
    """Why a campaign was not for everybody, or None."""
    status, kind = cells.get("status", "").casefold(), cells.get("type", "").casefold()
    if status not in {"", "sent"}:
        return {"schedule": Reason.SCHEDULED, "scheduled": Reason.SCHEDULED}.get(status, Reason.DRAFT), status
    if not cells["send date"]:
        return Reason.DRAFT, "It has no Send Date."
    if cells.get("total recipients") == "0":
        return Reason.DRAFT, "It was sent to nobody."
    if kind not in _KINDS:
        return Reason.OTHER_KIND, f"type: {kind}"
    limits = [f"{name}: {cells[name]}" for name in _LIMITS if cells.get(name)]
    return (Reason.MEMBERS_ONLY, "; ".join(limits)) if limits else None


def _matched(
    sent: list[_Sent], names: list[str], page_title: Callable[[str], str]
) -> tuple[dict[int, str], dict[int, list[str]]]:
    """The file of each row's line; for others the files among which it may be.

    Of several rows and as many files of one title, the first sent has the file with the lowest number.
    """
    files: dict[str, list[str]] = {}
    for name in sorted(names, key=_number):
        files.setdefault(_key(_stem(name)), []).append(name)
    texts: dict[int, str] = {}
    unclear: dict[int, list[str]] = {}
    rest = sent
    for key_of in (lambda each: _file_key(each.title, files), lambda each: _file_key(each.subject, files)):
        rest = _paired(rest, files, key_of, texts, unclear)
    if rest:
        titled: dict[str, list[str]] = {}
        for name in sorted((name for group in files.values() for name in group), key=_number):
            titled.setdefault(page_title(name), []).append(name)
        _paired(rest, titled, lambda each: each.subject, texts, unclear)
    return texts, unclear


def _paired(
    sent: Iterable[_Sent],
    files: dict[str, list[str]],
    key_of: Callable[[_Sent], str],
    texts: dict[int, str],
    unclear: dict[int, list[str]],
) -> list[_Sent]:
    """Pair rows with the files of their key, which are taken out; give the rows without any."""
    groups: dict[str, list[_Sent]] = {}
    for each in sent:
        groups.setdefault(key_of(each), []).append(each)
    rest = []
    for key, rows in groups.items():
        found = files.pop(key, []) if key else []
        if not found:
            rest += rows
        elif len(found) == len(rows) and (len(rows) == 1 or all(row.sent_at for row in rows)):
            rows.sort(key=lambda row: (row.sent_at.timestamp() if row.sent_at else 0, row.line))
            texts.update({row.line: name for row, name in zip(rows, found, strict=True)})
        else:
            unclear.update({row.line: found for row in rows})
    return rest


def _file_key(title: str, files: dict[str, list[str]]) -> str:
    """The key of the file that a title gave its name to, which may be cut."""
    key = _key(title)
    if key in files:
        return key
    cut = [each for each in files if len(each) >= _LEAST_SHORTENED and key.startswith(each)]
    return max(cut, key=len, default="")


def _as_everybody_saw(html: str) -> str | None:
    """HTML as the campaign's public page shows it; None if it is unclear what it shows.

    No reader is known there: parts for those with some field or group are not shown, their opposites are.
    """
    parts: list[str] = []
    shown: list[tuple[bool, bool]] = []  # of each open condition: the current branch, any branch so far
    at = hidden = 0
    for tag in _TAG.finditer(html):
        word, _, of = tag[1].strip().partition(":")
        word = word.upper()
        if word not in {*_CONDITIONS, "ELSEIF", "ELSE", "END"}:
            continue
        if not hidden:
            parts.append(html[at : tag.start()])
        at = tag.end()
        if word in _CONDITIONS:
            is_negative = word in {"IFNOT", "NOTINTERESTED"}
            is_shown = (of.strip().upper() == "ARCHIVE_PAGE") != is_negative
            shown.append((is_shown, is_shown))
            hidden += not is_shown
        elif not shown:
            return None
        elif word == "END":
            hidden -= not shown.pop()[0]
        else:
            was, any_before = shown.pop()
            is_shown = word == "ELSE" and not any_before
            shown.append((is_shown, any_before or is_shown))
            hidden += was - is_shown
    return None if shown else "".join((*parts, html[at:]))


def _without_footers(html: str) -> str:
    """HTML without the short blocks that tell how to leave the list, and without links to other tags."""
    parts: list[str] = []
    at = 0
    for tag in islice(_LEAVING.finditer(html), _MOST_LEAVING):
        first = max(at, tag.start() - _NEAR)
        block = deque(_BLOCK.finditer(html, first, tag.start()), maxlen=1)
        if not block or tag.start() < at:
            continue
        close = re.compile(f"</{block[0][1]}\\s{{0,9}}>", re.IGNORECASE)
        end = close.search(html, tag.end(), tag.end() + _NEAR)
        start = block[0].start()
        if not end or close.search(html, start, tag.start()):
            continue
        if len(_HTML_TAG.sub("", html[start : end.end()]).strip()) <= _LONGEST_FOOTER:
            parts.append(html[at:start])
            at = end.end()
    return _ICON.sub("", _LINK_TO_TAG.sub("", "".join((*parts, html[at:]))))


def _inner(html: str, subject: str) -> str:
    """What is within the page's body, without Mailchimp's tags."""
    start = _BODY.search(html)
    inner = html[start.end() :] if start else html
    end = _BODY_END.search(inner)
    inner = _ADDRESSED.sub("", inner[: end.start()] if end else inner)
    return _TAG.sub(lambda tag: subject if tag[1].strip().upper() == "MC:SUBJECT" else "", inner).strip()


def _stem(name: str) -> str:
    stem = name.rpartition("/")[2].removesuffix(".html")
    found = _NUMBER.fullmatch(stem)
    return found[2] if found and found[2] else stem


def _number(name: str) -> tuple[int, str]:
    found = _NUMBER.fullmatch(name.rpartition("/")[2].removesuffix(".html"))
    return (int(found[1]) if found else 0), name


def _key(title: str) -> str:
    """The letters and digits of a title, as a file name has them."""
    return "-".join(re.findall(r"[^\W_]+", title.casefold()))


def _words(text: str) -> str:
    return " ".join(unescape(text).split())
