"""What becomes of a message at the recipient's side.

Everybody gets their mail but the addresses of SES's mailbox simulator, with `+label` or without, and anything
under `@simulator.test` whose local part begins with one of the words: those behave like readers' addresses
otherwise, so they count to the daily quota and may end on the suppression list.

Source: SES Developer Guide, "Testing email sending": simulator addresses take labels, count to the rate but
not to the daily quota, and never get onto the suppression list. That `ooto` comes back as a transient bounce
without a status report is what notifications of the real service show (recorded in 2013,
geek-tips.imtqy.com/articles/540709).
"""

from enum import Enum

from local.ses.addresses import bare

SIMULATOR = "simulator.amazonses.com"
STAND_IN_SIMULATOR = "simulator.test"


class DeliveryOutcome(Enum):
    """How a delivery ends. The value is the word by which a simulator address asks for it."""

    DELIVERED = "success"
    HARD_BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC_REPLY = "ooto"
    ON_GLOBAL_SUPPRESSION_LIST = "suppressionlist"
    MAILBOX_FULL = "mailboxfull"
    ON_ACCOUNT_SUPPRESSION_LIST = ""


def outcome_of(address: str) -> DeliveryOutcome:
    """What the mailbox behind the address does with a message."""
    local_part, _, domain = bare(address).lower().rpartition("@")
    words = [outcome for outcome in DeliveryOutcome if outcome.value]
    if domain == SIMULATOR:
        word = local_part.partition("+")[0]
        return next((outcome for outcome in words if outcome.value == word), DeliveryOutcome.HARD_BOUNCE)
    if domain == STAND_IN_SIMULATOR:
        return next(
            (outcome for outcome in words if local_part.startswith(outcome.value)), DeliveryOutcome.DELIVERED
        )
    return DeliveryOutcome.DELIVERED


def counts_to_quota(address: str) -> bool:
    """Whether a message to this address uses up the daily quota."""
    return not bare(address).lower().endswith("@" + SIMULATOR)
