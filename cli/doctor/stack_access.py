"""What the doctor checks: the deployed stack or the local one, its clients, and its DNS resolver."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import urllib3
from botocore.exceptions import ClientError

from broadsheet.aws.dynamodb import Table, table_of
from cli.chosen_stack import StackOptions
from cli.doctor.calls import NO_SUCH_STACK, QUICK, Clients, clients_of, code_of
from cli.doctor.lookups import Lookups, lookups_at, system_lookups
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
    """A stack's outputs and parameters by name, from CloudFormation."""

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def lacks(self) -> list[str]:
        """The outputs that this version needs and the stack does not have."""
        return [name for name in OUTPUTS if name not in self.outputs]


@dataclass(frozen=True)
class StackAccess:
    """One stack by name, the clients and tables of its account, and the DNS resolver to query."""

    stack: str
    region: str
    clients: Clients
    table: Callable[[str], Table]
    lookups: Lookups

    def deployed(self) -> StackDescription | None:
        """The stack; None if there is no such stack.

        Raises:
            ClientError, BotoCoreError: CloudFormation did not answer.
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


def access_to(stack: StackOptions) -> StackAccess:
    """The access to the deployed stack with the usual AWS credentials, or to the local system's.

    Of the local system, SES, SNS's mail and DNS are the gateway's, all other services are the engine's.

    Raises:
        SystemExit: no local system runs there.
    """
    if not stack.local:
        session = boto3.Session(region_name=region())
        clients = clients_of(session, region())
        return StackAccess(stack_name(), region(), clients, _tables(session, None), system_lookups())
    system = stack.running_system()
    session, engine = system.session, system.engine.endpoint
    gateway = f"{system.stack.output('SiteAddress')}/_local"
    gateway_services = {"sesv2": f"{gateway}/ses", "sns": f"{gateway}/sns"}

    def client(service: str, region: str | None = None) -> Any:  # noqa: ANN401  # see Clients
        endpoint = gateway_services.get(service, engine)
        return session.client(service, region_name=region, endpoint_url=endpoint, config=QUICK)  # type: ignore[call-overload]  # any service

    answer = urllib3.request("GET", f"{gateway}/dns", retries=False, timeout=10)
    lookups = lookups_at(int(json.loads(answer.data)["port"]))
    return StackAccess(STACK, REGION, client, _tables(session, engine), lookups)


def _tables(session: boto3.Session, endpoint: str | None) -> Callable[[str], Table]:
    return lambda name: table_of(session, name, QUICK, endpoint)
