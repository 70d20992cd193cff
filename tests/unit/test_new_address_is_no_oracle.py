"""A reader who asks for somebody's address learns nothing of it, whatever they do before and after.

The same steps are played with an address of which nothing is known and with one in another state. What the
reader can see must be the same: the mails to their own mailboxes, what links do, and their page.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadsheet.language import language
from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.messages import SignupQueueMessage
from broadsheet.subscribers.networks import Share
from broadsheet.subscribers.requester import RecordChangedError
from broadsheet.subscribers.subscriber import Known, Reason, Status
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_sign_up, a_subscriber
from tests.effort import tries
from tests.unit.test_new_address import OTHER, TODAY, AddressStory, fingerprint
from tests.unit.test_process_signup import token_in

THEIRS, THEIR_MAILBOX = "sasha@else.test", "sa.sha@else.test"
THEIR_ID, REQUEST = "e" * 32, "a" * 32
OWN = (ADDRESS, OTHER)
NETWORK = Share("203.0.113.0/24", 30)


class Curious(AddressStory):
    """A reader with two mailboxes; `seen` is what they see, `links` confirm what mails in them ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.links: list[Confirmation] = []
        self.looked_at = 0

    def asks(self, address: str) -> None:
        self.page.ask_new_address(self.own_link, address, NETWORK)

    def work_is_done(self) -> None:
        messages, self.system.queue.messages = self.system.queue.messages, []
        for message in messages:
            self.processed(message)

    def processed(self, message: SignupQueueMessage) -> None:
        try:
            self.system.process(message)
        except RecordChangedError:
            self.system.process(message)

    def looks(self) -> None:
        """Read the mails that have come since the last look."""
        for sent in self.system.mailer.sent[self.looked_at :]:
            if sent.to in OWN:
                self.seen.append((sent.to, sent.mail.subject))
                if sent.mail.subject.startswith(language("be")["mail_new_address_subject"]):
                    token = token_in(sent.mail.text)
                    self.links.append(self.system.keyring.links.read_confirm_token(token))
        self.looked_at = len(self.system.mailer.sent)

    def presses(self, *links: Confirmation) -> None:
        self.seen.append([(self.button.waiting(link), self.confirm(link)) for link in links])

    def they_leave(self) -> None:
        system = self.system
        known = system.subscribers.find(fingerprint(THEIRS), system.clock.now)
        if known.subscriber_id:
            ports = {"subscribers": system.subscribers, "limits": system.limits, "clock": system.clock}
            unsubscribe(known.subscriber_id, **ports)  # type: ignore[arg-type]  # by name

    def they_ask(self, address: str) -> None:
        now = int(self.system.clock.now.timestamp())
        self.system.process(a_sign_up(address, request_id=REQUEST, asked_at=now))

    def they_are_subscribed(self) -> None:
        self.system.subscribers.add(a_subscriber(THEIRS, id=THEIR_ID))

    def they_have_left(self) -> None:
        self.they_are_subscribed()
        self.they_leave()

    def they_signed_up_and_left(self) -> None:
        self.they_ask(THEIRS)
        people = self.system.subscribers.people
        pending = next(person for person in people.values() if person.status is Status.PENDING)
        self.confirm(Confirmation(pending.id, REQUEST))
        self.system.queue.messages.clear()
        self.they_leave()


State = Callable[[Curious], object]
STATES: dict[str, State] = {
    "subscribed": Curious.they_are_subscribed,
    "waits for its confirmation": lambda story: story.they_ask(THEIRS),
    "left": Curious.they_have_left,
    "signed up and left": Curious.they_signed_up_and_left,
    "left long ago": lambda story: story.system.subscribers.left.update({fingerprint(THEIRS): TODAY}),
    "suppressed": lambda story: story.system.subscribers.fingerprints.update(
        {fingerprint(THEIRS): Known(reason=Reason.NOT_AGAIN)}
    ),
    "mailed lately": lambda story: story.they_ask(THEIR_MAILBOX),
}
STEPS: dict[str, State] = {
    "asks for theirs": lambda story: story.asks(THEIRS),
    "asks for another of their own": lambda story: story.asks(OTHER),
    "asks for the present one": lambda story: story.asks(ADDRESS),
    "the queue is worked off": Curious.work_is_done,
    "a quarter of an hour goes by": lambda story: story.system.clock.move(timedelta(minutes=15)),
    "a day goes by": lambda story: story.system.clock.move(timedelta(days=1, hours=1)),
    "presses the first button": lambda story: story.presses(*story.links[:1]),
    "presses all buttons": lambda story: story.presses(*story.links),
    "has the record mailed": lambda story: story.page.mail_record(SUBSCRIBER_ID),
    "they leave": Curious.they_leave,
}
WAITED = [
    *("asks for another of their own", "the queue is worked off", "asks for theirs"),
    *("a quarter of an hour goes by", "the queue is worked off", "presses all buttons"),
]


def seen_by_the_reader(steps: list[str], state: State) -> list[object]:
    story = Curious()
    state(story)
    story.looked_at = len(story.system.mailer.sent)
    for step in [*steps, "the queue is worked off"]:
        STEPS[step](story)
        story.looks()
    story.presses(*story.links)
    reader = story.system.subscribers.people.get(SUBSCRIBER_ID)
    return [
        *story.seen,
        reader and (reader.fingerprint, reader.soft_bounces, reader.confirmed_address is None),
    ]


@pytest.mark.parametrize("state", STATES)
@settings(max_examples=tries(40, proof=2_000), deadline=None)
@example(WAITED)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_what_a_reader_sees_is_the_same_whatever_is_known_of_the_address(
    state: str, steps: list[str]
) -> None:
    assert seen_by_the_reader(steps, STATES[state]) == seen_by_the_reader(steps, lambda _: None)
