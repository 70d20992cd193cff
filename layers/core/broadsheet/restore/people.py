"""Decides which subscribers of a backup are restored: all whose records were lost.

A subscriber who left, was erased or was suppressed since the backup is not restored. The evidence:
- left: an opt-out record, `left#<fingerprint>`;
- suppressed: a reason at the fingerprint, which is never removed;
- left or erased: a tombstone in LimitsTable, `address#<fingerprint>`, for 48 hours. It is the only trace of
  an erasure, so erased subscribers can be told from lost ones only if the backup is younger. It has a day and
  no time: a subscriber who left on the day of the backup is not restored, even if they returned before it;
- asked to leave while their record was missing: a tombstone `gone#<subscriber id>`, for seven days;
- lost: a fingerprint that leads to a missing record. Whatever ends a subscription deletes the fingerprint or
  writes a reason over it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broadsheet.restore.ports import Verdict
from broadsheet.retention import TOMBSTONE
from broadsheet.subscribers.send_history import day_ending
from broadsheet.subscribers.subscriber import Known, Status, Subscriber

CLOCKS_DIFFER = timedelta(minutes=1)  # also, a tombstone is written just before the record is deleted
TOMBSTONES_REACH = TOMBSTONE - timedelta(minutes=5)
BY_READER = ("button", "manage")  # ways to consent oneself; an import is none
NOBODY = Known()


@dataclass(frozen=True)
class BackupTime:
    """The time of the backup; `include_missing`: also restore subscribers whose absence nothing explains."""

    at: datetime
    include_missing: bool = False

    @property
    def tombstones_from(self) -> int:
        """Tombstones from this time on, in epoch seconds, were written after the backup."""
        return int((self.at - CLOCKS_DIFFER).timestamp())

    def is_gone(self, gone_at: int | None) -> bool:
        """Whether a tombstone was written after the backup."""
        return gone_at is not None and gone_at >= self.tombstones_from

    def is_recent(self, now: datetime) -> bool:
        """Whether every erasure since the backup still has its tombstone."""
        return now - self.at < TOMBSTONES_REACH


@dataclass(frozen=True)
class Evidence:
    """What the live tables hold about a subscriber id and a fingerprint.

    `person` has that id, `known` is the entry of the fingerprint, `other` the subscriber with another id that
    it leads to. `gone_at` is the later of the two tombstones: the end of its day, in epoch seconds.
    """

    person: Subscriber | None = None
    known: Known = NOBODY
    other: Subscriber | None = None
    opted_out_on: date | None = None
    gone_at: int | None = None


def judge_person(
    subscriber: Subscriber, evidence: Evidence, since: BackupTime, now: datetime, *, lapsed: bool
) -> Verdict:
    """The verdict on a subscriber of the backup."""
    if evidence.person:
        return Verdict.UNCHANGED
    if reason := _not_restored(evidence, since):
        return reason
    if lapsed:
        return Verdict.LAPSED
    if evidence.known.subscriber_id:
        return Verdict.RESTORED if evidence.known.subscriber_id == subscriber.id else Verdict.AGAIN
    return Verdict.RESTORED if since.include_missing or since.is_recent(now) else Verdict.UNKNOWN


def judge_suppression(evidence: Evidence) -> Verdict:
    """The verdict on a suppression of the backup: it applies, whoever signed up or was imported since."""
    return Verdict.UNCHANGED if evidence.known.reason else Verdict.RESTORED


def judge_opt_out(opted_out_on: date, evidence: Evidence, since: BackupTime) -> Verdict:
    """The verdict on an opt-out record of the backup, dated `opted_out_on`.

    A reader who consented again has returned; one who was imported again was so only because the record was
    missing.
    A tombstone of a later day means an erasure, which deleted the record; one of the same day is that of
    leaving.
    """
    if evidence.opted_out_on:
        return Verdict.UNCHANGED
    if evidence.known.reason:
        return Verdict.SUPPRESSED
    person = evidence.other
    if person and person.status is Status.CONFIRMED:
        return Verdict.AGAIN if _returned(person, opted_out_on) else Verdict.REMOVED
    is_erased = evidence.gone_at is not None and day_ending(evidence.gone_at) > opted_out_on
    return Verdict.GONE if is_erased and since.is_gone(evidence.gone_at) else Verdict.RESTORED


def judge_live(evidence: Evidence, since: BackupTime, *, lapsed: bool) -> Verdict:
    """The verdict on a live subscriber, `evidence.person`: each must have a fingerprint of their own.

    While fingerprints were missing, an address may have got a second record. If the address was then
    suppressed or erased, or its reader left, only the second record was deleted, and the first stayed.
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


def _not_restored(evidence: Evidence, since: BackupTime) -> Verdict | None:
    if evidence.known.reason:
        return Verdict.SUPPRESSED
    if evidence.opted_out_on:
        return Verdict.LEFT
    return Verdict.GONE if since.is_gone(evidence.gone_at) else None


def _consented_after(person: Subscriber, gone_at: int | None) -> bool:
    confirmed_on = _confirmed_on(person)
    return confirmed_on is not None and gone_at is not None and confirmed_on > day_ending(gone_at)


def _returned(person: Subscriber, opted_out_on: date) -> bool:
    confirmed_on, consent = _confirmed_on(person), person.consent
    by_reader = person.address_id or (consent and consent.confirmed_by in BY_READER)
    return bool(by_reader) and confirmed_on is not None and confirmed_on >= opted_out_on


def _confirmed_on(person: Subscriber) -> date | None:
    """The day on which a reader last confirmed their address, by signing up or by changing it."""
    consent, address = person.consent, person.confirmed_address
    return max((each.confirmed_on for each in (consent, address) if each), default=None)
