"""Finds every mistake in `newsletter.toml`, the one file that a newsroom edits.

Shape: see the file at the root of the repo; an unknown key is an error. UTF-8, with or without a BOM.
`newsletter_reader.py` reads a file without mistakes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from broadsheet.colours import LEAST_ON_LIGHT, least_contrast, readable_on_light
from broadsheet.language import has_words, languages_with_words
from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_reader import MOST_BYTES, newsletter_of, one_line, toml_table, written
from broadsheet.toml_lines import Path, lines_by_path
from broadsheet.toml_syntax import OTHER, endless_key, syntax_mistake

MOST_MISTAKES = 200
MOST_DAYS = 36_500
MOST_SIGN_UPS = 1_000_000
CADENCES = ("week", "free")  # with "week", folders are Mondays
TONES = ("neutral", "red", "green")
RESERVED = ("api", "assets", "drafts", "media", "sitemaps", "id", "tone")  # folders of the site, keys
_KEYS = (
    *("name", "description", "cadence", "time_zone", "origin", "sender", "reply_to", "postal_address"),
    *("editors", "accent", "editors_language", "mail_within_days"),
    *("editions", "audiences", "topics", "trends", "shared_exits"),
)
_OF_AN_EDITION = ("language", "name", "description", "sign_up", "about")
_SHORT_ID = 16  # part of addresses, SES tags and names of schedules
_LONG_ID = 64
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:]+")
_ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_NOT_IN_ORIGIN = re.compile(r"""[\s"'<>\\{}?#@]""")
_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Source: RFC 5321, sections 4.1.2 and 4.5.3.1; SES takes no quoted local part, and domains in Punycode.
_ADDRESS = re.compile(rf"(?=.{{1,64}}@.{{1,253}}$){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a line of the file: a rule of `findings.toml` with its values."""

    line: int
    rule: str
    values: Mapping[str, object]


class NewsletterFileError(ValueError):
    """`newsletter.toml` can't be used: it has these mistakes. `about` has the texts that could be read."""

    def __init__(self, mistakes: Iterable[Mistake], about: Iterable[str] = ()) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        self.about = tuple(about)
        super().__init__("; ".join(f"line {mistake.line}: {mistake.rule}" for mistake in self.mistakes))


def read_newsletter(file: str | bytes) -> Newsletter:
    """The newsletter that a `newsletter.toml` with this content describes.

    Raises:
        NewsletterFileError: the file has mistakes; after one of TOML itself nothing else is looked for.
    """
    text = file if isinstance(file, str) else _decoded(file)
    table = _Table(_parsed(text))
    about = _check(table)
    if table.found:
        lines = lines_by_path(text)
        mistakes = (Mistake(_line(path, lines), rule, values) for path, rule, values in table.found)
        raise NewsletterFileError(mistakes, about)
    return newsletter_of(table.values)


def _refuse(line: int, rule: str, **values: object) -> NoReturn:
    raise NewsletterFileError([Mistake(line, rule, values)])


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        _refuse(1, "newsletter-too-large", most=MOST_BYTES // 1000)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(content.count(b"\n", 0, error.start) + 1, "newsletter-encoding")


def _parsed(text: str) -> dict[str, Any]:
    if found := endless_key(text):
        _refuse(found.line, found.rule)
    try:
        return toml_table(text)
    except ValueError as error:  # TOMLDecodeError, or Python's own for a number of thousands of digits
        found = syntax_mistake(text, str(error))
        _refuse(found.line, found.rule, **found.values)
    except RecursionError:
        _refuse(1, OTHER)


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of the key, else that of the table or list in which it is or should be."""
    above = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[each] for each in above if each in lines), 1)


@dataclass(frozen=True)
class _Table:
    """A table of the file. Its methods add mistakes to `found`, and return what others are compared with."""

    values: dict[str, Any]
    path: Path = ()
    heading: str = ""
    found: list[tuple[Path, str, dict[str, object]]] = field(default_factory=list)

    def wrong(self, key: str, rule: str, item: int | None = None, /, **values: object) -> None:
        """Add a mistake in the value of a key, or in an item of its list."""
        if len(self.found) < MOST_MISTAKES:
            path = (*self.path, key) if item is None else (*self.path, key, item)
            self.found.append((path, rule, {"key": self._named(key), **values}))

    def only(self, known: Iterable[str]) -> None:
        """Refuse all other keys."""
        keys = tuple(known)
        for key in [key for key in self.values if key not in keys][:MOST_MISTAKES]:
            similar = get_close_matches(key[:40], keys, n=1)
            if similar:
                self.wrong(key, "newsletter-key-misspelt", similar=similar[0])
            else:
                self.wrong(key, "newsletter-key-unknown", known=", ".join(keys))

    def text(self, key: str) -> str:
        value, example = self.values.get(key), f'{key} = "…"'
        if not isinstance(value, str):
            self._not_of_kind(key, example)
            return ""
        if not value.strip():
            self.wrong(key, "newsletter-empty", example=example)
        return written(key, self.values)

    def check_one_of(self, key: str, known: tuple[str, ...]) -> None:
        if (text := self.text(key)) and text not in known:
            self.wrong(key, "newsletter-not-one-of", value=text, known=", ".join(known))

    def check_number(self, key: str, least: int, most: int, example: int) -> None:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            self._not_of_kind(key, f"{key} = {example}")
        elif not least <= value <= most:
            self.wrong(key, "newsletter-number", value=_as_written(value), least=least, most=most)

    def texts(self, key: str) -> Sequence[str]:
        value = self.values.get(key)
        if not isinstance(value, list):
            self._not_of_kind(key, f'{key} = ["…", "…"]')
            return []
        texts = [self._item(key, number, each) for number, each in enumerate(value)]
        seen: set[str] = set()
        for number, text in enumerate(texts):
            if text and text in seen:
                self.wrong(key, "newsletter-twice", number, value=text)
            seen.add(text)
        return texts

    def _item(self, key: str, number: int, value: object) -> str:
        example = f'{key} = ["…", "…"]'
        if not isinstance(value, str):
            self.wrong(key, "newsletter-kind", number, value=_as_written(value), example=example)
            return ""
        if not value.strip():
            self.wrong(key, "newsletter-empty", number, example=example)
        return one_line(value)

    def tables(self, key: str) -> list["_Table"]:
        """The tables below `[[key]]`; none if there is none."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._not_of_kind(key, f"[[{key}]]")
            return []
        return [
            _Table(each, (*self.path, key, number), f"[[{key}]]", self.found)
            for number, each in enumerate(value)
        ]

    def id(self, most: int) -> str:
        text = self.text("id")
        if text:
            self.check_id("id", text, most)
        return text

    def check_id(self, key: str, text: str, most: int) -> None:
        if not re.fullmatch(rf"[a-z0-9-]{{1,{most}}}", text):
            self.wrong(key, "newsletter-id", value=text, most=most)

    def check_address(self, key: str, text: str, item: int | None = None) -> None:
        if text and not _ADDRESS.fullmatch(text):
            self.wrong(key, "newsletter-address", item, value=text)

    def _not_of_kind(self, key: str, example: str) -> None:
        if key in self.values:
            self.wrong(key, "newsletter-kind", value=_as_written(self.values[key]), example=example)
        else:
            self.wrong(key, "newsletter-key-missing", example=example)

    def _named(self, key: str) -> str:
        return f"{self.heading} {key}".strip()


def _as_written(value: object) -> str:
    """A value about as TOML has it."""
    try:
        return str(value).lower() if isinstance(value, bool) else str(value)
    except ValueError:  # Python writes no number of thousands of digits
        return "…"


def _check(table: _Table) -> list[str]:
    """Find all mistakes; return the texts `about`."""
    table.only(_KEYS)
    for key in ("name", "description", "postal_address"):
        table.text(key)
    for key in ("sender", "reply_to"):
        table.check_address(key, table.text(key))
    table.check_one_of("cadence", CADENCES)
    _check_time_zone(table)
    _check_origin(table)
    _check_editors(table)
    _check_accent(table)
    editions = _edition_tables(table)
    about = [text for edition_id, each in editions.items() if (text := _check_edition(edition_id, each))]
    _check_audiences(table, editions)
    _check_topics(table, editions)
    _check_trends(table, editions)
    if "editors_language" in table.values:
        _check_language(table, "editors_language")
    if "mail_within_days" in table.values:
        table.check_number("mail_within_days", 0, MOST_DAYS, Newsletter.mail_within_days)
    for each in table.tables("shared_exits"):
        _check_shared_exit(each)
    return about


def _check_time_zone(table: _Table) -> None:
    name = table.text("time_zone")
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        similar = get_close_matches(name[:40], sorted(available_timezones()), n=1) or ["Europe/Vilnius"]
        table.wrong("time_zone", "newsletter-time-zone", value=name, similar=similar[0])


def _check_origin(table: _Table) -> None:
    origin = table.text("origin").rstrip("/")
    if origin and (rule := origin_mistake(origin)):
        table.wrong("origin", rule, value=origin)


def origin_mistake(origin: str) -> str:
    """The rule that an origin breaks; "" if it is a web address with https, or one of this machine."""
    scheme, host = _scheme_and_host(origin)
    if not _HOST.fullmatch(host) or _NOT_IN_ORIGIN.search(origin):
        return "newsletter-origin"
    return "newsletter-origin-http" if scheme == "http" and host not in _ON_THIS_MACHINE else ""


def _scheme_and_host(origin: str) -> tuple[str, str]:
    """The scheme and the host of a web address; two empty texts for anything else."""
    try:
        parts = urlsplit(origin)
        is_web = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # the port is no number, or brackets are not closed
        return "", ""
    return (parts.scheme, parts.hostname or "") if is_web else ("", "")


def _check_editors(table: _Table) -> None:
    for number, editor in enumerate(table.texts("editors") if "editors" in table.values else ()):
        table.check_address("editors", editor, number)


def _check_accent(table: _Table) -> None:
    accent = table.text("accent")
    if accent and not _COLOUR.fullmatch(accent):
        table.wrong("accent", "newsletter-colour", value=accent)
    elif accent and (contrast := least_contrast(accent)) < LEAST_ON_LIGHT:
        better = readable_on_light(accent)
        shown = f"{int(contrast * 10) / 10}"  # rounded down, so that 4.46 is no 4.5
        table.wrong("accent", "newsletter-colour-pale", value=accent, contrast=shown, better=better)


def _edition_tables(table: _Table) -> dict[str, _Table]:
    tables = table.values.get("editions")
    if not isinstance(tables, dict) or not tables or not all(isinstance(t, dict) for t in tables.values()):
        table.wrong("editions", "newsletter-no-editions")
        return {}
    return {
        edition_id: _Table(values, ("editions", edition_id), f"[editions.{edition_id}]", table.found)
        for edition_id, values in tables.items()
    }


def _check_edition(edition_id: str, table: _Table) -> str:
    """Find its mistakes; return its `about`."""
    table.only(_OF_AN_EDITION)
    table.check_id("", edition_id, _SHORT_ID)
    if edition_id in RESERVED:
        table.wrong("", "newsletter-id-reserved", value=edition_id)
    _check_language(table, "language")
    for key in ("name", "description", "sign_up"):
        table.text(key)
    return table.text("about") if "about" in table.values else ""


def _check_language(table: _Table, key: str) -> None:
    """Refuse a language in which pages, mails or reports would have no words."""
    language = table.text(key)
    if language and not has_words(language):
        table.wrong(key, "newsletter-language", value=language, known=", ".join(languages_with_words()))


def _check_audiences(table: _Table, editions: Iterable[str]) -> None:
    tables = table.tables("audiences")
    for each in tables:
        _check_audience(each, list(editions))
    _once_each(tables, "id", [each.id(_SHORT_ID) for each in tables])
    _once_each(tables, "label", [each.text("label") for each in tables])


def _check_audience(table: _Table, editions: Sequence[str]) -> None:
    table.only(("id", "label", "editions"))
    for number, edition in enumerate(table.texts("editions")):
        if edition and edition not in editions:
            known = ", ".join(editions)
            table.wrong("editions", "newsletter-edition-unknown", number, value=edition, known=known)
    if table.values.get("editions") == []:
        table.wrong("editions", "newsletter-empty", example='editions = ["…"]')


def _check_topics(table: _Table, editions: Iterable[str]) -> None:
    tables = table.tables("topics")
    for each in tables:
        each.only(("id", *editions))
    _check_ids_and_words(tables, editions)


def _check_trends(table: _Table, editions: Iterable[str]) -> None:
    tables = table.tables("trends")
    for each in tables:
        each.only(("id", "tone", *editions))
        each.check_one_of("tone", TONES)
    _check_ids_and_words(tables, editions)


def _check_ids_and_words(tables: list[_Table], editions: Iterable[str]) -> None:
    _once_each(tables, "id", [each.id(_LONG_ID) for each in tables])
    for edition in editions:
        _once_each(tables, edition, [each.text(edition) for each in tables])


def _once_each(tables: list[_Table], key: str, values: list[str]) -> None:
    """Refuse a value that an earlier table of the list has for this key, too."""
    seen: set[str] = set()
    for table, value in zip(tables, values, strict=True):
        if value and value.casefold() in seen:
            table.wrong(key, "newsletter-twice", value=value)
        seen.add(value.casefold())


def _check_shared_exit(table: _Table) -> None:
    table.only(("network", "share"))
    text = table.text("network")
    table.check_number("share", 1, MOST_SIGN_UPS, 200)
    try:
        ip_network(text or "192.0.2.0/24")
    except ValueError:
        table.wrong("network", "newsletter-network", value=text)
