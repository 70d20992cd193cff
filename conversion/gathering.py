"""Which posts become which issue: translations its editions, and the posts of a week its commentaries.

The site knows translations of a commentary by the names of their pages, `<topic>-<number>`. So a piece has
the same topic and number in each edition; where that is impossible, as editions have different pieces, the
week gets a second issue. So it does if there are too many pieces for one, or too long ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pyromark

from broadsheet.content.commentaries import MOST_COMMENTARIES
from broadsheet.content.import_locations import LONGEST_SLUG, slug
from broadsheet.content.markdown import MOST_PARTS
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import MOST_PICTURE_BYTES
from conversion.mapping import ARTICLE, WEEK

MOST_TEXT_BYTES = 400_000  # of an issue's edition; a file may have 500,000
_BYTES_FOR_EVENT = MOST_TEXT_BYTES / (1.6 * MOST_PARTS)  # the parser gives two events a part
_NUMBER_DIGITS = 5
_PARSED = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_FOOTNOTES


@dataclass(frozen=True, slots=True)
class PlacedPost:
    """A post with its edition and topic; posts of the same `piece` are translations of one another."""

    id: str
    piece: str
    edition: str
    topic: str  # "article" for an issue of its own
    published: datetime
    slug: str
    size: int


@dataclass(frozen=True)
class PlacedPiece:
    """A post in its languages, by edition."""

    posts: dict[str, PlacedPost]
    topic: str

    @property
    def first(self) -> PlacedPost:
        """The post of the newsletter's first edition that has one."""
        return next(iter(self.posts.values()))

    @property
    def order(self) -> tuple[datetime, str]:
        """The time of its first publication, and what decides between two of one time."""
        return min(post.published for post in self.posts.values()), self.first.id

    def day(self, newsletter: Newsletter) -> date:
        """The day of its first publication."""
        return self.order[0].astimezone(newsletter.zone).date()


@dataclass(frozen=True)
class PlannedIssue:
    """An issue with its pieces in the order of the text; one that covers a week has its `monday`."""

    id: str
    pieces: tuple[PlacedPiece, ...]
    monday: date | None = None

    @property
    def editions(self) -> tuple[str, ...]:
        """The editions that have a piece."""
        return tuple(dict.fromkeys(edition for piece in self.pieces for edition in piece.posts))

    @property
    def is_article(self) -> bool:
        """Whether it is one post without a topic."""
        return self.pieces[0].topic == ARTICLE

    def posts(self, edition: str) -> list[PlacedPost]:
        """The posts of an edition in the order of the text."""
        return [piece.posts[edition] for piece in self.pieces if edition in piece.posts]

    def pages(self) -> Iterator[tuple[PlacedPost, str]]:
        """Each post with the address of its page."""
        counts: Counter[tuple[str, str]] = Counter()
        for piece in self.pieces:
            for edition, post in piece.posts.items():
                counts[edition, piece.topic] += 1
                name = "" if self.is_article else f"{piece.topic}-{counts[edition, piece.topic]}.html"
                yield post, f"/{edition}/{self.id}/{name}"


def size_of(title: str, markdown: str, picture_bytes: int = 0) -> int:
    """How much a post takes of what an issue may have, in bytes of text.

    Its parts and the bytes of its pictures count as so much text as is allowed with them.
    """
    events = sum(1 for _ in pyromark.events(markdown, options=_PARSED))
    of_pictures = picture_bytes * MOST_TEXT_BYTES // MOST_PICTURE_BYTES
    text_bytes = len(markdown.encode()) + 2 * len(title.encode())
    return max(text_bytes, round(events * _BYTES_FOR_EVENT), of_pictures)


def pieces_of(posts: Iterable[PlacedPost], newsletter: Newsletter) -> list[PlacedPiece]:
    """The pieces in the order of their publication.

    A second post of one piece and edition is a piece of its own. A piece's topic is the first one of its
    editions in the order of the newsletter.
    """
    grouped: dict[str, dict[str, PlacedPost]] = {}
    for post in sorted(posts, key=lambda post: (post.published, post.id)):
        editions = grouped.setdefault(post.piece, {})
        if post.edition in editions:
            editions = grouped.setdefault(f"{post.piece}\0{post.id}", {})
        editions[post.edition] = post
    order = list(newsletter.editions)
    pieces = []
    for editions in grouped.values():
        by_edition = {edition: editions[edition] for edition in sorted(editions, key=order.index)}
        topics = [post.topic for post in by_edition.values() if post.topic != ARTICLE]
        pieces.append(PlacedPiece(by_edition, next(iter(topics), ARTICLE)))
    return sorted(pieces, key=lambda piece: piece.order)


def gathered(pieces: Sequence[PlacedPiece], mode: str, newsletter: Newsletter) -> list[PlannedIssue]:
    """The issues that the pieces become, in the order of their ids."""
    ids = _IssueIds(newsletter)
    issues = []
    weeks: dict[date, list[PlacedPiece]] = {}
    for piece in pieces:
        if mode == WEEK and piece.topic != ARTICLE:
            weeks.setdefault(_monday(piece.day(newsletter)), []).append(piece)
    for monday, of_week in weeks.items():
        for number, gathered_pieces in enumerate(_issues_of_week(of_week, newsletter), 1):
            issues.append(PlannedIssue(ids.numbered(monday, number), gathered_pieces, monday))
    alone = (piece for piece in pieces if mode != WEEK or piece.topic == ARTICLE)
    issues += [PlannedIssue(ids.named(each.day(newsletter), each.first.slug), (each,)) for each in alone]
    return sorted(issues, key=lambda issue: issue.id)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass
class _IssueIds:
    """Gives ids of issues, each once."""

    newsletter: Newsletter
    taken: set[str] = field(default_factory=set)

    def numbered(self, monday: date, number: int) -> str:
        return self._free(f"{monday}" if number == 1 else f"{monday}-{number}")

    def named(self, day: date, name: str) -> str:
        day = _monday(day) if self.newsletter.wants_monday(day) else day
        return self._free(f"{day}-{slug(name)}".rstrip("-"))

    def _free(self, wanted: str) -> str:
        """The wanted id, or one with a number if it is taken."""
        free, number = wanted, 1
        stem = wanted[: len("2016-12-05-") + LONGEST_SLUG - _NUMBER_DIGITS].rstrip("-")
        while free in self.taken:
            number += 1
            free = f"{stem}-{number}"
        self.taken.add(free)
        return free


def _issues_of_week(pieces: list[PlacedPiece], newsletter: Newsletter) -> Iterator[tuple[PlacedPiece, ...]]:
    """The pieces of each issue of a week, whose pieces come in the order of their publication."""
    topics = [topic.id for topic in newsletter.topics]
    rest = pieces
    while rest:
        fitting = _fitting(rest)
        taken = [piece for topic in topics for piece in _nested(fitting, topic)]
        kept = {id(piece) for piece in taken}
        rest = [piece for piece in rest if id(piece) not in kept]
        yield tuple(taken)


def _fitting(pieces: list[PlacedPiece]) -> list[PlacedPiece]:
    """The first pieces that fit into one issue, at least one."""
    sizes: Counter[str] = Counter()
    for at, piece in enumerate(pieces):
        sizes.update({edition: post.size for edition, post in piece.posts.items()})
        if at and (at >= MOST_COMMENTARIES or max(sizes.values()) > MOST_TEXT_BYTES):
            return pieces[:at]
    return pieces


def _nested(pieces: list[PlacedPiece], topic: str) -> Iterator[PlacedPiece]:
    """The pieces of a topic whose number can be the same in all their editions.

    So those with the most editions come first, and each piece has only editions that all before it have.
    """
    by_editions: dict[frozenset[str], list[PlacedPiece]] = {}
    for piece in pieces:
        if piece.topic == topic:
            by_editions.setdefault(frozenset(piece.posts), []).append(piece)
    most_first: Callable[[frozenset[str]], tuple[int, int, list[str]]] = lambda editions: (  # noqa: E731
        -len(editions),
        -len(by_editions[editions]),
        sorted(editions),
    )
    before: frozenset[str] | None = None
    for editions in sorted(by_editions, key=most_first):
        if before is None or editions <= before:
            yield from by_editions[editions]
            before = editions
