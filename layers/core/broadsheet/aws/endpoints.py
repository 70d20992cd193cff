"""What several endpoints are composed of."""

from dataclasses import dataclass

from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.metrics import count
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.secrets import StackSecret
from broadsheet.settings import setting
from broadsheet.subscribers.endpoints.origin_guard import OriginGuard
from broadsheet.subscribers.endpoints.responses import Endpoint
from broadsheet.subscribers.limits import write_tombstone
from broadsheet.subscribers.subscriber import Subscriber


def guarded(endpoint: Endpoint, aws: Resources) -> OriginGuard:
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
        write_tombstone(self.limits, reader.id, reader.fingerprint, utc_now(), mailbox=reader.mailbox)

    def absent(self, subscriber_id: str) -> None:
        """Somebody who is not on the list asked to go."""
        self.limits.put_absent_tombstone(subscriber_id, utc_now())
