"""The local SES: what it takes, what it refuses, and what it says afterwards."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from flask import Flask

from local.server import serve
from local.ses.account import Settings
from local.ses.configuration_sets import Destination
from local.ses.outbox import Outbox
from local.ses.publisher import Publisher
from tests.fakes.clock import HUNG_SECONDS, UNMOVED
from tests.fakes.ses import (
    ALL_TYPES,
    AT_NOON,
    BULK,
    SINGLE,
    TOPIC,
    EmulatedSES,
    a_bulk,
    a_single,
    an_entry,
    headers,
    statuses,
)


@pytest.fixture
def ses(tmp_path: Path) -> EmulatedSES:
    return EmulatedSES(tmp_path)


# --- What a message looks like ---


def test_a_message_holds_the_text_before_the_html(ses: EmulatedSES) -> None:
    answer = ses.client.post(SINGLE, json=a_single()).get_json()

    mail = ses.mail(answer["MessageId"])
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in mail.iter_parts()] == ["Hello", "<p>Hello</p>"]
    assert mail["Message-ID"] == f"<{answer['MessageId']}@eu-central-1.amazonses.com>"
    assert mail["Date"] == "Mon, 05 Dec 2016 12:00:00 +0000"


def test_cyrillic_survives_in_subject_sender_and_body(ses: EmulatedSES) -> None:
    sender = "=?utf-8?b?0JHQtdC70LDRgNGD0YHRjA==?= <news@example.org>"
    subject = "Два саммиты, адна дарога: чаго хочуць суседзі, і чаму гэта важна менавіта цяпер"
    content = {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "Добры дзень\n"}}}
    message = a_single(FromEmailAddress=sender, Content={"Simple": content})

    answer = ses.client.post(SINGLE, json=message).get_json()

    mail = ses.mail(answer["MessageId"])
    source = ses.outbox.source(answer["MessageId"]) or b""
    assert mail["Subject"] == subject
    assert mail["From"] == "Беларусь <news@example.org>"
    assert mail.get_content() == "Добры дзень\r\n"
    assert source.isascii()
    assert max(len(word) for word in re.findall(rb"=\?\S+\?=", source)) <= 75  # RFC 2047 section 2


def test_a_long_unsubscribe_header_arrives_unfolded_and_unchanged(ses: EmulatedSES) -> None:
    link = f"<https://news.example.org/api/unsubscribe?t={'x' * 900}>"
    entry = an_entry(
        "reader@example.org", {"link": "l"}, ReplacementHeaders=headers(("List-Unsubscribe", link))
    )

    answer = ses.client.post(BULK, json=a_bulk(entry)).get_json()

    source = ses.outbox.source(answer["BulkEmailEntryResults"][0]["MessageId"]) or b""
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in source


@pytest.mark.parametrize(
    "changes",
    [
        {"Content": {"Raw": {"Data": "Qm9keQ=="}}},
        {"Content": {"Template": {"TemplateContent": {"Subject": "Hello", "Text": "Hello"}}}},
        {"Destination": {"ToAddresses": ["a@example.org"], "CcAddresses": ["b@example.org"]}},
        {"Destination": {"ToAddresses": ["a@example.org"], "BccAddresses": ["b@example.org"]}},
        {"FeedbackForwardingEmailAddress": "bounces@example.org"},
    ],
    ids=["raw", "template", "copies", "blind copies", "feedback elsewhere"],
)
def test_mail_features_that_the_product_never_uses_are_refused_as_a_whole(
    ses: EmulatedSES, changes: dict[str, Any]
) -> None:
    answer = ses.client.post(SINGLE, json=a_single(**changes))

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    assert ses.outbox.records() == []


# --- Templates ---


def test_a_stored_template_is_refused(ses: EmulatedSES) -> None:
    template = {"TemplateContent": None, "TemplateName": "week"}

    answer = ses.client.post(BULK, json=a_bulk(an_entry("reader@example.org"), template=template))

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    assert ses.outbox.records() == []


def test_values_are_inserted_as_they_are_and_not_parsed_again(ses: EmulatedSES) -> None:
    entry = an_entry("reader@example.org", {"link": "<b>{{link}}&amp;</b>"})

    answer = ses.client.post(BULK, json=a_bulk(entry)).get_json()

    mail = ses.mail(answer["BulkEmailEntryResults"][0]["MessageId"])
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content() == "<p><b>{{link}}&amp;</b></p>"


def test_an_entry_s_values_win_over_the_default_ones_key_by_key(ses: EmulatedSES) -> None:
    template = {
        "TemplateContent": {"Subject": "{{week}}", "Text": "{{link}}"},
        "TemplateData": json.dumps({"week": 49, "link": "default"}),
    }

    answer = ses.client.post(BULK, json=a_bulk(an_entry("r@example.org", {"link": "own"}), template=template))

    mail = ses.mail(answer.get_json()["BulkEmailEntryResults"][0]["MessageId"])
    assert (mail["Subject"], mail.get_content()) == ("49", "own")


def test_an_entry_s_headers_win_over_the_default_ones_of_the_same_name(ses: EmulatedSES) -> None:
    template = {"Headers": headers(("List-Id", "<a.example.org>"), ("X-Kept", "yes"))}
    entry = an_entry(
        "r@example.org", {"link": "l"}, ReplacementHeaders=headers(("list-id", "<b.example.org>"))
    )

    answer = ses.client.post(BULK, json=a_bulk(entry, template=template)).get_json()

    mail = ses.mail(answer["BulkEmailEntryResults"][0]["MessageId"])
    assert mail.get_all("List-Id") == ["<b.example.org>"]
    assert mail["X-Kept"] == "yes"


def test_all_recipients_of_a_call_are_accepted_at_the_time_of_the_call(ses: EmulatedSES) -> None:
    keep = ses.outbox.keep

    def slowly(record: Any, source: bytes | None, also: Any) -> None:
        ses.now += 0.1
        keep(record, source, also)

    ses.outbox.keep = slowly  # type: ignore[assignment,method-assign]  # a disk that takes its time
    ses.client.post(BULK, json=a_bulk(*(an_entry(f"r{number}@example.org") for number in range(3))))
    accepted = [record.accepted_at for record in ses.outbox.records()]
    assert accepted == [AT_NOON] * 3


@pytest.mark.parametrize("text", ["{{link}}", "{{#each people}}x{{/each}}"])
def test_a_mail_that_cannot_be_rendered_is_accepted_and_fails_afterwards(ses: EmulatedSES, text: str) -> None:
    content = {"TemplateContent": {"Subject": "The week", "Text": text}}

    answer = ses.client.post(BULK, json=a_bulk(an_entry("reader@example.org"), template=content))

    message_id = answer.get_json()["BulkEmailEntryResults"][0]["MessageId"]
    assert statuses(answer) == ["SUCCESS"]
    assert ses.event_types() == ["Send", "Rendering Failure"]
    assert ses.outbox.source(message_id) is None


def test_a_rendering_failure_names_the_missing_attribute(ses: EmulatedSES) -> None:
    ses.client.post(BULK, json=a_bulk(an_entry("reader@example.org", {"other": 1})))

    assert (
        ses.events()[1]["failure"]["errorMessage"] == "Attribute 'link' is not present in the rendering data."
    )


# --- What is refused ---


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"FromEmailAddress": "news.example.org"}, "Missing final '@domain'"),
        ({"FromEmailAddress": "news@"}, "Missing domain"),
        ({"FromEmailAddress": ""}, "Missing final '@domain'"),
        (
            {"Destination": {"ToAddresses": ["чытач@example.org"]}},
            "Local address contains control or whitespace",
        ),
        ({"Destination": {"ToAddresses": ["reader@пошта.бел"]}}, "Domain contains illegal character"),
        ({"Destination": {"ToAddresses": ["reader@exa mple.org"]}}, "Domain contains control or whitespace"),
        ({"Destination": {}}, "No recipients."),
        ({"Destination": {"ToAddresses": ["r@example.org"] * 51}}, "Recipient count exceeds 50."),
        ({"Content": {}}, "Content is required."),
        (
            {"EmailTags": headers(("kind", "a b"))},
            "Tag names and values take A-Z, a-z, 0-9, _ and -, up to 256.",
        ),
    ],
)
def test_an_invalid_message_is_refused_in_the_words_of_ses(
    ses: EmulatedSES, changes: dict[str, Any], text: str
) -> None:
    answer = ses.client.post(SINGLE, json=a_single() | changes)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    assert answer.get_json() == {"message": text}
    assert ses.outbox.records() == []


def test_a_punycode_domain_is_taken(ses: EmulatedSES) -> None:
    answer = ses.client.post(SINGLE, json=a_single(to="reader@xn--80a1acny.xn--90ais"))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "pairs",
    [
        [("X-Mark", "žurnal")],
        [("X-Mark", "x" * 996)],
        [("X-Mark", "")],
        [("X Mark", "x")],
        [("X-Mark:", "x")],
        [(f"X-{number}", "x") for number in range(16)],
    ],
)
def test_a_header_outside_the_rules_refuses_the_whole_call(
    ses: EmulatedSES, pairs: list[tuple[str, str]]
) -> None:
    good, bad = an_entry("a@example.org", {"link": "l"}), an_entry("b@example.org", {"link": "l"})
    bad["ReplacementHeaders"] = headers(*pairs)

    answer = ses.client.post(BULK, json=a_bulk(good, bad))

    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert ses.outbox.records() == []


def test_bad_entries_are_refused_alone_and_the_answers_keep_their_order(ses: EmulatedSES) -> None:
    entries = [
        an_entry("first@example.org", {"link": "l"}),
        an_entry("second@пошта.бел", {"link": "l"}),
        an_entry("third@example.org", {"link": "l"}, ReplacementTags=headers(("kind", "ü"))),
        an_entry("fourth@example.org", {"link": "l"}),
    ]

    answer = ses.client.post(BULK, json=a_bulk(*entries))

    assert statuses(answer) == ["SUCCESS", "INVALID_PARAMETER", "INVALID_PARAMETER", "SUCCESS"]
    assert [record.to for record in ses.outbox.records()] == [("first@example.org",), ("fourth@example.org",)]


def test_fifty_entries_are_taken_and_fifty_one_refused(ses: EmulatedSES) -> None:
    entries = [an_entry(f"r{number}@example.org", {"link": "l"}) for number in range(51)]

    refused = ses.client.post(BULK, json=a_bulk(*entries))
    taken = ses.client.post(BULK, json=a_bulk(*entries[:50]))

    assert refused.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert statuses(taken) == ["SUCCESS"] * 50
    assert len(ses.outbox.records()) == 50


def test_an_unknown_configuration_set_is_an_error(ses: EmulatedSES) -> None:
    single = ses.client.post(SINGLE, json=a_single(ConfigurationSetName="typo"))
    bulk = ses.client.post(
        BULK, json=a_bulk(an_entry("r@example.org", {"link": "l"}), ConfigurationSetName="typo")
    )

    assert single.headers["x-amzn-ErrorType"] == "NotFoundException"
    assert single.get_json() == {"message": "Configuration set <typo> does not exist."}
    assert statuses(bulk) == ["CONFIGURATION_SET_NOT_FOUND"]


def test_an_operation_it_does_not_have_is_named_in_the_refusal(ses: EmulatedSES) -> None:
    answer = ses.client.put("/_local/ses/v2/email/identities/x")

    assert answer.status_code == 501
    assert answer.get_json() == {"message": "The local SES has no PUT /v2/email/identities/x."}


# --- Rate, quota, pause ---


def test_the_rate_refuses_what_is_too_much_within_a_second(tmp_path: Path) -> None:
    ses = EmulatedSES(tmp_path, Settings(max_send_rate=2, event_delay_seconds=0))
    entries = [an_entry(f"r{number}@example.org", {"link": "l"}) for number in range(4)]

    bulk = ses.client.post(BULK, json=a_bulk(*entries))
    single = ses.client.post(SINGLE, json=a_single())
    ses.now += 0.5
    later = ses.client.post(BULK, json=a_bulk(*entries))

    assert statuses(bulk) == ["SUCCESS", "SUCCESS", "ACCOUNT_THROTTLED", "ACCOUNT_THROTTLED"]
    assert single.status_code == 429
    assert single.headers["x-amzn-ErrorType"] == "TooManyRequestsException"
    assert single.get_json() == {"message": "Maximum sending rate exceeded."}
    assert statuses(later) == ["SUCCESS"] + ["ACCOUNT_THROTTLED"] * 3


def test_a_message_to_several_recipients_may_exceed_the_rate_and_the_next_one_waits(tmp_path: Path) -> None:
    ses = EmulatedSES(tmp_path, Settings(max_send_rate=1, event_delay_seconds=0))
    to_five = a_single() | {"Destination": {"ToAddresses": [f"r{n}@example.org" for n in range(5)]}}

    codes = [ses.client.post(SINGLE, json=to_five).status_code]
    for seconds in (1, 3, 1):
        ses.now += seconds
        codes.append(ses.client.post(SINGLE, json=to_five).status_code)

    assert codes == [200, 429, 429, 200]


def test_the_daily_quota_counts_recipients_of_the_last_24_hours(tmp_path: Path) -> None:
    ses = EmulatedSES(tmp_path, Settings(max_24_hour_send=2, event_delay_seconds=0))
    entries = [an_entry(f"r{number}@example.org", {"link": "l"}) for number in range(3)]

    bulk = ses.client.post(BULK, json=a_bulk(*entries))
    single = ses.client.post(SINGLE, json=a_single())
    sent = ses.client.get("/_local/ses/v2/email/account").get_json()["SendQuota"]
    ses.now += 24 * 3600
    next_day = ses.client.post(SINGLE, json=a_single())

    assert statuses(bulk) == ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]
    assert single.headers["x-amzn-ErrorType"] == "LimitExceededException"
    assert single.get_json() == {"message": "Daily message quota exceeded."}
    assert sent == {"Max24HourSend": 2, "MaxSendRate": 200, "SentLast24Hours": 2}
    assert next_day.status_code == 200


def test_the_mailbox_simulator_does_not_use_up_the_quota(tmp_path: Path) -> None:
    ses = EmulatedSES(tmp_path, Settings(max_24_hour_send=1, event_delay_seconds=0))

    simulated = ses.client.post(SINGLE, json=a_single(to="success@simulator.amazonses.com"))
    real = ses.client.post(SINGLE, json=a_single())

    assert (simulated.status_code, real.status_code) == (200, 200)


def test_settings_change_while_it_runs(ses: EmulatedSES) -> None:
    ses.client.put("/_local/ses/settings", json={"sending_enabled": False})
    paused = ses.client.post(SINGLE, json=a_single())
    bulk = ses.client.post(BULK, json=a_bulk(an_entry("r@example.org", {"link": "l"})))
    account = ses.client.get("/_local/ses/v2/email/account").get_json()
    ses.client.put("/_local/ses/settings", json={"sending_enabled": True, "max_send_rate": 1})
    codes = [ses.client.post(SINGLE, json=a_single()).status_code for _ in range(2)]

    assert paused.headers["x-amzn-ErrorType"] == "SendingPausedException"
    assert statuses(bulk) == ["ACCOUNT_SENDING_PAUSED"]
    assert account["SendingEnabled"] is False
    assert codes == [200, 429]


@pytest.mark.parametrize("changes", [{"rate": 3}, {"max_send_rate": "3"}, {"sending_enabled": 1}, [1]])
def test_settings_that_do_not_exist_or_fit_are_refused(ses: EmulatedSES, changes: Any) -> None:
    before = ses.client.get("/_local/ses/settings").get_json()

    answer = ses.client.put("/_local/ses/settings", json=changes)

    assert answer.status_code == 400
    assert ses.client.get("/_local/ses/settings").get_json() == before


# --- Events ---


def test_a_delivery_is_reported_with_the_tags_of_the_message(ses: EmulatedSES) -> None:
    entry = an_entry("reader@example.org", {"link": "l"}, ReplacementTags=headers(("subscriber", "s1")))
    bulk = a_bulk(entry, DefaultEmailTags=headers(("mailing", "m1"), ("subscriber", "none")))

    message_id = ses.client.post(BULK, json=bulk).get_json()["BulkEmailEntryResults"][0]["MessageId"]

    send, delivery = ses.events()
    assert (send["eventType"], send["send"]) == ("Send", {})
    assert delivery["eventType"] == "Delivery"
    assert delivery["delivery"]["recipients"] == ["reader@example.org"]
    assert delivery["mail"]["messageId"] == message_id
    assert delivery["mail"]["timestamp"] == "2016-12-05T12:00:00.000Z"
    assert delivery["mail"]["destination"] == ["reader@example.org"]
    assert delivery["mail"]["commonHeaders"]["subject"] == "The week"
    assert delivery["mail"]["tags"]["ses:configuration-set"] == ["mail"]
    assert delivery["mail"]["tags"]["mailing"] == ["m1"]
    assert delivery["mail"]["tags"]["subscriber"] == ["s1"]
    assert ses.topic.arns == {TOPIC}


@pytest.mark.parametrize(
    ("address", "types", "bounce"),
    [
        ("success@simulator.amazonses.com", ["Send", "Delivery"], None),
        ("bounce+7@simulator.amazonses.com", ["Send", "Bounce"], ("Permanent", "General")),
        ("complaint@simulator.amazonses.com", ["Send", "Delivery", "Complaint"], None),
        ("ooto@simulator.amazonses.com", ["Send", "Delivery", "Bounce"], ("Transient", "General")),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"], ("Permanent", "Suppressed")),
        ("bounce-of-ann@simulator.test", ["Send", "Bounce"], ("Permanent", "General")),
        ("mailboxfull@simulator.test", ["Send", "Bounce"], ("Transient", "MailboxFull")),
        ("bounce@example.org", ["Send", "Delivery"], None),
    ],
)
def test_simulator_addresses_do_what_their_name_says(
    ses: EmulatedSES, address: str, types: list[str], bounce: tuple[str, str] | None
) -> None:
    ses.client.post(SINGLE, json=a_single(to=address))

    assert ses.event_types() == types
    bounces = [event["bounce"] for event in ses.events() if "bounce" in event]
    assert [(one["bounceType"], one["bounceSubType"]) for one in bounces] == ([bounce] if bounce else [])
    assert all(one["bouncedRecipients"][0]["emailAddress"] == address for one in bounces)


def test_a_virus_is_accepted_and_then_rejected(ses: EmulatedSES) -> None:
    body = {"Text": {"Data": "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$"}}
    content = {"Simple": {"Subject": {"Data": "x"}, "Body": body}}

    answer = ses.client.post(SINGLE, json=a_single(Content=content))

    assert answer.status_code == 200
    assert [event["reject"] for event in ses.events()] == [{"reason": "Bad content"}]


@pytest.mark.parametrize("address", ["bounce@simulator.test", "complaint@simulator.test"])
def test_a_reader_who_bounced_or_complained_is_not_mailed_again(ses: EmulatedSES, address: str) -> None:
    ses.client.post(SINGLE, json=a_single(to=address))
    again = ses.client.post(SINGLE, json=a_single(to=address.title()))

    assert again.status_code == 200
    assert ses.events()[-1]["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert ses.outbox.records()[-1].status == "suppressed"


def test_only_the_types_that_the_destination_wants_are_published(ses: EmulatedSES) -> None:
    ses.client.post(SINGLE, json=a_single(to="bounce@simulator.test", ConfigurationSetName="quiet"))

    assert ses.event_types() == ["Bounce"]


def test_a_message_without_a_configuration_set_has_no_events(ses: EmulatedSES) -> None:
    message = a_single()
    del message["ConfigurationSetName"]

    answer = ses.client.post(SINGLE, json=message)

    assert answer.status_code == 200
    assert ses.event_types() == []


# --- What is kept ---


def test_the_list_of_messages_counts_every_acceptance(ses: EmulatedSES) -> None:
    for number in range(2):
        ses.client.post(SINGLE, json=a_single(EmailTags=headers(("try", str(number)))))

    listed = ses.client.get("/_local/ses/messages").get_json()

    assert [(one["sequence"], one["to"], one["subject"], one["tags"], one["status"]) for one in listed] == [
        (1, ["reader@example.org"], "The week", {"try": "0"}, "delivered"),
        (2, ["reader@example.org"], "The week", {"try": "1"}, "delivered"),
    ]


def test_a_restart_keeps_the_mail_the_count_and_the_suppressed(tmp_path: Path) -> None:
    before = EmulatedSES(tmp_path)
    before.client.post(SINGLE, json=a_single(to="bounce@simulator.test"))
    after = EmulatedSES(tmp_path)

    account = after.client.get("/_local/ses/v2/email/account").get_json()
    after.client.post(SINGLE, json=a_single(to="bounce@simulator.test"))

    assert account["SendQuota"]["SentLast24Hours"] == 1
    assert [(record.sequence, record.status) for record in after.outbox.records()] == [
        (1, "bounced"),
        (2, "suppressed"),
    ]


def test_emptying_the_outbox_deletes_its_files(ses: EmulatedSES, tmp_path: Path) -> None:
    ses.client.post(SINGLE, json=a_single())
    files_before = len(list(tmp_path.rglob("*.eml")))

    ses.client.delete("/_local/ses/messages")

    assert files_before == 1
    assert ses.client.get("/_local/ses/messages").get_json() == []
    assert list(tmp_path.rglob("*.eml")) == []
    assert list(ses.outbox.store.entries("records")) == []


# --- Faults ---


@pytest.mark.parametrize(
    ("kind", "error_type", "accepted"),
    [
        ("throttle", "TooManyRequestsException", 0),
        ("pause", "SendingPausedException", 0),
        ("error-500", "InternalServiceErrorException", 0),
        ("error-500-after-accepting", "InternalServiceErrorException", 1),
    ],
)
def test_a_scripted_fault_applies_to_the_next_call_only(
    ses: EmulatedSES, kind: str, error_type: str, accepted: int
) -> None:
    ses.client.put("/_local/ses/faults", json=[{"kind": kind, "seconds": 0}])

    struck = ses.client.post(SINGLE, json=a_single())
    accepted_then = len(ses.outbox.records())
    spared = ses.client.post(SINGLE, json=a_single())

    assert struck.headers["x-amzn-ErrorType"] == error_type
    assert accepted_then == accepted
    assert spared.status_code == 200


def test_faults_come_in_the_order_of_the_script(ses: EmulatedSES) -> None:
    ses.client.put("/_local/ses/faults", json=[{"kind": "throttle", "times": 2}, {"kind": "error-500"}])

    codes = [ses.client.post(SINGLE, json=a_single()).status_code for _ in range(4)]

    assert codes == [429, 429, 500, 200]


@pytest.mark.parametrize(
    ("kind", "status"), [("transient-failure", "TRANSIENT_FAILURE"), ("failure", "FAILED")]
)
def test_a_fault_of_entries_applies_to_the_next_bulk_call_and_refuses_a_share_of_it(
    ses: EmulatedSES, kind: str, status: str
) -> None:
    ses.client.put("/_local/ses/faults", json=[{"kind": kind, "share": 0.5}])
    entries = [an_entry(f"reader-{number}@example.org") for number in range(4)]

    single = ses.client.post(SINGLE, json=a_single())
    struck, spared = (ses.client.post(BULK, json=a_bulk(*entries)) for _ in range(2))

    assert single.status_code == 200
    assert statuses(struck) == ["SUCCESS", status, "SUCCESS", status]
    assert statuses(spared) == ["SUCCESS"] * 4


@pytest.mark.parametrize("script", [[{"kind": "flood"}], [{"seconds": 1}], {"kind": "throttle"}])
def test_a_script_that_makes_no_sense_is_refused(ses: EmulatedSES, script: Any) -> None:
    assert ses.client.put("/_local/ses/faults", json=script).status_code == 400


# --- Through boto3 and a real connection ---


@contextmanager
def running(app: Flask) -> Iterator[str]:
    server = serve(app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/_local/ses"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def boto3_client(ses: EmulatedSES) -> Iterator[Any]:
    with running(ses.app) as endpoint:
        client = boto3.client(
            "sesv2",
            endpoint_url=endpoint,
            region_name="eu-central-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=0.3),
        )
        yield client
        client.close()


def test_boto3_reads_answers_and_errors(ses: EmulatedSES) -> None:
    with boto3_client(ses) as client:
        quota = client.get_account()["SendQuota"]
        sent = client.send_email(**a_single())
        entries = [an_entry("a@example.org", {"link": "l"}), an_entry("b@пошта.бел", {"link": "l"})]
        bulk = client.send_bulk_email(**a_bulk(*entries))["BulkEmailEntryResults"]
        with pytest.raises(ClientError) as refused:
            client.send_email(**a_single(FromEmailAddress="nobody"))

    assert quota == {"Max24HourSend": 50000.0, "MaxSendRate": 200.0, "SentLast24Hours": 0.0}
    assert [record.id for record in ses.outbox.records()] == [sent["MessageId"], bulk[0]["MessageId"]]
    assert bulk[1] == {"Status": "INVALID_PARAMETER", "Error": "Domain contains illegal character"}
    assert refused.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": "Missing final '@domain'",
    }


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ({"kind": "reset-before-accepting"}, ConnectionClosedError, 0),
        ({"kind": "reset-after-accepting"}, ConnectionClosedError, 1),
        ({"kind": "time-out-after-accepting", "seconds": 0.5}, ReadTimeoutError, 1),
    ],
)
def test_a_broken_connection_breaks_for_boto3_too(
    ses: EmulatedSES, fault: dict[str, Any], error: type[Exception], accepted: int
) -> None:
    ses.client.put("/_local/ses/faults", json=[fault])

    with boto3_client(ses) as client:
        with pytest.raises(error):
            client.send_email(**a_single())
        accepted_then = len(ses.outbox.records())
        spared = client.send_email(**a_single())

    assert accepted_then == accepted
    assert spared["MessageId"] == ses.outbox.records()[-1].id


# --- Time ---


def test_an_event_of_a_time_that_a_test_travels_to_is_published_at_once(tmp_path: Path) -> None:
    is_busy, may_go_on, published = threading.Event(), threading.Event(), list[str]()

    def publish(_: str, texts: list[str]) -> None:
        is_busy.set()
        may_go_on.wait(HUNG_SECONDS)
        published.extend(json.loads(text)["eventType"] for text in texts)

    publisher = Publisher(publish, Outbox(tmp_path).store, UNMOVED)
    topic = [Destination(TOPIC, ALL_TYPES)]

    publisher.add(publisher.prepared(topic, {"eventType": "Send"}, 0))
    assert is_busy.wait(HUNG_SECONDS)
    with time_machine.travel("2100-01-01"):
        publisher.add(publisher.prepared(topic, {"eventType": "Delivery"}, 0))
    may_go_on.set()

    assert publisher.drained(HUNG_SECONDS)
    assert published == ["Send", "Delivery"]


# --- Kills ---


def test_events_that_were_not_published_are_published_after_a_restart(tmp_path: Path) -> None:
    before = EmulatedSES(tmp_path, settings=Settings(event_delay_seconds=3600))
    message = before.client.post(SINGLE, json=a_single(to="bounce@simulator.test")).get_json()["MessageId"]
    waiting = [json.loads(text) for _, text in before.outbox.store.entries("events")]
    for key, text in list(before.outbox.store.entries("events")):
        due = json.dumps(json.loads(text) | {"at": 0})
        before.outbox.store.write({("events", key): due})

    after = EmulatedSES(tmp_path)

    assert [json.loads(one["text"])["eventType"] for one in waiting][-1] == "Bounce"
    assert after.event_types()[-1] == "Bounce"
    assert {event["mail"]["messageId"] for event in after.events()} == {message}
    assert list(after.outbox.store.entries("events")) == []


def test_emptying_the_inbox_forgets_no_suppressed_address_over_a_restart(tmp_path: Path) -> None:
    before = EmulatedSES(tmp_path)
    before.client.post(SINGLE, json=a_single(to="complaint@simulator.test"))
    before.client.delete("/_local/ses/messages")

    after = EmulatedSES(tmp_path)
    after.client.post(SINGLE, json=a_single(to="complaint@simulator.test"))

    assert [(one.sequence, one.status) for one in after.outbox.records()] == [(2, "suppressed")]


def test_the_records_of_an_older_release_are_taken_but_for_a_torn_one(tmp_path: Path) -> None:
    first = EmulatedSES(tmp_path / "first")
    first.client.post(SINGLE, json=a_single(to="bounce@simulator.test"))
    [record] = first.outbox.records()
    mail = tmp_path / "mail"
    mail.mkdir()
    (mail / f"{record.id}.json").write_text(json.dumps(record.to_json()), encoding="utf-8")
    (mail / "torn.json").write_text('{"id": "to', encoding="utf-8")

    after = [EmulatedSES(tmp_path) for _ in range(2)][-1]
    after.client.post(SINGLE, json=a_single(to="bounce@simulator.test"))

    assert [(one.sequence, one.status) for one in after.outbox.records()] == [
        (1, "bounced"),
        (2, "suppressed"),
    ]
