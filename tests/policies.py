"""What a role may do by IAM's rules: an evaluator for the policies of the template as SAM expands it.

No local engine enforces IAM. So each right is a question here: an action, a resource (by ARN), and what AWS
would know of the call (`kms:EncryptionContext:purpose`, `dynamodb:LeadingKeys`, `s3:prefix`). What no
statement allows is denied; an explicit denial wins. A policy element that this module does not know is an
error, never an answer.

`may_by_both` also evaluates a resource's own policy: within an account either policy can allow, and either
can deny.

Source: IAM User Guide, "Policy evaluation logic", "Condition operators", "Multivalued context keys".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from tests.template_rules import Statement, Template, as_list, of_type

REGION = "eu-central-1"
ACCOUNT = "123456789012"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "broadsheet",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/broadsheet/1",
    "AWS::URLSuffix": "amazonaws.com",
}
ARNS = {  # `{}` is the logical id, which stands for the physical one
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::Lambda::EventSourceMapping": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
}
REF_IS_ARN = {"AWS::SNS::Topic", "AWS::SecretsManager::Secret"}
# Source: AWS Managed Policy Reference. What SAM adds to every function's role.
MANAGED: dict[str, list[Statement]] = {
    "AWSLambdaBasicExecutionRole": [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        }
    ],
    "AWSXrayWriteOnlyAccess": [
        {
            "Effect": "Allow",
            "Action": [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:GetSamplingStatisticSummaries",
            ],
            "Resource": "*",
        }
    ],
}
Known = Mapping[str, str | list[str]]


class CannotTellError(NotImplementedError):
    """A policy says something that this evaluator has not been taught. Teach it; don't guess."""


@dataclass(frozen=True)
class Question:
    """One call by one principal; `known` are the values that conditions can test."""

    action: str
    resource: str
    known: Known = field(default_factory=dict)


def may(policy: list[Statement], question: Question) -> bool:
    """Whether the statements allow it, and none denies it."""
    fitting = [statement["Effect"] for statement in policy if _speaks_of(statement, question)]
    return "Allow" in fitting and "Deny" not in fitting


def about(policy: list[Statement], action: str) -> list[Statement]:
    """The statements that an action has to do with: of all others `may` needs not be asked.

    A statement that this does not understand stays.
    """
    return [
        statement
        for statement in policy
        if "Action" not in statement
        or any(_is_like(action.lower(), each.lower()) for each in as_list(statement["Action"]))
    ]


def may_by_both(
    policy: list[Statement], of_resource: list[Statement], principal: str, question: Question
) -> bool:
    """Whether a principal of this account (an ARN) is allowed by its own and the resource's policy.

    The call uses TLS. Source: IAM User Guide, "Policy evaluation for requests within a single account".
    """
    about_them = [
        {name: content for name, content in statement.items() if name != "Principal"}
        for statement in of_resource
        if _is_about(statement["Principal"], principal)
    ]
    known = {"aws:PrincipalArn": principal, "aws:SecureTransport": "true", **question.known}
    return may([*policy, *about_them], replace(question, known=known))


def _is_about(named: Any, principal: str) -> bool:
    """Whether a statement's `Principal` includes this one; a service is no principal of the account."""
    if named == "*":
        return True
    if set(named) == {"Service"}:
        return False
    if set(named) != {"AWS"} or any(str(one).endswith(":root") for one in as_list(named["AWS"])):
        raise CannotTellError(f"the principal {named}")
    return any(one in ("*", principal) for one in as_list(named["AWS"]))


def _speaks_of(statement: Statement, question: Question) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}
    if unknown:  # NotAction, NotResource: what is not there would be allowed
        raise CannotTellError(", ".join(sorted(unknown)))
    return (
        any(_is_like(question.action.lower(), action.lower()) for action in as_list(statement["Action"]))
        and any(_is_like(question.resource, resource) for resource in as_list(statement["Resource"]))
        and all(
            _holds(operator, question.known.get(key), as_list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _is_like(text: str, pattern: str) -> bool:
    """Whether a text fits a pattern with `*` and `?`; brackets mean themselves."""
    if "${" in pattern:
        raise CannotTellError(pattern)
    return fnmatchcase(text, pattern.replace("[", "[[]"))


TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda text, wanted: text == wanted,
    "StringEqualsIgnoreCase": lambda text, wanted: text.lower() == wanted.lower(),
    "StringLike": _is_like,
    "ArnEquals": _is_like,  # Source: as ArnLike
    "ArnLike": _is_like,
    "Bool": lambda text, wanted: text.lower() == wanted.lower(),
}


NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _holds(operator: str, known: str | list[str] | None, wanted: list[str]) -> bool:
    """Whether a condition holds. Without a value it does not, but for `ForAllValues`, where it does.

    A negated operator holds where none of the values that are wanted fits, and so without a value.
    """
    quantifier, _, name = operator.rpartition(":")
    if operator == "Null":  # Source: IAM User Guide, "Condition operators": true where there is no value
        return str(not known).lower() in wanted
    if not quantifier and name in NEGATED:
        return not _holds(NEGATED[name], known, wanted)
    if name not in TESTS or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise CannotTellError(operator)
    values = [] if known is None else as_list(known)
    if not quantifier and len(values) > 1:
        raise CannotTellError(f"{operator} of several values")
    fits = [any(TESTS[name](value, one) for one in wanted) for value in values]
    return all(fits) if quantifier == "ForAllValues" else any(fits)


# -- the template's roles


def roles(expanded: Template) -> dict[str, list[Statement]]:
    """What each role of an expanded template may do: its own statements and those of managed policies."""
    return {
        role: [
            *(s for policy in properties.get("Policies", []) for s in _resolved_in(expanded, policy)),
            *(s for arn in properties.get("ManagedPolicyArns", []) for s in _managed(expanded, arn)),
        ]
        for role, properties in of_type(expanded, "AWS::IAM::Role")
    }


def operators_policy(expanded: Template, name: str) -> list[Statement]:
    """The statements of a managed policy of the template."""
    return list(_resolved_in(expanded, expanded["Resources"][name]["Properties"]))


def bucket_policy(expanded: Template, bucket: str) -> list[Statement]:
    """What a bucket's own policy says."""
    return [
        statement
        for _, properties in of_type(expanded, "AWS::S3::BucketPolicy")
        if resolved(expanded, properties["Bucket"]) == bucket
        for statement in _resolved_in(expanded, properties)
    ]


def arn(template: Template, logical_id: str, below: str = "") -> str:
    """The ARN that stands for a resource here."""
    return ARNS[template["Resources"][logical_id]["Type"]].format(logical_id) + below


def trusted(template: Template) -> set[str]:
    """The principals that resource policies allow: service names, `*`, the account itself, or ARNs."""
    return {
        resolved(template, principal)
        for resource in template["Resources"].values()
        for statement in _with_principal(resource)
        if statement["Effect"] == "Allow"
        for kind in _principals(statement["Principal"])
        for principal in kind
    }


def _principals(principal: Any) -> Iterator[list[Any]]:
    if isinstance(principal, str):
        yield [principal]
    else:
        yield from map(as_list, principal.values())


def _with_principal(value: Any) -> Iterator[Statement]:
    if isinstance(value, dict) and "Principal" in value and "Effect" in value:
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _with_principal(inner)


def _resolved_in(template: Template, policy: dict[str, Any]) -> Iterator[Statement]:
    for statement in policy["PolicyDocument"]["Statement"]:
        yield resolved(template, statement)


def _managed(template: Template, name: Any) -> list[Statement]:
    given = resolved(template, name)
    policy = str(given).rsplit("/", 1)[-1]
    if policy not in MANAGED:
        raise CannotTellError(f"the managed policy {given}")
    return MANAGED[policy]


def resolved(template: Template, value: Any) -> Any:
    """A value without intrinsic functions: logical ids stand for physical ones, parameters for defaults."""
    if isinstance(value, list):
        return [resolved(template, inner) for inner in value if not _is_no_value(template, inner)]
    if not isinstance(value, dict):
        return value
    (name, argument), *others = value.items() or [("", None)]
    if others or not (name == "Ref" or name.startswith("Fn::")):
        kept = {key: inner for key, inner in value.items() if not _is_no_value(template, inner)}
        return {key: resolved(template, inner) for key, inner in kept.items()}
    return _called(template, name, argument)


def _called(template: Template, name: str, argument: Any) -> Any:
    """What an intrinsic function gives."""
    match name:
        case "Ref":
            return _ref(template, argument)
        case "Fn::GetAtt":
            return _attribute(template, *(argument.split(".") if isinstance(argument, str) else argument))
        case "Fn::Sub" if isinstance(argument, str):
            return re.sub(r"\$\{([\w.:]+)\}", partial(_in_text, template), argument)
        case "Fn::If":
            return resolved(template, chosen(template, argument))
        case "Fn::Split":
            return str(resolved(template, argument[1])).split(argument[0])
    raise CannotTellError(name)


def with_parameters(template: Template, **values: str) -> Template:
    """The template as it is deployed with these parameters instead of their defaults."""
    parameters = {name: {**template["Parameters"][name], "Default": text} for name, text in values.items()}
    return {**template, "Parameters": {**template["Parameters"], **parameters}}


def holds(template: Template, condition: Any) -> bool:
    """Whether a condition holds with the parameters' defaults: a name in `Conditions`, or written out."""
    if isinstance(condition, str):
        return holds(template, template["Conditions"][condition])
    (name, arguments), *_ = condition.items()
    if name == "Condition":
        return holds(template, arguments)
    if name == "Fn::Equals":
        left, right = (resolved(template, argument) for argument in arguments)
        return bool(left == right)
    if name == "Fn::Not":
        return not holds(template, arguments[0])
    if name in ("Fn::And", "Fn::Or"):
        return (all if name == "Fn::And" else any)(holds(template, each) for each in arguments)
    raise CannotTellError(name)


def chosen(template: Template, arguments: list[Any]) -> Any:
    """What an `Fn::If` gives."""
    condition, yes, no = arguments
    return yes if holds(template, condition) else no


def _is_no_value(template: Template, value: Any) -> bool:
    while isinstance(value, dict) and "Fn::If" in value:
        value = chosen(template, value["Fn::If"])
    return bool(value == {"Ref": "AWS::NoValue"})


def _in_text(template: Template, found: re.Match[str]) -> str:
    name, _, attribute = found[1].partition(".")
    return str(_attribute(template, name, attribute) if attribute else _ref(template, name))


def _ref(template: Template, name: str) -> Any:
    if name in PSEUDO:
        return PSEUDO[name]
    if name in template.get("Parameters", {}):
        parameter = template["Parameters"][name]
        text = str(parameter.get("Default", name))
        return text.split(",") if parameter.get("Type") == "CommaDelimitedList" else text
    kind = template["Resources"][name]["Type"]
    return arn(template, name) if kind in REF_IS_ARN else name


def _attribute(template: Template, name: str, attribute: str) -> str:
    is_arn = attribute in ("Arn", "TopicArn", "EventSourceMappingArn")
    return arn(template, name) if is_arn else f"{name}.{attribute}"
