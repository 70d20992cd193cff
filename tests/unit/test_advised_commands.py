"""A command that advises another one names the stack that it works on, as the person chose it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.mailings.mailing import MailingState
from cli.chosen_stack import STATE, StackOptions
from cli.deployment.target import DeploymentTarget
from cli.doctor.command import for_stack
from cli.doctor.diagnosis import fault
from cli.failures import sentence_for
from cli.mailing_status import in_words
from infrastructure.build import ROOT
from tests.fakes.aws import refused
from tests.unit.test_commands_that_fail import ON_A_STACK
from tests.unit.test_progress import ZONE, half_way

USUAL = StackOptions()
IN_EUROPE = StackOptions(given_region="eu-north-1", given_name="weekly")
LOCAL = StackOptions(local=True)
ELSEWHERE = StackOptions(local=True, engine_port=4600, state=Path("my state"))
OTHER = StackOptions(profile="press", given_region="eu-north-1", given_name="weekly")
CHOSEN = " --profile press --region eu-north-1 --stack-name weekly"


@pytest.mark.parametrize(
    ("stack", "line"),
    [
        (USUAL, "broadsheet recover"),
        (LOCAL, "broadsheet recover --local"),
        (ELSEWHERE, "broadsheet recover --local --engine-port 4600 --state 'my state'"),
        (OTHER, f"broadsheet recover{CHOSEN}"),
        (StackOptions(given_name="weekly"), "broadsheet recover --stack-name weekly"),
    ],
)
def test_an_advised_command_has_the_options_that_were_given(stack: StackOptions, line: str) -> None:
    assert stack.command("recover") == line


def test_the_commands_that_start_and_stop_a_stack_are_those_of_that_stack() -> None:
    assert (USUAL.deploy, OTHER.deploy) == ("make deploy", f"broadsheet deploy{CHOSEN}")
    assert (LOCAL.deploy, LOCAL.stop) == ("make up", "make down")
    assert ELSEWHERE.deploy == "broadsheet up --state 'my state'"
    assert ELSEWHERE.stop == "broadsheet down --state 'my state'"
    assert StackOptions(local=True, engine_port=4600, state=STATE).deploy == "make up"


def test_a_failure_advises_commands_of_the_stack_that_failed() -> None:
    locked, lost = refused("DisabledException"), refused("ResourceNotFoundException")
    assert f"`broadsheet recover{CHOSEN}`" in str(sentence_for(locked, OTHER))
    assert "`broadsheet recover --local`" in str(sentence_for(locked, LOCAL))
    assert str(sentence_for(lost, OTHER)).endswith(f"Run: broadsheet doctor{CHOSEN}")
    assert str(sentence_for(lost, None)).endswith("Run: broadsheet doctor")


def test_status_says_which_command_makes_the_mailing_of_this_stack_go_on() -> None:
    paused = half_way(state=MailingState.PAUSED)
    assert in_words(paused, ZONE, OTHER.command("resume")).endswith(f"broadsheet resume{CHOSEN}")


@pytest.mark.parametrize(
    ("stack", "repair"),
    [
        (USUAL, "Run make deploy: the template sets it."),
        (LOCAL, "Run make up: the template sets it."),
        (OTHER, f"Run broadsheet deploy{CHOSEN}: the template sets it."),
    ],
)
def test_the_doctor_s_repair_deploys_the_stack_that_it_looked_at(stack: StackOptions, repair: str) -> None:
    found = fault("It is off", "Run make deploy: the template sets it.")
    assert for_stack(found, stack).repair == repair


def test_the_doctor_s_parameters_are_given_to_the_stack_that_it_looked_at() -> None:
    found = fault("The sandbox", "make deploy PARAMETERS=Sandbox=true")
    assert for_stack(found, OTHER).repair == f"broadsheet deploy{CHOSEN} --parameter Sandbox=true"
    assert for_stack(found, LOCAL) == for_stack(found, USUAL) == found


def test_whoever_deploys_another_stack_is_told_to_agree_to_that_one() -> None:
    usual, other = (DeploymentTarget.of({}, stack, yes=True).recovery() for stack in (USUAL, IN_EUROPE))
    assert "`make deploy YES=1`" in usual.how_to_agree
    assert "`broadsheet deploy --region eu-north-1 --stack-name weekly --yes`" in other.how_to_agree


WITHOUT_A_STACK = {  # they advise nothing, or are the command of the usual stack
    "A file written by `broadsheet history`.",
    "broadsheet doctor: the outcome of this email is known beforehand (",
    "broadsheet resume",
    "broadsheet doctor",
}


def test_no_sentence_of_a_command_names_another_one_without_its_stack() -> None:
    found = {
        text
        for file in sorted((ROOT / "cli").rglob("*.py"))
        for text in _shown_texts(ast.parse(file.read_text(encoding="utf-8")))
        if any(f"broadsheet {name}" in text for name in ON_A_STACK)
    }
    assert {text for text in found if "A draft of broadsheet verify" not in text} == WITHOUT_A_STACK


def _shown_texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, without its docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
