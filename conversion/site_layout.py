"""What differs between the programs that make static sites."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from broadsheet.content.front_matter import Value
from conversion.post import Reason
from conversion.site_text import SiteText


class SiteLayout(ABC):
    """Where a site's texts are, and at which addresses it showed them.

    `endings` are those of its texts, `statics` the folders of files that were shown as they are. `host` is
    the address of the site, `base` its path; `time_zone` and `default_language` are "" if settings do not
    name them. `is_typographic` says that quotes and dashes were set as in print: "it's" as “it’s”.
    """

    system: str
    endings: tuple[str, ...]
    statics: tuple[str, ...] = ("",)
    default_language = ""
    host = ""
    base = ""
    time_zone = ""
    is_typographic = False
    shows_own_time = False  # whether addresses have dates in the site's time zone, whatever the heads say

    @abstractmethod
    def __init__(self, folder: Path) -> None:
        """Read the settings. Raises UnreadableExportError if they can't be read."""

    @staticmethod
    @abstractmethod
    def recognises(folder: Path) -> bool:
        """Whether the folder holds such a site."""

    @abstractmethod
    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; a reason for what is no post; None for other files."""

    def is_page(self, text: PurePosixPath) -> bool:  # noqa: ARG002  # not known
        """Whether a text without a date is a page of the site, such as "About"."""
        return False

    def inherited(self, text: PurePosixPath) -> Mapping[str, Value]:  # noqa: ARG002  # each stands for itself
        """What settings say about a text that does not say it itself."""
        return {}

    def categories(self, text: PurePosixPath, written: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002
        """The categories, by the path within the texts and by the head."""
        return written

    @abstractmethod
    def addresses(self, text: SiteText) -> Iterator[str]:
        """The addresses at which a text was shown, its own first; none if they can't be known."""

    @abstractmethod
    def lists(self, categories: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Addresses of lists, and what they list."""
