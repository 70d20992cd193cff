"""The old addresses of posts and lists, without a host: as WordPress links them, and those that it led on."""

import re
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import quote, urlsplit

from conversion.wxr.records import Record

_MOST = 30  # of one post
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


def addresses_of(record: Record, base: str, hosts: frozenset[str]) -> tuple[str, ...]:
    """Where a post was, the last permalink first; `base` is the path of the blog, `/` or `/blog/`.

    A `guid` is taken if it is of this site and has this post's number: guids of imported posts have others'.
    """
    link, number = without_host(record.text("link")), record.text("wp:post_id")
    found = [link, *_earlier(link, record)[: _MOST - 3]]
    guid = record.text("guid")
    path, _, query = (address := without_host(guid)).partition("?")
    if query == f"p={number}" or (path and not query and urlsplit(guid).hostname in hosts):
        found.append(address)
    if number.isdigit():
        found.append(f"{base}?p={number}")
    return tuple(dict.fromkeys(each for each in found if each and each not in {"/", base}))


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

    def addresses(self, base: str, parents: dict[str, str], authors: tuple[str, ...]) -> dict[str, str]:
        """Their old addresses: to `home`, `feed`, `topic:NAME` or `archive`.

        Authors' pages have logins in their addresses, so they are known by number only.
        """
        found = {f"{base}{feed}": "feed" for feed in _FEEDS} | {f"{base}comments/feed/": "feed"}
        for language in sorted(self.languages):
            found |= {f"{base}{language}/": "home", f"{base}{language}/feed/": "feed"}
        for (slug, language), name in sorted(self.categories.items()):
            for prefix in dict.fromkeys((base, f"{base}{language}/" if language else base)):
                found.setdefault(f"{prefix}category/{_path_of(slug, parents)}/", f"topic:{name}")
        for slug, language in sorted(self.tags):
            for prefix in dict.fromkeys((base, f"{base}{language}/" if language else base)):
                found.setdefault(f"{prefix}tag/{slug}/", "archive")
        found |= dict.fromkeys(sorted(self.periods), "archive")
        return found | {f"{base}?author={number}": "home" for number in authors} | {f"{base}author/": "home"}


def _path_of(slug: str, parents: dict[str, str]) -> str:
    path = [slug]
    while (parent := parents.get(path[0])) and parent not in path:
        path.insert(0, parent)
    return "/".join(path)
