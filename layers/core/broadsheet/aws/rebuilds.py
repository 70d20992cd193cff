"""Rebuilds of the site: their orders on DeskQueue, and what was completed last, in the register's table.

Shape (RegisterTable): collection "press", `issue` = "last"; `press`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.aws.dynamodb import Table
from broadsheet.publishing.desk_events import Rebuild

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_KEY = {"collection": "press", "issue": "last"}


@dataclass(frozen=True)
class SQSRebuilds:
    """Puts orders to rebuild on DeskQueue."""

    sqs: "SQSClient"
    queue_url: str

    def __call__(self, order: Rebuild) -> None:
        """Put the order, to be taken at once."""
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=order.to_json(), DelaySeconds=0)


@dataclass(frozen=True)
class DynamoDBPresses:
    """What the last completed rebuild was made with."""

    table: Table

    def press(self) -> str:
        """The press, or nothing."""
        item = self.table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {})
        return str(item.get("press", ""))

    def complete(self, press: str) -> None:
        """Write it over the last."""
        self.table.put_item(Item={**_KEY, "press": press})
