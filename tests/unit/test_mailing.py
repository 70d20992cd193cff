"""A mailing's chunks: ranges of ids, and the balance of their members."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.mailings.mailing import Chunk, IdRange, chunk_count, chunk_of, chunk_range, status_from_events
from broadsheet.mailings.ports import ChunkMessage
from tests.builders import a_mailing

LAST_ID = (1 << 128) - 1
COUNTS = st.integers(1, 700)
IDS = st.integers(0, LAST_ID).map(lambda number: f"{number:032x}")


def follow_on(ranges: list[IdRange]) -> bool:
    """Whether each range begins where the last one ended."""
    ends = [int(ids.last, 16) for ids in ranges]
    return [int(ids.first, 16) for ids in ranges[1:]] == [end + 1 for end in ends[:-1]]


@settings(deadline=None)
@given(COUNTS)
def test_the_chunks_of_a_mailing_cover_all_ids_without_gap_or_overlap(count: int) -> None:
    chunks = [chunk_range(number, count) for number in range(count)]
    assert (chunks[0].first, chunks[-1].last) == ("0" * 32, "f" * 32)
    assert follow_on(chunks)


@settings(deadline=None)
@given(COUNTS)
def test_the_chunks_of_a_mailing_are_equally_wide(count: int) -> None:
    chunks = [chunk_range(number, count) for number in range(count)]
    widths = {int(ids.last, 16) - int(ids.first, 16) for ids in chunks}
    assert max(widths) - min(widths) <= 1


@given(IDS, IDS)
def test_the_shards_of_a_range_cover_it_and_each_keeps_to_one_first_digit(one: str, other: str) -> None:
    ids = IdRange(min(one, other), max(one, other))
    shards = ids.by_shard()
    assert (shards[0].first, shards[-1].last) == (ids.first, ids.last)
    assert follow_on(shards)
    assert all(shard.first[0] == shard.last[0] and shard.first <= shard.last for shard in shards)


@given(COUNTS, st.data())
def test_every_id_belongs_to_one_shard_of_one_chunk(count: int, data: st.DataObject) -> None:
    person = data.draw(IDS)
    near = int(person, 16) * count >> 128
    numbers = [number for number in range(near - 2, near + 3) if 0 <= number < count]
    shards = [shard for number in numbers for shard in chunk_range(number, count).by_shard()]
    assert len([shard for shard in shards if shard.first <= person <= shard.last]) == 1


@given(COUNTS, IDS)
def test_the_chunk_of_an_id_is_the_one_whose_range_contains_it(count: int, person: str) -> None:
    ids = chunk_range(chunk_of(person, count), count)
    assert ids.first <= person <= ids.last


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


def test_a_single_chunk_is_read_in_sixteen_shards() -> None:
    assert chunk_range(0, 1).by_shard() == [
        IdRange(digit + "0" * 31, digit + "f" * 31) for digit in "0123456789abcdef"
    ]


@pytest.mark.parametrize(
    ("estimate", "count"),
    [
        (0, 1),
        (1, 1),
        (160, 1),
        (161, 2),
        (320, 2),
        (2_400, 15),
        (2_401, 16),
        (3_680, 16),
        (3_681, 32),
        (1_000_000, 6_256),
    ],
)
def test_a_chunk_is_for_about_a_hundred_and_sixty_readers_and_there_is_always_one(
    estimate: int, count: int
) -> None:
    assert chunk_count(estimate) == count


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
