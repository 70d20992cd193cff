"""What `MailingRequests` promises, kept by the fake and by DynamoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadsheet.aws.mailing_requests import DynamoDBMailingRequests
from broadsheet.mailings.requests import MailingRequest, MailingRequests
from tests.builders import ISSUE_ID
from tests.fakes.mailings import FakeMailingRequests
from tests.from_template import create_tables

DUE_AT = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
LATER = DUE_AT + timedelta(minutes=5)
MAILING = f"{ISSUE_ID}_en"


@pytest.fixture(params=["fake", "DynamoDB"])
def requests(request: pytest.FixtureRequest) -> MailingRequests:
    if request.param == "fake":
        return FakeMailingRequests()
    aws: dict[str, Any] = request.getfixturevalue("aws")
    return DynamoDBMailingRequests(create_tables(aws, ["LedgerTable"])["LedgerTable"])


def test_without_a_request_there_is_none(requests: MailingRequests) -> None:
    assert (requests.get(MAILING), requests.all()) == (None, [])


def test_the_first_requested_time_is_kept(requests: MailingRequests) -> None:
    assert requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=False) == DUE_AT
    assert requests.ask_to_hold(ISSUE_ID, "en", LATER, approved=False) == DUE_AT
    assert requests.get(MAILING) == MailingRequest(ISSUE_ID, "en", due_at=DUE_AT)


def test_a_request_to_withdraw_takes_the_time_and_a_later_one_to_hold_comes_after_it(
    requests: MailingRequests,
) -> None:
    requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=False)
    requests.ask_to_withdraw(ISSUE_ID, "en")
    assert requests.get(MAILING) == MailingRequest(ISSUE_ID, "en", withdraws=True)
    assert requests.ask_to_hold(ISSUE_ID, "en", LATER, approved=False) == LATER
    assert requests.get(MAILING) == MailingRequest(ISSUE_ID, "en", withdraws=True, due_at=LATER)


def test_an_approval_holds_until_the_issue_is_withdrawn(requests: MailingRequests) -> None:
    requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=False)
    requests.ask_to_hold(ISSUE_ID, "en", LATER, approved=True)
    requests.ask_to_hold(ISSUE_ID, "en", LATER, approved=False)
    assert requests.get(MAILING) == MailingRequest(ISSUE_ID, "en", due_at=DUE_AT, approved=True)
    requests.ask_to_withdraw(ISSUE_ID, "en")
    assert requests.get(MAILING) == MailingRequest(ISSUE_ID, "en", withdraws=True)


def test_an_issue_approved_meanwhile_is_not_dropped(requests: MailingRequests) -> None:
    requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=False)
    (asked,) = requests.all()
    requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=True)
    requests.drop(asked)
    assert requests.all() == [MailingRequest(ISSUE_ID, "en", due_at=DUE_AT, approved=True)]


def test_the_time_when_an_old_issue_last_arrived_is_no_request(requests: MailingRequests) -> None:
    assert requests.old_at() is None
    requests.note_old(DUE_AT)
    requests.note_old(LATER)
    assert (requests.old_at(), requests.all()) == (LATER, [])


def test_each_mailing_has_a_request_of_its_own(requests: MailingRequests) -> None:
    requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=False)
    requests.ask_to_withdraw(ISSUE_ID, "be-ru")
    assert requests.all() == [
        MailingRequest(ISSUE_ID, "be-ru", withdraws=True),
        MailingRequest(ISSUE_ID, "en", due_at=DUE_AT),
    ]


def test_a_processed_request_is_deleted_and_a_second_delete_changes_nothing(
    requests: MailingRequests,
) -> None:
    requests.ask_to_hold(ISSUE_ID, "en", DUE_AT, approved=False)
    (asked,) = requests.all()
    requests.drop(asked)
    requests.drop(asked)
    assert requests.all() == []


@pytest.mark.parametrize(
    "carried_out",
    [
        MailingRequest(ISSUE_ID, "en", due_at=DUE_AT),
        MailingRequest(ISSUE_ID, "en", withdraws=True),
        MailingRequest(ISSUE_ID, "en", withdraws=True, due_at=DUE_AT),
    ],
)
def test_a_request_made_meanwhile_is_not_dropped(
    requests: MailingRequests, carried_out: MailingRequest
) -> None:
    requests.ask_to_withdraw(ISSUE_ID, "en")
    requests.ask_to_hold(ISSUE_ID, "en", LATER, approved=False)
    requests.drop(carried_out)
    assert requests.get(MAILING) == MailingRequest(ISSUE_ID, "en", withdraws=True, due_at=LATER)
