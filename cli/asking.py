"""The question before a command does what can't be undone."""

import sys
from collections.abc import Callable
from typing import Any

import click

yes_option: Callable[[Any], Any] = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


class NotAgreedError(click.ClickException):
    """Nobody agreed, or nobody could be asked. Nothing was changed."""


def require_consent(what: str, *, yes: bool, question: str = "Continue?") -> None:
    """Go on only if a person at the terminal agrees; with `yes` nobody is asked.

    `what` says in a sentence what will happen. Without a terminal and without `yes` nothing happens.

    Raises:
        NotAgreedError: as its docstring says.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotAgreedError(f"{what} There is no terminal to ask at: add --yes. Nothing was changed.")
    click.echo(what, err=True)
    try:
        agreed = click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        agreed = False
    if not agreed:
        raise NotAgreedError("Nothing was changed.")
