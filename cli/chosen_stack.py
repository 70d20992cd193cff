"""The stack that a command works on, deployed or local: the options that choose it, and its clients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import boto3
import click
from botocore.config import Config

from broadsheet.aws.dynamodb import Table, table_of
from cli.stack import region, stack_name, stack_outputs
from infrastructure.build import ROOT
from local.system import STACK, LocalSystem

LOCAL = ROOT / ".local"
STATE = LOCAL / "system"
OLDER = "The deployed stack is older than this command. Run: make deploy"
Command = Callable[..., None]


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
    """Which stack a command works on: the deployed one, or the local system with this state."""

    local: bool = False
    engine_port: int = 4566
    state: Path = STATE

    def reach(self, *names: str, older: str = OLDER) -> ReachedStack:
        """The stack, which has outputs of these names.

        Raises:
            SystemExit: no local system runs; or the stack lacks an output, as `older` says, with `{lacks}`.
            StackMissingError, ClientError, BotoCoreError: it can't be reached.
        """
        if self.local:
            system = self.running_system()
            found = ReachedStack(STACK, system.session, system.stack.endpoint, system.stack.outputs())
        else:
            session = boto3.Session(region_name=region())
            found = ReachedStack(stack_name(), session, None, stack_outputs(session))
        if lacks := [name for name in names if name not in found.outputs]:
            raise SystemExit(older.format(lacks=", ".join(lacks)))
        return found

    def running_system(self) -> LocalSystem:
        """The local system that `make up` started.

        Raises:
            SystemExit: it does not run.
        """
        system = LocalSystem(self.state, engine_port=self.engine_port)
        if not system.is_running():
            raise SystemExit("No local system runs here. Run: make up")
        return system


def now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def stack_options(what: str = "The local system", *, with_state: bool = True) -> Callable[[Command], Command]:
    """A decorator: adds the options that choose a stack, for `what` of the local system.

    The command gets them as one keyword, `stack`.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(*, local: bool, engine_port: int, state: Path = STATE, **options: Any) -> None:  # noqa: ANN401  # as click gives them
            command(stack=StackOptions(local, engine_port, state), **options)

        if with_state:
            path = click.Path(path_type=Path)
            run = click.option("--state", default=STATE, type=path, help="With --local: its state.")(run)
        port_help = "With --local: where the local AWS listens."
        run = click.option("--engine-port", default=4566, help=port_help)(run)
        return click.option("--local", is_flag=True, help=f"{what} that `make up` started.")(run)

    return decorate
