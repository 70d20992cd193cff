"""The copy of `newsletter.toml` on the desk: only a deployment takes over what it says.

Functions read the file of their layer. Whoever may write to the desk must not change by a file there who gets
reports, what mails come from, or what is mailed; editors get a report that says so.
"""

import tomllib
from dataclasses import dataclass

from broadsheet.content.checks.newsletter_findings import FILE, checked_newsletter
from broadsheet.content.findings import Finding
from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_reader import read_checked_newsletter
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.report import NEWSLETTER_COPY, FileOutcome, Report, write_report
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.toml_lines import lines_by_path


@dataclass(frozen=True)
class CheckNewsletterCopy:
    """The use case with its ports; `deployed` is the file of this deployment."""

    newsletter: Newsletter
    deployed: bytes
    desk: Desk
    notify: ReportMailer

    def __call__(self) -> bool:
        """Whether the copy says what was deployed; if it says anything else, report that to the editors.

        Nothing else is changed. A second call reports and mails again; without a copy nothing happens.
        """
        copy = self.desk.newsletter_file()
        if copy is None or copy == self.deployed:
            return copy is not None
        read, found = checked_newsletter(copy)
        if read == read_checked_newsletter(self.deployed):  # another order, or other comments
            return True
        if read:
            found = (_difference(copy.decode("utf-8-sig"), self.deployed.decode("utf-8-sig")), *found)
        report = Report(FILE, NEWSLETTER_COPY, FileOutcome.COPY, found)
        mail = write_report(report, self.desk, self.newsletter)
        self.notify(self.newsletter.editors, [mail], "report")
        return False


def _difference(copy: str, deployed: str) -> Finding:
    """A warning with the keys that differ, on the line of the first. Their values are not shown."""
    here, there = tomllib.loads(copy), tomllib.loads(deployed)
    keys = [key for key in {**here, **there} if here.get(key) != there.get(key)]
    lines = lines_by_path(copy)
    line = min((line for path, line in lines.items() if path[0] in keys), default=1)
    return Finding(FILE, line, "newsletter-differs", {"known": ", ".join(keys)}, is_error=False)
