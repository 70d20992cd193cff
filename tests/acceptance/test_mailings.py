"""What editors and operators do with mailings that are held or run; the judge is SES's own count."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import urllib3

from broadsheet.mailings.control import Control, WrongStateError
from cli.chosen_stack import StackOptions
from cli.mailing_status import in_words, newsletter_zone
from cli.mailings import act, mailings_of
from demo.reader import DemoReader, Inbox
from local.system import LocalSystem
from tests.acceptance.conftest import broadsheet, desk_delete, desk_put, head_of, state_of, wait_for
from tests.members import plant
from tests.proof.judge import accepted

EDITOR = "desk@ninthbridge.example.org"
ENGLISH, OTHERS = 240, 12
SLOW, FAST = 30, 200
STANDS_STILL_SECONDS, AT_MOST_SECONDS = 2.5, 5
# Of days to come: old issues that come several at once would wait for an editor's word.
TEXT = "---\ntitle: {title}\nsummary: What this is about.\nmail: yes\n{more}---\nOne paragraph.\n"
AT_ONCE, MUCH_LATER = "send_at: 2017-01-01T08:00\n", "send_at: 2199-01-01T08:00\n"


@pytest.fixture(scope="session")
def english(system: LocalSystem) -> list[str]:
    return list(plant(system, [f"english-{number}@readers.test" for number in range(ENGLISH)], "en").values())


@pytest.fixture(scope="session")
def others(system: LocalSystem) -> list[str]:
    return list(plant(system, [f"other-{number}@readers.test" for number in range(OTHERS)], "be-ru").values())


@pytest.fixture
def slowly(system: LocalSystem) -> Iterator[None]:
    """SES grants little, so that a mailing lasts."""
    grant(system, SLOW)
    yield
    grant(system, FAST)


@pytest.fixture
def commands(system: LocalSystem) -> Control:
    """What `broadsheet … --local` works with."""
    return mailings_of(StackOptions(True, system.engine_port, system.state))


@pytest.mark.usefixtures("slowly")
def test_a_paused_mailing_stops_and_continues_where_it_was(
    system: LocalSystem, commands: Control, english: list[str]
) -> None:
    begin(system, "2045-03-06")
    wait_for(lambda: got(system, "2045-03-06_en", english).total() > 0, "the first mails")

    act(commands, "pause", "2045-03-06", None)

    stopped_at = final_count(system, "2045-03-06_en", english)
    assert 0 < stopped_at < ENGLISH
    assert "paused; " in status(commands, "2045-03-06")
    grant(system, FAST)
    act(commands, "resume", "2045-03-06", None)
    ends(system, "2045-03-06_en")
    assert got(system, "2045-03-06_en", english) == dict.fromkeys(english, 1)
    assert ": done at " in status(commands, "2045-03-06")


@pytest.mark.usefixtures("slowly")
def test_a_cancelled_mailing_cannot_be_restarted(
    system: LocalSystem, commands: Control, english: list[str]
) -> None:
    begin(system, "2045-03-13")
    wait_for(lambda: got(system, "2045-03-13_en", english).total() > 0, "the first mails")

    printed = broadsheet(system, "cancel", "--yes", "2045-03-13")

    assert printed == "2045-03-13_en is cancelled.\n"
    stopped_at = final_count(system, "2045-03-13_en", english)
    assert stopped_at < ENGLISH
    with pytest.raises(WrongStateError, match="2045-03-13_en is cancelled"):
        act(commands, "resume", "2045-03-13", None)
    sweep(system)
    fires(system, "2045-03-13_en")
    assert got(system, "2045-03-13_en", english).total() == stopped_at
    assert ": cancelled at " in status(commands, "2045-03-13")


def test_resending_mails_those_again_who_were_refused_and_nobody_else(
    system: LocalSystem, commands: Control, english: list[str]
) -> None:
    half_of_each = {"kind": "failure", "share": 0.5, "times": ENGLISH}  # with one recipient a call
    urllib3.request("PUT", f"{system.address}/_local/ses/faults", json=[half_of_each])
    begin(system, "2045-03-20")
    ends(system, "2045-03-20_en")
    first = got(system, "2045-03-20_en", english)
    assert set(first.values()) == {1}
    assert 0 < first.total() < ENGLISH
    urllib3.request("PUT", f"{system.address}/_local/ses/faults", json=[])

    act(commands, "resend", "2045-03-20", "en")

    ends(system, "2045-03-20_en")
    assert got(system, "2045-03-20_en", english) == dict.fromkeys(english, 1)


def test_a_mailing_withdrawn_in_its_hold_mails_nobody_until_the_file_is_uploaded_again(
    system: LocalSystem, english: list[str]
) -> None:
    publish(system, "2045-03-27", "en", MUCH_LATER)
    wait_for(lambda: swept(system, "2045-03-27_en") == "held", "the held mailing")
    desk_delete(system, "issues/2045-03-27/en.md")
    wait_for(lambda: swept(system, "2045-03-27_en") == "withdrawn", "the withdrawn mailing")
    fires(system, "2045-03-27_en")
    sweep(system)
    assert state_of(system, "2045-03-27_en") == "withdrawn"
    assert got(system, "2045-03-27_en", english) == {}

    publish(system, "2045-03-27", "en")

    ends(system, "2045-03-27_en")
    assert got(system, "2045-03-27_en", english) == dict.fromkeys(english, 1)


def test_an_edition_that_comes_late_goes_to_those_who_got_none(
    system: LocalSystem, english: list[str], others: list[str]
) -> None:
    begin(system, "2045-04-03")
    ends(system, "2045-04-03_en")
    assert state_of(system, "2045-04-03_be-ru") == ""

    publish(system, "2045-04-03", "ru", AT_ONCE, title="Неделя")
    ends(system, "2045-04-03_be-ru")
    publish(system, "2045-04-03", "be", AT_ONCE, title="Тыдзень")
    sweep(system)
    fires(system, "2045-04-03_be-ru")

    assert [mail.subject for mail in Inbox(system.address).to(others[0])] == ["Неделя"]
    assert got(system, "2045-04-03_be-ru", others) == dict.fromkeys(others, 1)
    assert got(system, "2045-04-03_en", english) == dict.fromkeys(english, 1)


def test_a_time_that_has_passed_means_now_and_the_report_says_so(
    system: LocalSystem, english: list[str]
) -> None:
    publish(system, "2045-04-10", "en", AT_ONCE)
    report = wait_for(
        lambda: Inbox(system.address).with_subject(EDITOR, "Published: 2045-04-10/en.md"), "the report"
    )[0]
    assert "has passed." in report.text
    ends(system, "2045-04-10_en")
    assert got(system, "2045-04-10_en", english) == dict.fromkeys(english, 1)


def test_a_time_to_come_is_waited_for(system: LocalSystem, english: list[str]) -> None:
    publish(system, "2045-04-17", "en", MUCH_LATER)
    wait_for(lambda: swept(system, "2045-04-17_en") == "held", "the held mailing")
    fires(system, "2045-04-17_en")
    sweep(system)
    assert state_of(system, "2045-04-17_en") == "held"
    assert got(system, "2045-04-17_en", english) == {}


def test_two_issues_at_once_are_both_mailed(system: LocalSystem, english: list[str]) -> None:
    for issue in ("2045-04-24", "2045-05-01"):
        publish(system, issue, "en", AT_ONCE)
    for mailing in ("2045-04-24_en", "2045-05-01_en"):
        ends(system, mailing)
        assert got(system, mailing, english) == dict.fromkeys(english, 1)


def test_a_schedule_that_fires_twice_starts_one_mailing(system: LocalSystem, english: list[str]) -> None:
    publish(system, "2045-05-08", "en")
    wait_for(lambda: swept(system, "2045-05-08_en"), "the held mailing")
    due_at = datetime.fromisoformat(head_of(system, "2045-05-08_en")["due_at"]["S"])
    time.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
    firing = [threading.Thread(target=fires, args=(system, "2045-05-08_en")) for _ in range(3)]
    for thread in firing:
        thread.start()
    for thread in firing:
        thread.join()
    ends(system, "2045-05-08_en")
    fires(system, "2045-05-08_en")
    assert len(head_of(system, "2045-05-08_en")["releases"]["L"]) == 1
    assert got(system, "2045-05-08_en", english) == dict.fromkeys(english, 1)


def publish(system: LocalSystem, issue: str, edition: str, more: str = "", title: str = "A week") -> None:
    """Upload an issue to the desk, and wait for its page."""
    desk_put(system, f"issues/{issue}/{edition}.md", TEXT.format(title=title, more=more).encode())
    reader = DemoReader("nobody@readers.test", system.address)
    wait_for(lambda: title in (reader.page(f"/{edition}/{issue}/index.html") or ""), "the page")


def begin(system: LocalSystem, issue: str) -> None:
    """Publish an issue that is to be mailed at once, and let the sweep begin it."""
    publish(system, issue, "en", AT_ONCE)
    wait_for(lambda: swept(system, f"{issue}_en") not in ("", "held"), "the beginning")


def got(system: LocalSystem, mailing: str, addresses: list[str]) -> Counter[str]:
    """How often SES accepted the mailing for each of them."""
    wanted = set(addresses)
    return Counter(each.address for each in accepted(system.address, mailing) if each.address in wanted)


def final_count(system: LocalSystem, mailing: str, addresses: list[str]) -> int:
    """The number of readers who got the mail once the number stops growing."""
    count, since = -1, time.monotonic()
    deadline = since + AT_MOST_SECONDS
    while (now := time.monotonic()) - since < STANDS_STILL_SECONDS:
        found = got(system, mailing, addresses).total()
        if found != count:
            assert now < deadline, "mails still go out"
            count, since = found, now
        time.sleep(0.2)
    return count


def ends(system: LocalSystem, mailing: str) -> None:
    """Wait until it is done."""
    wait_for(lambda: swept(system, mailing) == "done", "the end")


def swept(system: LocalSystem, mailing: str) -> str:
    """The state of a mailing after the sweep has run."""
    sweep(system)
    return state_of(system, mailing)


def sweep(system: LocalSystem) -> None:
    """Do what happens every minute."""
    invoke(system, "SweepFunction", b"{}")


def fires(system: LocalSystem, mailing: str) -> None:
    """Do what a mailing's schedule does."""
    invoke(system, "StartMailingFunction", f'{{"mailing": "{mailing}"}}'.encode())


def invoke(system: LocalSystem, function: str, event: bytes) -> None:
    functions = system.stack.client("lambda")
    answer = functions.invoke(FunctionName=system.stack.physical(function), Payload=event)
    assert "FunctionError" not in answer, answer["Payload"].read()


def grant(system: LocalSystem, rate: int) -> None:
    urllib3.request("PUT", f"{system.address}/_local/ses/settings", json={"max_send_rate": rate})


def status(commands: Control, issue: str) -> str:
    """What `broadsheet status` says of an issue with one mailing."""
    (progress,) = commands.progress(issue)
    return in_words(progress, newsletter_zone())
