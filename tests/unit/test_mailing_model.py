"""After any events in any order, every member has a recorded state after each step, and is mailed in the end.

Messages arrive twice, late, in any order or never, and so do SES's events; readers join, alone or by an
import of many, leave, are erased and suppressed; the mailing is paused and resumed, with and without a trial;
refused members are mailed again; SES throttles, does not answer or stops; workers and sweeps crash, hang, and
have different clocks.
"""

from contextlib import suppress
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from broadsheet.feedback.events import MailEvent
from broadsheet.feedback.record import RecordFeedback
from broadsheet.mail import NOT_VERIFIED, NotSentError, SendFailedError
from broadsheet.mailings.chunk_plan import Sizes, plan_for
from broadsheet.mailings.control import Control, WrongStateError
from broadsheet.mailings.mailing import NO_DIGEST, Halt, MailingState
from broadsheet.mailings.ports import ChunkMessage, SendingQuota
from broadsheet.mailings.sweep import QUOTA
from broadsheet.subscribers.subscriber import Reason
from tests.builders import a_mailing, a_subscriber
from tests.effort import tries
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.day import Boundaries, Day, dies
from tests.fakes.delivering import AFTER_LEASE
from tests.fakes.feedback import FakeRoundTripEvents
from tests.fakes.subscribers import FakeVault

SIZES = Sizes(chunk=4, trial=(2, 6), growth=2, most_parts=12)
ANY = st.integers(0, 1_000)
SIDES = st.sampled_from(["before", "after"])


class MailingMachine(RuleBasedStateMachine):
    """Twelve readers in three chunks, or four with a trial; SES takes three a second."""

    @initialize(with_trial=st.booleans())
    def it_begins(self, *, with_trial: bool) -> None:
        plan = plan_for(a_mailing().id, 12, SIZES, with_trial=with_trial)
        self.day = Day(readers=12, fate=list, plan=plan, with_trial=with_trial, sizes=SIZES)
        self.day.ses.on_accepted = self.accepted
        self.imports = 0
        self.unsaid: list[tuple[int, str]] = []
        self.gone: set[str] = set()
        self.is_lossy = False
        day = self.day
        self.feedback = RecordFeedback(
            day.ledger,
            day.ledger,
            day.people,
            FakeVault().fingerprint,
            day.clock,
            FakeRoundTripEvents().record,
            set().add,
        )
        self.day.sweep()

    def accepted(self, subscriber: str, tags: dict[str, str]) -> None:
        self.unsaid.append((int(tags["chunk"]), subscriber))

    def say(self, number: int, kind: str = "send") -> None:
        chunk, subscriber = self.unsaid[number % len(self.unsaid)]
        address = "" if kind in ("send", "delivery") else f"{subscriber}@example.org"
        event = MailEvent(kind, self.day.mailing_id, chunk, subscriber, address, hard=bool(address))
        if address:
            self.gone.add(subscriber)
        assert not self.feedback({"message": event}).failed

    @rule(seconds=st.sampled_from([1, 10, 61, 125, 400]))
    def time_goes_by(self, seconds: int) -> None:
        self.day.clock.move(timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from([2, 30]))
    def another_clock_is_behind(self, seconds: int) -> None:
        self.day.clock.move(-timedelta(seconds=seconds))

    @rule()
    def the_sweep_comes(self) -> None:
        self.day.sweep()

    @precondition(lambda self: self.day.queue.messages)
    @rule(which=ANY)
    def an_order_comes_in_any_order(self, which: int) -> None:
        messages = self.day.queue.messages
        self.day.work(messages.pop(which % len(messages))[1])

    def a_message(self, number: int) -> ChunkMessage:
        """A message that was sent before, about any chunk that was dispatched."""
        return ChunkMessage(self.day.mailing_id, number % max(1, self.day.head.dispatched))

    @rule(number=ANY)
    def an_order_comes_once_more(self, number: int) -> None:
        self.day.work(self.a_message(number))

    @precondition(lambda self: self.day.queue.messages)
    @rule(which=ANY)
    def an_order_is_lost(self, which: int) -> None:
        self.day.queue.messages.pop(which % len(self.day.queue.messages))

    @rule(number=ANY, boundary=st.integers(0, 70), side=SIDES)
    def a_worker_dies(self, number: int, boundary: int, side: str) -> None:
        message = self.a_message(number)
        self.day.work(message, Boundaries({boundary: dies(side)}))

    @rule(number=ANY, boundary=st.integers(0, 70), side=SIDES)
    def a_worker_stands_still_and_another_comes(self, number: int, boundary: int, side: str) -> None:
        message = self.a_message(number)

        def stall(now: str) -> None:
            if now == side:
                self.day.clock.move(AFTER_LEASE)
                self.day.work(message)

        self.day.work(message, Boundaries({boundary: stall}))

    @rule(boundary=st.integers(0, 12), side=SIDES)
    def the_sweep_dies(self, boundary: int, side: str) -> None:
        self.day.sweep(Boundaries({boundary: dies(side)}))

    @rule(boundary=st.integers(0, 14), side=SIDES, number=ANY)
    def the_sweep_stands_still_and_others_come(self, boundary: int, side: str, number: int) -> None:
        others = [
            self.day.sweep,
            lambda: self.day.work(self.a_message(number)),
            self.it_is_paused,
            lambda: (self.it_is_paused(), self.it_goes_on()),
            self.refused_members_are_mailed_again,
            self.day.minute,
        ]

        def stall(now: str) -> None:
            if now == side:
                self.day.clock.move(timedelta(seconds=3))
                others[number % len(others)]()

        self.day.sweep(Boundaries({boundary: stall}))

    @rule()
    def refused_members_are_mailed_again(self) -> None:
        day = self.day
        control = Control(day.ledger, day.ledger, day.sweep, day.clock, day.rate_limits)
        with suppress(WrongStateError):
            control.resend(day.head.issue)

    @rule(reason=st.sampled_from([NOT_VERIFIED, NO_DIGEST]))
    def a_worker_asks_for_a_halt(self, reason: str) -> None:
        self.day.ledger.request_halt(self.day.mailing_id, Halt(reason, self.day.clock()))

    @precondition(lambda self: self.unsaid)
    @rule(which=ANY, kind=st.sampled_from(["send", "delivery", "bounce", "complaint"]))
    def an_event_comes(self, which: int, kind: str) -> None:
        self.say(which, kind)

    @precondition(lambda self: self.unsaid)
    @rule()
    def all_events_come(self) -> None:
        for number in range(len(self.unsaid)):
            self.say(number)

    @precondition(lambda self: self.unsaid)
    @rule()
    def events_are_lost(self) -> None:
        self.unsaid.clear()
        self.is_lossy = True

    @rule(word=st.sampled_from(["waiting", "refused:MESSAGE_REJECTED"]))
    def ses_answers_so_next(self, word: str) -> None:
        self.day.ses.statuses = dict.fromkeys(self.day.ids[::5], word)

    @rule()
    def ses_answers_as_ever(self) -> None:
        self.day.ses.statuses = {}

    @rule(error=st.sampled_from([NotSentError("Throttling"), SendFailedError("ReadTimeoutError")]))
    def the_next_call_fails(self, error: Exception) -> None:
        self.day.ses.answers = [error]

    @rule(stop=st.sampled_from([QUOTA, "SendingPausedException"]))
    def ses_stops_us(self, stop: str) -> None:
        self.day.ses.answers = [NotSentError(stop, stop)]

    @rule(rate=st.sampled_from([0.9, 3.0, 40.0]), sent=st.sampled_from([0.0, 50_000.0]))
    def the_grant_changes(self, rate: float, sent: float) -> None:
        self.day.quotas.granted = SendingQuota(rate, 50_000.0, sent)

    @rule()
    def it_is_paused(self) -> None:
        self.day.ledger.move(
            self.day.mailing_id, [MailingState.SENDING], MailingState.PAUSED, self.day.clock()
        )

    @rule()
    def it_goes_on(self) -> None:
        stopped = [MailingState.PAUSED, MailingState.SUSPENDED, MailingState.STOPPED]
        reason = self.day.head.reason_with()
        self.day.ledger.move(self.day.mailing_id, stopped, MailingState.SENDING, self.day.clock(), reason)

    @rule(number=st.integers(0, 15))
    def somebody_joins(self, number: int) -> None:
        name = f"{number:x}" * 32
        if name not in self.gone:
            self.day.people.add(a_subscriber(f"{name}@example.org", id=name))

    @precondition(lambda self: self.imports < 2)
    @rule(count=st.sampled_from([20, 70]))
    def an_import_brings_many(self, count: int) -> None:
        """They are mailed unless their chunk was claimed before: who is a member, the ledger says."""
        before = list(self.day.ids)
        self.day.join(count + self.imports)
        self.day.ids, self.imports = before, self.imports + 1

    @rule(which=ANY, how=st.sampled_from(["leaves", "is erased", "is suppressed"]))
    def somebody_goes(self, which: int, how: str) -> None:
        name = self.day.ids[which % len(self.day.ids)]
        person = self.day.people.people.get(name)
        self.gone.add(name)
        if person and how == "is suppressed":
            self.day.people.suppress(person.fingerprint, Reason.COMPLAINT, MONDAY_MORNING.date())
        elif person and how == "is erased":
            self.day.people.erase(person, MONDAY_MORNING.date(), not_again=False)
        elif person:
            self.day.people.leave(person, MONDAY_MORNING.date())

    @invariant()
    def everyone_is_accounted_for_and_the_totals_are_what_a_recount_gives(self) -> None:
        self.day.check()

    @invariant()
    def only_members_were_mailed_and_who_stands_as_accepted_was(self) -> None:
        """Unless an unknown outcome timed out before its events arrived, and the member had left by then."""
        statuses, given = self.day.statuses, self.day.ses.given
        assert set(given) <= set(statuses)
        is_excused = self.is_lossy or self.mailed_again_without_time_for_events()
        for member, status in statuses.items():
            assert status != "accepted" or given[member] >= 1
            assert status not in ("skipped", "refused:SEAL_BROKEN") or not given[member] or is_excused

    def teardown(self) -> None:
        """In the end all faults are over, and then no member is missing."""
        day = self.day
        day.ses.answers, day.ses.statuses = [], {}
        day.quotas.granted = SendingQuota(40.0, 50_000.0, 0.0)
        for _ in range(60):
            if day.head.state is MailingState.DONE:
                break
            self.it_goes_on()
            for number in range(len(self.unsaid)):
                self.say(number)
            day.minute()
        assert day.head.state is MailingState.DONE, day.ledger.entries
        day.check()
        assert sum(day.head.totals[name] for name in ("waiting", "in_doubt")) == 0
        refused = {m for m, status in day.statuses.items() if status.startswith("refused")}
        assert set(day.ids) - self.gone - refused <= {m for m, count in day.ses.given.items() if count}
        assert self.is_lossy or self.mailed_again_without_time_for_events() or day.twice == 0

    def mailed_again_without_time_for_events(self) -> bool:
        """Whether an unknown outcome timed out before its events arrived: then the report counts it."""
        return self.day.timed_out > 0


MailingMachine.TestCase.settings = settings(
    max_examples=tries(20, proof=600), stateful_step_count=40, deadline=None
)
TestMailing = MailingMachine.TestCase
