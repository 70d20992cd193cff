"""How a conversion shows how far it is, without knowing the terminal."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Track(Protocol):
    """Passes items on, and shows how many have been passed, of `total` if it is known."""

    def __call__(self, items: Iterable[_T], what: str, total: int | None = None) -> Iterator[_T]:
        """The same items in the same order."""


def untracked(items: Iterable[_T], what: str, total: int | None = None) -> Iterator[_T]:  # noqa: ARG001  # shows nothing
    """The same items; nothing is shown."""
    return iter(items)
