"""Where the addresses of the old site lead: to the pages that its posts and lists have become."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from broadsheet.newsletter import Newsletter
from conversion.mapping import Mapping as NameMapping
from conversion.mapping import same_words

_PAGE = re.compile(r"/page/\d+/?$")


@dataclass
class OldAddresses:
    """The redirects that are collected, none of which may hide one of the new `pages`.

    `conflicts` are addresses that two posts had, each with both new pages.
    """

    newsletter: Newsletter
    pages: set[str]
    found: dict[str, str] = field(default_factory=dict)
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)

    @classmethod
    def for_pages(cls, pages: Iterable[str], newsletter: Newsletter) -> "OldAddresses":
        """Without any redirect yet, beside these pages of issues."""
        lists = {f"/{edition}/feed.{ending}" for edition in newsletter.editions for ending in ("xml", "json")}
        for edition in newsletter.editions:
            names = ("", "archive/", "topics/", *(f"topics/{topic.id}/" for topic in newsletter.topics))
            lists |= {f"/{edition}/{name}" for name in names}
        return cls(newsletter, {"/", *map(normalised, lists), *map(normalised, pages)})

    def add(self, addresses: Iterable[str], page: str) -> None:
        """Let these addresses of a post lead to a page; the first page that an address was given keeps it."""
        for address in addresses:
            old = normalised(address)
            if old not in self.pages and self.found.setdefault(old, page) != page:
                self.conflicts.append((old, self.found[old], page))

    def add_lists(self, lists: Mapping[str, str], mapping: NameMapping, usual: str) -> None:
        """Let the addresses of old lists, such as `/category/x/`, lead to new ones, unless a post has them.

        `usual` is the edition of lists whose address names no language.
        """
        for address, kind in lists.items():
            old = normalised(address)
            if old not in self.pages:
                edition = _edition_in(address, mapping, self.newsletter, usual)
                self.found.setdefault(old, _page_for(kind, edition, mapping, self.newsletter))


def usual_edition(posts: Counter[str], newsletter: Newsletter) -> str:
    """The edition with the most posts; of lists whose address does not name a language."""
    order = list(newsletter.editions)
    return max(order, key=lambda edition: (posts[edition], -order.index(edition)))


def _page_for(kind: str, edition: str, mapping: NameMapping, newsletter: Newsletter) -> str:
    if kind == "home":
        return f"/{edition}/"
    if kind == "feed":
        return f"/{edition}/feed.xml"
    name = kind.removeprefix("topic:")
    decided = mapping.categories.get(name) or mapping.tags.get(name)
    if kind.startswith("topic:") and decided and newsletter.topic(decided):
        return f"/{edition}/topics/{decided}/"
    named = (t.id for t in newsletter.topics if any(same_words(name, each) for each in t.names.values()))
    topic = next(named, "") if kind.startswith("topic:") and decided is None else ""
    return f"/{edition}/topics/{topic}/" if topic else f"/{edition}/archive/"


def _edition_in(address: str, mapping: NameMapping, newsletter: Newsletter, usual: str) -> str:
    """The edition whose language is the first folder of the address, or `lang` in its query."""
    parts = urlsplit(address)
    named = [parts.path.strip("/").split("/")[0], *re.findall(r"(?:^|&)lang=([\w-]+)", parts.query)]
    editions = (mapping.languages.get(code.lower(), "") for code in named)
    return next((edition for edition in editions if edition in newsletter.editions), usual)


def normalised(address: str) -> str:
    """One form of an address: without a slash at its end, without `/page/2/`, decoded."""
    path, mark, query = address.partition("#")[0].partition("?")
    path = _PAGE.sub("", unquote(path)).rstrip("/")
    return f"{path}/{mark}{query}" if query else path or "/"


def written_redirects(pairs: Mapping[str, str]) -> str:
    """The text of `redirects.toml`."""

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = [f"{quoted(old)} = {quoted(page)}" for old, page in sorted(pairs.items())]
    return "\n".join(["[redirects]", *lines, ""])
