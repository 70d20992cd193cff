"""What `broadsheet status` says of a mailing: its state, exact counts, and what it waits for."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from broadsheet.mail import NOT_VERIFIED, QUOTA
from broadsheet.mailings.mailing import BODY_CHANGED, NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.progress import Progress
from cli.newsletter_file import NewsletterUnusableError, own_newsletter

BAR_WIDTH = 40
CAN_GO_ON = (MailingState.PAUSED, MailingState.SUSPENDED, MailingState.STOPPED)


def newsletter_zone() -> ZoneInfo:
    """The time zone of this checkout's newsletter, as in reports; UTC if its file can't be used."""
    try:
        return own_newsletter().zone
    except NewsletterUnusableError:
        return ZoneInfo("UTC")


def in_words(progress: Progress, zone: ZoneInfo, resume: str = "broadsheet resume") -> str:
    """A mailing on one line; `resume` is the command that makes it go on."""
    mailing = progress.mailing
    if mailing.state is MailingState.HELD:
        return f"{_state(mailing)}{_held(progress, zone, resume)}; nobody has been emailed yet"
    if not mailing.edition:
        return f"{_state(mailing)}; nobody has been emailed"
    ended = f" at {_moment(mailing.ended_at, zone)}" if mailing.ended_at and progress.is_over else ""
    return "; ".join([_state(mailing) + ended, _counts(progress), *_waits_for(progress, zone, resume)])


def drawn(progress: Progress, zone: ZoneInfo, resume: str = "broadsheet resume") -> RenderableType:
    """A mailing with its bar; `resume` as above."""
    grid = Grid.grid(padding=(0, 1))
    bar = ProgressBar(total=100, completed=progress.percent, width=BAR_WIDTH)
    grid.add_row(bar, Text(f"{progress.percent} %"))
    return Group(Text(in_words(progress, zone, resume)), grid)


def _state(mailing: Mailing) -> str:
    return f"{mailing.id}: {mailing.state.word}" + (f" ({mailing.reason})" if mailing.reason else "")


def _held(progress: Progress, zone: ZoneInfo, resume: str) -> str:
    mailing = progress.mailing
    if mailing.reason == NEEDS_APPROVAL:
        return f"; it waits until an editor writes mail: yes, or you run {resume}"
    due = "due" if mailing.due_at > progress.now else "was due"
    return f", {due} {_moment(mailing.due_at, zone)}"


def _counts(progress: Progress) -> str:
    if progress.is_exact and not progress.expected:
        return "nobody is subscribed to this audience"
    about = "" if progress.is_exact else "about "
    mailed = f"{progress.counts['accepted']} of {about}{progress.expected} emailed"
    others = [f"{progress.counts[name]} {name}" for name in ("refused", "skipped") if progress.counts[name]]
    if progress.waiting and progress.is_over:
        others.append(f"{_waiting(progress)} not emailed")
    return ", ".join([mailed, *others])


def _waits_for(progress: Progress, zone: ZoneInfo, resume: str) -> list[str]:
    """What an open mailing waits for."""
    if progress.is_over:
        return []
    waits = [f"waiting for SES's events on {progress.unknown}"] if progress.unknown else []
    if progress.mailing.state in CAN_GO_ON:
        return [*waits, *_to_go_on(progress, resume)]
    if not progress.waiting and progress.is_exact and progress.answers_by:
        is_due = progress.answers_by <= progress.now
        return waits if is_due else [f"{waits[0]}, until {_time(progress.answers_by, zone)} at the latest"]
    return [*waits, _is_sending(progress)]


def _is_sending(progress: Progress) -> str:
    """What a mailing does now: a line for each phase, in the order in which they come."""
    if progress.waits_for_trial:
        return f"the trial part has been emailed, {_waiting(progress)} waiting for SES's events about it"
    if progress.silence:
        return f"nobody has been emailed for {_seconds(progress.silence)}, {_waiting(progress)} waiting"
    if progress.left:
        return f"about {progress.left} left at {progress.per_second:.4g} a second"
    if not progress.is_exact:
        return "looking for readers who have joined"
    return ("everybody has been emailed, " if progress.expected else "") + "it ends within minutes"


def _to_go_on(progress: Progress, resume: str) -> list[str]:
    """What makes a halted mailing go on, if anybody still waits."""
    mailing = progress.mailing
    if not progress.waiting:
        return [f"{resume} ends it"] if progress.unknown else ["nobody is waiting"]
    if mailing.state is MailingState.SUSPENDED and mailing.reason.endswith(QUOTA):
        return [f"{_waiting(progress)} waiting until SES's 24-hour quota has room"]
    if mailing.reason.endswith(BODY_CHANGED):
        return [f"{_waiting(progress)} waiting"]
    if mailing.reason.endswith(NOT_VERIFIED):
        return [
            f"{_waiting(progress)} waiting until SES verifies them (sandbox) or our domain; then {resume}"
        ]
    return [f"{_waiting(progress)} waiting until you run {resume}"]


def _waiting(progress: Progress) -> str:
    return f"{progress.waiting}" if progress.is_exact else f"about {progress.waiting}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=int(span.total_seconds()))
