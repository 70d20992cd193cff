"""subscribe: a form in, a sealed order on the queue, the same answer for everybody."""

import base64
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from broadsheet.subscribers.orders import SignUp
from tests.builders import ADDRESS
from tests.integration.world import World, a_sample, told

ACCEPTED = ["form_post", "multipart_post", "json_post"]


def sent(world: World, case: str) -> dict[str, Any]:
    answer: dict[str, Any] = world.cold_start("SubscribeFunction")(a_sample(f"subscribe/{case}"))
    return answer


def opened(world: World, sealed: bytes, purpose: str = "sign-up") -> str:
    answer = boto3.client("kms").decrypt(CiphertextBlob=sealed, EncryptionContext={"purpose": purpose})
    return str(answer["Plaintext"].decode())


def only_order(world: World) -> SignUp:
    (body,) = world.messages("SignupQueue")
    return SignUp.from_json(body)


def test_a_form_is_queued_and_leads_to_the_page_that_says_what_comes_next(world: World) -> None:
    answer = sent(world, "form_post")
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/check-your-mail.html")
    order = only_order(world)
    assert (order.audiences, order.language, order.form) == (("en",), "en", "page")
    assert opened(world, order.sealed) == ADDRESS


def test_two_audiences_and_a_careless_spelling_are_one_order(world: World) -> None:
    answer = sent(world, "form_post_two_audiences")
    assert answer["headers"]["location"] == "/be/check-your-mail.html"
    order = only_order(world)
    assert (order.audiences, order.language) == (("en", "be-ru"), "be")
    assert opened(world, order.sealed) == "Bahdan+news@example.org"


def test_a_program_gets_json(world: World) -> None:
    answer = sent(world, "json_post")
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (202, "accepted")
    assert only_order(world).form == "api"


def test_a_multipart_form_is_a_form(world: World) -> None:
    assert sent(world, "multipart_post")["statusCode"] == 303
    assert opened(world, only_order(world).sealed) == ADDRESS


@pytest.mark.parametrize("case", ACCEPTED)
def test_neither_the_order_nor_the_log_tells_the_address(
    case: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sent(world, case)
    (body,) = world.messages("SignupQueue")
    sealed = base64.b64decode(json.loads(body)["sealed"])
    assert told(body, ADDRESS) == set()
    assert told(sealed.decode("latin-1"), ADDRESS) == set()
    assert told(capsys.readouterr().out, ADDRESS) == set()


def test_an_order_opens_for_its_purpose_alone(world: World) -> None:
    sent(world, "form_post")
    with pytest.raises(ClientError):
        opened(world, only_order(world).sealed, purpose="address")


def test_mistakes_are_shown_beside_their_fields_and_nothing_is_queued(
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
    assert opened(world, only_order(world).sealed) == ADDRESS


def test_a_known_address_gets_the_same_answer_as_a_new_one(world: World) -> None:
    as_new = sent(world, "form_post")
    world.a_reader(ADDRESS)
    assert sent(world, "form_post") == as_new


def test_get_changes_nothing_and_says_what_to_send(world: World) -> None:
    answer = sent(world, "get")
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")
    assert world.messages("SignupQueue") == []
