"""Whatever is wrong with the user's environment, every command ends with a sentence, and never a traceback.

The commands are those of the command line itself: a new one takes part in all of this by itself. If it has
arguments, `WORDS` or the kind of an argument gives them a value.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pyrage
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from infrastructure.build import read_template
from tests.fakes.aws_endpoint import CREDENTIALS, Answer, WrongAWS, serving, without_aws

OUTPUTS = tuple(read_template()["Outputs"])
PEOPLE = "email,agreed on\nana@example.org,2016-12-05\n"
RECIPIENT = str(pyrage.x25519.Identity.generate().to_public())
WORDS = {  # of commands that need more than their arguments
    "subscribers import": ["--audience", "en", "--source", "the form on our old site", "--yes"],
    "subscribers export": ["--to", RECIPIENT],
    "restore": ["--at", datetime.now(UTC).isoformat(timespec="seconds")],
}
OPEN_SITES = {"build", "check", "convert"}  # which need no stack
LOCAL_ONES = {"up", "down", "demo"}  # which make the local system, or end it


def commands(group: click.Group = main, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """All commands of the command line, by the words that call them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


COMMANDS = dict(commands())
ON_A_STACK = sorted(COMMANDS.keys() - OPEN_SITES - LOCAL_ONES)
ON_ANY_STACK = [name for name in ON_A_STACK if any(p.name == "local" for p in COMMANDS[name].params)]


def value_of(parameter: click.Parameter, folder: Path) -> str:
    """A value that the argument takes."""
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    if isinstance(parameter.type, click.Path):
        file = folder / "people.csv"
        file.write_text(PEOPLE, encoding="utf-8")
        return str(file)
    return "2016-12-05"


def words_of(name: str, folder: Path) -> list[str]:
    """A call of the command that only its environment can refuse."""
    parameters = COMMANDS[name].params
    needed = [one for one in parameters if isinstance(one, click.Argument) and one.required]
    yes = ["--yes"] if any(one.name == "yes" for one in parameters) else []
    words = [*WORDS.get(name, []), *yes, *(value_of(one, folder) for one in needed)]
    return [*name.split(), *dict.fromkeys(words)]


def run(words: list[str], **environment: str) -> Result:
    return CliRunner().invoke(main, words, input="ana@example.org\n", env=environment)


def ends_with_a_sentence(result: Result, *said: str) -> bool:
    """Whether it ended as it should, and said one of these."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert "ana@" not in result.output
    return any(words in result.output for words in said)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_aws(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ON_A_STACK)
def test_without_credentials_it_says_so(name: str, tmp_path: Path) -> None:
    result = run(words_of(name, tmp_path))
    assert ends_with_a_sentence(result, "There are no AWS credentials"), result.output


@pytest.mark.parametrize("name", ON_A_STACK)
@pytest.mark.parametrize("by_option", [True, False])
def test_a_profile_that_there_is_not_is_named(name: str, tmp_path: Path, *, by_option: bool) -> None:
    words = words_of(name, tmp_path)
    result = run([*words, "--profile", "nope"]) if by_option else run(words, AWS_PROFILE="nope")
    assert ends_with_a_sentence(result, "There is no AWS profile nope"), result.output


@pytest.mark.parametrize("name", ON_A_STACK)
def test_settings_of_aws_that_are_damaged_are_said_to_be(name: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default\nregion", encoding="utf-8")
    result = run(words_of(name, tmp_path), AWS_CONFIG_FILE=str(config))
    assert ends_with_a_sentence(result, "~/.aws/config"), result.output


@pytest.mark.parametrize("name", ON_A_STACK)
@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        (Answer("ExpiredToken"), ["Sign in again", "expired"]),
        (Answer("InvalidClientTokenId"), ["does not accept the credentials"]),
        (
            Answer("SignatureDoesNotMatch", message="Signature expired: 20261130 is now earlier than"),
            ["clock"],
        ),
        (Answer("InvalidSignatureException", seconds_ahead=3600), ["by 60 minutes", "seconds off"]),
        (
            Answer(
                message="User: arn:aws:sts::1:x is not authorized to perform: cloudformation:DescribeStacks"
            ),
            [
                "no permission for cloudformation:DescribeStacks",
                "does not accept the credentials (AccessDenied)",
            ],
        ),
        (Answer("Throttling", 400), ["no more requests", "can't be used", "(Throttling)"]),
        (Answer("InternalFailure", 500), ["has failed at DescribeStacks", "(InternalFailure)"]),
        (Answer(html="<html>Sign in to the airport's network</html>"), ["proxy", "ResponseParserError"]),
    ],
    ids=lambda value: value.code + value.html[:6] if isinstance(value, Answer) else "",
)
def test_what_aws_answers_becomes_a_sentence(
    name: str, answer: Answer, sentences: list[str], tmp_path: Path
) -> None:
    with serving(WrongAWS(answer)) as aws:
        result = run(words_of(name, tmp_path), **CREDENTIALS, AWS_ENDPOINT_URL=aws.url)
    assert ends_with_a_sentence(result, *sentences), result.output
    assert "arn:" not in result.output


@pytest.mark.parametrize("name", ON_A_STACK)
def test_an_endpoint_that_does_not_answer_is_named(name: str, tmp_path: Path) -> None:
    result = run(words_of(name, tmp_path), **CREDENTIALS, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert ends_with_a_sentence(result, "can't be reached"), result.output


@pytest.mark.parametrize("name", ON_A_STACK)
@pytest.mark.parametrize("address", ["nonsense", "http://x:y:z"])
def test_an_endpoint_that_is_no_address_is_said_to_be(name: str, address: str, tmp_path: Path) -> None:
    result = run(words_of(name, tmp_path), **CREDENTIALS, AWS_ENDPOINT_URL=address)
    assert ends_with_a_sentence(result, "AWS_ENDPOINT_URL can't be used", "can't be reached"), result.output


@pytest.mark.parametrize("name", ON_ANY_STACK)
def test_a_region_without_the_stack_or_without_a_sensible_name_is_named(name: str, tmp_path: Path) -> None:
    missing = Answer("ValidationError", 400, "Stack with id broadsheet does not exist")
    words = [*words_of(name, tmp_path), "--region", "eu-north-1", "--stack-name", "gazette"]
    with serving(WrongAWS(missing)) as aws:
        result = run(words, **CREDENTIALS, AWS_ENDPOINT_URL=aws.url)
    assert ends_with_a_sentence(result, "no stack gazette in eu-north-1", "does not accept"), result.output
    assert ends_with_a_sentence(
        run([*words_of(name, tmp_path), "--region", "eu west"], **CREDENTIALS),
        "not the name of a region",
        "InvalidRegion",
    )


@pytest.mark.parametrize("name", ON_ANY_STACK)
@pytest.mark.parametrize(
    "status", ["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS"]
)
def test_a_stack_that_is_half_made_or_half_deleted_is_said_to_be(
    name: str, status: str, tmp_path: Path
) -> None:
    with serving(WrongAWS(stack=status)) as aws:
        result = run(words_of(name, tmp_path), **CREDENTIALS, AWS_ENDPOINT_URL=aws.url)
    assert ends_with_a_sentence(result, f"({status})", "does not accept the credentials"), result.output


def test_panic_tries_what_is_left_of_a_stack_and_others_do_not(tmp_path: Path) -> None:
    for name, sentence in (("panic", "NOT DONE"), ("cancel", "is being deleted (DELETE_IN_PROGRESS)")):
        with serving(WrongAWS(stack="DELETE_IN_PROGRESS", outputs=OUTPUTS)) as aws:
            result = run(words_of(name, tmp_path), **CREDENTIALS, AWS_ENDPOINT_URL=aws.url)
        assert ends_with_a_sentence(result, sentence), result.output


@pytest.mark.parametrize("name", ON_A_STACK)
@pytest.mark.parametrize(
    "answer", [Answer("AccessDeniedException", 400), Answer("ResourceNotFoundException", 400)]
)
def test_what_is_refused_after_the_stack_was_found_is_named(
    name: str, answer: Answer, tmp_path: Path
) -> None:
    with serving(WrongAWS(answer, stack="UPDATE_COMPLETE", outputs=OUTPUTS)) as aws:
        result = run(words_of(name, tmp_path), **CREDENTIALS, AWS_ENDPOINT_URL=aws.url)
    assert ends_with_a_sentence(result, "no permission for", "is missing", answer.code), result.output


@pytest.mark.parametrize("name", ON_ANY_STACK)
def test_a_local_system_that_does_not_run_or_only_in_part_is_said_to_be(name: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    words = [*words_of(name, tmp_path), "--local", "--state", str(state)]
    starts = f"Run: broadsheet up --state {state}"
    assert ends_with_a_sentence(run(words), f"No local system is running here. {starts}")
    for running in ('{"engine": 1, "front": 2}', "damaged"):
        (state / "running.json").write_text(running, encoding="utf-8")
        assert ends_with_a_sentence(run(words), f"stopped, or part of it. {starts}")


@pytest.mark.parametrize("name", ON_ANY_STACK)
def test_a_profile_and_the_local_system_exclude_each_other(name: str, tmp_path: Path) -> None:
    result = run([*words_of(name, tmp_path), "--local", "--profile", "any"])
    assert (result.exit_code, "--local is the system on this machine" in result.output) == (2, True)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself_and_refuses_an_unknown_option(name: str) -> None:
    assert run([*name.split(), "--help"]).exit_code == 0
    assert run([*name.split(), "--no-such-option"]).exit_code == 2


def test_the_commands_that_need_no_stack_are_these_and_no_others() -> None:
    without = {name for name, one in COMMANDS.items() if not any(p.name == "stack_name" for p in one.params)}
    assert without == OPEN_SITES | LOCAL_ONES


def test_the_version_is_shown() -> None:
    assert run(["--version"]).output == "broadsheet 0.1.0\n"
