"""The verdict on an item of a restored table, and the ports of copying back."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Protocol

Item = dict[str, Any]


class Verdict(StrEnum):
    """What happens to an item of a backup, or to a live one that is compared with it."""

    RESTORED = "restored"  # was missing
    PAUSED = "paused"  # a mailing that was under way: restored, and sends nothing by itself
    CANCELLED = "cancelled"  # a mailing that had not begun: restored, and never begins
    REJOINED = "rejoined"  # a subscriber on the list whose fingerprint was missing or led elsewhere
    REMOVED = "removed"  # a subscriber on the list who left, was suppressed, or is listed twice
    UNCHANGED = "unchanged"  # there is a live item
    LEFT = "left"
    GONE = "gone"  # left or was erased since
    SUPPRESSED = "suppressed"
    AGAIN = "again"  # signed up again since
    LAPSED = "lapsed"  # its time to live is over
    UNKNOWN = "unknown"  # missing, and nothing shows whether it was erased or lost
    CONFLICT = "conflict"  # another item has its key since
    SKIPPED = "skipped"  # outdated


WRITTEN = frozenset({Verdict.RESTORED, Verdict.PAUSED, Verdict.CANCELLED, Verdict.REJOINED, Verdict.REMOVED})


class RestoreBusyError(RuntimeError):
    """Others kept changing the same items. What was written stays; running it again resumes."""


class Part(Protocol):
    """The rules of one table."""

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """The verdict on each item; reads only."""

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Carry out a verdict by conditional writes; False, and nothing was written, if something changed.

        Judged again after that, the item is UNCHANGED, or has the verdict of what removed it.
        """


Pages = Iterable[list[Item]]
