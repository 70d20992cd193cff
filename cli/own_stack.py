"""The stack that a command is about, deployed or local, and the session that reaches it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3

from cli.stack import region, stack_outputs
from local.system import LocalSystem


def reach(
    names: Sequence[str], *, local: bool, state: Path, engine_port: int
) -> tuple[Any, str | None, dict[str, str]]:
    """boto3's session, the endpoint of a local engine, and these outputs of the stack.

    Raises:
        SystemExit: no local system runs, or the stack is older than this command.
        StackMissingError, ClientError, BotoCoreError: it can't be reached.
    """
    session, endpoint, outputs = session_and_outputs(local=local, state=state, engine_port=engine_port)
    if missing := [name for name in names if name not in outputs]:
        raise SystemExit(f"The stack is older than this command: it lacks {', '.join(missing)}.")
    return session, endpoint, outputs


def session_and_outputs(
    *, local: bool, state: Path, engine_port: int
) -> tuple[boto3.Session, str | None, dict[str, str]]:
    """boto3's session, the endpoint of a local engine, and all outputs of the stack.

    Raises:
        SystemExit: no local system runs.
        StackMissingError, ClientError, BotoCoreError: it can't be reached.
    """
    if not local:
        return deployed()
    system = running_system(state, engine_port)
    return system.session, system.stack.endpoint, system.stack.outputs()


def deployed() -> tuple[boto3.Session, None, dict[str, str]]:
    """The session for the stack that `make deploy` made, no endpoint, and the stack's outputs."""
    session = boto3.Session(region_name=region())
    return session, None, stack_outputs(session)


def running_system(state: Path, engine_port: int) -> LocalSystem:
    """The local system that `make up` started.

    Raises:
        SystemExit: it does not run.
    """
    system = LocalSystem(state, engine_port=engine_port)
    if not system.is_running():
        raise SystemExit("No local system runs here. Run: make up")
    return system
