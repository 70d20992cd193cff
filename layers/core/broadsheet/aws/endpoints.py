"""What several endpoints are composed of."""

from dataclasses import dataclass

from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.metrics import count
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.secrets import StackSecret
from broadsheet.settings import setting
from broadsheet.subscribers.answers import Door
from broadsheet.subscribers.limits import let_go
from broadsheet.subscribers.origin_guard import OriginGuard
from broadsheet.subscribers.records import Subscriber


def guarded(endpoint: Door, aws: Resources) -> OriginGuard:
    """The endpoint, for requests that come by the CDN."""
    stack = setting("STACK")
    secret = StackSecret(lambda: aws.secrets, setting("ORIGIN_SECRET"))
    return OriginGuard(endpoint, secret, lambda: count(stack, "OriginRefused"))


@dataclass(frozen=True)
class Leaving:
    """What is noted when somebody leaves."""

    limits: DynamoDBLimits

    def gone(self, reader: Subscriber) -> None:
        """A reader is gone as of now: what waits in the queue about them is dropped."""
        let_go(self.limits, reader.id, reader.fingerprint, utc_now(), mailbox=reader.mailbox)

    def absent(self, subscriber_id: str) -> None:
        """Somebody who is not on the list asked to go."""
        self.limits.leaves_absent(subscriber_id, utc_now())
