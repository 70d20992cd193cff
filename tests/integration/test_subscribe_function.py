"""subscribe: a form comes in, a sealed message is enqueued, and everybody gets the same answer."""

import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from urllib3 import HTTPResponse

from broadsheet.aws.kms import PADDING
from broadsheet.aws.limits import SALTS_LOOKED_FOR
from broadsheet.subscribers.messages import SignupMessage, read_message
from tests.builders import ADDRESS, a_request, an_event
from tests.integration.clients import each_client
from tests.integration.world import ORIGIN_SECRET, World, a_sample, spellings_in

ACCEPTED = ["form_post", "multipart_post", "json_post"]


def sent(world: World, case: str) -> dict[str, Any]:
    answer: dict[str, Any] = world.cold_start("SubscribeFunction")(a_sample(f"subscribe/{case}"))
    return answer


def opened(world: World, sealed: bytes, purpose: str = "sign-up") -> str:
    answer = boto3.client("kms").decrypt(CiphertextBlob=sealed, EncryptionContext={"purpose": purpose})
    return str(answer["Plaintext"].rstrip(PADDING).decode())


def only_message(world: World) -> SignupMessage:
    (body,) = world.messages("SignupQueue")
    message = read_message(body)
    assert isinstance(message, SignupMessage)
    return message


def test_a_form_is_queued_and_redirected_to_the_page_that_says_what_comes_next(world: World) -> None:
    answer = sent(world, "form_post")
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/check-your-mail.html")
    sign_up = only_message(world)
    assert (sign_up.audiences, sign_up.language, sign_up.form) == (("en",), "en", "page")
    assert opened(world, sign_up.sealed) == ADDRESS


def test_two_audiences_and_a_careless_spelling_are_one_message(world: World) -> None:
    answer = sent(world, "form_post_two_audiences")
    assert answer["headers"]["location"] == "/be/check-your-mail.html"
    sign_up = only_message(world)
    assert (sign_up.audiences, sign_up.language) == (("en", "be-ru"), "be")
    assert opened(world, sign_up.sealed) == "Bahdan+news@example.org"


def test_a_program_gets_json(world: World) -> None:
    answer = sent(world, "json_post")
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (202, "accepted")
    assert only_message(world).form == "api"


def test_a_multipart_form_is_a_form(world: World) -> None:
    assert sent(world, "multipart_post")["statusCode"] == 303
    assert opened(world, only_message(world).sealed) == ADDRESS


@pytest.mark.parametrize("case", ACCEPTED)
def test_neither_the_message_nor_the_log_reveals_the_address(
    case: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sent(world, case)
    (body,) = world.messages("SignupQueue")
    sealed = base64.b64decode(json.loads(body)["sealed"])
    assert spellings_in(body, ADDRESS) == set()
    assert spellings_in(sealed.decode("latin-1"), ADDRESS) == set()
    assert spellings_in(capsys.readouterr().out, ADDRESS) == set()


def test_a_message_can_be_decrypted_for_its_own_purpose_only(world: World) -> None:
    sent(world, "form_post")
    with pytest.raises(ClientError):
        opened(world, only_message(world).sealed, purpose="address")


def test_errors_are_shown_at_their_fields_and_nothing_is_queued(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = sent(world, "form_post_with_mistakes")
    assert answer["statusCode"] == 422
    assert 'lang="ru"' in answer["body"]
    assert 'value="ana@example"' in answer["body"]
    assert world.messages("SignupQueue") == []
    assert "ana@example" not in capsys.readouterr().out


def test_a_robot_gets_the_same_answer_and_nothing_is_queued(world: World) -> None:
    assert sent(world, "form_post_by_a_robot") == sent(world, "form_post")
    assert opened(world, only_message(world).sealed) == ADDRESS


def a_form(address: str) -> dict[str, Any]:
    form = {"email": address, "audience": "en", "edition": "en"}
    cdn = {"x-broadsheet-origin": ORIGIN_SECRET, "cloudfront-viewer-address": "203.0.113.7:52814"}
    return an_event(a_request(form=form, headers=cdn))


@contextmanager
def watched() -> Iterator[list[tuple[str, int, int]]]:
    """The calls of clients made meanwhile: name, bytes of the request, bytes of the answer."""
    calls: list[tuple[str, int, int]] = []
    names: list[str] = []

    def named(params: dict[str, Any], model: Any, **_: Any) -> None:  # as botocore calls it
        names.append(model.name)

    def goes(request: Any, **_: Any) -> None:
        calls.append((names.pop(), len(request.body), 0))

    def came(response_dict: dict[str, Any], **_: Any) -> None:
        calls[-1] = (*calls[-1][:2], len(response_dict["body"]))

    def watch(client: Any) -> None:
        client.meta.events.register("before-call", named)
        client.meta.events.register("before-send", goes)
        client.meta.events.register_first("before-parse", came)

    with each_client(watch):
        yield calls


def test_the_same_calls_in_the_same_order_and_size_for_every_address(world: World) -> None:
    known = {name: f"{name}@example.org" for name in ("pending", "confirmed", "left", "suppressed")}
    world.a_waiting_reader(known["pending"])
    world.a_reader(known["confirmed"])
    leaver = world.leave_token(world.a_reader(known["left"]))
    world.cold_start("UnsubscribeFunction")(a_sample("unsubscribe/one_click_urlencoded", token=leaver))
    complaint = json.loads(
        json.dumps(a_sample("record_feedback/complaint")).replace(ADDRESS, known["suppressed"])
    )
    world.a_reader(known["suppressed"])
    world.cold_start("RecordFeedbackFunction")(complaint)
    statuses = {item.get("status") for item in world.items("SubscribersTable")}
    assert (statuses, len(world.items("FingerprintsTable"))) == ({"pending", "confirmed"}, 4)
    addresses = {"new": f"{'a' * 60}@a-rather-long-domain.example.org", **known}

    with watched() as calls:
        subscribe = world.cold_start("SubscribeFunction")
        subscribe(a_form("first@example.org"))
        by_state, answers = {}, []
        for state, address in addresses.items():
            calls.clear()
            answers.append(subscribe(a_form(address)))
            by_state[state] = list(calls)

    first = by_state["new"]
    assert [name for name, _, _ in first] == ["UpdateItem", "Encrypt", "SendMessage"]
    assert min(size for _, *sizes in first for size in sizes) > 50  # these were looked at
    assert by_state == dict.fromkeys(addresses, first)
    assert answers == [answers[0]] * len(answers)


def test_a_workers_first_sign_up_also_reads_the_secret_and_the_salt(world: World) -> None:
    with watched() as calls:
        subscribe = world.cold_start("SubscribeFunction")
        subscribe(a_form(ADDRESS))

    assert [name for name, _, _ in calls] == [
        *("GetSecretValue", "GetItem", *["DeleteItem"] * SALTS_LOOKED_FOR, "PutItem"),
        *("UpdateItem", "Encrypt", "SendMessage"),
    ]


def test_over_its_share_a_network_is_refused_before_anything_is_sealed(world: World) -> None:
    world.parameters["NetworkShare"] = "1"
    with watched() as calls:
        subscribe = world.cold_start("SubscribeFunction")
        assert subscribe(a_form(ADDRESS))["statusCode"] == 303
        calls.clear()
        answer = subscribe(a_form(ADDRESS))

    assert (answer["statusCode"], [name for name, _, _ in calls]) == (429, ["UpdateItem"])
    assert len(world.messages("SignupQueue")) == 1


@contextmanager
def refusing(code: str) -> Iterator[None]:
    """KMS with a disabled key, for which moto would still encrypt."""

    def refuse(request: Any, **_: Any) -> AWSResponse:
        raw = HTTPResponse(body=io.BytesIO(json.dumps({"__type": code}).encode()), preload_content=False)
        return AWSResponse(request.url, 400, {"content-type": "application/x-amz-json-1.1"}, raw)

    with each_client(lambda client: client.meta.events.register_first("before-send.kms.Encrypt", refuse)):
        yield


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException"])
def test_while_the_key_is_disabled_sign_up_is_closed(code: str, world: World) -> None:
    with refusing(code):
        answer = world.cold_start("SubscribeFunction")(a_form(ADDRESS))

    assert answer["statusCode"] == 503
    assert "Sign-up is paused" in answer["body"]
    assert world.messages("SignupQueue") == []


def test_no_table_reveals_the_network_of_a_visitor(world: World) -> None:
    sent(world, "form_post")
    assert "203.0.113" not in repr(world.state())


def test_get_changes_nothing_and_leads_to_the_form(world: World) -> None:
    answer = sent(world, "get")
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/index.html#subscribe")
    assert world.messages("SignupQueue") == []


def test_nothing_that_was_sent_is_in_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    injected = '\r\n{"level": "ERROR", "message": "injected"}\u2028'
    subscribe = world.cold_start("SubscribeFunction")
    event = a_form(f"ana{injected}@example.org")
    event["headers"] |= {"user-agent": injected, "accept": injected, "cloudfront-viewer-address": injected}
    event["requestContext"]["http"] |= {"userAgent": injected, "path": injected}

    assert subscribe(event)["statusCode"] == 422

    assert capsys.readouterr().out == ""
