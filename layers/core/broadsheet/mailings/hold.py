"""Holds a mailing for each audience of a published issue; decides which issues are mailed."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from broadsheet.archive.register import PublishedEdition, Record
from broadsheet.mailings.mailing import Mailing, MailingState, mailing_id
from broadsheet.mailings.ports import Ledger
from broadsheet.mailings.requests import MailingRequests
from broadsheet.mailings.start import APART, public_editions
from broadsheet.newsletter import Audience, Newsletter
from broadsheet.ports import Clock

OLD, SAID_NO = "OLD", "HEAD_SAYS_NO"  # why an issue is not mailed


@dataclass(frozen=True)
class HoldMailings:
    """The use case with its ports. It changes no mailing, but requests (`broadsheet.mailings.requests`).

    `schedule` invokes `start_mailing` for a mailing at a time; a second call replaces the time. `hold_time`
    is the time between publication and mailing.
    """

    newsletter: Newsletter
    ledger: Ledger
    requests: MailingRequests
    schedule: Callable[[str, datetime], None]
    clock: Clock
    hold_time: timedelta

    def __call__(self, record: Record) -> list[Mailing]:
        """Request to hold a mailing for each audience that the issue is to be mailed to.

        It is due after `hold_time` or at `send_at`. If the issue is old, or its front matter says not to mail
        it, the mailing returned is withdrawn, with the reason. `mail: yes` and a future `send_at` count as
        approval; an old issue may be part of an archive, so only a `mail: yes` that comes with a correction
        counts.

        Called after every change: an existing mailing keeps its time, so a correction neither restarts the
        hold nor mails again. If no edition is public any more, a mailing that has not begun is withdrawn; an
        edition that returns holds it again. One that has begun, ended or was cancelled does not change.
        """
        now = self.clock()
        mailings = (self._mailing(record, audience, now) for audience in self.newsletter.audiences)
        return [mailing for mailing in mailings if mailing]

    def editions_mailed(self, issue: str) -> set[str]:
        """The editions of an issue that were mailed, so that corrections of them are marked."""
        ids = [mailing_id(issue, audience.id) for audience in self.newsletter.audiences]
        return {head.edition for id_ in ids if (head := self.ledger.mailing(id_)) and head.edition}

    def readers(self, audience: str, issues: Iterable[str]) -> int:
        """How many the first of these issues whose mailing to the audience is done went to; 0 if none is."""
        heads = (self.ledger.mailing(mailing_id(issue, audience)) for issue in issues)
        done = (head for head in heads if head and head.state is MailingState.DONE)
        counts = (head.results.get("members") or head.totals.get("members", 0) for head in done)
        return next((count for count in counts if count), 0)

    def _mailing(self, record: Record, audience: Audience, now: datetime) -> Mailing | None:
        editions = public_editions(record, audience)
        if not editions:
            return self._withdraw(record.issue, audience.id)
        today, within = now.astimezone(self.newsletter.zone).date(), self.newsletter.mail_within_days
        send_at = editions[0].send_at
        due_at = max(send_at, now) if send_at else now + self.hold_time
        wanted = Mailing(record.issue, audience.id, MailingState.HELD, due_at)
        why = why_not_mailed(editions, today, within)
        if why == OLD and any(now - edition.first_published_at < APART for edition in editions):
            self.requests.note_old(now)
        if why and not (why == OLD and self._is_held(wanted.id)):
            mailing = self._withdraw(record.issue, audience.id) or wanted
            has_begun = mailing.state not in (MailingState.HELD, MailingState.WITHDRAWN)
            return mailing if has_begun else replace(mailing, state=MailingState.WITHDRAWN, reason=why)
        says_yes = _says_yes(editions, old=is_old(editions[0].last_day, today, within))
        is_planned = send_at is not None and send_at > now
        mailing = self._hold(replace(wanted, approved=says_yes or is_planned), says_yes=says_yes)
        if mailing.state is MailingState.HELD and mailing.due_at > now:
            self.schedule(mailing.id, mailing.due_at)
        return mailing

    def _is_held(self, mailing_id: str) -> bool:
        """Whether the mailing is held, or will be."""
        existing, request = self.ledger.mailing(mailing_id), self.requests.get(mailing_id)
        if request and (request.withdraws or request.due_at):
            return request.due_at is not None
        return existing is not None and existing.state is MailingState.HELD

    def _hold(self, mailing: Mailing, *, says_yes: bool) -> Mailing:
        """Request to hold a mailing if there is none, or a withdrawn one; else returns the existing one.

        The request is approved if `mailing` is, or if an editor `says_yes` to one that is held or requested
        already; that keeps its time, or restarts the hold if it was waiting for approval.
        """
        existing, request = self.ledger.mailing(mailing.id), self.requests.get(mailing.id)
        if existing and existing.state not in (MailingState.HELD, MailingState.WITHDRAWN):
            return existing
        is_known = request is not None and request.due_at is not None
        if existing and existing.state is MailingState.HELD and not (request and request.withdraws):
            if existing.approved or not says_yes:
                return existing
            mailing = mailing if existing.reason else replace(mailing, due_at=existing.due_at)
            is_known = True
        approved = says_yes or (mailing.approved and not is_known)
        due_at = self.requests.ask_to_hold(mailing.issue, mailing.audience, mailing.due_at, approved=approved)
        return replace(mailing, due_at=due_at, approved=approved)

    def _withdraw(self, issue: str, audience: str) -> Mailing | None:
        """Request to withdraw a mailing that has not begun; returns it as it will be, if there is one."""
        id_ = mailing_id(issue, audience)
        existing, request = self.ledger.mailing(id_), self.requests.get(id_)
        due_at = request.due_at if request else None
        if existing is None:
            if due_at is None:
                return None
            existing = Mailing(issue, audience, MailingState.HELD, due_at)
        elif existing.state is not MailingState.HELD and (
            due_at is None or existing.state is not MailingState.WITHDRAWN
        ):
            return existing
        self.requests.ask_to_withdraw(issue, audience)
        return replace(existing, state=MailingState.WITHDRAWN)


def why_not_mailed(editions: Collection[PublishedEdition], today: date, within_days: int) -> str:
    """`OLD` or `SAID_NO`; "" if the issue is to be mailed to the audience with these public editions.

    One "no" in their front matter wins over a "yes"; without either, the age of the first edition decides.
    `today` is in the newsletter's time zone.
    """
    choices = {edition.mail for edition in editions}
    if choices & {True, False}:
        return SAID_NO if False in choices else ""
    return OLD if is_old(next(iter(editions)).last_day, today, within_days) else ""


def is_old(last_day: date, today: date, within_days: int) -> bool:
    """Whether an issue's period ended more than so many days ago."""
    return (today - last_day).days > within_days


def _says_yes(editions: list[PublishedEdition], *, old: bool) -> bool:
    yes = [edition for edition in editions if edition.mail]
    return any(not old or edition.changed_at > edition.first_published_at for edition in yes)
