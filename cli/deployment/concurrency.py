"""How many workers each queue may have, from the account's quota of concurrent executions."""

import math
from collections.abc import Mapping
from itertools import cycle

LEAST = 2  # AWS: an SQS event source's MaximumConcurrency is 2 to 1,000
MOST = {
    # in the order in which they get more: what mails wait for comes first
    "DeliveryConcurrency": 5,
    "FeedbackConcurrency": 10,
    "SignupConcurrency": 5,
    "DeskConcurrency": 5,
}


def workers(quota: int, own: Mapping[str, str]) -> dict[str, int]:
    """Each queue's MaximumConcurrency; a person's `own` numbers are taken as they are.

    At least 2 a queue, and up to `MOST` as far as their sum leaves a fifth of the quota, and two at least, to
    endpoints and the sweep. With the quota of a new account, 10, that is 2 each. Where own numbers leave less
    than 2 for each of the others, these get 2 nevertheless, because AWS takes no less.
    Source: Lambda developer guide, "Configuring maximum concurrency for Amazon SQS event sources" and
    "Lambda quotas".
    """
    numbers = {name: int(own[name]) if name in own else LEAST for name in MOST}
    room = quota - max(2, math.ceil(quota / 5)) - sum(numbers.values())
    growing = [name for name in MOST if name not in own]
    for name in cycle(growing) if growing else ():
        if room <= 0 or all(numbers[one] >= MOST[one] for one in growing):
            break
        if numbers[name] < MOST[name]:
            numbers[name] += 1
            room -= 1
    return numbers


def spoken(quota: int, numbers: Mapping[str, int]) -> str:
    """The one line that deploying prints."""
    shares = ", ".join(f"{name.removesuffix('Concurrency').lower()} {numbers[name]}" for name in MOST)
    text = f"Lambda lets this account run {quota} functions at once; workers of the queues: {shares}."
    if quota <= sum(numbers.values()):
        text += " That leaves nothing for sign-up, leaving and the sweep: ask AWS for a higher quota."
    return text
