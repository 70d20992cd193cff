"""The old addresses of posts and lists, without a host: as WordPress links them, and those that it led on."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import quote, urlsplit

from conversion.wxr.records import Record

_MOST = 30  # of one post
_DEEPEST = 20  # categories in categories
_DATE = re.compile(r"/(\d{4})/(\d{2})/(?:(\d{2})/)?")
_OLD_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_FEEDS = (
    "feed/",
    "feed/rss2/",
    "feed/atom/",
    "feed/rdf/",
    "rss/",
    "rss2/",
    "atom/",
    "?feed=rss2",
    "?feed=atom",
)


def without_host(address: str) -> str:
    """Path and query of a web address, "" if it is none."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https", ""} or not (parts.netloc or address.startswith("/")):
        return ""
    path = parts.path or "/"
    if path.startswith("//") or "\\" in path:
        return ""
    return f"{path}?{parts.query}" if parts.query else path


def addresses_of(
    record: Record, base: str, hosts: frozenset[str], permalinks: Container[str]
) -> tuple[str, ...]:
    """Where a post was, the last permalink first; `base` is the path of the blog, `/` or `/blog/`.

    A `guid` is taken if it is of this site or has this post's number: imported posts have those of others. An
    earlier address is not taken if it has become another post's permalink.
    """
    link, number = without_host(record.text("link")), record.text("wp:post_id")
    found = [link, *(each for each in _earlier(link, record)[: _MOST - 3] if each not in permalinks)]
    later = [each for each in _later_pages(link, record) if each not in permalinks]
    found += later[: max(0, _MOST - len(found) - 2)]
    guid = record.text("guid")
    path, _, query = (address := without_host(guid)).partition("?")
    if query == f"p={number}" or (
        path and not query and urlsplit(guid).hostname in hosts and address not in permalinks
    ):
        found.append(address)
    if number.isdigit():
        found.append(f"{base}?p={number}")
    return tuple(dict.fromkeys(each for each in found if each and each not in {"/", base}))


def _later_pages(link: str, record: Record) -> list[str]:
    """The addresses of the second and later pages of a post that is divided: `/2016/12/a-bridge/2/`."""
    pages = 1 + record.fields.get("content:encoded", "").count("<!--nextpage-->")
    slash = "/" if link.endswith("/") else ""
    path = link.removesuffix("/")
    if not path or "?" in link:
        return []
    return [f"{path}/{page}{slash}" for page in range(2, min(pages, _MOST) + 1)]


def _earlier(link: str, record: Record) -> list[str]:
    """The permalink with earlier slugs and dates, which WordPress led to the last one."""
    path, _, query = link.partition("?")
    slug = record.text("wp:post_name")
    if query or not path:
        return []
    slugs = [slug, *(value.strip() for value in record.meta.get("_wp_old_slug", ()))]
    dates = ["", *(value.strip() for value in record.meta.get("_wp_old_date", ()))]
    slash = "/" if path.endswith("/") else ""
    before = path.removesuffix("/").removesuffix(f"/{slug}")
    has_slug = bool(slug) and len(before) < len(path.removesuffix("/"))
    found = []
    for old, day in list(product(slugs, dates))[1:_MOST]:
        earlier = path
        if old != slug:
            if not (has_slug and old):
                continue
            earlier = f"{path[: len(before)]}/{quote(old, safe='%')}{slash}"
        if day:
            date = _OLD_DATE.fullmatch(day)
            if not date or not _DATE.search(earlier):
                continue
            earlier = _DATE.sub(
                lambda at, date=date: f"/{date[1]}/{date[2]}/" + (f"{date[3]}/" if at[3] else ""),  # type: ignore[misc]
                earlier,
                count=1,
            )
        found.append(earlier)
    return found


def addresses_in(language: str, addresses: tuple[str, ...], base: str, *, first: bool) -> tuple[str, ...]:
    """A post's addresses in a language of its text: `/be/...`, `?lang=be`; the plain ones are the first's."""
    found = list(addresses) if first else []
    for address in addresses:
        if "?" not in address:
            found.append(f"{base}{language}/{address.removeprefix(base).lstrip('/')}")
        found.append(f"{address}{'&' if '?' in address else '?'}lang={language}")
    return tuple(dict.fromkeys(found))[:_MOST]


@dataclass(slots=True)
class Categories:
    """The site's categories by slug: their names, what they lie in, and their numbers."""

    names: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def above(self, slug: str) -> dict[str, str]:
        """The categories in which this one lies, and their names."""
        return {each: self.names.get(each, each) for each in self._line(slug)[:-1]}

    def path_of(self, slug: str) -> str:
        """The part of its address: `society/towns`."""
        return "/".join(self._line(slug))

    def _line(self, slug: str) -> list[str]:
        line = [slug]
        while (parent := self.parents.get(line[0])) and parent not in line and len(line) < _DEEPEST:
            line.insert(0, parent)
        return line


@dataclass(slots=True)
class Lists:
    """What lists a site had: gathered from the posts that were public, so that nothing else is named."""

    languages: set[str] = field(default_factory=set)
    categories: dict[tuple[str, str], str] = field(default_factory=dict)  # by slug and language
    tags: set[tuple[str, str]] = field(default_factory=set)
    periods: set[str] = field(default_factory=set)

    def add_period(self, address: str) -> None:
        """The year, month and day in a permalink."""
        if date := _DATE.search(address):
            before = address[: date.start()]
            self.periods.add(f"{before}/{date[1]}/")
            self.periods.add(f"{before}/{date[1]}/{date[2]}/")
            if date[3]:
                self.periods.add(f"{before}/{date[1]}/{date[2]}/{date[3]}/")

    def addresses(self, base: str, known: Categories, authors: Iterable[str]) -> dict[str, str]:
        """Their old addresses: to `home`, `feed`, `topic:NAME` or `archive`.

        Authors' pages have logins in their addresses, so they are known by number only.
        """
        found = {base: "home"} if base != "/" else {}
        found |= {f"{base}{feed}": "feed" for feed in (*_FEEDS, "comments/feed/")}
        for language in sorted(self.languages):
            found |= {f"{base}{language}/": "home", f"{base}{language}/feed/": "feed"}
        for (slug, language), name in sorted(self.categories.items()):
            for each, shown in {slug: name, **known.above(slug)}.items():
                paths = (f"category/{known.path_of(each)}/", f"category/{each}/")
                for address in _in_languages(base, language, paths):
                    found.setdefault(address, f"topic:{shown}")
                if number := known.numbers.get(each):
                    found[f"{base}?cat={number}"] = f"topic:{shown}"
        for slug, language in sorted(self.tags):
            addresses = _in_languages(base, language, (f"tag/{slug}/",))
            found |= dict.fromkeys((*addresses, f"{base}?tag={slug}"), "archive")
        found |= dict.fromkeys(sorted(self.periods), "archive")
        return found | {f"{base}?author={number}": "home" for number in authors} | {f"{base}author/": "home"}


def _in_languages(base: str, language: str, paths: Iterable[str]) -> Iterator[str]:
    """Addresses without and with a part for the language."""
    for path in paths:
        yield f"{base}{path}"
        if language:
            yield f"{base}{language}/{path}"
