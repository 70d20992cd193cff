"""The demo: three readers, two weeks, one who unsubscribes; every step is checked."""

import html
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from demo.reader import OK, DemoReader, Inbox
from infrastructure.build import ROOT, Target, build
from local.system import LocalSystem, LocalSystemError

HOLD_SECONDS = 7
PATIENCE_SECONDS = 60
SECONDS_BETWEEN_LINES = 10
FIRST, SECOND = "2016-12-05", "2016-12-12"
WEEKS = {
    "en": "December 5 – December 11, 2016",
    "ru": "5\u00a0декабря – 11\u00a0декабря 2016",
    "be": "5\u00a0снежня – 11\u00a0снежня 2016",
}

SUBSCRIBED = {
    "en": "You have been successfully subscribed",
    "be": "Вы паспяхова падпісаліся",
    "ru": "Вы успешно подписались",
}

T = TypeVar("T")


class CheckFailedError(AssertionError):
    """A check of the story failed."""


@dataclass
class Story:
    """Prints what happens, and what was checked."""

    system: LocalSystem
    console: Console
    checks: int = 0
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.system.address)
        self.visitor = DemoReader("nobody@example.org", self.system.address)

    def chapter(self, title: str) -> None:
        """Print the title of a part of the story."""
        self.console.print(f"\n[bold]{title}[/bold]  [dim]{time.monotonic() - self.started:.0f} s[/dim]")

    def check(self, what: str, *, holds: bool) -> None:
        """Print whether `what` holds; end the story if it does not."""
        self.checks += 1
        self.console.print(f"  {'[green]✓[/green]' if holds else '[red]✗[/red]'} {what}")
        if not holds:
            raise CheckFailedError(what)

    def wait_for(self, what: str, probe: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
        """Wait until `probe` returns a true value, with a bar that shows the time, or else with lines."""
        began = time.monotonic()
        columns = (TextColumn("  … {task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
        is_hidden, lines = not self.console.is_terminal, 0
        with Progress(*columns, console=self.console, transient=True, disable=is_hidden) as bar:
            task = bar.add_task(what, total=seconds)
            while not (found := probe()):
                passed = time.monotonic() - began
                if passed > seconds:
                    raise CheckFailedError(f"{what}: not within {seconds:.0f} s")
                if is_hidden and passed >= lines * SECONDS_BETWEEN_LINES:
                    self.console.print(f"  … {what}" + (f", {passed:.0f} s so far" if lines else ""))
                    lines += 1
                time.sleep(0.2)
                bar.update(task, completed=passed)
        return found


def play(system: LocalSystem, console: Console) -> bool:
    """Play the story on a fresh system; whether every check held. The system is not stopped."""
    story = Story(system, console)
    system.stop()
    shutil.rmtree(system.state, ignore_errors=True)
    try:
        _bring_up(story)
        readers = _three_readers(story)
        _first_week(story, readers)
        _one_leaves(story, readers)
        _second_week(story, readers)
    except (CheckFailedError, LocalSystemError) as error:
        console.print(f"\n[red bold]The demo failed:[/red bold] {error}")
        console.print(
            f"What ran: {system.address}/_local/log · processes: {system.state}/*.log · make down stops it"
        )
        return False
    console.print(f"\n[bold green]All {story.checks} checks held.[/bold green] The system is still up:")
    return True


def _bring_up(story: Story) -> None:
    story.chapter("The local system starts from template.yaml")
    with story.console.status("  … engine and gateway are starting"):
        story.system.start()
    with story.console.status("  … building the functions; the first time takes a minute"):
        build(Target.local())
    with story.console.status("  … CloudFormation is creating the stack; that takes up to half a minute"):
        story.system.deploy(hold_seconds=HOLD_SECONDS)
    stack = story.system.stack
    queues = len(stack.resources("AWS::SQS::Queue"))
    functions = len(stack.resources("AWS::Lambda::Function"))
    story.check(
        f"CloudFormation created {functions} functions and {queues} queues",
        holds=functions == len(list((ROOT / "functions").glob("*/app.py"))),
    )
    page = story.wait_for("the empty site", lambda: story.visitor.page("/en/index.html"))
    story.check("The site is up in three languages, still without an issue", holds="Subscribe" in page)


def _three_readers(story: Story) -> dict[str, DemoReader]:
    story.chapter("Three readers sign up")
    readers = {
        "Ann": DemoReader("ann@readers.test", story.system.address, "en", "en"),
        "Bahdan": DemoReader("bahdan@readers.test", story.system.address, "be-ru", "be"),
        "Vera": DemoReader("vera@readers.test", story.system.address, "ru-be", "ru"),
    }
    answers = {name: reader.sign_up() for name, reader in readers.items()}
    same = {answer.split("/")[-1] for answer in answers.values()}
    story.check(
        "Each was redirected to a page that says: check your inbox", holds=same == {"check-your-mail.html"}
    )
    for name, reader in readers.items():
        mail = story.wait_for(f"{name}'s confirmation email", partial(story.inbox.last_to, reader.address))
        story.check(f"{name} got one email: {mail.subject}", holds=story.inbox.count_to(reader.address) == 1)
        shown = reader.open_confirmation(mail)
        story.check("  opening the link changes nothing and shows a button", holds=shown)
        words = SUBSCRIBED[reader.edition]
        story.check(f"  pressing it: “{words}”", holds=words in reader.press_confirm())
    return readers


def _first_week(story: Story, readers: dict[str, DemoReader]) -> None:
    story.chapter("An editor uploads the first issue to the desk: English and Russian, then Belarusian")
    upload_issue(story.system, FIRST, ("en", "ru"))
    _appears(story, FIRST, "en")  # from now on the mailing is held, until the Belarusian text is there, too
    upload_issue(story.system, FIRST, ("be",))
    for edition in ("ru", "be"):
        _appears(story, FIRST, edition)
    reports = story.wait_for("the reports", partial(_reports, story.system, FIRST))
    story.check("Reports are beside the files", holds=bool(reports))
    _mailing(story, readers, FIRST, {"Ann": "en", "Bahdan": "be", "Vera": "ru"})


def _mailing(story: Story, readers: dict[str, DemoReader], week: str, expected: dict[str, str]) -> None:
    inbox, titles = story.inbox, {edition: _title(week, edition) for edition in WEEKS}

    def has_all() -> bool:
        return all(
            inbox.with_subject(readers[name].address, titles[edition]) for name, edition in expected.items()
        )

    story.wait_for(f"the mailing, after a hold of {HOLD_SECONDS} s", has_all)
    with story.console.status("  … two seconds more, in which a second email would arrive"):
        time.sleep(2)
    for name, reader in readers.items():
        got = [mail for mail in inbox.to(reader.address) if mail.subject in titles.values()]
        if name in expected:
            right = [mail.subject for mail in got] == [titles[expected[name]]]
            story.check(f"{name} has exactly one email of this issue, in {expected[name]}", holds=right)
            story.check("  with a one-click link of their own", holds=reader.can_leave_by(got[0]))
        else:
            story.check(f"{name}, who unsubscribed, has none", holds=not got)


def _one_leaves(story: Story, readers: dict[str, DemoReader]) -> None:
    story.chapter("Vera unsubscribes with one click")
    vera = readers["Vera"]
    mail = story.inbox.to(vera.address)[-1]
    status, location = vera.one_click(mail)
    story.check(
        "Her email provider's POST is answered 200, without a redirect",
        holds=status == OK and not location,
    )
    again, _ = vera.one_click(mail)
    story.check("So is a second POST", holds=again == OK)
    story.inbox.empty()


def _second_week(story: Story, readers: dict[str, DemoReader]) -> None:
    story.chapter("The next issue is published")
    upload_issue(story.system, SECOND, ("be", "en", "ru"))
    for edition in ("en", "ru", "be"):
        _appears(story, SECOND, edition)
    story.wait_for("the front page and the archive", partial(_lists_show_both, story.visitor))
    story.check("The front page shows the new issue, the archive both", holds=_lists_show_both(story.visitor))
    _mailing(story, readers, SECOND, {"Ann": "en", "Bahdan": "be"})


def _appears(story: Story, week: str, edition: str) -> None:
    path, title = f"/{edition}/{week}/index.html", _title(week, edition)
    text = _plain(story.wait_for(f"the {edition} page", lambda: story.visitor.page(path)))
    story.check(f"{path}: {title}", holds=title in text and (week != FIRST or WEEKS[edition] in text))


def _lists_show_both(visitor: DemoReader) -> bool:
    home = visitor.page("/en/index.html") or ""
    archive = visitor.page("/en/archive/2016.html") or ""
    return _title(SECOND, "en") in _plain(home) and all(
        f"../{week}/index.html" in archive for week in (FIRST, SECOND)
    )


def upload_issue(system: LocalSystem, week: str, editions: tuple[str, ...]) -> None:
    """Upload a sample week's texts of these editions, and its pictures, as an editor would."""
    stack = system.stack
    folder = ROOT / "content" / "issues" / week
    files = [*sorted(folder.glob("images/*")), *(folder / f"{edition}.md" for edition in editions)]
    for file in files:
        key = f"issues/{week}/{file.relative_to(folder)}"
        stack.s3.put_object(Bucket=stack.physical("DeskBucket"), Key=key, Body=file.read_bytes())


def _title(week: str, edition: str) -> str:
    text = (ROOT / "content" / "issues" / week / f"{edition}.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("title:"))
    return line.removeprefix("title:").strip()


def _plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def _reports(system: LocalSystem, week: str) -> list[Any]:
    desk, prefix = system.stack.physical("DeskBucket"), f"reports/{week}/"
    return list(system.stack.s3.list_objects_v2(Bucket=desk, Prefix=prefix).get("Contents", []))
