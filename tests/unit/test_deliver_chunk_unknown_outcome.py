"""Mail one chunk where SES does not answer, leases run out and workers overtake each other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.mail import NotSentError, SendFailedError
from broadsheet.mailings.body import Body
from broadsheet.mailings.deliver import OUTCOME_TIMEOUT
from broadsheet.mailings.ports import Addressee, BulkResult
from tests.effort import tries
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.delivering import SendingMailing, a_sending_mailing, counts, ids
from tests.fakes.mailings import FakeBulkMailer

MAILING = "2016-12-05_en"
REFUSED = "refused:MESSAGE_REJECTED"
NO_ANSWER = SendFailedError("ReadTimeoutError")


def with_unknown_outcomes(count: int = 2) -> SendingMailing:
    """Everybody was given to SES, and no answer came."""
    sending = a_sending_mailing(count, NO_ANSWER)
    assert sending.deliver() == counts(count, in_doubt=count)
    return sending


def test_without_an_answer_their_outcome_is_unknown_and_the_others_are_mailed() -> None:
    sending = a_sending_mailing(60, NO_ANSWER)
    assert sending.deliver() == counts(60, in_doubt=50, accepted=10)
    assert sending.deliver_again() == counts(60, in_doubt=50, accepted=10)
    assert sending.mailer.mailed == ids(60)
    assert not sending.is_closed()
    assert sending.queue.messages == []


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"send"}, "accepted"),
        ({"delivery"}, "accepted"),
        ({"bounce"}, "accepted"),
        ({"complaint"}, "accepted"),
        ({"reject"}, "refused:REJECT"),
        ({"send", "rendering-failure"}, "refused:RENDERING_FAILURE"),
    ],
)
def test_a_later_event_of_ses_decides_an_unknown_outcome(words: set[str], status: str) -> None:
    sending = with_unknown_outcomes()
    sending.ledger.record_events(MAILING, 0, {ids(2)[0]: words})
    sending.deliver_again()
    assert sending.statuses() == {ids(2)[0]: status, ids(2)[1]: "in doubt"}
    sending.ledger.record_events(MAILING, 0, {ids(2)[1]: words})
    sending.deliver_again()
    assert (sending.statuses(), sending.is_closed()) == (dict.fromkeys(ids(2), status), True)
    assert len(sending.mailer.calls) == 1


def test_a_member_without_an_event_for_long_is_mailed_again_and_counted() -> None:
    sending = with_unknown_outcomes()
    sending.ledger.record_events(MAILING, 0, {ids(2)[0]: {"send"}})
    sending.clock.move(OUTCOME_TIMEOUT)
    assert sending.deliver() == counts(2, accepted=2)
    assert sending.mailer.mailed == [*ids(2), ids(2)[1]]
    assert [(state.timed_out, state.closed) for state in sending.ledger.chunks(MAILING)] == [(1, True)]


def test_a_member_without_an_event_for_long_is_skipped_if_that_is_the_policy() -> None:
    sending = with_unknown_outcomes()
    sending.resends = False
    sending.clock.move(OUTCOME_TIMEOUT)
    assert sending.deliver() == counts(2, skipped=2)
    assert (sending.mailer.mailed, sending.is_closed()) == (ids(2), True)
    assert sending.ledger.chunks(MAILING)[0].timed_out == 2


def test_an_event_after_the_timeout_still_keeps_a_waiting_member_from_a_second_mail() -> None:
    """They are to be sent again, SES throttles, and hours later the word of the first call is there."""
    sending = a_sending_mailing(3, NO_ANSWER, NotSentError("TooManyRequestsException"))
    sending.deliver()
    sending.clock.move(OUTCOME_TIMEOUT)
    assert sending.deliver() == counts(3, waiting=3)
    sending.ledger.record_events(MAILING, 0, {ids(3)[0]: {"send"}, ids(3)[1]: {"reject"}})
    assert sending.deliver_again() == counts(3, accepted=2, refused=1)
    assert sending.mailer.mailed == [*ids(3), ids(3)[2]]


def test_an_unknown_outcome_is_as_old_as_the_last_call_of_its_chunk() -> None:
    sending = with_unknown_outcomes()
    sending.clock.move(OUTCOME_TIMEOUT - timedelta(seconds=1))
    assert sending.deliver() == counts(2, in_doubt=2)


@dataclass
class Overtaken(FakeBulkMailer):
    """While SES works, others do something."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        answers = super().send(body, addressees, tags)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return answers


def test_an_attempt_that_was_overtaken_stops_and_its_late_answer_is_refused() -> None:
    sending = a_sending_mailing(120)
    overtaken = Overtaken()
    other: list[dict[str, int]] = []
    overtaken.meanwhile = [lambda: other.append(sending.deliver_again())]
    sending.mailer = overtaken
    assert sending.deliver() == {}
    assert other == [counts(120, in_doubt=50, accepted=70)]
    assert sending.mailer.mailed == ids(120)


ANSWERS = st.lists(
    st.lists(st.sampled_from(["accepted", "accepted", "waiting", REFUSED]), min_size=50, max_size=50)
    | st.builds(NotSentError, st.just("TooManyRequestsException"))
    | st.builds(SendFailedError, st.just("ReadTimeoutError")),
    max_size=8,
)


class Moody(FakeBulkMailer):
    """Returns as many statuses of its next answer as there are mails."""

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        if self.answers and isinstance(self.answers[0], list):
            self.answers[0] = self.answers[0][: len(addressees)]
        return super().send(body, addressees, tags)


@settings(max_examples=tries(20, proof=600))
@given(st.integers(0, 130), ANSWERS, st.sets(st.integers(0, 129), max_size=5))
def test_after_any_answer_of_ses_every_member_has_a_state_and_nobody_is_mailed_twice(
    count: int, answers: list[list[str] | BulkResult | Exception], leavers: set[int]
) -> None:
    sending = a_sending_mailing(count)
    sending.mailer = Moody(answers)
    for _ in range(len(answers) + 2):
        sending.clock.move(timedelta(seconds=5))
        sending.deliver()
        for person in {ids(130)[number] for number in leavers} & set(sending.people.people):
            sending.people.leave(sending.people.people[person], MONDAY_MORNING.date())
    statuses = sending.statuses()
    assert sorted(statuses) == ids(count)
    assert len(sending.mailer.mailed) == len(set(sending.mailer.mailed))
    assert {name for name, status in statuses.items() if status in ("accepted", "in doubt")} == set(
        sending.mailer.mailed
    )
    assert "waiting" not in statuses.values()
    assert sending.is_closed() == ("in doubt" not in statuses.values())
    for balance in sending.ledger.balances:
        assert balance["members"] == sum(balance.values()) - balance["members"] == count
