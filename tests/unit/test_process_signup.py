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
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage, SignUpMessage, SignupMessage
from broadsheet.subscribers.personal_data import record_mail
from broadsheet.subscribers.process_signup import Mails, ProcessSignup, RecordChangedError, SignupOutcome
from broadsheet.subscribers.reader_mails import already_mail, confirmation_mail, link_mail, welcome_mail
from broadsheet.subscribers.send_history import SendHistory, end_of_day, expiry_of
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import (
    ADDRESS,
    REQUEST_ID,
    SUBSCRIBER_ID,
    a_choice,
    a_consent,
    a_newsletter,
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
class Press:
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
                welcome=partial(welcome_mail, links=links, newsletter=NEWSLETTER),
                record=partial(record_mail, newsletter=NEWSLETTER),
                link=partial(link_mail, links=links, newsletter=NEWSLETTER),
            ),
            clock=self.clock,
        )

    def process(self, message: SignupMessage) -> SignupOutcome:
        return self.worker(message)

    def send_history(self) -> SendHistory:
        """What is remembered of Ana's address."""
        return self.limits.memory.get(address_counter(FINGERPRINT), SendHistory())

    def kinds(self) -> list[str]:
        """Which mails went out; the two that answer a sign-up have one tag, and are known by their links."""
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


def asked_now(press: Press, message: SignUpMessage, **changes: Any) -> SignUpMessage:
    """The message as if it came in this second."""
    return replace(message, asked_at=int(press.clock.now.timestamp()), **changes)


@pytest.fixture
def press() -> Press:
    return Press()


def test_a_new_address_waits_for_48_hours_and_gets_one_mail(press: Press) -> None:
    assert press.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED

    person = press.only_person()
    assert person == a_subscriber(id=person.id, status=Status.PENDING)
    assert person.choice == a_choice(expires_at=press.clock.now + timedelta(hours=48))
    assert press.confirmations() == [Confirmation(person.id, REQUEST_ID)]
    [sent] = press.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "sign-up", "subscriber": person.id})


def test_a_probe_waits_for_an_hour_and_its_mail_is_marked_for_what_comes_back(press: Press) -> None:
    probe = "0123456789abcdef" * 2

    assert press.process(a_sign_up(probe_address(probe))) is SignupOutcome.CONFIRMATION_MAILED

    choice, (sent,) = press.only_person().choice, press.mailer.sent
    assert choice
    assert choice.expires_at == press.clock() + timedelta(hours=1)
    assert sent.tags["round-trip"] == probe
    assert press.process(a_sign_up(request_id="3" * 32)) is SignupOutcome.CONFIRMATION_MAILED
    assert "round-trip" not in press.mailer.sent[-1].tags


def test_the_send_history_of_a_probe_is_kept_for_its_day_and_an_hour_and_a_readers_for_thirty_days(
    press: Press,
) -> None:
    end = end_of_day(press.clock())

    press.process(a_sign_up(probe_address("0123456789abcdef" * 2)))
    (probes,) = press.limits.memory.values()
    press.process(a_sign_up(request_id="3" * 32))
    readers = next(one for one in press.limits.memory.values() if one is not probes)

    assert expiry_of(probes) - end == timedelta(hours=1).total_seconds()
    assert expiry_of(readers) - end == timedelta(days=30).total_seconds()


def test_nothing_that_the_visitor_typed_is_in_the_mail(press: Press) -> None:
    press.process(a_sign_up("buy-pills+now@example.org"))

    [sent] = press.mailer.sent
    assert sent.to == "buy-pills+now@example.org"
    assert "pills" not in repr(sent.mail)


def test_a_pending_subscriber_who_asks_again_after_the_next_day_has_only_the_later_request(
    press: Press,
) -> None:
    press.process(a_sign_up())
    press.clock.move(timedelta(hours=42))

    assert press.process(asked_now(press, LATER_REQUEST)) is SignupOutcome.CONFIRMATION_MAILED

    person = press.only_person()
    assert person.choice == a_choice(
        request_id="2" * 32,
        audiences=("be-ru",),
        language="be",
        expires_at=datetime(2016, 12, 16, 0, 0, tzinfo=UTC),
    )
    assert [c.request_id for c in press.confirmations()] == [REQUEST_ID, "2" * 32]


def test_an_expired_request_can_be_made_again(press: Press) -> None:
    press.process(a_sign_up())
    before = press.only_person()
    press.clock.move(timedelta(hours=48))

    press.process(asked_now(press, LATER_REQUEST))

    known = press.subscribers.find(FINGERPRINT, press.clock.now)
    assert known.subscriber_id not in (None, before.id)
    assert press.confirmations()[-1] == Confirmation(str(known.subscriber_id), "2" * 32)


def test_a_confirmed_subscriber_who_asks_again_is_mailed_so_and_nothing_changes(press: Press) -> None:
    before = a_subscriber(language="ru")
    press.subscribers.add(before)

    assert press.process(LATER_REQUEST) is SignupOutcome.ALREADY_MAILED

    assert press.only_person() == before
    [sent] = press.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "sign-up", "subscriber": SUBSCRIBER_ID})
    assert sent.mail.subject.startswith(language("ru")["mail_already_subject"])
    assert token_in(sent.mail.text, "manage") == press.keyring.links.manage_token(SUBSCRIBER_ID)


def test_a_message_that_comes_again_after_it_was_confirmed_changes_nothing(press: Press) -> None:
    confirmed = a_subscriber(consent=a_consent(request_id=LATER_REQUEST.request_id))
    press.subscribers.add(confirmed)

    assert press.process(LATER_REQUEST) is SignupOutcome.CONFIRMED_ALREADY

    assert press.only_person() == confirmed
    assert press.confirmations() == []


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_address_gets_nothing_and_nothing_is_kept(press: Press, reason: Reason) -> None:
    press.subscribers.fingerprints[FINGERPRINT] = Known(reason=reason)

    assert press.process(a_sign_up()) is SignupOutcome.SUPPRESSED

    assert press.subscribers == FakeSubscribers(fingerprints={FINGERPRINT: Known(reason=reason)})
    assert press.mailer.sent == []


def test_a_crash_between_record_and_mail_is_made_good_under_the_same_request(press: Press) -> None:
    press.mailer.failures.append(TimeoutError())
    with pytest.raises(TimeoutError):
        press.process(a_sign_up())
    kept = press.only_person()

    assert press.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED

    assert press.only_person() == kept
    assert press.confirmations() == [Confirmation(kept.id, REQUEST_ID)]


def test_a_sign_up_in_the_dead_letter_queue_is_mailed_once_an_operator_redrives_it(
    press: Press,
) -> None:
    """Nobody knows whether one of its mails went; so it may be a second one, and never none."""
    for _ in range(5):
        press.mailer.failures.append(SendFailedError("ReadTimeoutError"))
        with pytest.raises(SendFailedError):
            press.process(a_sign_up())
        press.clock.move(timedelta(minutes=2))
    press.clock.move(timedelta(hours=5))

    assert press.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    assert len(press.mailer.sent) == 1
    press.clock.move(timedelta(hours=1))
    assert press.process(a_sign_up()) is SignupOutcome.TOO_SOON


@pytest.mark.parametrize(
    ("error", "delay"),
    [
        (NotSentError("TooManyRequestsException"), 60),
        (NotSentError("SendingPausedException", "SendingPausedException"), 900),
    ],
)
def test_while_ses_refuses_all_mail_a_sign_up_waits_and_uses_up_no_retries(
    press: Press, error: Exception, delay: int
) -> None:
    for _ in range(12):
        press.mailer.failures.append(error)
        assert press.process(a_sign_up()) is SignupOutcome.WAITING
        press.clock.move(timedelta(seconds=delay))

    assert press.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    assert (len(press.mailer.sent), press.queue.messages) == (1, [a_sign_up()] * 12)
    assert press.queue.delays == [delay] * 12
    assert sum(press.limits.total.values()) == 1
    assert len(press.limits.waiting) == (12 if delay == 900 else 0)


def test_a_sign_up_that_the_sandbox_refuses_says_so_and_waits_until_the_address_is_verified(
    press: Press,
) -> None:
    press.mailer.failures.append(NotSentError("NOT_VERIFIED", "NOT_VERIFIED"))
    assert press.process(a_sign_up()) is SignupOutcome.WAITING
    assert (press.queue.messages, press.queue.delays) == ([a_sign_up()], [900])
    assert [code for _, code in press.limits.waiting] == ["NOT_VERIFIED"]

    press.clock.move(timedelta(minutes=15))

    assert press.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    assert sum(press.limits.total.values()) == 1


def test_a_mail_that_ses_rejects_is_left_to_a_person(press: Press) -> None:
    press.mailer.failures.append(MailRejectedError("MessageRejected", "MessageRejected"))
    with pytest.raises(MailRejectedError):
        press.process(a_sign_up())
    assert press.queue.messages == []


def test_a_message_that_comes_twice_mails_once(press: Press) -> None:
    """Queues may have a message twice; what was mailed is known to have been."""
    press.process(a_sign_up())

    assert press.process(a_sign_up()) is SignupOutcome.TOO_SOON

    person = press.only_person()
    assert press.confirmations() == [Confirmation(person.id, REQUEST_ID)]


def test_a_crash_right_after_the_mail_mails_the_same_confirmation_twice(press: Press) -> None:
    """Nobody knows that it went: a second one with the same link is better than none."""
    put_history = press.limits.put_history

    def dies(counter: str, what: SendHistory) -> bool:
        if not what.unconfirmed:
            raise ConnectionError
        return put_history(counter, what)

    press.limits.put_history = dies  # type: ignore[method-assign]  # a port of this test
    with pytest.raises(ConnectionError):
        press.process(a_sign_up())
    press.limits.put_history = put_history  # type: ignore[method-assign]  # as above

    assert press.process(a_sign_up()) is SignupOutcome.CONFIRMATION_MAILED
    person = press.only_person()
    assert press.confirmations() == [Confirmation(person.id, REQUEST_ID)] * 2


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
        press.process(LATER_REQUEST)

    assert str(caught.value) == SUBSCRIBER_ID
    assert press.mailer.sent == []
    assert [p.choice for p in press.subscribers.people.values() if p.choice] == []


def test_a_pending_one_who_left_meanwhile_is_not_brought_back_by_a_message_from_before(press: Press) -> None:
    person = a_subscriber(status=Status.PENDING)
    press.subscribers.add(person)

    def leave() -> None:
        press.limits.put_tombstone(address_counter(FINGERPRINT), press.clock.now)
        press.subscribers.leave(person, press.clock.now.date())

    press.subscribers.meanwhile.append(leave)
    with pytest.raises(RecordChangedError):
        press.process(LATER_REQUEST)

    press.clock.move(THE_QUEUE_OFFERS_IT_AGAIN)
    assert press.process(LATER_REQUEST) is SignupOutcome.GONE
    assert press.subscribers.people == {}
    assert press.mailer.sent == []


def test_a_message_that_comes_again_after_its_reader_left_mails_nothing(press: Press) -> None:
    press.process(a_sign_up())
    person = press.only_person()
    press.clock.move(timedelta(minutes=5))
    press.limits.put_tombstone(address_counter(FINGERPRINT), press.clock.now)
    press.subscribers.leave(person, press.clock.now.date())

    assert press.process(a_sign_up()) is SignupOutcome.GONE

    assert len(press.mailer.sent) == 1
    assert press.subscribers.people == {}


def test_a_reader_who_left_may_sign_up_again_at_once(press: Press) -> None:
    press.process(a_sign_up())
    press.limits.put_tombstone(address_counter(FINGERPRINT), press.clock.now)
    press.subscribers.leave(press.only_person(), press.clock.now.date())
    press.clock.move(timedelta(seconds=1))

    assert press.process(asked_now(press, LATER_REQUEST)) is SignupOutcome.CONFIRMATION_MAILED


def test_a_reader_who_leaves_while_the_mail_is_being_counted_gets_none(press: Press) -> None:
    press.limits.meanwhile.append(
        lambda: press.limits.put_tombstone(address_counter(FINGERPRINT), press.clock.now)
    )
    with pytest.raises(RecordChangedError):
        press.process(a_sign_up())

    press.clock.move(THE_QUEUE_OFFERS_IT_AGAIN)
    assert press.process(a_sign_up()) is SignupOutcome.GONE
    assert press.mailer.sent == []


def test_of_two_first_sign_ups_at_once_one_is_mailed(press: Press) -> None:
    press.limits.meanwhile.append(lambda: press.process(a_sign_up()))
    with pytest.raises(RecordChangedError):
        press.process(LATER_REQUEST)

    assert press.process(LATER_REQUEST) is SignupOutcome.TOO_SOON

    assert [c.request_id for c in press.confirmations()] == [REQUEST_ID]


# -- how often an address is mailed


def test_an_address_is_mailed_at_most_once_a_day_and_three_times_in_thirty_days(press: Press) -> None:
    outcomes = []
    for hours in range(0, 40 * 24, 12):
        press.clock.now = MONDAY_MORNING + timedelta(hours=hours)
        message = asked_now(press, LATER_REQUEST, request_id=f"{hours:032x}")
        outcomes.append((hours / 24, press.process(message)))

    mailed = [day for day, outcome in outcomes if outcome is SignupOutcome.CONFIRMATION_MAILED]
    assert mailed == [0, 2, 4, 31, 33, 35]  # each day counts as over when it ends, so that no hour is kept
    assert {outcome for day, outcome in outcomes if day not in mailed} == {SignupOutcome.TOO_SOON}
    assert len(press.send_history().mailed) == 3


def test_a_confirmed_reader_is_mailed_as_often_as_others_are_asked(press: Press) -> None:
    press.subscribers.add(a_subscriber())

    assert press.process(a_sign_up()) is SignupOutcome.ALREADY_MAILED
    assert press.process(LATER_REQUEST) is SignupOutcome.TOO_SOON

    assert press.kinds() == ["already"]


def test_another_address_has_its_own_daily_limit(press: Press) -> None:
    queue = [a_sign_up(), a_sign_up("bo@example.org", request_id="3" * 32)]

    assert [press.process(message) for message in queue] == [SignupOutcome.CONFIRMATION_MAILED] * 2


# -- one mailbox, many spellings


SPELLINGS = [f"ana+{number}@example.org" for number in range(30)]
SPELLINGS += ["A.na@example.org", "an.a@example.org", "ANA@example.org", ADDRESS]


def signs_up(press: Press, address: str, number: int = 1) -> SignupOutcome:
    return press.process(asked_now(press, a_sign_up(address, request_id=f"{number:032x}")))


def test_all_spellings_of_a_mailbox_have_one_cool_down(press: Press) -> None:
    outcomes = [signs_up(press, address, number) for number, address in enumerate(SPELLINGS)]

    assert outcomes == [SignupOutcome.CONFIRMATION_MAILED] + [SignupOutcome.TOO_SOON] * (len(SPELLINGS) - 1)
    assert press.kinds() == ["confirmation"]


def test_in_thirty_days_a_mailbox_gets_three_mails_whatever_is_typed(press: Press) -> None:
    mailed = 0
    for day in range(29):
        mailed += signs_up(press, SPELLINGS[day], day) is SignupOutcome.CONFIRMATION_MAILED
        press.clock.move(timedelta(days=1))

    assert mailed == 3


def test_the_list_has_each_spelling_as_its_own_reader(press: Press) -> None:
    press.subscribers.add(a_subscriber())
    assert signs_up(press, "ana+news@example.org") is SignupOutcome.CONFIRMATION_MAILED

    [person] = [one for one in press.subscribers.people.values() if one.id != SUBSCRIBER_ID]
    assert (person.fingerprint, person.mailbox) == (
        FakeVault().fingerprint("ana+news@example.org"),
        FINGERPRINT,
    )
    assert press.mailer.sent[0].to == "ana+news@example.org"
    assert person.status is Status.PENDING


def test_each_probe_is_mailed_although_all_have_the_simulator_as_mailbox(press: Press) -> None:
    outcomes = [signs_up(press, probe_address(f"{number:032x}"), number) for number in (1, 2)]
    assert outcomes == [SignupOutcome.CONFIRMATION_MAILED] * 2


def test_a_plain_address_keeps_no_second_code(press: Press) -> None:
    signs_up(press, "Ana@example.org")
    assert press.only_person().mailbox == ""


def leaves(press: Press, person: Subscriber) -> None:
    write_tombstone(press.limits, person.id, person.fingerprint, press.clock.now, mailbox=person.mailbox)
    press.subscribers.leave(person, press.clock.now.date())


def test_a_reader_who_leaves_under_another_spelling_may_sign_up_again_at_once_and_gets_no_old_mail(
    press: Press,
) -> None:
    signs_up(press, SPELLINGS[0])
    leaves(press, press.only_person())
    press.clock.move(timedelta(seconds=1))

    assert [what.mailed for what in press.limits.memory.values()] == [(), ()]
    assert signs_up(press, SPELLINGS[0], 2) is SignupOutcome.CONFIRMATION_MAILED


def test_the_tombstone_of_one_spelling_drops_no_sign_up_of_another(press: Press) -> None:
    signs_up(press, SPELLINGS[0])
    waiting = asked_now(press, a_sign_up(ADDRESS, request_id="9" * 32))
    leaves(press, press.only_person())

    assert press.process(waiting) is SignupOutcome.CONFIRMATION_MAILED


def test_a_message_of_a_spelling_from_before_it_left_is_dropped(press: Press) -> None:
    waiting = asked_now(press, a_sign_up(SPELLINGS[0], request_id="9" * 32))
    signs_up(press, SPELLINGS[0])
    leaves(press, press.only_person())
    press.clock.move(timedelta(minutes=2))

    assert press.process(waiting) is SignupOutcome.GONE


def test_a_spelling_that_leaves_while_its_mail_is_being_counted_gets_none(press: Press) -> None:
    own = address_counter(FakeVault().fingerprint(SPELLINGS[0]))
    press.limits.meanwhile.append(lambda: press.limits.put_tombstone(own, press.clock.now))
    with pytest.raises(RecordChangedError):
        signs_up(press, SPELLINGS[0])

    assert press.mailer.sent == []


def test_mails_sent_before_limits_counted_mailboxes_still_count(press: Press) -> None:
    """It lies under the fingerprint of the spelled address."""
    own = address_counter(FakeVault().fingerprint(SPELLINGS[0]))
    press.limits.memory[own] = SendHistory((("1" * 32, NOW),), None, 1)

    assert signs_up(press, SPELLINGS[0], 2) is SignupOutcome.TOO_SOON
    press.clock.move(timedelta(days=1))
    assert signs_up(press, SPELLINGS[0], 2) is SignupOutcome.CONFIRMATION_MAILED


# -- a fresh link to a reader's page


def asks_for_link(press: Press, attempt: int = 1) -> ReaderMailMessage:
    return ReaderMailMessage(MessageKind.LINK, SUBSCRIBER_ID, int(press.clock.now.timestamp()), attempt)


def test_a_fresh_link_goes_to_the_readers_address_and_opens_their_page(press: Press) -> None:
    press.subscribers.add(a_subscriber(language="be"))

    assert press.process(asks_for_link(press)) is SignupOutcome.LINK_MAILED

    [sent] = press.mailer.sent
    assert sent.to == ADDRESS
    assert sent.mail.subject.startswith(language("be")["mail_link_subject"])
    assert press.keyring.links.read_manage_token(token_in(sent.mail.text, "manage")) == SUBSCRIBER_ID


def test_fresh_links_and_sign_ups_have_one_cool_down(press: Press) -> None:
    press.subscribers.add(a_subscriber())
    outcomes = []
    for hours in range(0, 29 * 24, 12):
        press.clock.now = MONDAY_MORNING + timedelta(hours=hours)
        message = (
            asks_for_link(press)
            if hours % 96
            else asked_now(press, LATER_REQUEST, request_id=f"{hours:032x}")
        )
        outcomes.append(press.process(message))

    assert [o for o in outcomes if o is not SignupOutcome.TOO_SOON] == [
        SignupOutcome.ALREADY_MAILED,
        SignupOutcome.LINK_MAILED,
        SignupOutcome.ALREADY_MAILED,
    ]


def test_a_fresh_link_takes_a_mail_of_the_hour_and_waits_for_the_next() -> None:
    press = Press(an_hour=1)
    press.subscribers.add(a_subscriber())
    flood(press, [1])
    message = asks_for_link(press)

    assert press.process(message) is WAITING
    assert (press.queue.messages, press.queue.delays) == ([message], [900])
    press.clock.move(timedelta(hours=1))
    assert press.process(message) is SignupOutcome.LINK_MAILED
    assert flood(press, [1]) == [WAITING]


def test_a_redelivered_request_for_a_link_is_mailed_once_and_after_a_crash_again(press: Press) -> None:
    press.subscribers.add(a_subscriber())
    message = asks_for_link(press)
    press.mailer.failures.append(TimeoutError())
    with pytest.raises(TimeoutError):
        press.process(message)

    assert [press.process(message) for _ in range(2)] == [SignupOutcome.LINK_MAILED, SignupOutcome.TOO_SOON]
    assert press.kinds() == ["link"]


# -- how much is mailed in an hour


def flood(press: Press, places: list[int], **changes: Any) -> list[SignupOutcome]:
    """A message for each attempt, each of another address."""
    count = len(press.mailer.sent) + len(press.queue.messages)
    return [
        press.process(
            asked_now(
                press,
                a_sign_up(f"reader{count + n}@example.org", request_id=f"{count + n:032x}"),
                attempt=attempt,
                **changes,
            )
        )
        for n, attempt in enumerate(places)
    ]


MAILED, WAITING = SignupOutcome.CONFIRMATION_MAILED, SignupOutcome.WAITING


def test_half_of_an_hour_s_mails_are_reserved_for_the_first_two_sign_ups_of_each_network() -> None:
    press = Press(an_hour=4)

    assert flood(press, [3, 4, 20, 1, 2, 1]) == [MAILED, MAILED, WAITING, MAILED, MAILED, WAITING]


def test_the_first_two_of_each_network_may_use_the_whole_hour() -> None:
    press = Press(an_hour=4)

    assert flood(press, [1, 2, 1, 2, 1, 3]) == [MAILED] * 4 + [WAITING] * 2


def test_the_next_hour_has_mails_of_its_own() -> None:
    press = Press(an_hour=2)
    flood(press, [1, 2, 1])
    press.clock.move(timedelta(hours=1))

    assert press.process(press.queue.messages[0]) is MAILED


def test_a_waiting_message_is_re_enqueued_unchanged_with_the_longest_delay(press: Press) -> None:
    press = Press(an_hour=2)
    flood(press, [1, 1])
    message = asked_now(press, LATER_REQUEST)

    assert press.process(message) is WAITING

    assert (press.queue.messages, press.queue.delays) == ([message], [900])
    assert press.limits.waiting == [(press.clock.now.replace(minute=0, second=0, microsecond=0), "")]
    assert press.send_history() == SendHistory()
    assert len(press.subscribers.people) == 2


def test_a_worker_that_knows_that_nothing_is_left_makes_no_call() -> None:
    press = Press(an_hour=4)
    flood(press, [3, 3, 3])
    calls = press.limits.calls

    assert flood(press, [3, 3]) == [WAITING] * 2
    assert press.limits.calls == calls
    assert flood(press, [1, 1, 1]) == [MAILED, MAILED, WAITING]
    calls = press.limits.calls
    assert flood(press, [1, 3]) == [WAITING] * 2
    assert press.limits.calls == calls
    press.clock.move(timedelta(hours=1))
    assert flood(press, [3, 1]) == [WAITING, MAILED]
    press.clock.move(timedelta(hours=1))
    assert flood(press, [3]) == [MAILED]


def test_another_worker_finds_the_same_hour_used_up() -> None:
    press = Press(an_hour=2)
    flood(press, [1, 1])
    press.worker = press.a_worker()

    assert flood(press, [1, 3]) == [WAITING] * 2


def test_a_message_that_is_two_days_old_is_dropped(press: Press) -> None:
    message = asked_now(press, a_sign_up())
    press.clock.move(timedelta(hours=48) - timedelta(seconds=1))
    assert press.process(replace(message, request_id="3" * 32)) is MAILED
    press.clock.move(timedelta(seconds=1))

    assert press.process(message) is SignupOutcome.TOO_OLD
    assert len(press.mailer.sent) == 1


def test_a_message_that_need_not_be_mailed_uses_nothing_of_the_hour_s_budget() -> None:
    press = Press(an_hour=2)
    press.subscribers.fingerprints[FINGERPRINT] = Known(reason=Reason.BOUNCE)
    press.process(a_sign_up())
    flood(press, [1])

    assert [press.process(asked_now(press, a_sign_up("reader0@example.org"))) for _ in range(3)] == [
        SignupOutcome.TOO_SOON
    ] * 3
    assert sum(press.limits.total.values()) == 1


# -- mails to one reader


def test_a_confirmed_reader_gets_a_welcome_mail_in_their_language(press: Press) -> None:
    press.subscribers.add(a_subscriber(language="be"))

    assert press.process(ReaderMailMessage(MessageKind.WELCOME, SUBSCRIBER_ID, NOW)) is SignupOutcome.WELCOMED

    [sent] = press.mailer.sent
    assert (sent.to, sent.tags) == (ADDRESS, {"kind": "welcome", "subscriber": SUBSCRIBER_ID})
    assert sent.mail.subject.startswith(language("be")["mail_welcome_subject"])


@pytest.mark.parametrize("kind", [MessageKind.WELCOME, MessageKind.RECORD, MessageKind.LINK])
def test_a_deleted_or_unconfirmed_reader_gets_no_mail_to_readers(press: Press, kind: MessageKind) -> None:
    assert press.process(ReaderMailMessage(kind, SUBSCRIBER_ID, NOW)) is SignupOutcome.NOBODY
    press.subscribers.add(a_subscriber(status=Status.PENDING))
    assert press.process(ReaderMailMessage(kind, SUBSCRIBER_ID, NOW)) is SignupOutcome.NOBODY
    assert press.mailer.sent == []


@pytest.mark.parametrize("kind", [MessageKind.WELCOME, MessageKind.RECORD, MessageKind.LINK])
def test_a_mail_to_a_reader_waits_for_ses_too_until_it_is_too_old(press: Press, kind: MessageKind) -> None:
    press.subscribers.add(a_subscriber())
    message = ReaderMailMessage(kind, SUBSCRIBER_ID, NOW)
    press.mailer.failures.append(NotSentError("TooManyRequestsException"))
    assert (press.process(message), press.queue.messages) == (SignupOutcome.WAITING, [message])
    assert press.process(message) in (
        SignupOutcome.WELCOMED,
        SignupOutcome.RECORD_MAILED,
        SignupOutcome.LINK_MAILED,
    )

    press.clock.move(timedelta(days=2))
    assert press.process(message) is SignupOutcome.TOO_OLD
    assert press.kinds() == [kind.value]


def test_a_reader_gets_their_record_once_a_day_and_again_after_a_crash(press: Press) -> None:
    press.subscribers.add(a_subscriber())
    press.mailer.failures.append(TimeoutError())
    message = ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW)
    with pytest.raises(TimeoutError):
        press.process(message)

    assert press.process(message) is SignupOutcome.RECORD_MAILED
    assert (
        press.process(ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW + 1)) is SignupOutcome.TOO_SOON
    )
    press.clock.move(timedelta(hours=42))  # the next day has ended
    later = ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW + 42 * 3_600)
    assert press.process(later) is SignupOutcome.RECORD_MAILED

    assert press.kinds() == ["record", "record"]
    assert {sent.to for sent in press.mailer.sent} == {ADDRESS}
    assert press.process(a_sign_up(asked_at=int(press.clock.now.timestamp()))) is SignupOutcome.ALREADY_MAILED


def test_a_sign_up_that_cannot_be_decrypted_changes_nothing(press: Press) -> None:
    with pytest.raises(ValueError, match=r"^not "):
        press.process(a_sign_up(sealed=b"something else"))

    assert press.subscribers == FakeSubscribers()
    assert press.mailer.sent == []
