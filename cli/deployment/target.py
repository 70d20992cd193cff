"""The target of a deployment: an account and region or a local engine, and whether a person can be asked."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import click

from cli.chosen_stack import QUICK, StackOptions
from cli.console import PrintableConsole
from cli.deployment.leftovers import Leftovers
from cli.deployment.recovery import Recovery
from cli.deployment.retained import RetainedResources
from cli.deployment.stacks import Stacks
from cli.doctor.calls import code_of
from cli.stack import deploy_settings, given_region, stack_name
from infrastructure.build import Target

console = PrintableConsole(highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True)
class DeploymentTarget:
    """The stack to deploy, on AWS or on the engine that AWS_ENDPOINT_URL names.

    `asks` if a person can be asked, `asks_region` if they did not name the region; `agrees` as for
    `Recovery`. `deploy` is the command that deploys it.
    """

    stack: StackOptions
    is_local: bool
    asks: bool
    asks_region: bool
    agrees: Callable[[str], bool] | None
    deploy: str

    @classmethod
    def of(cls, environment: Mapping[str, str], stack: StackOptions, *, yes: bool) -> "DeploymentTarget":
        """As options, environment and samconfig.toml say; with `yes` nobody is asked."""
        is_local, asks = is_local_engine(environment), sys.stdin.isatty() and not yes
        where = given_region() if is_local and not stack.given_region else stack.region
        agrees = (lambda _: True) if yes else click.confirm if asks else None
        chosen = replace(stack, given_region=where, given_name=stack.name)
        return cls(chosen, is_local, asks, asks and not stack.given_region, agrees, stack.deploy)

    def of_region(self, region: str) -> "DeploymentTarget":
        """The same in another region."""
        return replace(self, stack=replace(self.stack, given_region=region))

    @property
    def settings(self) -> dict[str, Any] | None:
        """What samconfig.toml keeps of the stack that it names; None of another, and of a local engine."""
        is_named = not self.is_local and self.stack.name == stack_name()
        return deploy_settings() if is_named else None

    @property
    def build_target(self) -> Target:
        """The interpreter that the layers are built for."""
        return Target.local() if self.is_local else Target.aws()

    @cached_property
    def session(self) -> Any:  # noqa: ANN401  # boto3's Session is not typed here
        """boto3's session for the target."""
        return self.stack.session()

    @property
    def stacks(self) -> Stacks:
        """The stacks of the target's account and region."""
        return Stacks(
            self.session.client("cloudformation", config=QUICK),
            seconds_between_looks=1 if self.is_local else 5,
        )

    def recovery(self) -> Recovery:
        """The recovery of the target's stack."""
        client, stacks = self.session.client, self.stacks
        return Recovery(
            name=self.stack.name,
            region=self.stack.region,
            stacks=stacks,
            leftovers=Leftovers(stacks, client("resourcegroupstaggingapi"), self.not_asked),
            retained=RetainedResources(client("dynamodb"), client("s3"), client("kms")),
            agrees=self.agrees,
            say=console.print,
            deploy=self.deploy,
        )

    def not_asked(self, action: str, error: Exception) -> None:
        """Warn that AWS did not answer an action; for a local engine there is no warning."""
        if not self.is_local:
            console.print(
                f"  Warning: {action} could not be called ({code_of(error)}); continuing without it."
            )


def is_local_engine(environment: Mapping[str, str]) -> bool:
    """Whether the endpoint is an engine on this machine, which runs functions with this interpreter."""
    host = urlsplit(environment.get("AWS_ENDPOINT_URL", "")).hostname
    return host in ("127.0.0.1", "localhost", "::1")
