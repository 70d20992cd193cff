"""What a deleted or failed stack leaves behind and still costs: tables, buckets, KMS keys.

Nothing that holds data is deleted here. A key is scheduled for deletion only if no table and no bucket of
its stack holds data that may need the key; the deletion can be cancelled for 30 days, and costs nothing
until then. Source: KMS developer guide, "Deleting AWS KMS keys"; AWS KMS pricing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client

DAYS_UNTIL_A_KEY_IS_DELETED = 30
_GONE = ("ResourceNotFoundException", "NoSuchBucket", "NotFoundException", "404")
_KEYS_THAT_COST_NOTHING = ("PendingDeletion", "PendingReplicaDeletion")


class RetainedKind(Enum):
    """The kinds of resources that cost without their stack, by CloudFormation's names."""

    TABLE = "AWS::DynamoDB::Table"
    BUCKET = "AWS::S3::Bucket"
    KEY = "AWS::KMS::Key"


class Holding(Enum):
    """What a resource holds. A key holds nothing; its stack's tables and buckets may need it."""

    NOTHING = "empty"
    DATA = "holds data"
    GONE = "gone"


@dataclass(frozen=True)
class Retained:
    """A table, bucket or key, by its physical id, and the stack that made it."""

    stack_id: str
    kind: RetainedKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.name.lower()} {self.name}"


@dataclass(frozen=True)
class Cleanup:
    """Which resources may be deleted, and which stay because data is in them or may need them."""

    to_delete: tuple[Retained, ...]
    to_keep: tuple[Retained, ...]


def plan(holdings: dict[Retained, Holding]) -> Cleanup:
    """Delete what is empty, and the keys of stacks that left no data anywhere; keep all else that exists."""
    with_data = {one.stack_id for one, holding in holdings.items() if holding is Holding.DATA}
    existing = [one for one, holding in holdings.items() if holding is not Holding.GONE]
    to_keep = tuple(
        one
        for one in existing
        if holdings[one] is Holding.DATA or (one.kind is RetainedKind.KEY and one.stack_id in with_data)
    )
    return Cleanup(tuple(one for one in existing if one not in to_keep), to_keep)


def command_to_delete(one: Retained, region: str) -> str:
    """The command that deletes it for good, with its content."""
    name, where = one.name, f"--region {region}"
    if one.kind is RetainedKind.TABLE:
        table = f"--table-name {name}"
        update = f"aws dynamodb update-table {table} --no-deletion-protection-enabled {where}"
        return f"{update} && aws dynamodb delete-table {table} {where}"
    if one.kind is RetainedKind.BUCKET:
        delete = f"aws s3api delete-bucket --bucket {name} {where}"
        return f"empty it in the S3 console (all versions), then {delete}"
    return f"aws kms schedule-key-deletion --key-id {name} {where}"


@dataclass(frozen=True)
class RetainedResources:
    """Reads what retained resources hold, and deletes empty ones. Each call may be repeated."""

    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    kms: "KMSClient"

    def holdings(self, resources: Iterable[Retained]) -> dict[Retained, Holding]:
        """What each of them holds now."""
        return {one: self.holding(one) for one in sorted(resources, key=str)}

    def holding(self, one: Retained) -> Holding:
        """What it holds now; a key that is pending deletion counts as gone."""
        try:
            if one.kind is RetainedKind.KEY:
                state = self.kms.describe_key(KeyId=one.name)["KeyMetadata"].get("KeyState")
                return Holding.GONE if state in _KEYS_THAT_COST_NOTHING else Holding.NOTHING
            has_data = self._has_rows if one.kind is RetainedKind.TABLE else self._has_objects
            return Holding.DATA if has_data(one.name) else Holding.NOTHING
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return Holding.GONE
            raise

    def protect(self, one: Retained) -> None:
        """Turn on the deletion protection of a table that holds data, so that CloudFormation keeps it."""
        if one.kind is RetainedKind.TABLE:
            self._set_protection(one.name, protected=True)

    def unprotect(self, one: Retained) -> None:
        """Turn off an empty table's deletion protection, which the template sets and CloudFormation obeys."""
        if one.kind is RetainedKind.TABLE and self.holding(one) is Holding.NOTHING:
            self._set_protection(one.name, protected=False)

    def delete(self, one: Retained) -> bool:
        """Delete it if it is still empty; False if it holds data by now, and then it stays.

        Nothing happens if it is gone already. A key is scheduled for deletion.
        """
        holding = self.holding(one)
        if holding is Holding.NOTHING:
            self.unprotect(one)
            self._delete(one)
        return holding is not Holding.DATA

    def _delete(self, one: Retained) -> None:
        if one.kind is RetainedKind.TABLE:
            self.dynamodb.delete_table(TableName=one.name)
        elif one.kind is RetainedKind.BUCKET:
            self.s3.delete_bucket(Bucket=one.name)
        else:
            self.kms.schedule_key_deletion(KeyId=one.name, PendingWindowInDays=DAYS_UNTIL_A_KEY_IS_DELETED)

    def _set_protection(self, table: str, *, protected: bool) -> None:
        """Set it and wait until the table can be changed again; a second call does nothing."""
        described = self.dynamodb.describe_table(TableName=table)["Table"]
        if described.get("DeletionProtectionEnabled", False) != protected:
            self.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=protected)
            self.dynamodb.get_waiter("table_exists").wait(TableName=table)

    def _has_rows(self, name: str) -> bool:
        # DescribeTable's ItemCount is up to six hours old.
        page = self.dynamodb.scan(TableName=name, Limit=1, Select="COUNT", ConsistentRead=True)
        return bool(page["Count"]) or "LastEvaluatedKey" in page

    def _has_objects(self, name: str) -> bool:
        page = self.s3.list_object_versions(Bucket=name, MaxKeys=1)
        return bool(page.get("Versions") or page.get("DeleteMarkers"))
