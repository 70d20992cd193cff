"""Marks of the desk's folders, and the messages to look at them.

Shape (RegisterTable): collection "folder", `issue` = the folder (`issues/<id>`, `drafts/<id>`; "strays" for
all misplaced files); `event`, the id of the event that marked it; `until`, epoch seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Table


@dataclass(frozen=True)
class DynamoDBPendingFolders:
    """One item for each pending folder, deleted when its processing begins."""

    table: Table

    def mark(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        """One conditional write."""
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

    def clear(self, folder: str, event: str) -> None:
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


def _key(folder: str) -> dict[str, str]:
    return {"collection": "folder", "issue": folder}
