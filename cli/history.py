"""`broadsheet history`: what the register keeps, as the file that `build` takes."""

import click

from broadsheet.archive.history import dump_history
from broadsheet.archive.register import Record
from broadsheet.aws.register import DynamoDBRegister
from cli.chosen_stack import StackOptions, stack_options

AT_ONCE = 500


def read_history(stack: StackOptions) -> str:
    """The history of the stack: when each issue was published, corrected, withdrawn.

    It names no reader and no editor.
    """
    register = DynamoDBRegister(stack.reach("Register").table("Register"))
    records: list[Record] = []
    while found := register.after(records[-1].issue if records else "", AT_ONCE):
        records += found
    return dump_history(records)


@click.command()
@stack_options("OperatorPolicy")
@click.option(
    "--json", is_flag=True, expose_value=False, help="Print JSON; it does so without this option, too."
)
def history(*, stack: StackOptions) -> None:
    """Print what the register knows about each issue, as JSON, for `build --history`."""
    click.echo(read_history(stack).encode(), nl=False)  # UTF-8, whatever the terminal's encoding
