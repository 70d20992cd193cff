"""The posts in an item: one, or one for each language that its texts are in."""

import re
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from conversion.post import BodyFormat, LeftOut, Post, Reason
from conversion.wxr.addresses import Lists, addresses_in, addresses_of
from conversion.wxr.body import with_pictures_and_patterns
from conversion.wxr.index import Index
from conversion.wxr.languages import (
    duplicate_of,
    in_language,
    language_of,
    languages_in,
    part_of_addresses,
    translations_of,
)
from conversion.wxr.records import Record
from conversion.wxr.words import plain, shows_something, summary_of

_UNSORTED = re.compile(r"uncategori[sz]ed(?:-[a-z]{2})?")
_YEAR = re.compile(r" (?:19|20)\d\d ")  # not that of `30 Nov -0001`, which drafts have
_DAY = "%Y-%m-%d %H:%M:%S"
_FARTHEST, _QUARTER = timedelta(hours=14), timedelta(minutes=15)  # offsets from UTC


def published_at(record: Record, zone: tzinfo) -> datetime | None:
    """When a post appeared, with the offset that the site's clock had then; `zone` if nothing tells it."""
    local, utc = _day(record.text("wp:post_date")), _day(record.text("wp:post_date_gmt"))
    if local and utc and abs(local - utc) <= _FARTHEST and not (local - utc) % _QUARTER:
        return local.replace(tzinfo=timezone(local - utc))
    if utc:
        return utc.replace(tzinfo=UTC).astimezone(zone)
    if local:
        return local.replace(tzinfo=zone)
    sent = record.text("pubDate")
    try:
        return parsedate_to_datetime(sent).astimezone(zone) if _YEAR.search(sent) else None
    except ValueError:
        return None


def _day(text: str) -> datetime | None:
    """A day and time; None for `0000-00-00 00:00:00`, which drafts have, and for what no calendar has."""
    try:
        day = datetime.strptime(text, _DAY)  # noqa: DTZ007  # the caller knows its zone
    except ValueError:
        return None
    return day if MINYEAR < day.year < MAXYEAR else None


def posts_of(
    record: Record, index: Index, lists: Lists, *, key: str, place: str, published: datetime
) -> Iterator[Post | LeftOut]:
    """The posts of an item that was public; `key` is their id, with a language if there are several."""
    body = record.fields.get("content:encoded", "")
    versions = languages_in(record.text("title"), body)
    default = _language_of(record, index)
    first = default if default in versions else next(iter(versions), "")
    addresses = addresses_of(record, index.base, index.hosts)
    attached = tuple(index.attached.get(record.text("wp:post_id"), ()))
    some = False
    for version in versions or ("",):
        html = in_language(body, version) if version else body
        html = with_pictures_and_patterns(html, index.pictures, attached, index.patterns)
        if not shows_something(html):
            continue
        some = True

        def words(text: str, version: str = version) -> str:
            return plain(in_language(text, version) if version else text)

        title, language = words(record.text("title")), version or default
        own = addresses_in(version, addresses, index.base, first=version == first) if version else addresses
        several = bool(version or index.codes or index.wpml)
        categories, tags = _terms(
            record, words, lists, part_of_addresses(record, language) if several else ""
        )
        picture, alt = index.pictures.get(record.first("_thumbnail_id"), ("", ""))
        lists.add_period(addresses[0] if addresses else "")
        yield Post(
            id=f"{key}-{version}" if version else key,
            title=title,
            summary=summary_of(in_language(record.text("excerpt:encoded"), version)),
            body=html.strip(),
            body_format=BodyFormat.HTML,
            published=published,
            slug=unquote(record.text("wp:post_name"), errors="ignore"),
            place=f"{place}: {title}",
            addresses=own,
            language=language,
            translations=key if version else _translations_of(record, index),
            categories=categories,
            tags=tags,
            authors=_authors(record, index.names),
            picture=picture,
            picture_alt=words(alt),
        )
    if not some:
        elsewhere = "a page builder keeps its text" if "_elementor_data" in record.meta else ""
        yield LeftOut(place, plain(record.text("title")), Reason.EMPTY, elsewhere)


def _language_of(record: Record, index: Index) -> str:
    """The post's own; on a site in one language, that of the site."""
    if index.codes or index.wpml:
        return language_of(record, index.codes, by_address=index.wpml)
    own = language_of(record, index.codes, by_address=False)
    return own or index.channel.get("language", "").partition("-")[0].lower()


def _translations_of(record: Record, index: Index) -> str:
    if original := duplicate_of(record):
        return f"wpml-copy-{original}"
    number = record.text("wp:post_id")
    return f"wpml-copy-{number}" if number in index.originals else translations_of(record)


def _terms(
    record: Record, words: Callable[[str], str], lists: Lists, language: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Categories and tags by name; WXR 1.0 has them twice, and calls tags `tag`."""
    if language:
        lists.languages.add(language)
    categories: dict[str, None] = {}
    tags: dict[str, None] = {}
    for term in record.terms:
        name = words(term.name)
        if not name or _UNSORTED.fullmatch(term.slug.lower() or name.lower()):
            continue
        if term.domain in {"category", ""}:
            categories[name] = None
            if term.slug:
                lists.categories[term.slug, language] = name
        elif term.domain in {"post_tag", "tag"}:
            tags[name] = None
            if term.slug:
                lists.tags.add((term.slug, language))
    return tuple(categories), tuple(tags)


def _authors(record: Record, names: dict[str, str]) -> tuple[str, ...]:
    """Display names only: of Co-Authors Plus, whose terms have logins, else of the post's author."""
    together = [
        names.get(term.slug.removeprefix("cap-").casefold()) or names.get(term.name.casefold(), "")
        for term in record.terms
        if term.domain == "author"
    ]
    found = [name for name in together if name] or [names.get(record.text("dc:creator").casefold(), "")]
    return tuple(dict.fromkeys(name for name in found if name))
