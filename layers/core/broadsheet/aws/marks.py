"""Marks of the desk's folders, and the messages to look at them.

Shape (RegisterTable): collection "folder", `issue` = the folder (`issues/<id>`, `drafts/<id>`; "strays" for
all that lies elsewhere); `event`, the
id of the event that marked it; `until`, epoch seconds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from broadsheet.aws.dynamodb import Table
from broadsheet.publishing.desk_events import FolderDue, StrayDue

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


@dataclass(frozen=True)
class DynamoDBMarks:
    """One item a folder that is to be looked at; none when that has begun."""

    table: Table

    def put(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        """One conditional write; it costs as much whether it marks or not."""
        try:
            self.table.put_item(
                Item={**_key(folder), "event": event, "until": int(until.timestamp())},
                ConditionExpression="attribute_not_exists(#event) OR #event = :event OR #until <= :now",
                ExpressionAttributeNames={"#event": "event", "#until": "until"},
                ExpressionAttributeValues={":event": event, ":now": int(now.timestamp())},
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def take(self, folder: str, event: str) -> None:
        """Delete the item if it is that event's."""
        try:
            self.table.delete_item(
                Key=_key(folder),
                ConditionExpression="attribute_not_exists(#event) OR #event = :event",
                ExpressionAttributeNames={"#event": "event"},
                ExpressionAttributeValues={":event": event},
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return


@dataclass(frozen=True)
class SQSFolderOrders:
    """Puts orders to look at a folder on DeskQueue."""

    sqs: "SQSClient"
    queue_url: str

    def __call__(self, order: FolderDue | StrayDue, delay: timedelta) -> None:
        """Put the order, to be taken after the delay."""
        self.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=order.to_json(),
            DelaySeconds=int(delay.total_seconds()),
        )


def _key(folder: str) -> dict[str, str]:
    return {"collection": "folder", "issue": folder}
