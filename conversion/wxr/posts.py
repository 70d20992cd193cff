"""The posts in an item: one, or one for each language that its texts are in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from conversion.author_traces import without_traces
from conversion.post import BodyFormat, LeftOut, Post, Reason
from conversion.wxr.addresses import Lists, addresses_in, addresses_of
from conversion.wxr.body import with_notes, with_pictures_and_patterns
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


@dataclass(frozen=True, slots=True)
class PublicItem:
    """An item that was public; `key` is its posts' id, with a language if there are several."""

    record: Record
    index: Index
    key: str
    place: str
    published: datetime

    def posts(self, lists: Lists) -> Iterator[Post | LeftOut]:
        """Its posts; their categories and the like are added to `lists`."""
        record = self.record
        title, body = record.text("title"), record.fields.get("content:encoded", "")
        versions = languages_in(title, body) or ("",)
        shown = {version: self._body(in_language(body, version)) for version in versions}
        shown = {version: html for version, html in shown.items() if shows_something(html)}
        site_language = _language_of(record, self.index)
        first = site_language if site_language in versions else versions[0]
        for version, html in shown.items():
            yield self._post(html, version, site_language, lists, first=version == first)
        if not shown:
            elsewhere = "a page builder keeps its text" if "_elementor_data" in record.meta else ""
            yield LeftOut(self.place, plain(title), Reason.EMPTY, elsewhere)

    def _body(self, text: str) -> str:
        index, number = self.index, self.record.text("wp:post_id")
        attached = tuple(index.attached.get(number, ()))
        text = with_notes(text, self.record.first("footnotes"))
        whole = with_pictures_and_patterns(text, index.pictures, attached, index.patterns).strip()
        return without_traces(whole, index.emails, index.hosts)

    def _post(self, html: str, version: str, site_language: str, lists: Lists, *, first: bool) -> Post:
        record, index = self.record, self.index

        def words(text: str) -> str:
            return plain(in_language(text, version))

        title, language = words(record.text("title")), version or site_language
        addresses = addresses_of(record, index.base, index.hosts, index.permalinks)
        lists.add_period(addresses[0] if addresses else "")
        is_one_of_several = version or index.codes or index.wpml or part_of_addresses(record, "")
        categories, tags = _terms(
            record, words, lists, part_of_addresses(record, language) if is_one_of_several else ""
        )
        excerpt = in_language(record.text("excerpt:encoded"), version)
        picture, alt = index.pictures.get(record.first("_thumbnail_id"), ("", ""))
        return Post(
            id=f"{self.key}-{version}" if version else self.key,
            title=title,
            summary=without_traces(summary_of(excerpt), index.emails, index.hosts),
            body=html,
            body_format=BodyFormat.HTML,
            published=self.published,
            slug=unquote(record.text("wp:post_name"), errors="ignore"),
            place=f"{self.place}: {title}",
            addresses=addresses_in(version, addresses, index.base, first=first) if version else addresses,
            language=language,
            translations=self.key if version else _translations_of(record, index),
            categories=categories,
            tags=tags,
            authors=_authors(record, index.names),
            picture=picture,
            picture_alt=words(alt),
        )


def _language_of(record: Record, index: Index) -> str:
    """The post's own; on a site in one language, that of the site."""
    if index.codes:
        return language_of(record, index.codes, by_address=False)
    return language_of(record, index.codes, by_address=index.wpml) or index.unnamed_language


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
