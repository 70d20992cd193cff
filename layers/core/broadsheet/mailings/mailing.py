"""A mailing: one issue for one audience, from one frozen revision, in chunks of subscribers.

Shape (LedgerTable): partition `mailing`, sort key `entry`.
- heads: partition "mailings", entry = the mailing's id (`<issue>_<audience>`): `state`, `reason`, `issue`,
  `audience`, `due_at`, `confirmed` (true: approved), and once it has begun `edition`, `revision`, `digest`,
  `chunk_count` (the plan of chunks: their number if they are equally wide and in the order of ids, else a
  list: [count, small chunks, first], then [number, parts] for each split, as in `ChunkPlan`), `trial` (the
  stage of the trial; none: over), `planned`, `releases` (dispatches: list of [number, epoch seconds]),
  `moved_at`, `frontier` (the watermark) and `totals` (see `Mailing`); `ended_at`, `results`, and `reported`,
  a set: each report that was sent, with " tried" once begun and " to <n>" for each editor; "asked <n>" and
  "asked" for approval requests.
- active ones: partition "live", entry = the id of a mailing that the sweep visits; `live` (true).
- chunks and marks have `expires_at` (epoch seconds), 90 days after their members were written; the head
  keeps the counts. A mailing that has not ended by then is ended first.
- chunks: partition = the mailing's id, entry = `chunk#<number, six digits>`: `attempt` (the fence),
  `leased_until`, `called_at` (epoch seconds), `members` (map: subscriber id -> a `DeliveryStatus`, or
  `refused:<code>`), `parts` (into how many it was split, if it was), `said_<event>` (set: subscriber ids with
  that SES event), `expired` (how many unknown outcomes timed out, and were sent again or skipped), `closed`
  (bool). The two times are removed when the
  mailing is deactivated, a day after its end.
- marks: partition = the mailing's id, entry = `bounce#<subscriber id>` or `complaint#<subscriber id>`.
- halts: partition = the mailing's id, entry "halt": `reason`, `at` (epoch seconds), `digest`; written by a
  worker, carried out and deleted by the sweep.
- publishing's requests: partition "requests"; see `broadsheet.mailings.requests`.
- the rate limiter: partition "pace", entry "account"; see `broadsheet.aws.rate_limits`.
- events of mails to SES's simulator: partition "round-trip", entry = their id; see
  `broadsheet.aws.round_trips`.
- what panic turned off: partition "panic", entry "before"; see `cli/panic.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.retention import LEDGER_DETAILS

LONGEST_MAILING = LEDGER_DETAILS - timedelta(days=10)  # later, who was mailed would be deleted
NO_LEASE = datetime.fromtimestamp(0, UTC)
OUTCOME_TIMEOUT = timedelta(minutes=15)  # SES's events have had time to arrive
BOUNCES, COMPLAINTS = "BOUNCES", "COMPLAINTS"  # stop reasons that a person may override
MARKED = ("bounce", "complaint")  # events that count for these
BODY_CHANGED = "BODY_CHANGED"  # cannot be overridden: the stored body is not the frozen one
NEEDS_APPROVAL = "SEVERAL_AT_ONCE"  # as stored: held until a person approves it
TRIAL_IS_OVER = 2  # the stage after the last of the trial's
NO_DIGEST, SENDER_CHANGED = "NO_DIGEST", "SENDER_CHANGED"  # a person may resume with the present body


class MailingState(StrEnum):
    """`held -> sending <-> paused, suspended, stopped -> done`; `cancelled`, `withdrawn`."""

    HELD = "held"
    SENDING = "sending"
    PAUSED = "paused"
    SUSPENDED = "parked"
    STOPPED = "stopped"
    DONE = "done"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"

    @property
    def word(self) -> str:
        """The word for operators; one state is stored under an older word."""
        return self.name.lower()


class DeliveryStatus(StrEnum):
    """A member's delivery status, values as stored. Unknown: handed to SES, and no answer came back."""

    WAITING = "waiting"
    UNKNOWN = "in doubt"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Mailing:
    """The head of a mailing. Edition, revision and digest are frozen when it begins.

    `plan` are its chunks; splits are added. `trial_stage` is the present stage of the trial.

    `digest` is the `letter_digest` of what it sends; "" if begun by an older release of ours. `planned` is
    how many were to be mailed when it began, estimated for a long list; None if begun by an older release.
    `dispatches` are the latest few: the chunk number up to which messages were sent, and when. `moved_at` is
    when it last resumed. All chunks below `watermark` are closed, `totals` are their counts: one write
    moves both. `reason` lists the stops that a person has overridden, then why the mailing is suspended,
    stopped, or still held. `approved`: a person wants it mailed (`broadsheet.mailings.start`).
    `reported` are the reports that editors got, `results` the counts of the last one.
    """

    issue: str
    audience: str
    state: MailingState
    due_at: datetime
    edition: str = ""
    revision: str = ""
    plan: ChunkPlan = field(default_factory=ChunkPlan)
    reason: str = ""
    dispatches: tuple[tuple[int, datetime], ...] = ()
    moved_at: datetime | None = None
    watermark: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None
    reported: frozenset[str] = frozenset()
    results: dict[str, int] = field(default_factory=dict)
    digest: str = ""
    approved: bool = False
    planned: int | None = None
    trial_stage: int = TRIAL_IS_OVER

    @property
    def chunk_count(self) -> int:
        """How many chunks it has."""
        return self.plan.count

    @property
    def is_in_trial(self) -> bool:
        """Whether the trial still decides on the chunks that are not dispatched."""
        return self.trial_stage < TRIAL_IS_OVER and self.dispatched < self.chunk_count

    @property
    def shares_the_rate(self) -> bool:
        """Whether it still dispatches chunks, and does not wait in its trial."""
        return self.dispatched < self.chunk_count and not (self.is_in_trial and self.dispatched)

    @property
    def dispatched(self) -> int:
        """Messages were sent for the chunks below this number."""
        return self.dispatches[-1][0] if self.dispatches else 0

    @property
    def overridden(self) -> tuple[str, ...]:
        """The stops that it has had; resuming overrides them."""
        return tuple(why for why in self.reason.split() if why in (BOUNCES, COMPLAINTS))

    def reason_with(self, *why: str) -> str:
        """The given reasons after the stops that were overridden before."""
        return " ".join([*self.overridden, *why])

    @property
    def id(self) -> str:
        """See `mailing_id`."""
        return mailing_id(self.issue, self.audience)


def mailing_id(issue: str, audience: str) -> str:
    """`<issue>_<audience>`: also fit for an SES tag and a schedule's name."""
    return f"{issue}_{audience}"


@dataclass(frozen=True)
class Chunk:
    """A claimed chunk as it was read. `attempt` is the fence: a write under an older one is refused.

    `members` maps ids to delivery statuses (or `refused:<code>`), None until frozen; they are of the first of
    `parts` of the chunk's ids if it was too large. `events` are SES's, by
    member; `called_at` is when SES was last called for it. It keeps its times until `Ledger.forget_times`.
    """

    mailing: str
    number: int
    attempt: int
    members: dict[str, str] | None = None
    events: dict[str, frozenset[str]] = field(default_factory=dict)
    called_at: datetime | None = None
    leased_until: datetime = NO_LEASE
    closed: bool = False
    timed_out: int = 0
    parts: int = 1

    @property
    def has_times(self) -> bool:
        """Whether the time of a lease or a call is stored."""
        return self.leased_until > NO_LEASE or self.called_at is not None

    @property
    def counts(self) -> dict[str, int]:
        """How many members have which status."""
        return status_counts((self.members or {}).values())


@dataclass(frozen=True)
class Halt:
    """A worker's request to halt its mailing; `digest` is what to freeze."""

    reason: str
    at: datetime
    digest: str = ""

    @property
    def state(self) -> MailingState:
        """The state that is asked for."""
        return MailingState.STOPPED if self.reason == BODY_CHANGED else MailingState.SUSPENDED

    def digest_for(self, mailing: Mailing) -> str:
        """The digest to freeze: never that of another body."""
        is_same = not mailing.digest or self.digest.split("-")[0] == mailing.digest.split("-")[0]
        return self.digest if self.digest and is_same else mailing.digest

    def is_current(self, mailing: Mailing) -> bool:
        """False if the mailing was resumed since: a person has seen the reason."""
        return mailing.moved_at is None or self.at >= mailing.moved_at


def status_counts(statuses: Collection[str]) -> dict[str, int]:
    """How many have which status, and how many there are; keys as stored and logged."""
    found = {"members": len(statuses)} | {status.value.replace(" ", "_"): 0 for status in DeliveryStatus}
    for status in statuses:
        found[status.split(":")[0].replace(" ", "_")] += 1
    return found


def status_from_events(events: Collection[str]) -> str | None:
    """The status of a member whose outcome was unknown, by SES's events; None if there are none.

    A rendering failure follows the send event that it undoes; a reject comes instead of one.
    """
    if "rendering-failure" in events or "reject" in events:
        code = "RENDERING_FAILURE" if "rendering-failure" in events else "REJECT"
        return f"{DeliveryStatus.REFUSED.value}:{code}"
    return DeliveryStatus.ACCEPTED.value if events else None
