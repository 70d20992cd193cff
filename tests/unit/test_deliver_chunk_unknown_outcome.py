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
from broadsheet.mailings.ports import BulkResult, Letter
from tests.effort import tries
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.delivering import Post, a_post, counts, ids
from tests.fakes.mailings import FakeBulkMailer

MAILING = "2016-12-05_en"
REFUSED = "refused:MESSAGE_REJECTED"
NO_ANSWER = SendFailedError("ReadTimeoutError")


def with_unknown_outcomes(count: int = 2) -> Post:
    """Everybody was given to SES, and no answer came."""
    post = a_post(count, NO_ANSWER)
    assert post.deliver() == counts(count, in_doubt=count)
    return post


def test_without_an_answer_their_outcome_is_unknown_and_the_others_are_mailed() -> None:
    post = a_post(60, NO_ANSWER)
    assert post.deliver() == counts(60, in_doubt=50, accepted=10)
    assert post.deliver_again() == counts(60, in_doubt=50, accepted=10)
    assert post.mailer.mailed == ids(60)
    assert not post.is_closed()
    assert post.queue.messages == []


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
    post = with_unknown_outcomes()
    post.ledger.record_events(MAILING, 0, {ids(2)[0]: words})
    post.deliver_again()
    assert post.statuses() == {ids(2)[0]: status, ids(2)[1]: "in doubt"}
    post.ledger.record_events(MAILING, 0, {ids(2)[1]: words})
    post.deliver_again()
    assert (post.statuses(), post.is_closed()) == (dict.fromkeys(ids(2), status), True)
    assert len(post.mailer.calls) == 1


def test_a_member_without_an_event_for_long_is_mailed_again_and_counted() -> None:
    post = with_unknown_outcomes()
    post.ledger.record_events(MAILING, 0, {ids(2)[0]: {"send"}})
    post.clock.move(OUTCOME_TIMEOUT)
    assert post.deliver() == counts(2, accepted=2)
    assert post.mailer.mailed == [*ids(2), ids(2)[1]]
    assert [(state.timed_out, state.closed) for state in post.ledger.chunks(MAILING)] == [(1, True)]


def test_a_member_without_an_event_for_long_is_skipped_if_that_is_the_policy() -> None:
    post = with_unknown_outcomes()
    post.resends = False
    post.clock.move(OUTCOME_TIMEOUT)
    assert post.deliver() == counts(2, skipped=2)
    assert (post.mailer.mailed, post.is_closed()) == (ids(2), True)
    assert post.ledger.chunks(MAILING)[0].timed_out == 2


def test_an_event_after_the_timeout_still_keeps_a_waiting_member_from_a_second_mail() -> None:
    """They are to be sent again, SES throttles, and hours later the word of the first call is there."""
    post = a_post(3, NO_ANSWER, NotSentError("TooManyRequestsException"))
    post.deliver()
    post.clock.move(OUTCOME_TIMEOUT)
    assert post.deliver() == counts(3, waiting=3)
    post.ledger.record_events(MAILING, 0, {ids(3)[0]: {"send"}, ids(3)[1]: {"reject"}})
    assert post.deliver_again() == counts(3, accepted=2, refused=1)
    assert post.mailer.mailed == [*ids(3), ids(3)[2]]


def test_an_unknown_outcome_is_as_old_as_the_last_call_of_its_chunk() -> None:
    post = with_unknown_outcomes()
    post.clock.move(OUTCOME_TIMEOUT - timedelta(seconds=1))
    assert post.deliver() == counts(2, in_doubt=2)


@dataclass
class Overtaken(FakeBulkMailer):
    """While SES works, others do something."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> BulkResult:
        answers = super().send(body, letters, tags)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return answers


def test_an_attempt_that_was_overtaken_stops_and_its_late_answer_is_refused() -> None:
    post = a_post(120)
    overtaken = Overtaken()
    other: list[dict[str, int]] = []
    overtaken.meanwhile = [lambda: other.append(post.deliver_again())]
    post.mailer = overtaken
    assert post.deliver() == {}
    assert other == [counts(120, in_doubt=50, accepted=70)]
    assert post.mailer.mailed == ids(120)


ANSWERS = st.lists(
    st.lists(st.sampled_from(["accepted", "accepted", "waiting", REFUSED]), min_size=50, max_size=50)
    | st.builds(NotSentError, st.just("TooManyRequestsException"))
    | st.builds(SendFailedError, st.just("ReadTimeoutError")),
    max_size=8,
)


class Moody(FakeBulkMailer):
    """Returns as many statuses of its next answer as there are mails."""

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> BulkResult:
        if self.answers and isinstance(self.answers[0], list):
            self.answers[0] = self.answers[0][: len(letters)]
        return super().send(body, letters, tags)


@settings(max_examples=tries(20, proof=600))
@given(st.integers(0, 130), ANSWERS, st.sets(st.integers(0, 129), max_size=5))
def test_after_any_answer_of_ses_every_member_has_a_state_and_nobody_is_mailed_twice(
    count: int, answers: list[list[str] | BulkResult | Exception], leavers: set[int]
) -> None:
    post = a_post(count)
    post.mailer = Moody(answers)
    for _ in range(len(answers) + 2):
        post.clock.move(timedelta(seconds=5))
        post.deliver()
        for person in {ids(130)[number] for number in leavers} & set(post.people.people):
            post.people.leave(post.people.people[person], MONDAY_MORNING.date())
    statuses = post.statuses()
    assert sorted(statuses) == ids(count)
    assert len(post.mailer.mailed) == len(set(post.mailer.mailed))
    assert {name for name, status in statuses.items() if status in ("accepted", "in doubt")} == set(
        post.mailer.mailed
    )
    assert "waiting" not in statuses.values()
    assert post.is_closed() == ("in doubt" not in statuses.values())
    for balance in post.ledger.balances:
        assert balance["members"] == sum(balance.values()) - balance["members"] == count
