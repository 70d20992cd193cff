"""Mail one chunk of one mailing: everyone once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broadsheet.mail import NotSentError
from broadsheet.mailings.body import Body, BodyBrokenError, letter_digest
from broadsheet.mailings.deliver import LONGEST_WAIT_SECONDS, RETRY_AFTER_SECONDS
from broadsheet.mailings.mailing import Chunk, Halt, MailingState
from broadsheet.mailings.ports import Addressee, BulkResult, ChunkMessage
from broadsheet.mailings.rate_limit import LATE_SECONDS, SHORTEST_WARM_UP_SECONDS, LimiterState, Reservation
from broadsheet.subscribers.subscriber import SealedAddress
from tests.builders import a_body, a_newsletter, a_subscriber
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.delivering import AFTER_LEASE, SendingMailing, a_sending_mailing, counts, ids
from tests.fakes.issues import FakeRevisions
from tests.fakes.mailings import FakeRateLimits

REFUSED = "refused:MESSAGE_REJECTED"
THROTTLED = NotSentError("TooManyRequestsException")
QUOTA = "ACCOUNT_DAILY_QUOTA_EXCEEDED"
MESSAGE = ChunkMessage("2016-12-05_en", 0)
NOW = MONDAY_MORNING.timestamp()


def reenqueued(sending: SendingMailing) -> list[tuple[ChunkMessage, float]]:
    return list(zip(sending.queue.messages, sending.queue.delays, strict=True))


def test_each_reader_gets_their_own_mail() -> None:
    sending = a_sending_mailing(2)
    assert sending.deliver() == counts(2, accepted=2)
    (call,) = sending.mailer.calls
    assert (call.body, call.tags) == (a_body(), {"mailing": "2016-12-05_en", "chunk": "0"})
    origin = "https://news.example.org/api/unsubscribe"
    assert call.addressees == [
        Addressee(
            name, f"{name}@example.org", f"{origin}?t={sending.keyring.links.unsubscribe_token(name)}&in=en"
        )
        for name in ids(2)
    ]
    assert sending.is_closed()
    assert reenqueued(sending) == []


def test_a_message_that_comes_again_mails_nobody_again() -> None:
    sending = a_sending_mailing(3)
    sending.deliver()
    assert sending.deliver_again() == {}
    assert sending.mailer.mailed == ids(3)


def test_a_chunk_without_readers_is_closed_at_once() -> None:
    sending = a_sending_mailing(0)
    assert sending.deliver() == counts(0)
    assert (sending.is_closed(), sending.mailer.calls) == (True, [])


def test_only_the_readers_of_the_chunk_s_ids_and_of_its_audience_are_mailed() -> None:
    sending = a_sending_mailing(1, chunk_count=2)
    sending.people.add(
        a_subscriber("high@example.org", id="f" * 32),
        a_subscriber("other@example.org", id="1" * 32, audiences=frozenset({"be-ru"})),
    )
    sending.deliver(0)
    assert sending.mailer.mailed == ids(1)
    sending.deliver(1)
    assert sending.mailer.mailed == [*ids(1), "f" * 32]


def test_a_hundred_and_thirty_readers_are_mailed_in_calls_of_at_most_fifty() -> None:
    sending = a_sending_mailing(130)
    assert sending.deliver() == counts(130, accepted=130)
    assert [len(call.addressees) for call in sending.mailer.calls] == [50, 50, 30]
    assert sending.mailer.mailed == ids(130)


def test_a_call_is_no_larger_than_a_second_s_rate_and_waits_for_its_slot() -> None:
    sending = a_sending_mailing(6)
    sending.rate_limits = FakeRateLimits(LimiterState(2.5))
    assert sending.deliver() == counts(6, accepted=6)
    assert [len(call.addressees) for call in sending.mailer.calls] == [2, 2, 2]
    assert sending.clock() - MONDAY_MORNING == timedelta(seconds=2 + SHORTEST_WARM_UP_SECONDS)


@pytest.mark.parametrize("seconds", [0.05, 0.19, 0.21, 0.7, 3.0])
def test_however_slow_the_writes_are_no_call_is_made_after_its_slot(seconds: float) -> None:
    """What is not ready for a slot takes another, sooner before it, so that in the end all are mailed."""
    sending = a_sending_mailing(6)
    sending.rate_limits = FakeRateLimits(LimiterState(2.5))
    late: list[float] = []
    ledger, mailer = sending.ledger, sending.mailer
    freeze, record, send = ledger.freeze, ledger.record, mailer.send

    def slowly(write: Callable[..., Chunk]) -> Callable[..., Chunk]:
        def wrapped(*what: Any, **more: Any) -> Chunk:
            sending.clock.move(timedelta(seconds=seconds))
            return write(*what, **more)

        return wrapped

    def sent(*what: Any) -> BulkResult:
        now = sending.clock().timestamp()
        late.append(min(abs(now - slot.at) for slot in sending.rate_limits.stored.reservations))
        return send(*what)

    ledger.freeze = slowly(freeze)  # type: ignore[method-assign]  # a port of this test
    ledger.record = slowly(record)  # type: ignore[method-assign]  # as above
    mailer.send = sent  # type: ignore[method-assign]  # as above
    assert sending.deliver() == counts(6, accepted=6)
    assert sending.mailer.mailed == ids(6)
    assert max(late) <= LATE_SECONDS + 1e-3


def test_an_unverified_recipient_is_skipped_and_the_mailing_waits_for_a_person() -> None:
    first, second, third = ids(3)
    sending = a_sending_mailing(3, unverified(first), ["accepted"], unverified(third))
    sending.rate_limits = FakeRateLimits(LimiterState(1))

    assert sending.deliver() == counts(3, accepted=1, waiting=2)

    assert [[addressee.subscriber_id for addressee in call.addressees] for call in sending.mailer.calls] == [
        [first],
        [second],
        [third],
    ]
    assert sending.statuses() == {first: "waiting", second: "accepted", third: "waiting"}
    head = sending.head()
    assert (head.state, head.reason) == (MailingState.SUSPENDED, "NOT_VERIFIED")
    assert (sending.is_closed(), reenqueued(sending)) == (False, [])


def test_once_they_are_verified_a_resumed_mailing_mails_those_and_nobody_else() -> None:
    first, second = ids(2)
    sending = a_sending_mailing(2, BulkResult(["waiting", "accepted"], unverified=frozenset({first})))
    sending.deliver()
    sending.head()
    sending.ledger.move(MESSAGE.mailing, [MailingState.SUSPENDED], MailingState.SENDING, sending.clock(), "")
    assert sending.deliver_again() == counts(2, accepted=2)
    assert sending.mailer.mailed == [second, first]
    assert sending.is_closed()


def test_of_two_reasons_to_wait_the_one_that_stopped_the_chunk_is_reported() -> None:
    first, _ = ids(2)
    sending = a_sending_mailing(2, BulkResult(["waiting", "waiting"], QUOTA, frozenset({first})))
    sending.deliver()
    assert sending.head().reason == QUOTA


def unverified(member: str) -> BulkResult:
    return BulkResult(["waiting"], unverified=frozenset({member}))


def test_a_throttled_member_waits_for_the_re_enqueued_message() -> None:
    sending = a_sending_mailing(3, ["accepted", "waiting", "accepted"])
    assert sending.deliver() == counts(3, accepted=2, waiting=1)
    assert sending.statuses() == {**dict.fromkeys(ids(3), "accepted"), ids(3)[1]: "waiting"}
    assert reenqueued(sending) == [(MESSAGE, RETRY_AFTER_SECONDS)]
    sending.clock.move(timedelta(seconds=RETRY_AFTER_SECONDS))
    assert sending.deliver() == counts(3, accepted=3)
    assert sending.mailer.mailed == [ids(3)[0], ids(3)[2], ids(3)[1]]


def test_a_call_that_was_throttled_as_a_whole_ends_the_work_and_leaves_all_waiting() -> None:
    sending = a_sending_mailing(60, THROTTLED)
    assert sending.deliver() == counts(60, waiting=60)
    assert (len(sending.mailer.calls), reenqueued(sending)) == (1, [(MESSAGE, RETRY_AFTER_SECONDS)])
    assert sending.deliver_again() == counts(60, accepted=60)
    assert sending.mailer.mailed == ids(60)


def test_a_refusal_is_kept_with_its_code_and_never_repeated() -> None:
    sending = a_sending_mailing(2, ["accepted", REFUSED])
    assert sending.deliver() == counts(2, accepted=1, refused=1)
    assert sending.statuses() == {ids(2)[0]: "accepted", ids(2)[1]: REFUSED}
    sending.deliver_again()
    assert len(sending.mailer.calls) == 1


def test_a_broken_seal_refuses_the_one_and_the_others_are_mailed() -> None:
    sending = a_sending_mailing(3)
    broken = SealedAddress(b"", "another key")
    sending.people.add(a_subscriber("x@example.org", id=ids(3)[1], sealed_address=broken))
    assert sending.deliver() == counts(3, accepted=2, refused=1)
    assert sending.statuses()[ids(3)[1]] == "refused:SEAL_BROKEN"
    assert sending.mailer.mailed == [ids(3)[0], ids(3)[2]]


def test_a_chunk_of_nothing_but_broken_seals_makes_no_call_and_is_closed() -> None:
    sending = a_sending_mailing(0)
    sending.people.add(a_subscriber("x@example.org", id="1" * 32, sealed_address=SealedAddress(b"", "k")))
    assert sending.deliver() == counts(1, refused=1)
    assert (sending.mailer.calls, sending.is_closed()) == ([], True)


@pytest.mark.parametrize(
    "answer",
    [NotSentError("SendingPausedException", "SendingPausedException"), BulkResult(["waiting"] * 2, QUOTA)],
)
def test_an_answer_about_the_account_suspends_the_mailing_and_sends_no_message(
    answer: BulkResult | Exception,
) -> None:
    sending = a_sending_mailing(2, answer)
    assert sending.deliver() == counts(2, waiting=2)
    head = sending.head()
    assert (head.state, head.reason) == (MailingState.SUSPENDED, getattr(answer, "stop", ""))
    assert reenqueued(sending) == []
    assert sending.deliver_again() == {}


def test_members_accepted_in_the_call_that_reached_the_quota_stay_accepted() -> None:
    sending = a_sending_mailing(3, BulkResult(["accepted", "waiting", "waiting"], QUOTA))
    sending.deliver()
    sending.head()
    assert sending.ledger.move(
        "2016-12-05_en", [MailingState.SUSPENDED], MailingState.SENDING, sending.clock()
    )
    assert sending.deliver() == counts(3, accepted=3)
    assert sending.mailer.mailed == ids(3)


def test_a_worker_changes_no_state_but_asks_the_sweep() -> None:
    sending = a_sending_mailing(1, BulkResult(["waiting"], QUOTA))
    sending.deliver()
    assert sending.ledger.mailings[MESSAGE.mailing].state is MailingState.SENDING
    assert sending.ledger.halts == {MESSAGE.mailing: Halt(QUOTA, MONDAY_MORNING)}


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Another subject"},
        {"sender_name": "Another sender"},
        {"edition": "ru"},
        {"html": "<p>{{unsubscribe_url}}</p>"},
        {"text": "{{unsubscribe_url}}"},
    ],
)
def test_a_body_that_is_not_the_one_that_was_frozen_is_mailed_to_nobody(change: dict[str, Any]) -> None:
    sending = a_sending_mailing(2)
    sending.bodies.bodies = dict.fromkeys(sending.bodies.bodies, a_body(**change))

    assert sending.deliver() == counts(2, waiting=2)

    assert sending.mailer.calls == []
    assert (sending.head().state, sending.head().reason) == (MailingState.STOPPED, "BODY_CHANGED")
    assert (sending.is_closed(), reenqueued(sending)) == (False, [])


def test_no_person_can_resume_with_a_changed_body_but_with_the_right_one_the_mailing_continues() -> None:
    sending = a_sending_mailing(2)
    right = {**sending.bodies.bodies}
    sending.bodies.bodies = dict.fromkeys(right, a_body(subject="Another subject"))
    for _ in range(2):
        sending.deliver_again()
        assert sending.head().reason == "BODY_CHANGED"
        sending.ledger.move(MESSAGE.mailing, [MailingState.STOPPED], MailingState.SENDING, sending.clock())
    assert sending.mailer.calls == []

    sending.bodies.bodies = right
    assert sending.deliver_again() == counts(2, accepted=2)
    assert {call.body for call in sending.mailer.calls} == {a_body()}


def test_an_unreadable_body_stops_the_mailing() -> None:
    class Broken(FakeRevisions):
        def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
            raise BodyBrokenError(issue, edition, revision, digest)

    sending = a_sending_mailing(1)
    sending.bodies = Broken()
    assert sending.deliver() == counts(1, waiting=1)
    assert (sending.head().state, sending.head().reason) == (MailingState.STOPPED, "BODY_CHANGED")


def test_a_body_that_changes_between_two_calls_is_not_looked_at_again() -> None:
    sending = a_sending_mailing(60)
    sending.rate_limits = FakeRateLimits(LimiterState(50.0))
    ids_of = next(iter(sending.bodies.bodies))
    sending.while_asleep = [
        lambda: sending.bodies.bodies.update({ids_of: a_body(subject="Another subject")})
    ] * 9
    assert sending.deliver() == counts(60, accepted=60)
    assert [call.body for call in sending.mailer.calls] == [a_body(), a_body()]


def test_a_mailing_begun_before_digests_existed_waits_for_a_person_and_then_sends_the_stored_body() -> None:
    sending = a_sending_mailing(2, digest="")

    assert sending.deliver() == counts(2, waiting=2)
    assert (sending.head().state, sending.head().reason) == (MailingState.SUSPENDED, "NO_DIGEST")
    assert sending.mailer.calls == []

    sending.ledger.move(MESSAGE.mailing, [MailingState.SUSPENDED], MailingState.SENDING, sending.clock())
    assert sending.deliver_again() == counts(2, accepted=2)


def test_a_body_stored_after_a_person_was_asked_is_refused() -> None:
    sending = a_sending_mailing(2, digest="")
    sending.deliver()
    sending.head()
    sending.ledger.move(MESSAGE.mailing, [MailingState.SUSPENDED], MailingState.SENDING, sending.clock())
    sending.bodies.bodies = dict.fromkeys(sending.bodies.bodies, a_body(subject="Another subject"))

    assert sending.deliver_again() == counts(2, waiting=2)

    assert (sending.head().state, sending.head().reason) == (MailingState.STOPPED, "BODY_CHANGED")
    assert sending.mailer.calls == []


def test_a_sender_changed_after_the_start_waits_for_a_person_and_is_then_used() -> None:
    digest = letter_digest(a_body().digest, replace(a_newsletter(), sender="old@example.org"))
    sending = a_sending_mailing(1, digest=digest)

    sending.deliver()
    assert (sending.head().state, sending.head().reason) == (MailingState.SUSPENDED, "SENDER_CHANGED")
    assert sending.mailer.calls == []

    sending.ledger.move(MESSAGE.mailing, [MailingState.SUSPENDED], MailingState.SENDING, sending.clock())
    assert sending.deliver_again() == counts(1, accepted=1)


def test_a_reader_who_left_between_two_deliveries_is_skipped_and_a_new_one_is_not_added() -> None:
    sending = a_sending_mailing(3, THROTTLED)
    sending.deliver()
    sending.people.leave(sending.people.people[ids(3)[1]], MONDAY_MORNING.date())
    sending.people.add(a_subscriber("late@example.org", id="e" * 32))
    assert sending.deliver_again() == counts(3, accepted=2, skipped=1)
    assert sending.mailer.mailed == [ids(3)[0], ids(3)[2]]


def test_a_reader_who_left_while_the_first_call_waited_for_its_slot_is_skipped() -> None:
    sending = a_sending_mailing(2)
    sending.rate_limits = FakeRateLimits(LimiterState(50.0, (Reservation(NOW + 2, 50),), 1))

    def leave() -> None:
        sending.people.leave(sending.people.people[ids(2)[0]], MONDAY_MORNING.date())
        sending.people.add(a_subscriber("late@example.org", id="e" * 32))

    sending.while_asleep.append(leave)
    assert sending.deliver() == counts(2, accepted=1, skipped=1)
    assert sending.mailer.mailed == [ids(2)[1]]


def test_a_chunk_whose_members_all_left_still_closes() -> None:
    sending = a_sending_mailing(1, THROTTLED)
    sending.deliver()
    sending.people.people.clear()
    assert sending.deliver_again() == counts(1, skipped=1)
    assert sending.is_closed()


@pytest.mark.parametrize("state", [MailingState.PAUSED, MailingState.CANCELLED, MailingState.STOPPED])
def test_a_mailing_that_was_paused_while_a_call_waited_is_mailed_no_further(state: MailingState) -> None:
    sending = a_sending_mailing(6)
    sending.rate_limits = FakeRateLimits(LimiterState(0.5))
    sending.while_asleep.append(
        lambda: sending.ledger.move("2016-12-05_en", [MailingState.SENDING], state, sending.clock())
    )
    assert sending.deliver() == counts(6, accepted=1, waiting=5)
    assert reenqueued(sending) == []


def test_a_slot_that_is_far_off_is_not_waited_for_and_not_reserved() -> None:
    sending = a_sending_mailing(2)
    state = LimiterState(50.0, (Reservation(NOW + LONGEST_WAIT_SECONDS + 10, 50),), 1)
    sending.rate_limits = FakeRateLimits(state)
    assert sending.deliver() == counts(2, waiting=2)
    assert reenqueued(sending) == [(MESSAGE, pytest.approx(LONGEST_WAIT_SECONDS + 11))]
    assert (sending.rate_limits.stored, sending.clock()) == (state, MONDAY_MORNING)


def test_no_call_is_begun_when_less_time_is_left_than_the_slowest_one_takes() -> None:
    sending = a_sending_mailing(2)
    sending.seconds_left = 39.0
    assert sending.deliver() == counts(2, waiting=2)
    assert (sending.mailer.calls, reenqueued(sending)) == (
        [],
        [(MESSAGE, pytest.approx(SHORTEST_WARM_UP_SECONDS, abs=1e-3))],
    )
    sending.seconds_left = 41.0
    assert sending.deliver() == counts(2, accepted=2)


def test_no_call_is_begun_if_the_writes_before_it_used_up_the_time() -> None:
    sending = a_sending_mailing(2)
    freeze = sending.ledger.freeze

    def slow(*what: Any) -> Chunk:
        sending.seconds_left = 34.0
        return freeze(*what)

    sending.ledger.freeze = slow  # type: ignore[method-assign]  # a port of this test
    assert sending.deliver() == counts(2, waiting=2)
    assert (sending.mailer.calls, reenqueued(sending)) == ([], [(MESSAGE, 0.0)])


@pytest.mark.parametrize("state", [state for state in MailingState if state is not MailingState.SENDING])
def test_a_mailing_that_is_not_sending_sends_nothing(state: MailingState) -> None:
    sending = a_sending_mailing(2, state=state)
    assert sending.deliver() == {}
    assert (sending.ledger.entries, sending.mailer.calls) == ({}, [])


def test_a_message_of_an_unknown_mailing_or_chunk_does_nothing() -> None:
    sending = a_sending_mailing(2)
    assert sending.deliver(1) == {}
    sending.ledger.mailings.clear()
    assert sending.deliver() == {}
    assert sending.ledger.entries == {}


def test_while_a_lease_runs_another_message_is_dropped() -> None:
    sending = a_sending_mailing(1)
    sending.ledger.claim("2016-12-05_en", 0, sending.clock(), 120)
    sending.clock.move(timedelta(seconds=120))
    assert (sending.deliver(), sending.mailer.mailed) == ({}, [])
    sending.clock.move(AFTER_LEASE - timedelta(seconds=120))
    assert sending.deliver() == counts(1, accepted=1)
