"""Processing SignupQueue: the request is stored first, then the confirmation is mailed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from broadsheet.language import language
from broadsheet.mail import MailRejectedError, NotSentError, SendFailedError
from broadsheet.probes import probe_address
from broadsheet.subscribers.limits import Budget, address_counter, write_tombstone
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage, SignupMessage, SignupQueueMessage
from broadsheet.subscribers.personal_data import record_mail
from broadsheet.subscribers.process_signup import Mails, ProcessSignup, RecordChangedError, SignupOutcome
from broadsheet.subscribers.reader_mails import (
    already_mail,
    confirmation_mail,
    link_mail,
    moved_mail,
    new_address_mail,
    welcome_mail,
)
from broadsheet.subscribers.send_history import SendHistory, end_of_day, expiry_of
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import (
    ADDRESS,
    REQUEST_ID,
    SUBSCRIBER_ID,
    a_consent,
    a_newsletter,
    a_pending_request,
    a_sign_up,
    a_subscriber,
)
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.subscribers import (
    FakeKeyring,
    FakeLimits,
    FakeMailer,
    FakeSignupQueue,
    FakeSubscribers,
    FakeVault,
)

FINGERPRINT = FakeVault().fingerprint(ADDRESS)
NOW = int(MONDAY_MORNING.timestamp())
NEWSLETTER = a_newsletter()
THE_QUEUE_OFFERS_IT_AGAIN = timedelta(seconds=120)
LATER_REQUEST = a_sign_up(request_id="2" * 32, audiences=("be-ru",), language="be")


@dataclass
class SignupSystem:
    """The use case with its fakes."""

    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    keyring: FakeKeyring = field(default_factory=FakeKeyring)
    limits: FakeLimits = field(default_factory=FakeLimits)
    queue: FakeSignupQueue = field(default_factory=FakeSignupQueue)
    an_hour: int = 200

    def __post_init__(self) -> None:
        self.worker = self.a_worker()

    def a_worker(self) -> ProcessSignup:
        """A container that has just been started."""
        links = self.keyring.links
        return ProcessSignup(
            vault=FakeVault(),
            subscribers=self.subscribers,
            limits=self.limits,
            budget=Budget(self.limits, self.an_hour),
            queue=self.queue,
            mailer=self.mailer,
            links=links,
            mails=Mails(
                confirmation=partial(confirmation_mail, newsletter=NEWSLETTER),
                already=partial(already_mail, links=links, newsletter=NEWSLETTER),
                new_address=partial(new_address_mail, newsletter=NEWSLETTER),
                moved=partial(moved_mail, links=links, newsletter=NEWSLETTER),
                welcome=partial(welcome_mail, links=links, newsletter=NEWSLETTER),
                record=partial(record_mail, newsletter=NEWSLETTER),
                link=partial(link_mail, links=links, newsletter=NEWSLETTER),
            ),
            clock=self.clock,
        )

    def process(self, message: SignupQueueMessage) -> SignupOutcome:
        return self.worker(message)

    def send_history(self) -> SendHistory:
        """The send history of Ana's address."""
        return self.limits.memory.get(address_counter(FINGERPRINT), SendHistory())

    def kinds(self) -> list[str]:
        """The mails that were sent; the two that answer a sign-up have one tag, and differ by their links."""
        return [
            ("confirmation" if "/api/confirm?" in sent.mail.text else "already")
            if sent.tags["kind"] == "sign-up"
            else sent.tags["kind"]
            for sent in self.mailer.sent
        ]

    def confirmations(self) -> list[Confirmation]:
        """What the links in the mails stand for."""
        return [self.keyring.links.read_confirm_token(token_in(sent.mail.text)) for sent in self.mailer.sent]

    def only_person(self) -> Subscriber:
        [person] = self.subscribers.people.values()
        return person


def token_in(text: str, endpoint: str = "confirm") -> str:
    link = next(word for word in text.split() if f"/api/{endpoint}?" in word)
    return parse_qs(urlsplit(link).query)["t"][0]


def asked_now(system: SignupSystem, message: SignupMessage, **changes: Any) -> SignupMessage:
    """The message as if it came in this second."""
    return replace(message, asked_at=int(system.clock.now.timestamp()), **changes)


@pytest.fixture
def system() -> SignupSystem:
    return SignupSystem()


def test_a_new_address_waits_for_48_hours_and_gets_one_mail(system: SignupSystem) -> None:
    assert system.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED

    person = system.only_person()
    assert person == a_subscriber(id=person.id, status=Status.PENDING)
    assert person.pending_request == a_pending_request(expires_at=system.clock.now + timedelta(hours=48))
    assert system.confirmations() == [Confirmation(person.id, REQUEST_ID)]
    [sent] = system.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "sign-up", "subscriber": person.id})


def test_a_probe_waits_for_an_hour_and_its_mail_is_marked_for_what_comes_back(system: SignupSystem) -> None:
    probe = "0123456789abcdef" * 2

    assert system.process(a_sign_up(probe_address(probe))) is SignupOutcome.CONFIRMATION_MAILED

    request, (sent,) = system.only_person().pending_request, system.mailer.sent
    assert request
    assert request.expires_at == system.clock() + timedelta(hours=1)
    assert sent.tags["round-trip"] == probe
    assert system.process(a_sign_up(request_id="3" * 32)) is SignupOutcome.CONFIRMATION_MAILED
    assert "round-trip" not in system.mailer.sent[-1].tags


def test_the_send_history_of_a_probe_is_kept_for_its_day_and_an_hour_and_a_readers_for_thirty_days(
    system: SignupSystem,
) -> None:
    end = end_of_day(system.clock())

    system.process(a_sign_up(probe_address("0123456789abcdef" * 2)))
    (probes,) = system.limits.memory.values()
    system.process(a_sign_up(request_id="3" * 32))
    readers = next(one for one in system.limits.memory.values() if one is not probes)

    assert expiry_of(probes) - end == timedelta(hours=1).total_seconds()
    assert expiry_of(readers) - end == timedelta(days=30).total_seconds()


def test_nothing_that_the_visitor_typed_is_in_the_mail(system: SignupSystem) -> None:
    system.process(a_sign_up("buy-pills+now@example.org"))

    [sent] = system.mailer.sent
    assert sent.to == "buy-pills+now@example.org"
    assert "pills" not in repr(sent.mail)


def test_a_pending_subscriber_who_asks_again_after_the_next_day_has_only_the_later_request(
    system: SignupSystem,
) -> None:
    system.process(a_sign_up())
    system.clock.move(timedelta(hours=42))

    assert system.process(asked_now(system, LATER_REQUEST)) is SignupOutcome.CONFIRMATION_MAILED

    person = system.only_person()
    assert person.pending_request == a_pending_request(
        request_id="2" * 32,
        audiences=("be-ru",),
        language="be",
        expires_at=datetime(2016, 12, 16, 0, 0, tzinfo=UTC),
    )
    assert [c.request_id for c in system.confirmations()] == [REQUEST_ID, "2" * 32]


def test_an_expired_request_can_be_made_again(system: SignupSystem) -> None:
    system.process(a_sign_up())
    before = system.only_person()
    system.clock.move(timedelta(hours=48))

    system.process(asked_now(system, LATER_REQUEST))

    known = system.subscribers.find(FINGERPRINT, system.clock.now)
    assert known.subscriber_id not in (None, before.id)
    assert system.confirmations()[-1] == Confirmation(str(known.subscriber_id), "2" * 32)


def test_a_confirmed_subscriber_who_asks_again_is_mailed_so_and_nothing_changes(system: SignupSystem) -> None:
    before = a_subscriber(language="ru")
    system.subscribers.add(before)

    assert system.process(LATER_REQUEST) is SignupOutcome.ALREADY_MAILED

    assert system.only_person() == before
    [sent] = system.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "sign-up", "subscriber": SUBSCRIBER_ID})
    assert sent.mail.subject.startswith(language("ru")["mail_already_subject"])
    assert token_in(sent.mail.text, "manage") == system.keyring.links.manage_token(SUBSCRIBER_ID)


def test_a_message_that_comes_again_after_it_was_confirmed_changes_nothing(system: SignupSystem) -> None:
    confirmed = a_subscriber(consent=a_consent(request_id=LATER_REQUEST.request_id))
    system.subscribers.add(confirmed)

    assert system.process(LATER_REQUEST) is SignupOutcome.CONFIRMED_ALREADY

    assert system.only_person() == confirmed
    assert system.confirmations() == []


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_address_gets_nothing_and_nothing_is_kept(system: SignupSystem, reason: Reason) -> None:
    system.subscribers.fingerprints[FINGERPRINT] = Known(reason=reason)

    assert system.process(a_sign_up()) is SignupOutcome.SUPPRESSED

    assert system.subscribers == FakeSubscribers(fingerprints={FINGERPRINT: Known(reason=reason)})
    assert system.mailer.sent == []


def test_a_crash_between_record_and_mail_is_made_good_under_the_same_request(system: SignupSystem) -> None:
    system.mailer.failures.append(TimeoutError())
    with pytest.raises(TimeoutError):
        system.process(a_sign_up())
    kept = system.only_person()

    assert system.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED

    assert system.only_person() == kept
    assert system.confirmations() == [Confirmation(kept.id, REQUEST_ID)]


def test_a_sign_up_in_the_dead_letter_queue_is_mailed_once_an_operator_redrives_it(
    system: SignupSystem,
) -> None:
    """Whether one of its mails was sent is unknown, so a second one may be sent, but never none."""
    for _ in range(5):
        system.mailer.failures.append(SendFailedError("ReadTimeoutError"))
        with pytest.raises(SendFailedError):
            system.process(a_sign_up())
        system.clock.move(timedelta(minutes=2))
    system.clock.move(timedelta(hours=5))

    assert system.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    assert len(system.mailer.sent) == 1
    system.clock.move(timedelta(hours=1))
    assert system.process(a_sign_up()) is SignupOutcome.TOO_SOON


@pytest.mark.parametrize(
    ("error", "delay"),
    [
        (NotSentError("TooManyRequestsException"), 60),
        (NotSentError("SendingPausedException", "SendingPausedException"), 900),
    ],
)
def test_while_ses_refuses_all_mail_a_sign_up_waits_and_uses_up_no_retries(
    system: SignupSystem, error: Exception, delay: int
) -> None:
    for _ in range(12):
        system.mailer.failures.append(error)
        assert system.process(a_sign_up()) is SignupOutcome.WAITING
        system.clock.move(timedelta(seconds=delay))

    assert system.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    assert (len(system.mailer.sent), system.queue.messages) == (1, [a_sign_up()] * 12)
    assert system.queue.delays == [delay] * 12
    assert sum(system.limits.total.values()) == 1
    assert len(system.limits.waiting) == (12 if delay == 900 else 0)


def test_a_sign_up_that_the_sandbox_refuses_says_so_and_waits_until_the_address_is_verified(
    system: SignupSystem,
) -> None:
    system.mailer.failures.append(NotSentError("NOT_VERIFIED", "NOT_VERIFIED"))
    assert system.process(a_sign_up()) is SignupOutcome.WAITING
    assert (system.queue.messages, system.queue.delays) == ([a_sign_up()], [900])
    assert [code for _, code in system.limits.waiting] == ["NOT_VERIFIED"]

    system.clock.move(timedelta(minutes=15))

    assert system.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    assert sum(system.limits.total.values()) == 1


def test_a_mail_that_ses_rejects_is_left_to_a_person(system: SignupSystem) -> None:
    system.mailer.failures.append(MailRejectedError("MessageRejected", "MessageRejected"))
    with pytest.raises(MailRejectedError):
        system.process(a_sign_up())
    assert system.queue.messages == []


def test_a_message_that_comes_twice_mails_once(system: SignupSystem) -> None:
    """Queues may deliver a message twice; the history knows what was mailed."""
    system.process(a_sign_up())

    assert system.process(a_sign_up()) is SignupOutcome.TOO_SOON

    person = system.only_person()
    assert system.confirmations() == [Confirmation(person.id, REQUEST_ID)]


def test_a_crash_right_after_the_mail_mails_the_same_confirmation_twice(system: SignupSystem) -> None:
    """Whether it was sent is unknown: a second mail with the same link is better than none."""
    put_history = system.limits.put_history

    def dies(counter: str, what: SendHistory) -> bool:
        if not what.unconfirmed:
            raise ConnectionError
        return put_history(counter, what)

    system.limits.put_history = dies  # type: ignore[method-assign]  # a port of this test
    with pytest.raises(ConnectionError):
        system.process(a_sign_up())
    system.limits.put_history = put_history  # type: ignore[method-assign]  # as above

    assert system.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    person = system.only_person()
    assert system.confirmations() == [Confirmation(person.id, REQUEST_ID)] * 2


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda list_: list_.confirm(a_subscriber(status=Status.PENDING).confirmed(FakeClock().now.date())),
        lambda list_: list_.suppress(FINGERPRINT, Reason.COMPLAINT, FakeClock().now.date()),
    ],
    ids=["confirmed", "suppressed"],
)
def test_a_record_that_changed_meanwhile_is_left_and_nothing_is_mailed(
    system: SignupSystem, meanwhile: Callable[[FakeSubscribers], object]
) -> None:
    system.subscribers.add(a_subscriber(status=Status.PENDING))
    system.subscribers.meanwhile.append(lambda: meanwhile(system.subscribers))

    with pytest.raises(RecordChangedError) as caught:
        system.process(LATER_REQUEST)

    assert str(caught.value) == SUBSCRIBER_ID
    assert system.mailer.sent == []
    assert [p.pending_request for p in system.subscribers.people.values() if p.pending_request] == []


def test_a_pending_one_who_left_meanwhile_is_not_brought_back_by_a_message_from_before(
    system: SignupSystem,
) -> None:
    person = a_subscriber(status=Status.PENDING)
    system.subscribers.add(person)

    def leave() -> None:
        system.limits.put_tombstone(address_counter(FINGERPRINT), system.clock.now)
        system.subscribers.leave(person, system.clock.now.date())

    system.subscribers.meanwhile.append(leave)
    with pytest.raises(RecordChangedError):
        system.process(LATER_REQUEST)

    system.clock.move(THE_QUEUE_OFFERS_IT_AGAIN)
    assert system.process(LATER_REQUEST) is SignupOutcome.GONE
    assert system.subscribers.people == {}
    assert system.mailer.sent == []


def test_a_message_that_comes_again_after_its_reader_left_mails_nothing(system: SignupSystem) -> None:
    system.process(a_sign_up())
    person = system.only_person()
    system.clock.move(timedelta(minutes=5))
    system.limits.put_tombstone(address_counter(FINGERPRINT), system.clock.now)
    system.subscribers.leave(person, system.clock.now.date())

    assert system.process(a_sign_up()) is SignupOutcome.GONE

    assert len(system.mailer.sent) == 1
    assert system.subscribers.people == {}


def test_a_reader_who_left_may_sign_up_again_at_once(system: SignupSystem) -> None:
    system.process(a_sign_up())
    system.limits.put_tombstone(address_counter(FINGERPRINT), system.clock.now)
    system.subscribers.leave(system.only_person(), system.clock.now.date())
    system.clock.move(timedelta(seconds=1))

    assert system.process(asked_now(system, LATER_REQUEST)) is SignupOutcome.CONFIRMATION_MAILED


def test_a_reader_who_leaves_while_the_mail_is_being_counted_gets_none(system: SignupSystem) -> None:
    system.limits.meanwhile.append(
        lambda: system.limits.put_tombstone(address_counter(FINGERPRINT), system.clock.now)
    )
    with pytest.raises(RecordChangedError):
        system.process(a_sign_up())

    system.clock.move(THE_QUEUE_OFFERS_IT_AGAIN)
    assert system.process(a_sign_up()) is SignupOutcome.GONE
    assert system.mailer.sent == []


def test_of_two_first_sign_ups_at_once_one_is_mailed(system: SignupSystem) -> None:
    system.limits.meanwhile.append(lambda: system.process(a_sign_up()))
    with pytest.raises(RecordChangedError):
        system.process(LATER_REQUEST)

    assert system.process(LATER_REQUEST) is SignupOutcome.TOO_SOON

    assert [c.request_id for c in system.confirmations()] == [REQUEST_ID]


# -- how often an address is mailed


def test_an_address_is_mailed_at_most_once_a_day_and_three_times_in_thirty_days(system: SignupSystem) -> None:
    outcomes = []
    for hours in range(0, 40 * 24, 12):
        system.clock.now = MONDAY_MORNING + timedelta(hours=hours)
        message = asked_now(system, LATER_REQUEST, request_id=f"{hours:032x}")
        outcomes.append((hours / 24, system.process(message)))

    mailed = [day for day, outcome in outcomes if outcome is SignupOutcome.CONFIRMATION_MAILED]
    assert mailed == [0, 2, 4, 31, 33, 35]  # each day counts as over when it ends, so that no hour is kept
    assert {outcome for day, outcome in outcomes if day not in mailed} == {SignupOutcome.TOO_SOON}
    assert len(system.send_history().mailed) == 3


def test_a_confirmed_reader_is_mailed_as_often_as_others_are_asked(system: SignupSystem) -> None:
    system.subscribers.add(a_subscriber())

    assert system.process(a_sign_up()) is SignupOutcome.ALREADY_MAILED
    assert system.process(LATER_REQUEST) is SignupOutcome.TOO_SOON

    assert system.kinds() == ["already"]


def test_another_address_has_its_own_daily_limit(system: SignupSystem) -> None:
    queue = [a_sign_up(), a_sign_up("bo@example.org", request_id="3" * 32)]

    assert [system.process(message) for message in queue] == [SignupOutcome.CONFIRMATION_MAILED] * 2


# -- one mailbox, many spellings


SPELLINGS = [f"ana+{number}@example.org" for number in range(30)]
SPELLINGS += ["A.na@example.org", "an.a@example.org", "ANA@example.org", ADDRESS]


def signs_up(system: SignupSystem, address: str, number: int = 1) -> SignupOutcome:
    return system.process(asked_now(system, a_sign_up(address, request_id=f"{number:032x}")))


def test_all_spellings_of_a_mailbox_have_one_cool_down(system: SignupSystem) -> None:
    outcomes = [signs_up(system, address, number) for number, address in enumerate(SPELLINGS)]

    assert outcomes == [SignupOutcome.CONFIRMATION_MAILED] + [SignupOutcome.TOO_SOON] * (len(SPELLINGS) - 1)
    assert system.kinds() == ["confirmation"]


def test_in_thirty_days_a_mailbox_gets_three_mails_whatever_is_typed(system: SignupSystem) -> None:
    mailed = 0
    for day in range(29):
        mailed += signs_up(system, SPELLINGS[day], day) is SignupOutcome.CONFIRMATION_MAILED
        system.clock.move(timedelta(days=1))

    assert mailed == 3


def test_the_list_has_each_spelling_as_its_own_reader(system: SignupSystem) -> None:
    system.subscribers.add(a_subscriber())
    assert signs_up(system, "ana+news@example.org") is SignupOutcome.CONFIRMATION_MAILED

    [person] = [one for one in system.subscribers.people.values() if one.id != SUBSCRIBER_ID]
    assert (person.fingerprint, person.mailbox) == (
        FakeVault().fingerprint("ana+news@example.org"),
        FINGERPRINT,
    )
    assert system.mailer.sent[0].to == "ana+news@example.org"
    assert person.status is Status.PENDING


def test_each_probe_is_mailed_although_all_have_the_simulator_as_mailbox(system: SignupSystem) -> None:
    outcomes = [signs_up(system, probe_address(f"{number:032x}"), number) for number in (1, 2)]
    assert outcomes == [SignupOutcome.CONFIRMATION_MAILED] * 2


def test_a_plain_address_keeps_no_second_code(system: SignupSystem) -> None:
    signs_up(system, "Ana@example.org")
    assert system.only_person().mailbox == ""


def leaves(system: SignupSystem, person: Subscriber) -> None:
    write_tombstone(system.limits, person.id, person.fingerprint, system.clock.now, mailbox=person.mailbox)
    system.subscribers.leave(person, system.clock.now.date())


def test_a_reader_who_leaves_under_another_spelling_may_sign_up_again_at_once_and_gets_no_old_mail(
    system: SignupSystem,
) -> None:
    signs_up(system, SPELLINGS[0])
    leaves(system, system.only_person())
    system.clock.move(timedelta(seconds=1))

    assert [what.mailed for what in system.limits.memory.values()] == [(), ()]
    assert signs_up(system, SPELLINGS[0], 2) is SignupOutcome.CONFIRMATION_MAILED


def test_the_tombstone_of_one_spelling_drops_no_sign_up_of_another(system: SignupSystem) -> None:
    signs_up(system, SPELLINGS[0])
    waiting = asked_now(system, a_sign_up(ADDRESS, request_id="9" * 32))
    leaves(system, system.only_person())

    assert system.process(waiting) is SignupOutcome.CONFIRMATION_MAILED


def test_a_message_of_a_spelling_from_before_it_left_is_dropped(system: SignupSystem) -> None:
    waiting = asked_now(system, a_sign_up(SPELLINGS[0], request_id="9" * 32))
    signs_up(system, SPELLINGS[0])
    leaves(system, system.only_person())
    system.clock.move(timedelta(minutes=2))

    assert system.process(waiting) is SignupOutcome.GONE


def test_a_spelling_that_leaves_while_its_mail_is_being_counted_gets_none(system: SignupSystem) -> None:
    own = address_counter(FakeVault().fingerprint(SPELLINGS[0]))
    system.limits.meanwhile.append(lambda: system.limits.put_tombstone(own, system.clock.now))
    with pytest.raises(RecordChangedError):
        signs_up(system, SPELLINGS[0])

    assert system.mailer.sent == []


def test_mails_sent_before_limits_counted_mailboxes_still_count(system: SignupSystem) -> None:
    """It is stored under the fingerprint of the address as spelled."""
    own = address_counter(FakeVault().fingerprint(SPELLINGS[0]))
    system.limits.memory[own] = SendHistory((("1" * 32, NOW),), None, 1)

    assert signs_up(system, SPELLINGS[0], 2) is SignupOutcome.TOO_SOON
    system.clock.move(timedelta(days=1))
    assert signs_up(system, SPELLINGS[0], 2) is SignupOutcome.CONFIRMATION_MAILED


# -- who left today and comes back


DOTTED = "ana.lee@example.org"  # another spelling of the mailbox analee@


def came_back(system: SignupSystem, address: str = ADDRESS, number: int = 7) -> SignupMessage:
    """The sign-up, made now, of a reader who left a minute ago."""
    system.clock.move(timedelta(minutes=1))
    return asked_now(system, a_sign_up(address, request_id=f"{number:032x}"))


def imported_reader_leaves(system: SignupSystem, address: str) -> None:
    """Imports do not store mailboxes. The reader had a link mailed, and leaves behind it."""
    reader = a_subscriber(address)
    system.subscribers.add(reader)
    assert system.process(asks_for_link(system)) is SignupOutcome.LINK_MAILED
    leaves(system, reader)


@pytest.mark.parametrize("address", [ADDRESS, DOTTED, "ana+news@example.org"])
def test_an_imported_reader_who_leaves_by_a_link_of_today_and_comes_back_is_mailed_once(
    system: SignupSystem, address: str
) -> None:
    imported_reader_leaves(system, address)

    assert system.process(came_back(system, address)) is SignupOutcome.CONFIRMATION_MAILED
    assert system.process(came_back(system, address, 8)) is SignupOutcome.TOO_SOON
    assert system.kinds() == ["link", "confirmation"]


def test_who_comes_back_under_another_spelling_than_left_waits_as_everybody(system: SignupSystem) -> None:
    imported_reader_leaves(system, DOTTED)

    assert system.process(came_back(system, "a.nalee@example.org")) is SignupOutcome.TOO_SOON


@pytest.mark.parametrize("address", [ADDRESS, DOTTED])
def test_who_came_back_and_confirmed_and_left_can_come_back_again(system: SignupSystem, address: str) -> None:
    imported_reader_leaves(system, address)
    for number in (7, 8, 9, 10):
        message = came_back(system, address, number)
        assert system.process(message) is SignupOutcome.CONFIRMATION_MAILED
        person = system.only_person().confirmed(system.clock.now.date())
        assert system.subscribers.confirm(person)
        leaves(system, person)
        assert system.process(message) is SignupOutcome.GONE


@pytest.mark.parametrize("address", [ADDRESS, DOTTED])
@pytest.mark.parametrize("failure", [NotSentError("Throttling"), SendFailedError("ReadTimeoutError")])
def test_who_comes_back_is_mailed_by_a_later_try_if_the_first_fails(
    system: SignupSystem, failure: Exception, address: str
) -> None:
    imported_reader_leaves(system, address)
    system.mailer.failures.append(failure)
    message = came_back(system, address)
    if isinstance(failure, NotSentError):
        assert system.process(message) is SignupOutcome.WAITING
    else:
        with pytest.raises(SendFailedError):
            system.process(message)
    system.clock.move(THE_QUEUE_OFFERS_IT_AGAIN)

    assert system.process(message) is SignupOutcome.CONFIRMATION_MAILED
    assert system.process(message) is SignupOutcome.TOO_SOON
    assert system.kinds() == ["link", "confirmation"]


@pytest.mark.parametrize("address", [ADDRESS, DOTTED])
def test_a_request_from_before_they_left_is_dropped_though_they_came_back(
    system: SignupSystem, address: str
) -> None:
    before = asked_now(system, a_sign_up(address, request_id="9" * 32))
    imported_reader_leaves(system, address)
    system.process(came_back(system, address))

    assert system.process(before) is SignupOutcome.GONE


def test_who_leaves_while_their_return_is_being_counted_gets_none(system: SignupSystem) -> None:
    imported_reader_leaves(system, DOTTED)
    own = address_counter(FakeVault().fingerprint(DOTTED))
    system.limits.meanwhile.append(lambda: system.limits.put_tombstone(own, system.clock.now))
    with pytest.raises(RecordChangedError):
        system.process(came_back(system, DOTTED))

    assert system.kinds() == ["link"]


# -- a fresh link to a reader's page


def asks_for_link(system: SignupSystem, attempt: int = 1) -> ReaderMailMessage:
    return ReaderMailMessage(MessageKind.LINK, SUBSCRIBER_ID, int(system.clock.now.timestamp()), attempt)


def test_a_fresh_link_goes_to_the_readers_address_and_opens_their_page(system: SignupSystem) -> None:
    system.subscribers.add(a_subscriber(language="be"))

    assert system.process(asks_for_link(system)) is SignupOutcome.LINK_MAILED

    [sent] = system.mailer.sent
    assert sent.to == ADDRESS
    assert sent.mail.subject.startswith(language("be")["mail_link_subject"])
    assert (
        system.keyring.links.read_manage_token(token_in(sent.mail.text, "manage")).subscriber_id
        == SUBSCRIBER_ID
    )


def test_fresh_links_and_sign_ups_have_one_cool_down(system: SignupSystem) -> None:
    system.subscribers.add(a_subscriber())
    outcomes = []
    for hours in range(0, 29 * 24, 12):
        system.clock.now = MONDAY_MORNING + timedelta(hours=hours)
        message = (
            asks_for_link(system)
            if hours % 96
            else asked_now(system, LATER_REQUEST, request_id=f"{hours:032x}")
        )
        outcomes.append(system.process(message))

    assert [o for o in outcomes if o is not SignupOutcome.TOO_SOON] == [
        SignupOutcome.ALREADY_MAILED,
        SignupOutcome.LINK_MAILED,
        SignupOutcome.ALREADY_MAILED,
    ]


def test_a_fresh_link_takes_a_mail_of_the_hour_and_waits_for_the_next() -> None:
    system = SignupSystem(an_hour=1)
    system.subscribers.add(a_subscriber())
    flood(system, [1])
    message = asks_for_link(system)

    assert system.process(message) is WAITING
    assert (system.queue.messages, system.queue.delays) == ([message], [900])
    system.clock.move(timedelta(hours=1))
    assert system.process(message) is SignupOutcome.LINK_MAILED
    assert flood(system, [1]) == [WAITING]


def test_a_redelivered_request_for_a_link_is_mailed_once_and_after_a_crash_again(
    system: SignupSystem,
) -> None:
    system.subscribers.add(a_subscriber())
    message = asks_for_link(system)
    system.mailer.failures.append(TimeoutError())
    with pytest.raises(TimeoutError):
        system.process(message)

    assert [system.process(message) for _ in range(2)] == [SignupOutcome.LINK_MAILED, SignupOutcome.TOO_SOON]
    assert system.kinds() == ["link"]


# -- how much is mailed in an hour


def flood(system: SignupSystem, places: list[int], **changes: Any) -> list[SignupOutcome]:
    """A message for each attempt, each of another address."""
    count = len(system.mailer.sent) + len(system.queue.messages)
    return [
        system.process(
            asked_now(
                system,
                a_sign_up(f"reader{count + n}@example.org", request_id=f"{count + n:032x}"),
                attempt=attempt,
                **changes,
            )
        )
        for n, attempt in enumerate(places)
    ]


MAILED, WAITING = SignupOutcome.CONFIRMATION_MAILED, SignupOutcome.WAITING


def test_half_of_an_hour_s_mails_are_reserved_for_the_first_two_sign_ups_of_each_network() -> None:
    system = SignupSystem(an_hour=4)

    assert flood(system, [3, 4, 20, 1, 2, 1]) == [MAILED, MAILED, WAITING, MAILED, MAILED, WAITING]


def test_the_first_two_of_each_network_may_use_the_whole_hour() -> None:
    system = SignupSystem(an_hour=4)

    assert flood(system, [1, 2, 1, 2, 1, 3]) == [MAILED] * 4 + [WAITING] * 2


def test_the_next_hour_has_mails_of_its_own() -> None:
    system = SignupSystem(an_hour=2)
    flood(system, [1, 2, 1])
    system.clock.move(timedelta(hours=1))

    assert system.process(system.queue.messages[0]) is MAILED


def test_a_waiting_message_is_re_enqueued_unchanged_with_the_longest_delay(system: SignupSystem) -> None:
    system = SignupSystem(an_hour=2)
    flood(system, [1, 1])
    message = asked_now(system, LATER_REQUEST)

    assert system.process(message) is WAITING

    assert (system.queue.messages, system.queue.delays) == ([message], [900])
    assert system.limits.waiting == [(system.clock.now.replace(minute=0, second=0, microsecond=0), "")]
    assert system.send_history() == SendHistory()
    assert len(system.subscribers.people) == 2


def test_a_worker_that_knows_that_nothing_is_left_makes_no_call() -> None:
    system = SignupSystem(an_hour=4)
    flood(system, [3, 3, 3])
    calls = system.limits.calls

    assert flood(system, [3, 3]) == [WAITING] * 2
    assert system.limits.calls == calls
    assert flood(system, [1, 1, 1]) == [MAILED, MAILED, WAITING]
    calls = system.limits.calls
    assert flood(system, [1, 3]) == [WAITING] * 2
    assert system.limits.calls == calls
    system.clock.move(timedelta(hours=1))
    assert flood(system, [3, 1]) == [WAITING, MAILED]
    system.clock.move(timedelta(hours=1))
    assert flood(system, [3]) == [MAILED]


def test_another_worker_finds_the_same_hour_used_up() -> None:
    system = SignupSystem(an_hour=2)
    flood(system, [1, 1])
    system.worker = system.a_worker()

    assert flood(system, [1, 3]) == [WAITING] * 2


def test_a_message_that_is_two_days_old_is_dropped(system: SignupSystem) -> None:
    message = asked_now(system, a_sign_up())
    system.clock.move(timedelta(hours=48) - timedelta(seconds=1))
    assert system.process(replace(message, request_id="3" * 32)) is MAILED
    system.clock.move(timedelta(seconds=1))

    assert system.process(message) is SignupOutcome.TOO_OLD
    assert len(system.mailer.sent) == 1


def test_a_message_that_need_not_be_mailed_uses_nothing_of_the_hour_s_budget() -> None:
    system = SignupSystem(an_hour=2)
    system.subscribers.fingerprints[FINGERPRINT] = Known(reason=Reason.BOUNCE)
    system.process(a_sign_up())
    flood(system, [1])

    assert [system.process(asked_now(system, a_sign_up("reader0@example.org"))) for _ in range(3)] == [
        SignupOutcome.TOO_SOON
    ] * 3
    assert sum(system.limits.total.values()) == 1


# -- mails to one reader


def test_a_confirmed_reader_gets_a_welcome_mail_in_their_language(system: SignupSystem) -> None:
    system.subscribers.add(a_subscriber(language="be"))

    assert (
        system.process(ReaderMailMessage(MessageKind.WELCOME, SUBSCRIBER_ID, NOW)) is SignupOutcome.WELCOMED
    )

    [sent] = system.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "welcome", "subscriber": SUBSCRIBER_ID})
    assert sent.mail.subject.startswith(language("be")["mail_welcome_subject"])


@pytest.mark.parametrize("kind", [MessageKind.WELCOME, MessageKind.RECORD, MessageKind.LINK])
def test_a_deleted_or_unconfirmed_reader_gets_no_mail_to_readers(
    system: SignupSystem, kind: MessageKind
) -> None:
    assert system.process(ReaderMailMessage(kind, SUBSCRIBER_ID, NOW)) is SignupOutcome.NOBODY
    system.subscribers.add(a_subscriber(status=Status.PENDING))
    assert system.process(ReaderMailMessage(kind, SUBSCRIBER_ID, NOW)) is SignupOutcome.NOBODY
    assert system.mailer.sent == []


@pytest.mark.parametrize("kind", [MessageKind.WELCOME, MessageKind.RECORD, MessageKind.LINK])
def test_a_mail_to_a_reader_waits_for_ses_too_until_it_is_too_old(
    system: SignupSystem, kind: MessageKind
) -> None:
    system.subscribers.add(a_subscriber())
    message = ReaderMailMessage(kind, SUBSCRIBER_ID, NOW)
    system.mailer.failures.append(NotSentError("TooManyRequestsException"))
    assert (system.process(message), system.queue.messages) == (SignupOutcome.WAITING, [message])
    assert system.process(message) in (
        SignupOutcome.WELCOMED,
        SignupOutcome.RECORD_MAILED,
        SignupOutcome.LINK_MAILED,
    )

    system.clock.move(timedelta(days=2))
    assert system.process(message) is SignupOutcome.TOO_OLD
    assert system.kinds() == [kind.value]


def test_a_reader_gets_their_record_once_a_day_and_again_after_a_crash(system: SignupSystem) -> None:
    system.subscribers.add(a_subscriber())
    system.mailer.failures.append(TimeoutError())
    message = ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW)
    with pytest.raises(TimeoutError):
        system.process(message)

    assert system.process(message) is SignupOutcome.RECORD_MAILED
    assert (
        system.process(ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW + 1))
        is SignupOutcome.TOO_SOON
    )
    system.clock.move(timedelta(hours=42))  # the next day has ended
    later = ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW + 42 * 3_600)
    assert system.process(later) is SignupOutcome.RECORD_MAILED

    assert system.kinds() == ["record", "record"]
    assert {sent.to for sent in system.mailer.sent} == {ADDRESS}
    assert (
        system.process(a_sign_up(asked_at=int(system.clock.now.timestamp()))) is SignupOutcome.ALREADY_MAILED
    )


def test_a_sign_up_that_cannot_be_decrypted_changes_nothing(system: SignupSystem) -> None:
    with pytest.raises(ValueError, match=r"^not "):
        system.process(a_sign_up(sealed=b"something else"))

    assert system.subscribers == FakeSubscribers()
    assert system.mailer.sent == []
