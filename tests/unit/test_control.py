"""Stop and go by command: what fits is moved, the sweep is called, everything else is said and left alone."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.control import Control, UnknownMailingError, WrongStateError
from broadsheet.mailings.mailing import LONGEST_MAILING, Chunk, MailingState
from tests.builders import ISSUE_ID, a_mailing
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.mailings import ChunkEntry, FakeLedger, FakeRateLimits

EN, BE_RU = f"{ISSUE_ID}_en", f"{ISSUE_ID}_be-ru"


@dataclass
class ControlDesk:
    """The commands over a ledger; `sweeps` counts how often the sweep was called."""

    ledger: FakeLedger
    clock: FakeClock = field(default_factory=FakeClock)
    sweeps: int = 0

    def control(self) -> Control:
        return Control(self.ledger, self.ledger, self.sweep, self.clock, FakeRateLimits())

    def do(self, what: str, audience: str | None = None, issue: str = ISSUE_ID) -> Any:
        return getattr(self.control(), what)(issue, audience)

    def states(self) -> dict[str, MailingState]:
        return {name: mailing.state for name, mailing in self.ledger.mailings.items()}

    def sweep(self) -> None:
        self.sweeps += 1


def a_desk(**states: MailingState) -> ControlDesk:
    """Mailings by audience, `_` for `-`."""
    mailings = [
        a_mailing(audience=audience.replace("_", "-"), state=state) for audience, state in states.items()
    ]
    return ControlDesk(FakeLedger().add(*mailings))


@pytest.mark.parametrize(
    ("what", "states", "after", "sweeps"),
    [
        ("pause", [MailingState.SENDING], MailingState.PAUSED, 0),
        (
            "resume",
            [MailingState.PAUSED, MailingState.SUSPENDED, MailingState.STOPPED],
            MailingState.SENDING,
            1,
        ),
        (
            "cancel",
            [
                MailingState.HELD,
                MailingState.SENDING,
                MailingState.PAUSED,
                MailingState.SUSPENDED,
                MailingState.STOPPED,
            ],
            MailingState.CANCELLED,
            0,
        ),
    ],
)
def test_a_command_applies_to_mailings_in_a_fitting_state_and_refuses_the_others(
    what: str, states: list[MailingState], after: MailingState, sweeps: int
) -> None:
    for state in MailingState:
        desk = a_desk(en=state)
        if state in states:
            (moved,) = desk.do(what)
            assert (moved.state, desk.states(), desk.sweeps) == (after, {EN: after}, sweeps)
        else:
            with pytest.raises(WrongStateError) as caught:
                desk.do(what)
            assert f"{EN} is {state.word}" in str(caught.value)
            assert (desk.states(), desk.sweeps) == ({EN: state}, 0)


def test_without_an_audience_all_are_moved_that_can_be() -> None:
    desk = a_desk(en=MailingState.SENDING, be_ru=MailingState.DONE)
    assert [mailing.id for mailing in desk.do("pause")] == [EN]
    assert desk.states() == {EN: MailingState.PAUSED, BE_RU: MailingState.DONE}


def test_with_an_audience_only_that_one_is() -> None:
    desk = a_desk(en=MailingState.SENDING, be_ru=MailingState.SENDING)
    desk.do("pause", "be-ru")
    assert desk.states() == {EN: MailingState.SENDING, BE_RU: MailingState.PAUSED}


@pytest.mark.parametrize("what", ["pause", "resume", "cancel", "resend"])
def test_an_unknown_issue_or_audience_is_said_to_be_one(what: str) -> None:
    desk = a_desk(en=MailingState.SENDING)
    with pytest.raises(UnknownMailingError, match="no mailing of 2015-01-05"):
        desk.do(what, issue="2015-01-05")
    with pytest.raises(UnknownMailingError, match="there are: en"):
        desk.do(what, "fr")
    assert desk.states() == {EN: MailingState.SENDING}


def test_resuming_a_stopped_mailing_overrides_what_stopped_it_also_over_a_pause() -> None:
    desk = a_desk(en=MailingState.STOPPED)
    desk.ledger.mailings[EN] = replace(desk.ledger.mailings[EN], reason="BOUNCES")
    for what in ("resume", "pause", "resume"):
        desk.do(what)
    head = desk.ledger.mailings[EN]
    assert (head.state, head.reason, head.moved_at) == (MailingState.SENDING, "BOUNCES", MONDAY_MORNING)


def test_resuming_a_suspended_mailing_overrides_nothing_but_what_stopped_it_before() -> None:
    desk = a_desk(en=MailingState.SUSPENDED)
    desk.ledger.mailings[EN] = replace(desk.ledger.mailings[EN], reason="BOUNCES ACCOUNT_SUSPENDED")
    desk.do("resume")
    assert desk.ledger.mailings[EN].reason == "BOUNCES"


def test_a_cancelled_mailing_records_when() -> None:
    desk = a_desk(en=MailingState.SENDING)
    desk.clock.move(timedelta(minutes=3))
    (head,) = desk.do("cancel")
    assert head.ended_at == MONDAY_MORNING + timedelta(minutes=3)


# -- resend


def a_done_mailing() -> ControlDesk:
    """Two of its chunks have members that were refused, for all the reasons that there are."""
    desk = a_desk(en=MailingState.DONE)
    desk.ledger.mailings[EN] = replace(
        desk.ledger.mailings[EN], plan=ChunkPlan(151), watermark=151, totals={"members": 9}
    )
    first = {
        "a": "accepted",
        "b": "refused:FAILED",
        "c": "refused:MESSAGE_REJECTED",
        "d": "refused:INVALID_PARAMETER",
        "e": "refused:RENDERING_FAILURE",
        "f": "refused:REJECT",
        "g": "refused:SEAL_BROKEN",
        "h": "skipped",
    }
    desk.ledger.entries = {
        (EN, 0): ChunkEntry(2, members=first, closed=True),
        (EN, 1): ChunkEntry(1, members={"i": "accepted"}, closed=True),
        (EN, 150): ChunkEntry(1, members={"j": "refused:FAILED"}, closed=True),
    }
    desk.ledger.deactivate(EN)
    return desk


def test_readers_refused_for_a_temporary_reason_are_mailed_again_and_nobody_else() -> None:
    desk = a_done_mailing()

    assert desk.do("resend") == 3

    waiting = [
        member
        for entry in desk.ledger.entries.values()
        for member, status in (entry.members or {}).items()
        if status == "waiting"
    ]
    assert waiting == ["b", "c", "j"]
    assert [entry.closed for entry in desk.ledger.entries.values()] == [False, True, False]
    head = desk.ledger.mailings[EN]
    assert (head.state, head.watermark, head.totals, desk.sweeps) == (MailingState.SENDING, 0, {}, 1)
    assert desk.ledger.active() == [head]


def test_if_nobody_was_refused_temporarily_nothing_changes() -> None:
    desk = a_done_mailing()
    desk.ledger.entries = {(EN, 1): desk.ledger.entries[EN, 1]}
    assert (desk.do("resend"), desk.states(), desk.sweeps) == (0, {EN: MailingState.DONE}, 0)
    assert desk.ledger.active() == []


def test_a_resend_that_crashed_between_chunks_and_mailing_is_completed_by_the_next() -> None:
    desk = a_done_mailing()
    first = {"b": "refused:FAILED", "c": "refused:MESSAGE_REJECTED"}
    for number, members in ((0, first), (150, {"j": "refused:FAILED"})):
        assert desk.ledger.reopen(EN, number, members, MONDAY_MORNING)
    desk.do("resend")
    assert (desk.states(), desk.sweeps) == ({EN: MailingState.SENDING}, 1)


def test_a_second_resend_by_what_was_read_before_the_first_mails_nobody_again() -> None:
    desk = a_done_mailing()
    before = desk.ledger.chunks(EN)
    desk.do("resend")
    for entry in desk.ledger.entries.values():
        entry.members = {m: "accepted" if s == "waiting" else s for m, s in (entry.members or {}).items()}
        entry.closed = True
    desk.ledger.mailings[EN] = replace(desk.ledger.mailings[EN], state=MailingState.DONE)

    class ReadBefore(FakeLedger):
        def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[Chunk]:
            assert mailing_id == EN
            return [chunk for chunk in before if first <= chunk.number < (upto or chunk.number + 1)]

    late = ControlDesk(ReadBefore(desk.ledger.mailings, desk.ledger.entries))
    assert late.do("resend") == 0
    assert all(entry.closed for entry in desk.ledger.entries.values())


def test_a_member_whom_ses_mailed_after_all_is_not_mailed_again() -> None:
    desk = a_done_mailing()
    desk.ledger.entries[EN, 0].events = {"b": frozenset({"send", "delivery"})}
    assert desk.do("resend") == 2
    assert (desk.ledger.entries[EN, 0].members or {})["b"] == "refused:FAILED"


@pytest.mark.parametrize("state", [state for state in MailingState if state is not MailingState.DONE])
def test_only_what_is_done_is_resent(state: MailingState) -> None:
    desk = a_desk(en=state)
    with pytest.raises(WrongStateError):
        desk.do("resend")
    assert desk.states() == {EN: state}


def test_no_reader_of_a_mailing_whose_records_are_about_to_expire_is_mailed_again() -> None:
    desk = a_done_mailing()
    before = desk.states()
    desk.clock.now = a_mailing().due_at + LONGEST_MAILING
    assert (desk.do("resend"), desk.states(), desk.sweeps) == (0, before, 0)
