"""What `up`, `down` and `demo` say: what to do next, what is waited for, and what is in the way."""

import io
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.chosen_stack import STATE
from cli.console import PrintableConsole
from cli.local_commands import show_addresses, stack_of
from cli.main import main
from demo.story import CheckFailedError, Story
from local.system import LocalSystem


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def story(tmp_path: Path, out: io.StringIO) -> Story:
    return Story(LocalSystem(tmp_path), PrintableConsole(file=out))


def test_a_folder_that_is_used_for_something_else_is_not_taken_for_a_state(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(main, ["up", "--state", str(tmp_path)])
    assert (result.exit_code, "is used for something else" in result.output) == (1, True)


def test_a_port_that_somebody_uses_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["up", "--state", str(tmp_path / "new"), "--port", str(port)])
    assert (result.exit_code, f"Error: Port {port} is in use." in result.output) == (1, True)


def test_nothing_that_runs_is_nothing_to_stop(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["down", "--state", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, "Nothing was running.\n")


def test_a_damaged_file_of_processes_is_passed_over_and_a_wrong_port_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "running.json").write_text("junk", encoding="utf-8")
    result = CliRunner().invoke(main, ["down", "--state", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, "Nothing was running.\n")
    for words in (["--port", "99999999"], ["--engine-port", "0"], ["--hold", "-1"]):
        assert CliRunner().invoke(main, ["up", *words]).exit_code == 2


def test_the_addresses_are_those_of_page_inbox_desk_and_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_addresses(LocalSystem(tmp_path, port=8123))
    shown = [word for word in capsys.readouterr().out.split() if word.startswith("http")]
    assert [word.removeprefix("http://127.0.0.1:8123/") for word in shown] == [
        *("", "_local/inbox", "_local/desk", "_local/log")
    ]


def test_other_commands_are_told_where_a_system_is_that_is_not_in_its_usual_place(tmp_path: Path) -> None:
    usual, other = stack_of(LocalSystem(STATE)), stack_of(LocalSystem(tmp_path, engine_port=4600))
    assert usual.command("status") == "broadsheet status --local"
    assert other.command("status") == f"broadsheet status --local --state {tmp_path}"  # knows the port


def test_whatever_the_demo_waits_for_is_said_where_there_is_no_bar(story: Story, out: io.StringIO) -> None:
    answers = iter([None, "page"])
    assert story.wait_for("the page", lambda: next(answers)) == "page"
    assert story.wait_for("what is there", lambda: "at once") == "at once"
    with story.console.status("  … CloudFormation"):
        pass
    assert out.getvalue() == "  … the page\n  … CloudFormation\n"


def test_what_the_demo_waits_for_in_vain_ends_it(story: Story) -> None:
    with pytest.raises(CheckFailedError, match="the page: not within 0 s"):
        story.wait_for("the page", lambda: None, seconds=0)
