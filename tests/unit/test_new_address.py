"""Changing an address, from the reader's page to the mails: by the use cases, over one list and one queue."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from broadsheet.language import language
from broadsheet.mail import NotSentError, SendFailedError
from broadsheet.subscribers.confirm import Confirm, Confirmed
from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.limits import address_counter, record_counter, write_tombstone
from broadsheet.subscribers.link_tokens import Confirmation, ManageLink
from broadsheet.subscribers.manage import ManageSubscription
from broadsheet.subscribers.messages import NewAddressMessage, SignupMessage, read_message
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.process_signup import SignupOutcome
from broadsheet.subscribers.requester import RecordChangedError
from broadsheet.subscribers.send_history import SendHistory, end_of_day
from broadsheet.subscribers.subscriber import ConfirmedAddress, Known, PendingAddress, Reason, Status
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_sign_up, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeNetworks, FakeVault
from tests.unit.test_process_signup import SignupSystem, token_in

NEW, OTHER = "ana@new.test", "bo@new.test"
HOME = Share("203.0.113.0/24", 3)
READER = a_subscriber(language="be")
TODAY = FakeClock().now.date()


def fingerprint(address: str) -> str:
    return FakeVault().fingerprint(address)


@dataclass
class AddressStory:
    """A reader, the functions behind their page and links, and the worker of the queue.

    `ask` posts a new address, `work` processes the queue, `confirm` presses the button of the latest mail.
    """

    system: SignupSystem = field(default_factory=SignupSystem)
    networks: FakeNetworks = field(default_factory=FakeNetworks)
    asked: list[NewAddressMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.system.subscribers.add(READER)

    @property
    def page(self) -> ManageSubscription:
        system = self.system
        ports = (system.subscribers, system.queue, self.networks, system.limits)
        return ManageSubscription(*ports, system.clock, FakeVault())

    def ask(self, address: str = NEW) -> list[SignupOutcome]:
        self.page.ask_new_address(self.own_link, address, HOME)
        return self.work()

    def work(self) -> list[SignupOutcome]:
        """Process each message that is in the queue now, as it is read from its JSON."""
        messages, self.system.queue.messages = self.system.queue.messages, []
        read = [read_message(message.to_json()) for message in messages]
        self.asked += [message for message in read if isinstance(message, NewAddressMessage)]
        return [self.system.process(message) for message in read]

    @property
    def own_link(self) -> ManageLink:
        """The link that opens the reader's page now."""
        reader = self.system.subscribers.people.get(SUBSCRIBER_ID, READER)
        return ManageLink(SUBSCRIBER_ID, reader.address_id, TODAY)

    @property
    def link(self) -> Confirmation:
        """What the link in the latest mail confirms."""
        token = token_in(self.system.mailer.sent[-1].mail.text)
        return self.system.keyring.links.read_confirm_token(token)

    @property
    def button(self) -> Confirm:
        system = self.system
        return Confirm(system.subscribers, system.limits, system.queue, system.clock)

    def confirm(self, link: Confirmation | None = None) -> Confirmed | None:
        return self.button(link or self.link)

    def leave(self) -> None:
        system = self.system
        unsubscribe(SUBSCRIBER_ID, subscribers=system.subscribers, limits=system.limits, clock=system.clock)

    @property
    def mailed(self) -> list[str]:
        """To whom mails were sent."""
        return [sent.to for sent in self.system.mailer.sent]

    @property
    def address(self) -> str:
        """Where the reader's letters go."""
        return FakeVault().open(self.system.subscribers.people[SUBSCRIBER_ID].sealed_address, SUBSCRIBER_ID)


@pytest.fixture
def story() -> AddressStory:
    return AddressStory()


def test_the_new_address_gets_a_button_and_until_it_is_pressed_nothing_changes(story: AddressStory) -> None:
    assert story.ask() == [SignupOutcome.NEW_ADDRESS_MAILED]

    assert story.mailed == [NEW]
    assert story.system.subscribers.people == {SUBSCRIBER_ID: READER}
    assert story.system.subscribers.find(fingerprint(NEW), story.system.clock.now) == Known()
    assert story.address == ADDRESS
    [sent] = story.system.mailer.sent
    assert sent.mail.subject.startswith(language("be")["mail_new_address_subject"])
    assert ADDRESS not in sent.mail.text + sent.mail.html


def test_when_the_button_is_pressed_the_new_address_replaces_the_old_one(story: AddressStory) -> None:
    story.ask()

    assert story.confirm() is Confirmed.ADDRESS

    subscribers = story.system.subscribers
    moved = subscribers.people[SUBSCRIBER_ID]
    request = story.asked[0].request_id
    assert moved == replace(
        READER,
        fingerprint=fingerprint(NEW),
        sealed_address=FakeVault().seal(NEW, SUBSCRIBER_ID),
        confirmed_address=ConfirmedAddress(request, TODAY, TODAY),
    )
    assert subscribers.fingerprints == {fingerprint(NEW): Known(SUBSCRIBER_ID)}
    assert subscribers.left == {fingerprint(ADDRESS): TODAY}
    assert subscribers.addresses == {}
    assert story.system.limits.memory[address_counter(fingerprint(ADDRESS))].gone_on == TODAY


def test_the_reader_is_told_at_the_new_address_alone_with_links_that_work(story: AddressStory) -> None:
    story.ask()
    story.confirm()

    assert story.work() == [SignupOutcome.MOVE_MAILED]

    assert story.mailed == [NEW, NEW]
    mail = story.system.mailer.sent[-1].mail
    link = story.system.keyring.links.read_manage_token(token_in(mail.text, "manage"))
    assert story.page.reader_of(link) == story.system.subscribers.people[SUBSCRIBER_ID]
    assert story.page.may_change_address(link)
    assert mail.subject.startswith(language("be")["mail_moved_subject"])


def test_links_from_before_open_no_page_but_still_end_the_subscription(story: AddressStory) -> None:
    before = ManageLink(SUBSCRIBER_ID, "", TODAY)
    assert story.page.reader_of(before) == READER
    story.ask()
    assert story.page.reader_of(before) == READER
    story.confirm()

    assert story.page.reader_of(before) is None
    assert story.page.reader_of(ManageLink(SUBSCRIBER_ID)) is None
    story.leave()

    assert story.system.subscribers.people == {}
    assert set(story.system.subscribers.left) == {fingerprint(ADDRESS), fingerprint(NEW)}


def test_the_sign_up_link_in_the_old_mailbox_is_worth_nothing_after_a_move(story: AddressStory) -> None:
    assert READER.consent
    sign_up = Confirmation(SUBSCRIBER_ID, READER.consent.request_id)
    assert story.button.waiting(sign_up) is Confirmed.SUBSCRIPTION
    story.ask()
    story.confirm()

    assert story.button.waiting(sign_up) is None
    assert story.confirm(sign_up) is None
    assert story.address == NEW


@pytest.mark.parametrize(
    ("made_on", "may"),
    [
        (TODAY, True),
        (TODAY - timedelta(days=2), True),
        (TODAY - timedelta(days=3), False),
        (date(2015, 1, 1), False),
        (None, False),  # by an earlier release
    ],
)
def test_only_a_link_of_the_last_two_days_changes_an_address(
    story: AddressStory,
    made_on: date | None,
    may: bool,  # noqa: FBT001  # a column
) -> None:
    assert story.page.may_change_address(ManageLink(SUBSCRIBER_ID, "", made_on)) is may


def test_a_second_press_says_the_same_and_mails_nothing(story: AddressStory) -> None:
    story.ask()
    link = story.link
    story.confirm()
    story.work()

    assert story.confirm(link) is Confirmed.ADDRESS
    assert story.work() == []


def test_two_presses_at_the_same_moment_change_it_once(story: AddressStory) -> None:
    story.ask()
    link = story.link
    story.system.subscribers.meanwhile.append(lambda: story.confirm(link))

    assert story.confirm(link) is Confirmed.ADDRESS

    assert story.address == NEW
    assert story.work() == [SignupOutcome.MOVE_MAILED]


def test_a_confirmation_works_for_48_hours(story: AddressStory) -> None:
    story.ask()
    story.system.clock.move(timedelta(hours=48) - timedelta(seconds=1))
    assert story.button.waiting(story.link) is Confirmed.ADDRESS

    story.system.clock.move(timedelta(seconds=1))

    assert story.button.waiting(story.link) is None
    assert story.confirm() is None
    assert story.address == ADDRESS


def test_who_left_is_not_brought_back_by_confirming(story: AddressStory) -> None:
    story.ask()
    story.leave()

    assert story.system.subscribers.addresses == {}
    assert story.confirm() is None
    assert story.system.subscribers.people == {}
    assert story.system.subscribers.left == {fingerprint(ADDRESS): TODAY}


def test_who_leaves_while_the_request_waits_in_the_queue_is_not_mailed(story: AddressStory) -> None:
    story.page.ask_new_address(story.own_link, NEW, HOME)
    story.leave()

    assert story.work() == [SignupOutcome.NOBODY]
    assert (story.mailed, story.system.subscribers.addresses) == ([], {})


def test_who_leaves_while_it_is_stored_leaves_no_address_behind(story: AddressStory) -> None:
    story.system.subscribers.meanwhile.append(story.leave)

    with pytest.raises(RecordChangedError):
        story.ask()

    assert (story.mailed, story.system.subscribers.addresses) == ([], {})
    assert story.system.process(story.asked[0]) is SignupOutcome.NOBODY


def test_who_leaves_at_the_moment_of_the_change_is_gone(story: AddressStory) -> None:
    story.ask()
    story.system.subscribers.meanwhile.append(story.leave)

    assert story.confirm() is None
    assert story.system.subscribers.people == {}


def test_of_two_requests_the_later_one_counts(story: AddressStory) -> None:
    story.ask()
    first = story.link
    story.ask(OTHER)

    assert story.confirm(first) is None
    assert story.address == ADDRESS
    assert story.confirm() is Confirmed.ADDRESS
    assert story.address == OTHER
    assert story.confirm(first) is None


def test_what_was_asked_for_before_a_move_is_void_after_it(story: AddressStory) -> None:
    story.page.ask_new_address(story.own_link, OTHER, HOME)
    waits, story.system.queue.messages = story.system.queue.messages, []
    story.ask()
    story.confirm()
    story.system.queue.messages = waits

    assert story.work() == [SignupOutcome.NOBODY]
    assert (story.mailed, story.system.subscribers.addresses) == ([NEW], {})


def test_a_move_while_a_request_is_stored_keeps_it_out(story: AddressStory) -> None:
    story.ask()
    link = story.link
    story.system.subscribers.meanwhile.append(lambda: story.confirm(link))

    with pytest.raises(RecordChangedError):
        story.ask(OTHER)

    assert (story.mailed, story.system.subscribers.addresses) == ([NEW], {})
    assert story.system.process(story.asked[-1]) is SignupOutcome.NOBODY


def test_a_request_of_an_earlier_release_counts_for_the_address_of_the_sign_up(story: AddressStory) -> None:
    story.page.ask_new_address(story.own_link, NEW, HOME)
    body = json.loads(story.system.queue.messages[0].to_json())
    del body["address_id"]

    assert story.system.process(read_message(json.dumps(body))) is SignupOutcome.NEW_ADDRESS_MAILED


def test_an_address_can_be_changed_again_and_back(story: AddressStory) -> None:
    story.ask()
    story.confirm()
    story.work()
    story.ask(OTHER)
    assert story.confirm() is Confirmed.ADDRESS
    story.work()
    assert story.ask(ADDRESS) == [SignupOutcome.NEW_ADDRESS_MAILED]
    assert story.confirm() is Confirmed.ADDRESS

    assert story.address == ADDRESS
    assert set(story.system.subscribers.left) == {fingerprint(NEW), fingerprint(OTHER)}
    assert story.system.subscribers.fingerprints == {fingerprint(ADDRESS): Known(SUBSCRIBER_ID)}


@pytest.mark.parametrize("spelling", [ADDRESS, ADDRESS.title(), ADDRESS.upper()])
def test_ones_own_address_in_any_spelling_is_told_that_nothing_changed(
    story: AddressStory, spelling: str
) -> None:
    assert story.ask(spelling) == [SignupOutcome.ALREADY_MAILED]

    assert story.mailed == [spelling]
    assert story.confirm(Confirmation(SUBSCRIBER_ID, story.asked[0].request_id)) is None
    assert story.system.subscribers.people == {SUBSCRIBER_ID: READER}


def test_an_address_that_is_subscribed_gets_a_link_to_its_own_page_and_stays(story: AddressStory) -> None:
    other = a_subscriber(NEW, id="b" * 32)
    story.system.subscribers.add(other)

    assert story.ask() == [SignupOutcome.ALREADY_MAILED]

    token = token_in(story.system.mailer.sent[-1].mail.text, "manage")
    assert story.system.keyring.links.read_manage_token(token).subscriber_id == other.id
    assert story.system.subscribers.people == {SUBSCRIBER_ID: READER, other.id: other}


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_address_is_not_mailed_and_not_taken(story: AddressStory, reason: Reason) -> None:
    story.ask(OTHER)
    story.system.subscribers.fingerprints[fingerprint(NEW)] = Known(reason=reason)

    assert story.ask() == [SignupOutcome.SUPPRESSED]

    assert story.mailed == [OTHER]
    assert story.confirm(Confirmation(SUBSCRIBER_ID, story.asked[-1].request_id)) is None
    assert story.system.subscribers.people == {SUBSCRIBER_ID: READER}


def subscribed(story: AddressStory) -> None:
    story.system.subscribers.add(a_subscriber(NEW, id="b" * 32))


def suppressed(story: AddressStory) -> None:
    story.system.subscribers.fingerprints[fingerprint(NEW)] = Known(reason=Reason.BOUNCE)


def mailed_lately(story: AddressStory) -> None:
    story.system.process(a_sign_up("a.na@new.test"))


def free(story: AddressStory) -> None:
    assert story.system.subscribers.find(fingerprint(NEW), story.system.clock.now) == Known()


@pytest.mark.parametrize("state", [subscribed, suppressed, mailed_lately, free])
def test_an_earlier_link_ends_whatever_is_known_of_the_address_asked_for_since(
    story: AddressStory, state: Callable[[AddressStory], None]
) -> None:
    story.ask(OTHER)
    earlier = story.link
    state(story)

    story.ask()

    assert story.button.waiting(earlier) is None
    assert story.confirm(earlier) is None
    assert story.address == ADDRESS


def test_an_earlier_link_ends_when_the_present_address_is_asked_for(story: AddressStory) -> None:
    """So does whoever has typed a stranger's address and wants their own back."""
    story.ask(OTHER)
    earlier = story.link

    story.ask(ADDRESS)

    assert story.confirm(earlier) is None
    assert story.address == ADDRESS


def test_an_earlier_link_ends_though_the_reader_of_the_address_left_while_its_message_waited(
    story: AddressStory,
) -> None:
    """What is stored instead names nobody: whoever left leaves nothing behind."""
    story.ask(OTHER)
    earlier = story.link
    story.page.ask_new_address(story.own_link, NEW, HOME)
    system = story.system
    write_tombstone(system.limits, "b" * 32, fingerprint(NEW), system.clock.now)
    system.clock.move(timedelta(minutes=15))

    assert story.work() == [SignupOutcome.GONE]

    assert story.confirm(earlier) is None
    assert story.confirm(Confirmation(SUBSCRIBER_ID, story.asked[-1].request_id)) is None
    assert story.address == ADDRESS
    assert {pending.fingerprint for pending in system.subscribers.addresses.values()} == {READER.fingerprint}


def test_an_earlier_request_that_comes_late_is_not_mailed_and_replaces_nothing(story: AddressStory) -> None:
    story.page.ask_new_address(story.own_link, OTHER, HOME)
    late, story.system.queue.messages = story.system.queue.messages, []
    story.system.clock.move(timedelta(minutes=1))
    story.ask()
    story.system.queue.messages = late

    assert story.work() == [SignupOutcome.GONE]

    assert story.mailed == [NEW]
    assert story.confirm() is Confirmed.ADDRESS
    assert story.address == NEW


def test_an_address_suppressed_after_the_mail_is_not_taken(story: AddressStory) -> None:
    story.ask()
    story.system.subscribers.suppress(fingerprint(NEW), Reason.BOUNCE, TODAY)

    assert story.confirm() is None
    assert story.address == ADDRESS
    assert story.system.subscribers.find(fingerprint(NEW), story.system.clock.now).reason is Reason.BOUNCE


def test_a_move_that_fails_leaves_no_tombstone_of_the_reader_who_stays(story: AddressStory) -> None:
    story.ask()
    story.system.subscribers.suppress(fingerprint(NEW), Reason.BOUNCE, TODAY)
    before = dict(story.system.limits.memory)

    assert story.confirm() is None

    assert story.system.limits.memory == before


def test_a_bounce_of_the_mail_to_the_new_address_cannot_be_laid_to_the_reader(story: AddressStory) -> None:
    story.ask()

    tags = story.system.mailer.sent[-1].tags
    assert tags["kind"] == "sign-up"
    assert len(bytes.fromhex(tags["subscriber"])) == 16
    assert tags["subscriber"] not in story.system.subscribers.people


def test_a_pending_sign_up_of_the_new_address_ends_when_it_is_asked_for(story: AddressStory) -> None:
    """The newest request about an address counts, and a sign-up that is confirmed later has none to take."""
    story.system.process(a_sign_up(NEW))
    sign_up = story.link
    story.system.clock.move(timedelta(days=1, hours=20))

    assert story.ask() == [SignupOutcome.NEW_ADDRESS_MAILED]

    assert story.confirm(sign_up) is None
    assert story.confirm() is Confirmed.ADDRESS
    story.leave()
    assert story.confirm(sign_up) is None
    assert [person.status for person in story.system.subscribers.people.values()] == [Status.PENDING]


def test_a_sign_up_of_the_new_address_after_the_request_goes_first(story: AddressStory) -> None:
    story.ask()
    change = story.link
    story.system.clock.move(timedelta(days=1, hours=20))
    sign_up = a_sign_up(NEW, asked_at=int(story.system.clock.now.timestamp()), request_id="7" * 32)
    assert story.system.process(sign_up) is SignupOutcome.CONFIRMATION_MAILED

    assert story.confirm(change) is None
    assert story.confirm() is Confirmed.SUBSCRIPTION

    assert story.address == ADDRESS
    assert story.confirm(change) is None
    assert len(story.system.subscribers.people) == 2


# -- limits


def test_each_request_counts_for_the_network_until_its_share_is_used_up(story: AddressStory) -> None:
    for number in range(HOME.most):
        story.ask(f"{number}@new.test")

    with pytest.raises(ShareExceededError):
        story.ask()
    assert (len(story.mailed), story.work()) == (HOME.most, [])


def test_a_mailbox_is_asked_once_a_day_whoever_asks_and_however_it_is_spelled(story: AddressStory) -> None:
    story.system.process(a_sign_up("a.na@new.test"))

    assert story.ask() == [SignupOutcome.TOO_SOON]
    assert story.ask("ana+news@new.test") == [SignupOutcome.TOO_SOON]
    assert story.mailed == ["a.na@new.test"]


def test_the_same_address_asked_for_twice_is_mailed_once(story: AddressStory) -> None:
    story.ask()

    assert story.ask() == [SignupOutcome.TOO_SOON]
    assert story.mailed == [NEW]
    assert story.confirm() is Confirmed.ADDRESS


def test_another_spelling_of_ones_own_mailbox_is_mailed_though_it_just_got_a_link(
    story: AddressStory,
) -> None:
    """Nobody changes an address without a link in the same mailbox, or a confirmation of that day."""
    own = address_counter(READER.fingerprint)
    days = (("0" * 32, end_of_day(story.system.clock.now)), ("link-1", end_of_day(story.system.clock.now)))
    story.system.limits.memory[own] = SendHistory(days, version=1)

    assert story.ask("ana+weekly@example.org") == [SignupOutcome.NEW_ADDRESS_MAILED]
    assert story.ask("a.n.a@example.org") == [SignupOutcome.TOO_SOON]
    assert story.mailed == ["ana+weekly@example.org"]
    assert story.confirm() is Confirmed.ADDRESS
    assert story.system.subscribers.people[SUBSCRIBER_ID].mailbox == READER.fingerprint


def test_a_request_beyond_the_hours_budget_waits_whatever_its_address_is(story: AddressStory) -> None:
    story.system.an_hour = 0
    story.system.worker = story.system.a_worker()
    story.system.subscribers.fingerprints[fingerprint(OTHER)] = Known(reason=Reason.BOUNCE)

    for address in (NEW, OTHER, ADDRESS):
        assert story.ask(address) == [SignupOutcome.WAITING]
        story.system.queue.messages.clear()


def test_a_mail_that_is_not_sent_is_given_back_to_the_budget(story: AddressStory) -> None:
    story.system.subscribers.fingerprints[fingerprint(NEW)] = Known(reason=Reason.BOUNCE)

    story.ask()
    story.leave()
    story.ask(OTHER)

    assert sum(story.system.limits.total.values()) == 0


# -- messages that come twice, and crashes


def test_a_message_that_is_delivered_again_is_not_mailed_again(story: AddressStory) -> None:
    story.ask()

    assert story.system.process(story.asked[0]) is SignupOutcome.TOO_SOON
    story.confirm()
    assert story.system.process(story.asked[0]) is SignupOutcome.CONFIRMED_ALREADY
    assert (story.mailed, story.address) == ([NEW], NEW)


@pytest.mark.parametrize("failure", [NotSentError("Throttling"), SendFailedError("ReadTimeoutError")])
def test_a_mail_that_failed_is_sent_when_the_message_comes_again(
    story: AddressStory, failure: Exception
) -> None:
    story.system.mailer.failures.append(failure)
    if isinstance(failure, NotSentError):
        assert story.ask() == [SignupOutcome.WAITING]
    else:
        with pytest.raises(SendFailedError):
            story.ask()
    story.system.clock.move(timedelta(seconds=120))

    assert story.system.process(story.asked[0]) is SignupOutcome.NEW_ADDRESS_MAILED
    assert story.mailed == [NEW]
    assert story.confirm() is Confirmed.ADDRESS


class PowerCutError(Exception):
    """The function died."""


def die() -> None:
    raise PowerCutError


@pytest.mark.parametrize("writes_before", [0, 1])
def test_after_a_crash_of_the_worker_the_next_delivery_mails_and_stores(
    story: AddressStory, writes_before: int
) -> None:
    story.system.process(a_sign_up(NEW))  # whose pending request is the first write
    story.system.clock.move(timedelta(days=1, hours=20))
    ready: list[Callable[[], object]] = [lambda: None] * writes_before
    story.system.subscribers.meanwhile += [*ready, die]
    with pytest.raises(PowerCutError):
        story.ask()

    assert story.system.process(story.asked[0]) is SignupOutcome.NEW_ADDRESS_MAILED

    assert story.confirm() is Confirmed.ADDRESS
    assert story.address == NEW


def test_after_a_crash_before_the_change_the_button_works_again(story: AddressStory) -> None:
    story.ask()
    story.system.subscribers.meanwhile.append(die)
    with pytest.raises(PowerCutError):
        story.confirm()

    assert story.address == ADDRESS
    assert story.confirm() is Confirmed.ADDRESS
    assert story.address == NEW


def test_after_a_crash_behind_the_change_the_button_says_done(story: AddressStory) -> None:
    """Then the mail to the new address is lost, as a welcome would be."""
    story.ask()
    link = story.link
    story.confirm()
    story.system.queue.messages.clear()

    assert story.confirm(link) is Confirmed.ADDRESS
    assert story.address == NEW


# -- what waits, and what is kept


def test_a_sign_up_of_the_old_address_that_waits_is_dropped_by_the_tombstone(story: AddressStory) -> None:
    waits = a_sign_up(request_id="8" * 32)
    story.ask()
    story.confirm()
    story.system.clock.move(timedelta(minutes=15))

    assert story.system.process(waits) is SignupOutcome.GONE


def test_who_lost_their_subscription_to_another_address_can_sign_up_again_at_once(
    story: AddressStory,
) -> None:
    story.ask()
    story.confirm()

    back = a_sign_up(request_id="8" * 32)
    assert story.system.process(back) is SignupOutcome.CONFIRMATION_MAILED
    assert story.confirm() is Confirmed.SUBSCRIPTION
    assert fingerprint(ADDRESS) not in story.system.subscribers.left


def test_the_record_mail_is_the_same_whether_or_not_an_address_waits(story: AddressStory) -> None:
    """It lies in the mailbox of the old address, and whether one waits may depend on who else reads."""
    story.ask()
    other = AddressStory()

    for each in (story, other):
        each.page.mail_record(SUBSCRIBER_ID)
        assert each.work() == [SignupOutcome.RECORD_MAILED]

    assert story.system.mailer.sent[-1] == other.system.mailer.sent[-1]


def test_the_limit_of_record_mails_outlives_a_change(story: AddressStory) -> None:
    story.page.mail_record(SUBSCRIBER_ID)
    story.work()
    story.ask()
    story.confirm()

    assert record_counter(SUBSCRIBER_ID) in story.system.limits.memory


def test_the_pending_address_is_sealed_for_the_reader(story: AddressStory) -> None:
    story.ask()

    [pending] = story.system.subscribers.addresses.values()
    assert pending == PendingAddress(
        story.asked[0].request_id,
        SUBSCRIBER_ID,
        fingerprint(NEW),
        FakeVault().seal(NEW, SUBSCRIBER_ID),
        TODAY,
        story.system.clock.now + timedelta(hours=48),
        asked_at=story.asked[0].asked_at,
    )
    assert FakeVault().open(pending.sealed_address, SUBSCRIBER_ID) == NEW


@pytest.mark.parametrize("address", [NEW, ADDRESS, "a" * 64 + "@example.org"])
def test_no_message_has_an_address_in_clear_and_all_have_one_length(
    story: AddressStory, address: str
) -> None:
    story.page.ask_new_address(story.own_link, address, HOME)

    [message] = story.system.queue.messages
    assert not isinstance(message, SignupMessage)
    assert address not in message.to_json()
    story.page.ask_new_address(story.own_link, OTHER, HOME)
    assert len(message.to_json()) == len(story.system.queue.messages[-1].to_json())
