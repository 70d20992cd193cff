"""Orders put on SQS queues."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.subscribers.orders import Order

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


@dataclass(frozen=True)
class SQSOrders:
    """SignupQueue."""

    sqs: "SQSClient"
    queue_url: str

    def put(self, order: Order, delay_seconds: int = 0) -> None:
        """Put the order, to be seen after the delay."""
        self.sqs.send_message(
            QueueUrl=self.queue_url, MessageBody=order.to_json(), DelaySeconds=delay_seconds
        )
