"""Reports by mail: so many an hour, and one digest of the rest.

Every report lies on the desk in any case. The digest is the sweep's, when the hour is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from broadsheet.language import language, report_words
from broadsheet.mail import Mail, NotSentError, named, one_line
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock, Mailer
from broadsheet.rendering.templating import fill

MOST_AN_HOUR = 20
NAMED_IN_A_DIGEST = 50
GIVEN_UP_AFTER = timedelta(days=14)  # `panic` stops the sweep, perhaps for days


@dataclass(frozen=True)
class Held:
    """The reports of an hour that were not mailed: the subjects of the first, and how many there are."""

    subjects: tuple[str, ...] = ()
    number: int = 0


class ReportCounts(Protocol):
    """How many reports were mailed in each hour, and which were not."""

    def take(self, hour: datetime, subject: str, most: int) -> bool:
        """Count one more of that hour; where it has its `most`, the subject is held instead: false.

        A second call counts a second one: a report that is repeated after a crash uses up two.
        """

    def hours(self) -> list[datetime]:
        """The hours in which something was counted and that are not ended, the oldest first."""

    def held(self, hour: datetime) -> Held | None:
        """What that hour has held; None if nothing was counted, or it is ended."""

    def claim(self, hour: datetime, editor: int) -> bool:
        """Note that this editor is about to be mailed the hour's digest; false if that was noted before."""

    def release(self, hour: datetime, editor: int) -> None:
        """Take the note back."""

    def end(self, hour: datetime) -> None:
        """Forget the hour; a second time nothing happens."""


@dataclass(frozen=True)
class MailReports:
    """Mails editors what there is to report, while the hour has reports left."""

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


@dataclass
class MailDigests:
    """The use case of the sweep, early in an hour: a mail to each editor about what an hour has held."""

    newsletter: Newsletter
    counts: ReportCounts
    mailer: Mailer
    clock: Clock
    _failures: list[Exception] = field(default_factory=list)

    def __call__(self) -> None:
        """Mail the digests of the hours that are over. Two sweeps at once mail once.

        An hour is forgotten once every editor was mailed. Where SES takes no mail it is tried again with the
        next sweep or the next hour; after 14 days it is given up. A crash may cost an editor the digest.

        Raises:
            ExceptionGroup: of mails that could not be handed over, once every editor has had their turn.
        """
        self._failures, this_hour = [], _hour(self.clock())
        for hour in self.counts.hours():
            if hour < this_hour:
                self._digest(hour)
        if self._failures:
            raise ExceptionGroup("digest of reports not mailed", self._failures)

    def _digest(self, hour: datetime) -> None:
        held = self.counts.held(hour)
        if held is None:
            return
        failed = len(self._failures)
        if held.number:
            mail = digest_mail(held, hour, self.newsletter)
            for number, editor in enumerate(self.newsletter.editors):
                if self.counts.claim(hour, number):
                    self._mail(mail, editor, hour, number)
        if len(self._failures) == failed or self.clock() - hour >= GIVEN_UP_AFTER:
            self.counts.end(hour)

    def _mail(self, mail: Mail, editor: str, hour: datetime, number: int) -> None:
        try:
            self.mailer.send(mail, editor, {"kind": "report"})
        except Exception as error:  # noqa: BLE001  # raised in the end: the others are to be mailed
            self._failures.append(error)
            if isinstance(error, NotSentError):
                self.counts.release(hour, number)


def digest_mail(held: Held, hour: datetime, newsletter: Newsletter) -> Mail:
    """The digest of an hour, in the editors' language."""
    code = newsletter.editors_language
    words, local = report_words(code), hour.astimezone(newsletter.zone)
    subject = words["digest_subject"].format(count=held.number)
    from_hour = f"{language(code).day(local.date(), year=False)}, {local:%H:%M}"
    values = {
        "subject": subject,
        "text": words["digest_text"].format(count=held.number, hour=from_hour, most=MOST_AN_HOUR),
        "subjects": held.subjects,
        "more": held.number - len(held.subjects),
        "words": words,
        "language": code,
    }
    return Mail(
        sender=named(newsletter.name, newsletter.sender),
        subject=one_line(subject),
        text=fill("report_digest.txt", **values),
        html=fill("report_digest.html", **values),
        headers={"Auto-Submitted": "auto-generated"},
    )


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
