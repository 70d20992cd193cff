"""The AWS clients of one function, each made when it is first used; they share connections.

A function makes `Resources` once, while it starts, and binds them to the ports of its use case.
"""

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from broadsheet.aws.dynamodb import Table, plain_values
from broadsheet.settings import setting

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sqs import SQSClient

# A send that timed out may have succeeded: wait long for many recipients, but less than the function may run.
BULK_READ_TIMEOUT_SECONDS = 30
SINGLE_READ_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
USER_AGENT = "Broadsheet"  # botocore builds its own for each call: a seventh of its CPU


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Resources:
    """Clients of this function's account and region."""

    def __init__(self) -> None:
        self._session = boto3.Session()

    @cached_property
    def kms(self) -> "KMSClient":
        """KMS."""
        return self._session.client("kms", config=_config())

    @cached_property
    def s3(self) -> "S3Client":
        """S3."""
        return self._session.client("s3", config=_config())

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return self._session.client("sqs", config=_config())

    @cached_property
    def scheduler(self) -> "EventBridgeSchedulerClient":
        """EventBridge Scheduler."""
        return self._session.client("scheduler", config=_config())

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return self._session.client("secretsmanager", config=_config())

    @cached_property
    def ses(self) -> "SESV2Client":
        """SES, for the account's quota."""
        return self._session.client("sesv2", config=_config())

    @cached_property
    def single_sends(self) -> "SESV2Client":
        """SES, for one mail a call."""
        return self._session.client("sesv2", config=_sending(SINGLE_READ_TIMEOUT_SECONDS))

    @cached_property
    def bulk_sends(self) -> "SESV2Client":
        """SES, for many mails a call; parameters are not validated, since they are serialised directly."""
        return self._session.client(
            "sesv2", config=_sending(BULK_READ_TIMEOUT_SECONDS, parameter_validation=False)
        )

    def table(self, name: str) -> Table:
        """The table that the variable `BROADSHEET_<name>` names."""
        return Table(self._dynamodb, setting(name))

    @cached_property
    def _dynamodb(self) -> Any:  # noqa: ANN401  # it takes other values than boto3's types say
        return plain_values(self._session.client("dynamodb", config=_config(parameter_validation=False)))


def _config(**options: Any) -> Config:  # noqa: ANN401  # botocore's own types
    return Config(user_agent=USER_AGENT, **options)


def _sending(read_timeout: int, **options: Any) -> Config:  # noqa: ANN401  # as above
    """For a client without automatic retries: a repeated send is a second mail."""
    return _config(
        retries={"total_max_attempts": 1},
        read_timeout=read_timeout,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        **options,
    )
