"""What a deleted or failed stack leaves behind and what goes on costing: tables, buckets, KMS keys.

Whatever holds data is never deleted here. A key is scheduled for deletion only if no table and no bucket of
its stack holds data that it may be needed for; until it is deleted, after 30 days, that can be taken back,
and it costs nothing. Source: KMS developer guide, "Deleting AWS KMS keys"; AWS KMS pricing.
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
    """What goes on costing when its stack is gone, by CloudFormation's name for it."""

    TABLE = "AWS::DynamoDB::Table"
    BUCKET = "AWS::S3::Bucket"
    KEY = "AWS::KMS::Key"

    @property
    def word(self) -> str:
        """For messages."""
        return self.name.lower()


class Holding(Enum):
    """What is in it. A key holds nothing; whether it is needed depends on its stack's tables and buckets."""

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
        return f"{self.kind.word} {self.name}"


@dataclass(frozen=True)
class Cleanup:
    """What of it may be deleted and what stays, because it or what it belongs to holds data."""

    to_delete: tuple[Retained, ...]
    to_keep: tuple[Retained, ...]


def plan(holdings: dict[Retained, Holding]) -> Cleanup:
    """Which of them may be deleted: what is empty, and keys of stacks that left no data anywhere."""
    with_data = {one.stack_id for one, holding in holdings.items() if holding is Holding.DATA}
    there = [(one, holding) for one, holding in holdings.items() if holding is not Holding.GONE]

    def stays(one: Retained, holding: Holding) -> bool:
        return holding is Holding.DATA or (one.kind is RetainedKind.KEY and one.stack_id in with_data)

    return Cleanup(
        to_delete=tuple(one for one, holding in there if not stays(one, holding)),
        to_keep=tuple(one for one, holding in there if stays(one, holding)),
    )


def command_to_delete(one: Retained, region: str) -> str:
    """What a person runs who wants it gone, with what is in it."""
    aws = {
        RetainedKind.TABLE: f"aws dynamodb update-table --table-name {one.name}"
        " --no-deletion-protection-enabled"
        f" --region {region} && aws dynamodb delete-table --table-name {one.name} --region {region}",
        RetainedKind.BUCKET: f"empty it in the S3 console (all versions), then"
        f" aws s3api delete-bucket --bucket {one.name} --region {region}",
        RetainedKind.KEY: f"aws kms schedule-key-deletion --key-id {one.name} --region {region}",
    }
    return aws[one.kind]


@dataclass(frozen=True)
class RetainedResources:
    """Looks into them and deletes what is empty. Each call may be repeated."""

    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    kms: "KMSClient"

    def holdings(self, resources: Iterable[Retained]) -> dict[Retained, Holding]:
        """What each of them holds now."""
        return {one: self.holding(one) for one in sorted(resources, key=str)}

    def holding(self, one: Retained) -> Holding:
        """What it holds now; a key that is pending deletion counts as gone."""
        looks = {
            RetainedKind.TABLE: self._in_table,
            RetainedKind.BUCKET: self._in_bucket,
            RetainedKind.KEY: self._key,
        }
        try:
            return looks[one.kind](one.name)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return Holding.GONE
            raise

    def protect(self, one: Retained) -> None:
        """See to it that nobody deletes a table that holds data, CloudFormation neither."""
        if one.kind is RetainedKind.TABLE:
            self._set_protection(one.name, protected=True)

    def unprotect(self, one: Retained) -> None:
        """Let an empty table be deleted: the template protects it, and CloudFormation would fail on that."""
        if one.kind is RetainedKind.TABLE and self.holding(one) is Holding.NOTHING:
            self._set_protection(one.name, protected=False)

    def delete(self, one: Retained) -> bool:
        """Delete it, looking into it once more; false if it holds data by now, and then it stays.

        What is gone already stays gone. A key is scheduled for deletion.
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
        """Turn it on or off and wait until the table can be changed again; a second call does nothing."""
        described = self.dynamodb.describe_table(TableName=table)["Table"]
        if described.get("DeletionProtectionEnabled", False) != protected:
            self.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=protected)
            self.dynamodb.get_waiter("table_exists").wait(TableName=table)

    def _in_table(self, name: str) -> Holding:
        # DescribeTable's ItemCount is up to six hours old.
        page = self.dynamodb.scan(TableName=name, Limit=1, Select="COUNT", ConsistentRead=True)
        return Holding.DATA if page["Count"] or "LastEvaluatedKey" in page else Holding.NOTHING

    def _in_bucket(self, name: str) -> Holding:
        page = self.s3.list_object_versions(Bucket=name, MaxKeys=1)
        return Holding.DATA if page.get("Versions") or page.get("DeleteMarkers") else Holding.NOTHING

    def _key(self, name: str) -> Holding:
        state = self.kms.describe_key(KeyId=name)["KeyMetadata"].get("KeyState")
        return Holding.GONE if state in _KEYS_THAT_COST_NOTHING else Holding.NOTHING
