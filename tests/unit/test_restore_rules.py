"""What becomes of an item of a backup, by what the live tables say; the rules that no table needs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from broadsheet.restore.copy_back import TRIES, copy_back, dry_run
from broadsheet.restore.entries import as_written, judge_entry, judge_key, judge_record
from broadsheet.restore.people import (
    CLOCKS_DIFFER,
    BackupTime,
    Evidence,
    judge_live,
    judge_opt_out,
    judge_person,
    judge_suppression,
)
from broadsheet.restore.ports import WRITTEN, Item, RestoreBusyError, Verdict
from broadsheet.subscribers.subscriber import Known, Reason, Status
from tests.builders import a_consent, a_subscriber

AT = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)
SOON = AT + timedelta(hours=1)
TWO_DAYS_ON = AT + timedelta(hours=48)
ANA = a_subscriber()
OTHER = a_subscriber(id="b" * 32)
SINCE = BackupTime(AT)
SUPPRESSED, DANGLING, ELSEWHERE = Known(reason=Reason.BOUNCE), Known(ANA.id), Known(OTHER.id)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


@pytest.mark.parametrize(
    ("evidence", "now", "verdict"),
    [
        (Evidence(), SOON, Verdict.RESTORED),
        (Evidence(), TWO_DAYS_ON, Verdict.UNKNOWN),
        (Evidence(known=DANGLING), TWO_DAYS_ON, Verdict.RESTORED),
        (Evidence(person=ANA, known=DANGLING), SOON, Verdict.UNCHANGED),
        (Evidence(known=SUPPRESSED), SOON, Verdict.SUPPRESSED),
        (Evidence(known=ELSEWHERE, other=OTHER), SOON, Verdict.AGAIN),
        (Evidence(known=DANGLING, opted_out_on=AT.date()), SOON, Verdict.LEFT),
        (Evidence(known=DANGLING, gone_at=seconds(SOON)), SOON, Verdict.GONE),
        (Evidence(gone_at=seconds(AT)), SOON, Verdict.GONE),
        (Evidence(gone_at=seconds(AT - CLOCKS_DIFFER)), SOON, Verdict.GONE),
        (Evidence(gone_at=seconds(AT - CLOCKS_DIFFER) - 1), SOON, Verdict.RESTORED),
    ],
)
def test_a_missing_reader_is_restored_unless_a_record_forbids_it(
    evidence: Evidence, now: datetime, verdict: Verdict
) -> None:
    assert judge_person(ANA, evidence, SINCE, now, lapsed=False) is verdict


def test_on_the_operators_word_only_readers_without_any_record_are_restored() -> None:
    since = BackupTime(AT, include_missing=True)

    def judged(evidence: Evidence) -> Verdict:
        return judge_person(ANA, evidence, since, TWO_DAYS_ON, lapsed=False)

    assert judged(Evidence()) is Verdict.RESTORED
    assert judged(Evidence(opted_out_on=AT.date())) is Verdict.LEFT
    assert judged(Evidence(gone_at=seconds(SOON))) is Verdict.GONE
    assert judged(Evidence(known=SUPPRESSED)) is Verdict.SUPPRESSED


def test_an_expired_item_is_not_restored() -> None:
    assert judge_person(ANA, Evidence(), SINCE, SOON, lapsed=True) is Verdict.LAPSED


@pytest.mark.parametrize("known", [Known(), DANGLING])
def test_a_suppression_holds_whoever_is_behind_the_fingerprint(known: Known) -> None:
    assert judge_suppression(Evidence(known=known, other=ANA)) is Verdict.RESTORED
    assert judge_suppression(Evidence(known=SUPPRESSED)) is Verdict.UNCHANGED


def consented(on: date, by: str) -> Evidence:
    person = a_subscriber(consent=a_consent(confirmed_on=on, confirmed_by=by))
    return Evidence(known=Known(person.id), other=person)


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (Evidence(), Verdict.RESTORED),
        (Evidence(opted_out_on=AT.date()), Verdict.UNCHANGED),
        (Evidence(known=SUPPRESSED), Verdict.SUPPRESSED),
        (Evidence(gone_at=seconds(SOON)), Verdict.RESTORED),
        (Evidence(gone_at=seconds(AT + timedelta(days=1))), Verdict.GONE),
        (consented(AT.date(), "button"), Verdict.AGAIN),
        (consented(AT.date(), "manage"), Verdict.AGAIN),
        (consented(AT.date() - timedelta(days=1), "button"), Verdict.REMOVED),
        (consented(AT.date(), "import"), Verdict.REMOVED),
        (Evidence(known=DANGLING, other=a_subscriber(status=Status.PENDING)), Verdict.RESTORED),
    ],
)
def test_an_opt_out_record_holds_until_the_reader_consents_again_themselves(
    evidence: Evidence, verdict: Verdict
) -> None:
    assert judge_opt_out(AT.date(), evidence, SINCE) is verdict


LATER = int((AT + timedelta(hours=1)).timestamp())  # than the backup: erased by another record of the address
LONG_BEFORE = int((AT - timedelta(hours=1)).timestamp())
ASKING = a_subscriber(status=Status.PENDING)


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (Evidence(ANA, DANGLING), Verdict.UNCHANGED),
        (Evidence(None, Known()), Verdict.UNCHANGED),
        (Evidence(ANA, Known()), Verdict.REJOINED),
        (Evidence(ANA, SUPPRESSED), Verdict.REMOVED),
        (Evidence(ANA, Known(), opted_out_on=AT.date()), Verdict.REMOVED),
        (Evidence(ASKING, DANGLING, opted_out_on=AT.date()), Verdict.UNCHANGED),
        (Evidence(ANA, ELSEWHERE, OTHER), Verdict.REMOVED),
        (Evidence(ASKING, ELSEWHERE, OTHER), Verdict.REMOVED),
        (Evidence(ANA, ELSEWHERE, a_subscriber(id=OTHER.id, status=Status.PENDING)), Verdict.REJOINED),
        (Evidence(ANA, ELSEWHERE, None), Verdict.REJOINED),
        (Evidence(ANA, Known(), gone_at=LATER), Verdict.REMOVED),
        (Evidence(ANA, DANGLING, gone_at=LATER), Verdict.UNCHANGED),
        (Evidence(ANA, Known(), gone_at=LONG_BEFORE), Verdict.REJOINED),
    ],
)
def test_everybody_on_the_list_has_their_own_fingerprint(evidence: Evidence, verdict: Verdict) -> None:
    assert judge_live(evidence, SINCE, lapsed=False) is verdict
    assert judge_live(evidence, SINCE, lapsed=True) is Verdict.UNCHANGED


@pytest.mark.parametrize(
    ("live", "verdict"),
    [
        (None, Verdict.RESTORED),
        ({"wrapped": b"1"}, Verdict.UNCHANGED),
        ({"wrapped": b"2"}, Verdict.CONFLICT),
    ],
)
def test_a_key_is_never_written_over(live: Item | None, verdict: Verdict) -> None:
    assert judge_key({"key_id": "link-2016", "wrapped": b"1"}, live, AT) is verdict


@pytest.mark.parametrize(
    ("item", "live", "verdict"),
    [
        ({"collection": "issue", "version": 3}, None, Verdict.RESTORED),
        ({"collection": "issue", "version": 3}, {"version": 3}, Verdict.UNCHANGED),
        ({"collection": "issue", "version": 3}, {"version": 4}, Verdict.UNCHANGED),
        ({"collection": "issue", "version": 3}, {"version": 1}, Verdict.CONFLICT),
        ({"collection": "preview", "token": "t"}, None, Verdict.RESTORED),
        ({"collection": "tally"}, None, Verdict.SKIPPED),
        ({"collection": "press"}, None, Verdict.SKIPPED),
    ],
)
def test_a_record_that_was_published_since_stays(item: Item, live: Item | None, verdict: Verdict) -> None:
    assert judge_record(item, live, AT) is verdict


def head(state: str) -> Item:
    return {"mailing": "mailings", "entry": "2016-12-05_en", "state": state, "reason": ""}


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        (head("done"), Verdict.RESTORED),
        (head("cancelled"), Verdict.RESTORED),
        *((head(state), Verdict.PAUSED) for state in ("sending", "paused", "parked", "stopped")),
        *((head(state), Verdict.CANCELLED) for state in ("held", "withdrawn")),
        ({"mailing": "live", "entry": "2016-12-05_en"}, Verdict.RESTORED),
        ({"mailing": "2016-12-05_en", "entry": "chunk#000001"}, Verdict.RESTORED),
        ({"mailing": "2016-12-05_en", "entry": "bounce#1", "expires_at": seconds(AT) + 1}, Verdict.RESTORED),
        ({"mailing": "2016-12-05_en", "entry": "bounce#1", "expires_at": seconds(AT)}, Verdict.LAPSED),
        ({"mailing": "pace", "entry": "account"}, Verdict.SKIPPED),
        ({"mailing": "panic", "entry": "before"}, Verdict.SKIPPED),
    ],
)
def test_a_restored_mailing_sends_nothing_by_itself(item: Item, verdict: Verdict) -> None:
    assert judge_entry(item, None, AT) is verdict
    if verdict is not Verdict.SKIPPED:
        assert judge_entry(item, {}, AT) is Verdict.UNCHANGED


def test_a_restored_mailing_says_why_it_is_suspended() -> None:
    assert as_written(head("sending"), Verdict.PAUSED) == {
        **head("paused"),
        "reason": "RESTORED",
    }
    assert as_written(head("held"), Verdict.CANCELLED)["state"] == "cancelled"
    assert as_written(head("done"), Verdict.RESTORED) == head("done")


class Moving:
    """A part whose items others change `times` times before our write succeeds."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.written: list[Item] = []

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        return [Verdict.UNCHANGED if item in self.written else Verdict.RESTORED for item in items]

    def write(self, item: Item, verdict: Verdict) -> bool:
        assert verdict in WRITTEN
        self.times -= 1
        if self.times < 0:
            self.written.append(item)
        return self.times < 0


def pages(*sizes: int) -> list[list[Item]]:
    return [[{"number": (page, item)} for item in range(size)] for page, size in enumerate(sizes)]


def test_every_item_of_every_page_is_copied_back_once() -> None:
    part, progress = Moving(0), list[int]()

    counts = copy_back(pages(45, 0, 1), part, progress.append)

    assert (counts, progress) == ({Verdict.RESTORED: 46}, [20, 40, 45, 46])
    assert dry_run(pages(45, 0, 1), part) == {Verdict.UNCHANGED: 46}


def test_an_item_that_changes_meanwhile_is_judged_again_a_few_times() -> None:
    assert copy_back(pages(1), Moving(TRIES - 1), lambda _: None) == {Verdict.RESTORED: 1}
    with pytest.raises(RestoreBusyError):
        copy_back(pages(1), Moving(TRIES), lambda _: None)


def test_what_is_written_and_what_is_left_out_are_listed_separately() -> None:
    values: dict[str, Any] = {verdict.name: verdict in WRITTEN for verdict in Verdict}
    assert {name for name, is_written in values.items() if is_written} == {
        *("RESTORED", "PAUSED", "CANCELLED", "REJOINED", "REMOVED")
    }
