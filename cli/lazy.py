"""A group of commands that are imported when they are run, so that the list of commands shows at once."""

import pkgutil
from collections.abc import Mapping
from typing import Any

import click

from broadsheet.characters import printable

SENTENCES = "cli.failures:sentence_for"  # imported when a command has failed
STACK = "cli.chosen_stack"  # the key of the stack among what click keeps of a command


class LazyGroup(click.Group):
    """Commands by name, each with its place (`module:command`) and the first sentence of its help.

    Their errors are printable. A terminal runs what it is sent: an escape sequence in a title could retitle
    windows, hide lines, or type for the person at the keyboard. `cli/console.py` does the same for rich.
    Source: Click documentation, "Lazily Loading Subcommands".
    """

    def __init__(self, *arguments: Any, lazy: Mapping[str, tuple[str, str]], **options: Any) -> None:  # noqa: ANN401  # as click has them
        super().__init__(*arguments, **options)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names in alphabetical order."""
        del ctx
        return sorted(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        del ctx
        return pkgutil.resolve_name(self.lazy[cmd_name][0]) if cmd_name in self.lazy else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        limit = formatter.width - 6 - max(map(len, self.lazy))  # as click counts
        stubs = (click.Command(name, help=self.lazy[name][1]) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(str(stub.name), stub.get_short_help_str(limit)) for stub in stubs])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click has it
        """Run the command; what it raises for the user's mistake or environment ends it with a sentence.

        Exit codes: 2 of usage, 1 of other errors. An error that nobody foresaw is raised as it is.
        """
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            message = error.format_message()
            if message == printable(message):
                raise
            if isinstance(error, click.UsageError):
                raise click.UsageError(printable(message), error.ctx) from None
            raise click.ClickException(printable(message)) from None
        except SystemExit as error:
            if not isinstance(error.code, str):
                raise
            raise click.ClickException(printable(error.code)) from None
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            sentence: str | None = pkgutil.resolve_name(SENTENCES)(error, ctx.meta.get(STACK))
            if sentence is None:
                raise
            raise click.ClickException(printable(sentence)) from None
