"""The rights of roles to addresses, keys and the list: every role is evaluated, none has too many.

They check the design: sign-up can only seal; functions behind links can neither decrypt nor search; those
that mail can decrypt; feedback computes fingerprints and never decrypts. The table `MAY` lists all that a
role may do with sensitive resources: a right that is missing there fails the test.
"""

from collections.abc import Iterator
from functools import cache

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from broadsheet.probes import DRAFTS
from tests import template_rules as rules
from tests.from_template import the_template
from tests.policies import (
    ACCOUNT,
    REGION,
    Question,
    about,
    arn,
    bucket_policy,
    may,
    may_by_both,
    operators_policy,
    roles,
    trusted,
    with_parameters,
)
from tests.template_rules import Statement, Template, of_type

PURPOSES = ("sign-up", "address", "link")
KEYED = {  # tables with items of several kinds: a kind, and the key of an item of it
    "KeysTable": {"link": "link-2016", "address": "address-2016"},
    "LimitsTable": {
        kind: f"{kind}#0123" for kind in ("salt", "network", "address", "record", "budget", "gone", "other")
    },
    "LedgerTable": {
        "head": "mailings",
        "live": "live",
        "request": "requests",
        "chunk": "2016-12-05_en",
        "pace": "pace",
        "trip": "round-trip",
        "panic": "panic",
    },
}
SERVICES = {  # by the prefix of IAM's actions, whose names are otherwise the API's
    **{name: name for name in ("kms", "dynamodb", "sqs", "s3", "lambda", "iam", "sts", "scheduler", "sns")},
    **{name: name for name in ("secretsmanager", "events", "logs", "cloudformation", "cloudfront")},
    "ses": "sesv2",
}
NOT_IN_THE_API = {  # Source: Service Authorization Reference
    "dynamodb": ("ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
    "lambda": ("InvokeFunction", "InvokeAsync"),
    "iam": ("PassRole",),
    "s3": ("PutBucketPublicAccessBlock", "ListBucket", "ListBucketVersions", "GetObjectVersion"),
    "sqs": (),
}
SENSITIVE = {
    "AWS::KMS::Key": "kms",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::SQS::Queue": "sqs",
    "AWS::SecretsManager::Secret": "secretsmanager",
}
QUERIES: dict[str, dict[str, str | list[str]]] = {  # of the list: what it asks for
    "ids": {
        "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
        "dynamodb:Attributes": ["shard", "subscriber_id", "status", "audiences"],
    },
    "sealed": {
        "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
        "dynamodb:Attributes": ["shard", "subscriber_id", "sealed_address", "address_key"],
    },
    "all": {"dynamodb:Select": "ALL_ATTRIBUTES"},
}
# Calls without leading keys: a condition ForAllValues on them holds, and would let these through.
WITHOUT_KEYS = {"dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:ExportTableToPointInTime"}
NOT_SENSITIVE = {"RegisterTable", "DeskQueue", "DeskDeadLetters"}  # what is public anyway
TAKE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def on(target: str, *actions: str, purpose: str = "") -> set[str]:
    return {f"{action} {target} {purpose}".strip() for action in actions}


def dynamodb(table: str, *verbs: str, purpose: str = "") -> set[str]:
    return on(table, *(f"dynamodb:{verb}" for verb in verbs), purpose=purpose)


def kept(table: str, kinds: str, *verbs: str) -> set[str]:
    """On the items of these kinds."""
    return {right for kind in kinds.split() for right in dynamodb(table, *verbs, purpose=kind)}


SIGNS_LINKS = on("LinkKey", "kms:Decrypt", purpose="link")
KNOWS_THE_CDN = on("OriginSecret", "secretsmanager:GetSecretValue")
GUARDED = {"Subscribe", "ConfirmSubscription", "ManageSubscription"}  # leaving is open to all
READS_LINKS = on("LinkKey", "kms:Decrypt", purpose="link") | dynamodb("KeysTable", "GetItem", purpose="link")
BEGINS_MAILINGS = (
    dynamodb("SubscribersTable", "Query", purpose="ids")
    | kept("LedgerTable", " ".join(KEYED["LedgerTable"]), "GetItem", "PutItem", "UpdateItem", "DeleteItem")
    | kept("LedgerTable", " ".join(KEYED["LedgerTable"]), "Query")
    | on("DeliveryQueue", "sqs:SendMessage")
)
MAY: dict[str, set[str]] = {
    "SubscribeFunctionRole": {
        *on("AddressKey", "kms:Encrypt", purpose="sign-up"),
        *on("SignupQueue", "sqs:SendMessage"),
        *KNOWS_THE_CDN,
        *kept("LimitsTable", "network", "UpdateItem"),
        *dynamodb("SaltTable", "GetItem", "PutItem", "DeleteItem"),
    },
    "ProcessSignupFunctionRole": {
        *on("SignupQueue", *TAKE, "sqs:SendMessage"),
        *kept("LimitsTable", "address record budget", "GetItem", "PutItem", "UpdateItem"),
        *on("AddressKey", "kms:Decrypt", purpose="sign-up"),
        *on("AddressKey", "kms:Decrypt", purpose="address"),
        *SIGNS_LINKS,
        *on("FingerprintKey", "kms:GenerateMac"),
        *kept("KeysTable", "link address", "GetItem"),
        *dynamodb("SubscribersTable", "GetItem", "PutItem", "ConditionCheckItem"),
        *dynamodb("FingerprintsTable", "GetItem", "PutItem"),
    },
    "ConfirmSubscriptionFunctionRole": {
        *READS_LINKS,
        *KNOWS_THE_CDN,
        *dynamodb("SubscribersTable", "GetItem", "PutItem", "UpdateItem", "DeleteItem"),
        *dynamodb("FingerprintsTable", "UpdateItem", "DeleteItem"),
        *kept("LimitsTable", "address", "UpdateItem"),
        *on("SignupQueue", "sqs:SendMessage"),
    },
    "UnsubscribeFunctionRole": {
        *READS_LINKS,
        *dynamodb("SubscribersTable", "GetItem", "DeleteItem"),
        *dynamodb("FingerprintsTable", "DeleteItem", "PutItem"),
        *kept("LimitsTable", "address gone", "UpdateItem"),
        *kept("LimitsTable", "record", "DeleteItem"),
    },
    "ManageSubscriptionFunctionRole": {
        *READS_LINKS,
        *KNOWS_THE_CDN,
        *dynamodb("SubscribersTable", "GetItem", "UpdateItem", "DeleteItem"),
        *dynamodb("FingerprintsTable", "DeleteItem", "PutItem"),
        *on("AddressKey", "kms:Encrypt", purpose="sign-up"),
        *kept("LimitsTable", "address gone", "UpdateItem"),
        *kept("LimitsTable", "record", "DeleteItem"),
        *kept("LimitsTable", "network", "UpdateItem"),
        *dynamodb("SaltTable", "GetItem", "PutItem", "DeleteItem"),
        *on("SignupQueue", "sqs:SendMessage"),
    },
    "MakeKeysFunctionRole": {
        *on("AddressKey", "kms:GenerateDataKeyWithoutPlaintext", purpose="address"),
        *on("LinkKey", "kms:GenerateDataKeyWithoutPlaintext", purpose="link"),
        *kept("KeysTable", "link address", "GetItem", "PutItem"),
    },
    "ResealListFunctionRole": {
        *on("AddressKey", "kms:Decrypt", purpose="address"),
        *kept("KeysTable", "address", "GetItem", "UpdateItem", "DeleteItem"),
        *dynamodb("KeysTable", "Scan"),
        *dynamodb("SubscribersTable", "Query", purpose="sealed"),
        *dynamodb("SubscribersTable", "UpdateItem"),
    },
    "PublishIssueFunctionRole": {
        *kept("LedgerTable", "head request", "GetItem"),
        *kept("LedgerTable", "request", "UpdateItem"),
    },
    "StartMailingFunctionRole": BEGINS_MAILINGS,
    "SweepFunctionRole": BEGINS_MAILINGS
    | kept("LimitsTable", "salt", "DeleteItem")
    | dynamodb("SaltTable", "DeleteItem")
    | kept("LimitsTable", "budget", "UpdateItem", "DeleteItem"),
    "DeliverChunkFunctionRole": {
        *on("DeliveryQueue", *TAKE, "sqs:SendMessage"),
        *on("AddressKey", "kms:Decrypt", purpose="address"),
        *SIGNS_LINKS,
        *kept("KeysTable", "link address", "GetItem"),
        *dynamodb("SubscribersTable", "Query", purpose="ids"),
        *dynamodb("SubscribersTable", "Query", purpose="sealed"),
        *dynamodb("SubscribersTable", "Query", purpose="all"),
        *kept("LedgerTable", "head pace", "GetItem"),
        *kept("LedgerTable", "chunk pace", "UpdateItem"),
    },
    "RecordFeedbackFunctionRole": {
        *on("FeedbackQueue", *TAKE),
        *on("FingerprintKey", "kms:GenerateMac"),
        *dynamodb("FingerprintsTable", "GetItem", "PutItem"),
        *dynamodb("SubscribersTable", "DeleteItem", "UpdateItem"),
        *kept("LedgerTable", "head chunk", "GetItem", "Query"),
        *kept("LedgerTable", "chunk trip", "UpdateItem", "BatchWriteItem"),
        *kept("LimitsTable", "gone", "UpdateItem"),
    },
    "ScheduleRole": set(),
    "SweepFunctionEveryMinuteRole": set(),
    "MakeKeysFunctionEveryFiveMinutesRole": set(),
    "ResealListFunctionEveryHourRole": set(),
}
ADMINISTRATION = (
    "iam",
    "sts",
    "lambda",
    "scheduler",
    "sns",
    "events",
    "logs",
    "cloudformation",
    "cloudfront",
)
ADMINISTERS = {  # who may do anything at all with what runs the system; all write logs
    ("PublishIssueFunctionRole", "iam:PassRole"),
    ("PublishIssueFunctionRole", "scheduler:CreateSchedule"),
    ("PublishIssueFunctionRole", "scheduler:UpdateSchedule"),
    ("ScheduleRole", "lambda:InvokeFunction"),
    ("SweepFunctionEveryMinuteRole", "lambda:InvokeFunction"),
    ("MakeKeysFunctionEveryFiveMinutesRole", "lambda:InvokeFunction"),
    ("ResealListFunctionEveryHourRole", "lambda:InvokeFunction"),
}
LOGGING = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}


@cache
def expanded() -> Template:
    return rules.expanded(the_template())


@cache
def policies() -> dict[str, list[Statement]]:
    return roles(expanded())


@cache
def actions(service: str) -> list[str]:
    """Every action of a service's API, and those that the template names."""
    loader = Loader(extra_search_paths=[f"{boto3.__path__[0]}/data"])
    model = ServiceModel(loader.load_service_model(SERVICES[service], "service-2"))
    named = {
        action.partition(":")[2]
        for policy in policies().values()
        for statement in policy
        for action in rules.as_list(statement["Action"])
        if action.startswith(f"{service}:")
    }
    return sorted(
        f"{service}:{name}" for name in {*model.operation_names, *NOT_IN_THE_API.get(service, ()), *named}
    )


def asked(role: str, action: str, target: str, purpose: str = "") -> bool:
    """Whether a role may, for that purpose: of a KMS call, or of the key that is read or written."""
    known: dict[str, str | list[str]] = {}
    if purpose and action.startswith("kms:"):
        known = {"kms:EncryptionContext:purpose": purpose}
        if purpose in KEYED["KeysTable"]:
            known["kms:EncryptionContext:key_id"] = KEYED["KeysTable"][purpose]
    elif purpose in QUERIES:
        known = dict(QUERIES[purpose])
    elif purpose:
        known = {"dynamodb:LeadingKeys": [KEYED[target][purpose]]}
    return may(policies()[role], Question(action, arn(expanded(), target), known))


def allowed(role: str) -> set[str]:
    """All that a role may do with what is sensitive."""
    return {
        f"{action} {target} {purpose}".strip()
        for kind, service in SENSITIVE.items()
        for target, _ in of_type(expanded(), kind)
        if target not in NOT_SENSITIVE
        for action in actions(service)
        for purpose in purposes(target, action)
        if asked(role, action, target, purpose)
    }


def purposes(target: str, action: str) -> tuple[str, ...]:
    if (target, action) == ("SubscribersTable", "dynamodb:Query"):
        return tuple(QUERIES)
    if target in KEYED and action not in WITHOUT_KEYS:
        return tuple(KEYED[target])
    if target in ("AddressKey", "LinkKey") and "Mac" not in action:
        return (*PURPOSES, "")
    return ("",)


# -- the questions of the design


@pytest.mark.parametrize(
    ("action", "target", "purpose", "yes"),
    [
        ("kms:Encrypt", "AddressKey", "sign-up", True),
        ("kms:Encrypt", "AddressKey", "address", False),
        ("kms:Encrypt", "AddressKey", "", False),
        ("kms:Decrypt", "AddressKey", "sign-up", False),
        ("kms:Decrypt", "AddressKey", "address", False),
        ("kms:ReEncryptFrom", "AddressKey", "sign-up", False),
        ("kms:GenerateMac", "FingerprintKey", "", False),
        ("sqs:SendMessage", "SignupQueue", "", True),
        ("sqs:ReceiveMessage", "SignupQueue", "", False),
        ("dynamodb:GetItem", "SubscribersTable", "", False),
        ("dynamodb:Query", "SubscribersTable", "", False),
        ("dynamodb:GetItem", "FingerprintsTable", "", False),
        ("dynamodb:GetItem", "KeysTable", "address", False),
    ],
)
def test_the_public_endpoint_can_seal_and_neither_open_nor_look_up(
    action: str,
    target: str,
    purpose: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    assert asked("SubscribeFunctionRole", action, target, purpose) is yes


@pytest.mark.parametrize("function", rules.LINK_FUNCTIONS)
@pytest.mark.parametrize(
    ("action", "target", "purpose", "yes"),
    [
        ("kms:Decrypt", "LinkKey", "link", True),
        ("kms:Decrypt", "LinkKey", "address", False),
        ("kms:Decrypt", "LinkKey", "", False),
        ("kms:Decrypt", "AddressKey", "address", False),
        ("kms:Decrypt", "AddressKey", "sign-up", False),
        ("kms:Encrypt", "AddressKey", "address", False),
        ("kms:GenerateMac", "FingerprintKey", "", False),
        ("dynamodb:GetItem", "KeysTable", "link", True),
        ("dynamodb:GetItem", "KeysTable", "address", False),
        ("dynamodb:Scan", "KeysTable", "link", False),
        ("dynamodb:GetItem", "SubscribersTable", "", True),
        ("dynamodb:Query", "SubscribersTable", "", False),
        ("dynamodb:Scan", "SubscribersTable", "", False),
        ("dynamodb:BatchGetItem", "SubscribersTable", "", False),
        ("dynamodb:Query", "FingerprintsTable", "", False),
        ("dynamodb:Scan", "FingerprintsTable", "", False),
        ("sqs:ReceiveMessage", "SignupQueue", "", False),
    ],
)
def test_a_link_reads_and_writes_one_item_opens_nothing_and_finds_nobody(
    function: str,
    action: str,
    target: str,
    purpose: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    assert asked(f"{function}Role", action, target, purpose) is yes


@pytest.mark.parametrize(
    ("action", "target", "purpose", "yes"),
    [
        ("kms:Decrypt", "AddressKey", "address", True),
        ("kms:Decrypt", "AddressKey", "sign-up", False),
        ("kms:GenerateDataKey", "AddressKey", "address", False),
        ("kms:GenerateMac", "FingerprintKey", "", False),
        ("dynamodb:PutItem", "KeysTable", "link", False),
        ("dynamodb:PutItem", "KeysTable", "address", False),
        ("dynamodb:Scan", "SubscribersTable", "", False),
        ("dynamodb:DeleteItem", "SubscribersTable", "", False),
        ("dynamodb:GetItem", "FingerprintsTable", "", False),
    ],
)
def test_the_delivery_function_can_decrypt_addresses_and_change_no_reader(
    action: str,
    target: str,
    purpose: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    assert asked("DeliverChunkFunctionRole", action, target, purpose) is yes


@pytest.mark.parametrize(
    ("action", "target", "purpose", "yes"),
    [
        ("kms:GenerateMac", "FingerprintKey", "", True),
        ("kms:VerifyMac", "FingerprintKey", "", False),
        ("kms:Decrypt", "AddressKey", "address", False),
        ("kms:Decrypt", "AddressKey", "sign-up", False),
        ("kms:Decrypt", "LinkKey", "link", False),
        ("dynamodb:GetItem", "KeysTable", "address", False),
        ("dynamodb:Query", "SubscribersTable", "", False),
        ("sqs:ReceiveMessage", "FeedbackQueue", "", True),
    ],
)
def test_feedback_fingerprints_and_never_decrypts(
    action: str,
    target: str,
    purpose: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    assert asked("RecordFeedbackFunctionRole", action, target, purpose) is yes


@pytest.mark.parametrize(
    ("action", "target", "purpose", "who"),
    [
        ("kms:Decrypt", "AddressKey", "sign-up", {"ProcessSignup"}),
        ("kms:Decrypt", "AddressKey", "address", {"ProcessSignup", "DeliverChunk", "ResealList"}),
        ("kms:GenerateDataKey", "AddressKey", "address", set()),
        ("kms:GenerateDataKeyWithoutPlaintext", "AddressKey", "address", {"MakeKeys"}),
        ("dynamodb:PutItem", "KeysTable", "address", {"MakeKeys"}),
        ("dynamodb:PutItem", "KeysTable", "link", {"MakeKeys"}),
        ("dynamodb:UpdateItem", "KeysTable", "address", {"ResealList"}),  # `retired_at` alone
        ("dynamodb:DeleteItem", "KeysTable", "link", set()),
        ("kms:Encrypt", "AddressKey", "sign-up", {"Subscribe", "ManageSubscription"}),
        ("kms:GenerateMac", "FingerprintKey", "", {"ProcessSignup", "RecordFeedback"}),
        ("sqs:ReceiveMessage", "SignupQueue", "", {"ProcessSignup"}),
        ("sqs:ReceiveMessage", "FeedbackQueue", "", {"RecordFeedback"}),
        ("sqs:ReceiveMessage", "SignupDeadLetters", "", set()),
        ("sqs:ReceiveMessage", "FeedbackDeadLetters", "", set()),
        ("dynamodb:Query", "SubscribersTable", "ids", {"DeliverChunk", "StartMailing", "Sweep"}),
        ("dynamodb:Query", "SubscribersTable", "all", {"DeliverChunk"}),
        ("dynamodb:Query", "SubscribersTable", "", {"DeliverChunk"}),  # it says nothing of what it wants
        ("dynamodb:UpdateItem", "LedgerTable", "head", {"StartMailing", "Sweep"}),
        ("dynamodb:PutItem", "LedgerTable", "head", {"StartMailing", "Sweep"}),
        ("dynamodb:DeleteItem", "LedgerTable", "head", {"StartMailing", "Sweep"}),
        ("dynamodb:BatchWriteItem", "LedgerTable", "head", set()),
        ("dynamodb:UpdateItem", "LedgerTable", "request", {"PublishIssue", "StartMailing", "Sweep"}),
        ("dynamodb:UpdateItem", "LedgerTable", "live", {"StartMailing", "Sweep"}),
        ("dynamodb:Scan", "SubscribersTable", "", set()),
        ("dynamodb:Scan", "FingerprintsTable", "", set()),
        ("dynamodb:Query", "FingerprintsTable", "", set()),
        ("dynamodb:ExportTableToPointInTime", "SubscribersTable", "", set()),
        ("dynamodb:Scan", "LimitsTable", "", set()),
        ("dynamodb:GetItem", "LimitsTable", "salt", set()),
        ("dynamodb:GetItem", "SaltTable", "", {"Subscribe", "ManageSubscription"}),
        ("dynamodb:Scan", "SaltTable", "", set()),
        ("dynamodb:GetItem", "LimitsTable", "network", set()),
        ("dynamodb:GetItem", "LimitsTable", "address", {"ProcessSignup"}),
        ("secretsmanager:GetSecretValue", "OriginSecret", "", GUARDED),
        ("kms:DisableKey", "AddressKey", "", set()),
        ("kms:ScheduleKeyDeletion", "AddressKey", "", set()),
        ("kms:CreateGrant", "AddressKey", "", set()),
        ("kms:PutKeyPolicy", "AddressKey", "", set()),
    ],
)
def test_only_these_functions_have_the_right(action: str, target: str, purpose: str, who: set[str]) -> None:
    able = {role for role in policies() if asked(role, action, target, purpose)}
    assert able == {f"{function}FunctionRole" for function in who}


@pytest.mark.parametrize(
    ("action", "target", "purpose", "yes"),
    [
        ("kms:Decrypt", "AddressKey", "address", True),  # to export, and to say what is kept
        ("kms:Decrypt", "AddressKey", "sign-up", False),
        ("kms:DisableKey", "AddressKey", "", True),  # panic
        ("kms:DisableKey", "FingerprintKey", "", True),
        ("kms:EnableKey", "AddressKey", "", False),  # recover, which is another's
        ("kms:EnableKey", "FingerprintKey", "", False),
        ("lambda:DeleteFunctionConcurrency", "DeliverChunkFunction", "", False),
        ("kms:DisableKey", "LinkKey", "", False),
        ("kms:Decrypt", "LinkKey", "link", False),
        ("kms:ScheduleKeyDeletion", "AddressKey", "", False),
        ("kms:PutKeyPolicy", "AddressKey", "", False),
        ("kms:CreateGrant", "AddressKey", "", False),
        ("lambda:PutFunctionConcurrency", "DeliverChunkFunction", "", True),
        ("lambda:PutFunctionConcurrency", "UnsubscribeFunction", "", False),
        ("lambda:UpdateEventSourceMapping", "ProcessSignupMapping", "", True),
        ("lambda:UpdateEventSourceMapping", "RecordFeedbackMapping", "", False),
        ("lambda:UpdateFunctionCode", "DeliverChunkFunction", "", False),
        ("lambda:InvokeFunction", "SweepFunction", "", True),
        ("sqs:SendMessage", "DeskQueue", "", True),
        ("sqs:ReceiveMessage", "DeskQueue", "", False),
        ("dynamodb:GetItem", "RegisterTable", "", True),
        ("dynamodb:PutItem", "RegisterTable", "", False),
        ("lambda:InvokeFunction", "DeliverChunkFunction", "", False),
        ("dynamodb:Scan", "SubscribersTable", "", False),
        ("dynamodb:DeleteTable", "SubscribersTable", "", False),
        ("sqs:ReceiveMessage", "SignupQueue", "", False),
    ],
)
def test_an_operator_looks_after_list_and_mailings_and_can_panic(
    action: str,
    target: str,
    purpose: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    policy = operators_policy(expanded(), "OperatorPolicy")
    known: dict[str, str | list[str]] = {"kms:EncryptionContext:purpose": purpose} if purpose else {}
    assert may(policy, Question(action, arn(expanded(), target), known)) is yes


def turned(template: Template) -> dict[str, list[str]]:
    """The resources that panic turns off, by kind, as the outputs name them."""
    outputs = template["Outputs"]

    def joined(*names: str) -> list[str]:
        return [part["Ref"] for name in names for part in outputs[name]["Value"]["Fn::Join"][1]]

    return {
        "keys": ["AddressKey", "FingerprintKey"],
        "mappings": joined("AddressOpenersMappings"),
        "functions": joined("AddressOpeners", "MailingStarters"),
    }


def calls_of(policy: str, **verbs: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Each call on these resources, and whether the policy allows it; services by kind."""
    own = operators_policy(expanded(), policy)
    patterns = {
        "keys": "kms:{}Key",
        "mappings": "lambda:{}EventSourceMapping",
        "functions": "lambda:{}FunctionConcurrency",
    }
    return [
        (
            f"{patterns[kind].format(verb)} {name}",
            may(own, Question(patterns[kind].format(verb), arn(expanded(), name))),
        )
        for kind, of in verbs.items()
        for verb in of
        for name in turned(the_template())[kind]
    ]


PANIC_CALLS = {"keys": ("Describe", "Disable"), "mappings": ("Get", "Update"), "functions": ("Get", "Put")}
RECOVER_CALLS = {
    "keys": ("Describe", "Enable"),
    "mappings": ("Get", "Update"),
    "functions": ("Get", "Put", "Delete"),
}


def test_an_operator_may_make_every_call_of_panic() -> None:
    policy = operators_policy(expanded(), "OperatorPolicy")
    ledger = arn(expanded(), "LedgerTable")
    assert [call for call, yes in calls_of("OperatorPolicy", **PANIC_CALLS) if not yes] == []
    for verb in ("GetItem", "Query", "UpdateItem"):
        assert may(policy, Question(f"dynamodb:{verb}", ledger, {"dynamodb:LeadingKeys": ["panic"]}))
    assert may(policy, Question("lambda:InvokeFunction", arn(expanded(), "SweepFunction")))


def test_the_panic_role_cannot_enable_a_key_again() -> None:
    """A laptop in wrong hands must not undo what was done because of it."""
    back = calls_of("OperatorPolicy", keys=("Enable",), functions=("Delete",))
    assert [call for call, yes in back if yes] == []


@pytest.mark.parametrize("mfa", ["true", "false"])
def test_the_recovery_role_may_make_every_call_of_recover_and_reads_no_list(mfa: str) -> None:
    policy = operators_policy(with_parameters(expanded(), RequireMfa=mfa), "RecoverPolicy")
    signed_in: dict[str, str | list[str]] = {"aws:MultiFactorAuthPresent": "true"}
    ledger = arn(expanded(), "LedgerTable")
    assert [call for call, yes in calls_of("RecoverPolicy", **RECOVER_CALLS) if not yes] == []
    assert may(policy, Question("kms:EnableKey", arn(expanded(), "AddressKey"), signed_in))
    for function in ("MakeKeysFunction", "ResealListFunction", "SweepFunction"):
        assert may(policy, Question("lambda:InvokeFunction", arn(expanded(), function), signed_in))
    assert not may(
        policy, Question("lambda:InvokeFunction", arn(expanded(), "DeliverChunkFunction"), signed_in)
    )
    for kind, yes in (("panic", True), ("head", True), ("live", True), ("chunk", False)):
        known: dict[str, str | list[str]] = {"dynamodb:LeadingKeys": [KEYED["LedgerTable"][kind]]}
        assert may(policy, Question("dynamodb:UpdateItem", ledger, known)) is yes
    for action, target in (
        *((f"dynamodb:{verb}", "SubscribersTable") for verb in ("GetItem", "Query", "Scan", "PutItem")),
        *(
            ("kms:Decrypt", "AddressKey"),
            ("kms:GenerateMac", "FingerprintKey"),
            ("kms:DisableKey", "AddressKey"),
        ),
    ):
        purpose = {**signed_in, "kms:EncryptionContext:purpose": "address"}
        assert not may(policy, Question(action, arn(expanded(), target), purpose))


OVER_THE_LIST = [  # a policy, an action, its target, and the call's condition keys
    *(("OperatorPolicy", f"dynamodb:{verb}", "SubscribersTable", "") for verb in ("Query", "PutItem")),
    *(("OperatorPolicy", f"dynamodb:{verb}", "FingerprintsTable", "") for verb in ("GetItem", "DeleteItem")),
    ("OperatorPolicy", "dynamodb:UpdateItem", "LimitsTable", "address"),
    ("OperatorPolicy", "dynamodb:GetItem", "KeysTable", "address"),
    ("OperatorPolicy", "kms:GenerateMac", "FingerprintKey", ""),
    ("OperatorPolicy", "kms:Decrypt", "AddressKey", "address"),
    ("RestorePolicy", "dynamodb:RestoreTableToPointInTime", "SubscribersTable", ""),
    ("RestorePolicy", "dynamodb:PutItem", "SubscribersTable", ""),
    ("RestorePolicy", "dynamodb:PutItem", "FingerprintsTable", ""),
    ("RecoverPolicy", "kms:EnableKey", "AddressKey", ""),
    ("RecoverPolicy", "kms:EnableKey", "FingerprintKey", ""),
    ("RecoverPolicy", "lambda:InvokeFunction", "ResealListFunction", ""),
]


@pytest.mark.parametrize(("policy", "action", "target", "kind"), OVER_THE_LIST)
def test_rights_over_the_list_need_a_second_factor_where_the_parameter_says_so(
    policy: str, action: str, target: str, kind: str
) -> None:
    """Source: IAM User Guide, "AWS global condition context keys": a call by an access key of a user has no
    `aws:MultiFactorAuthPresent` at all, and `Bool` then does not hold.
    """
    known: dict[str, str | list[str]] = {}
    if kind:
        known = (
            {"kms:EncryptionContext:purpose": kind}
            if action.startswith("kms:")
            else {"dynamodb:LeadingKeys": [KEYED[target][kind]]}
        )

    def answers(required: str) -> list[bool]:
        own = operators_policy(with_parameters(expanded(), RequireMfa=required), policy)
        signed_in = ({}, {"aws:MultiFactorAuthPresent": "false"}, {"aws:MultiFactorAuthPresent": "true"})
        return [may(own, Question(action, arn(expanded(), target), {**known, **each})) for each in signed_in]

    assert answers("false") == [True, True, True]
    assert answers("true") == [False, False, True]


def test_panic_needs_no_second_factor() -> None:
    policy = operators_policy(with_parameters(expanded(), RequireMfa="true"), "OperatorPolicy")
    for action, target in (
        *(("kms:DisableKey", "AddressKey"), ("kms:DisableKey", "FingerprintKey")),
        *(("lambda:PutFunctionConcurrency", "DeliverChunkFunction"), ("dynamodb:UpdateItem", "LedgerTable")),
    ):
        assert may(policy, Question(action, arn(expanded(), target)))


# -- editors and contributors


DESK = {  # an action, a key or prefix, and whether an editor and a contributor may
    ("s3:PutObject", "issues/2016-12-05/en.md"): (True, False),
    ("s3:GetObject", "issues/2016-12-05/en.md"): (True, False),
    ("s3:DeleteObject", "issues/2016-12-05/en.md"): (True, False),
    ("s3:AbortMultipartUpload", "issues/2016-12-05/images/bridge.png"): (True, False),
    ("s3:PutObject", "drafts/2016-12-05/en.md"): (True, True),
    ("s3:DeleteObject", "drafts/2016-12-05/en.md"): (True, True),
    ("s3:AbortMultipartUpload", "drafts/2016-12-05/images/bridge.png"): (True, True),
    ("s3:GetObject", "reports/2016-12-05/en.html"): (True, False),
    ("s3:GetObject", "reports/drafts/2016-12-05/en.html"): (True, True),
    ("s3:PutObject", "reports/2016-12-05/en.html"): (False, False),
    ("s3:DeleteObject", "reports/2016-12-05/en.html"): (False, False),
    ("s3:GetObject", "revisions/2016-12-05/en/0123.json"): (False, False),
    ("s3:PutObject", "revisions/2016-12-05/en/0123.json"): (False, False),
    ("s3:DeleteObject", "revisions/2016-12-05/en/0123.json"): (False, False),
    ("s3:PutObject", "newsletter.toml"): (False, False),
    ("s3:GetObjectVersion", "issues/2016-12-05/en.md"): (False, False),
    ("s3:DeleteObjectVersion", "issues/2016-12-05/en.md"): (False, False),
    ("s3:PutObjectAcl", "issues/2016-12-05/en.md"): (False, False),
}


@pytest.mark.parametrize(("call", "answers"), DESK.items(), ids=[" ".join(call) for call in DESK])
def test_editors_upload_issues_and_contributors_upload_drafts(
    call: tuple[str, str], answers: tuple[bool, bool]
) -> None:
    action, key = call
    editor = f"arn:aws:iam::{ACCOUNT}:user/editor"
    asked_of = [operators_policy(expanded(), name) for name in ("EditorPolicy", "ContributorPolicy")]
    assert tuple(on_the_desk(policy, editor, action, key) for policy in asked_of) == answers


ADMINISTRATOR: list[Statement] = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
REPORT, MAILED = "reports/2016-12-05/en.html", "revisions/2016-12-05/en/0123.json"
READING = ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectAttributes")
WRITING = (
    *("s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteObjectTagging"),
    *("s3:ReplicateObject", "s3:ReplicateDelete", "s3:RestoreObject"),
)


def on_the_desk(policy: list[Statement], who: str, action: str, key: str) -> bool:
    """Whether a principal may, by its own policy and the desk's."""
    question = Question(action, arn(expanded(), "DeskBucket", f"/{key}"))
    return may_by_both(policy, bucket_policy(expanded(), "DeskBucket"), who, question)


def able_on_the_desk(action: str, key: str) -> set[str]:
    """Which functions may."""
    everyone = policies().items()
    able = {name for name, policy in everyone if on_the_desk(policy, arn(expanded(), name), action, key)}
    return {name.removesuffix("FunctionRole") for name in able}


@pytest.mark.parametrize("who", [f"arn:aws:iam::{ACCOUNT}:user/admin", f"arn:aws:iam::{ACCOUNT}:root"])
@pytest.mark.parametrize(
    ("actions", "key", "yes"),
    [
        (WRITING, REPORT, False),
        (READING, REPORT, True),
        (WRITING, MAILED, False),
        (READING, MAILED, False),
        ((*READING, *WRITING), "issues/2016-12-05/en.md", True),
        ((*READING, *WRITING), "drafts/2016-12-05/en.md", True),
    ],
)
def test_an_administrator_neither_writes_reports_nor_changes_what_is_mailed(
    who: str,
    actions: tuple[str, ...],
    key: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    """They may change the policy, which is seen; no tool of theirs that copies too much gets there."""
    assert {on_the_desk(ADMINISTRATOR, who, action, key) for action in actions} == {yes}


@pytest.mark.parametrize(
    ("action", "key", "who"),
    [
        ("s3:GetObject", MAILED, {"PublishIssue", "DeliverChunk"}),
        ("s3:PutObject", MAILED, {"PublishIssue"}),
        ("s3:DeleteObject", MAILED, set()),
        ("s3:GetObjectVersion", MAILED, set()),
        ("s3:DeleteObjectVersion", MAILED, set()),
        ("s3:PutObject", REPORT, {"PublishIssue", "Sweep"}),
        ("s3:DeleteObject", REPORT, set()),
        ("s3:PutObject", "issues/2016-12-05/en.md", set()),
    ],
)
def test_a_function_may_on_the_desk_what_it_must(action: str, key: str, who: set[str]) -> None:
    assert able_on_the_desk(action, key) == who


@pytest.mark.parametrize("service", ["Sweep", "DeliverChunk", "StartMailing", "ProcessSignup"])
def test_a_function_with_rights_too_many_still_writes_nothing_that_is_mailed(service: str) -> None:
    role = arn(expanded(), f"{service}FunctionRole")
    assert not any(on_the_desk(ADMINISTRATOR, role, action, MAILED) for action in WRITING)


@pytest.mark.parametrize(
    ("known", "answers"),
    [
        ({"s3:prefix": "issues/2016-12-05/"}, (True, False)),
        ({"s3:prefix": "drafts/"}, (True, True)),
        ({"s3:prefix": "reports/2016-12-05/"}, (True, False)),
        ({"s3:prefix": "reports/drafts/"}, (True, True)),
        ({"s3:prefix": "revisions/"}, (False, False)),
        ({"s3:prefix": "", "s3:delimiter": "/"}, (True, False)),
        ({"s3:prefix": ""}, (False, False)),
        ({}, (False, False)),
    ],
)
def test_editors_and_contributors_see_their_folders_alone(
    known: dict[str, str], answers: tuple[bool, bool]
) -> None:
    question = Question("s3:ListBucket", arn(expanded(), "DeskBucket"), known)
    asked_of = [operators_policy(expanded(), name) for name in ("EditorPolicy", "ContributorPolicy")]
    assert tuple(may(policy, question) for policy in asked_of) == answers


@pytest.mark.parametrize("name", ["EditorPolicy", "ContributorPolicy"])
def test_editors_and_contributors_have_no_right_outside_the_desk(name: str) -> None:
    policy = operators_policy(expanded(), name)
    assert {action for statement in policy for action in rules.as_list(statement["Action"])} == {
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
    }
    places = {resource for statement in policy for resource in rules.as_list(statement["Resource"])}
    assert {place.partition("/")[0] for place in places} == {arn(expanded(), "DeskBucket")}


def test_an_operator_finds_the_stack_by_its_name_and_by_its_id() -> None:
    """Source: CloudFormation authorises a call by name against the stack's name with any id."""
    policy = operators_policy(expanded(), "OperatorPolicy")
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"
    asked_for = [f"{stack}/broadsheet/1", f"{stack}/broadsheet/*", f"{stack}/another/1"]
    answers = [may(policy, Question("cloudformation:DescribeStacks", each)) for each in asked_for]
    assert answers == [True, True, False]


SES = f"arn:aws:ses:{REGION}:{ACCOUNT}"
MAIL_IDENTITY = f"{SES}:identity/MailDomain"
SIMULATED = "bounce+broadsheet-1@simulator.amazonses.com"


@pytest.mark.parametrize("action", ["ses:SendEmail", "ses:SendRawEmail"])
@pytest.mark.parametrize("resource", [MAIL_IDENTITY, f"{SES}:configuration-set/MailConfigurationSet"])
@pytest.mark.parametrize(
    ("recipients", "yes"),
    [
        ([SIMULATED], True),
        (["ana@example.org"], False),
        ([SIMULATED, "ana@example.org"], False),
        (["ana@simulator.amazonses.com.example.org"], False),
        ([], False),
        (None, False),
    ],
)
def test_a_round_trip_mails_the_simulator_and_nobody_else(
    action: str,
    resource: str,
    recipients: list[str] | None,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    policy = operators_policy(expanded(), "RoundTripPolicy")
    known: dict[str, str | list[str]] = {} if recipients is None else {"ses:Recipients": recipients}
    assert may(policy, Question(action, resource, known)) is yes


EDITORS = ["ed@example.org", "Ada.L@example.org"]


@pytest.mark.parametrize("function", ["PublishIssue", "Sweep"])
@pytest.mark.parametrize("action", ["ses:SendEmail", "ses:SendRawEmail"])
@pytest.mark.parametrize(
    ("recipients", "yes"),
    [
        (EDITORS, True),
        (EDITORS[:1], True),
        (["ada.l@example.org"], False),
        (["ana@example.org"], False),
        ([*EDITORS, "ana@example.org"], False),
        (["*"], False),
        ([], False),
        (None, False),
    ],
)
def test_publishing_and_the_sweep_mail_editors_and_nobody_else(
    function: str,
    action: str,
    recipients: list[str] | None,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    known: dict[str, str | list[str]] = {} if recipients is None else {"ses:Recipients": recipients}
    deployed = with_parameters(expanded(), EditorAddresses=",".join(EDITORS))
    assert may(roles(deployed)[f"{function}FunctionRole"], Question(action, MAIL_IDENTITY, known)) is yes


@pytest.mark.parametrize("addresses", ["", ",", "nobody@editors.invalid"])
@pytest.mark.parametrize("recipients", [["ana@example.org"], ["*"], [], None])
def test_with_an_empty_list_of_editors_nobody_is_mailed(addresses: str, recipients: list[str] | None) -> None:
    known: dict[str, str | list[str]] = {} if recipients is None else {"ses:Recipients": recipients}
    policy = roles(with_parameters(expanded(), EditorAddresses=addresses))["PublishIssueFunctionRole"]
    assert not may(policy, Question("ses:SendEmail", MAIL_IDENTITY, known))


@pytest.mark.parametrize("action", ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail", "ses:SendEmail"])
def test_only_the_sign_up_and_delivery_functions_mail_readers(action: str) -> None:
    question = Question(action, MAIL_IDENTITY, {"ses:Recipients": ["ana@example.org"]})
    able = {role for role, policy in policies().items() if may(policy, question)}
    assert able == {"ProcessSignupFunctionRole" if action == "ses:SendEmail" else "DeliverChunkFunctionRole"}


@pytest.mark.parametrize("function", ["StartMailing", "Sweep"])
@pytest.mark.parametrize(
    ("change", "yes"),
    [
        ({}, True),
        ({"dynamodb:Attributes": ["shard", "subscriber_id"]}, True),
        ({"dynamodb:Select": "ALL_ATTRIBUTES"}, False),
        ({"dynamodb:Select": "COUNT"}, False),
        ({"dynamodb:Select": []}, False),
        ({"dynamodb:Attributes": ["subscriber_id", "sealed_address"]}, False),
        ({"dynamodb:Attributes": ["fingerprint"]}, False),
    ],
)
def test_the_function_that_begins_mailings_counts_readers_and_reads_no_address(
    function: str,
    change: dict[str, str | list[str]],
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    known = {**QUERIES["ids"], **change}
    question = Question("dynamodb:Query", arn(expanded(), "SubscribersTable"), known)
    assert may(policies()[f"{function}FunctionRole"], question) is yes


@pytest.mark.parametrize("action", ["ses:SendBulkEmail", "ses:SendTemplatedEmail", "ses:DeleteEmailIdentity"])
def test_a_round_trip_has_no_other_right_to_ses(action: str) -> None:
    policy = operators_policy(expanded(), "RoundTripPolicy")
    assert not may(policy, Question(action, MAIL_IDENTITY, {"ses:Recipients": [SIMULATED]}))


@pytest.mark.parametrize(
    ("action", "partition", "yes"),
    [
        ("dynamodb:GetItem", "round-trip", True),
        ("dynamodb:GetItem", "mailings", False),
        ("dynamodb:UpdateItem", "round-trip", False),
        ("dynamodb:Query", "round-trip", False),
    ],
)
def test_a_round_trip_reads_what_came_back_and_no_mailing(action: str, partition: str, yes: bool) -> None:  # noqa: FBT001  # a column
    policy = operators_policy(expanded(), "RoundTripPolicy")
    question = Question(action, arn(expanded(), "LedgerTable"), {"dynamodb:LeadingKeys": [partition]})
    assert may(policy, question) is yes


STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/broadsheet/1"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/Distribution"
NEWSLETTER_FILE = "arn:aws:s3:::DeskBucket/newsletter.toml"
EVERYTHING = "*"  # what an action without resources is asked of
LOOKS = {
    *((f"cloudformation:{verb}", STACK) for verb in ("DescribeStacks", "DescribeStackResourceDrifts")),
    *((f"cloudformation:Detect{what}Drift", STACK) for what in ("Stack", "StackResource")),
    *((action, EVERYTHING) for action in rules.WITHOUT_RESOURCES),
    ("ses:GetEmailIdentity", MAIL_IDENTITY),
    ("ses:GetEmailIdentity", f"{SES}:identity/letter@MailDomain"),
    ("ses:GetEmailIdentity", f"{SES}:identity/letter@news.MailDomain"),
    ("ses:GetEmailIdentity", f"{SES}:identity/news.MailDomain"),
    ("sns:ListSubscriptionsByTopic", f"arn:aws:sns:{REGION}:{ACCOUNT}:Alarms"),
    ("cloudfront:GetDistributionConfig", DISTRIBUTION),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:OriginSecret"),
    ("s3:GetObject", NEWSLETTER_FILE),
}


def test_the_doctor_may_read_everything_that_it_checks() -> None:
    policy = operators_policy(expanded(), "DoctorPolicy")
    assert [look for look in LOOKS if not may(policy, Question(*look))] == []


def test_the_doctor_may_nothing_else() -> None:
    policy = operators_policy(expanded(), "DoctorPolicy")
    resources = [
        *_every_arn(),
        *(arn(expanded(), name) for kind in SENSITIVE for name, _ in of_type(expanded(), kind)),
        *(resource for _, resource in LOOKS if resource != EVERYTHING),
        *("arn:aws:s3:::DeskBucket", "arn:aws:s3:::DeskBucket/issues/2016-12-05/en.md"),
        *(f"{SES}:identity/{other}" for other in ("example.org", "letter@example.org", "notMailDomain")),
    ]
    able = {
        (action, resource)
        for service in SERVICES
        for action in actions(service)
        for resource in resources
        if may(policy, Question(action, resource))
    }
    assert {each for each in able if each[0] not in rules.WITHOUT_RESOURCES} <= LOOKS


RESTORES = {
    ("dynamodb:RestoreTableToPointInTime", "SubscribersTable", ""): True,
    ("dynamodb:RestoreTableToPointInTime", "LimitsTable", ""): False,
    ("dynamodb:DeleteTable", "SubscribersTable", ""): False,
    ("dynamodb:UpdateTable", "SubscribersTable", ""): False,
    ("dynamodb:Scan", "SubscribersTable", ""): False,
    ("dynamodb:BatchWriteItem", "SubscribersTable", ""): False,
    ("dynamodb:PutItem", "SubscribersTable", ""): True,
    ("dynamodb:PutItem", "KeysTable", ""): True,
    ("dynamodb:DeleteItem", "KeysTable", ""): False,
    ("dynamodb:DeleteItem", "LedgerTable", ""): False,
    ("dynamodb:BatchGetItem", "LimitsTable", "address"): True,
    ("dynamodb:BatchGetItem", "LimitsTable", "gone"): True,
    ("dynamodb:BatchGetItem", "LimitsTable", "network"): False,
    ("dynamodb:PutItem", "LimitsTable", "gone"): False,
    ("kms:Decrypt", "AddressKey", ""): False,
    ("kms:GenerateMac", "FingerprintKey", ""): False,
    ("sqs:SendMessage", "DeskQueue", ""): True,
    ("sqs:ReceiveMessage", "DeskQueue", ""): False,
}


@pytest.mark.parametrize(("call", "yes"), RESTORES.items(), ids=[" ".join(call) for call in RESTORES])
def test_the_restore_role_adds_missing_items_and_decrypts_no_address(
    call: tuple[str, str, str],
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    action, target, kind = call
    known: dict[str, str | list[str]] = {"dynamodb:LeadingKeys": [KEYED[target][kind]]} if kind else {}
    policy = operators_policy(expanded(), "RestorePolicy")
    assert may(policy, Question(action, arn(expanded(), target), known)) is yes


def test_the_restore_role_may_create_read_and_delete_copies_only() -> None:
    """Source: DynamoDB developer guide, "Using IAM with DynamoDB backup and restore"."""
    policy = operators_policy(expanded(), "RestorePolicy")
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
    verbs = ("Scan", "Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
    needed = [*verbs, "RestoreTableToPointInTime", "DescribeTable", "DeleteTable", "UpdateTable"]

    def refused(name: str) -> list[str]:
        return [verb for verb in needed if not may(policy, Question(f"dynamodb:{verb}", f"{table}/{name}"))]

    assert refused("broadsheet-restored-keys-20161212T060000Z") == []
    assert refused("broadsheet-of-somebody-else") == needed


VERIFIES = {
    ("s3:PutObject", "DeskBucket", f"/drafts/{DRAFTS}0/en.md"): True,
    ("s3:DeleteObject", "DeskBucket", f"/drafts/{DRAFTS}0/en.md"): True,
    ("s3:GetObject", "DeskBucket", f"/reports/drafts/{DRAFTS}0/en.html"): True,
    ("s3:DeleteObject", "DeskBucket", f"/reports/drafts/{DRAFTS}0/en.html"): False,
    ("s3:PutObject", "DeskBucket", f"/reports/drafts/{DRAFTS}0/en.html"): False,
    ("s3:PutObject", "DeskBucket", "/drafts/2016-12-05/en.md"): False,
    ("s3:PutObject", "DeskBucket", f"/issues/{DRAFTS}0/en.md"): False,
    ("s3:GetObject", "DeskBucket", "/drafts/2016-12-05/en.md"): False,
    ("s3:GetObject", "DeskBucket", "/reports/2016-12-05/en.html"): False,
    ("dynamodb:Query", "LedgerTable", ""): False,
    ("dynamodb:GetItem", "SubscribersTable", ""): False,
    ("kms:Decrypt", "LinkKey", ""): False,
    ("kms:Decrypt", "AddressKey", ""): False,
    ("secretsmanager:GetSecretValue", "OriginSecret", ""): False,
}


@pytest.mark.parametrize(("call", "yes"), VERIFIES.items(), ids=[" ".join(call).strip() for call in VERIFIES])
def test_the_verifier_writes_and_deletes_only_probes(
    call: tuple[str, str, str],
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    action, target, below = call
    policy = operators_policy(expanded(), "VerifyPolicy")
    assert may(policy, Question(action, arn(expanded(), target, below))) is yes


def test_the_verifier_sees_only_the_results_of_probes() -> None:
    policy, ledger = operators_policy(expanded(), "VerifyPolicy"), arn(expanded(), "LedgerTable")
    desk = arn(expanded(), "DeskBucket")
    asked_for = [
        Question("dynamodb:GetItem", ledger, {"dynamodb:LeadingKeys": ["round-trip"]}),
        Question("dynamodb:GetItem", ledger, {"dynamodb:LeadingKeys": ["mailings"]}),
        Question("s3:ListBucket", desk, {"s3:prefix": f"drafts/{DRAFTS}0/"}),
        Question("s3:ListBucket", desk, {"s3:prefix": f"reports/drafts/{DRAFTS}"}),  # its own is known
        Question("s3:ListBucket", desk, {"s3:prefix": "drafts/"}),
        Question("s3:ListBucket", desk, {"s3:prefix": ""}),
    ]
    assert [may(policy, each) for each in asked_for] == [True, False, True, False, False, False]


# -- resealing the list


@pytest.mark.parametrize(
    ("action", "table", "attributes", "yes"),
    [
        ("UpdateItem", "SubscribersTable", ["shard", "subscriber_id", "sealed_address", "address_key"], True),
        ("UpdateItem", "SubscribersTable", ["shard", "subscriber_id", "status"], False),
        ("UpdateItem", "SubscribersTable", ["shard", "subscriber_id", "audiences"], False),
        ("UpdateItem", "SubscribersTable", ["shard", "subscriber_id", "fingerprint"], False),
        ("UpdateItem", "KeysTable", ["key_id", "retired_at"], True),
        ("UpdateItem", "KeysTable", ["key_id", "wrapped"], False),
        ("UpdateItem", "KeysTable", ["key_id", "current"], False),
        ("DeleteItem", "KeysTable", ["key_id", "retired_at"], True),
    ],
)
def test_the_reseal_function_may_write_only_sealed_addresses_and_key_records(
    action: str,
    table: str,
    attributes: list[str],
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    known: dict[str, str | list[str]] = {"dynamodb:Attributes": attributes}
    if table == "KeysTable":
        known["dynamodb:LeadingKeys"] = ["address-2016"]
    policy = policies()["ResealListFunctionRole"]
    assert may(policy, Question(f"dynamodb:{action}", arn(expanded(), table), known)) is yes


# -- the sweep


def test_the_sweep_finds_and_deletes_only_probes() -> None:
    policy, desk = policies()["SweepFunctionRole"], arn(expanded(), "DeskBucket")
    for folder in ("drafts/", "reports/drafts/"):
        assert may(policy, Question("s3:ListBucket", desk, {"s3:prefix": f"{folder}{DRAFTS}"}))
        assert may(policy, Question("s3:DeleteObject", f"{desk}/{folder}{DRAFTS}0/en.md"))
        assert not may(policy, Question("s3:ListBucket", desk, {"s3:prefix": folder}))
        assert not may(policy, Question("s3:DeleteObject", f"{desk}/{folder}a-trip/en.md"))
    assert not may(policy, Question("s3:DeleteObject", f"{desk}/issues/2016-12-05/en.md"))
    assert not may(policy, Question("s3:GetObject", f"{desk}/drafts/{DRAFTS}0/en.md"))


def test_every_role_is_in_the_table() -> None:
    assert set(policies()) == set(MAY)


@pytest.mark.parametrize("role", sorted(MAY))
def test_a_role_may_do_what_the_table_allows_and_nothing_else_with_sensitive_resources(role: str) -> None:
    assert allowed(role) == MAY[role]


def test_no_role_may_change_what_runs_the_system() -> None:
    everything = [*_every_arn(), f"arn:aws:iam::{ACCOUNT}:role/admin"]
    able = {
        (role, action)
        for role in policies()
        for service in ADMINISTRATION
        for action in actions(service)
        if action not in LOGGING
        for policy in [about(policies()[role], action)]
        for resource in everything
        if may(policy, Question(action, resource, {"iam:PassedToService": "scheduler.amazonaws.com"}))
    }
    assert able == ADMINISTERS


def _every_arn() -> Iterator[str]:
    for kind in (
        "AWS::Lambda::Function",
        "AWS::IAM::Role",
        "AWS::SNS::Topic",
        "AWS::Lambda::EventSourceMapping",
    ):
        yield from (arn(expanded(), name) for name, _ in of_type(expanded(), kind))
    yield from (
        f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"
        for service, rest in [
            ("scheduler", "schedule/MailingSchedules/one"),
            ("events", "rule/DeskUploads"),
            ("logs", "log-group:FunctionLogs:log-stream:one"),
            ("cloudformation", "stack/broadsheet/1"),
            ("cloudfront", "distribution/one"),
        ]
    )


def test_a_role_is_passed_to_schedules_alone() -> None:
    role = arn(expanded(), "ScheduleRole")
    to_others = Question("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})
    assert not may(policies()["PublishIssueFunctionRole"], to_others)


def test_resource_policies_allow_services_and_leave_the_rest_to_roles() -> None:
    services = ("cloudfront", "events", "lambda", "scheduler", "ses", "sns")
    wanted = {f"{service}.amazonaws.com" for service in services}
    assert trusted(expanded()) == wanted | {f"arn:aws:iam::{ACCOUNT}:root"}
