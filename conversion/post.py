"""What every reader of an export gives: the posts that were public, and what was left out and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Reason(StrEnum):
    """Why something in an export is not converted."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PRIVATE = "private"
    PASSWORD = "password"  # noqa: S105  # a reason
    MEMBERS_ONLY = "members only"
    PAID = "paid"
    EMAIL_ONLY = "email only"
    TRASH = "trash"
    REVISION = "revision"
    COMMENT = "comment"
    PAGE = "page"
    UNCERTAIN = "perhaps not public"
    OTHER_KIND = "other kind"
    NO_DATE = "no date"
    EMPTY = "empty"
    UNREADABLE = "unreadable"


class BodyFormat(StrEnum):
    """How a post's body is written."""

    HTML = "html"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Post:
    """A post that anybody could read on the old site.

    `id` is the same each time that the export is read, and unique in it. `title`, `summary`, `categories`,
    `tags` are plain words, without entities; `summary` is "" if the old system has none of its own.
    `published` has an offset. `addresses` are the old addresses without a host, as they were linked:
    `/2016/12/a-bridge/`, `/?p=12`. `language` is a code such as `en` or `be`, "" if unknown; posts with the
    same `translations`, unless it is "", are one piece in several languages. `authors` are the names as they
    were shown, never logins or email addresses. `picture` is the address of the picture above the text, ""
    without one. `place` is where a person finds it, for messages: a file, or a number and title.
    """

    id: str
    title: str
    summary: str
    body: str
    body_format: BodyFormat
    published: datetime
    slug: str
    place: str
    addresses: tuple[str, ...] = ()
    language: str = ""
    translations: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    picture: str = ""
    picture_alt: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in an export that is not converted; `detail` says more, for a person, if there is more.

    What is only counted, such as comments, has no title, and its number as `count`. UNCERTAIN is no post: its
    title is a plugin or list, of whose posts the export does not say which were public; `detail` says why.
    """

    place: str
    title: str
    reason: Reason
    detail: str = ""
    count: int = 1


class UnreadableExportError(Exception):
    """The export cannot be read at all; the message says why, and what to do. Nothing was written."""


class ExportReader(Protocol):
    """Reads one export; opening it raises UnreadableExportError, a damaged post is only left out."""

    system: str  # as its users call it: "WordPress"

    def entries(self) -> Iterator[Post | LeftOut]:
        """Everything in the export, in the same order each time, holding a bounded part in memory.

        Raises:
            UnreadableExportError: what follows in the export cannot be read.
        """

    def file(self, address: str) -> bytes | None:
        """A picture that the export itself holds, by the address in a post; None if it is not there."""

    def site_addresses(self) -> dict[str, str]:
        """Old addresses of lists: to "home", "feed", "topic:NAME" or "archive", such as `/category/x/`."""
