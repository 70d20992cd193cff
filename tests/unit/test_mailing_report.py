"""Reports of mailings to editors: counts without a reader, once for each occasion, in their language."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.colours import contrast, rgb
from broadsheet.language import report_words
from broadsheet.mail import NotSentError, SendFailedError
from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.mailings.notify_editors import NotifyEditors
from broadsheet.mailings.report import REASONS, Occasion, mailing_report
from broadsheet.mailings.rounded_counts import FEWEST_SHOWN, count_text, rounded
from broadsheet.mailings.statistics import MOST_BINS, MailingStatistics, Timeline, statistics_of
from tests.builders import a_mailing, a_newsletter
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.issues import FakeDesk
from tests.fakes.mailings import ChunkEntry, FakeLedger, FakeMailingRequests
from tests.fakes.subscribers import FakeMailer

LANGUAGES = ("en", "be", "ru")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DONE = a_mailing(state=MailingState.DONE, ended_at=MONDAY_MORNING, chunk_count=2)
PAGE = "2016-12-05/mailing-en.html"
RESULTS = {
    "members": 12_345,
    "accepted": 12_300,
    "delivered": 12_290,
    "bounced": 7,
    "complained": 3,
    "skipped": 41,
    "refused": 4,
    "in_doubt": 0,
    "waiting": 0,
    "expired": 6,
    "chunks": 2,
}


@dataclass
class ReportSystem:
    """The use case with its fakes."""

    ledger: FakeLedger
    desk: FakeDesk = field(default_factory=FakeDesk)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    editors: tuple[str, ...] = ("desk@news.example.org",)

    def use_case(self) -> NotifyEditors:
        return NotifyEditors(
            self.ledger,
            self.ledger,
            FakeMailingRequests(),
            self.desk.report,
            lambda: self.mailer,
            a_newsletter(editors=self.editors),
            resends=True,
            clock=self.clock,
        )

    def report_end(self, mailing: Mailing = DONE) -> bool:
        return self.use_case().report_end(self.ledger.mailings[mailing.id])

    def alert(self) -> None:
        self.use_case().alert(self.ledger.mailings[DONE.id])

    def subjects(self) -> list[str]:
        return [sent.mail.subject for sent in self.mailer.sent]


def a_system(mailing: Mailing = DONE, **changes: Any) -> ReportSystem:
    entries = {(mailing.id, 0): ChunkEntry(1, members={f"m{n}": "accepted" for n in range(9)}, closed=True)}
    return ReportSystem(FakeLedger({mailing.id: mailing}, entries), **changes)


def report_parts(
    occasion: Occasion = Occasion.HOUR, mailing: Mailing = DONE, language: str = "en", **changes: Any
) -> tuple[str, str, str]:
    """What is shown on the page and in the mail, each on one line; and the page itself.

    Of a mailing that is suspended or stopped, readers wait.
    """
    is_waiting = occasion in (Occasion.SUSPENDED, Occasion.STOPPED)
    values: dict[str, Any] = {
        "results": {**RESULTS, "waiting": 77} if is_waiting else RESULTS,
        "claimed": 1.0,
        "timeline": Timeline(),
        "before": [],
        "resends": True,
        **changes,
    }
    html, mail = mailing_report(
        occasion,
        mailing,
        MailingStatistics(values["results"], mailing.chunk_count, values["claimed"], values["timeline"]),
        values["before"],
        newsletter=a_newsletter(editors_language=language),
        resends=values["resends"],
    )
    soup = BeautifulSoup(html, "html.parser")
    for part in soup.find_all("span"):
        part.unwrap()
    soup.smooth()  # else blanks come into sentences
    shown = soup.get_text(" ")
    return " ".join(shown.split()), " ".join(mail.text.split()), html


# -- counts


def test_the_counts_are_those_of_the_chunks() -> None:
    members = {"a": "accepted", "b": "accepted", "c": "refused:FAILED", "d": "in doubt"}
    said = {
        "a": frozenset({"send", "delivery"}),
        "b": frozenset({"delivery", "bounce", "complaint"}),
        "d": frozenset({"soft-bounce"}),
        "stranger": frozenset({"delivery"}),
    }
    entries = {
        (DONE.id, 0): ChunkEntry(1, members=members, events=said, timed_out=2),
        (DONE.id, 150): ChunkEntry(1, members={"e": "skipped", "f": "waiting"}, closed=True),
        (DONE.id, 200): ChunkEntry(1),
    }
    assert statistics_of(replace(DONE, plan=ChunkPlan(201)), FakeLedger(entries=entries)).counts == {
        "members": 6,
        "waiting": 1,
        "in_doubt": 1,
        "accepted": 2,
        "refused": 1,
        "skipped": 1,
        "delivered": 1,
        "bounced": 1,
        "complained": 1,
        "expired": 2,
        "chunks": 3,
    }


# -- when


def test_editors_get_reports_an_hour_and_a_day_after_the_end_and_then_the_mailing_is_deactivated() -> None:
    system = a_system()
    for after, rests, mails in ((HOUR - timedelta(seconds=1), False, 0), (HOUR, False, 1), (DAY, True, 2)):
        system.clock.now = MONDAY_MORNING + after
        for _ in range(2):
            assert system.report_end() is rests
        assert len(system.mailer.sent) == mails
    assert set(system.desk.reports) == {PAGE}
    assert system.ledger.mailings[DONE.id].results["accepted"] == 9


def test_after_days_without_a_sweep_only_the_last_report_is_mailed() -> None:
    system = a_system()
    system.clock.move(3 * DAY)
    assert system.report_end()
    assert system.subjects() == ["Sent: 2016-12-05, EN"]


@pytest.mark.parametrize(
    "mailing",
    [
        a_mailing(state=MailingState.WITHDRAWN),
        a_mailing(state=MailingState.CANCELLED, edition="", ended_at=MONDAY_MORNING),
        a_mailing(state=MailingState.DONE),
    ],
)
def test_of_a_mailing_that_never_began_nothing_is_reported(mailing: Mailing) -> None:
    system = a_system(mailing)
    system.clock.move(DAY)
    assert system.report_end(mailing)
    assert (system.desk.reports, system.mailer.sent) == ({}, [])


def test_a_mailing_that_was_cancelled_half_way_is_reported() -> None:
    cancelled = replace(DONE, state=MailingState.CANCELLED)
    system = a_system(cancelled)
    system.clock.move(HOUR)
    assert not system.report_end(cancelled)
    assert system.subjects() == ["Mailing cancelled: 2016-12-05, EN"]


def test_a_mailing_that_ended_again_is_reported_again() -> None:
    system = a_system()
    system.clock.move(DAY)
    system.report_end()
    system.ledger.mailings[DONE.id] = replace(system.ledger.mailings[DONE.id], ended_at=MONDAY_MORNING + DAY)
    system.clock.move(HOUR)
    system.report_end()
    assert len(system.mailer.sent) == 2


def test_editors_get_one_report_each_time_that_a_mailing_stops() -> None:
    system = a_system(replace(DONE, state=MailingState.STOPPED, reason="BOUNCES", ended_at=None))
    for _ in range(2):
        system.alert()
    assert system.subjects() == ["The mailing was STOPPED: 2016-12-05, EN"]
    stopped = system.ledger.mailings[DONE.id]
    system.ledger.mailings[DONE.id] = replace(stopped, moved_at=MONDAY_MORNING, reason="COMPLAINTS")
    system.alert()
    assert len(system.mailer.sent) == 2


def test_two_sweeps_at_once_mail_once() -> None:
    system = a_system()
    system.clock.move(HOUR)
    before = system.ledger.mailings[DONE.id]
    system.report_end()
    assert not system.use_case().report_end(before)
    assert len(system.mailer.sent) == 1


def test_an_editor_whose_mail_fails_does_not_keep_it_from_the_others() -> None:
    system = a_system(editors=("one@news.example.org", "two@news.example.org"))
    system.mailer.failures = [RuntimeError("Throttling")]
    system.clock.move(HOUR)
    with pytest.raises(ExceptionGroup):
        system.report_end()
    assert [sent.to for sent in system.mailer.sent] == ["two@news.example.org"]
    assert not system.report_end()


QUARTER = timedelta(minutes=15)


def test_an_editor_whose_mail_failed_is_mailed_a_quarter_of_an_hour_later_and_nobody_twice() -> None:
    system = a_system(editors=("one@news.example.org", "two@news.example.org"))
    system.clock.move(HOUR)
    for _ in range(3):
        system.mailer.failures = [NotSentError("Throttling")]
        with pytest.raises(ExceptionGroup):
            system.report_end()
        system.clock.move(timedelta(minutes=1))
        system.report_end()
        system.clock.move(QUARTER - timedelta(minutes=1))
    for _ in range(2):
        system.report_end()
    assert [sent.to for sent in system.mailer.sent] == ["two@news.example.org", "one@news.example.org"]


def test_a_reader_who_may_have_been_mailed_is_not_mailed_again() -> None:
    system = a_system()
    system.clock.move(HOUR)
    system.mailer.failures = [SendFailedError("ReadTimeoutError")]
    with pytest.raises(ExceptionGroup):
        system.report_end()
    system.clock.move(QUARTER)
    system.report_end()
    assert system.mailer.sent == []


def test_a_suspended_mailing_is_reported_once_ses_sends_again_and_at_most_once_a_quarter_of_an_hour() -> None:
    """What parks a mailing, a quota or a pause, often refuses the mail that says so."""
    system = a_system(
        replace(DONE, state=MailingState.SUSPENDED, reason="SendingPausedException", ended_at=None)
    )
    system.mailer.failures = [NotSentError("SendingPausedException", "SendingPausedException")]
    with pytest.raises(ExceptionGroup):
        system.alert()
    system.desk.reports.clear()
    for _ in range(14):
        system.clock.move(timedelta(minutes=1))
        system.alert()
    assert (system.mailer.sent, system.desk.reports) == ([], {})
    system.clock.move(timedelta(minutes=1))
    system.alert()
    assert system.subjects() == ["The mailing is WAITING: 2016-12-05, EN"]


def test_a_report_that_can_never_be_mailed_is_given_up_and_stays_on_the_desk() -> None:
    system = a_system()
    for after, gives_up in ((2 * DAY, False), (3 * DAY, True)):
        system.mailer.failures = [NotSentError("Throttling")]
        system.clock.now = MONDAY_MORNING + after
        if gives_up:
            assert system.report_end()
        else:
            with pytest.raises(ExceptionGroup):
                system.report_end()
    assert (set(system.desk.reports), system.mailer.sent) == ({PAGE}, [])


# -- in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", list(Occasion))
def test_a_report_says_in_each_language_what_there_is_to_say(occasion: Occasion, language: str) -> None:
    words, waits = report_words(language), occasion in (Occasion.SUSPENDED, Occasion.STOPPED)
    state = MailingState(occasion.value) if waits else MailingState.DONE
    mailing = replace(DONE, state=state, reason="COMPLAINTS", ended_at=None if waits else MONDAY_MORNING)
    page, mail, _ = report_parts(occasion, mailing, language)
    head = words[f"mailing_{occasion}" if waits else "mailing_done"]
    written = words["mailing_reason_complaints"].format(issue="2016-12-05", audience="en")
    reason = " ".join(written.split())
    for text in (page, mail):
        assert f"{head}: 2016-12-05, EN" in text
        assert (reason in text) is waits
        assert count_text(12_345, words).replace("\u202f", " ") in text
        assert "345" not in text
        assert re.findall(r"\{\w*\}", text) == []


def test_lines_do_not_break_within_an_issue_s_name_or_an_option_of_a_command() -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason="BOUNCES", ended_at=None)
    soup = BeautifulSoup(report_parts(Occasion.STOPPED, stopped)[2], "html.parser")
    whole = [part.text for part in soup.find_all("span", style="display:inline-block")]
    assert whole == ["2016-12-05,", "EN", *["2016-12-05", "--audience", "en"] * 2]


def test_the_end_is_shown_in_the_newsletter_s_time_zone() -> None:
    page, mail, _ = report_parts(Occasion.DAY)
    ended = (
        "The mailing ended on December 12, 2016, 08:00 (Europe/Vilnius). These are the numbers one day later."
    )
    assert ended in page
    assert ended in mail


def test_small_counts_are_not_reported() -> None:
    page, mail, html = report_parts()
    for text in (page, mail):
        assert "Marked as spam (never emailed again)" in text
        assert re.findall(r"(?<![\d%.-])[0-4](?![\d%.-])", text.replace("2016-12-05", "")) == []
        assert text.count("fewer than 50") >= 5
    assert ">3<" not in html
    assert ">41<" not in html


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "fewer than 50"),
        (49, "fewer than 50"),
        (50, "about 50"),
        (87, "about 90"),
        (99, "about 100"),
        (104, "about 100"),
        (105, "about 110"),
        (1_234, "about 1,200"),
        (1_250, "about 1,300"),
        (99_500, "about 100,000"),
        (1_234_567, "about 1,200,000"),
    ],
)
def test_a_count_has_two_digits_and_a_small_one_none(count: int, shown: str) -> None:
    assert count_text(count, report_words("en")) == shown
    assert rounded(rounded(count)) == rounded(count)


def test_the_last_of_several_reasons_is_why_it_waits_and_the_others_were_overruled() -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason="BOUNCES COMPLAINTS", ended_at=None)
    page, mail, _ = report_parts(Occasion.STOPPED, stopped)
    assert "marked the email as spam" in page
    assert "marked the email as spam" in mail


@pytest.mark.parametrize(("resends", "policy"), [(True, "send again"), (False, "leave out")])
def test_the_policy_for_unknown_outcomes_is_named(resends: bool, policy: str) -> None:  # noqa: FBT001  # a parameter
    page, _, _ = report_parts(resends=resends)
    assert f"Still in doubt when the waiting time was over (policy: {policy}) fewer than 50" in page


def test_an_unfinished_mailing_shows_how_many_wait_and_how_far_it_came() -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason="BOUNCES", plan=ChunkPlan(8))
    page, mail, _ = report_parts(Occasion.STOPPED, stopped, claimed=0.25)
    assert "Still waiting about 80 Share of the audience for which the mailing has begun 25%" in page
    assert "Still waiting: about 80 Share of the audience for which the mailing has begun: 25%" in mail


@pytest.mark.parametrize(
    ("language", "share"), [("en", "25%"), ("be", "25\N{NO-BREAK SPACE}%"), ("ru", "25\N{NO-BREAK SPACE}%")]
)
def test_a_share_is_written_as_in_the_editors_language(language: str, share: str) -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason="BOUNCES", plan=ChunkPlan(8))
    _, _, html = report_parts(Occasion.STOPPED, stopped, language, claimed=0.25)
    assert f">{share}<" in html


@pytest.mark.parametrize(
    ("plan", "claimed", "percent"),
    [
        (ChunkPlan(8), [0, 1], "25%"),
        (ChunkPlan(4, 3, 0), [0, 1], "16%"),  # two thirds of a quarter
        (ChunkPlan(4, 3, 0), [0, 1, 2, 3], "50%"),
        (ChunkPlan(3), [0, 1, 2], "100%"),
        (ChunkPlan(2, splits=((0, 5),)), [0, 1], "60%"),
    ],
)
def test_how_far_a_mailing_came_is_the_share_of_readers_however_unequal_its_chunks_are(
    plan: ChunkPlan, claimed: list[int], percent: str
) -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason="BOUNCES", ended_at=None, plan=plan)
    system = a_system(stopped)
    members = {"a": "accepted", "b": "waiting"}
    system.ledger.entries.update({(stopped.id, number): ChunkEntry(1, members=members) for number in claimed})
    system.alert()
    (sent,) = system.mailer.sent
    assert f"Share of the audience for which the mailing has begun: {percent}" in " ".join(
        sent.mail.text.split()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_text(language: str) -> None:
    words = report_words(language)
    for reason in [*REASONS.values(), "other"]:
        assert words[f"mailing_reason_{reason}"].strip()
    for reason in ("bounces", "complaints", "other"):
        assert "resume" not in words[f"mailing_over_{reason}"]
    assert list(words) == list(report_words("en"))


@pytest.mark.parametrize("reason", ["BOUNCES", "COMPLAINTS", "ACCOUNT_SENDING_PAUSED"])
def test_nothing_is_to_be_resumed_where_everybody_was_mailed(reason: str) -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason=reason, ended_at=None)
    nobody_waits = {**RESULTS, "in_doubt": 0, "waiting": 0, "chunks": 2}
    page, mail, _ = report_parts(Occasion.STOPPED, stopped, results=nobody_waits)
    assert page.startswith("Sent to everyone, with a WARNING")
    assert "resume" not in page + mail
    for waits in ({"waiting": 1}, {"in_doubt": 1}, {"chunks": 1}):
        page, mail, _ = report_parts(Occasion.STOPPED, stopped, results={**nobody_waits, **waits})
        assert "broadsheet resume 2016-12-05 --audience en" in page
        assert "broadsheet resume 2016-12-05 --audience en" in mail


@pytest.mark.parametrize(("parts", "is_over"), [(1, True), (9, False)])
def test_a_stopped_mailing_is_to_be_resumed_while_parts_of_a_split_chunk_are_not_planned_yet(
    parts: int,
    is_over: bool,  # noqa: FBT001  # a parameter
) -> None:
    stopped = replace(DONE, state=MailingState.STOPPED, reason="BOUNCES", ended_at=None, plan=ChunkPlan(1))
    system = a_system(stopped)
    system.ledger.entries[stopped.id, 0].parts = parts
    system.alert()
    (sent,) = system.mailer.sent
    assert ("broadsheet resume" in sent.mail.text) is not is_over


def test_an_unknown_code_suspends_the_mailing_for_the_operator() -> None:
    suspended = replace(DONE, state=MailingState.SUSPENDED, reason="TEMPLATE_NOT_FOUND", ended_at=None)
    page, _, _ = report_parts(Occasion.SUSPENDED, suspended)
    assert "An operator has to look at the log" in page
    assert "TEMPLATE_NOT_FOUND" not in page


# -- the picture


def earlier(issue: str, delivered: int) -> Mailing:
    results = {**RESULTS, "delivered": delivered}
    return a_mailing(issue=issue, state=MailingState.DONE, results=results)


def test_the_picture_says_in_words_what_it_shows_and_a_table_says_it_again() -> None:
    before = [earlier("2016-11-28", 6_145), earlier("2016-11-21", 4), a_mailing(issue="2016-11-14")]
    _, mail, html = report_parts(before=before)
    page = BeautifulSoup(html, "html.parser")
    picture = page.svg
    assert picture is not None
    assert picture["role"] == "img"
    assert picture["aria-label"] == (
        "Delivered: 2016-12-05: about 12,000; 2016-11-28: about 6,100; 2016-11-21: fewer than 50"
    )
    assert [bar["width"] for bar in picture.find_all("rect")] == ["100.0%", "50.8%", "0.0%"]
    few = ["fewer than 50"] * 3
    assert ["2016-11-28", "about 12,000", "about 6,100", *few] in table_rows(html)
    assert "2016-11-28 Recipients: about 12,000 Delivered: about 6,100" in mail


def test_the_last_ten_mailings_to_the_audience_are_shown_beside_it() -> None:
    system = a_system()
    others = [earlier(f"2016-{month:02}-07", 9_000 + month) for month in range(1, 13)]
    system.ledger.add(*others, replace(earlier("2016-12-01", 8_000), audience="be-ru"))
    system.clock.move(HOUR)
    system.report_end()
    html = system.desk.reports[PAGE]
    shown = [month for month in range(1, 13) if f"2016-{month:02}-07" in html]
    assert shown == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert "8000" not in html


# -- over time


def table_rows(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "html.parser").find_all("tr")
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in rows]


def a_timeline(*counts: int, seconds: int = 60) -> Timeline:
    """So many accepted, one count after the other, from 08:00 in Vilnius on."""
    timeline = Timeline()
    for number, count in enumerate(counts):
        timeline.add(MONDAY_MORNING + timedelta(seconds=number * seconds), count)
    return timeline


def test_a_mailing_with_some_times_deleted_has_no_timeline() -> None:
    """The timeline would only show the readers who were mailed again."""
    accepted = {f"{number:032x}": "accepted" for number in range(6)}
    entries = {
        (DONE.id, 0): ChunkEntry(members=accepted, closed=True),
        (DONE.id, 1): ChunkEntry(members=accepted, closed=True, called_at=MONDAY_MORNING),
    }
    found = statistics_of(replace(DONE, plan=ChunkPlan(2)), FakeLedger(entries=entries))
    assert (found.timeline, found.counts["accepted"]) == (Timeline(), 12)


def test_the_timeline_of_a_mailing_is_that_of_its_chunks_calls() -> None:
    members = dict.fromkeys("abcdef", "accepted") | {"g": "refused:FAILED"}
    entries = {
        (DONE.id, 0): ChunkEntry(1, members=members, called_at=MONDAY_MORNING),
        (DONE.id, 1): ChunkEntry(1, members=members, called_at=MONDAY_MORNING + HOUR),
        (DONE.id, 2): ChunkEntry(1, members={"x": "skipped"}),
    }
    timeline = statistics_of(replace(DONE, plan=ChunkPlan(3)), FakeLedger(entries=entries)).timeline
    assert [step.count for step in timeline.steps(6)] == [6, 12]
    assert timeline.begins_at == MONDAY_MORNING
    assert timeline.steps(6)[-1].after == MONDAY_MORNING + HOUR


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 40)), max_size=300),
    st.sampled_from([1, 97, 9999]),
)
def test_a_timeline_has_few_bins_and_shows_counts_in_steps_of_fifty_or_more(
    calls: list[tuple[int, int]], seconds: int
) -> None:
    timeline = Timeline()
    for at, count in calls:
        timeline.add(MONDAY_MORNING + timedelta(seconds=at * seconds), count)
        assert len(timeline.bins) <= MOST_BINS
    steps, total = timeline.steps(FEWEST_SHOWN), sum(count for _, count in calls)
    counts = [0, *(step.count for step in steps)]
    assert counts[-1] == (total if total >= FEWEST_SHOWN else 0)
    assert all(after - before >= FEWEST_SHOWN for before, after in pairwise(counts))
    for step in steps:
        by_then = sum(c for at, c in calls if MONDAY_MORNING + timedelta(seconds=at * seconds) < step.until)
        assert by_then == step.count


def test_one_bin_too_many_makes_all_of_them_wider() -> None:
    widths = [a_timeline(*[9] * count, seconds=1).width_seconds for count in (MOST_BINS, MOST_BINS + 1)]
    assert widths == [1, 5]


def test_the_timeline_is_a_picture_a_sentence_and_a_table() -> None:
    timeline = a_timeline(100, 0, 300, *[0] * 26, 400)
    page, mail, html = report_parts(timeline=timeline)
    sentence = "Between 08:00 and 08:30 the mail service accepted about 800 emails, half of them by 08:05."
    picture = BeautifulSoup(html, "html.parser").svg
    assert picture is not None
    assert (picture["role"], picture["aria-label"]) == ("img", f"Accepted over time: {sentence}")
    bars = [(bar["x"], bar["width"], bar["height"]) for bar in picture.find_all("rect")]
    assert bars[:-1] == [("0.00%", "83.33%", "60"), ("83.33%", "16.67%", "120")]
    assert (sentence in page, sentence in mail) == (True, True)
    assert [row for row in table_rows(html) if row[0].startswith("08:")] == [
        ["08:05", "about 400"],
        ["08:30", "about 800"],
    ]
    assert ["Time (Europe/Vilnius)", "Accepted"] in table_rows(html)
    assert "By 08:05: about 400 By 08:30: about 800" in mail


def test_who_hears_a_report_is_told_what_its_tables_are_about_and_hears_no_signs() -> None:
    _, _, html = report_parts(timeline=a_timeline(100, 300))
    page = BeautifulSoup(html, "html.parser")
    counts, over_time, compared = page.find_all("table")
    assert (counts["aria-label"], over_time["aria-label"]) == ("In numbers", "Accepted over time")
    assert compared.find_parent(attrs={"aria-label": "Compared with earlier mailings"})
    assert page.find("h1").find(string="✓").find_parent("span")["aria-hidden"] == "true"


@pytest.mark.parametrize("counts", [(100, 30, 100), (30, 100, 100), (100, 100, 30), (40, 40, 40, 111)])
def test_no_chart_and_no_difference_of_its_numbers_reveals_a_small_count(counts: tuple[int, ...]) -> None:
    _, mail, html = report_parts(timeline=a_timeline(*counts))
    shown = [int(row[1].removeprefix("about ")) for row in table_rows(html) if re.match(r"\d\d:\d\d", row[0])]
    assert shown[-1] == rounded(sum(counts))
    assert all(after - before >= FEWEST_SHOWN for before, after in pairwise([0, *shown]))
    assert [int(count) for count in re.findall(r"By [\d:]+: about (\d+)", mail)] == shown


def test_fewer_than_fifty_have_no_timeline() -> None:
    page, mail, html = report_parts(timeline=a_timeline(20, 29))
    assert "Accepted over time" not in page + mail
    assert html.count("<svg") == 1


def test_the_length_of_a_quick_mailing_is_given_in_seconds_and_of_a_long_one_with_its_days() -> None:
    quick, _, _ = report_parts(timeline=a_timeline(50, 50, seconds=1))
    long, _, _ = report_parts(timeline=a_timeline(50, *[0] * 29, 50, seconds=3600))
    assert (
        "Between 08:00:00 and 08:00:02 the mail service accepted about 100 emails, half of them by 08:00:01."
        in quick
    )
    assert "Between December 12, 08:00 and December 13, 17:00 the mail service" in long


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_shows_its_bars_without_svg(language: str) -> None:
    _, mail = mailing_report(
        Occasion.HOUR,
        DONE,
        MailingStatistics(RESULTS, 2, 1.0, a_timeline(100, 300)),
        [earlier("2016-11-28", 6_145)],
        newsletter=a_newsletter(editors_language=language),
        resends=True,
    )
    page = BeautifulSoup(mail.html, "html.parser")
    assert page.find_all(["svg", "img"]) == []
    widths = [re.findall("width:([^;]+)", str(bar["style"]))[0] for bar in page.select("div div div")]
    assert widths == ["25%", "100%", "100.0%", "50.8%"]
    assert page.select("table div") == []  # a bar of 100 % would only fill its column
    assert [line for line in mail.text.split("\n") if len(line) > 72] == []


def test_skipped_readers_are_reported_plainly_and_by_the_policy() -> None:
    resends, _, _ = report_parts()
    skips, _, _ = report_parts(resends=False)
    assert "Left out (unsubscribed, or blocked permanently, before" in resends
    assert "in doubt for too long" not in resends
    assert "in doubt for too long" in skips


def test_a_report_can_be_read_on_light_and_on_dark_paper() -> None:
    for state in (MailingState.DONE, MailingState.CANCELLED, MailingState.STOPPED):
        _, _, html = report_parts(mailing=replace(DONE, state=state), timeline=a_timeline(90))
        (head,) = re.findall(r"<h1 [^>]*background-color:(#\w+);color:#ffffff", html)
        assert contrast(rgb(head), rgb("#ffffff")) >= 4.5
        assert {("#ffffff", "#1d1b18"), ("#181715", "#e9e4da")} <= set(
            re.findall(r"background-color: ?(#\w+)(?: !important)?; ?color: ?(#\w+)", html)
        )
        bars = set(re.findall(r'fill="(#\w+)"', html))
        assert bars == {"#1f7a8c", "#8a8378"}
        papers = ("#ffffff", "#181715")
        assert [(b, p) for b in bars for p in papers if contrast(rgb(b), rgb(p)) < 3] == []
