"""The mail with everything stored about a reader: in plain words, and as JSON for programs."""

import json
from dataclasses import asdict, fields
from datetime import date

import pytest

from broadsheet.language import language
from broadsheet.mail import Mail
from broadsheet.subscribers.personal_data import record_mail, record_of
from broadsheet.subscribers.subscriber import ConfirmedAddress, Subscriber
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_consent, a_newsletter, a_pending_request, a_subscriber

NEWSLETTER = a_newsletter()
MAILED_ON = [date(2016, 12, 12), date(2016, 11, 10), date(2016, 12, 12)]
READER = a_subscriber(audiences=frozenset({"be-ru", "en", "ended"}), soft_bounces=2)


def mailed(reader: Subscriber = READER) -> Mail:
    return record_mail(reader, ADDRESS, MAILED_ON, NEWSLETTER)


def json_in(mail: Mail) -> dict[str, object]:
    """The part of the text that programs read."""
    content: dict[str, object] = json.loads(mail.text.split("-" * 72)[1])
    return content


def test_the_mail_has_all_that_is_kept_with_the_address() -> None:
    consent = {**asdict(a_consent()), "asked_on": "2016-11-10", "confirmed_on": "2016-11-11"}
    del consent["request_id"]
    assert json_in(mailed()) == {
        "address": ADDRESS,
        "subscriber": SUBSCRIBER_ID,
        "status": "confirmed",
        "audiences": ["be-ru", "en", "ended"],
        "language": "en",
        "consent": consent,
        "soft_bounces": 2,
        "mailed_on": ["2016-11-10", "2016-12-12"],
    }


def test_no_stored_field_is_left_out() -> None:
    """A field that is added to a subscriber must be added here. Digests are never shown."""
    changed = ConfirmedAddress("3" * 32, date(2016, 12, 1), date(2016, 12, 2))
    reader = a_subscriber(pending_request=a_pending_request(), confirmed_address=changed)
    listed = set(record_of(reader))
    named_otherwise = {
        "id": "subscriber",
        "pending_request": "waiting",
        "sealed_address": "address",
        "confirmed_address": "changed_address",
    }
    kept = {named_otherwise.get(field.name, field.name) for field in fields(Subscriber)}
    assert listed | {"address", "fingerprint", "mailbox"} == kept


def test_a_pending_request_is_part_of_it() -> None:
    waiting = json_in(mailed(a_subscriber(pending_request=a_pending_request())))["waiting"]
    expected = {**asdict(a_pending_request()), "audiences": ["en"], "asked_on": "2016-12-12"}
    del expected["request_id"]
    assert waiting == {**expected, "expires_at": "2016-12-14T06:00:00+00:00"}


def test_neither_part_holds_a_request_id_or_a_digest_of_the_address() -> None:
    mail = mailed(a_subscriber(pending_request=a_pending_request(), mailbox="a mailbox"))
    secrets = (READER.fingerprint, "a mailbox", a_pending_request().request_id, a_consent().request_id)
    assert [secret for secret in secrets if secret in mail.text + mail.html] == []


def test_in_plain_words_editions_have_their_labels_and_days_are_written_out() -> None:
    text = mailed().text
    assert "Your address: ana@example.org\n" in text
    assert "Editions: EN, BE/RU, ended\n" in text
    assert "Day of your confirmation: November 11, 2016\n" in text
    assert "Number of recent issues that could not be delivered: 2\n" in text
    assert "mailed you about your subscription: November 10, 2016; December 12, 2016\n" in text


@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_it_comes_in_the_language_of_the_reader(code: str) -> None:
    words, mail = language(code), mailed(a_subscriber(language=code))
    edition = NEWSLETTER.editions[code]
    assert mail.subject == f"{words['mail_record_subject']}: {edition.name}"
    assert f'<html lang="{code}">' in mail.html
    assert f"{NEWSLETTER.origin}/{code}/privacy.html" in mail.text
    assert mail.headers == {"Auto-Submitted": "auto-generated"}
    assert mail.reply_to == NEWSLETTER.reply_to


def test_the_page_about_html_is_safe_from_what_an_address_may_hold() -> None:
    address = '"<b>x</b>"@example.org'
    assert "<b>x</b>" not in record_mail(READER, address, MAILED_ON, NEWSLETTER).html


def test_no_header_of_the_mail_reveals_the_address() -> None:
    mail = mailed()
    assert ADDRESS not in f"{mail.sender} {mail.subject} {mail.reply_to} {mail.headers}"


def test_a_form_that_we_do_not_know_any_more_is_reported_by_its_name() -> None:
    text = mailed(a_subscriber(consent=a_consent(form="booth", confirmed_by="post"))).text
    assert "How you subscribed: booth\n" in text
    assert "How you confirmed: post\n" in text
