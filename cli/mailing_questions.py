"""What `cancel`, `resend` and `resume` ask before mails are sent, or are never sent, because of them."""

from collections.abc import Callable

from botocore.exceptions import ClientError

from broadsheet.aws.recipients import DynamoDBRecipients
from broadsheet.mailings.control import CAN_BE_CANCELLED, Control
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.statistics import statistics_of
from cli.asking import require_consent
from cli.chosen_stack import StackOptions
from cli.failures import is_refused

Count = Callable[[str], int | None]
QUESTIONS = {
    "cancel": "End it for good?",
    "resend": "Email them again?",
    "resume": "Email them?",
}


def ask_before(
    what: str, mailings: Control, issue: str, audience: str | None, count: Count, *, yes: bool
) -> None:
    """Say what the command would do, and go on only if a person agrees; not where it only goes on.

    `count` gives the readers of an audience.

    Raises:
        NotAgreedError: nothing was changed.
        UnknownMailingError, WrongStateError: there is no such mailing, or none that the command is for.
    """
    if yes or what not in QUESTIONS:
        return
    lines = _resent(mailings, issue, audience) if what == "resend" else []
    for mailing in mailings.mailings(issue, audience) if what != "resend" else []:
        lines += _line(what, mailing, mailings, count)
    if lines:
        require_consent("\n".join(lines), yes=False, question=QUESTIONS[what])


def readers_of(stack: StackOptions) -> Count:
    """Counts the readers of an audience of the stack; None where one has no right to that."""

    def count(audience: str) -> int | None:
        try:
            return DynamoDBRecipients(stack.reach("Subscribers").table("Subscribers")).estimate(audience)
        except ClientError as error:
            if is_refused(error):
                return None
            raise

    return count


def _resent(mailings: Control, issue: str, audience: str | None) -> list[str]:
    found = mailings.resendable(issue, audience)
    return [
        f"{mailing}: to be emailed again after having been refused: {count}."
        for mailing, count in found
        if count
    ]


def _line(what: str, mailing: Mailing, mailings: Control, count: Count) -> list[str]:
    """What would become of a mailing; nothing if the command does not concern it or only goes on."""
    name = f"{mailing.id}, edition {mailing.edition}" if mailing.edition else mailing.id
    if what == "cancel" and mailing.state in CAN_BE_CANCELLED:
        mailed = _mailed(mailing, mailings)
        return [f"{name}: {mailed} emailed so far; {_left(mailing, mailed, count)} never will be."]
    if what == "resume" and mailing.state is MailingState.HELD and mailing.reason == NEEDS_APPROVAL:
        return [f"{name} begins within a minute, with {_left(mailing, 0, count)} to email."]
    if what == "resume" and mailing.state is MailingState.STOPPED:
        left = _left(mailing, _mailed(mailing, mailings), count)
        return [f"{name} was stopped ({mailing.reason}), with {left} still to email."]
    return []


def _mailed(mailing: Mailing, mailings: Control) -> int:
    counts = statistics_of(mailing, mailings.ledger).counts
    return counts["accepted"] + counts["in_doubt"] + counts["refused"]


def _left(mailing: Mailing, mailed: int, count: Count) -> str:
    readers = count(mailing.audience)
    return "the others" if readers is None else f"about {max(0, readers - mailed)}"
