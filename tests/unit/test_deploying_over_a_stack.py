"""Deploying looks at the stack first: it updates, creates, waits, or deletes what a failed first try left."""

from dataclasses import dataclass, field
from typing import Any

import boto3
import click
import pytest

from cli.deployment.leftovers import Leftovers
from cli.deployment.recovery import NotRecoveredError, Recovery
from cli.deployment.retained import RetainedResources
from cli.deployment.stacks import Action, StackNotDeletedError, Stacks, next_action
from tests.fakes.cloudformation import STACK_ID, FakeAccount, FakeResource, FakeStack, FakeTable

OLDER_ID = STACK_ID.replace("11111111", "00000000")
TABLE, BUCKET, KEY = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"


@dataclass
class RecoveryCase:
    """Recovery over a fake account, a person who answers; `reported` lists the printed lines."""

    account: FakeAccount
    answer: bool = True
    can_ask: bool = True
    yes: bool = False
    asked: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)

    @property
    def recovery(self) -> Recovery:
        aws: Any = self.account
        stacks = Stacks(aws)
        leftovers = Leftovers(stacks, aws, lambda action, _: self.not_asked.append(action))
        retained = RetainedResources(aws, aws, aws)
        return Recovery(
            "broadsheet",
            "eu-central-1",
            stacks,
            leftovers,
            retained,
            (lambda _: True) if self.yes else self._ask if self.can_ask else None,
            self.reported.append,
        )

    def _ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    @property
    def text(self) -> str:
        return "\n".join(self.reported)


def rolled_back(*resources: FakeResource, failure: str = "Access denied") -> FakeAccount:
    events = [
        ("SiteBucket", "CREATE_COMPLETE", ""),
        ("Distribution", "CREATE_FAILED", failure),
        ("SubscribersTable", "CREATE_FAILED", "Resource creation cancelled"),
        ("broadsheet", "ROLLBACK_COMPLETE", ""),
    ]
    return FakeAccount(stacks={STACK_ID: FakeStack("ROLLBACK_COMPLETE", list(resources), events)})


def with_leftovers() -> FakeAccount:
    """What a first try by a template with `Retain` leaves: an empty table and bucket, and a key."""
    account = rolled_back(
        FakeResource("RegisterTable", TABLE, "table-1", "DELETE_SKIPPED"),
        FakeResource("DeskBucket", BUCKET, "bucket-1", "DELETE_SKIPPED"),
        FakeResource("AddressKey", KEY, "key-1", "DELETE_SKIPPED"),
        FakeResource("SignupQueue", "AWS::SQS::Queue", "queue-1", "DELETE_COMPLETE"),
    )
    account.tables["table-1"] = FakeTable()
    account.buckets["bucket-1"] = 0
    account.keys["key-1"] = "Enabled"
    return account


def statuses() -> list[str]:
    model = boto3.Session(region_name="eu-central-1").client("cloudformation").meta.service_model
    return list(model.shape_for("StackStatus").enum)  # type: ignore[attr-defined]  # a shape of texts


GO_ON = {
    "CREATE_COMPLETE": Action.UPDATE,
    "UPDATE_COMPLETE": Action.UPDATE,
    "UPDATE_ROLLBACK_COMPLETE": Action.UPDATE,
    "IMPORT_COMPLETE": Action.UPDATE,
    "IMPORT_ROLLBACK_COMPLETE": Action.UPDATE,
    "REVIEW_IN_PROGRESS": Action.CREATE,
    "DELETE_COMPLETE": Action.CREATE,
    "CREATE_FAILED": Action.RECOVER,
    "ROLLBACK_COMPLETE": Action.RECOVER,
    "ROLLBACK_FAILED": Action.RECOVER,
    "DELETE_FAILED": Action.RECOVER,
}


@pytest.mark.parametrize(("status", "action"), GO_ON.items())
def test_deploying_continues_from_these_statuses(status: str, action: Action) -> None:
    assert next_action(status, "broadsheet", "eu-central-1") is action


@pytest.mark.parametrize("status", sorted(set(statuses()) - set(GO_ON)))
def test_every_other_status_of_cloudformation_is_an_error_that_names_status_and_command(status: str) -> None:
    with pytest.raises(
        click.ClickException, match=rf"{status}\b.*aws cloudformation .*--stack-name broadsheet"
    ):
        next_action(status, "broadsheet", "eu-central-1")


@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS"])
def test_without_a_stack_or_with_one_that_was_only_reviewed_one_is_created(status: str | None) -> None:
    stacks = {STACK_ID: FakeStack(status)} if status else {}
    case = RecoveryCase(FakeAccount(stacks=stacks))
    assert case.recovery.prepare_stack() is None
    assert (case.reported, case.asked, case.account.done) == ([], [], [])


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_accepts_updates_is_left_as_it_is_and_its_parameters_are_returned(status: str) -> None:
    case = RecoveryCase(FakeAccount(stacks={STACK_ID: FakeStack(status, parameters={"HoldSeconds": "60"})}))
    stack = case.recovery.prepare_stack()
    assert stack is not None
    assert stack.parameters == {"HoldSeconds": "60"}
    assert (case.reported, case.asked, case.account.done) == ([], [], [])


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("CREATE_IN_PROGRESS", "wait stack-create-complete"),
        ("DELETE_IN_PROGRESS", "wait stack-delete-complete"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait stack-update-complete"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_accepts_no_update_now_is_an_error_that_names_the_command(
    status: str, command: str
) -> None:
    case = RecoveryCase(FakeAccount(stacks={STACK_ID: FakeStack(status)}))
    with pytest.raises(click.ClickException, match=command):
        case.recovery.prepare_stack()
    assert case.account.done == []


def test_a_failed_first_deployment_is_explained_and_deleted_after_consent() -> None:
    case = RecoveryCase(with_leftovers())
    assert case.recovery.prepare_stack() is None
    assert "ROLLBACK_COMPLETE: its first deployment failed and was rolled back." in case.reported[0]
    assert case.reported[1] == "  What failed first: Distribution: Access denied"
    assert "AWS Support" not in case.text
    before_asking = case.text[: case.text.index("Deleting")]
    for name in ("table table-1", "bucket bucket-1", "key key-1"):
        assert name in before_asking
    assert case.asked == ["Delete this and deploy again?"]
    assert case.account.done == [
        "unprotect table-1",
        "delete stack",
        "delete bucket-1",
        "delete table-1",
        "schedule deletion of key-1 in 30 days",
    ]


def test_an_account_that_cloudfront_does_not_know_yet_is_sent_to_aws_support() -> None:
    """The message as CloudFormation gives it: github.com/aws-samples/aws-cdk-examples/issues/279."""
    words = "Your account must be verified before you can add new CloudFront resources."
    case = RecoveryCase(
        rolled_back(failure=f"Access denied for operation 'AWS::CloudFront::Distribution: {words}'")
    )
    case.recovery.prepare_stack()
    assert words in case.reported[1]
    assert "Ask AWS Support to verify the account" in case.reported[2]


def test_recovering_a_second_time_finds_nothing_to_say_ask_or_delete() -> None:
    account = with_leftovers()
    RecoveryCase(account).recovery.prepare_stack()
    again = RecoveryCase(account, answer=False)
    account.done.clear()
    assert again.recovery.prepare_stack() is None
    assert (again.reported, again.asked, account.done) == ([], [], [])


def test_without_consent_nothing_is_deleted() -> None:
    case = RecoveryCase(with_leftovers(), answer=False)
    with pytest.raises(NotRecoveredError, match="Nothing was deleted"):
        case.recovery.prepare_stack()
    assert case.account.done == []
    assert case.account.stacks[STACK_ID].status == "ROLLBACK_COMPLETE"


def test_without_a_terminal_nothing_is_deleted_and_the_error_says_how_to_consent() -> None:
    case = RecoveryCase(with_leftovers(), can_ask=False)
    with pytest.raises(NotRecoveredError, match="make deploy YES=1"):
        case.recovery.prepare_stack()
    assert (case.asked, case.account.done) == ([], [])


def test_with_consent_given_in_advance_there_is_no_question() -> None:
    case = RecoveryCase(with_leftovers(), yes=True)
    assert case.recovery.prepare_stack() is None
    assert case.asked == []
    assert "delete stack" in case.account.done


def test_resources_with_data_stay_protected_with_their_keys_and_are_named_with_the_command() -> None:
    account = with_leftovers()
    account.tables["table-1"] = FakeTable(items=1, is_protected=False)
    account.buckets["bucket-1"] = 1
    case = RecoveryCase(account, yes=True)
    case.recovery.prepare_stack()
    assert account.done == ["protect table-1", "delete stack"]
    assert account.keys == {"key-1": "Enabled"}
    assert "aws dynamodb delete-table --table-name table-1" in case.text
    assert "aws s3api delete-bucket --bucket bucket-1" in case.text
    assert "aws kms schedule-key-deletion --key-id key-1" in case.text


def test_a_table_that_cloudformation_would_delete_with_its_data_is_kept_back() -> None:
    account = FakeAccount(
        stacks={STACK_ID: FakeStack("DELETE_FAILED", [FakeResource("LimitsTable", TABLE, "table-1")])},
        tables={"table-1": FakeTable(items=1, is_protected=False)},
    )
    RecoveryCase(account).recovery.prepare_stack()
    assert account.done == ["protect table-1", "delete stack", "delete stack but LimitsTable"]
    assert account.tables["table-1"].items == 1


def test_a_roll_back_that_failed_on_a_protected_table_is_ended() -> None:
    account = FakeAccount(
        stacks={
            STACK_ID: FakeStack(
                "ROLLBACK_FAILED", [FakeResource("LedgerTable", TABLE, "table-1", "DELETE_FAILED")]
            )
        },
        tables={"table-1": FakeTable()},
    )
    RecoveryCase(account).recovery.prepare_stack()
    assert account.done == ["unprotect table-1", "delete stack"]
    assert account.tables == {}


def test_a_resource_that_cloudformation_cannot_delete_is_named_and_nothing_else_is_deleted() -> None:
    account = with_leftovers()
    account.stacks[STACK_ID].resources.append(
        FakeResource("Distribution", "AWS::CloudFront::Distribution", "E123", fails="It is still enabled.")
    )
    with pytest.raises(StackNotDeletedError, match=r"Distribution \(E123\): It is still enabled\."):
        RecoveryCase(account).recovery.prepare_stack()
    assert account.done == ["unprotect table-1", "delete stack"]


def test_leftovers_of_earlier_stacks_are_found_by_resource_list_and_tag_and_deleted_after_consent() -> None:
    account = FakeAccount(
        stacks={
            OLDER_ID: FakeStack(
                "DELETE_COMPLETE", [FakeResource("RegisterTable", TABLE, "table-0", "DELETE_SKIPPED")]
            )
        },
        tables={"table-0": FakeTable()},
        buckets={"bucket-0": 0},
        keys={"key-0": "Enabled", "key-gone": "PendingDeletion"},
        tagged={
            "arn:aws:kms:eu-central-1:123456789012:key/key-0": OLDER_ID,
            "arn:aws:kms:eu-central-1:123456789012:key/key-gone": OLDER_ID,
            "arn:aws:s3:::bucket-0": OLDER_ID,
            "arn:aws:s3:eu-central-1:123456789012:accesspoint/bucket-0": OLDER_ID,
            "arn:aws:dynamodb:eu-central-1:123456789012:table/table-gone": OLDER_ID,
        },
    )
    case = RecoveryCase(account)
    assert case.recovery.prepare_stack() is None
    assert case.asked == ["Delete this?"]
    assert account.done == [
        "delete bucket-0",
        "unprotect table-0",
        "delete table-0",
        "schedule deletion of key-0 in 30 days",
    ]
    assert "gone" not in case.text


@pytest.mark.parametrize("asked", [{"can_ask": True}, {"can_ask": False}])
def test_leftovers_of_earlier_stacks_do_not_prevent_deploying(asked: dict[str, bool]) -> None:
    account = FakeAccount(
        keys={"key-0": "Enabled"}, tagged={"arn:aws:kms:eu-central-1:123456789012:key/key-0": OLDER_ID}
    )
    case = RecoveryCase(account, answer=False, **asked)
    assert case.recovery.prepare_stack() is None
    assert account.done == []
    assert "key key-0" in case.text


def test_the_list_of_a_deleted_newsletter_keeps_its_keys() -> None:
    account = FakeAccount(
        tables={"table-0": FakeTable(items=1)},
        keys={"key-0": "Enabled"},
        tagged={
            "arn:aws:kms:eu-central-1:123456789012:key/key-0": OLDER_ID,
            "arn:aws:dynamodb:eu-central-1:123456789012:table/table-0": OLDER_ID,
        },
    )
    case = RecoveryCase(account, yes=True)
    case.recovery.prepare_stack()
    assert account.done == []
    assert "table table-0" in case.text


def test_a_source_that_can_not_be_asked_is_reported_and_the_other_is_used() -> None:
    account = FakeAccount(
        keys={"key-0": "Enabled"},
        tagged={"arn:aws:kms:eu-central-1:123456789012:key/key-0": OLDER_ID},
        denied={"list_stacks"},
    )
    case = RecoveryCase(account)
    case.recovery.prepare_stack()
    assert case.not_asked == ["cloudformation:ListStacks"]
    assert account.keys == {"key-0": "PendingDeletion"}


def test_a_resource_named_by_list_and_tag_is_checked_once() -> None:
    account = with_leftovers()
    account.tagged["arn:aws:dynamodb:eu-central-1:123456789012:table/table-1"] = STACK_ID
    case = RecoveryCase(account)
    case.recovery.prepare_stack()
    assert case.text.count("    table table-1 (empty)") == 1


def test_resources_of_a_failed_stack_found_only_by_tag_are_deleted_with_it() -> None:
    account = rolled_back()
    account.keys["key-1"] = "Enabled"
    account.tagged["arn:aws:kms:eu-central-1:123456789012:key/key-1"] = STACK_ID
    RecoveryCase(account).recovery.prepare_stack()
    assert account.done == ["delete stack", "schedule deletion of key-1 in 30 days"]
