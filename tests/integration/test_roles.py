"""The watch over roles sees a call that no statement allows; every other test of this folder relies on it."""

from datetime import UTC, datetime

import pytest

from tests.integration.roles import Need, is_allowed
from tests.integration.world import World, a_sample


def test_a_function_without_the_right_to_its_call_is_found_out(world: World) -> None:
    world.pretend("SubscribeFunction", "ProcessSignupFunction")
    world.cold_start("SubscribeFunction")(a_sample("subscribe/form_post"))
    salt = f"salt#{datetime.now(UTC).date()}"
    *others, counted, sealed = world.forbidden
    assert Need("dynamodb:PutItem", "LimitsTable", key=salt) in others
    assert counted.key.startswith("network#")
    assert sealed == Need("kms:Encrypt", "AddressKey", purpose="sign-up")
    world.forbidden.clear()


@pytest.mark.parametrize(
    ("need", "allowed"),
    [
        (Need("s3:GetObject", "DeskBucket", "revisions/2016-12-05/en/0123.json"), True),
        (Need("s3:GetObject", "DeskBucket", "issues/2016-12-05/en.md"), False),
        (Need("kms:Decrypt", "AddressKey", purpose="address"), True),
        (Need("kms:Decrypt", "AddressKey", purpose="sign-up"), False),
        (Need("dynamodb:Scan", "SubscribersTable"), False),
    ],
)
def test_key_and_purpose_decide_too(need: Need, allowed: bool, world: World) -> None:  # noqa: FBT001  # a column
    assert is_allowed(world.template, "DeliverChunkFunction", need) is allowed


@pytest.mark.parametrize(
    ("need", "allowed"),
    [
        (Need("s3:ListBucket", "DeskBucket", prefix="issues/2016-12-05/"), True),
        (Need("s3:ListBucket", "DeskBucket", prefix="drafts/2016-12-05/"), True),
        (Need("s3:ListBucket", "DeskBucket", prefix="revisions/"), False),
        (Need("s3:ListBucket", "DeskBucket"), False),
        (Need("s3:ListBucket", "SiteBucket", prefix="media/2016-12-05/"), True),
        (Need("s3:ListBucket", "SiteBucket"), True),  # else S3 answers 403 to a conditional write
        (Need("s3:GetObject", "DeskBucket", "drafts/2016-12-05/en.md"), True),
        (Need("s3:PutObject", "DeskBucket", "reports/drafts/2016-12-05/en.html"), True),
        (Need("s3:PutObject", "DeskBucket", "issues/2016-12-05/en.md"), False),
        (Need("s3:DeleteObject", "DeskBucket", "issues/2016-12-05/en.md"), False),
        (Need("sqs:SendMessage", "DeskQueue"), True),
        (Need("sqs:SendMessage", "DeliveryQueue"), False),
        (Need("dynamodb:DeleteItem", "RegisterTable"), False),
    ],
)
def test_what_publishing_may(need: Need, allowed: bool, world: World) -> None:  # noqa: FBT001  # a column
    assert is_allowed(world.template, "PublishIssueFunction", need) is allowed


@pytest.mark.parametrize(
    ("function", "need", "allowed"),
    [
        ("SubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="network#0123"), True),
        ("SubscribeFunction", Need("dynamodb:GetItem", "LimitsTable", key="salt#2016-12-12"), True),
        ("SubscribeFunction", Need("dynamodb:GetItem", "LimitsTable", key="address#0123"), False),
        ("SubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="address#0123"), False),
        ("UnsubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="address#0123"), True),
        ("UnsubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="budget#0123"), False),
        ("ProcessSignupFunction", Need("dynamodb:GetItem", "LimitsTable", key="salt#2016-12-12"), False),
    ],
)
def test_rights_to_the_limits_are_given_by_their_keys(
    function: str,
    need: Need,
    allowed: bool,  # noqa: FBT001  # a column
    world: World,
) -> None:
    assert is_allowed(world.template, function, need) is allowed
