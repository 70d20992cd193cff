"""Our own messages on SQS."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

LARGEST_BATCH = 10


class QueueMessage(Protocol):
    """A message of any of our queues."""

    def to_json(self) -> str:
        """The message body."""


@dataclass(frozen=True)
class SQSQueue:
    """One queue: `SignupQueue`, `DeliveryQueue`, or the desk's."""

    sqs: "SQSClient"
    queue_url: str

    def send(self, message: QueueMessage, delay_seconds: int = 0) -> None:
        """Send the message, to be received after the delay."""
        self.sqs.send_message(
            QueueUrl=self.queue_url, MessageBody=message.to_json(), DelaySeconds=delay_seconds
        )

    def enqueue(self, messages: Sequence[QueueMessage], delays: Sequence[float] = ()) -> None:
        """Send messages; if SQS refuses one, the call fails, and the caller repeats all."""
        if refused := send_all(self.sqs, self.queue_url, [one.to_json() for one in messages], delays):
            raise RuntimeError(f"{refused} messages were not taken by the queue")


def send_all(sqs: "SQSClient", queue_url: str, bodies: Sequence[str], delays: Sequence[float] = ()) -> int:
    """Send message bodies, ten a call; stops at a call with refused ones, and returns their number."""
    delayed = list(zip(bodies, delays or [0] * len(bodies), strict=True))
    for start in range(0, len(delayed), LARGEST_BATCH):
        entries: Any = [
            {"Id": str(number), "MessageBody": body, "DelaySeconds": ceil(delay)}
            for number, (body, delay) in enumerate(delayed[start : start + LARGEST_BATCH])
        ]
        if refused := sqs.send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed"):
            return len(refused)
    return 0
