"""Which subscribers of a backup come back: as if the loss had not happened, as far as that is known.

Nobody comes back who left, was erased or was suppressed since the time of the backup. What says so:
- who left: the opt-out record `left#<fingerprint>`;
- who must not be mailed: the fingerprint with its reason, which is never taken back;
- who is gone: the tombstone `address#<fingerprint>` in LimitsTable. Leaving and erasing both write it, and
  it is the only trace of an erasure; it lasts 48 hours. So who is missing can be told from who was erased
  only where the backup is younger than that. It has a day, no time: who left on the day of the backup is
  taken to have left after it, and stays out, even if they had come back before it;
- who asked to leave while their record was missing: the tombstone `gone#<subscriber id>`, for seven days;
- who was lost: a fingerprint that leads to a record which is not there. Whatever ends a subscription takes
  the fingerprint with it or writes its reason over it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broadsheet.restore.ports import Verdict
from broadsheet.retention import TOMBSTONE
from broadsheet.subscribers.send_history import day_ending
from broadsheet.subscribers.subscriber import Known, Status, Subscriber

CLOCKS_DIFFER = timedelta(minutes=1)  # a tombstone is written a moment before what it is about
TOMBSTONES_REACH = TOMBSTONE - timedelta(minutes=5)
OWN_HAND = ("button", "manage")  # how a reader consents themselves; an import does it for them
NOBODY = Known()


@dataclass(frozen=True)
class BackupTime:
    """The time of the backup, and whether who is missing comes back where nobody can know why they are."""

    at: datetime
    include_missing: bool = False

    @property
    def tombstones_from(self) -> int:
        """Tombstones from then on, in epoch seconds, are about what happened after the backup."""
        return int((self.at - CLOCKS_DIFFER).timestamp())

    def is_gone(self, gone_at: int | None) -> bool:
        """Whether a tombstone is about what happened after the backup."""
        return gone_at is not None and gone_at >= self.tombstones_from

    def tells_missing(self, now: datetime) -> bool:
        """Whether every erasure since the backup still has its tombstone."""
        return now - self.at < TOMBSTONES_REACH


@dataclass(frozen=True)
class Evidence:
    """What the live tables say about a subscriber id and a fingerprint.

    `person` has that id, `known` is what the fingerprint leads to, `other` who is behind it under another
    id. `gone_at` is the later tombstone of the two, the end of its day in epoch seconds.
    """

    person: Subscriber | None = None
    known: Known = NOBODY
    other: Subscriber | None = None
    opted_out_on: date | None = None
    gone_at: int | None = None


def judge_person(
    subscriber: Subscriber,
    evidence: Evidence,
    since: BackupTime,
    now: datetime,
    *,
    lapsed: bool,
) -> Verdict:
    """What becomes of a subscriber of the backup."""
    if evidence.person:
        return Verdict.UNCHANGED
    if why := _keeps_out(evidence, since):
        return why
    if lapsed:
        return Verdict.LAPSED
    if evidence.known.subscriber_id:
        return Verdict.RESTORED if evidence.known.subscriber_id == subscriber.id else Verdict.AGAIN
    return Verdict.RESTORED if since.include_missing or since.tells_missing(now) else Verdict.UNKNOWN


def judge_suppression(evidence: Evidence) -> Verdict:
    """What becomes of a suppression of the backup: it holds, whoever signed up or was imported since."""
    return Verdict.UNCHANGED if evidence.known.reason else Verdict.RESTORED


def judge_opt_out(opted_out_on: date, evidence: Evidence, since: BackupTime) -> Verdict:
    """What becomes of an opt-out record of the backup, dated `opted_out_on`.

    Who consented anew by their own hand has come back. Who was imported was so because the record was
    missing. A tombstone of a later day is that of an erasure, which took the record with it; one of the same
    day is that of the leaving itself.
    """
    if evidence.opted_out_on:
        return Verdict.UNCHANGED
    if evidence.known.reason:
        return Verdict.SUPPRESSED
    person = evidence.other
    if person and person.status is Status.CONFIRMED:
        return Verdict.AGAIN if _came_back(person, opted_out_on) else Verdict.REMOVED
    is_erased = evidence.gone_at is not None and day_ending(evidence.gone_at) > opted_out_on
    return Verdict.GONE if is_erased and since.is_gone(evidence.gone_at) else Verdict.RESTORED


def judge_live(evidence: Evidence, since: BackupTime, *, lapsed: bool) -> Verdict:
    """What becomes of a subscriber on the list, `evidence.person`: every one has a fingerprint of their own.

    While fingerprints were missing somebody may have been suppressed, or have left or been erased by a second
    record of the same address, and the first one have stayed.
    """
    person, other = evidence.person, evidence.other
    if person is None or lapsed:
        return Verdict.UNCHANGED
    is_confirmed = person.status is Status.CONFIRMED
    if evidence.known.reason or (evidence.opted_out_on and is_confirmed):
        return Verdict.REMOVED
    if evidence.known.subscriber_id == person.id:
        return Verdict.UNCHANGED
    if not other and since.is_gone(evidence.gone_at) and not _consented_after(person, evidence.gone_at):
        return Verdict.REMOVED
    if other and (other.status is Status.CONFIRMED or not is_confirmed):
        return Verdict.REMOVED
    return Verdict.REJOINED


def _keeps_out(evidence: Evidence, since: BackupTime) -> Verdict | None:
    """What the live tables say against somebody of the backup."""
    if evidence.known.reason:
        return Verdict.SUPPRESSED
    if evidence.opted_out_on:
        return Verdict.LEFT
    return Verdict.GONE if since.is_gone(evidence.gone_at) else None


def _consented_after(person: Subscriber, gone_at: int | None) -> bool:
    """Whether they consented on a later day than that of a tombstone, in epoch seconds."""
    if person.consent is None or gone_at is None:
        return False
    return person.consent.confirmed_on > day_ending(gone_at)


def _came_back(person: Subscriber, opted_out_on: date) -> bool:
    consent = person.consent
    return consent is not None and consent.confirmed_by in OWN_HAND and consent.confirmed_on >= opted_out_on
