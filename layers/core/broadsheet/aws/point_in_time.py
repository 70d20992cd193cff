"""Point-in-time recovery: DynamoDB writes a table as it was at some time into a new table.

The new table has neither time to live nor recovery of its own. Source: DynamoDB developer guide, "Restoring a
table to a point in time".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ACTIVE = "ACTIVE"


@dataclass(frozen=True)
class PointInTime:
    """DynamoDB's calls for whole tables."""

    dynamodb: "DynamoDBClient"

    def span(self, table: str) -> tuple[datetime, datetime] | None:
        """The earliest and latest time to restore; None if recovery is not enabled."""
        answer = self.dynamodb.describe_continuous_backups(TableName=table)
        described: Any = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if described.get("PointInTimeRecoveryStatus") != "ENABLED":
            return None
        return described["EarliestRestorableDateTime"], described["LatestRestorableDateTime"]

    def begin(self, table: str, target: str, at: datetime) -> None:
        """Restore the table into `target`, a new table; that takes minutes to hours.

        A second call fails, because that table exists.
        """
        self.dynamodb.restore_table_to_point_in_time(
            SourceTableName=table,
            TargetTableName=target,
            RestoreDateTime=at,
            BillingModeOverride="PAY_PER_REQUEST",
        )

    def is_ready(self, table: str) -> bool | None:
        """Whether the whole table can be read; None if there is no such table."""
        described = self._described(table)
        return None if described is None else described["TableStatus"] == ACTIVE

    def key_names(self, table: str) -> tuple[str, ...]:
        """The names of the table's key, partition first; empty if there is no such table."""
        described = self._described(table) or {"KeySchema": []}
        keys = {element["KeyType"]: str(element["AttributeName"]) for element in described["KeySchema"]}
        return tuple(keys[kind] for kind in ("HASH", "RANGE") if kind in keys)

    def delete(self, table: str) -> None:
        """Delete the table even if it is protected; a second call changes nothing."""
        described = self._described(table)
        if described is None:
            return
        if described.get("DeletionProtectionEnabled"):
            self.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        self.dynamodb.delete_table(TableName=table)

    def _described(self, table: str) -> Any:  # noqa: ANN401  # DynamoDB's description
        try:
            return self.dynamodb.describe_table(TableName=table)["Table"]
        except self.dynamodb.exceptions.ResourceNotFoundException:
            return None
