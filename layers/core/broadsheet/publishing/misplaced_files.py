"""Files that were put on the desk where nothing is read: one report for a burst says where each belongs.

Without it, `Issues/2016-12-05/en.md`, `2016-12-05/en.md`, `issues/en.md` or `issues/2016-12-5/en.md` would be
ignored, since their events concern no issue. Their keys are recorded by the events, so that nothing outside
the folders that are read needs to be listed.
"""

from dataclasses import dataclass
from typing import Protocol

from broadsheet.content.findings import Finding
from broadsheet.language import report_words
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.report import MISPLACED, FileOutcome, Report, write_report
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.publishing.unread_files import NO_LINE, misplaced_file

MOST_RECORDED = 100


@dataclass(frozen=True)
class Misplaced:
    """Recorded keys, and how many more came when there were `MOST_RECORDED`; these may outlast the keys."""

    keys: frozenset[str] = frozenset()
    more: int = 0

    @property
    def count(self) -> int:
        """The number of files."""
        return len(self.keys) + self.more


class MisplacedKeys(Protocol):
    """The keys of misplaced files that were not reported yet."""

    def add(self, key: str, most: int) -> None:
        """Record a key; with `most` of them it is only counted. Recorded again, nothing changes."""

    def remove(self, key: str) -> None:
        """Forget a recorded key; any other makes one less of those that were only counted, if there are any.

        A deletion that is heard twice makes two less: a count is no more exact than the events.
        """

    def all(self) -> Misplaced:
        """What is recorded now."""

    def forget(self, reported: Misplaced) -> None:
        """Forget these keys and so many more; those that came since stay."""


@dataclass(frozen=True)
class ReportMisplacedFiles:
    """The use case with its ports."""

    newsletter: Newsletter
    desk: Desk
    notify: ReportMailer
    misplaced: MisplacedKeys

    def __call__(self) -> bool:
        """Report the recorded files, and forget them; False if there are none.

        After a crash a second call reports and mails again.
        """
        burst = self.misplaced.all()
        if not burst.count:
            return False
        mail = write_report(self._report(burst), self.desk, self.newsletter)
        self.notify(self.newsletter.editors, [mail], "report")
        self.misplaced.forget(burst)
        return True

    def _report(self, burst: Misplaced) -> Report:
        keys, more = sorted(burst.keys), str(burst.more)
        found = [misplaced_file(key, self.newsletter) for key in keys]
        if not keys:
            name = report_words(self.newsletter.editors_language)["report_files"].format(count=more)
            found = [Finding(name, NO_LINE, "files-only-counted", {"count": more})]
            return Report(name, MISPLACED, FileOutcome.REFUSED, tuple(found))
        if burst.more:
            found.append(Finding(keys[-1], NO_LINE, "files-not-named", {"count": more}))
        return Report(keys[0], MISPLACED, FileOutcome.REFUSED, tuple(found), others=burst.count - 1)
