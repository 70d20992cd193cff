"""A mailing: one issue for one audience, from one frozen revision; its chunks, and where each member stands.

Shape (LedgerTable): partition `mailing`, sort key `entry`.
- heads: partition "mailings", entry = the mailing's id (`<issue>_<audience>`): `state`, `issue`, `audience`,
  `due_at`, and once it has begun `edition`, `revision`, `chunk_count`; `ended_at`.
- chunks: partition = the mailing's id, entry = `chunk#<number, six digits>`: `attempt` (the fence),
  `leased_until` (epoch seconds), `members` (map: subscriber id -> a `Standing`, or `refused:<code>`),
  `afterwards` (map: subscriber id -> what SES said later), `closed` (bool).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MEMBERS_A_CHUNK = 40
ID_SPACE = 1 << 128


class State(StrEnum):
    """`held -> sending <-> paused, parked, stopped -> done`, or `cancelled`, `withdrawn`."""

    HELD = "held"
    SENDING = "sending"
    PAUSED = "paused"
    PARKED = "parked"
    STOPPED = "stopped"
    DONE = "done"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Standing(StrEnum):
    """Where a member of a chunk stands. In doubt: given to SES, and no answer came back."""

    WAITING = "waiting"
    IN_DOUBT = "in doubt"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Mailing:
    """The head of a mailing. Edition, revision and chunk count are frozen when it begins."""

    issue: str
    audience: str
    state: State
    due_at: datetime
    edition: str = ""
    revision: str = ""
    chunk_count: int = 0

    @property
    def id(self) -> str:
        """See `mailing_id`."""
        return mailing_id(self.issue, self.audience)


def mailing_id(issue: str, audience: str) -> str:
    """`<issue>_<audience>`: also fit for an SES tag and a schedule's name."""
    return f"{issue}_{audience}"


@dataclass(frozen=True)
class Chunk:
    """A claimed chunk. `attempt` is the fence: a write under an older one is refused.

    `members` maps ids to standings (`refused:<code>` with a code); None until they are frozen.
    """

    mailing: str
    number: int
    attempt: int
    members: dict[str, str] | None = None

    def counts(self) -> dict[str, int]:
        """How many members stand where; the balance that must hold."""
        members = self.members or {}
        found = {"members": len(members)} | {standing.value.replace(" ", "_"): 0 for standing in Standing}
        for standing in members.values():
            found[standing.split(":")[0].replace(" ", "_")] += 1
        return found


@dataclass(frozen=True)
class Range:
    """Subscriber ids from `first` to `last`, both included, as 32 hex digits."""

    first: str
    last: str

    def by_shard(self) -> list["Range"]:
        """The same ids, cut where the first digit changes."""
        digits = range(int(self.first[0], 16), int(self.last[0], 16) + 1)
        return [
            Range(max(self.first, f"{digit:x}" + "0" * 31), min(self.last, f"{digit:x}" + "f" * 31))
            for digit in digits
        ]


def chunk_range(number: int, count: int) -> Range:
    """The ids of chunk `number` (from 0) out of `count` chunks of equal width."""
    first = number * ID_SPACE // count
    last = (number + 1) * ID_SPACE // count - 1
    return Range(f"{first:032x}", f"{last:032x}")


def chunk_count(estimate: int) -> int:
    """How many chunks for about so many readers."""
    return max(1, -(-estimate // MEMBERS_A_CHUNK))
