"""A group of commands that are imported when they are run, so that the list of commands shows at once."""

import pkgutil
from collections.abc import Mapping
from typing import Any

import click

from cli.terminal import PrintableErrors


class LazyGroup(PrintableErrors):
    """Its commands by name, each with where it is (`module:command`) and the first sentence of its help.

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
