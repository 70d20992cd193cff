"""The stack that a command works on, deployed or local: the options that choose it, and the way to it."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import boto3
import click
from botocore.config import Config

from broadsheet.aws.dynamodb import Table, table_of
from cli import lazy
from cli.stack import region, stack_name
from cli.stack_description import describe
from infrastructure.build import ROOT
from local.engine import REGION
from local.system import STACK, LocalSystem

LOCAL = ROOT / ".local"
STATE = LOCAL / "system"
PORT = click.IntRange(1, 65_535)
QUICK = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 3, "mode": "standard"})
Command = Callable[..., None]


class NoUsableStackError(click.ClickException):
    """There is no such stack, or not all of it; the message says what to do. Nothing was changed."""


@dataclass(frozen=True)
class ReachedStack:
    """A stack with its outputs, and the session that reaches it; `endpoint` is that of a local engine."""

    name: str
    session: boto3.Session
    endpoint: str | None
    outputs: Mapping[str, str]

    def client(self, service: str, config: Config | None = None) -> Any:  # noqa: ANN401  # boto3 has no common type of clients
        """A client of the stack's account."""
        return self.session.client(service, config=config, endpoint_url=self.endpoint)  # type: ignore[call-overload]  # any service

    def table(self, output: str, config: Config | None = None) -> Table:
        """The table that an output names."""
        return table_of(self.session, self.outputs[output], config, self.endpoint)


@dataclass(frozen=True)
class StackOptions:
    """Which stack a command works on: the local system with this state, else a deployed one.

    Without an `engine_port`, that of the system which runs. Without a profile, a region or a name, those of
    the environment and of samconfig.toml. `policy` is the output that names the policy with the rights that
    the command needs.
    """

    local: bool = False
    engine_port: int | None = None
    state: Path = STATE
    profile: str | None = None
    given_region: str | None = None
    given_name: str | None = None
    policy: str = ""

    @property
    def name(self) -> str:
        """The stack's name."""
        return STACK if self.local else self.given_name or stack_name()

    @property
    def region(self) -> str:
        """The stack's region."""
        return REGION if self.local else self.given_region or region()

    @property
    def deploy(self) -> str:
        """The command that makes this stack."""
        if self.local:
            return "make up" if self.state == STATE else f"broadsheet up{self._state}"
        return self.command("deploy") if self._chosen else "make deploy"

    @property
    def stop(self) -> str:
        """The command that stops the local system."""
        return "make down" if self.state == STATE else f"broadsheet down{self._state}"

    def command(self, line: str) -> str:
        """Another command for this stack, with the options that chose it."""
        return f"broadsheet {line}{self._chosen}"

    @property
    def _chosen(self) -> str:
        given = {"--profile": self.profile, "--region": self.given_region, "--stack-name": self.given_name}
        aws = "".join(f" {option} {shlex.quote(value)}" for option, value in given.items() if value)
        port = f" --engine-port {self.engine_port}" if self.engine_port else ""
        return f" --local{port}{self._state}" if self.local else aws

    @property
    def _state(self) -> str:
        return "" if self.state == STATE else f" --state {shlex.quote(str(self.state))}"

    def __str__(self) -> str:
        return f"the stack {self.name} " + ("of the local system" if self.local else f"in {self.region}")

    def session(self) -> boto3.Session:
        """The SDK's session for the deployed stack.

        Raises:
            BotoCoreError: there is no such profile, or AWS's files of settings can't be read.
        """
        return boto3.Session(profile_name=self.profile, region_name=self.region)

    def reach(self, *names: str, in_pieces: bool = False) -> ReachedStack:
        """The stack, which is whole and has outputs of these names.

        With `in_pieces` it need not be whole, as long as it has these outputs.

        Raises:
            NoUsableStackError: there is no such stack, a part of it is missing, or no local system runs.
            ClientError, BotoCoreError: it can't be reached; `cli/failures.py` has the words.
        """
        system = self.running_system() if self.local else None
        session = system.session if system else self.session()
        endpoint = system.engine.endpoint if system else None
        cloudformation = session.client("cloudformation", config=QUICK, endpoint_url=endpoint)
        found = describe(cloudformation, self.name)
        if found is None:
            raise NoUsableStackError(f"There is no stack {self._place}. Run: {self.deploy}{self._elsewhere}")
        lacks = [name for name in names if name not in found.outputs]
        if not found.is_whole and (lacks or not in_pieces):
            what, advice = found.what_is_wrong(self.deploy)
            raise NoUsableStackError(f"The stack {self._place} {what}. {advice}")
        if lacks:
            raise NoUsableStackError(
                f"The stack {self._place} is older than this command: it lacks {', '.join(lacks)}."
                f" Run: {self.deploy}"
            )
        return ReachedStack(self.name, session, endpoint, found.outputs)

    @property
    def _place(self) -> str:
        return str(self).removeprefix("the stack ")

    @property
    def _elsewhere(self) -> str:
        return "" if self.local else " (or choose another: --stack-name, --region, --profile, --local)"

    def running_system(self) -> LocalSystem:
        """The local system that `make up` started.

        Raises:
            NoUsableStackError: it does not run, or not all of it.
        """
        try:
            if system := LocalSystem.running(self.state):
                return replace(system, engine_port=self.engine_port or system.engine_port)
            was_started = (self.state / "running.json").exists()
        except (OSError, ValueError):
            was_started = True
        stopped = "The local system has stopped, or part of it"
        what = stopped if was_started else "No local system is running here"
        raise NoUsableStackError(f"{what}. Run: {self.deploy}")


def now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def stack_options(policy: str = "", *, with_local: bool = True) -> Callable[[Command], Command]:
    """A decorator: adds the options that choose a stack; the command gets them as one keyword, `stack`.

    `policy` as in `StackOptions`; without `with_local` the stack is a deployed one.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(  # click explains the options
            *,
            profile: str | None,
            region: str | None,
            stack_name: str | None,
            local: bool = False,
            engine_port: int | None = None,
            state: Path = STATE,
            **options: Any,  # noqa: ANN401  # as click gives them
        ) -> None:
            if local and (profile or region or stack_name):
                raise click.UsageError("--local is the system on this machine: it has no profile or region.")
            stack = StackOptions(local, engine_port, state, profile, region, stack_name, policy)
            click.get_current_context().meta[lazy.STACK] = stack
            command(stack=stack, **options)

        for option in reversed(AWS_OPTIONS + LOCAL_OPTIONS if with_local else AWS_OPTIONS):
            run = option(run)
        return run

    return decorate


AWS_OPTIONS = (
    click.option("--profile", metavar="NAME", help="The AWS profile; default: AWS_PROFILE."),
    click.option("--region", metavar="NAME", help="The stack's region; default: as deployed."),
    click.option(
        "--stack-name", metavar="NAME", help="Name of the stack; default: the one in samconfig.toml."
    ),
)
LOCAL_OPTIONS = (
    click.option("--local", is_flag=True, help="Use the local system that `make up` started."),
    click.option(
        "--engine-port",
        type=PORT,
        help="With --local: port of the local AWS; default: where `up` put it.",
    ),
    click.option(
        "--state", default=STATE, type=click.Path(path_type=Path), help="With --local: folder of its state."
    ),
)
