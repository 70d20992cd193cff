"""The newsletter as `newsletter.toml` describes it; `newsletter_reader.py` reads that file."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from zoneinfo import ZoneInfo

MONDAY = 0


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

    @cached_property
    def kept_parts(self) -> dict[tuple[str, ...], str]:
        """Parts of its pages that are the same on many, as `site/layout.py` rendered them."""
        return {}

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

    def usual_audience(self, edition_id: str) -> Audience | None:
        """The audience that suits readers of an edition: one that begins with it, else one that has it."""
        having = [audience for audience in self.audiences if edition_id in audience.editions]
        return next((a for a in having if a.editions[0] == edition_id), next(iter(having), None))

    def apart(self, audience_ids: Iterable[str]) -> tuple[str, ...]:
        """These audiences but for any that shares an edition with an earlier one of them.

        A reader of two that share one would get the same mail twice.
        """
        kept: dict[str, set[str]] = {}
        for audience_id in audience_ids:
            audience = self.audience(audience_id)
            editions = set(audience.editions) if audience else set()
            if all(editions.isdisjoint(others) for others in kept.values()):
                kept[audience_id] = editions
        return tuple(kept)

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
