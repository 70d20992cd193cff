"""What a stack's status lets deploying do next."""

from enum import Enum

import click

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
_FAILED_CREATIONS = {
    "CREATE_FAILED": "its first deployment failed, and nothing was rolled back",
    "ROLLBACK_COMPLETE": "its first deployment failed and was rolled back",
    "ROLLBACK_FAILED": "its first deployment failed, and rolling it back failed, too",
    "DELETE_FAILED": "it could not be deleted entirely",
}


class Action(Enum):
    """What deploying does with the stack that it finds."""

    CREATE = "create"
    UPDATE = "update"
    RECOVER = "delete, then create"


class StackBusyError(click.ClickException):
    """Something else is changing the stack. Nothing was changed; deploy again when it has ended."""


class StackStuckError(click.ClickException):
    """CloudFormation takes no update in this status, and deleting might lose data. Nothing was changed."""


def next_action(status: str | None, name: str, region: str) -> Action:
    """What to do with the stack `name`, of which None says that there is none.

    In REVIEW_IN_PROGRESS a change set was made and never executed: the stack has no resources, and creating
    goes on from there. A stack whose creation failed can only be deleted.
    Source: CloudFormation user guide, "Stack status codes"; SAM CLI `Deployer.has_stack`.

    Raises:
        StackBusyError: an operation is running; the message has the command that waits for it.
        StackStuckError: a person must act; the message has the command.
    """
    if status in (None, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        return Action.CREATE
    if status in _UPDATABLE:
        return Action.UPDATE
    if status in _FAILED_CREATIONS:
        return Action.RECOVER
    where = f"--stack-name {name} --region {region}"
    if status in _WAITERS:
        raise StackBusyError(
            f"The stack {name} is in {status}: another operation is changing it. Wait until it has ended"
            f" (aws cloudformation wait {_WAITERS[status]} {where}), then deploy again."
        )
    repair = _REPAIRS.get(str(status))
    if repair:
        raise StackStuckError(
            f"The stack {name} is in {status}. Run `aws cloudformation {repair} {where}`, wait until it is"
            " in UPDATE_ROLLBACK_COMPLETE, then deploy again."
        )
    raise StackStuckError(
        f"The stack {name} is in {status}, in which it can't be updated. Look at its events"
        f" (aws cloudformation describe-stack-events {where})."
    )


def what_happened(status: str) -> str:
    """In words, how a stack came into a status that `next_action` recovers from."""
    return _FAILED_CREATIONS[status]
