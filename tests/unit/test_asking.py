"""What can't be undone is asked for, in one way by every command that does it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.main import main
from tests.fakes.aws_endpoint import CREDENTIALS, Answer, WrongAWS, serving
from tests.from_template import the_template
from tests.terminal import CTRL_C, CTRL_D, on_a_terminal
from tests.unit.test_commands_that_fail import COMMANDS, run, words_of

BROADSHEET = Path(sys.executable).with_name("broadsheet")
ASK = {name for name, command in COMMANDS.items() if any(p.name == "yes" for p in command.params)}
AT_ONCE = ["panic", "recover", "keys rotate"]  # which ask before they look at anything


@pytest.fixture
def aws() -> Iterator[WrongAWS]:
    """A whole stack, of which nothing may be read or changed."""
    with serving(
        WrongAWS(Answer("AccessDenied"), "CREATE_COMPLETE", tuple(the_template()["Outputs"]))
    ) as aws:
        yield aws


def environment(aws: WrongAWS) -> dict[str, str]:
    return {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": aws.url, "AWS_REGION": "eu-central-1"}


def test_these_commands_ask_and_no_others() -> None:
    lists = {"subscribers import", "subscribers forget", "restore"}
    assert {"cancel", "resend", "resume", "panic", "recover", "keys rotate", "deploy", *lists} == ASK


@pytest.mark.parametrize("name", AT_ONCE)
def test_without_a_terminal_and_without_yes_nothing_is_done(name: str, aws: WrongAWS, tmp_path: Path) -> None:
    words = [word for word in words_of(name, tmp_path) if word != "--yes"]
    result = run(words, **CREDENTIALS, AWS_ENDPOINT_URL=aws.url)
    assert (result.exit_code, aws.calls) == (1, 0)
    assert "There is no terminal to ask at: add --yes. Nothing was changed." in result.output


@pytest.mark.parametrize("name", AT_ONCE)
@pytest.mark.parametrize("answer", ["n\r", "\r", "nonsense\rn\r", CTRL_C, CTRL_D])
def test_on_a_terminal_only_a_yes_goes_on(name: str, answer: str, aws: WrongAWS, tmp_path: Path) -> None:
    with on_a_terminal([BROADSHEET, *name.split()], environment(aws), tmp_path) as terminal:
        terminal.expect("the stack broadsheet in eu-central-1")
        terminal.expect("[y/N]:")
        terminal.press(answer, "Error: Nothing was changed.")
        assert (terminal.ended(), aws.calls) == (1, 0)


def test_a_yes_goes_on(aws: WrongAWS, tmp_path: Path) -> None:
    with on_a_terminal([BROADSHEET, "keys", "rotate"], environment(aws), tmp_path, columns=30) as terminal:
        terminal.expect("[y/N]:")
        terminal.type("y")
        terminal.expect("You have no permission for Invoke")
        assert (terminal.ended(), aws.calls > 1) == (1, True)


def test_every_question_can_be_answered_before_by_the_same_option() -> None:
    for name in ASK:
        (yes,) = [one for one in COMMANDS[name].params if one.name == "yes"]
        assert isinstance(yes, click.Option)
        assert (yes.opts, yes.is_flag, str(yes.help)[:10]) == (["--yes"], True, "Do not ask")
    assert "--yes" in CliRunner().invoke(main, ["cancel", "--help"]).output
