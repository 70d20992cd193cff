"""The list of commands says what the commands say of themselves, and shows without importing them."""

import subprocess
import sys

import click
import pytest

from cli.lazy import LazyGroup
from cli.main import keys, main, subscribers

GROUPS = (main, subscribers, keys)
COMMANDS = [(group, name) for group in GROUPS if isinstance(group, LazyGroup) for name in group.lazy]
PROGRAM = """
import sys
from cli.main import main
try:
    main(["--help"])
except SystemExit:
    print([name for name in ("boto3", "rich", "ministack", "jinja2", "cli.panic") if name in sys.modules])
"""


@pytest.mark.parametrize(("group", "name"), COMMANDS, ids=[name for _, name in COMMANDS])
def test_a_command_is_listed_with_its_own_first_sentence(group: LazyGroup, name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.name in (name, "import")
    listed = click.Command(name, help=group.lazy[name][1])
    for limit in (45, 63, 200):
        assert listed.get_short_help_str(limit) == command.get_short_help_str(limit)


def test_the_list_of_commands_shows_without_what_they_import() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert "  subscribers  The subscriber list: import, export, count, find, forget." in lines
    assert lines[-1] == "[]"


def test_a_name_that_is_no_command_is_refused() -> None:
    assert main.get_command(click.Context(main), "no-such-command") is None
