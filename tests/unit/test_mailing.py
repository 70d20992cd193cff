"""A mailing's chunks: the balance of their members, and what SES's events say of them."""

import pytest

from broadsheet.mailings.mailing import Chunk, status_from_events
from broadsheet.mailings.ports import ChunkMessage
from tests.builders import a_mailing


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([], None),
        (["send"], "accepted"),
        (["bounce", "send"], "accepted"),
        (["reject"], "refused:REJECT"),
        (["send", "rendering-failure"], "refused:RENDERING_FAILURE"),
    ],
)
def test_ses_s_events_decide_the_status_of_a_member(words: list[str], status: str | None) -> None:
    assert status_from_events(words) == status


def test_a_chunk_counts_its_members_by_status() -> None:
    statuses = [
        "waiting",
        "in doubt",
        "accepted",
        "accepted",
        "refused",
        "refused:MESSAGE_REJECTED",
        "skipped",
    ]
    members = {str(number): status for number, status in enumerate(statuses)}
    assert Chunk("2016-12-05_en", 0, 1, members).counts == {
        "members": 7,
        "waiting": 1,
        "in_doubt": 1,
        "accepted": 2,
        "refused": 2,
        "skipped": 1,
    }


def test_a_chunk_without_members_balances() -> None:
    zeros = dict.fromkeys(("members", "waiting", "in_doubt", "accepted", "refused", "skipped"), 0)
    assert Chunk("2016-12-05_en", 0, 1).counts == Chunk("2016-12-05_en", 0, 1, {}).counts == zeros


def test_a_mailing_is_named_by_its_issue_and_its_audience() -> None:
    assert a_mailing(issue="2016-12-05-extra", audience="be-ru").id == "2016-12-05-extra_be-ru"


def test_a_message_names_its_chunk_and_nobody() -> None:
    message = ChunkMessage("2016-12-05_en", 7)
    assert message.to_json() == '{"mailing": "2016-12-05_en", "number": 7}'
    assert ChunkMessage.from_json(message.to_json()) == message


@pytest.mark.parametrize("body", ["", "{}", '{"mailing": "x"}', '{"mailing": "x", "number": "y"}'])
def test_a_body_that_is_not_a_message_is_refused(body: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        ChunkMessage.from_json(body)
