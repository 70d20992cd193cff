"""Mails reports: a limited number each hour, and one digest of the others.

Every report is on the desk in any case. The sweep mails the digest when the hour is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from broadsheet.language import language, report_words
from broadsheet.mail import Mail, NotSentError
from broadsheet.mailings.editor_mail import editor_mail
from broadsheet.mailings.failures import Failures
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock, Mailer

MOST_AN_HOUR = 20
NAMED_IN_A_DIGEST = 50
GIVEN_UP_AFTER = timedelta(days=14)  # `panic` stops the sweep, perhaps for days


@dataclass(frozen=True)
class WithheldReports:
    """The reports of an hour that were not mailed: the first subjects, and how many there are."""

    subjects: tuple[str, ...] = ()
    number: int = 0


class ReportCounts(Protocol):
    """How many reports were mailed in each hour, and which were not."""

    def take(self, hour: datetime, subject: str, most: int) -> bool:
        """Count one more report of that hour; False if it has its `most`, and the subject is withheld.

        A second call counts again: a report that is repeated after a crash counts twice.
        """

    def hours(self) -> list[datetime]:
        """The hours with counts that have not been ended, oldest first."""

    def held(self, hour: datetime) -> WithheldReports | None:
        """The withheld reports of that hour; None if nothing was counted, or it was ended."""

    def claim(self, hour: datetime, editor: int) -> bool:
        """Record that this editor is about to get the hour's digest; False if it was recorded before."""

    def release(self, hour: datetime, editor: int) -> None:
        """Undo a claim; a second call changes nothing."""

    def end(self, hour: datetime) -> None:
        """Forget the hour; a second call changes nothing."""


@dataclass(frozen=True)
class ReportMailer:
    """Mails reports to editors while the hour's limit is not reached."""

    mailer: Mailer
    counts: ReportCounts
    clock: Clock

    def __call__(self, editors: Sequence[str], mails: Sequence[Mail], kind: str) -> None:
        """Mail each editor these mails, which are one report; the first one's subject names it."""
        if not editors or not self.counts.take(_hour(self.clock()), mails[0].subject, MOST_AN_HOUR):
            return
        for editor in editors:
            for mail in mails:
                self.mailer.send(mail, editor, {"kind": kind})


@dataclass(frozen=True)
class DigestMailer:
    """A use case of the sweep, early in an hour: mails each editor the subjects of withheld reports."""

    newsletter: Newsletter
    counts: ReportCounts
    mailer: Mailer
    clock: Clock

    def __call__(self) -> None:
        """Mail the digests of the hours that are over. If two sweeps run at once, only one mails.

        An hour is deleted once every editor was mailed. If SES refuses a mail, a later sweep tries again,
        for 14 days. After a crash an editor may get no digest.

        Raises:
            ExceptionGroup: mails that could not be sent, after every editor was tried.
        """
        this_hour, failures = _hour(self.clock()), Failures()
        for hour in self.counts.hours():
            if hour < this_hour:
                failures += self._mail_digest(hour)
        failures.raise_all("digest of reports not mailed")

    def _mail_digest(self, hour: datetime) -> Failures:
        failures, withheld = Failures(), self.counts.held(hour)
        if withheld is None:
            return failures
        if withheld.number:
            mail = digest_mail(withheld, hour, self.newsletter)
            for number, editor in enumerate(self.newsletter.editors):
                if not self.counts.claim(hour, number):
                    continue
                is_sent = failures.attempt(self.mailer.send, mail, editor, {"kind": "report"})
                if not is_sent and isinstance(failures[-1], NotSentError):
                    self.counts.release(hour, number)
        if not failures or self.clock() - hour >= GIVEN_UP_AFTER:
            self.counts.end(hour)
        return failures


def digest_mail(withheld: WithheldReports, hour: datetime, newsletter: Newsletter) -> Mail:
    """The digest of an hour, in the editors' language."""
    code = newsletter.editors_language
    words, local = report_words(code), hour.astimezone(newsletter.zone)
    subject = words["digest_subject"].format(count=withheld.number)
    from_hour = f"{language(code).day(local.date(), year=False)}, {local:%H:%M}"
    text = words["digest_text"].format(count=withheld.number, hour=from_hour, most=MOST_AN_HOUR)
    more = withheld.number - len(withheld.subjects)
    return editor_mail("report_digest", subject, newsletter, text=text, subjects=withheld.subjects, more=more)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
