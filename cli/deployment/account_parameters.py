"""Parameters that follow from the account: each queue's workers, and whether SES is in its sandbox."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.doctor.account import SANDBOX

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sesv2 import SESV2Client

LEAST = 2  # AWS: an SQS event source's MaximumConcurrency is 2 to 1,000
MOST = {  # in the order in which the queues get more
    "DeliveryConcurrency": 5,
    "FeedbackConcurrency": 10,
    "SignupConcurrency": 5,
    "DeskConcurrency": 5,
}


@dataclass(frozen=True)
class AccountParameters:
    """Reads the account. A call that fails is reported to `not_asked`, and its parameters are left out."""

    functions: "LambdaClient"
    ses: "SESV2Client"
    not_asked: Callable[[str, Exception], None]
    say: Callable[[str], None]

    def parameters(self, own: Mapping[str, str]) -> dict[str, str]:
        """Values for the parameters that follow from the account, except `own`, which a person gave."""
        return {**self._concurrency(own), **({} if SANDBOX in own else self._sandbox())}

    def _concurrency(self, own: Mapping[str, str]) -> dict[str, str]:
        try:
            quota = self.functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        except (ClientError, BotoCoreError) as error:
            self.not_asked("lambda:GetAccountSettings", error)
            return {}
        numbers = workers(quota, {name: own[name] for name in MOST if own.get(name, "").isdigit()})
        self.say(concurrency_sentence(quota, numbers))
        return {name: str(number) for name, number in numbers.items()}

    def _sandbox(self) -> dict[str, str]:
        """In the sandbox a send needs rights to the recipients' identities, so the roles must name them."""
        try:
            in_sandbox = not self.ses.get_account().get("ProductionAccessEnabled")
        except (ClientError, BotoCoreError) as error:
            self.not_asked("ses:GetAccount", error)
            return {}
        if in_sandbox:
            self.say(
                "SES is in its sandbox: only verified addresses get email. Deploy again once the account is"
                " out of it."
            )
        return {SANDBOX: str(in_sandbox).lower()}


def workers(quota: int, own: Mapping[str, str]) -> dict[str, int]:
    """Each queue's MaximumConcurrency by the quota of concurrent executions; `own` numbers stay as they are.

    Each queue has at least 2, and up to `MOST` as long as their sum leaves a fifth of the quota, and two at
    least, to endpoints and the sweep. With the quota of a new account, 10, that is 2 each. If own numbers
    leave less than 2 for each of the others, these have 2 nevertheless, because AWS accepts no less.
    Source: Lambda developer guide, "Configuring maximum concurrency for Amazon SQS event sources" and
    "Lambda quotas".
    """
    numbers = {name: int(own.get(name, LEAST)) for name in MOST}
    room = quota - max(2, math.ceil(quota / 5)) - sum(numbers.values())
    growing = [name for name in MOST if name not in own]
    for name in cycle(growing):
        if room <= 0 or all(numbers[one] >= MOST[one] for one in growing):
            break
        if numbers[name] < MOST[name]:
            numbers[name] += 1
            room -= 1
    return numbers


def concurrency_sentence(quota: int, numbers: Mapping[str, int]) -> str:
    """The quota and the workers as one sentence."""
    shares = ", ".join(f"{name.removesuffix('Concurrency').lower()} {numbers[name]}" for name in MOST)
    text = f"Lambda lets this account run {quota} functions at once; workers of the queues: {shares}."
    if quota <= sum(numbers.values()):
        text += " That leaves nothing for sign-up, unsubscribing and the sweep: ask AWS for a higher quota."
    return text
