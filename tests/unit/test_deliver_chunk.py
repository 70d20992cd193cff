"""Mail one chunk of one mailing: everyone once."""

import pytest

from broadsheet.mailings.deliver import LARGEST_CALL, LaterError
from broadsheet.mailings.mailing import State
from broadsheet.mailings.ports import Letter, NotSentError
from tests.builders import a_body, a_subscriber
from tests.fakes.delivering import a_post, counts, ids

REFUSED = "refused:MESSAGE_REJECTED"


def test_each_reader_gets_a_letter_of_their_own() -> None:
    post = a_post(2)
    assert post.deliver() == counts(2, accepted=2)
    (call,) = post.mailer.calls
    assert (call.body, call.tags) == (a_body(), {"mailing": "2016-12-05_en", "chunk": "0"})
    origin = "https://news.example.org/api/unsubscribe"
    assert call.letters == [
        Letter(name, f"{name}@example.org", f"{origin}?t={post.keyring.links.unsubscribe_token(name)}&in=en")
        for name in ids(2)
    ]
    assert post.is_closed()


def test_an_order_that_comes_again_mails_nobody_again() -> None:
    post = a_post(3)
    post.deliver()
    assert post.deliver_again() == {}
    assert post.mailer.mailed == ids(3)


def test_a_chunk_without_readers_is_closed_at_once() -> None:
    post = a_post(0)
    assert post.deliver() == counts(0)
    assert (post.is_closed(), post.mailer.calls) == (True, [])


def test_only_the_readers_of_the_chunk_s_ids_and_of_its_audience_are_mailed() -> None:
    post = a_post(1, chunk_count=2)
    post.people.add(
        a_subscriber("high@example.org", id="f" * 32),
        a_subscriber("other@example.org", id="1" * 32, audiences=frozenset({"be-ru"})),
    )
    post.deliver(0)
    assert post.mailer.mailed == ids(1)
    post.deliver(1)
    assert post.mailer.mailed == [*ids(1), "f" * 32]


def test_a_hundred_and_thirty_readers_are_mailed_in_calls_of_at_most_fifty() -> None:
    post = a_post(130)
    assert post.deliver() == counts(130, accepted=130)
    assert [len(call.letters) for call in post.mailer.calls] == [LARGEST_CALL, LARGEST_CALL, 30]
    assert post.mailer.mailed == ids(130)


def test_who_was_throttled_waits_for_the_next_delivery() -> None:
    post = a_post(3, ["accepted", "waiting", "accepted"])
    with pytest.raises(LaterError, match="2016-12-05_en chunk 0"):
        post.deliver()
    assert post.standings() == {**dict.fromkeys(ids(3), "accepted"), ids(3)[1]: "waiting"}
    assert post.deliver_again() == counts(3, accepted=3)
    assert post.mailer.mailed == [ids(3)[0], ids(3)[2], ids(3)[1]]


def test_a_call_that_was_refused_as_a_whole_leaves_its_fifty_waiting() -> None:
    post = a_post(60, NotSentError("TooManyRequestsException"))
    with pytest.raises(LaterError):
        post.deliver()
    accepted = dict.fromkeys(ids(60)[50:], "accepted")
    assert post.standings() == {**dict.fromkeys(ids(60), "waiting"), **accepted}
    assert post.deliver_again() == counts(60, accepted=60)
    assert sorted(post.mailer.mailed) == ids(60)


def test_a_refusal_is_kept_with_its_code_and_never_repeated() -> None:
    post = a_post(2, ["accepted", REFUSED])
    assert post.deliver() == counts(2, accepted=1, refused=1)
    assert post.standings() == {ids(2)[0]: "accepted", ids(2)[1]: REFUSED}
    post.deliver_again()
    assert len(post.mailer.calls) == 1


def test_who_left_between_two_deliveries_is_skipped_and_who_came_is_not_added() -> None:
    post = a_post(3, NotSentError())
    with pytest.raises(LaterError):
        post.deliver()
    post.people.leave(post.people.people[ids(3)[1]])
    post.people.add(a_subscriber("late@example.org", id="e" * 32))
    assert post.deliver_again() == counts(3, accepted=2, skipped=1)
    assert post.mailer.mailed == [ids(3)[0], ids(3)[2]]


def test_everybody_left_and_the_chunk_still_closes() -> None:
    post = a_post(1, NotSentError())
    with pytest.raises(LaterError):
        post.deliver()
    post.people.people.clear()
    assert post.deliver_again() == counts(1, skipped=1)
    assert post.is_closed()


@pytest.mark.parametrize("state", [state for state in State if state is not State.SENDING])
def test_a_mailing_that_is_not_sending_sends_nothing(state: State) -> None:
    post = a_post(2, state=state)
    assert post.deliver() == {}
    assert (post.ledger.entries, post.mailer.calls) == ({}, [])


def test_an_order_of_an_unknown_mailing_does_nothing() -> None:
    post = a_post(2)
    post.ledger.mailings.clear()
    assert post.deliver() == {}
