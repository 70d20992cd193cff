"""Orders put on SQS queues."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.subscribers.orders import SignUp

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


@dataclass(frozen=True)
class SQSSignUps:
    """SignupQueue."""

    sqs: "SQSClient"
    queue_url: str

    def put(self, order: SignUp) -> None:
        """Put the order."""
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=order.to_json())
