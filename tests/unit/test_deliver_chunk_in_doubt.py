"""Mail one chunk where SES does not answer, leases run out and workers overtake each other."""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.mailings.body import Body
from broadsheet.mailings.deliver import LEASE_SECONDS, LaterError
from broadsheet.mailings.ports import LeasedError, Letter, NotSentError, StaleAttemptError
from broadsheet.subscribers.records import SealedAddress
from tests.builders import a_subscriber
from tests.fakes.delivering import TimedOutError, a_post, counts, ids
from tests.fakes.mailings import FakeBulkMailer, FakeLedger

REFUSED = "refused:MESSAGE_REJECTED"


def test_without_an_answer_they_are_in_doubt_and_nobody_is_mailed_again() -> None:
    post = a_post(60, TimedOutError())
    with pytest.raises(TimedOutError):
        post.deliver()
    assert post.standings() == {
        **dict.fromkeys(ids(60), "waiting"),
        **dict.fromkeys(ids(60)[:50], "in doubt"),
    }
    assert post.deliver_again() == counts(60, in_doubt=50, accepted=10)
    assert post.deliver_again() == counts(60, in_doubt=50, accepted=10)
    assert post.mailer.mailed == ids(60)
    assert not post.is_closed()


def test_who_cannot_be_written_to_is_not_in_doubt() -> None:
    post = a_post(2)
    broken = a_subscriber("x@example.org", id=ids(2)[1], sealed_address=SealedAddress(b"", "another key"))
    post.people.add(broken)
    with pytest.raises(ValueError, match=r"unpack|sealed"):
        post.deliver()
    assert (post.standings(), post.mailer.calls) == (dict.fromkeys(ids(2), "waiting"), [])


def test_while_a_lease_runs_nobody_else_mails() -> None:
    post = a_post(1, NotSentError())
    with pytest.raises(LaterError):
        post.deliver()
    post.clock.move(timedelta(seconds=LEASE_SECONDS))
    with pytest.raises(LeasedError):
        post.deliver()
    assert post.mailer.mailed == []


def test_an_attempt_that_was_overtaken_stops() -> None:
    @dataclass
    class Overtaken(FakeBulkMailer):
        ledger: FakeLedger = field(default_factory=FakeLedger)

        def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> list[str]:
            self.ledger.entries["2016-12-05_en", 0].attempt += 1
            return super().send(body, letters, tags)

    post = a_post(120)
    post.mailer = Overtaken(ledger=post.ledger)
    with pytest.raises(StaleAttemptError):
        post.deliver()
    assert post.mailer.mailed == ids(50)
    post.mailer = FakeBulkMailer()
    assert post.deliver_again() == counts(120, in_doubt=50, accepted=70)
    assert post.mailer.mailed == ids(120)[50:]


ANSWERS = st.lists(
    st.lists(st.sampled_from(["accepted", "accepted", "waiting", REFUSED]), min_size=50, max_size=50)
    | st.builds(NotSentError)
    | st.builds(TimedOutError),
    max_size=8,
)


class Moody(FakeBulkMailer):
    """Gives as many standings of its next answer as there are letters."""

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> list[str]:
        if self.answers and isinstance(self.answers[0], list):
            self.answers[0] = self.answers[0][: len(letters)]
        return super().send(body, letters, tags)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 130), ANSWERS, st.sets(st.integers(0, 129), max_size=5))
def test_whatever_ses_answers_everyone_is_accounted_for_and_nobody_is_mailed_twice(
    count: int, answers: list[list[str] | Exception], leavers: set[int]
) -> None:
    post = a_post(count)
    post.mailer = Moody(answers)
    for _ in range(len(answers) + 2):
        with contextlib.suppress(LaterError, TimedOutError):
            post.deliver_again()
        for person in {ids(130)[number] for number in leavers} & set(post.people.people):
            post.people.leave(post.people.people[person])
    standings = post.standings()
    assert sorted(standings) == ids(count)
    assert len(post.mailer.mailed) == len(set(post.mailer.mailed))
    assert {name for name, standing in standings.items() if standing in ("accepted", "in doubt")} == set(
        post.mailer.mailed
    )
    assert "waiting" not in standings.values()
    assert post.is_closed() == ("in doubt" not in standings.values())
    for balance in post.ledger.balances:
        assert balance["members"] == sum(balance.values()) - balance["members"] == count
