"""SignupQueue."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.subscribers.messages import SignupMessage

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


@dataclass(frozen=True)
class SQSSignupQueue:
    """SignupQueue."""

    sqs: "SQSClient"
    queue_url: str

    def send(self, message: SignupMessage, delay_seconds: int = 0) -> None:
        """Send the message, to be received after the delay."""
        self.sqs.send_message(
            QueueUrl=self.queue_url, MessageBody=message.to_json(), DelaySeconds=delay_seconds
        )
