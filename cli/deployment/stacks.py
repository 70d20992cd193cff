"""CloudFormation, as far as deploying looks at stacks and deletes failed ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_CANCELLED = "Resource creation cancelled"


class StackNotDeletedError(click.ClickException):
    """CloudFormation could not delete the stack; `failed` are the logical ids that it could not delete."""

    def __init__(self, message: str, failed: Sequence[str]) -> None:
        super().__init__(message)
        self.failed = tuple(failed)


@dataclass(frozen=True)
class StackResource:
    """A resource of a stack as CloudFormation lists it."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class FoundStack:
    """A stack that exists, with the parameters that it was last given."""

    name: str
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
            # CloudFormation has no error of its own for this: ValidationError, told apart by its words.
            if "does not exist" in str(error):
                return None
            raise
        parameters = {
            one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])
        }
        return FoundStack(name, stack["StackId"], stack["StackStatus"], parameters)

    def resources(self, stack_id: str) -> list[StackResource]:
        """All its resources; those of a deleted stack for 90 days.

        Source: CloudFormation API, ListStackResources. (DescribeStackResources stops at 100.)
        """
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        return [
            StackResource(
                one["LogicalResourceId"],
                one.get("PhysicalResourceId", ""),
                one["ResourceType"],
                one["ResourceStatus"],
                one.get("ResourceStatusReason", ""),
            )
            for page in pages
            for one in page["StackResourceSummaries"]
        ]

    def deleted(self, name: str) -> Iterator[str]:
        """The ids of stacks of that name that were deleted within the last 90 days."""
        pages = self.cloudformation.get_paginator("list_stacks").paginate(
            StackStatusFilter=["DELETE_COMPLETE"]
        )
        for page in pages:
            for stack in page["StackSummaries"]:
                if stack["StackName"] == name:
                    yield stack["StackId"]

    def first_failure(self, stack_id: str) -> str:
        """The resource that failed first, and why; empty where no event says so."""
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
        """Delete the stack and wait until it is gone; a stack that is gone already stays so.

        `retain` are resources to leave behind; CloudFormation takes them only in DELETE_FAILED.

        Raises:
            StackNotDeletedError: something could not be deleted; the stack is in DELETE_FAILED.
        """
        self.cloudformation.delete_stack(StackName=stack_id, RetainResources=list(retain))
        waiter = self.cloudformation.get_waiter("stack_delete_complete")
        patience = {"Delay": self.seconds_between_looks, "MaxAttempts": 720}  # a distribution takes minutes
        try:
            waiter.wait(StackName=stack_id, WaiterConfig=patience)  # type: ignore[arg-type]  # a plain dict
        except WaiterError as error:
            failed = [one for one in self.resources(stack_id) if one.status == "DELETE_FAILED"]
            lines = "".join(f"\n  {one.logical_id} ({one.physical_id}): {one.reason}" for one in failed)
            raise StackNotDeletedError(
                f"CloudFormation could not delete the stack:{lines or f' {error}'}",
                [one.logical_id for one in failed],
            ) from error
