"""Clearing the way for a first deployment: a failed stack, and what failed tries left behind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

import click

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
from cli.deployment.stack_status import Action, next_action, what_happened
from cli.deployment.stacks import FoundStack, StackNotDeletedError, Stacks
from cli.doctor.cdn import advice_on

_HOW_TO_AGREE = (
    "Deploy from a terminal, or agree in advance: `make deploy YES=1` (`broadsheet deploy --yes`)."
)


class DeletionConsent(Enum):
    """Whether a person can be asked, or has agreed beforehand."""

    ASK = "ask"
    GIVEN = "given"
    NOBODY_THERE = "nobody there"


class NotRecoveredError(click.ClickException):
    """The failed stack still stands in the way. Nothing was deployed."""


@dataclass(frozen=True)
class Recovery:
    """Looks at the stack `name`; one whose creation failed is deleted with what it left, after asking."""

    name: str
    region: str
    stacks: Stacks
    leftovers: Leftovers
    retained: RetainedResources
    consent: DeletionConsent
    ask: Callable[[str], bool]
    say: Callable[[str], None]

    def clear_the_way(self) -> FoundStack | None:
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
            self._clean_up_after_earlier()
        return None

    def _recover(self, stack: FoundStack) -> None:
        found = self.leftovers.of_stack(stack.id) | self.leftovers.of_name(self.name)
        cleanup = plan(self.retained.holdings(found))
        self._describe(stack)
        self._list(
            cleanup, f"Will be deleted: the stack and the {self._number_left(stack)} resources left in it"
        )
        if self.consent is DeletionConsent.NOBODY_THERE:
            raise NotRecoveredError(
                f"The failed stack must be deleted first, and nobody can be asked. {_HOW_TO_AGREE}"
            )
        if not self._agreed("Delete this and deploy anew?"):
            raise NotRecoveredError("Nothing was deleted, and nothing was deployed.")
        for one in cleanup.to_keep:
            self.retained.protect(one)
        for one in cleanup.to_delete:
            self.retained.unprotect(one)
        self._delete(stack, found)
        self._delete_all(cleanup.to_delete)

    def _describe(self, stack: FoundStack) -> None:
        self.say(
            f"The stack {self.name} in {self.region} is in {stack.status}: {what_happened(stack.status)}."
        )
        failure = self.stacks.first_failure(stack.id)
        if failure:
            self.say(f"  What failed first: {failure}")
        if advice := advice_on(failure):
            self.say(f"  {advice}")

    def _number_left(self, stack: FoundStack) -> int:
        gone = ("DELETE_COMPLETE", "DELETE_SKIPPED")
        return sum(one.status not in gone for one in self.stacks.resources(stack.id))

    def _delete(self, stack: FoundStack, found: Iterable[Retained]) -> None:
        """Delete the stack; what it can't delete is left behind if it is of a kind that we look after."""
        self.say(f"Deleting the stack {self.name} …")
        try:
            self.stacks.delete(stack.id)
        except StackNotDeletedError as error:
            ours = {one.name for one in found}
            physical = {one.logical_id: one.physical_id for one in self.stacks.resources(stack.id)}
            if not error.failed or any(physical.get(one) not in ours for one in error.failed):
                raise
            self.stacks.delete(stack.id, retain=error.failed)

    def _clean_up_after_earlier(self) -> None:
        """Offer to delete what earlier stacks left. It is not in the way, so a no does not end deploying."""
        cleanup = plan(self.retained.holdings(self.leftovers.of_name(self.name)))
        if not cleanup.to_delete and not cleanup.to_keep:
            return
        self.say(f"Earlier stacks named {self.name} left behind what goes on costing:")
        self._list(cleanup, "Can be deleted")
        if not cleanup.to_delete:
            return
        if self.consent is DeletionConsent.NOBODY_THERE:
            self.say(f"  It stays for now. {_HOW_TO_AGREE}")
        elif self._agreed("Delete this?"):
            self._delete_all(cleanup.to_delete)

    def _list(self, cleanup: Cleanup, heading: str) -> None:
        self.say(f"  {heading}{':' if cleanup.to_delete else '.'}")
        for one in cleanup.to_delete:
            how = (
                "scheduled for deletion in 30 days, free of charge"
                if one.kind is RetainedKind.KEY
                else "empty"
            )
            self.say(f"    {one} ({how})")
        if cleanup.to_keep:
            self.say("  Stays, because it holds data or is needed to read it; to delete it for good:")
        for one in cleanup.to_keep:
            self.say(f"    {one}: {command_to_delete(one, self.region)}")

    def _agreed(self, question: str) -> bool:
        return self.consent is DeletionConsent.GIVEN or self.ask(question)

    def _delete_all(self, doomed: Iterable[Retained]) -> None:
        """Delete what is still there; keys last, and only if nothing of their stack holds data by now."""
        order = sorted(doomed, key=lambda one: one.kind is RetainedKind.KEY)
        held: set[str] = set()
        for one in order:
            if one.kind is RetainedKind.KEY and one.stack_id in held:
                continue
            if self.retained.holding(one) is Holding.GONE:
                continue
            if self.retained.delete(one):
                self.say(f"  Deleted: {one}")
            else:
                held.add(one.stack_id)
                self.say(f"  {one} holds data by now and stays, and so do the keys of its stack.")
