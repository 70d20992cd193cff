"""What the account itself decides: how many functions may run at once, and whether SES is in its sandbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment.concurrency import MOST, spoken, workers
from cli.doctor.account import SANDBOX

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sesv2 import SESV2Client

CONCURRENCY = tuple(MOST)


@dataclass(frozen=True)
class AccountParameters:
    """Asks the account. What can't be asked is reported to `not_asked` and decided by nobody here."""

    functions: "LambdaClient"
    ses: "SESV2Client"
    not_asked: Callable[[str, Exception], None]
    say: Callable[[str], None]

    def parameters(self, own: Mapping[str, str]) -> dict[str, str]:
        """Values for the parameters that follow from the account, but for those that a person gave: `own`."""
        return {**self._concurrency(own), **self._sandbox(own)}

    def _concurrency(self, own: Mapping[str, str]) -> dict[str, str]:
        try:
            limit = self.functions.get_account_settings()["AccountLimit"]
        except (ClientError, BotoCoreError) as error:
            self.not_asked("lambda:GetAccountSettings", error)
            return {}
        quota = limit["ConcurrentExecutions"]
        given = {name: own[name] for name in CONCURRENCY if own.get(name, "").isdigit()}
        numbers = workers(quota, given)
        self.say(spoken(quota, numbers))
        return {name: str(number) for name, number in numbers.items()}

    def _sandbox(self, own: Mapping[str, str]) -> dict[str, str]:
        """In the sandbox SES asks for the recipients' identities, too, so the roles must name them."""
        if SANDBOX in own:
            return {}
        try:
            in_sandbox = not self.ses.get_account().get("ProductionAccessEnabled")
        except (ClientError, BotoCoreError) as error:
            self.not_asked("ses:GetAccount", error)
            return {}
        if in_sandbox:
            self.say("SES is in its sandbox: only verified addresses get mail. Deploy again when it is left.")
        return {SANDBOX: str(in_sandbox).lower()}
