"""No control character of a file reaches a terminal."""

import ast
import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from broadsheet.characters import printable
from cli.console import PrintableConsole
from cli.lazy import LazyGroup
from cli.main import main

CLI = Path(__file__).resolve().parents[2] / "cli"
HOSTILE = "a\x1b]0;title\x07b\x1b[2Jc\rd\x9be\u202ef\x08g"
SHOWN = "a\ufffd]0;title\ufffdb\ufffd[2Jc\ufffdd\ufffde\ufffdf\ufffdg"
TEXTS = st.text(st.sampled_from("ab \n\t\x00\x07\x08\x1b\r\x7f\x85\x9b\u2028\u202e\u2066[]m;"), max_size=20)


@given(TEXTS)
def test_printable_text_has_lines_and_tabs_and_nothing_else_that_a_terminal_acts_on(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(sign in "\n\t\ufffd" or sign.isprintable() for sign in shown)


@given(TEXTS)
def test_whatever_a_console_is_given_it_prints_no_control_character(text: str) -> None:
    out = io.StringIO()
    console = PrintableConsole(file=out, width=200)
    table = Table()
    table.add_column(Text(text))
    table.add_row(Text(text))
    for each in (Text(text), table, text.replace("[", "(")):
        console.print(each)
    assert all(sign == "\n" or sign.isprintable() for sign in out.getvalue())


def test_a_console_keeps_its_own_colours_and_movements() -> None:
    out = io.StringIO()
    console = PrintableConsole(file=out, force_terminal=True, width=60)
    with Progress(console=console) as progress:
        progress.add_task(HOSTILE, total=1)
    console.print(Text(HOSTILE, style="red"))
    assert "\x1b[31m" in out.getvalue()
    assert not {"\x1b]", "\x1b[2J", "\x07", "\x08", "\x9b"} & {
        sign for sign in ("\x1b]", "\x1b[2J", "\x07", "\x08", "\x9b") if sign in out.getvalue()
    }


@click.command()
@click.pass_obj
def fail(error: click.ClickException) -> None:
    raise error


@pytest.mark.parametrize("error", [click.ClickException(HOSTILE), click.UsageError(HOSTILE)])
def test_the_message_of_an_error_is_printable_and_its_exit_code_stays(error: click.ClickException) -> None:
    group = LazyGroup(lazy={"fail": (f"{__name__}:fail", "")})
    done = CliRunner().invoke(group, ["fail"], obj=error)
    assert SHOWN in done.output
    assert done.exit_code == error.exit_code


def test_a_checked_file_whose_name_and_title_hold_escape_sequences_shows_none(tmp_path: Path) -> None:
    folder = tmp_path / "issues" / "2016-12-05"
    folder.mkdir(parents=True)
    file = folder / "e\x1b[2Jn.md"
    title = '---\ntitle: "\\u001b[2J"\nkey\x1b: x\nsummary: "[a](x\\u001b:)"\n---\n[a](x&#x1b;:b) \x1b\n'
    file.write_text(title, encoding="utf-8")
    (folder / "en.md").write_text(title, encoding="utf-8")
    done = CliRunner().invoke(main, ["check", str(folder)])
    assert done.exit_code == 1
    assert all(sign == "\n" or sign.isprintable() for sign in done.output)


def test_the_commands_print_by_the_printable_console_alone() -> None:
    wrong = []
    for file in CLI.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and file.name != "console.py":
                wrong += [(file.name, node.func.id)] if node.func.id in ("print", "Console") else []
    assert wrong == []
    assert isinstance(main, LazyGroup)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1251"])
def test_text_that_a_terminal_lacks_letters_for_ends_no_command(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "en.md").write_text("x", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": f"{encoding}:strict"}
    broadsheet = Path(sys.executable).with_name("broadsheet")
    out = str(tmp_path / "out")
    for words, code in (
        (["check", str(tmp_path), "--language", "be"], 1),
        (["build", str(tmp_path), out], 1),
    ):
        done = subprocess.run([broadsheet, *words], env=environment, capture_output=True, check=False)
        assert b"Traceback" not in done.stderr, done.stderr
        assert done.returncode == code
