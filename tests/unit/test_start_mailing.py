"""Hold a mailing for each audience, and begin it when its time has come."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.archive.register import Record
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.chunk_plan import plan_for
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.hold import HoldMailings
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.mailings.ports import ChunkMessage, SendingQuota
from broadsheet.mailings.requests import MailingRequest, apply_requests
from broadsheet.mailings.start import StartOutcome, start_mailing
from tests.builders import ISSUE_ID, a_mailing, a_newsletter, a_published_edition, a_record, a_subscriber
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.issues import FakeDesk, FakeRegister
from tests.fakes.mailings import (
    FakeDeliveryQueue,
    FakeLedger,
    FakeMailingRequests,
    FakeRateLimits,
    FakeRecipients,
    FakeSchedule,
    FakeSendingQuotas,
)
from tests.fakes.subscribers import FakeSubscribers

HOLD = timedelta(minutes=10)
DUE_AT = MONDAY_MORNING + HOLD
MAILING = f"{ISSUE_ID}_en"


@dataclass
class HeldMailings:
    """Held mailings, and everything from the register to the delivery queue, as fakes."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    schedule: FakeSchedule = field(default_factory=FakeSchedule)
    register: FakeRegister = field(default_factory=FakeRegister)
    desk: FakeDesk = field(default_factory=FakeDesk)
    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    queue: FakeDeliveryQueue = field(default_factory=FakeDeliveryQueue)
    clock: FakeClock = field(default_factory=FakeClock)
    quotas: FakeSendingQuotas = field(default_factory=FakeSendingQuotas)
    rate_limits: FakeRateLimits = field(default_factory=FakeRateLimits)
    requests: FakeMailingRequests = field(default_factory=FakeMailingRequests)

    def ask(self, record: Record) -> list[Mailing]:
        """Request the mailings of an issue, as publishing does."""
        return HoldMailings(a_newsletter(), self.ledger, self.requests, self.schedule.at, self.clock, HOLD)(
            record
        )

    def hold(self, record: Record) -> list[Mailing]:
        """Request the mailings of an issue, and let the sweep hold them."""
        asked = self.ask(record)
        apply_requests(self.requests.all(), self.ledger, self.requests)
        return asked

    def start(self, mailing_id: str = MAILING, *, with_trial: bool = False) -> StartOutcome:
        return start_mailing(
            mailing_id,
            newsletter=a_newsletter(),
            ledger=self.ledger,
            requests=self.requests,
            register=self.register,
            editions=self.desk.editions,
            recipients=FakeRecipients(self.subscribers),
            dispatch=Dispatch(
                self.ledger, self.queue, self.quotas.current, self.rate_limits, self.clock, 0.9
            ),
            clock=self.clock,
            with_trial=with_trial,
        )


def held_mailings(*mailings: Mailing, readers: int = 0, record: Record | None = None) -> HeldMailings:
    """The issue is public, these mailings exist, and audience en has this many readers."""
    system = HeldMailings(ledger=FakeLedger().add(*mailings))
    record = record or a_record()
    system.register.add(record)
    system.desk.objects = {f"issues/{ISSUE_ID}/{edition}.md": b"" for edition in record.editions}
    ids = [f"{number:032x}" for number in range(readers)]
    system.subscribers.add(*(a_subscriber(f"{name}@example.org", id=name) for name in ids))
    system.clock.move(HOLD)
    return system


def test_each_audience_that_has_an_edition_is_held_and_scheduled_after_the_hold() -> None:
    system = HeldMailings()
    record = a_record(editions={"en": a_published_edition(), "ru": a_published_edition()})
    held = [Mailing(ISSUE_ID, audience, MailingState.HELD, DUE_AT) for audience in ("en", "be-ru")]
    assert system.hold(record) == held
    assert system.ledger.mailings == {mailing.id: mailing for mailing in held}
    assert system.schedule.due == {mailing.id: DUE_AT for mailing in held}


def test_publishing_changes_no_mailing_it_asks() -> None:
    system = HeldMailings()
    assert system.ask(a_record()) == [a_mailing()]
    assert system.ledger.mailings == {}
    assert system.requests.all() == [MailingRequest(ISSUE_ID, "en", due_at=DUE_AT)]


def test_a_mailing_requested_twice_before_the_sweep_keeps_the_first_time() -> None:
    system = HeldMailings()
    system.ask(a_record())
    system.clock.move(timedelta(seconds=30))
    assert system.hold(a_record()) == [a_mailing()]
    assert system.ledger.mailings == {MAILING: a_mailing()}


def test_a_mailing_withdrawn_before_the_sweep_is_never_held() -> None:
    system = HeldMailings()
    system.ask(a_record())
    gone = a_record(editions={"en": a_published_edition(withdrawn_at=system.clock())})
    assert system.hold(gone) == [
        a_mailing(state=MailingState.WITHDRAWN, edition="", revision="", chunk_count=0, digest="")
    ]
    assert (system.ledger.mailings, system.requests.asked) == ({}, {})


def test_an_issue_withdrawn_and_published_again_before_the_sweep_is_held_for_the_later_time() -> None:
    system = HeldMailings()
    system.hold(a_record())
    system.clock.move(timedelta(minutes=5))
    system.ask(a_record(editions={"en": a_published_edition(withdrawn_at=system.clock())}))
    later = replace(a_mailing(), due_at=DUE_AT + timedelta(minutes=5))
    assert system.hold(a_record()) == [later]
    assert system.ledger.mailings == {MAILING: later}


def test_a_mailing_requested_less_than_a_minute_ago_begins_when_it_is_due() -> None:
    system = held_mailings(readers=1)
    system.clock.move(-HOLD)
    system.ask(a_record())
    system.clock.move(HOLD)
    assert system.start() is StartOutcome.BEGUN
    assert system.requests.asked == {}


def test_a_request_withdrawn_in_the_last_moment_keeps_the_mailing_from_beginning() -> None:
    system = held_mailings(a_mailing(), readers=1)
    system.requests.ask_to_withdraw(ISSUE_ID, "en")
    assert system.start() is StartOutcome.NOT_HELD
    assert system.ledger.mailings[MAILING].state is MailingState.WITHDRAWN


@pytest.mark.parametrize(
    "state", [state for state in MailingState if state not in (MailingState.HELD, MailingState.WITHDRAWN)]
)
@pytest.mark.parametrize(
    "request_", [MailingRequest(ISSUE_ID, "en", withdraws=True), MailingRequest(ISSUE_ID, "en", True, DUE_AT)]
)  # as stored
def test_no_request_changes_what_has_begun_or_ended(state: MailingState, request_: MailingRequest) -> None:
    system = HeldMailings(ledger=FakeLedger().add(a_mailing(state=state)))
    system.requests.asked[MAILING] = request_
    apply_requests(system.requests.all(), system.ledger, system.requests)
    assert (system.ledger.mailings, system.requests.asked) == ({MAILING: a_mailing(state=state)}, {})


def test_carrying_a_request_out_twice_after_a_crash_has_the_same_result() -> None:
    system = HeldMailings(ledger=FakeLedger().add(a_mailing()))
    anew = MailingRequest(ISSUE_ID, "en", withdraws=True, due_at=DUE_AT + HOLD)
    for _ in range(2):
        apply_requests([anew], system.ledger, system.requests)
    assert system.ledger.mailings == {MAILING: replace(a_mailing(), due_at=DUE_AT + HOLD)}


def test_an_audience_without_an_edition_waits_until_one_appears() -> None:
    system = HeldMailings()
    system.hold(a_record())
    assert list(system.ledger.mailings) == [MAILING]
    system.clock.move(timedelta(hours=1))
    system.hold(a_record(editions={"en": a_published_edition(), "be": a_published_edition()}))
    assert system.schedule.due == {MAILING: DUE_AT, f"{ISSUE_ID}_be-ru": DUE_AT + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("send_at", "due_at"),
    [
        (datetime(2016, 12, 13, 6, 0, tzinfo=UTC), datetime(2016, 12, 13, 6, 0, tzinfo=UTC)),
        (datetime(2016, 12, 11, 6, 0, tzinfo=UTC), MONDAY_MORNING),
        (None, DUE_AT),
    ],
    ids=["later", "gone by", "none"],
)
def test_the_time_that_an_editor_wrote_is_used_and_a_past_one_means_now(
    send_at: datetime | None, due_at: datetime
) -> None:
    system = HeldMailings()
    system.hold(a_record(editions={"en": a_published_edition(send_at=send_at)}))
    assert system.ledger.mailings[MAILING].due_at == due_at
    assert system.schedule.due == ({MAILING: due_at} if due_at > MONDAY_MORNING else {})


@pytest.mark.parametrize("state", [state for state in MailingState if state is not MailingState.WITHDRAWN])
def test_a_correction_changes_nothing_about_a_mailing_in_whatever_state_it_is(state: MailingState) -> None:
    known = a_mailing(state=state)
    system = HeldMailings(ledger=FakeLedger().add(known))
    system.clock.move(timedelta(minutes=9))
    assert system.hold(a_record(editions={"en": a_published_edition(revision="f" * 20)})) == [known]
    assert system.ledger.mailings == {MAILING: known}
    assert system.schedule.due == ({MAILING: known.due_at} if state is MailingState.HELD else {})


def test_the_mailing_of_a_withdrawn_issue_is_withdrawn_before_it_begins() -> None:
    system = HeldMailings()
    system.hold(a_record(editions={"en": a_published_edition(), "ru": a_published_edition()}))
    system.clock.move(timedelta(minutes=5))
    gone = a_published_edition(withdrawn_at=system.clock())
    withdrawn = Mailing(ISSUE_ID, "en", MailingState.WITHDRAWN, DUE_AT)
    held = Mailing(ISSUE_ID, "be-ru", MailingState.HELD, DUE_AT)
    assert system.hold(a_record(editions={"en": gone, "ru": a_published_edition()})) == [withdrawn, held]
    assert system.ledger.mailings == {withdrawn.id: withdrawn, held.id: held}


def test_an_audience_loses_one_edition_and_is_still_mailed_the_other() -> None:
    system = HeldMailings()
    system.hold(a_record(editions={"be": a_published_edition(), "ru": a_published_edition()}))
    gone = a_published_edition(withdrawn_at=system.clock())
    held = [Mailing(ISSUE_ID, "be-ru", MailingState.HELD, DUE_AT)]
    assert system.hold(a_record(editions={"be": gone, "ru": a_published_edition()})) == held


def test_a_withdrawn_mailing_is_held_again_when_an_edition_comes_back() -> None:
    system = HeldMailings(ledger=FakeLedger().add(a_mailing(state=MailingState.WITHDRAWN)))
    system.clock.move(timedelta(days=1))
    held = Mailing(ISSUE_ID, "en", MailingState.HELD, DUE_AT + timedelta(days=1))
    assert system.hold(a_record()) == [held]
    assert system.ledger.mailings == {MAILING: held}
    assert system.schedule.due == {MAILING: held.due_at}


@pytest.mark.parametrize(
    "state", [state for state in MailingState if state not in (MailingState.HELD, MailingState.WITHDRAWN)]
)
def test_a_mailing_that_has_begun_or_ended_is_not_withdrawn_and_reported_as_it_is(
    state: MailingState,
) -> None:
    known = a_mailing(state=state)
    system = HeldMailings(ledger=FakeLedger().add(known))
    gone = a_record(editions={"en": a_published_edition(withdrawn_at=system.clock())})
    assert system.hold(gone) == [known]
    assert system.ledger.mailings == {MAILING: known}


def test_an_issue_that_was_never_held_has_nothing_to_withdraw() -> None:
    system = HeldMailings()
    assert system.hold(a_record(editions={"en": a_published_edition(withdrawn_at=system.clock())})) == []
    assert system.ledger.mailings == {}


def editions_mailed(ledger: FakeLedger) -> set[str]:
    hold = HoldMailings(a_newsletter(), ledger, FakeMailingRequests(), FakeSchedule().at, FakeClock(), HOLD)
    return hold.editions_mailed(ISSUE_ID)


def test_editions_mailed_are_those_whose_mailing_has_begun() -> None:
    ledger = FakeLedger().add(
        a_mailing(state=MailingState.DONE),
        a_mailing(audience="be-ru", state=MailingState.SENDING, edition="ru"),
        a_mailing(issue="2016-12-12", audience="be-ru", state=MailingState.DONE, edition="be"),
    )
    assert editions_mailed(ledger) == {"en", "ru"}


@pytest.mark.parametrize("state", [MailingState.HELD, MailingState.WITHDRAWN, MailingState.CANCELLED])
def test_an_edition_whose_mailing_never_began_was_not_mailed(state: MailingState) -> None:
    ledger = FakeLedger().add(a_mailing(state=state, edition="", revision="", chunk_count=0))
    assert editions_mailed(ledger) == set()


def test_an_issue_without_mailings_was_mailed_to_nobody() -> None:
    assert editions_mailed(FakeLedger()) == set()


def test_a_mailing_whose_issue_was_withdrawn_meanwhile_does_not_begin() -> None:
    system = held_mailings(
        a_mailing(), readers=1, record=a_record(editions={"en": a_published_edition(withdrawn_at=DUE_AT)})
    )
    assert system.start() is StartOutcome.NOTHING_TO_SEND
    assert system.queue.messages == []


def test_a_text_that_was_deleted_in_the_last_moment_of_the_hold_is_not_mailed() -> None:
    """The desk's events come some time later, so its pages still stand."""
    editions = {"be": a_published_edition(revision="b"), "ru": a_published_edition(revision="r")}
    system = held_mailings(a_mailing(audience="be-ru"), readers=1, record=a_record(editions=editions))
    del system.desk.objects[f"issues/{ISSUE_ID}/be.md"]
    russian = dict(system.desk.objects)
    system.desk.objects = {}
    assert system.start(f"{ISSUE_ID}_be-ru") is StartOutcome.NOTHING_TO_SEND
    assert system.queue.messages == []
    system.desk.objects = russian
    assert system.start(f"{ISSUE_ID}_be-ru") is StartOutcome.BEGUN
    assert system.ledger.mailings[f"{ISSUE_ID}_be-ru"].edition == "ru"


def test_a_time_that_has_come_needs_no_schedule_the_sweep_begins_it() -> None:
    system = HeldMailings(ledger=FakeLedger().add(a_mailing()))
    system.clock.move(timedelta(minutes=11))
    system.hold(a_record())
    assert system.schedule.due == {}


def test_beginning_freezes_what_is_sent_and_dispatches_every_chunk_once() -> None:
    system = held_mailings(a_mailing(), readers=321)
    assert system.start() is StartOutcome.BEGUN
    begun = a_mailing(state=MailingState.SENDING, revision=a_published_edition().revision, chunk_count=3)
    assert system.ledger.mailings == {MAILING: replace(begun, planned=321, dispatches=((3, DUE_AT),))}
    assert system.queue.messages == [ChunkMessage(MAILING, number) for number in range(3)]
    assert system.rate_limits.stored.per_second == 9_000.0


def test_a_mailing_with_a_trial_begins_with_one_small_chunk() -> None:
    system = held_mailings(a_mailing(), readers=600)
    assert system.start(with_trial=True) is StartOutcome.BEGUN
    head = system.ledger.mailings[MAILING]
    assert (head.plan, head.trial_stage) == (plan_for(MAILING, 600), 0)
    assert (head.dispatched, system.queue.messages) == (1, [ChunkMessage(MAILING, 0)])


def test_what_is_frozen_is_the_mail_that_was_published_with_its_sender() -> None:
    system = held_mailings(
        a_mailing(), record=a_record(editions={"en": a_published_edition(mail_digest="d" * 64)})
    )
    system.start()
    assert system.ledger.mailings[MAILING].digest == letter_digest("d" * 64, a_newsletter())


def test_for_an_edition_of_an_older_release_nothing_is_frozen_and_a_person_is_asked() -> None:
    system = held_mailings(a_mailing(), record=a_record(editions={"en": a_published_edition(mail_digest="")}))
    assert system.start() is StartOutcome.BEGUN
    assert system.ledger.mailings[MAILING].digest == ""


def test_only_as_many_messages_are_sent_as_the_rate_takes_and_each_for_its_time() -> None:
    system = held_mailings(a_mailing(), readers=960)
    system.quotas.granted = SendingQuota(per_second=1.0, per_day=200.0, sent=0.0)
    system.start()
    assert system.queue.messages == [ChunkMessage(MAILING, 0), ChunkMessage(MAILING, 1)]
    assert system.queue.delays == [0, 177]
    assert system.ledger.mailings[MAILING].dispatched == 2


def test_a_list_without_readers_still_has_a_chunk_so_that_the_mailing_ends() -> None:
    system = held_mailings(a_mailing())
    assert system.start() is StartOutcome.BEGUN
    assert system.queue.messages == [ChunkMessage(MAILING, 0)]


def test_the_first_of_the_audience_s_editions_is_sent() -> None:
    editions = {
        "ru": a_published_edition(revision="r"),
        "be": a_published_edition(revision="b"),
        "en": a_published_edition(revision="e"),
    }
    system = held_mailings(a_mailing(audience="be-ru"), record=a_record(editions=editions))
    system.start(f"{ISSUE_ID}_be-ru")
    (mailing,) = system.ledger.mailings.values()
    assert (mailing.edition, mailing.revision) == ("be", "b")


def test_what_was_frozen_stays_when_the_issue_is_corrected_later() -> None:
    system = held_mailings(a_mailing(), readers=1)
    system.start()
    frozen = system.ledger.mailings[MAILING]
    system.register.add(a_record(editions={"en": a_published_edition(revision="f" * 20)}))
    assert system.start() is StartOutcome.NOT_HELD
    assert system.ledger.mailings[MAILING] == frozen


def test_a_schedule_that_fires_twice_starts_one_mailing_and_sends_no_message_twice() -> None:
    system = held_mailings(a_mailing(), readers=50)
    system.start()
    assert system.start() is StartOutcome.NOT_HELD
    assert system.queue.messages == [ChunkMessage(MAILING, 0)]


def test_before_its_time_nothing_begins() -> None:
    system = held_mailings(a_mailing(), readers=1)
    system.clock.move(timedelta(seconds=-2))
    assert system.start() is StartOutcome.NOT_DUE
    assert (system.ledger.mailings, system.queue.messages) == ({MAILING: a_mailing()}, [])


def test_an_issue_that_nobody_can_get_is_not_begun() -> None:
    system = held_mailings(a_mailing(audience="be-ru"))
    assert system.start(f"{ISSUE_ID}_be-ru") is StartOutcome.NOTHING_TO_SEND
    assert (system.ledger.mailings, system.queue.messages) == (
        {f"{ISSUE_ID}_be-ru": a_mailing(audience="be-ru")},
        [],
    )


@pytest.mark.parametrize("state", [state for state in MailingState if state is not MailingState.HELD])
def test_a_mailing_that_has_begun_ended_or_stopped_never_begins_again(state: MailingState) -> None:
    system = held_mailings(a_mailing(state=state), readers=1)
    assert system.start() is StartOutcome.NOT_HELD
    assert system.queue.messages == []


def test_an_unknown_mailing_is_not_begun() -> None:
    assert held_mailings().start("2016-12-05_nobody") is StartOutcome.NOT_HELD


def test_a_worker_that_loses_the_race_to_begin_dispatches_nothing() -> None:
    cancelled = replace(a_mailing(), state=MailingState.CANCELLED)

    class CancelledMeanwhile(FakeLedger):
        def begin(self, mailing: Mailing) -> bool:
            self.add(cancelled)
            return super().begin(mailing)

    system = held_mailings(readers=1)
    system.ledger = CancelledMeanwhile({MAILING: a_mailing()})
    assert system.start() is StartOutcome.NOT_HELD
    assert (system.ledger.mailings, system.queue.messages) == ({MAILING: cancelled}, [])
