"""What the doctor checks: the deployed stack or the local one, its clients, and its DNS resolver."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import urllib3

from broadsheet.aws.dynamodb import Table, table_of
from cli.chosen_stack import QUICK, StackOptions
from cli.doctor.calls import Clients, clients_of
from cli.doctor.lookups import Lookups, lookups_at, system_lookups
from cli.stack_description import StackDescription, describe

OUTPUTS = (
    *("SiteAddress", "DistributionDomain", "MailIdentityDomain", "AlarmTopic", "DistributionId"),
    *("OriginSecret", "Desk", "Ledger", "ConfigurationSet"),
)


def lacking(stack: StackDescription) -> list[str]:
    """The outputs that this version needs and the stack does not have."""
    return [name for name in OUTPUTS if name not in stack.outputs]


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
        return describe(self.clients("cloudformation"), self.stack)


def access_to(stack: StackOptions) -> StackAccess:
    """The access to the deployed stack with the usual AWS credentials, or to the local system's.

    Of the local system, SES, SNS's mail and DNS are the gateway's, all other services are the engine's.

    Raises:
        NoUsableStackError: no local system runs there.
    """
    if not stack.local:
        session = stack.session()
        clients = clients_of(session, stack.region)
        return StackAccess(stack.name, stack.region, clients, _tables(session, None), system_lookups())
    system = stack.running_system()
    session, engine = system.session, system.engine.endpoint
    gateway = f"{system.stack.output('SiteAddress')}/_local"
    gateway_services = {"sesv2": f"{gateway}/ses", "sns": f"{gateway}/sns"}

    def client(service: str, region: str | None = None) -> Any:  # noqa: ANN401  # see Clients
        endpoint = gateway_services.get(service, engine)
        return session.client(service, region_name=region, endpoint_url=endpoint, config=QUICK)  # type: ignore[call-overload]  # any service

    answer = urllib3.request("GET", f"{gateway}/dns", retries=False, timeout=10)
    lookups = lookups_at(int(json.loads(answer.data)["port"]))
    return StackAccess(stack.name, stack.region, client, _tables(session, engine), lookups)


def _tables(session: boto3.Session, endpoint: str | None) -> Callable[[str], Table]:
    return lambda name: table_of(session, name, QUICK, endpoint)
