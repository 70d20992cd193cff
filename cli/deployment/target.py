"""The target of a deployment: an account and region or a local engine, and whether a person can be asked."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from cli.console import PrintableConsole
from cli.deployment.leftovers import Leftovers
from cli.deployment.recovery import Recovery
from cli.deployment.retained import RetainedResources
from cli.deployment.stacks import Stacks
from cli.doctor.calls import code_of
from cli.stack import deploy_settings, given_region, region, stack_name
from infrastructure.build import Target

console = PrintableConsole(highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True)
class DeploymentTarget:
    """A region of the account that the usual credentials are for, or the engine that AWS_ENDPOINT_URL names.

    `is_first` if nobody has deployed from this checkout yet and a person can be asked; `agrees` as for
    `Recovery`.
    """

    region: str
    is_local: bool
    is_first: bool
    agrees: Callable[[str], bool] | None

    @classmethod
    def of(cls, environment: Mapping[str, str], *, yes: bool) -> "DeploymentTarget":
        """As the environment and samconfig.toml say; the first time a person is asked for the region."""
        is_local, can_ask = is_local_engine(environment), sys.stdin.isatty()
        is_first = can_ask and not is_local and "region" not in deploy_settings()
        agrees = (lambda _: True) if yes else click.confirm if can_ask else None
        where = given_region() if is_local else region()
        return cls(prompt("Region", where) if is_first else where, is_local, is_first, agrees)

    @property
    def build_target(self) -> Target:
        """The interpreter that the layers are built for."""
        return Target.local() if self.is_local else Target.aws()

    @cached_property
    def session(self) -> Any:  # noqa: ANN401  # boto3's Session is not typed here
        """boto3's session for the target."""
        return boto3.Session(region_name=self.region)

    def recovery(self) -> Recovery:
        """The recovery of the target's stack."""
        client = self.session.client
        stacks = Stacks(client("cloudformation"), seconds_between_looks=1 if self.is_local else 5)
        return Recovery(
            name=stack_name(),
            region=self.region,
            stacks=stacks,
            leftovers=Leftovers(stacks, client("resourcegroupstaggingapi"), self.not_asked),
            retained=RetainedResources(client("dynamodb"), client("s3"), client("kms")),
            agrees=self.agrees,
            say=console.print,
        )

    def not_asked(self, action: str, error: Exception) -> None:
        """Warn that AWS did not answer an action; for a local engine there is no warning."""
        if not self.is_local:
            console.print(f"  Warning: {action} could not be asked ({code_of(error)}); going on without.")


def prompt(question: str, suggested: str) -> str:
    """Ask at the terminal; an empty answer means the suggested one."""
    answer: str = click.prompt(question, default=suggested, show_default=bool(suggested))
    return answer.strip()


def is_local_engine(environment: Mapping[str, str]) -> bool:
    """Whether the endpoint is an engine on this machine, which runs functions with this interpreter."""
    host = urlsplit(environment.get("AWS_ENDPOINT_URL", "")).hostname
    return host in ("127.0.0.1", "localhost", "::1")


def refusal(error: ClientError | BotoCoreError) -> click.ClickException:
    """The error to show for an error of boto3 that no other code has handled."""
    if isinstance(error, ClientError):
        message = error.response["Error"].get("Message", "")
        return click.ClickException(f"AWS refused {error.operation_name} ({code_of(error)}): {message}")
    return click.ClickException(
        f"AWS could not be asked: {error}\nAre there credentials? `aws sts get-caller-identity` says whose."
    )
