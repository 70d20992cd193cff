"""Reads a `newsletter.toml` without mistakes, such as the one that a function was deployed with.

`newsletter_file.py` finds the mistakes of any other; what that needs would delay each start of a function.
"""

import tomllib
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from broadsheet.characters import without_control_in
from broadsheet.newsletter import Audience, Edition, Newsletter, SharedExit, Topic, Trend

MOST_BYTES = 256_000
_MANY_LINES = ("about", "description", "sign_up", "postal_address")  # keys whose line breaks are kept
Table = Mapping[str, Any]


def read_checked_newsletter(content: bytes) -> Newsletter:
    """The newsletter that the file describes: UTF-8, with or without a BOM.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the file was never checked; deploying does.
    """
    return newsletter_of(toml_table(content.decode("utf-8-sig")))


def toml_table(text: str) -> dict[str, Any]:
    """The keys of a TOML file with their values, without control characters. Raises ValueError."""
    table: dict[str, Any] = without_control_in(tomllib.loads(text))
    return table


def newsletter_of(table: Table) -> Newsletter:
    """The newsletter that a table without mistakes describes."""
    editions = {edition_id: _edition(edition_id, each) for edition_id, each in table["editions"].items()}
    first_language = next(iter(editions.values())).language
    return Newsletter(
        name=written("name", table),
        description=written("description", table),
        cadence=written("cadence", table),
        time_zone=written("time_zone", table),
        origin=written("origin", table).rstrip("/"),
        sender=written("sender", table),
        reply_to=written("reply_to", table),
        postal_address=written("postal_address", table),
        editors=_lines(table.get("editors", ())),
        accent=written("accent", table),
        editions=editions,
        audiences=tuple(map(_audience, table.get("audiences", ()))),
        topics=tuple(
            Topic(written("id", each), _in_editions(each, editions)) for each in table.get("topics", ())
        ),
        trends=tuple(_trend(each, editions) for each in table.get("trends", ())),
        editors_language=one_line(table.get("editors_language", first_language)),
        mail_within_days=table.get("mail_within_days", Newsletter.mail_within_days),
        shared_exits=tuple(map(_shared_exit, table.get("shared_exits", ()))),
    )


def written(key: str, table: Table) -> str:
    """The text of a key, on one line unless it may have many."""
    text: str = table[key]
    return text.strip() if key in _MANY_LINES else one_line(text)


def one_line(text: str) -> str:
    """The text with single spaces between its words."""
    return " ".join(text.split())


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(one_line, texts))


def _edition(edition_id: str, table: Table) -> Edition:
    texts = {key: written(key, table) for key in ("language", "name", "description", "sign_up")}
    return Edition(edition_id, **texts, about=table.get("about", "").strip())


def _audience(table: Table) -> Audience:
    return Audience(written("id", table), written("label", table), _lines(table["editions"]))


def _trend(table: Table, editions: Iterable[str]) -> Trend:
    return Trend(written("id", table), written("tone", table), _in_editions(table, editions))


def _in_editions(table: Table, editions: Iterable[str]) -> dict[str, str]:
    return {edition: written(edition, table) for edition in editions}


def _shared_exit(table: Table) -> SharedExit:
    return SharedExit(ip_network(written("network", table)), table["share"])
