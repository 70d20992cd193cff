"""The watch over roles sees a call that no statement allows; every other test of this folder relies on it."""

import copy
from typing import Any

import pytest

from tests import template_rules as rules
from tests.integration.roles import Need, is_allowed
from tests.integration.world import CONFIGURATION_SET, World, a_sample
from tests.policies import ACCOUNT, REGION, Question, may, roles, with_parameters
from tests.ses_rights import needed


def test_a_function_without_the_right_to_its_call_is_found_out(world: World) -> None:
    world.pretend("SubscribeFunction", "ProcessSignupFunction")
    world.cold_start("SubscribeFunction")(a_sample("subscribe/form_post"))
    *others, counted, sealed = world.forbidden
    assert Need("dynamodb:PutItem", "SaltTable") in others
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
        (Need("s3:ListBucket", "DeskBucket", prefix="revisions/2016-12-05/en/"), True),  # to let them expire
        (Need("s3:ListBucket", "DeskBucket", prefix="reports/"), False),
        (Need("s3:ListBucket", "DeskBucket"), False),
        (Need("s3:ListBucket", "DeskBucket", delimiter="/"), False),
        (Need("s3:ListBucket", "DeskBucket", prefix="Issues/2016-12-05/"), False),
        (Need("s3:GetObject", "DeskBucket", "Issues/2016-12-05/en.md"), False),
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
def test_what_publishing_may_do(need: Need, allowed: bool, world: World) -> None:  # noqa: FBT001  # a column
    assert is_allowed(world.template, "PublishIssueFunction", need) is allowed


@pytest.mark.parametrize(
    ("function", "need", "allowed"),
    [
        ("SubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="network#0123"), True),
        ("SubscribeFunction", Need("dynamodb:GetItem", "SaltTable"), True),
        ("SubscribeFunction", Need("dynamodb:GetItem", "LimitsTable", key="address#0123"), False),
        ("SubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="address#0123"), False),
        ("UnsubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="address#0123"), True),
        ("UnsubscribeFunction", Need("dynamodb:UpdateItem", "LimitsTable", key="budget#0123"), False),
        ("ProcessSignupFunction", Need("dynamodb:GetItem", "SaltTable"), False),
    ],
)
def test_rights_to_the_limits_are_given_by_their_keys(
    function: str,
    need: Need,
    allowed: bool,  # noqa: FBT001  # a column
    world: World,
) -> None:
    assert is_allowed(world.template, function, need) is allowed


def everything_mailed(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """A confirmation, a report and a chunk: who called which operation of SES with what."""
    world.a_waiting_reader("bahdan@example.org")
    world.upload_issue("en")
    world.process_desk_event("text_created")
    world.a_reader()
    world.a_begun_mailing()
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))
    return [call for call in world.ses_calls if call[1].startswith("Send")]


def refused(
    world: World, *, in_sandbox: bool, role_s: str, verified: frozenset[str] = frozenset()
) -> set[tuple[str, str]]:
    """The permissions that SES checks and a role lacks; `role_s` is the parameter Sandbox.

    `verified` are addresses that are identities of their own.
    """
    given = {name: world.parameters[name] for name in ("MailDomain", "EditorAddresses")}
    deployed = with_parameters(world.template, Sandbox=role_s, **given)
    granted = roles(rules.expanded(deployed))
    return {
        (action, resource)
        for function, operation, parameters in everything_mailed(world)
        for action, resource in needed(operation, parameters, sandbox=in_sandbox, address_identities=verified)
        if not may(
            granted[f"{function}Role"],
            Question(
                action,
                f"arn:aws:ses:{REGION}:{ACCOUNT}:{resource}",
                {"ses:Recipients": list(parameters.get("Destination", {}).get("ToAddresses", []))},
            ),
        )
    }


def test_every_mail_is_covered_by_the_permissions_that_ses_checks(world: World) -> None:
    assert refused(world, in_sandbox=False, role_s="false") == set()


def test_in_the_sandbox_verified_recipients_need_the_stack_s_parameter(world: World) -> None:
    lacking = refused(world, in_sandbox=True, role_s="false")
    assert {resource for _, resource in lacking} == {
        "identity/ana@example.org",
        "identity/bahdan@example.org",
        "identity/desk@ninthbridge.example.org",
    }
    world.ses_calls.clear()
    world.resources.empty()
    world.make_keys()
    assert refused(world, in_sandbox=True, role_s="true") == set()


def test_a_sender_who_was_verified_as_an_address_is_refused_once_the_sandbox_is_left(world: World) -> None:
    verified = frozenset({"letter@ninthbridge.example.org"})
    lacking = refused(world, in_sandbox=False, role_s="false", verified=verified)
    assert {resource for _, resource in lacking} == {"identity/letter@ninthbridge.example.org"}
    world.ses_calls.clear()
    world.resources.empty()
    world.make_keys()
    assert refused(world, in_sandbox=True, role_s="true", verified=verified) == set()


def test_every_call_names_the_configuration_set(world: World) -> None:
    """With forwarding off, a mail without it would bounce unseen."""
    assert {parameters.get("ConfigurationSetName") for _, _, parameters in everything_mailed(world)} == {
        CONFIGURATION_SET
    }
    assert {function for function, _, _ in world.ses_calls} == {
        "ProcessSignupFunction",
        "PublishIssueFunction",
        "DeliverChunkFunction",
    }


def test_a_role_without_the_older_action_is_refused_its_mailing(world: World) -> None:
    template = copy.deepcopy(world.template)
    (policy,) = template["Resources"]["DeliverChunkFunction"]["Properties"]["Policies"]
    statement = next(each for each in policy["Statement"] if each["Sid"] == "SendMail")
    statement["Action"] = ["ses:SendBulkEmail"]
    send = ("SendBulkEmail", {"FromEmailAddress": "letter@ninthbridge.example.org"})
    asked = [Need(action, "MailDomain") for action, _ in needed(*send)]
    assert [is_allowed(template, "DeliverChunkFunction", need) for need in asked] == [True, False]
