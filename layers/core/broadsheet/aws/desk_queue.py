"""Messages of our own on DeskQueue."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broadsheet.publishing.desk_events import FolderDue, MisplacedFilesDue, Rebuild

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


@dataclass(frozen=True)
class SQSDeskQueue:
    """Sends messages to DeskQueue."""

    sqs: "SQSClient"
    queue_url: str

    def __call__(
        self, message: FolderDue | MisplacedFilesDue | Rebuild, delay: timedelta = timedelta()
    ) -> None:
        """Send the message, to be received after the delay."""
        self.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=message.to_json(),
            DelaySeconds=int(delay.total_seconds()),
        )
