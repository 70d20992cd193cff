"""The question before a command does what can't be undone."""

import sys
from collections.abc import Callable
from typing import Any

import click

yes_option: Callable[[Any], Any] = click.option("--yes", is_flag=True, help="Ask nothing.")


class NotAgreedError(click.ClickException):
    """Nobody agreed, or nobody could be asked. Nothing was changed."""


def require_consent(what: str, *, yes: bool, question: str = "Go on?") -> None:
    """Go on only if a person at the terminal agrees; with `yes` nobody is asked.

    `what` says in a sentence what will happen. Without a terminal and without `yes` nothing happens.

    Raises:
        NotAgreedError: as its docstring says.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotAgreedError(f"{what} Here nobody can be asked: add --yes. Nothing was changed.")
    click.echo(what, err=True)
    try:
        agreed = click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        agreed = False
    if not agreed:
        raise NotAgreedError("Nothing was changed.")
