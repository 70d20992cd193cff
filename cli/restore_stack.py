"""The tables that `broadsheet restore` works on, of the deployed or of the local stack."""

from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.config import Config

from broadsheet.aws.dynamodb import table_of
from broadsheet.aws.point_in_time import PointInTime
from cli.own_stack import deployed, running_system
from cli.restore_parts import OUTPUTS, Stack
from cli.roster import now
from cli.stack import stack_name

LIMITS, DESK_QUEUE = "Limits", "DeskQueue"
LOCAL_NAMES = {
    **{output: f"{output}Table" for output in (*OUTPUTS.values(), LIMITS)},
    DESK_QUEUE: DESK_QUEUE,
}
PATIENT = Config(user_agent="Broadsheet", retries={"mode": "standard", "total_max_attempts": 8})


def reached(*, local: bool, state: Path, engine_port: int) -> tuple[Stack, PointInTime]:
    """The stack, and DynamoDB's calls about whole tables.

    Raises:
        StackMissingError, ClientError, BotoCoreError: it can't be reached.
    """
    if local:
        system = running_system(state, engine_port)
        stack = system.stack
        session = system.session
        names = {output: stack.physical(resource) for output, resource in LOCAL_NAMES.items()}
        return of(session, stack.name, names, endpoint_url=stack.endpoint)
    session, _, outputs = deployed()
    if set(LOCAL_NAMES) - set(outputs):
        raise SystemExit("The deployed stack is older than this command. Run: make deploy")
    return of(session, stack_name(), outputs)


def of(
    session: boto3.Session, name: str, outputs: Mapping[str, str], endpoint_url: str | None = None
) -> tuple[Stack, PointInTime]:
    """The stack in tables of these names."""
    tables = table_of(session, "", PATIENT, endpoint_url)
    names = {table: outputs[output] for table, output in OUTPUTS.items()} | {"limits": outputs[LIMITS]}
    sqs = session.client("sqs", config=PATIENT, endpoint_url=endpoint_url)
    stack = Stack(name, tables.client, sqs, names, outputs[DESK_QUEUE], now)
    return stack, PointInTime(session.client("dynamodb", config=PATIENT, endpoint_url=endpoint_url))
