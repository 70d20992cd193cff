"""Where the doctor looks: the deployed stack or the local one, and whom it asks there."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import urllib3
from botocore.exceptions import ClientError

from broadsheet.aws.dynamodb import Table, table_of
from cli.doctor.aws_calls import NO_SUCH_STACK, QUICK, Clients, clients_of, code_of
from cli.doctor.lookups import Lookups, lookups_at, system_lookups
from cli.own_stack import running_system
from cli.stack import region, stack_name
from local.engine import REGION
from local.system import STACK

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

OUTPUTS = (
    *("SiteAddress", "DistributionDomain", "MailIdentityDomain", "AlarmTopic", "DistributionId"),
    *("OriginSecret", "Desk", "Ledger", "ConfigurationSet"),
)


@dataclass(frozen=True)
class StackDescription:
    """What CloudFormation says of a stack: values by name."""

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def lacks(self) -> list[str]:
        """The outputs that this version looks for and the stack does not have."""
        return [name for name in OUTPUTS if name not in self.outputs]


@dataclass(frozen=True)
class StackAccess:
    """One stack by name, the clients and tables of its account, and who answers for DNS."""

    stack: str
    region: str
    clients: Clients
    table: Callable[[str], Table]
    lookups: Lookups

    def deployed(self) -> StackDescription | None:
        """The stack; None where there is no such stack.

        Raises:
            ClientError, BotoCoreError: CloudFormation could not be asked.
        """
        cloudformation: CloudFormationClient = self.clients("cloudformation")
        try:
            found = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if code_of(error) == NO_SUCH_STACK:
                return None
            raise
        return StackDescription(
            {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
            {one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", [])},
        )


def aws_access() -> StackAccess:
    """The stack that `make deploy` made, with the usual AWS credentials."""
    session = boto3.Session(region_name=region())
    tables = partial(_table, session, None)
    return StackAccess(stack_name(), region(), clients_of(session, region()), tables, system_lookups())


def local_access(state: Path, engine_port: int) -> StackAccess:
    """The stack of the local system: SES, SNS's mail and DNS are the gateway's, the rest is the engine's.

    Raises:
        SystemExit: no local system runs there.
    """
    system = running_system(state, engine_port)
    gateway = f"{system.stack.output('SiteAddress')}/_local"
    elsewhere = {"sesv2": f"{gateway}/ses", "sns": f"{gateway}/sns"}
    session = system.session

    def client(service: str, region: str | None = None) -> Any:  # noqa: ANN401  # see Clients
        endpoint = elsewhere.get(service, system.engine.endpoint)
        return session.client(service, region_name=region, endpoint_url=endpoint, config=QUICK)  # type: ignore[call-overload]  # any service

    answer = urllib3.request("GET", f"{gateway}/dns", retries=False, timeout=10)
    tables = partial(_table, session, system.engine.endpoint)
    return StackAccess(STACK, REGION, client, tables, lookups_at(int(json.loads(answer.data)["port"])))


def _table(session: boto3.Session, endpoint: str | None, name: str) -> Table:
    return table_of(session, name, QUICK, endpoint)
