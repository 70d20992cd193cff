"""docs/rights.md says what the policies of the template say, phrase by phrase."""

from collections.abc import Callable

import pytest

from infrastructure.build import ROOT
from tests.from_template import the_template
from tests.policies import Question, arn, bucket_policy, may, may_by_both, with_parameters
from tests.policies import roles as roles_of
from tests.template_rules import functions
from tests.unit.test_roles import asked, expanded, policies

EDITOR, READER = "ed@example.org", "ana@example.org"
Claim = Callable[[str], bool]


def may_any(*calls: tuple[str, str, str]) -> Claim:
    """Whether a role may do one of these: an action, a target, a purpose."""
    return lambda role: any(asked(role, *call) for call in calls)


def may_all(*calls: tuple[str, str, str]) -> Claim:
    """Whether a role may do all of these."""
    return lambda role: all(asked(role, *call) for call in calls)


def may_with(bucket: str, action: str, key: str) -> Claim:
    """Whether a role may, by its own policy and the bucket's."""

    def claim(role: str) -> bool:
        question = Question(action, arn(expanded(), bucket, f"/{key}"))
        theirs = bucket_policy(expanded(), bucket)
        return may_by_both(policies()[role], theirs, arn(expanded(), role), question)

    return claim


def may_mail(recipient: str) -> Claim:
    """Whether a role may send mail by one of SES's calls."""

    def claim(role: str) -> bool:
        identity = "arn:aws:ses:eu-central-1:123456789012:identity/MailDomain"
        policy = roles_of(with_parameters(expanded(), EditorAddresses=EDITOR))[role]
        known: dict[str, str | list[str]] = {"ses:Recipients": [recipient]}
        calls = ("ses:SendEmail", "ses:SendBulkEmail", "ses:SendRawEmail")
        return any(may(policy, Question(call, identity, known)) for call in calls)

    return claim


def on_items(table: str, kinds: str, *verbs: str) -> Claim:
    """Whether a role may do one of these with items of one of these kinds."""
    return may_any(*((f"dynamodb:{verb}", table, kind) for verb in verbs for kind in kinds.split()))


CLAIMS: dict[str, Claim] = {
    "decrypt stored addresses": may_any(("kms:Decrypt", "AddressKey", "address")),
    "decrypt waiting sign-ups": may_any(("kms:Decrypt", "AddressKey", "sign-up")),
    "seal addresses": may_any(("kms:Encrypt", "AddressKey", "sign-up")),
    "sign links": may_any(("kms:Decrypt", "LinkKey", "link")),
    "get an unwrapped key": may_any(
        *(
            (f"kms:{verb}", key, purpose)
            for verb in ("Decrypt", "GenerateDataKey")
            for key, purpose in (("AddressKey", "address"), ("LinkKey", "link"))
        )
    ),
    "overwrite keys": on_items("KeysTable", "link address", "PutItem", "UpdateItem", "DeleteItem"),
    "change keys": on_items("KeysTable", "address", "UpdateItem", "DeleteItem"),
    "make keys": on_items("KeysTable", "link address", "PutItem"),
    "read every sealed address": may_any(("dynamodb:Query", "SubscribersTable", "sealed")),
    "read the list": may_any(
        ("dynamodb:Query", "SubscribersTable", "all"), ("dynamodb:Scan", "SubscribersTable", "")
    ),
    "count subscribers": may_any(("dynamodb:Query", "SubscribersTable", "ids")),
    "read a subscriber": may_any(  # a call that changes an item may have all of it given back
        *((f"dynamodb:{verb}", "SubscribersTable", "") for verb in ("GetItem", "UpdateItem", "DeleteItem"))
    ),
    "write subscribers": may_any(
        ("dynamodb:PutItem", "SubscribersTable", ""), ("dynamodb:UpdateItem", "SubscribersTable", "")
    ),
    "delete subscribers": may_any(("dynamodb:DeleteItem", "SubscribersTable", "")),
    "look up an address": may_all(
        ("kms:GenerateMac", "FingerprintKey", ""), ("dynamodb:GetItem", "FingerprintsTable", "")
    ),
    "suppress addresses": may_any(("dynamodb:PutItem", "FingerprintsTable", "")),
    "queue sign-ups": may_any(("sqs:SendMessage", "SignupQueue", "")),
    "read the CDN's secret": may_any(("secretsmanager:GetSecretValue", "OriginSecret", "")),
    "enqueue chunks": may_any(("sqs:SendMessage", "DeliveryQueue", "")),
    "request rebuilds": may_any(("sqs:SendMessage", "DeskQueue", "")),
    "request a mailing": on_items("LedgerTable", "request", "UpdateItem"),
    "change a mailing's state": on_items(
        "LedgerTable", "head live", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"
    ),
    "read who was emailed": on_items("LedgerTable", "chunk", "GetItem", "Query"),
    "change delivery statuses": on_items("LedgerTable", "chunk", "UpdateItem", "BatchWriteItem"),
    "email anyone": may_mail(READER),
    "email editors": may_mail(EDITOR),
    "write pages": may_with("SiteBucket", "s3:PutObject", "index.html"),
    "write revisions": may_with("DeskBucket", "s3:PutObject", "revisions/2016-12-05/en/0123.json"),
    "read revisions": may_with("DeskBucket", "s3:GetObject", "revisions/2016-12-05/en/0123.json"),
    "delete revisions": may_with("DeskBucket", "s3:DeleteObject", "revisions/2016-12-05/en/0123.json"),
    "overwrite editors' texts": may_with("DeskBucket", "s3:PutObject", "issues/2016-12-05/en.md"),
    "read drafts": may_with("DeskBucket", "s3:GetObject", "drafts/2016-12-05/en.md"),
    "write reports": may_with("DeskBucket", "s3:PutObject", "reports/2016-12-05/en.html"),
}


def table() -> dict[str, tuple[list[str], list[str]]]:
    """By function: what an attacker can do, and what they cannot."""
    text = (ROOT / "docs" / "rights.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name.strip("`"): (can.split("; "), can_not.split("; ")) for name, _, can, can_not in rows}


CELLS = [
    (function, phrase, yes)
    for function, columns in table().items()
    for phrases, yes in zip(columns, (True, False), strict=True)
    for phrase in phrases
]


def test_the_table_has_every_function_and_no_other() -> None:
    assert table().keys() == functions(the_template()).keys()


@pytest.mark.parametrize(("function", "phrase", "yes"), CELLS, ids=[" ".join(cell[:2]) for cell in CELLS])
def test_an_attacker_in_a_function_can_do_what_the_table_says(
    function: str,
    phrase: str,
    yes: bool,  # noqa: FBT001  # a column
) -> None:
    assert CLAIMS[phrase](f"{function}Role") is yes


def test_each_claim_is_true_of_some_functions_and_false_of_others() -> None:
    """A claim that is always or never true would prove nothing."""
    everyone = [f"{function}Role" for function in table()]
    never = {phrase for phrase, claim in CLAIMS.items() if not any(claim(role) for role in everyone)}
    always = {phrase for phrase, claim in CLAIMS.items() if all(claim(role) for role in everyone)}
    assert (never, always) == ({"delete revisions", "overwrite editors' texts"}, set())
