"""Preparing a first deployment: a failed stack is deleted, with what failed attempts left behind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import click

from cli.counting import counted
from cli.deployment.leftovers import Leftovers
from cli.deployment.retained import (
    Cleanup,
    Holding,
    Retained,
    RetainedKind,
    RetainedResources,
    command_to_delete,
    plan,
)
from cli.deployment.stacks import (
    FAILED_CREATIONS,
    Action,
    FoundStack,
    StackNotDeletedError,
    Stacks,
    next_action,
)
from cli.doctor.cdn import advice_on

_USUAL = "make deploy"


class NotRecoveredError(click.ClickException):
    """The failed stack still exists. Nothing was deployed."""


@dataclass(frozen=True)
class Recovery:
    """Recovers the stack `name`: if its creation failed, it is deleted with what it left, after asking.

    `agrees` gives a person's answer to a question; None if nobody can be asked and nobody agreed in advance.
    `deploy` is the command that deploys this stack.
    """

    name: str
    region: str
    stacks: Stacks
    leftovers: Leftovers
    retained: RetainedResources
    agrees: Callable[[str], bool] | None
    say: Callable[[str], None]
    deploy: str = _USUAL

    @property
    def how_to_agree(self) -> str:
        """What to do where there is no terminal."""
        agreed = f"{_USUAL} YES=1" if self.deploy == _USUAL else f"{self.deploy} --yes"
        return f"Deploy from a terminal, or agree in advance: `{agreed}`."

    def prepare_stack(self) -> FoundStack | None:
        """The stack to update, or None if one is to be created; a second call finds nothing left to do.

        Raises:
            StackBusyError: another operation is running; nothing was changed.
            StackStuckError: a person must act; nothing was changed.
            NotRecoveredError: the person said no, or nobody could be asked; nothing was changed.
            StackNotDeletedError: CloudFormation could not delete it; what it deleted is gone.
        """
        stack = self.stacks.find(self.name)
        action = next_action(stack.status if stack else None, self.name, self.region)
        if action is Action.UPDATE:
            return stack
        if stack and action is Action.RECOVER:
            self._recover(stack)
        else:
            self._clean_up_after_earlier_stacks()
        return None

    def _recover(self, stack: FoundStack) -> None:
        found = self.leftovers.of_stack(stack.id) | self.leftovers.of_name(self.name)
        cleanup = plan(self.retained.holdings(found))
        self._describe(stack)
        gone = ("DELETE_COMPLETE", "DELETE_SKIPPED")
        left = sum(one["ResourceStatus"] not in gone for one in self.stacks.resources(stack.id))
        self._list(cleanup, f"Will be deleted: the stack and {counted(left, 'resource')} left in it")
        if self.agrees is None:
            raise NotRecoveredError(
                "The failed stack must be deleted first, and there is no terminal to ask at."
                f" {self.how_to_agree}"
            )
        if not self.agrees("Delete this and deploy again?"):
            raise NotRecoveredError("Nothing was deleted, and nothing was deployed.")
        for one in cleanup.to_keep:
            self.retained.protect(one)
        for one in cleanup.to_delete:
            self.retained.unprotect(one)
        self._delete(stack, found)
        self._delete_all(cleanup.to_delete)

    def _describe(self, stack: FoundStack) -> None:
        what_happened = FAILED_CREATIONS[stack.status]
        self.say(f"The stack {self.name} in {self.region} is in {stack.status}: {what_happened}.")
        failure = self.stacks.first_failure(stack.id)
        if failure:
            self.say(f"  What failed first: {failure}")
        if advice := advice_on(failure):
            self.say(f"  {advice}")

    def _delete(self, stack: FoundStack, found: Iterable[Retained]) -> None:
        """Delete the stack; what CloudFormation can't delete is retained if `found` has all of it."""
        self.say(f"Deleting the stack {self.name} …")
        try:
            self.stacks.delete(stack.id)
        except StackNotDeletedError as error:
            names, listed = {one.name for one in found}, self.stacks.resources(stack.id)
            known = {one["LogicalResourceId"] for one in listed if one.get("PhysicalResourceId") in names}
            if not error.failed or set(error.failed) - known:
                raise
            self.stacks.delete(stack.id, retain=error.failed)

    def _clean_up_after_earlier_stacks(self) -> None:
        """Offer to delete what earlier stacks left. Deploying continues whatever the answer is."""
        cleanup = plan(self.retained.holdings(self.leftovers.of_name(self.name)))
        if not cleanup.to_delete and not cleanup.to_keep:
            return
        self.say(f"Earlier stacks named {self.name} left behind what still costs money:")
        self._list(cleanup, "Can be deleted")
        if not cleanup.to_delete:
            return
        if self.agrees is None:
            self.say(f"  It is kept for now. {self.how_to_agree}")
        elif self.agrees("Delete this?"):
            self._delete_all(cleanup.to_delete)

    def _list(self, cleanup: Cleanup, heading: str) -> None:
        self.say(f"  {heading}{':' if cleanup.to_delete else '.'}")
        for one in cleanup.to_delete:
            is_key = one.kind is RetainedKind.KEY
            state = "scheduled for deletion in 30 days, free of charge" if is_key else "empty"
            self.say(f"    {one} ({state})")
        if cleanup.to_keep:
            self.say("  Kept, because it holds data or is needed to read it. To delete it for good:")
        for one in cleanup.to_keep:
            self.say(f"    {one}: {command_to_delete(one, self.region)}")

    def _delete_all(self, resources: Iterable[Retained]) -> None:
        """Delete what still exists; keys last, and only if nothing of their stack holds data by now."""
        with_data: set[str] = set()
        for one in sorted(resources, key=lambda one: one.kind is RetainedKind.KEY):
            is_needed = one.kind is RetainedKind.KEY and one.stack_id in with_data
            if is_needed or self.retained.holding(one) is Holding.GONE:
                continue
            if self.retained.delete(one):
                self.say(f"  Deleted: {one}")
            else:
                with_data.add(one.stack_id)
                self.say(f"  {one} holds data by now and is kept, as are the keys of its stack.")
