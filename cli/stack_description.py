"""A stack as CloudFormation describes it, and what to do about one that is not whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

NO_SUCH_STACK = "ValidationError"  # CloudFormation's code for it
WAIT = "Run this again when that has ended."
ANEW = "Look at its events in the CloudFormation console, then run: {deploy}"
# Source: CloudFormation user guide, "Stack status codes". A stack whose update failed still works.
NOT_WHOLE = {
    "REVIEW_IN_PROGRESS": ("has nothing in it yet", "Run: {deploy}"),
    "CREATE_IN_PROGRESS": ("is still being created", WAIT),
    "CREATE_FAILED": ("could not be created", ANEW),
    "ROLLBACK_IN_PROGRESS": ("could not be created, and what was made of it is being deleted", WAIT),
    "ROLLBACK_COMPLETE": ("could not be created", ANEW),
    "ROLLBACK_FAILED": ("could not be created", ANEW),
    "DELETE_IN_PROGRESS": ("is being deleted", "What it keeps is listed by {deploy} afterwards."),
    "DELETE_FAILED": ("was deleted in part", ANEW),
    "DELETE_COMPLETE": ("was deleted", "Run: {deploy}"),
}


@dataclass(frozen=True)
class StackDescription:
    """A stack's outputs and parameters by name, and its status."""

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    status: str = "CREATE_COMPLETE"

    @property
    def is_whole(self) -> bool:
        """Whether all that the template describes was made, and nothing of it was deleted."""
        return self.status not in NOT_WHOLE

    def what_is_wrong(self, deploy: str) -> tuple[str, str]:
        """For a stack that is not whole: what is the matter with it, and what to do.

        `deploy` is the command that makes the stack.
        """
        state, advice = NOT_WHOLE[self.status]
        return f"{state} ({self.status})", advice.format(deploy=deploy)


def describe(cloudformation: "CloudFormationClient", name: str) -> StackDescription | None:
    """The stack of that name; None if there is none.

    Raises:
        ClientError, BotoCoreError: CloudFormation did not answer.
    """
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == NO_SUCH_STACK:
            return None
        raise
    if not stacks:
        return None
    return StackDescription(
        {one["OutputKey"]: one["OutputValue"] for one in stacks[0].get("Outputs", [])},
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in stacks[0].get("Parameters", [])},
        stacks[0].get("StackStatus", "CREATE_COMPLETE"),
    )
