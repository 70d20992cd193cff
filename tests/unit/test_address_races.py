"""Two things happen to a reader at the same moment: one runs between two calls of the other.

Every pair is tried at every call of a port. Then what must always hold is asked of the list, of what is
stored beside it, and of every mail that was sent.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from broadsheet.feedback.events import MailEvent
from broadsheet.feedback.record import RecordFeedback
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.mailing_list.statistics import erase_address
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.requester import RecordChangedError
from broadsheet.subscribers.subscriber import Known, Reason, Status
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_sign_up, a_subscriber
from tests.fakes.day import Boundaries, Bounded
from tests.fakes.feedback import FakeRoundTripEvents
from tests.fakes.mailing_list import FakeMailingList
from tests.fakes.mailings import FakeLedger
from tests.fakes.subscribers import FakeVault
from tests.unit.test_new_address import HOME, NEW, OTHER, AddressStory, fingerprint
from tests.unit.test_process_signup import token_in

CONSENTED = "7" * 32  # the request of a sign-up


class Races(AddressStory):
    """A reader who has the confirmation mail of a new address; `boundaries` counts the calls of ports."""

    def __init__(self) -> None:
        super().__init__()
        self.ask()
        self.link_of_move = self.link
        self.system.clock.move(timedelta(seconds=5))
        self.list = self.system.subscribers
        self.boundaries = Boundaries()
        for name in ("subscribers", "limits", "queue"):
            setattr(self.system, name, Bounded(getattr(self.system, name), name, self.boundaries))
        self.system.worker = self.system.a_worker()
        self.boundaries.crossed.clear()

    @property
    def mailing_list(self) -> FakeMailingList:
        return FakeMailingList(self.list)

    def process(self, *messages: object) -> None:
        """Process messages, and those that they lead to; a message that failed comes again."""
        waiting = list(messages)
        for _ in range(20):
            waiting += self.system.queue.messages
            self.system.queue.messages.clear()
            if not waiting:
                return
            message = waiting.pop(0)
            try:
                self.system.process(message)  # type: ignore[arg-type]  # of this queue
            except RecordChangedError:
                waiting.append(message)
        raise AssertionError("a message fails again and again")

    def reader_mail(self, kind: MessageKind) -> None:
        self.process(ReaderMailMessage(kind, SUBSCRIBER_ID, self.now, 1, "9" * 32))

    def asks_for(self, address: str) -> None:
        self.page.ask_new_address(self.own_link, address, HOME)
        self.process()

    def signs_up(self, address: str) -> None:
        self.process(a_sign_up(address, request_id=CONSENTED, asked_at=self.now))

    def bounces(self, address: str, subscriber_id: str) -> None:
        ports = (FakeLedger(), FakeLedger(), self.system.subscribers, FakeVault().fingerprint)
        feedback = RecordFeedback(*ports, self.system.clock, FakeRoundTripEvents().record, set().add)  # type: ignore[arg-type]  # the fake is both ports
        feedback({"1": MailEvent("bounce", subscriber_id=subscriber_id, address=address, hard=True)})

    def is_forgotten(self, address: str) -> None:
        erase_address(
            fingerprint(address),
            not_again=False,
            subscribers=self.system.subscribers,
            mailing_list=self.mailing_list,
            limits=self.system.limits,
            now=self.system.clock.now,
        )

    def imports(self) -> None:
        for address, name in ((ADDRESS, "c" * 32), (NEW, "d" * 32)):
            if self.mailing_list.look_up([fingerprint(address)], self.system.clock.now) == [ImportStatus.NEW]:
                self.mailing_list.add_new([a_subscriber(address, id=name)], self.system.clock.now)

    @property
    def now(self) -> int:
        return int(self.system.clock.now.timestamp())


Act = Callable[[Races], object]
ACTS: dict[str, Act] = {
    "moves": lambda story: story.confirm(story.link_of_move),
    "asks for another": lambda story: story.asks_for(OTHER),
    "asks for the old one": lambda story: story.asks_for(ADDRESS),
    "asks for the new one again": lambda story: story.asks_for(NEW),
    "the old one signs up": lambda story: story.signs_up(ADDRESS),
    "the new one signs up": lambda story: story.signs_up(NEW),
    "is mailed a link": lambda story: story.reader_mail(MessageKind.LINK),
    "is mailed the record": lambda story: story.reader_mail(MessageKind.RECORD),
    "leaves": lambda story: story.leave(),
    "is erased": lambda story: story.page.erase(SUBSCRIBER_ID, not_again=False),
    "is erased for good": lambda story: story.page.erase(SUBSCRIBER_ID, not_again=True),
    "the old one bounces": lambda story: story.bounces(ADDRESS, SUBSCRIBER_ID),
    "the new one bounces": lambda story: story.bounces(NEW, "f" * 32),
    "the old one is forgotten": lambda story: story.is_forgotten(ADDRESS),
    "the new one is forgotten": lambda story: story.is_forgotten(NEW),
    "both are imported": lambda story: story.imports(),
}
LEAVING = {"leaves", "is erased", "is erased for good"}
MOVES = "moves"


def races_of(first: str, second: str) -> Iterator[tuple[str, Races]]:
    """The story after both acts, with the call of the first before which the second ran."""
    alone = Races()
    ACTS[first](alone)
    for number, call in enumerate(alone.boundaries.crossed):
        story = Races()

        def meanwhile(side: str, story: Races = story) -> None:
            if side == "before":
                ACTS[second](story)

        story.boundaries.faults[number] = meanwhile
        ACTS[first](story)
        story.process()
        yield f"{second} before {call} of {first}", story


def is_sound(story: Races) -> None:
    """What must hold after any acts."""
    people, fingerprints = story.list.people, story.list.fingerprints
    for person in people.values():
        assert fingerprints[person.fingerprint] == Known(person.id)
        assert person.status is Status.PENDING or person.fingerprint not in story.list.left
    assert {known.subscriber_id for known in fingerprints.values() if known.subscriber_id} == {*people}
    assert {*story.list.addresses} <= {*people}
    for sent in story.system.mailer.sent:
        with suppress(StopIteration):  # it has no such link
            link = story.system.keyring.links.read_manage_token(token_in(sent.mail.text, "manage"))
            reader = story.page.reader_of(link)
            assert not reader or FakeVault().open(reader.sealed_address, reader.id) == sent.to


@pytest.mark.parametrize("first", ACTS)
def test_whatever_happens_at_the_same_moment_the_list_is_sound_and_no_link_goes_astray(first: str) -> None:
    for second in ACTS:
        for case, story in races_of(first, second):
            is_sound(story)
            assert not {first, second} & LEAVING or SUBSCRIBER_ID not in story.list.people, case


@pytest.mark.parametrize("acts", [(act, MOVES) for act in LEAVING] + [(MOVES, act) for act in LEAVING])
def test_who_goes_while_they_move_is_gone_from_both_addresses(acts: tuple[str, str]) -> None:
    """The new address gets its tombstone, too, and nothing else stays of it."""
    for case, story in races_of(*acts):
        has_moved = fingerprint(ADDRESS) in story.list.left and "leaves" not in acts
        last = NEW if has_moved or fingerprint(NEW) in story.list.left else ADDRESS
        history = story.system.limits.memory[address_counter(fingerprint(last))]
        assert (history.mailed, history.gone_at is not None) == ((), True), case
        reasons = {known.reason for known in story.list.fingerprints.values()}
        assert reasons == ({Reason.NOT_AGAIN} if "is erased for good" in acts else set()), case


def test_the_opt_out_record_of_the_old_address_outlives_whatever_happens_meanwhile() -> None:
    others = {*ACTS} - {MOVES, "the old one is forgotten", "is erased", "is erased for good"}
    for second in sorted(others):
        for case, story in races_of(MOVES, second):
            reader = story.list.people.get(SUBSCRIBER_ID)
            if reader and reader.address_id:
                assert fingerprint(ADDRESS) in story.list.left, case
