"""`broadsheet history`: what the register keeps, as the file that `build` takes."""

import boto3
import click

from broadsheet.archive.history import dump_history
from broadsheet.archive.register import Record
from broadsheet.aws.dynamodb import table_of
from broadsheet.aws.register import DynamoDBRegister
from cli.stack import region, stack_outputs

AT_ONCE = 500


def read_history() -> str:
    """The history of the deployed stack: when each issue was published, corrected, withdrawn.

    It names no reader and no editor.
    """
    session = boto3.Session(region_name=region())
    table = table_of(session, stack_outputs(session)["Register"])
    register = DynamoDBRegister(table)
    records: list[Record] = []
    while found := register.after(records[-1].issue if records else "", AT_ONCE):
        records += found
    return dump_history(records)


@click.command()
def history() -> None:
    """Print what the deployed register keeps of each issue, for `build --history`."""
    click.echo(read_history(), nl=False)
