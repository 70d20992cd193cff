"""What `Previews` promises, kept by the fake and by DynamoDB."""

import pytest

from broadsheet.archive.register import ArchiveTally
from broadsheet.aws.publishing_state import DynamoDBPreviews
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.publishing.drafts import Preview, Previews
from tests.builders import ISSUE_ID, a_record
from tests.fakes.desk import FakePreviews
from tests.from_template import create_tables

PREVIEW = Preview(ISSUE_ID, "Zm9yIHlvdXIgZXllcyBvbmx5", '"0123"')


@pytest.fixture(params=["fake", "DynamoDB"])
def previews(request: pytest.FixtureRequest) -> Previews:
    """None was made yet."""
    if request.param == "fake":
        return FakePreviews()
    return DynamoDBPreviews(create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"])


def test_a_draft_that_was_never_seen_has_no_preview(previews: Previews) -> None:
    assert previews.get(ISSUE_ID) is None


def test_a_preview_is_kept(previews: Previews) -> None:
    previews.keep(PREVIEW)
    previews.keep(PREVIEW)
    assert previews.get(ISSUE_ID) == PREVIEW


def test_a_preview_replaces_the_last_one(previews: Previews) -> None:
    unfinished = Preview(ISSUE_ID, PREVIEW.token)
    previews.keep(PREVIEW)
    previews.keep(unfinished)
    assert previews.get(ISSUE_ID) == unfinished


def test_drafts_have_their_own_previews(previews: Previews) -> None:
    other = Preview("later maybe", "another", '"4567"')
    previews.keep(PREVIEW)
    previews.keep(other)
    assert [previews.get(preview.draft) for preview in (PREVIEW, other)] == [PREVIEW, other]


def test_previews_are_no_issues(previews: Previews) -> None:
    """A draft often has the name of the issue that it will be."""
    previews.keep(PREVIEW)
    if isinstance(previews, DynamoDBPreviews):
        register = DynamoDBRegister(previews.table)
        assert register.put(a_record(), register.get(ISSUE_ID))
        assert register.after("", 10) == register.of_year(2016) == [a_record()]
        assert register.tally() == ArchiveTally({"en#2016": 1, "en#2016#security": 1})
    assert previews.get(ISSUE_ID) == PREVIEW
