"""`--json`: one JSON document on standard output, for scripts.

What goes wrong is a sentence on standard error, with or without it, and the exit code is not 0. No document
has an address.
"""

import json
from collections.abc import Callable
from typing import Any

import click

json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, for scripts."
)


def print_json(document: object) -> None:
    """Print it in ASCII, so that every terminal and every reader takes it."""
    click.echo(json.dumps(document, indent=1))
