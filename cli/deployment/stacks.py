"""CloudFormation stacks: what their status allows, what they have, and deleting failed ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import click
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef

_UPDATABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
_WAITERS = {
    "CREATE_IN_PROGRESS": "stack-create-complete",
    "ROLLBACK_IN_PROGRESS": "stack-rollback-complete",
    "DELETE_IN_PROGRESS": "stack-delete-complete",
    "UPDATE_IN_PROGRESS": "stack-update-complete",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "stack-update-complete",
    "UPDATE_ROLLBACK_IN_PROGRESS": "stack-rollback-complete",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "stack-rollback-complete",
    "IMPORT_IN_PROGRESS": "stack-import-complete",
    "IMPORT_ROLLBACK_IN_PROGRESS": "stack-rollback-complete",
}
_REPAIRS = {
    "UPDATE_FAILED": "rollback-stack",
    "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
}
FAILED_CREATIONS = {
    "CREATE_FAILED": "its first deployment failed, and nothing was rolled back",
    "ROLLBACK_COMPLETE": "its first deployment failed and was rolled back",
    "ROLLBACK_FAILED": "its first deployment failed, and rolling it back failed, too",
    "DELETE_FAILED": "it could not be deleted entirely",
}
_CANCELLED = "Resource creation cancelled"


class Action(Enum):
    """What deploying does with the stack that it finds."""

    CREATE = "create"
    UPDATE = "update"
    RECOVER = "delete, then create"


class StackBusyError(click.ClickException):
    """Another operation is changing the stack. Nothing was changed; deploy again when it has ended."""


class StackStuckError(click.ClickException):
    """CloudFormation allows no update in this status, and deleting might lose data. Nothing was changed."""


def next_action(status: str | None, name: str, region: str) -> Action:
    """What to do with the stack `name` by its status; None means that there is no stack.

    In REVIEW_IN_PROGRESS a change set was made and never executed: the stack has no resources, and is
    created by the next change set. A stack whose creation failed can only be deleted.
    Source: CloudFormation user guide, "Stack status codes"; SAM CLI `Deployer.has_stack`.

    Raises:
        StackBusyError: an operation is running; the message has the command that waits for it.
        StackStuckError: a person must act; the message has the command.
    """
    if status in (None, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        return Action.CREATE
    if status in _UPDATABLE:
        return Action.UPDATE
    if status in FAILED_CREATIONS:
        return Action.RECOVER
    where, stands = f"--stack-name {name} --region {region}", f"The stack {name} is in {status}"
    if waiter := _WAITERS.get(str(status)):
        raise StackBusyError(
            f"{stands}: another operation is changing it. Wait until it has ended"
            f" (aws cloudformation wait {waiter} {where}), then deploy again."
        )
    if repair := _REPAIRS.get(str(status)):
        raise StackStuckError(
            f"{stands}. Run `aws cloudformation {repair} {where}`, wait until it is"
            " in UPDATE_ROLLBACK_COMPLETE, then deploy again."
        )
    raise StackStuckError(
        f"{stands}, in which it can't be updated. Look at its events"
        f" (aws cloudformation describe-stack-events {where})."
    )


class StackNotDeletedError(click.ClickException):
    """CloudFormation could not delete the stack; `failed` are the logical ids that it could not delete."""

    def __init__(self, message: str, failed: Sequence[str]) -> None:
        super().__init__(message)
        self.failed = tuple(failed)


@dataclass(frozen=True)
class FoundStack:
    """A stack that exists, with the parameters that it was last given."""

    id: str
    status: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Stacks:
    """The stacks of one account and region. Reads are safe to repeat; so is `delete`."""

    cloudformation: "CloudFormationClient"
    seconds_between_looks: int = 5

    def find(self, name: str) -> FoundStack | None:
        """The stack of that name that is not deleted, or None."""
        try:
            stack = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            # CloudFormation has no error of its own for this: a ValidationError with these words.
            if "does not exist" in str(error):
                return None
            raise
        parameters = {
            one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])
        }
        return FoundStack(stack["StackId"], stack["StackStatus"], parameters)

    def resources(self, stack_id: str) -> "list[StackResourceSummaryTypeDef]":
        """All its resources as CloudFormation lists them; those of a deleted stack for 90 days.

        Source: CloudFormation API, ListStackResources. (DescribeStackResources stops at 100.)
        """
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        return [one for page in pages for one in page["StackResourceSummaries"]]

    def deleted(self, name: str) -> Iterator[str]:
        """The ids of stacks of that name that were deleted within the last 90 days."""
        paginator = self.cloudformation.get_paginator("list_stacks")
        for page in paginator.paginate(StackStatusFilter=["DELETE_COMPLETE"]):
            yield from (one["StackId"] for one in page["StackSummaries"] if one["StackName"] == name)

    def first_failure(self, stack_id: str) -> str:
        """The resource that failed first, and why; empty if no event says so."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        failures = [
            f"{event.get('LogicalResourceId', '')}: {event.get('ResourceStatusReason', '')}"
            for page in pages
            for event in page["StackEvents"]
            if event.get("ResourceStatus", "").endswith("_FAILED")
            and event.get("PhysicalResourceId") != stack_id
            and not event.get("ResourceStatusReason", "").startswith(_CANCELLED)
        ]
        return failures[-1] if failures else ""  # events come newest first

    def delete(self, stack_id: str, retain: Sequence[str] = ()) -> None:
        """Delete the stack and wait for that; nothing happens if it is deleted already.

        `retain` are resources to leave behind; CloudFormation allows them only in DELETE_FAILED.

        Raises:
            StackNotDeletedError: something could not be deleted; the stack is in DELETE_FAILED.
        """
        self.cloudformation.delete_stack(StackName=stack_id, RetainResources=list(retain))
        waiter = self.cloudformation.get_waiter("stack_delete_complete")
        patience = {"Delay": self.seconds_between_looks, "MaxAttempts": 720}  # a distribution takes minutes
        try:
            waiter.wait(StackName=stack_id, WaiterConfig=patience)  # type: ignore[arg-type]  # a plain dict
        except WaiterError as error:
            failed = {
                one["LogicalResourceId"]: f"({one.get('PhysicalResourceId', '')}):"
                f" {one.get('ResourceStatusReason', '')}"
                for one in self.resources(stack_id)
                if one["ResourceStatus"] == "DELETE_FAILED"
            }
            lines = "".join(f"\n  {logical_id} {why}" for logical_id, why in failed.items())
            message = f"CloudFormation could not delete the stack:{lines or f' {error}'}"
            raise StackNotDeletedError(message, tuple(failed)) from error
