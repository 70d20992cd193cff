"""What readers can do with their subscription: change it, get their record, be erased."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest

from broadsheet.newsletter import Audience
from broadsheet.subscribers.consent import consent_text
from broadsheet.subscribers.limits import address_counter, record_counter
from broadsheet.subscribers.manage import ManageForm, ManageSubscription
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.send_history import SendHistory, end_of_day
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import SUBSCRIBER_ID, a_consent, a_newsletter, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeLimits, FakeNetworks, FakeSignupQueue, FakeSubscribers, FakeVault

RU_BE = Audience("ru-be", "RU/BE", ("ru", "be"))
NEWSLETTER = a_newsletter(audiences=(*a_newsletter().audiences, RU_BE))
ENGLISH = NEWSLETTER.editions["en"]
READER = a_subscriber()
STAYS = a_subscriber("bo@example.org", id="b" * 32)
NOW = int(FakeClock()().timestamp())
FORM = ManageForm(("be-ru",), "be", not_again=False, edition=ENGLISH, email="")


@dataclass
class ManagePage:
    """The use cases over a list with one reader more."""

    subscribers: FakeSubscribers = field(default_factory=lambda: FakeSubscribers().add(READER, STAYS))
    queue: FakeSignupQueue = field(default_factory=FakeSignupQueue)
    limits: FakeLimits = field(default_factory=FakeLimits)
    clock: FakeClock = field(default_factory=FakeClock)

    @property
    def subscription(self) -> ManageSubscription:
        return ManageSubscription(
            self.subscribers, self.queue, FakeNetworks(), self.limits, self.clock, FakeVault()
        )

    def save(self, form: ManageForm) -> bool:
        return self.subscription.save(SUBSCRIBER_ID, form)

    def record(self) -> bool:
        return self.subscription.mail_record(SUBSCRIBER_ID)

    def erase(self, *, not_again: bool = False) -> bool:
        return self.subscription.erase(SUBSCRIBER_ID, not_again=not_again)

    def leave(self) -> None:
        self.subscription.leave(SUBSCRIBER_ID)

    def reader(self) -> Subscriber | None:
        return self.subscription.reader(SUBSCRIBER_ID)


def test_what_was_chosen_is_kept_with_a_consent_of_its_own() -> None:
    page = ManagePage()

    assert page.save(FORM)

    consent = a_consent(
        text=consent_text(ENGLISH, "manage"),
        form="manage",
        language="be",
        asked_on=date(2016, 12, 12),
        confirmed_on=date(2016, 12, 12),
        confirmed_by="manage",
    )
    chosen = replace(READER, audiences=frozenset({"be-ru"}), language="be", consent=consent)
    assert page.subscribers == FakeSubscribers().add(chosen, STAYS)


@pytest.mark.parametrize("audiences", [("en",), ("en", "be-ru")])
def test_a_reader_who_changes_the_language_or_chooses_less_keeps_the_consent_of_the_sign_up(
    audiences: tuple[str, ...],
) -> None:
    both = replace(READER, audiences=frozenset({"en", "be-ru"}))
    page = ManagePage(subscribers=FakeSubscribers().add(both, STAYS))

    assert page.save(replace(FORM, audiences=audiences, language="ru"))

    chosen = replace(both, audiences=frozenset(audiences), language="ru")
    assert page.subscribers == FakeSubscribers().add(chosen, STAYS)


def test_saving_twice_is_saving_once_and_without_a_language_it_stays() -> None:
    page = ManagePage()
    page.save(FORM)
    page.save(FORM)
    once = page.reader()
    page.save(replace(FORM, language=""))

    assert page.reader() == once


@pytest.mark.parametrize("do", [ManagePage.leave, ManagePage.erase])
def test_after_leaving_no_other_tab_brings_the_reader_back(do: Callable[[ManagePage], object]) -> None:
    page = ManagePage()
    do(page)
    gone = replace(page.subscribers)

    assert not page.save(FORM)
    assert not page.record()
    assert not page.erase(not_again=True)
    page.leave()

    assert page.subscribers == gone
    assert page.queue.messages == []
    assert page.reader() is None


def test_a_reader_deleted_between_reading_and_writing_stays_deleted() -> None:
    page = ManagePage(subscribers=_LeavesMeanwhile().add(READER, STAYS))

    assert not page.save(FORM)
    assert page.reader() is None


def test_the_record_is_requested_by_id_alone() -> None:
    page = ManagePage()

    assert page.record()

    assert page.queue.messages == [ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, NOW)]


def test_erasing_leaves_nothing_but_that_work_in_the_queue_is_to_be_dropped() -> None:
    page = ManagePage()
    page.limits.memory[record_counter(READER.id)] = SendHistory((("1", NOW),), None, 1)

    assert page.erase()

    assert page.subscribers == FakeSubscribers().add(STAYS)
    assert page.subscribers.left == {}
    assert page.limits.memory == {
        address_counter(READER.fingerprint): SendHistory((), end_of_day(page.clock()), 1, over=frozenset())
    }


def test_erasing_who_wrote_their_address_in_another_way_forgets_when_their_mailbox_was_mailed() -> None:
    page = ManagePage(subscribers=FakeSubscribers().add(replace(READER, mailbox="the mailbox")))
    counter = address_counter("the mailbox")
    page.limits.memory[counter] = SendHistory((("1", NOW),), None, 1, "1")

    assert page.erase()

    assert page.limits.memory[counter] == SendHistory((), None, 2)


def test_never_again_keeps_the_fingerprint_with_that_reason() -> None:
    page = ManagePage()

    assert page.erase(not_again=True)

    assert page.subscribers.people == {STAYS.id: STAYS}
    assert page.subscribers.find(READER.fingerprint, page.clock()) == Known(reason=Reason.NOT_AGAIN)


def test_queued_work_gets_its_tombstone_before_the_reader_is_deleted() -> None:
    page = ManagePage(limits=_DoesNotAnswer())

    with pytest.raises(RuntimeError):
        page.erase()
    assert page.reader() == READER


def test_a_request_to_erase_an_absent_reader_is_recorded() -> None:
    page = ManagePage(subscribers=FakeSubscribers())

    assert not page.erase()

    assert page.limits.absent == {SUBSCRIBER_ID: end_of_day(page.clock())}


def test_an_unconfirmed_reader_has_no_page() -> None:
    pending = a_subscriber(status=Status.PENDING)
    page = ManagePage(subscribers=FakeSubscribers().add(pending))

    assert page.reader() is None
    assert not page.save(FORM)
    assert page.subscribers == FakeSubscribers().add(pending)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"audience": ["en"], "language": ["ru"]}, {}),
        ({"audience": ["en", "be-ru", "en"]}, {}),
        ({"language": ["en"]}, {"audience": "error_audience_none_left"}),
        ({"audience": [""], "language": ["en"]}, {"audience": "error_audience_none_left"}),
        ({"audience": ["en", "xx"]}, {"audience": "error_audience"}),
        ({"audience": ["en", "ru-be"]}, {}),
        ({"audience": ["ru-be", "be-ru"]}, {"audience": "error_audience_both"}),
        ({"audience": ["en"], "language": ["de"]}, {"language": "error_language"}),
        ({"language": ["de"]}, {"audience": "error_audience_none_left", "language": "error_language"}),
    ],
)
def test_what_is_wrong_with_the_form_is_found(fields: dict[str, list[str]], errors: dict[str, str]) -> None:
    assert ManageForm.from_fields(fields, ENGLISH).errors(NEWSLETTER) == errors


@pytest.mark.parametrize(
    ("value", "meant"), [("yes", True), ("on", True), ("true", True), ("false", False), ("", False)]
)
def test_never_again_has_to_be_chosen(value: str, meant: bool) -> None:  # noqa: FBT001  # a column
    assert ManageForm.from_fields({"not_again": [value]}, ENGLISH).not_again is meant


class _LeavesMeanwhile(FakeSubscribers):
    """The reader leaves just before what they chose is written."""

    def put_preferences(self, subscriber: Subscriber) -> bool:
        self.leave(subscriber, date(2016, 12, 12))
        return super().put_preferences(subscriber)


class _DoesNotAnswer(FakeLimits):
    """The limits table fails when a tombstone is written."""

    def put_tombstone(self, counter: str, at: datetime) -> None:  # noqa: ARG002  # the port's
        raise RuntimeError("the table of limits does not answer")
