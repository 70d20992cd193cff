"""`broadsheet history`: what the register keeps, as the file that `build` takes."""

import click

from broadsheet.archive.history import dump_history
from broadsheet.archive.register import Record
from broadsheet.aws.register import DynamoDBRegister
from cli.chosen_stack import StackOptions

AT_ONCE = 500


def read_history() -> str:
    """The history of the deployed stack: when each issue was published, corrected, withdrawn.

    It names no reader and no editor.
    """
    register = DynamoDBRegister(StackOptions().reach("Register").table("Register"))
    records: list[Record] = []
    while found := register.after(records[-1].issue if records else "", AT_ONCE):
        records += found
    return dump_history(records)


@click.command()
def history() -> None:
    """Print what the deployed register keeps of each issue, for `build --history`."""
    click.echo(read_history(), nl=False)
