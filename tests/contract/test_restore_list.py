"""The list is restored from a backup: lost subscribers are restored, those who left are not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.restore.ports import Verdict
from tests import in_moto
from tests.contract.lost_list import (
    COPIES,
    IN,
    LEFT,
    NEVER,
    OF_THEIR_OWN,
    Killed,
    LostList,
    before_the_first_write,
    killed_at,
    person,
)
from tests.effort import tries

ACTS = ("sign_up", "ask", "import_", "leave", "erase", "bounce", "change")
PEOPLE = (0, 1, 4, 5)  # two, and their second addresses
BOTH = ("SubscribersTable", "FingerprintsTable")
Story = list[tuple[str, int]]


@pytest.fixture(scope="module")
def account() -> Iterator[LostList]:
    with in_moto.account({"reset_boto3_session": True}) as template:
        yield LostList.on(template)


@pytest.fixture
def lost(account: LostList) -> LostList:
    """An empty list."""
    return account.empty()


def played(lost: LostList, *acts: tuple[str, int]) -> LostList:
    for act, who in acts:
        lost.do(act, who)
    return lost


def test_a_lost_subscriber_is_restored_as_they_were(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("import_", 1))
    before = lost.state()
    lost.back_up()
    lost.lose_all(*BOTH)

    counts = lost.restore()

    assert lost.state() == before
    assert counts["subscribers"] == {Verdict.RESTORED: 2}


@pytest.mark.parametrize("end", ["leave", "erase", "bounce"])
@pytest.mark.parametrize("lost_tables", [(), ("SubscribersTable",), BOTH])
def test_a_reader_who_left_after_the_backup_is_not_restored(
    lost: LostList, end: str, lost_tables: tuple[str, ...]
) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    played(lost, (end, 0))
    kept = [(name, item) for name, item in lost.unchanged() if name in lost_tables]
    for name, item in kept:
        lost.lose(name, item)

    lost.restore()

    assert lost.mailable == [1]
    assert lost.dangling == []


@pytest.mark.parametrize("end", ["leave", "erase"])
@pytest.mark.parametrize("lost_tables", [("SubscribersTable",), ("FingerprintsTable",), BOTH])
def test_a_reader_who_left_by_a_link_while_their_items_were_missing_is_not_restored(
    lost: LostList, end: str, lost_tables: tuple[str, ...]
) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.lose_all(*lost_tables)
    played(lost, (end, 0))

    lost.restore()

    assert lost.mailable == [1]


def test_a_link_that_was_used_while_the_record_was_missing_is_remembered_for_a_week(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.lose_all("SubscribersTable")
    played(lost, ("leave", 0))
    lost.clock.move(timedelta(days=6))

    counts = lost.restore()

    assert lost.mailable == [1], "the fingerprints say who was lost"
    assert counts["subscribers"] == {Verdict.GONE: 1, Verdict.RESTORED: 1}


def test_an_old_backup_restores_no_reader_who_may_have_been_erased(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.lose_all(*BOTH)
    lost.clock.move(timedelta(hours=48))

    assert lost.restore()["subscribers"] == {Verdict.UNKNOWN: 2}
    assert lost.mailable == []


def test_an_operator_may_confirm_that_nobody_was_erased(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up(include_missing=True)
    played(lost, ("leave", 1))
    for name, item in lost.unchanged():
        lost.lose(name, item)
    lost.clock.move(timedelta(days=5))

    assert lost.restore()["subscribers"] == {Verdict.RESTORED: 1, Verdict.LEFT: 1}
    assert lost.mailable == [0]


def test_a_reader_who_left_and_came_back_before_the_backup_is_restored(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("leave", 0))
    lost.clock.move(timedelta(days=1))
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.lose_all(*BOTH)

    lost.restore()

    assert lost.mailable == [0]


@pytest.mark.parametrize("tables", [BOTH, BOTH[:1], BOTH[1:]], ids=["both", "record", "fingerprint"])
def test_a_reader_who_left_on_the_day_of_the_backup_is_not_restored_even_if_they_came_back_before_it(
    lost: LostList, tables: tuple[str, ...]
) -> None:
    """A tombstone has a day and no time, so they may have left after the backup."""
    played(lost, ("sign_up", 0), ("leave", 0), ("sign_up", 0))
    lost.back_up()
    lost.lose_all(*tables)

    assert lost.restore()["subscribers"] == {Verdict.GONE: 1}
    assert lost.mailable == []


def test_a_lost_suppression_is_restored_and_overrides_an_import(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("bounce", 0), ("bounce", 1))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, ("import_", 0), ("sign_up", 1))
    assert lost.mailable == [0, 1]

    counts = lost.restore("fingerprints")

    assert (lost.mailable, counts["fingerprints"]) == ([], {Verdict.RESTORED: 2})


def test_a_lost_opt_out_record_is_restored_except_for_readers_who_signed_up_again(
    lost: LostList,
) -> None:
    played(lost, *((act, who) for who in (0, 1, 2) for act in ("sign_up", "leave")))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, ("import_", 0), ("sign_up", 1))

    counts = lost.restore("fingerprints")

    assert lost.mailable == [1]
    assert counts["fingerprints"] == {Verdict.REMOVED: 1, Verdict.AGAIN: 1, Verdict.RESTORED: 1}
    played(lost, ("import_", 0), ("import_", 2))
    assert lost.mailable == [1]


def test_a_subscriber_without_a_fingerprint_gets_it_again(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("import_", 1))
    before = lost.state()
    lost.back_up()
    lost.lose_all("FingerprintsTable")

    counts = lost.restore("fingerprints")

    assert lost.state() == before
    assert counts["on the list"] == {Verdict.REJOINED: 2}


def test_a_reader_who_left_by_the_second_record_of_their_address_has_left_by_the_first(
    lost: LostList,
) -> None:
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, ("sign_up", 0))
    assert lost.mailable == [0, 0]
    played(lost, ("leave", 0))
    assert lost.mailable == [0]

    lost.restore("fingerprints")

    assert lost.mailable == []


def test_a_reader_erased_by_the_second_record_of_their_address_is_erased_by_the_first(lost: LostList) -> None:
    played(lost, ("sign_up", 3))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, ("sign_up", 3), ("erase", 3))
    assert lost.mailable == [3]

    counts = lost.restore("fingerprints")

    assert (lost.mailable, counts["on the list"]) == ([], {Verdict.REMOVED: 1})


def test_of_two_records_of_an_address_one_stays(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, ("sign_up", 0), ("ask", 1))

    lost.restore("fingerprints")

    assert (lost.mailable, lost.dangling) == ([0, 1], [])


def test_a_reader_who_signed_up_again_is_not_changed(lost: LostList) -> None:
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.lose_all(*BOTH)
    played(lost, ("sign_up", 0))
    before = lost.state()

    counts = lost.restore()

    assert (lost.state(), counts["subscribers"]) == (before, {Verdict.AGAIN: 1})


def test_an_unconfirmed_sign_up_is_restored_while_its_link_works(lost: LostList) -> None:
    played(lost, ("ask", 0))
    before = lost.state()
    lost.back_up()
    lost.lose_all(*BOTH)
    lost.restore()
    assert lost.state() == before
    lost.lose_all(*BOTH)
    lost.clock.move(timedelta(hours=48))

    assert lost.restore()["subscribers"] == {Verdict.LAPSED: 1}


def test_looking_changes_nothing_and_shows_what_would_be_done(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1), ("bounce", 2))
    lost.back_up()
    played(lost, ("leave", 0))
    lost.lose_all("SubscribersTable")
    before = lost.state()

    counted = lost.counted()

    assert lost.state() == before
    assert counted == lost.restore()


@pytest.mark.parametrize("act", ["leave", "erase", "bounce", "import_", "sign_up"])
def test_a_concurrent_act_of_the_reader_wins(lost: LostList, act: str) -> None:
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.lose_all(*BOTH)
    people = lost.step("subscribers")
    ((item,),) = people.pages()
    assert people.part.judge([item]) == [Verdict.RESTORED]
    played(lost, (act, 0))
    before = lost.state()

    assert not people.part.write(item, Verdict.RESTORED)

    assert lost.state() == before
    assert people.part.judge([item]) != [Verdict.RESTORED]


def test_a_reader_who_confirms_again_at_the_same_time_is_not_recorded_as_having_left(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("leave", 0))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    prints = lost.step("fingerprints")
    ((item,),) = prints.pages()
    assert prints.part.judge([item]) == [Verdict.RESTORED]
    played(lost, ("sign_up", 0))

    assert not prints.part.write(item, Verdict.RESTORED)
    assert prints.part.judge([item]) == [Verdict.AGAIN]


def test_a_subscriber_deleted_at_the_same_time_gets_no_fingerprint(lost: LostList) -> None:
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    live = lost.step("on the list")
    (item,) = [item for page in live.pages() for item in page]
    assert live.part.judge([item]) == [Verdict.REJOINED]
    played(lost, ("leave", 0))

    assert not live.part.write(item, Verdict.REJOINED)
    assert [kept["fingerprint"][:5] for kept in lost.items("FingerprintsTable")] == ["left#"]


def test_a_reader_who_leaves_after_their_fingerprint_was_lost_is_not_imported_again(lost: LostList) -> None:
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, ("leave", 0), ("import_", 0))

    lost.restore()

    assert lost.mailable == []


@pytest.mark.parametrize("answered", [False, True])
def test_a_restore_that_crashes_at_any_call_ends_as_one_that_did_not(lost: LostList, answered: bool) -> None:  # noqa: FBT001  # a column
    everybody = ("sign_up", 0), ("sign_up", 1), ("sign_up", 2), ("bounce", 3), ("import_", 4), ("sign_up", 5)
    played(lost, *everybody, ("leave", 5), ("sign_up", 6), ("sign_up", 7), ("bounce", 7))
    lost.back_up()
    played(lost, ("leave", 0))
    lost.lose_all(*BOTH)
    played(lost, ("leave", 1), ("import_", 5), ("import_", 7), ("sign_up", 8), ("ask", 2))
    before = lost.kept()
    lost.restore()
    after = lost.state()
    assert lost.mailable == [4, 6, 8]

    for call in range(0, 10_000, tries(9, proof=1)):
        lost.put_back(before)
        with killed_at(call, answered=answered) as made:
            try:
                lost.restore()
            except Killed:
                pass
            else:
                break
        lost.restore()
        assert lost.state() == after, f"killed at call {call}, {made[-1]}"
    assert call > 20
    lost.restore()
    assert lost.state() == after


acts = st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(PEOPLE)), max_size=7).filter(
    lambda story: all(act != "change" or who < OF_THEIR_OWN for act, who in story)
)


@settings(
    max_examples=tries(6, proof=400),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=acts, between=acts, after=acts, losses=st.data())
def test_after_any_events_no_reader_who_left_is_mailed_and_no_other_is_lost(
    account: LostList, before: Story, between: Story, after: Story, losses: st.DataObject
) -> None:
    lost = played(account.empty(), *before)
    lost.back_up()
    wanted_then, with_tombstones = dict(lost.wants), lost.with_tombstones
    played(lost, *between)
    could_be = lost.unchanged()
    with_loss = set[str]()
    chosen = losses.draw(st.lists(st.booleans(), min_size=len(could_be), max_size=len(could_be)))
    for name, item in (one for one, is_lost in zip(could_be, chosen, strict=True) if is_lost):
        lost.lose(name, item)
        with_loss.add(item["fingerprint"])
    unclear = {
        who for who in with_tombstones if person(who).fingerprint in with_loss
    }  # as tested above: they returned that day
    left_since = {who for act, who in between if act in ("leave", "change") and lost.wants.get(who) == LEFT}
    played(lost, *((act, who) for act, who in after if not (act == "import_" and who in left_since)))
    live = set(lost.mailable)

    lost.restore()

    mailable = lost.mailable
    assert [who for who in mailable if lost.wants[who] != IN] == [], "somebody who went is mailed"
    assert [who for who in live - unclear if lost.wants[who] == IN and who not in mailable] == [], (
        "somebody was lost"
    )
    idle = {who for who in PEOPLE if who not in {acting for _, acting in [*between, *after]}}
    assert [who for who in idle - unclear if wanted_then.get(who) == IN and who not in mailable] == []
    assert len(set(mailable)) == len(mailable), "somebody is mailed twice"
    assert lost.dangling == []
    suppressed = {item["fingerprint"] for item in lost.items("FingerprintsTable") if "reason" in item}
    assert len(suppressed) == sum(lost.wants.get(who) == NEVER for who in PEOPLE)
    again = lost.state()
    lost.restore()
    assert lost.state() == again


def test_the_backup_is_only_read(lost: LostList) -> None:
    played(lost, ("sign_up", 0), ("bounce", 1))
    lost.back_up()
    lost.lose_all(*BOTH)
    copies: dict[str, Any] = {name: lost.items(name) for name in COPIES.values()}

    lost.restore()

    assert {name: lost.items(name) for name in COPIES.values()} == copies


# -- readers who changed their address


@pytest.mark.parametrize("lost_tables", [(), ("SubscribersTable",), ("FingerprintsTable",), BOTH])
def test_a_backup_from_before_a_change_of_address_does_not_bring_back_the_old_one(
    lost: LostList, lost_tables: tuple[str, ...]
) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.move(0, 5)
    kept = [(name, item) for name, item in lost.unchanged() if name in lost_tables]
    for name, item in kept:
        lost.lose(name, item)

    lost.restore()

    assert lost.mailable == [1, 5]
    assert lost.dangling == []


@pytest.mark.parametrize("lost_tables", [("SubscribersTable",), BOTH])
def test_a_reader_whose_new_address_was_lost_is_not_mailed_at_the_old_one(
    lost: LostList, lost_tables: tuple[str, ...]
) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.move(0, 5)
    lost.lose_all(*lost_tables)

    lost.restore()

    assert lost.mailable == [1]


def test_a_backup_from_after_a_change_of_address_brings_back_the_new_one(lost: LostList) -> None:
    played(lost, ("sign_up", 0))
    lost.move(0, 5)
    before = lost.state()
    lost.back_up()
    lost.lose_all(*BOTH)

    lost.restore()

    assert lost.state() == before
    assert lost.mailable == [5]


@pytest.mark.parametrize("lost_tables", [(), ("FingerprintsTable",)])
def test_a_reader_who_moved_to_an_address_that_had_left_stays_there(
    lost: LostList, lost_tables: tuple[str, ...]
) -> None:
    """The move confirms the address, though the consent is from before it left."""
    played(lost, ("sign_up", 0), ("sign_up", 5), ("leave", 5))
    lost.back_up()
    lost.clock.move(timedelta(days=3))
    lost.move(0, 5)
    lost.lose_all(*lost_tables)

    lost.restore()

    assert lost.mailable == [5]
    assert lost.dangling == []


def test_an_address_that_its_reader_exchanged_is_not_imported_though_the_record_of_that_was_lost(
    lost: LostList,
) -> None:
    """The backup is from before: it knows whose the address was, and they have another one."""
    played(lost, ("sign_up", 0), ("sign_up", 1))
    lost.back_up()
    lost.clock.move(timedelta(days=3))
    lost.move(0, 5)
    before = lost.state()
    lost.lose_all("FingerprintsTable")

    lost.restore("fingerprints")

    assert lost.state() == before
    played(lost, ("import_", 0))
    assert lost.mailable == [1, 5]


def test_an_exchanged_address_that_was_imported_while_its_record_was_lost_is_removed(lost: LostList) -> None:
    played(lost, ("sign_up", 0))
    lost.back_up()
    lost.move(0, 5)
    lost.lose_all("FingerprintsTable")
    played(lost, ("import_", 0))
    assert lost.mailable == [0, 5]

    lost.restore("fingerprints")

    assert lost.mailable == [5]
    assert lost.dangling == []


def test_a_reader_who_moves_while_the_list_is_looked_through_stays(lost: LostList) -> None:
    """A page of a long list is judged minutes after it was read."""
    played(lost, ("sign_up", 0))
    lost.back_up()
    live = lost.step("on the list")
    (item,) = [item for page in live.pages() for item in page]
    lost.move(0, 5)
    before = lost.state()

    assert live.part.judge([item]) == [Verdict.UNCHANGED]
    assert not live.part.write(item, Verdict.REMOVED)
    assert lost.state() == before


@pytest.mark.parametrize(
    ("acts", "verdict"), [((), Verdict.REJOINED), ((("sign_up", 0), ("erase", 0)), Verdict.REMOVED)]
)
def test_a_reader_who_moves_at_the_moment_of_a_verdict_stays(
    lost: LostList, acts: Story, verdict: Verdict
) -> None:
    """Their fingerprint was lost, and then a second record of their address may have been erased."""
    played(lost, ("sign_up", 0))
    first = lost.ids[0]
    lost.back_up()
    lost.lose_all("FingerprintsTable")
    played(lost, *acts)
    lost.ids[0] = first
    with before_the_first_write(lambda: lost.move(0, 5)):
        live = lost.step("on the list")
        (item,) = [item for page in live.pages() for item in page]
        assert live.part.judge([item]) == [verdict]

        assert not live.part.write(item, verdict)

    assert (lost.mailable, lost.dangling) == ([5], [])
    assert [entry["fingerprint"][:5] for entry in lost.items("FingerprintsTable")].count("left#") == 1
    assert len(lost.items("FingerprintsTable")) == 2
    assert live.part.judge([item]) == [Verdict.UNCHANGED]


def test_an_address_that_waits_for_its_confirmation_is_not_restored_and_disturbs_nothing(
    lost: LostList,
) -> None:
    played(lost, ("sign_up", 0), ("sign_up", 1))
    without = lost.state()
    pending = lost.ask_new_address(0, 5)
    lost.back_up()
    lost.restore()
    assert lost.both.pending_address(pending.subscriber_id, lost.clock()) == pending
    lost.lose_all(*BOTH)

    lost.restore()

    assert lost.state() == without
