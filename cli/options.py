"""Options that several commands take."""

from collections.abc import Callable
from pathlib import Path

import click

from infrastructure.build import ROOT

LOCAL = ROOT / ".local"
Command = Callable[..., None]


def stack_options(what: str = "The local system", *, with_state: bool = True) -> Callable[[Command], Command]:
    """Which stack a command is about: the deployed one, or `what` of the local system; as keywords."""
    state = click.option(
        "--state", default=LOCAL / "system", type=click.Path(path_type=Path), help="With --local: its state."
    )
    options = [
        click.option("--local", is_flag=True, help=f"{what} that `make up` started."),
        click.option("--engine-port", default=4566, help="With --local: where the local AWS listens."),
        *([state] if with_state else []),
    ]

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
