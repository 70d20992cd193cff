"""What the system answers to editors: published where and mailed when, or what to mend."""

import hashlib
from dataclasses import dataclass

from broadsheet.issues.findings import Finding
from broadsheet.issues.issue import Issue
from broadsheet.mail import Mail, named
from broadsheet.mailings.mailing import Mailing, State
from broadsheet.newsletter import Newsletter
from broadsheet.site.templating import fill


@dataclass(frozen=True)
class Report:
    """How one file fared: `issue` and `revision` if it is public, `findings` if it is not."""

    issue_id: str
    edition: str
    findings: tuple[Finding, ...]
    issue: Issue | None = None
    revision: str = ""

    def published(self) -> Issue:
        """The issue of a file that could be published."""
        if self.issue is None:
            raise ValueError(self.issue_id)
        return self.issue

    @property
    def digest(self) -> str:
        """What names this outcome: an editor is told of each outcome once."""
        told = f"{self.revision}\0" + "\0".join(map(str, self.findings))
        return hashlib.sha256(told.encode()).hexdigest()[:20]

    @property
    def headline(self) -> str:
        """The report in a line."""
        file = f"{self.issue_id}/{self.edition}.md"
        return f"Published: {file}" if self.issue else f"NOT published: {file}"


def report_html(report: Report, mailings: list[Mailing], newsletter: Newsletter) -> str:
    """The report as one self-contained page."""
    return fill(
        "report.html", report=report, mailings=_own(report, mailings, newsletter), newsletter=newsletter
    )


def report_mail(report: Report, html: str, mailings: list[Mailing], newsletter: Newsletter) -> Mail:
    """The report as a mail to an editor."""
    return Mail(
        sender=named(newsletter.name, newsletter.sender),
        subject=report.headline,
        text=fill(
            "report.txt", report=report, mailings=_own(report, mailings, newsletter), newsletter=newsletter
        ),
        html=html,
        headers={"Auto-Submitted": "auto-generated"},
    )


def _own(report: Report, mailings: list[Mailing], newsletter: Newsletter) -> list[str]:
    """What becomes of the mailings that this edition may go out with, times in the newsletter's zone."""
    told = []
    for mailing in mailings:
        audience = newsletter.audience(mailing.audience)
        if audience and report.edition in audience.editions:
            due = f"{mailing.due_at.astimezone(newsletter.zone):%Y-%m-%d %H:%M %Z}"
            held = mailing.state is State.HELD
            fate = f"will begin at {due}" if held else f"is {mailing.state}; nobody is mailed again"
            told.append(f"The mailing to {audience.label} {fate}.")
    return told
