"""The outcome of a delivery, which depends on the recipient's address.

Mail arrives at every address except those of SES's mailbox simulator, with or without `+label`, and those
under `@simulator.test` whose local part begins with a simulator word. The latter are treated as readers'
addresses in every other way: they count to the daily quota and can be suppressed.

Source: SES Developer Guide, "Testing email sending": simulator addresses take labels, count to the rate but
not to the daily quota, and are never suppressed. Notifications of the real service show that `ooto` is a
transient bounce without a delivery status (recorded in 2013, geek-tips.imtqy.com/articles/540709).
"""

from enum import Enum

from local.ses.checks import bare

SIMULATOR = "simulator.amazonses.com"
STAND_IN_SIMULATOR = "simulator.test"


class DeliveryOutcome(Enum):
    """How a delivery ends. The value is the word in the simulator's address."""

    DELIVERED = "success"
    HARD_BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC_REPLY = "ooto"
    ON_GLOBAL_SUPPRESSION_LIST = "suppressionlist"
    MAILBOX_FULL = "mailboxfull"
    ON_ACCOUNT_SUPPRESSION_LIST = ""


def outcome_of(address: str) -> DeliveryOutcome:
    """The outcome of a delivery to the address."""
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
    """Whether a message to this address counts to the daily quota."""
    return not bare(address).lower().endswith("@" + SIMULATOR)
