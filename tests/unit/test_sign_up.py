"""The sign-up form: what was typed, what is wrong with it, and the message that is queued."""

import re
from dataclasses import replace
from datetime import date

import pytest

from broadsheet.subscribers.consent import consent_text
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage, SignupMessage, read_message
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.sign_up import SignupForm, subscribe
from tests.builders import SUBSCRIBER_ID, a_newsletter, a_sign_up
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeNetworks, FakeSignupQueue, FakeVault

NEWSLETTER = a_newsletter()
ENGLISH = NEWSLETTER.editions["en"]
FILLED = {"email": ["ana@example.org"], "audience": ["en"], "edition": ["en"], "website": [""]}
FORM = SignupForm(email="ana@example.org", audiences=("en",), edition=ENGLISH)
HOME = Share("203.0.113.0/24", 3)


def form(**fields: list[str]) -> SignupForm:
    return SignupForm.from_fields({**FILLED, **fields}, ENGLISH, "page")


def queued(
    filled: SignupForm, share: Share = HOME, networks: FakeNetworks | None = None
) -> list[SignupMessage]:
    """What `subscribe` puts on the queue."""
    queue = FakeSignupQueue()
    subscribe(
        filled,
        share,
        networks=networks or FakeNetworks(),
        seal=FakeVault(),
        queue=queue,
        clock=FakeClock(),
    )
    return queue.sign_ups


def test_a_filled_form_is_read_as_it_came() -> None:
    assert form() == FORM


def test_an_empty_form_is_read() -> None:
    assert SignupForm.from_fields({}, ENGLISH, "api") == SignupForm("", (), ENGLISH, "api")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"audience": ["be-ru", "en", "be-ru", ""]}, replace(FORM, audiences=("be-ru", "en"))),
        ({"website": ["https://spam.example"]}, replace(FORM, trapped=True)),
        ({"email": ["first@example.org", "second@example.org"]}, replace(FORM, email="first@example.org")),
        ({"unknown": ["field"]}, FORM),
        ({"email": ["x" * 5000]}, replace(FORM, email="x" * 255)),
    ],
    ids=["audiences once each", "honeypot", "two addresses", "unknown", "long"],
)
def test_the_form_keeps_these_of_the_sent_values(fields: dict[str, list[str]], expected: SignupForm) -> None:
    assert form(**fields) == expected


@pytest.mark.parametrize(
    ("filled", "errors"),
    [
        (FORM, {}),
        (replace(FORM, audiences=("en", "be-ru")), {}),
        (replace(FORM, email=""), {"email": "error_email_missing"}),
        (replace(FORM, email="  "), {"email": "error_email_missing"}),
        (replace(FORM, email="ana@"), {"email": "error_email"}),
        (replace(FORM, email="\u200bana@example.org\ufeff"), {}),
        (replace(FORM, audiences=()), {"audience": "error_audience_missing"}),
        (replace(FORM, audiences=("en", "xx")), {"audience": "error_audience"}),
        (
            SignupForm("", (), ENGLISH),
            {"email": "error_email_missing", "audience": "error_audience_missing"},
        ),
    ],
)
def test_what_is_wrong_is_reported_by_field(filled: SignupForm, errors: dict[str, str]) -> None:
    assert filled.errors(NEWSLETTER) == errors


def test_an_address_that_was_cut_because_of_its_length_is_wrong() -> None:
    label = "x" * 60
    too_long = f"ana@{'.'.join([label] * 4)}.example.org"

    assert form(email=[too_long]).errors(NEWSLETTER) == {"email": "error_email"}


def test_subscribing_queues_the_normalised_address_sealed() -> None:
    typed = replace(
        FORM,
        email=" Ana+news@EXAMPLE.org ",
        audiences=("be-ru", "en"),
        edition=NEWSLETTER.editions["be"],
        form="api",
    )

    [message] = queued(typed)

    expected = SignupMessage(
        request_id=message.request_id,
        sealed=FakeVault()("Ana+news@example.org"),
        audiences=("be-ru", "en"),
        language="be",
        text=consent_text(NEWSLETTER.editions["be"], "page"),
        form="api",
        asked_on=date(2016, 12, 12),
        attempt=1,
        asked_at=1_481_522_400,
    )
    assert message == expected


def test_each_message_has_an_id_of_its_own() -> None:
    ids = {message.request_id for _ in range(3) for message in queued(FORM)}

    assert len(ids) == 3
    assert [request_id for request_id in ids if not re.fullmatch("[0-9a-f]{32}", request_id)] == []


def test_a_filled_honeypot_is_counted_and_queues_nothing() -> None:
    networks = FakeNetworks()

    assert queued(replace(FORM, trapped=True), networks=networks) == []

    assert networks.counts == {(date(2016, 12, 12), HOME.network): 1}


def test_a_message_has_the_attempt_number_of_its_network() -> None:
    networks = FakeNetworks()
    elsewhere = Share("198.51.100.0/24", 3)

    queue = [message for share in (HOME, HOME, elsewhere) for message in queued(FORM, share, networks)]

    assert [message.attempt for message in queue] == [1, 2, 1]


@pytest.mark.parametrize("trapped", [False, True])
def test_over_its_share_of_the_day_a_network_queues_nothing(trapped: bool) -> None:  # noqa: FBT001  # a parameter of the table above
    networks = FakeNetworks()
    for _ in range(HOME.most):
        assert queued(FORM, HOME, networks) != []

    with pytest.raises(ShareExceededError):
        queued(replace(FORM, trapped=trapped), HOME, networks)


def test_the_version_of_the_words_changes_with_the_words_alone() -> None:
    english, belarusian = NEWSLETTER.editions["en"], NEWSLETTER.editions["be"]

    version = consent_text(english, "page")

    assert re.fullmatch("en-[0-9a-f]{16}", version)
    assert version == consent_text(replace(english, name="Another name", description="Other words"), "page")
    assert version != consent_text(replace(english, sign_up="Two letters a week."), "page")
    assert consent_text(belarusian, "page").startswith("be-")


def test_a_message_survives_the_queue_and_shows_no_address_on_it() -> None:
    sign_up = a_sign_up("ana@example.org", audiences=("be-ru", "en"))

    message = sign_up.to_json()

    assert read_message(message) == sign_up
    assert [word for word in ("ana", "example", "@") if word in message] == []


@pytest.mark.parametrize(
    "message",
    [
        *(
            "",
            "{",
            "[]",
            "null",
            '"text"',
            "{}",
            '{"sealed": "?", "audiences": [], "asked_on": "2016-12-12"}',
        ),
        a_sign_up().to_json().replace("2016-12-12", "yesterday"),
        a_sign_up().to_json().replace('"form"', '"shape"'),
        a_sign_up().to_json().replace('"sign-up"', '"sing-up"'),
        a_sign_up().to_json().replace('"place": 1', '"place": "first"'),
        '{"kind": "welcome", "subscriber_id": "a1", "asked_at": 1481522400}',
        '{"kind": "record", "subscriber_id": "no hex", "asked_at": 1481522400}',
        '{"kind": "record"}',
    ],
)
def test_what_is_no_message_of_ours_is_left_to_the_dead_letters(message: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_message(message)


@pytest.mark.parametrize("kind", [MessageKind.WELCOME, MessageKind.RECORD])
def test_a_message_for_a_readers_mail_survives_the_queue(kind: MessageKind) -> None:
    message = ReaderMailMessage(kind, SUBSCRIBER_ID, 1_481_522_400)

    assert read_message(message.to_json()) == message


@pytest.mark.parametrize("field", ["email", "audience", "website"])
def test_a_field_sent_as_an_empty_list_is_as_if_not_sent(field: str) -> None:
    fields = {"email": ["ana@readers.test"], "audience": ["en"]}
    without = {name: values for name, values in fields.items() if name != field}
    expected = SignupForm.from_fields(without, ENGLISH, "api")
    assert SignupForm.from_fields({**fields, field: []}, ENGLISH, "api") == expected
