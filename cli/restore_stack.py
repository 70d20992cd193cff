"""The tables that `broadsheet restore` works on, of the deployed or of the local stack."""

from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.config import Config

from broadsheet.aws.dynamodb import table_of
from broadsheet.aws.point_in_time import PointInTime
from cli.deployed_list import now
from cli.own_stack import session_and_outputs
from cli.restore_steps import OUTPUTS, RestoreTables
from cli.stack import stack_name
from local.system import STACK

LIMITS, DESK_QUEUE = "Limits", "DeskQueue"
PATIENT = Config(user_agent="Broadsheet", retries={"mode": "standard", "total_max_attempts": 8})


def reached(*, local: bool, state: Path, engine_port: int) -> tuple[RestoreTables, PointInTime]:
    """The stack, and DynamoDB's calls about whole tables.

    Raises:
        StackMissingError, ClientError, BotoCoreError: it can't be reached.
    """
    session, endpoint, outputs = session_and_outputs(local=local, state=state, engine_port=engine_port)
    if {*OUTPUTS.values(), LIMITS, DESK_QUEUE} - set(outputs):
        raise SystemExit("The deployed stack is older than this command. Run: make deploy")
    return of(session, STACK if local else stack_name(), outputs, endpoint_url=endpoint)


def of(
    session: boto3.Session, name: str, outputs: Mapping[str, str], endpoint_url: str | None = None
) -> tuple[RestoreTables, PointInTime]:
    """The stack in tables of these names."""
    tables = table_of(session, "", PATIENT, endpoint_url)
    names = {table: outputs[output] for table, output in OUTPUTS.items()} | {"limits": outputs[LIMITS]}
    sqs = session.client("sqs", config=PATIENT, endpoint_url=endpoint_url)
    stack = RestoreTables(name, tables.client, sqs, names, outputs[DESK_QUEUE], now)
    return stack, PointInTime(session.client("dynamodb", config=PATIENT, endpoint_url=endpoint_url))
