"""What reaches a terminal: no control character of a file, a file's name or an answer ever does.

A terminal runs what it is sent: an escape sequence in a title may retitle windows, hide lines, or answer for
the person at the keyboard. `cli/console.py` does the same for rich.
"""

from typing import Any

import click

from broadsheet.characters import printable


class PrintableErrors(click.Group):
    """A group of commands whose errors, which may name a file or repeat its words, are printable."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click has it
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if (message := error.format_message()) == printable(message):
                raise
            raise _printable(error, printable(message)) from None


def _printable(error: click.ClickException, message: str) -> click.ClickException:
    """The error with that message; errors of usage keep their exit code of 2, others have 1."""
    if isinstance(error, click.UsageError):
        return click.UsageError(message, error.ctx)
    return click.ClickException(message)


def say(text: str) -> None:
    """Print a line."""
    click.echo(printable(text))
