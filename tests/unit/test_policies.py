"""The evaluator of roles answers as IAM would; and what it was not taught, it does not guess."""

from typing import Any

import pytest

from tests.policies import (
    CannotTellError,
    Question,
    bucket_policy,
    may,
    may_by_both,
    resolved,
    roles,
    trusted,
)
from tests.template_rules import Template

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/Keys"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/Key"


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def test_an_action_that_no_statement_allows_is_denied() -> None:
    assert not may([], Question("kms:Decrypt", KEY))
    assert not may([deny("kms:Encrypt", KEY)], Question("kms:Decrypt", KEY))


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("kms:Decrypt", True),
        ("KMS:decrypt", True),  # actions are case-insensitive
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


def test_a_denial_wins_in_whatever_policy_it_is() -> None:
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
def test_for_all_values_checks_each_leading_key(keys: list[str] | None, allowed: bool) -> None:  # noqa: FBT001  # a column
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
    ("operator", "value", "denied"),
    [
        ("StringNotEquals", None, True),  # as IAM: a negated operator holds without a value
        ("StringNotEquals", "a", False),
        ("StringNotEquals", "b", False),
        ("StringNotEquals", "c", True),
        ("ArnNotEquals", "a", False),
        ("ArnNotLike", "c", True),
        ("StringNotLike", "b", False),
        ("StringEqualsIgnoreCase", "B", True),
        ("StringEqualsIgnoreCase", "c", False),
        ("StringEqualsIgnoreCase", None, False),
    ],
)
def test_a_negated_operator_holds_if_none_of_its_values_fits(
    operator: str,
    value: str | None,
    denied: bool,  # noqa: FBT001  # a column
) -> None:
    policy = [allow("*", "*"), deny("*", "*", Condition={operator: {"aws:PrincipalArn": ["a", "b"]}})]
    known = {} if value is None else {"aws:PrincipalArn": value}
    assert may(policy, Question("kms:Decrypt", KEY, known)) is not denied


@pytest.mark.parametrize(
    ("wanted", "known", "allowed"),
    [
        ("true", {}, True),
        ("true", {"a": "b"}, False),
        ("false", {}, False),
        ("false", {"a": "b"}, True),
        ("false", {"a": []}, False),
    ],
)
def test_null_asks_whether_there_is_a_value(
    wanted: str,
    known: dict[str, str | list[str]],
    allowed: bool,  # noqa: FBT001  # a column
) -> None:
    policy = [allow("*", "*", Condition={"Null": {"a": wanted}})]
    assert may(policy, Question("kms:Decrypt", KEY, known)) is allowed


ME, OTHER = "arn:aws:iam::123456789012:role/Me", "arn:aws:iam::123456789012:role/Other"
FILE = "arn:aws:s3:::Bucket/file"


@pytest.mark.parametrize(
    ("own", "of_bucket", "allowed"),
    [
        ([allow("s3:*", "*")], [], True),
        ([], [allow("s3:*", "*", Principal="*")], True),
        ([], [allow("s3:*", "*", Principal={"AWS": ME})], True),
        ([], [allow("s3:*", "*", Principal={"AWS": [OTHER]})], False),
        ([], [allow("s3:*", "*", Principal={"Service": "cloudfront.amazonaws.com"})], False),
        ([allow("s3:*", "*")], [deny("s3:*", "*", Principal="*")], False),
        ([allow("s3:*", "*")], [deny("s3:*", "*", Principal={"AWS": OTHER})], True),
        ([deny("s3:*", "*")], [allow("s3:*", "*", Principal="*")], False),
        (
            [allow("s3:*", "*")],
            [deny("s3:*", "*", Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": ME}})],
            True,
        ),
        (
            [allow("s3:*", "*")],
            [deny("s3:*", "*", Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": OTHER}})],
            False,
        ),
    ],
)
def test_a_bucket_s_policy_allows_and_denies_in_addition_to_a_role_s_own(
    own: list[dict[str, Any]],
    of_bucket: list[dict[str, Any]],
    allowed: bool,  # noqa: FBT001  # a column
) -> None:
    assert may_by_both(own, of_bucket, ME, Question("s3:GetObject", FILE)) is allowed


@pytest.mark.parametrize("principal", [{"Federated": "x"}, {"AWS": "arn:aws:iam::123456789012:root"}])
def test_a_principal_that_the_evaluator_does_not_know_is_an_error(principal: dict[str, str]) -> None:
    with pytest.raises(CannotTellError):
        may_by_both([], [allow("s3:*", "*", Principal=principal)], ME, Question("s3:GetObject", FILE))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "kms:Decrypt", "Action": [], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotResource": KEY, "Resource": []},
        allow("kms:Decrypt", "*", Condition={"ForAllValues:StringNotEquals": {"a": "b"}}),
        allow("kms:Decrypt", "*", Condition={"StringEqualsIfExists": {"a": "b"}}),
        allow("kms:Decrypt", "*", Condition={"NumericLessThan": {"a": "1"}}),
        allow("kms:Decrypt", "arn:aws:kms:::key/${aws:username}"),
    ],
)
def test_the_evaluator_does_not_guess_what_it_does_not_know(statement: dict[str, Any]) -> None:
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
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"},
                        {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "s3:*"},
                    ]
                },
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


def test_an_unresolvable_intrinsic_is_an_error() -> None:
    with pytest.raises(CannotTellError):
        resolved(TEMPLATE, {"Fn::ImportValue": "x"})


def test_a_role_may_do_what_its_inline_and_managed_policies_allow() -> None:
    policy = roles(TEMPLATE)["SweepRole"]
    assert may(policy, Question("sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:Queue"))
    assert may(policy, Question("logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:x"))
    assert not may(policy, Question("sqs:ReceiveMessage", "arn:aws:sqs:eu-central-1:123456789012:Queue"))


def test_a_bucket_has_the_policy_that_names_it() -> None:
    assert [statement["Effect"] for statement in bucket_policy(TEMPLATE, "Bucket")] == ["Allow", "Deny"]
    assert bucket_policy(TEMPLATE, "Another") == []


def test_trusted_principals_are_those_that_are_allowed_and_not_those_denied() -> None:
    assert trusted(TEMPLATE) == {"lambda.amazonaws.com", "*"}
