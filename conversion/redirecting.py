"""Where the addresses of the old site lead: to the pages that its posts and lists have become."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from broadsheet.newsletter import Newsletter
from conversion.mapping import Mapping as NameMapping
from conversion.mapping import same_words
from infrastructure.old_addresses import normalised
from infrastructure.redirects import old_address_problem

_OF_AUTHOR = re.compile(r"/(?:author|authors|profile)/[^/?]+/?(?:page/\d+/?|feed/?)?$")  # may be a login


@dataclass
class OldAddresses:
    """The redirects that are collected, by the old address in its normalised form.

    `conflicts` are addresses that two posts had, each with both new pages; `unusable` are those that can't
    lead on, each with the reason.
    """

    newsletter: Newsletter
    found: dict[str, str] = field(default_factory=dict)
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)

    def add(self, addresses: Iterable[str], page: str) -> None:
        """Let these addresses of a post lead to a page; the first page that an address was given keeps it."""
        for address in addresses:
            if problem := old_address_problem(address, self.newsletter.editions):
                self.unusable.append((address, problem[1]))
            elif self.found.setdefault(old := normalised(address), page) != page:
                self.conflicts.append((old, self.found[old], page))

    def add_lists(self, lists: Mapping[str, str], mapping: NameMapping, usual: str) -> None:
        """Let the addresses of old lists, such as `/category/x/`, lead to new ones, unless a post has them.

        `usual` is the edition of lists whose address names no language. Those of authors' lists are left out:
        they have the authors' names or logins. Of `/blog/` and `/blog/feed/`, which have one form, the first
        counts.
        """
        for address, kind in sorted(lists.items(), key=lambda each: each[1] == "feed"):
            if not (_OF_AUTHOR.search(address) or old_address_problem(address, self.newsletter.editions)):
                edition = _edition_in(address, mapping, self.newsletter, usual)
                page = _page_for(kind, edition, mapping, self.newsletter)
                self.found.setdefault(normalised(address), page)

    def add_home_pages(self, usual: str) -> None:
        """Let the further pages of the old home page, `/page/2/`, lead to the new one of an edition."""
        self.found.setdefault(normalised("/page/2/"), f"/{usual}/")


def usual_edition(posts: Mapping[str, int], newsletter: Newsletter) -> str:
    """The edition with the most posts; of lists whose address does not name a language."""
    order = list(newsletter.editions)
    return max(order, key=lambda edition: (posts.get(edition, 0), -order.index(edition)))


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
