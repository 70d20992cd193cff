"""The evaluator of roles answers as IAM would; and what it was not taught, it does not guess."""

from typing import Any

import pytest

from tests.policies import CannotTellError, Question, may, resolved, roles, trusted
from tests.template_rules import Template

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/Keys"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/Key"


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def test_what_nobody_allows_is_denied() -> None:
    assert not may([], Question("kms:Decrypt", KEY))
    assert not may([deny("kms:Encrypt", KEY)], Question("kms:Decrypt", KEY))


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("kms:Decrypt", True),
        ("KMS:decrypt", True),  # actions know no case
        ("kms:De*", True),
        ("kms:*", True),
        ("*", True),
        ("kms:Decryp?", True),
        ("kms:Decrypts", False),
        ("kms:Encrypt", False),
        ("kms:[D]ecrypt", False),
        (["sqs:SendMessage", "kms:Decrypt"], True),
    ],
)
def test_actions_are_compared_with_wildcards(action: Any, allowed: bool) -> None:  # noqa: FBT001  # a column
    assert may([allow(action, KEY)], Question("kms:Decrypt", KEY)) is allowed


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (KEY, True),
        (KEY.upper(), False),  # resources do
        ("*", True),
        ("arn:aws:kms:*:123456789012:key/*", True),
        (f"{KEY}/alias", False),
        ([TABLE, KEY], True),
        (TABLE, False),
    ],
)
def test_resources_are_compared_with_wildcards(resource: Any, allowed: bool) -> None:  # noqa: FBT001  # a column
    assert may([allow("kms:Decrypt", resource)], Question("kms:Decrypt", KEY)) is allowed


def test_a_denial_wins_wherever_it_stands() -> None:
    question = Question("kms:Decrypt", KEY)
    for policy in (
        [allow("kms:*", "*"), deny("kms:Decrypt", KEY)],
        [deny("*", "*"), allow("kms:Decrypt", KEY)],
    ):
        assert not may(policy, question)
    assert may([allow("kms:*", "*"), deny("kms:Encrypt", KEY)], question)


@pytest.mark.parametrize(
    ("condition", "known", "allowed"),
    [
        ({"StringEquals": {"kms:EncryptionContext:purpose": "address"}}, {}, False),
        ({"StringEquals": {"kms:EncryptionContext:purpose": "address"}}, {"purpose": "address"}, True),
        ({"StringEquals": {"kms:EncryptionContext:purpose": "address"}}, {"purpose": "Address"}, False),
        ({"StringEquals": {"kms:EncryptionContext:purpose": "addr*"}}, {"purpose": "address"}, False),
        ({"StringEquals": {"kms:EncryptionContext:purpose": ["a", "b"]}}, {"purpose": "b"}, True),
        ({"StringLike": {"kms:EncryptionContext:purpose": "addr*"}}, {"purpose": "address"}, True),
        ({"StringLike": {"kms:EncryptionContext:purpose": "addr*"}}, {"purpose": "link"}, False),
        (
            {
                "StringEquals": {"kms:EncryptionContext:purpose": "address"},
                "StringLike": {"kms:EncryptionContext:key_id": "address-*"},
            },
            {"purpose": "address", "key_id": "link-2016"},
            False,  # all conditions must hold
        ),
    ],
)
def test_the_context_of_an_encryption_decides(
    condition: dict[str, Any],
    known: dict[str, str],
    allowed: bool,  # noqa: FBT001  # a column
) -> None:
    policy = [allow("kms:Decrypt", KEY, Condition=condition)]
    context = {f"kms:EncryptionContext:{name}": value for name, value in known.items()}
    assert may(policy, Question("kms:Decrypt", KEY, context)) is allowed


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        (["link-2016"], True),
        (["link-2016", "link-2017"], True),
        (["link-2016", "address-2016"], False),
        (["address-2016"], False),
        ([], True),
        (None, True),  # as IAM: without a value, all values fit; so a Scan would be allowed
    ],
)
def test_for_all_values_looks_at_each_leading_key(keys: list[str] | None, allowed: bool) -> None:  # noqa: FBT001  # a column
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["link-*"]}}
    policy = [allow(["dynamodb:GetItem", "dynamodb:Scan"], TABLE, Condition=condition)]
    known = {} if keys is None else {"dynamodb:LeadingKeys": keys}
    assert may(policy, Question("dynamodb:GetItem", TABLE, known)) is allowed
    if keys is None:
        assert may(policy, Question("dynamodb:Scan", TABLE))


def test_for_any_value_needs_one() -> None:
    condition = {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}
    policy = [allow("dynamodb:GetItem", TABLE, Condition=condition)]
    assert may(policy, Question("dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["a", "b"]}))
    assert not may(policy, Question("dynamodb:GetItem", TABLE))


@pytest.mark.parametrize(
    ("recipients", "allowed"),
    [
        (["a@one.example", "b@one.example"], True),
        (["a@one.example", "b@other.example"], False),
        ([], False),
        (None, False),
    ],
)
def test_null_closes_what_for_all_values_leaves_open(recipients: list[str] | None, allowed: bool) -> None:  # noqa: FBT001  # a column
    condition = {
        "ForAllValues:StringLike": {"ses:Recipients": "*@one.example"},
        "Null": {"ses:Recipients": "false"},
    }
    known = {} if recipients is None else {"ses:Recipients": recipients}
    policy = [allow("ses:SendEmail", "*", Condition=condition)]
    assert may(policy, Question("ses:SendEmail", "*", known)) is allowed


def test_null_can_ask_that_there_is_no_value() -> None:
    policy = [allow("ses:SendEmail", "*", Condition={"Null": {"ses:Recipients": "true"}})]
    assert may(policy, Question("ses:SendEmail", "*"))
    assert not may(policy, Question("ses:SendEmail", "*", {"ses:Recipients": ["a@one.example"]}))


def test_a_denial_on_condition_denies_only_then() -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    policy = [allow("kms:*", "*"), deny("kms:*", "*", Condition=insecure)]
    assert may(policy, Question("kms:Decrypt", KEY, {"aws:SecureTransport": "true"}))
    assert not may(policy, Question("kms:Decrypt", KEY, {"aws:SecureTransport": "false"}))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "kms:Decrypt", "Action": [], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotResource": KEY, "Resource": []},
        allow("kms:Decrypt", "*", Condition={"StringNotEquals": {"a": "b"}}),
        allow("kms:Decrypt", "*", Condition={"StringEqualsIfExists": {"a": "b"}}),
        allow("kms:Decrypt", "arn:aws:kms:::key/${aws:username}"),
    ],
)
def test_what_it_was_not_taught_it_does_not_guess(statement: dict[str, Any]) -> None:
    with pytest.raises(CannotTellError):
        may([statement], Question("kms:Decrypt", KEY))


TEMPLATE: Template = {
    "Parameters": {"Domain": {"Default": "example.org"}, "Given": {}},
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "SweepRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": "x"}
                    ]
                },
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": [allow("sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]})]
                        }
                    }
                ],
            },
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"},
                        {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "s3:*"},
                    ]
                }
            },
        },
    },
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Queue"}, "Queue"),
        ({"Ref": "Topic"}, "arn:aws:sns:eu-central-1:123456789012:Topic"),
        ({"Ref": "Domain"}, "example.org"),
        ({"Ref": "Given"}, "Given"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws:sqs:eu-central-1:123456789012:Queue"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:aws:sqs:eu-central-1:123456789012:Queue"),
        ({"Fn::Sub": "${Bucket.Arn}/reports/*"}, "arn:aws:s3:::Bucket/reports/*"),
        (
            {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}::${Domain}"},
            "arn:aws:ses:eu-central-1::example.org",
        ),
    ],
)
def test_values_of_a_template_are_resolved(value: Any, text: str) -> None:
    assert resolved(TEMPLATE, value) == text


def test_what_cant_be_resolved_is_an_error() -> None:
    with pytest.raises(CannotTellError):
        resolved(TEMPLATE, {"Fn::ImportValue": "x"})


def test_a_role_may_what_its_own_and_its_managed_policies_say() -> None:
    policy = roles(TEMPLATE)["SweepRole"]
    assert may(policy, Question("sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:Queue"))
    assert may(policy, Question("logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:x"))
    assert not may(policy, Question("sqs:ReceiveMessage", "arn:aws:sqs:eu-central-1:123456789012:Queue"))


def test_whom_resources_let_in_is_seen_but_not_whom_they_keep_out() -> None:
    assert trusted(TEMPLATE) == {"lambda.amazonaws.com", "*"}
