"""Creates tables, queues, buckets and keys as template.yaml describes them, through the services' own APIs.

It is for moto, whose CloudFormation drops properties. Names are logical ids. A property that this module does
not apply is an error, so that no test runs with less than what is deployed.
"""

import json
from functools import cache, partial
from typing import Any

import boto3
from botocore.config import Config

from broadsheet.aws.dynamodb import Table, plain_values
from infrastructure.build import read_template

Template = dict[str, Any]

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # else moto misses calls that need the account's endpoint
    "AWS_EC2_METADATA_DISABLED": "true",
}


class NotCarriedOverError(KeyError):
    """The template has a property that this module does not know yet; add it."""


class OpenTable(Table):
    """One of our tables with DynamoDB's own operations as well: `scan`, `put_item`."""

    @property
    def key_names(self) -> list[str]:
        """The names of the primary key."""
        return [each["AttributeName"] for each in self.describe_table()["Table"]["KeySchema"]]

    def __getattr__(self, operation: str) -> Any:
        return partial(getattr(self.client, operation), TableName=self.name)


def open_table(name: str, **options: Any) -> OpenTable:
    """A table that exists, by a client of its own, which is made with these options."""
    client: Any = boto3.client("dynamodb", config=Config(parameter_validation=False), **options)
    return OpenTable(plain_values(client), name)


@cache
def the_template() -> Template:
    """template.yaml, read once; do not change the result."""
    return read_template()


def create_tables(template: Template, names: list[str]) -> dict[str, OpenTable]:
    """The tables of these logical ids."""
    return {name: _create_table(template, name) for name in names}


def create_queue(template: Template, name: str) -> str:
    """Make the queue and its dead-letter queue; returns its URL."""
    properties = _properties(template, name)
    attributes = {key: _text(template, value) for key, value in properties.items() if key != "RedrivePolicy"}
    sqs: Any = boto3.client("sqs")
    if "RedrivePolicy" in properties:
        redrive = properties["RedrivePolicy"]
        letters = create_queue(template, redrive["deadLetterTargetArn"]["Fn::GetAtt"][0])
        arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        attributes["RedrivePolicy"] = json.dumps({**redrive, "deadLetterTargetArn": arn})
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def create_bucket(template: Template, name: str) -> str:
    """Make the bucket; returns its name."""
    bucket = name.lower()
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    settings = {
        "VersioningConfiguration": s3.put_bucket_versioning,
        "NotificationConfiguration": s3.put_bucket_notification_configuration,
        "PublicAccessBlockConfiguration": s3.put_public_access_block,
        "LifecycleConfiguration": s3.put_bucket_lifecycle_configuration,
        "BucketEncryption": s3.put_bucket_encryption,
        "OwnershipControls": s3.put_bucket_ownership_controls,
    }
    for key, value in _properties(template, name).items():
        if key not in settings:
            raise NotCarriedOverError(f"{name}.{key}")
        settings[key](Bucket=bucket, **_for_s3(key, value))
    return bucket


def create_keys(template: Template, names: list[str]) -> dict[str, str]:
    """The KMS keys of these logical ids, by name; their policies are the account's default."""
    return {name: _create_key(template, name) for name in names}


def _create_table(template: Template, name: str) -> OpenTable:
    properties = {**_properties(template, name)}
    live = properties.pop("TimeToLiveSpecification", None)
    recovery = properties.pop("PointInTimeRecoverySpecification", None)
    encryption = properties.pop("SSESpecification", {"SSEEnabled": False})
    client: Any = boto3.client("dynamodb")
    client.create_table(TableName=name, SSESpecification={"Enabled": encryption["SSEEnabled"]}, **properties)
    if live:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=live)
    if recovery:
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    return open_table(name)


def _create_key(template: Template, name: str) -> str:
    properties = {**_properties(template, name)}
    properties.pop("KeyPolicy")
    rotates = properties.pop("EnableKeyRotation", False)
    kms = boto3.client("kms")
    key_id: str = kms.create_key(**properties)["KeyMetadata"]["KeyId"]
    if rotates:
        kms.enable_key_rotation(KeyId=key_id)
    return key_id


def _properties(template: Template, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"][name]["Properties"]
    return properties


def _text(template: Template, value: Any) -> str:
    """A property as a queue's attribute; a parameter has its default."""
    if isinstance(value, dict):
        value = template["Parameters"][value["Ref"]]["Default"]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's lifecycle rule in S3's form; a parameter has its default."""

    def days(value: Any) -> int:
        return int(
            the_template()["Parameters"][value["Ref"]]["Default"] if isinstance(value, dict) else value
        )

    prefix, tags = {"Prefix": rule.get("Prefix", "")}, rule.get("TagFilters")
    made: dict[str, Any] = {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"And": {**prefix, "Tags": tags}} if tags else prefix,
    }
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": days(rule["ExpirationInDays"])}
    if "NoncurrentVersionExpiration" in rule:
        noncurrent = days(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": noncurrent}
    return made


def _for_s3(key: str, value: Any) -> dict[str, Any]:
    """CloudFormation's property as an argument of S3's operation."""
    if key == "BucketEncryption":
        rules = [
            {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
            for rule in value["ServerSideEncryptionConfiguration"]
        ]
        return {"ServerSideEncryptionConfiguration": {"Rules": rules}}
    if key == "LifecycleConfiguration":
        return {key: {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}}
    if key == "NotificationConfiguration":
        return {key: {"EventBridgeConfiguration": {}}}
    return {key: value}
