"""SignupQueue's work: the wish is kept first, then the confirmation is mailed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from broadsheet.subscribers.links import Confirmation
from broadsheet.subscribers.mails import confirmation_mail
from broadsheet.subscribers.orders import SignUp
from broadsheet.subscribers.process import Outcome, RecordChangedError, process_signup
from broadsheet.subscribers.records import Known, Reason, Status, Subscriber
from tests.builders import (
    ADDRESS,
    ORDER_ID,
    SUBSCRIBER_ID,
    a_choice,
    a_consent,
    a_newsletter,
    a_sign_up,
    a_subscriber,
)
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeKeyring, FakeMailer, FakeSubscribers, FakeVault

FINGERPRINT = FakeVault().fingerprint(ADDRESS)
NEWSLETTER = a_newsletter()
LATER_ORDER = a_sign_up(order_id="2" * 32, audiences=("be-ru",), language="be")


@dataclass
class Press:
    """The use case with its fakes."""

    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    keyring: FakeKeyring = field(default_factory=FakeKeyring)

    def process(self, order: SignUp) -> Outcome:
        return process_signup(
            order,
            vault=FakeVault(),
            subscribers=self.subscribers,
            mailer=self.mailer,
            links=self.keyring.links,
            confirmation=partial(confirmation_mail, newsletter=NEWSLETTER),
            clock=self.clock,
        )

    def confirmations(self) -> list[Confirmation]:
        """What the links in the mails stand for."""
        return [self.keyring.links.read_confirm_token(token_in(sent.mail.text)) for sent in self.mailer.sent]

    def only_person(self) -> Subscriber:
        [person] = self.subscribers.people.values()
        return person


def token_in(text: str) -> str:
    link = next(word for word in text.split() if "/api/confirm?" in word)
    return parse_qs(urlsplit(link).query)["t"][0]


@pytest.fixture
def press() -> Press:
    return Press()


def test_a_new_address_waits_for_48_hours_and_gets_one_mail(press: Press) -> None:
    assert press.process(a_sign_up()) is Outcome.CONFIRMATION_MAILED

    person = press.only_person()
    assert person == a_subscriber(id=person.id, status=Status.PENDING)
    assert person.choice == a_choice(expires_at=press.clock.now + timedelta(hours=48))
    assert press.confirmations() == [Confirmation(person.id, ORDER_ID)]
    [sent] = press.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "confirmation", "subscriber": person.id})


def test_nothing_that_the_visitor_typed_stands_in_the_mail(press: Press) -> None:
    press.process(a_sign_up("buy-pills+now@example.org"))

    [sent] = press.mailer.sent
    assert sent.to == "buy-pills+now@example.org"
    assert "pills" not in repr(sent.mail)


def test_a_pending_subscriber_who_asks_again_has_only_the_later_wish(press: Press) -> None:
    press.process(a_sign_up())
    press.clock.move(timedelta(hours=1))

    assert press.process(LATER_ORDER) is Outcome.CONFIRMATION_MAILED

    person = press.only_person()
    assert person.choice == a_choice(
        order_id="2" * 32,
        audiences=("be-ru",),
        language="be",
        expires_at=datetime(2016, 12, 14, 7, 0, tzinfo=UTC),
    )
    assert [c.order_id for c in press.confirmations()] == [ORDER_ID, "2" * 32]


def test_whose_wish_lapsed_begins_anew(press: Press) -> None:
    press.process(a_sign_up())
    before = press.only_person()
    press.clock.move(timedelta(hours=48))

    press.process(LATER_ORDER)

    known = press.subscribers.find(FINGERPRINT, press.clock.now)
    assert known.subscriber_id not in (None, before.id)
    assert press.confirmations()[-1] == Confirmation(str(known.subscriber_id), "2" * 32)


def test_a_confirmed_subscriber_who_asks_again_keeps_everything_until_they_confirm(press: Press) -> None:
    before = a_subscriber()
    press.subscribers.add(before)

    assert press.process(LATER_ORDER) is Outcome.CONFIRMATION_MAILED

    waiting = a_choice(order_id="2" * 32, audiences=("be-ru",), language="be")
    assert press.only_person() == replace(before, choice=waiting)
    assert press.confirmations() == [Confirmation(SUBSCRIBER_ID, "2" * 32)]


def test_an_order_that_comes_again_after_it_was_confirmed_changes_nothing(press: Press) -> None:
    confirmed = a_subscriber(consent=a_consent(order_id=LATER_ORDER.order_id))
    press.subscribers.add(confirmed)

    assert press.process(LATER_ORDER) is Outcome.CONFIRMED_ALREADY

    assert press.only_person() == confirmed
    assert press.confirmations() == []


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_address_gets_nothing_and_nothing_is_kept(press: Press, reason: Reason) -> None:
    press.subscribers.fingerprints[FINGERPRINT] = Known(reason=reason)

    assert press.process(a_sign_up()) is Outcome.SUPPRESSED

    assert press.subscribers == FakeSubscribers(fingerprints={FINGERPRINT: Known(reason=reason)})
    assert press.mailer.sent == []


def test_a_crash_between_record_and_mail_is_made_good_under_the_same_order(press: Press) -> None:
    press.mailer.failures.append(TimeoutError())
    with pytest.raises(TimeoutError):
        press.process(a_sign_up())
    kept = press.only_person()

    assert press.process(a_sign_up()) is Outcome.CONFIRMATION_MAILED

    assert press.only_person() == kept
    assert press.confirmations() == [Confirmation(kept.id, ORDER_ID)]


def test_an_order_that_comes_twice_mails_the_same_confirmation_twice(press: Press) -> None:
    press.process(a_sign_up())
    press.process(a_sign_up())

    person = press.only_person()
    assert press.confirmations() == [Confirmation(person.id, ORDER_ID)] * 2


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda list_: list_.confirm(a_subscriber(status=Status.PENDING).confirmed(FakeClock().now.date())),
        lambda list_: list_.suppress(FINGERPRINT, Reason.COMPLAINT, FakeClock().now.date()),
    ],
    ids=["confirmed", "suppressed"],
)
def test_a_record_that_changed_meanwhile_is_left_and_nothing_is_mailed(
    press: Press, meanwhile: Callable[[FakeSubscribers], object]
) -> None:
    press.subscribers.add(a_subscriber(status=Status.PENDING))
    press.subscribers.meanwhile.append(lambda: meanwhile(press.subscribers))

    with pytest.raises(RecordChangedError) as caught:
        press.process(LATER_ORDER)

    assert str(caught.value) == SUBSCRIBER_ID
    assert press.mailer.sent == []
    assert [p.choice for p in press.subscribers.people.values() if p.choice] == []


def test_of_two_first_sign_ups_at_once_the_later_tries_again_and_finds_the_first(press: Press) -> None:
    press.subscribers.meanwhile.append(lambda: press.subscribers.add(a_subscriber(status=Status.PENDING)))
    with pytest.raises(RecordChangedError):
        press.process(LATER_ORDER)

    assert press.process(LATER_ORDER) is Outcome.CONFIRMATION_MAILED

    assert press.only_person().id == SUBSCRIBER_ID
    assert press.confirmations() == [Confirmation(SUBSCRIBER_ID, "2" * 32)]


def test_a_sign_up_that_does_not_open_changes_nothing(press: Press) -> None:
    with pytest.raises(ValueError, match=r"^not "):
        press.process(a_sign_up(sealed=b"something else"))

    assert press.subscribers == FakeSubscribers()
    assert press.mailer.sent == []
