"""The deployed stack: clients of the local engine, physical names, and outputs.

The clients have their endpoint, region and the local run's credentials set, so that no environment variable
or profile can direct them to a real account.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.cached import Cached

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient

T = TypeVar("T")
ACCESS_KEY = "local"  # anything but twelve digits, which MiniStack takes for an account of its own
NO_PROFILE = (None, None, None, None)  # the places where botocore looks for a profile's name: none
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=60, retries={"total_max_attempts": 2})


class StackMissingError(Exception):
    """There is no engine, no such stack in it (yet), or no such resource. Nothing was changed."""


def session_with(secret: str, region: str) -> boto3.Session:
    """The SDK's session for a run with that secret.

    It ignores the user's profile: if AWS_PROFILE named one that does not exist, every client would fail.
    """
    plain = botocore.session.Session(session_vars={"profile": NO_PROFILE})
    return boto3.Session(ACCESS_KEY, secret, region_name=region, botocore_session=plain)


@dataclass(frozen=True)
class Resource:
    """One resource: its name in the template, its name in the engine, its CloudFormation type."""

    logical_id: str
    physical_id: str
    kind: str


class _ClientOf(Generic[T]):
    """An attribute of a LocalStack: its client of one service."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __get__(self, stack: "LocalStack", owner: type) -> T:
        client: T = stack.client(self._service)
        return client


class LocalStack:
    """The stack `name` in the engine at `endpoint`; `secret` is that of its run. Thread-safe."""

    cloudformation: "_ClientOf[CloudFormationClient]" = _ClientOf("cloudformation")
    logs: "_ClientOf[CloudWatchLogsClient]" = _ClientOf("logs")
    s3: "_ClientOf[S3Client]" = _ClientOf("s3")
    sesv2: "_ClientOf[SESV2Client]" = _ClientOf("sesv2")  # the engine's: it only stores identities and sets
    sns: "_ClientOf[SNSClient]" = _ClientOf("sns")
    sqs: "_ClientOf[SQSClient]" = _ClientOf("sqs")

    def __init__(
        self, endpoint: str, region: str, name: str, secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.endpoint, self.region, self.name, self.secret = endpoint, region, name, secret
        self._session = session_with(secret, region)
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._listing = Cached(self._list, clock)

    def client(self, service: str) -> Any:  # noqa: ANN401  # one method for all services
        """A client of the local engine for any service; each is made once."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(  # type: ignore[call-overload]  # any service
                    service, endpoint_url=self.endpoint, config=CLIENT_CONFIG
                )
            return self._clients[service]

    def physical(self, logical_id: str) -> str:
        """The engine's name for the resource that the template calls `logical_id`.

        Raises:
            StackMissingError: there is no engine, no stack, or no such resource in it.
        """
        resource = self._listing().get(logical_id) or self._listing(anew=True).get(logical_id)
        if resource is None:
            raise StackMissingError(f"The stack {self.name} has no resource {logical_id}.")
        return resource.physical_id

    def resources(self, kind: str) -> list[Resource]:
        """The resources of one CloudFormation type, in the order of their logical ids.

        Raises:
            StackMissingError: there is no engine or no stack.
        """
        listing = self._listing()
        return [listing[logical_id] for logical_id in sorted(listing) if listing[logical_id].kind == kind]

    def output(self, name: str) -> str:
        """The value of one of the template's outputs.

        Raises:
            StackMissingError: there is no engine, no stack, or no such output.
        """
        outputs = self.outputs()
        if name not in outputs:
            raise StackMissingError(f"The stack {self.name} has no output {name}.")
        return outputs[name]

    def outputs(self) -> dict[str, str]:
        """The values of all of the template's outputs.

        Raises:
            StackMissingError: there is no engine or no stack.
        """
        found = self._description().get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def parameters(self) -> dict[str, str]:
        """The values of the template's parameters.

        Raises:
            StackMissingError: there is no engine or no stack.
        """
        found = self._description().get("Parameters", [])
        return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in found}

    def _description(self) -> dict[str, Any]:
        try:
            stacks: list[Any] = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            raise self._missing(error) from error
        return stacks[0] if stacks else {}

    def _list(self) -> dict[str, Resource]:
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        try:
            summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
        except (ClientError, BotoCoreError) as error:
            raise self._missing(error) from error
        found = [
            Resource(one["LogicalResourceId"], one["PhysicalResourceId"], one["ResourceType"])
            for one in summaries
            if one.get("PhysicalResourceId")
        ]
        return {resource.logical_id: resource for resource in found}

    def _missing(self, error: Exception) -> StackMissingError:
        if isinstance(error, ClientError):
            return StackMissingError(f"There is no stack {self.name} in the engine at {self.endpoint}.")
        return StackMissingError(f"No local engine answers at {self.endpoint}.")
