"""The newsletter as `newsletter.toml` describes it, the one file that a newsroom edits.

Shape: see the file at the root of the repo; an unknown key is an error.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from broadsheet.characters import without_control_in

MONDAY = 0
MOST_DAYS = 36_500


class NewsletterFileError(ValueError):
    """`newsletter.toml` can't be used; the message names the key and what to write. Nothing was changed."""


@dataclass(frozen=True)
class Edition:
    """The newsletter in one language; `about`, in Markdown, says who writes it."""

    id: str
    language: str
    name: str
    description: str
    sign_up: str
    about: str = ""


@dataclass(frozen=True)
class Audience:
    """A choice on the sign-up form: its readers get the first of `editions` that is published."""

    id: str
    label: str
    editions: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """A recurring subject; `names` has its name in each edition."""

    id: str
    names: dict[str, str]


@dataclass(frozen=True)
class Trend:
    """How a topic developed; `tone` is neutral, red or green, `phrases` has its words in each edition."""

    id: str
    tone: str
    phrases: dict[str, str]


@dataclass(frozen=True)
class SharedExit:
    """A network that many readers share, such as a VPN's, with its `share` of sign-ups a day."""

    network: IPv4Network | IPv6Network
    share: int


@dataclass(frozen=True)
class Newsletter:
    """What one deployment publishes.

    An issue whose period ended more than `mail_within_days` ago is mailed only if its front matter says so.
    """

    name: str
    description: str
    cadence: str
    time_zone: str
    origin: str
    sender: str
    reply_to: str
    postal_address: str
    editors: tuple[str, ...]
    accent: str
    editions: dict[str, Edition]
    audiences: tuple[Audience, ...]
    topics: tuple[Topic, ...]
    trends: tuple[Trend, ...]
    editors_language: str = "en"
    mail_within_days: int = 35
    shared_exits: tuple[SharedExit, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of `send_at`."""
        return ZoneInfo(self.time_zone)

    def edition(self, edition_id: str | None) -> Edition:
        """The edition of that id, else the first."""
        return self.editions.get(edition_id or "") or next(iter(self.editions.values()))

    def edition_in(self, language: str) -> Edition:
        """The first edition in that language, else the first."""
        editions = self.editions.values()
        return next((e for e in editions if e.language == language), next(iter(editions)))

    def audience(self, audience_id: str) -> Audience | None:
        """The audience of that id, if there is one."""
        return next((a for a in self.audiences if a.id == audience_id), None)

    def topic(self, topic_id: str) -> Topic | None:
        """The topic of that id, if there is one."""
        return next((t for t in self.topics if t.id == topic_id), None)

    def trend(self, trend_id: str) -> Trend | None:
        """The trend of that id, if there is one."""
        return next((t for t in self.trends if t.id == trend_id), None)

    def wants_monday(self, day: date) -> bool:
        """Whether `day` should be a Monday and is not."""
        return self.cadence == "week" and day.weekday() != MONDAY

    def at(self, origin: str) -> "Newsletter":
        """The same newsletter at another origin, unless that is empty."""
        return replace(self, origin=origin.rstrip("/")) if origin else self


_TEXTS = (
    *("name", "description", "cadence", "time_zone", "origin"),
    *("sender", "reply_to", "postal_address", "accent"),
)
_OPTIONAL = ("editors_language", "mail_within_days")
_TABLES = ("editors", "editions", "audiences", "topics", "trends", "shared_exits")
_MANY_LINES = ("about", "description", "sign_up", "postal_address")
_ID = re.compile(r"[a-z0-9-]{1,16}")
_NOT_IN_ORIGIN = re.compile(r"""[\s"'<>\\{}]""")
_TONES = ("neutral", "red", "green")


def read_newsletter(text: str) -> Newsletter:
    """The newsletter that the text of a `newsletter.toml` describes.

    Raises:
        NewsletterFileError: the text is not TOML, or a key is missing, unknown or of the wrong type.
    """
    try:
        table = without_control_in(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise NewsletterFileError(f"newsletter.toml is not valid TOML: {error}") from error
    keys = (*_TEXTS, *_OPTIONAL, *_TABLES)
    unknown = sorted(set(table) - set(keys))
    if unknown:
        raise NewsletterFileError(f"newsletter.toml: unknown key {unknown[0]!r}; known are {', '.join(keys)}")
    texts = {key: _text(table, key, "") for key in _TEXTS}
    texts["origin"] = texts["origin"].rstrip("/")
    _check_origin(texts["origin"])
    if texts["cadence"] not in ("week", "free"):
        raise NewsletterFileError('newsletter.toml: cadence is "week" (folders are Mondays) or "free"')
    _check_zone(texts["time_zone"])
    editions = _editions(table.get("editions"))
    first = next(iter(editions.values()))
    return Newsletter(
        **texts,
        editors=tuple(" ".join(editor.split()) for editor in _listed(table, "editors", str)),
        editors_language=_text({"editors_language": first.language, **table}, "editors_language", ""),
        mail_within_days=_days(table, "mail_within_days", Newsletter.mail_within_days),
        editions=editions,
        audiences=tuple(_audience(each, editions) for each in _listed(table, "audiences", dict)),
        topics=tuple(
            Topic(_text(t, "id", "[[topics]] "), _words(t, "topics", editions))
            for t in _listed(table, "topics", dict)
        ),
        trends=tuple(_trend(each, editions) for each in _listed(table, "trends", dict)),
        shared_exits=tuple(_shared_exit(each) for each in _listed(table, "shared_exits", dict)),
    )


def _text(table: dict[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise NewsletterFileError(f'newsletter.toml: {where}{key} is missing; write {key} = "…"')
    return value.strip() if key in _MANY_LINES else " ".join(value.split())


def _days(table: dict[str, object], key: str, default: int) -> int:
    days = table.get(key, default)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= MOST_DAYS:
        raise NewsletterFileError(f"newsletter.toml: {key} is a number of days; write {key} = {default}")
    return days


def _listed(table: dict[str, Any], key: str, kind: type) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, kind) for each in value):
        form = f'{key} = ["…", "…"]' if kind is str else f"each of them below a line [[{key}]]"
        raise NewsletterFileError(f"newsletter.toml: {key} is a list; write {form}")
    return value


def _check_origin(origin: str) -> None:
    try:
        parts = urlsplit(origin)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or _NOT_IN_ORIGIN.search(origin):
        raise NewsletterFileError(
            f'newsletter.toml: origin {origin!r} is no web address; write one like "https://news.example.org"'
        )


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f'newsletter.toml: time_zone {name!r} is unknown; write one like "Europe/Vilnius"'
        raise NewsletterFileError(message) from None


def _editions(tables: object) -> dict[str, Edition]:
    if not isinstance(tables, dict) or not tables or not all(isinstance(t, dict) for t in tables.values()):
        raise NewsletterFileError("newsletter.toml: at least one [editions.<id>] is needed")
    return {_short_id(key): _edition(key, table) for key, table in tables.items()}


def _short_id(text: str) -> str:
    """An id that can be part of addresses, SES tags and names of schedules."""
    if not _ID.fullmatch(text):
        raise NewsletterFileError(
            f"newsletter.toml: the id {text!r} must be of small Latin letters, digits and hyphens, at most 16"
        )
    return text


def _edition(edition_id: str, table: dict[str, object]) -> Edition:
    where = f"[editions.{edition_id}] "
    keys = ("language", "name", "description", "sign_up", *(["about"] if "about" in table else []))
    return Edition(edition_id, *(_text(table, key, where) for key in keys))


def _audience(table: dict[str, object], editions: dict[str, Edition]) -> Audience:
    audience_id = _short_id(_text(table, "id", "[[audiences]] "))
    named = table.get("editions")
    if not isinstance(named, list) or not named or any(edition not in editions for edition in named):
        raise NewsletterFileError(
            f"newsletter.toml: audience {audience_id!r} needs editions out of {', '.join(editions)}"
        )
    return Audience(audience_id, _text(table, "label", "[[audiences]] "), tuple(named))


def _words(table: dict[str, object], kind: str, editions: dict[str, Edition]) -> dict[str, str]:
    return {edition: _text(table, edition, f"[[{kind}]] {table.get('id')}: ") for edition in editions}


def _trend(table: dict[str, object], editions: dict[str, Edition]) -> Trend:
    tone = _text(table, "tone", "[[trends]] ")
    if tone not in _TONES:
        raise NewsletterFileError(
            f"newsletter.toml: a trend's tone is one of {', '.join(_TONES)}, not {tone!r}"
        )
    return Trend(_text(table, "id", "[[trends]] "), tone, _words(table, "trends", editions))


def _shared_exit(table: dict[str, object]) -> SharedExit:
    text, share = _text(table, "network", "[[shared_exits]] "), table.get("share")
    try:
        network = ip_network(text)
    except ValueError:
        raise NewsletterFileError(
            f"newsletter.toml: [[shared_exits]] network {text!r} is none;"
            ' write one like "203.0.113.0/24", with zeros where its addresses differ'
        ) from None
    if not isinstance(share, int) or isinstance(share, bool) or share < 1:
        raise NewsletterFileError(
            f"newsletter.toml: [[shared_exits]] {text}: share is how many sign-ups a day may come from it;"
            " write share = 200"
        )
    return SharedExit(network, share)
