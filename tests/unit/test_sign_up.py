"""The sign-up form: what was typed, what is wrong with it, and the order that is queued."""

import re
from dataclasses import replace
from datetime import date

import pytest

from broadsheet.subscribers.orders import SignUp
from broadsheet.subscribers.sign_up import SignUpForm, consent_text, subscribe
from tests.builders import a_newsletter, a_sign_up
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeSignUps, FakeVault

NEWSLETTER = a_newsletter()
FILLED = {"email": ["ana@example.org"], "audience": ["en"], "edition": ["en"], "website": [""]}
FORM = SignUpForm(email="ana@example.org", audiences=("en",), edition="en")


def form(**fields: list[str]) -> SignUpForm:
    return SignUpForm.from_fields({**FILLED, **fields}, NEWSLETTER, "page")


def queued(filled: SignUpForm) -> list[SignUp]:
    """What `subscribe` puts on the queue."""
    sign_ups = FakeSignUps()
    subscribe(filled, newsletter=NEWSLETTER, seal=FakeVault(), sign_ups=sign_ups, clock=FakeClock())
    return sign_ups.orders


def test_a_filled_form_is_read_as_it_came() -> None:
    assert form() == FORM


def test_an_empty_form_is_read_in_the_first_editions_words() -> None:
    assert SignUpForm.from_fields({}, NEWSLETTER, "api") == SignUpForm("", (), "en", "api")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"audience": ["be-ru", "en", "be-ru", ""]}, replace(FORM, audiences=("be-ru", "en"))),
        ({"edition": ["ru"]}, replace(FORM, edition="ru")),
        ({"edition": ["xx"]}, FORM),
        ({"website": ["https://spam.example"]}, replace(FORM, trapped=True)),
        ({"email": ["first@example.org", "second@example.org"]}, replace(FORM, email="first@example.org")),
        ({"unknown": ["field"]}, FORM),
        ({"email": ["x" * 5000]}, replace(FORM, email="x" * 255)),
    ],
    ids=["audiences once each", "edition", "unknown edition", "honeypot", "two addresses", "unknown", "long"],
)
def test_of_what_was_sent_the_form_keeps(fields: dict[str, list[str]], expected: SignUpForm) -> None:
    assert form(**fields) == expected


@pytest.mark.parametrize(
    ("filled", "errors"),
    [
        (FORM, {}),
        (replace(FORM, audiences=("en", "be-ru")), {}),
        (replace(FORM, email=""), {"email": "error_email_missing"}),
        (replace(FORM, email="  "), {"email": "error_email_missing"}),
        (replace(FORM, email="ana@"), {"email": "error_email"}),
        (replace(FORM, audiences=()), {"audience": "error_audience_missing"}),
        (replace(FORM, audiences=("en", "xx")), {"audience": "error_audience"}),
        (
            SignUpForm("", (), "en"),
            {"email": "error_email_missing", "audience": "error_audience_missing"},
        ),
    ],
)
def test_what_is_wrong_is_told_by_field(filled: SignUpForm, errors: dict[str, str]) -> None:
    assert filled.errors(NEWSLETTER) == errors


def test_an_address_that_was_cut_because_of_its_length_is_wrong() -> None:
    label = "x" * 60
    too_long = f"ana@{'.'.join([label] * 4)}.example.org"

    assert form(email=[too_long]).errors(NEWSLETTER) == {"email": "error_email"}


def test_subscribing_queues_the_normalised_address_sealed() -> None:
    typed = replace(FORM, email=" Ana+news@EXAMPLE.org ", audiences=("be-ru", "en"), edition="be", form="api")

    [order] = queued(typed)

    expected = SignUp(
        order_id=order.order_id,
        sealed=FakeVault()("Ana+news@example.org"),
        audiences=("be-ru", "en"),
        language="be",
        text=consent_text(NEWSLETTER.editions["be"]),
        form="api",
        asked_on=date(2016, 12, 12),
    )
    assert order == expected


def test_each_order_has_an_id_of_its_own() -> None:
    ids = {order.order_id for _ in range(3) for order in queued(FORM)}

    assert len(ids) == 3
    assert [order_id for order_id in ids if not re.fullmatch("[0-9a-f]{32}", order_id)] == []


def test_a_filled_honeypot_queues_nothing() -> None:
    assert queued(replace(FORM, trapped=True)) == []


def test_the_version_of_the_words_changes_with_the_words_alone() -> None:
    english, belarusian = NEWSLETTER.editions["en"], NEWSLETTER.editions["be"]

    version = consent_text(english)

    assert re.fullmatch("en-[0-9a-f]{16}", version)
    assert version == consent_text(replace(english, name="Another name", description="Other words"))
    assert version != consent_text(replace(english, sign_up="Two letters a week."))
    assert consent_text(belarusian).startswith("be-")


def test_an_order_survives_the_queue_and_shows_no_address_on_it() -> None:
    order = a_sign_up("ana@example.org", audiences=("be-ru", "en"))

    message = order.to_json()

    assert SignUp.from_json(message) == order
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
    ],
)
def test_what_is_no_order_of_ours_is_left_to_the_dead_letters(message: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        SignUp.from_json(message)


@pytest.mark.parametrize("field", ["email", "edition", "audience", "website"])
def test_a_field_sent_as_an_empty_list_is_as_if_not_sent(field: str) -> None:
    fields = {"email": ["ana@readers.test"], "audience": ["en"], "edition": ["en"]}
    without = {name: values for name, values in fields.items() if name != field}
    newsletter = a_newsletter()
    assert SignUpForm.from_fields({**fields, field: []}, newsletter, "api") == SignUpForm.from_fields(
        without, newsletter, "api"
    )
