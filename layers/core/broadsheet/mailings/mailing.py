"""A mailing: one issue for one audience, from one frozen revision; its chunks, and where each member stands.

Shape (LedgerTable): partition `mailing`, sort key `entry`.
- heads: partition "mailings", entry = the mailing's id (`<issue>_<audience>`): `state`, `reason`, `issue`,
  `audience`, `due_at`, `confirmed` (true), and once it has begun `edition`, `revision`, `digest`,
  `chunk_count`, `releases` (list of [number, epoch seconds]), `moved_at`, `frontier` and `totals` (see
  `Mailing`); `ended_at`, `results`, and `reported`, a set: what editors were told, "… tried" once that was
  begun, "… to <n>" who of them was mailed; "asked <n>" and "asked" of the question whether to mail it.
- live ones: partition "live", entry = the id of a mailing that the sweep has to look after; `live` (true).
- chunks and marks have `expires_at` (epoch seconds): 90 days after their members were written, who they were
  is forgotten; the head keeps the counts. A mailing that has not ended by then is ended first.
- chunks: partition = the mailing's id, entry = `chunk#<number, six digits>`: `attempt` (the fence),
  `leased_until`, `called_at` (epoch seconds), `members` (map: subscriber id -> a `Standing`, or
  `refused:<code>`), `said_<word>` (set: the subscriber ids of whom SES said so), `expired` (how many were
  in doubt for too long, and were sent again or skipped), `closed` (bool). The two times are forgotten when
  the mailing is put to rest, a day after its end.
- marks: partition = the mailing's id, entry = `bounce#<subscriber id>` or `complaint#<subscriber id>`.
- halts: partition = the mailing's id, entry "halt": `reason`, `at` (epoch seconds), `digest`; what a worker
  asks the sweep for, which takes it away.
- what publishing asks for: partition "requests"; see `broadsheet.mailings.requests`.
- the pace: partition "pace", entry "account"; see `broadsheet.mailings.pace`.
- what came back of mails to SES's simulator: partition "round-trip", entry = their id; see
  `broadsheet.aws.round_trips`.
- what panic turned off: partition "panic", entry "before"; see `cli/panic.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.retention import LEDGER_DETAILS

LONGEST_MAILING = LEDGER_DETAILS - timedelta(days=10)  # after that nobody knew any more who was mailed
MEMBERS_A_CHUNK = 160  # four calls and a half: measured, decision 8
ID_SPACE = 1 << 128
SHARDS = 16  # of subscribers, by the first digit of their ids
DOUBT_LASTS = timedelta(minutes=15)  # SES's events have had time to come
BOUNCES, COMPLAINTS = "BOUNCES", "COMPLAINTS"  # why a mailing stops; a person may overrule that
BODY_CHANGED = "BODY_CHANGED"  # this, too, but nobody overrules it: what lies there is not what was frozen
SEVERAL_AT_ONCE = "SEVERAL_AT_ONCE"  # why a held one does not begin before a person confirms it
NO_DIGEST, SENDER_CHANGED = "NO_DIGEST", "SENDER_CHANGED"  # to be sent as it is now, if a person says so


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
    """The head of a mailing. Edition, revision, digest and chunk count are frozen when it begins.

    `digest` is the `letter_digest` of what it sends; "" where an older release of ours began it.
    `releases` are the latest few puttings of orders: for the chunks below which number, and when. `moved_at`
    is when it went on sending after a pause. All chunks below `frontier` are closed, and `totals` are
    their counts: both move in one write, so that they cannot drift. `reason` has the stops that a person has
    overruled, and at its end why the mailing is parked or stopped; of a held one, why it does not begin.
    `confirmed` if a person said that it is to be mailed (`broadsheet.mailings.bursts`). `reported` is what
    editors were told of it, `results` are the counts that they were told last.
    """

    issue: str
    audience: str
    state: State
    due_at: datetime
    edition: str = ""
    revision: str = ""
    chunk_count: int = 0
    reason: str = ""
    releases: tuple[tuple[int, datetime], ...] = ()
    moved_at: datetime | None = None
    frontier: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None
    reported: frozenset[str] = frozenset()
    results: dict[str, int] = field(default_factory=dict)
    digest: str = ""
    confirmed: bool = False

    @property
    def released(self) -> int:
        """Orders were put for the chunks below."""
        return self.releases[-1][0] if self.releases else 0

    @property
    def overruled(self) -> tuple[str, ...]:
        """The stops that it has had; who lets it go on has overruled them."""
        return tuple(why for why in self.reason.split() if why in (BOUNCES, COMPLAINTS))

    def reason_with(self, *why: str) -> str:
        """The reason with the stops that were overruled before."""
        return " ".join([*self.overruled, *why])

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

    `members` maps ids to standings (`refused:<code>` with a code); None until they are frozen. `afterwards`
    is what SES's events said about them when it was claimed, `called_at` when somebody was last put in doubt.
    """

    mailing: str
    number: int
    attempt: int
    members: dict[str, str] | None = None
    afterwards: dict[str, frozenset[str]] = field(default_factory=dict)
    called_at: datetime | None = None

    def counts(self) -> dict[str, int]:
        """How many members stand where; the balance that must hold."""
        return counted((self.members or {}).values())


@dataclass(frozen=True)
class Halt:
    """Why a worker wants its mailing to wait or stop; `digest` is what it would send, to be frozen."""

    reason: str
    at: datetime
    digest: str = ""

    @property
    def state(self) -> State:
        """What the mailing is to be."""
        return State.STOPPED if self.reason == BODY_CHANGED else State.PARKED

    def digest_for(self, mailing: Mailing) -> str:
        """The digest that the mailing has from then on: never one of another body."""
        is_same = not mailing.digest or self.digest.split("-")[0] == mailing.digest.split("-")[0]
        return self.digest if self.digest and is_same else mailing.digest

    def is_meant(self, mailing: Mailing) -> bool:
        """Whether it was asked for since the mailing last went on; a person has seen an older one."""
        return mailing.moved_at is None or self.at >= mailing.moved_at


def counted(standings: Collection[str]) -> dict[str, int]:
    """How many stand where, and how many there are."""
    found = {"members": len(standings)} | {standing.value.replace(" ", "_"): 0 for standing in Standing}
    for standing in standings:
        found[standing.split(":")[0].replace(" ", "_")] += 1
    return found


def settled_by(words: Collection[str]) -> str | None:
    """Where a member in doubt stands, if SES's events tell: they know what became of the call.

    A rendering failure comes after the send that it undoes; a reject comes instead of one.
    """
    if "rendering-failure" in words or "reject" in words:
        return f"{Standing.REFUSED.value}:{'RENDERING_FAILURE' if 'rendering-failure' in words else 'REJECT'}"
    return Standing.ACCEPTED.value if words else None


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
    """How many chunks for about so many readers; many lie each in one shard, to be read with one query."""
    count = max(1, -(-estimate // MEMBERS_A_CHUNK))
    return count if count < SHARDS else round(count / SHARDS) * SHARDS


def chunk_of(subscriber_id: str, count: int) -> int:
    """The number of the chunk out of `count` that holds an id."""
    return ((int(subscriber_id, 16) + 1) * count - 1) // ID_SPACE
