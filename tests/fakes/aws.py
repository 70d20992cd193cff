"""AWS behind boto3's own clients, without a network: a test defines the answer of each operation.

The clients are real. botocore validates parameters first and raises errors as usual, and an answer that does
not have AWS's shape fails the test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

REGION = "eu-central-1"
Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], Any]


class UnexpectedCallError(AssertionError):
    """The code made a call that the test did not prepare."""


def refused(code: str, operation: str = "Operation", message: str = "") -> ClientError:
    """The error that boto3 raises for this code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class FakeAWS:
    """Answers by `service.Operation`: a dict, an error, or a function of the call's parameters.

    `calls` lists the calls made, with the region of their client.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    region_name: str = REGION

    def client(self, service: str, region_name: str | None = None, config: Config | None = None) -> Any:
        """A client, as `boto3.Session.client` makes it."""
        region = region_name or self.region_name
        made = boto3.Session("AKIAEXAMPLE", "secret", region_name=region).client(
            service,  # type: ignore[call-overload]  # any service
            config=config,
        )
        given: dict[str, Any] = {}

        def remember(params: dict[str, Any], **_: Any) -> None:
            given.clear()
            given.update(params)

        def answer(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            return self._answer(service, model, dict(given), region)

        made.meta.events.register("before-parameter-build.*", remember)
        made.meta.events.register("before-call.*", answer)
        return made

    def clients(self, service: str, region: str | None = None) -> Any:
        """Makes clients for the doctor's checks."""
        return self.client(service, region)

    def _answer(
        self, service: str, model: Any, params: dict[str, Any], region: str
    ) -> tuple[AWSResponse, dict[str, Any]]:
        name = f"{service}.{model.name}"
        self.calls.append((name, params, region))
        if name not in self.answers:
            raise UnexpectedCallError(name)
        found = self.answers[name]
        found = found(params) if callable(found) else found
        if isinstance(found, ClientError):
            status, parsed = 400, {**found.response, "ResponseMetadata": {"HTTPStatusCode": 400}}
            parsed["ResponseMetadata"] |= found.response.get("ResponseMetadata", {})
            return AWSResponse("", status, {}, None), parsed
        if isinstance(found, Exception):
            raise found
        meta = found.get("ResponseMetadata", {})
        body = {key: value for key, value in found.items() if key != "ResponseMetadata"}
        if not any(hasattr(value, "read") for value in body.values()):
            validate_parameters(body, model.output_shape)
        return AWSResponse("", 200, {}, None), {**body, "ResponseMetadata": {"HTTPStatusCode": 200, **meta}}
