"""The plan of a mailing's chunks: ranges that hold every id once, whatever is split."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.mailings.chunk_plan import ChunkPlan, IdRange, plan_for, width_count

LAST_ID = (1 << 128) - 1
COUNTS = st.integers(1, 700)
IDS = st.integers(0, LAST_ID).map(lambda number: f"{number:032x}")


@st.composite
def plans(draw: st.DrawFn) -> ChunkPlan:
    """Plans of up to a few hundred chunks, with and without a trial, with splits of any of their chunks."""
    count, small = draw(st.integers(1, 64)), draw(st.integers(0, 5))
    plan = ChunkPlan(count, small, draw(st.integers(0, count * max(1, small) - 1)) if small else 0)
    for _ in range(draw(st.integers(0, 4))):
        plan = plan.split(draw(st.integers(0, plan.count - 1)), draw(st.integers(2, 40)))
    return plan


def follow_on(ranges: list[IdRange]) -> bool:
    """Whether each range begins where the last one ended."""
    ends = [int(ids.last, 16) for ids in ranges]
    return [int(ids.first, 16) for ids in ranges[1:]] == [end + 1 for end in ends[:-1]]


def width(ids: IdRange) -> int:
    first, behind = ids.span
    return behind - first


@settings(deadline=None)
@given(COUNTS.map(ChunkPlan) | plans())
def test_the_chunks_of_a_mailing_hold_all_ids_without_gap_or_overlap(plan: ChunkPlan) -> None:
    chunks = sorted((plan.ids(number) for number in range(plan.count)), key=lambda ids: ids.first)
    assert (chunks[0].first, chunks[-1].last) == ("0" * 32, "f" * 32)
    assert follow_on(chunks)


@settings(deadline=None)
@given(COUNTS.map(ChunkPlan) | plans(), IDS)
def test_the_chunk_of_an_id_is_the_one_whose_range_holds_it(plan: ChunkPlan, person: str) -> None:
    ids = plan.ids(plan.number_of(person))
    assert ids.first <= person <= ids.last


@settings(deadline=None)
@given(plans(), st.data())
def test_a_split_leaves_every_other_chunk_as_it_was(plan: ChunkPlan, data: st.DataObject) -> None:
    """A worker that read the head before the split means the same by each number."""
    number = data.draw(st.integers(0, plan.count - 1).filter(lambda n: plan.knows(n, 1)))
    after = plan.split(number, 7)
    assert [after.ids(n) for n in range(plan.count) if n != number] == [
        plan.ids(n) for n in range(plan.count) if n != number
    ]
    if after != plan and all(number != split for split, _ in plan.splits):
        assert after.ids(number) == plan.ids(number).part(0, 7)
    assert after.split(number, 7) == after


@settings(deadline=None)
@given(plans())
def test_the_shares_of_all_chunks_are_one(plan: ChunkPlan) -> None:
    assert plan.share(0, plan.count) == pytest.approx(1.0)
    assert plan.share(0, 0) == 0


@settings(deadline=None)
@given(COUNTS)
def test_the_chunks_of_a_mailing_without_trial_are_equally_wide_and_in_the_order_of_ids(count: int) -> None:
    plan = ChunkPlan(count)
    chunks = [plan.ids(number) for number in range(count)]
    widths = {width(ids) for ids in chunks}
    assert max(widths) - min(widths) <= 1
    assert follow_on(chunks)


@given(IDS, IDS)
def test_the_shards_of_a_range_cover_it_and_each_keeps_to_one_first_digit(one: str, other: str) -> None:
    ids = IdRange(min(one, other), max(one, other))
    shards = ids.by_shard()
    assert (shards[0].first, shards[-1].last) == (ids.first, ids.last)
    assert follow_on(shards)
    assert all(shard.first[0] == shard.last[0] and shard.first <= shard.last for shard in shards)


@given(COUNTS, IDS)
def test_every_id_belongs_to_one_shard_of_its_chunk(count: int, person: str) -> None:
    plan = ChunkPlan(count)
    shards = plan.ids(plan.number_of(person)).by_shard()
    assert len([shard for shard in shards if shard.first <= person <= shard.last]) == 1


def test_a_single_chunk_is_read_in_sixteen_shards() -> None:
    assert ChunkPlan(1).ids(0).by_shard() == [
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
    assert width_count(estimate) == count
    assert plan_for("2016-12-05_en", estimate, with_trial=False) == ChunkPlan(count)


@pytest.mark.parametrize("estimate", [50, 76, 100, 161, 330, 600, 2_500, 3_680, 50_000, 1_000_000])
def test_the_first_chunk_of_a_trial_is_for_about_fifty_readers(estimate: int) -> None:
    plan = plan_for("2016-12-05_en", estimate)
    assert 37 <= estimate * plan.share(0, 1) <= 75
    assert plan.count <= width_count(estimate) + 4


@pytest.mark.parametrize("estimate", [0, 1, 49, 74])
def test_a_list_that_is_hardly_larger_than_the_trial_is_one_chunk(estimate: int) -> None:
    assert plan_for("2016-12-05_en", estimate).count == 1


def test_other_readers_are_in_each_week_s_trial_and_the_same_ones_if_it_is_planned_again() -> None:
    weeks = [f"2016-{month:02}-{day:02}_en" for month in range(1, 13) for day in (1, 8, 15, 22)]
    begin = [plan_for(week, 600).ids(0) for week in weeks]
    assert begin == [plan_for(week, 600).ids(0) for week in weeks]
    assert len(set(begin)) >= 8
    assert max(begin.count(ids) for ids in begin) <= 10


@pytest.mark.parametrize("estimate", [2_500, 3_680, 50_000])
def test_each_chunk_of_a_long_list_is_read_by_one_query(estimate: int) -> None:
    plan = plan_for("2016-12-05_en", estimate)
    assert {len(plan.ids(number).by_shard()) for number in range(plan.count)} == {1}


def test_a_plan_without_splits_costs_nothing_to_look_up_however_long_it_is() -> None:
    plan = replace(plan_for("2016-12-05_en", 100_000_000))
    ids = plan.ids(plan.count - 1)
    assert plan.number_of(ids.first) == plan.count - 1
    assert "_spans" not in vars(plan)
