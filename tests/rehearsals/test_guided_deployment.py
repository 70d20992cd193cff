"""The first deployment as a person does it at a terminal, against the local engine, after wrong answers."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from infrastructure.build import ROOT
from local.system import STACK, LocalSystem, free_port
from tests.acceptance.conftest import is_up, wait_for
from tests.terminal import CTRL_C, Terminal, on_a_terminal

MOST_SECONDS = 600  # with SAM to install and everything to build
ALARMS = "alarms@example.org"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path_factory.mktemp("guided"), free_port(), free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


def deploying(system: LocalSystem, columns: int) -> AbstractContextManager[Terminal]:
    environment = {**os.environ, **system.client_environment, "AWS_REGION": "eu-central-1"}
    parameters = f"PARAMETERS=Origin={system.address} DeskDelaySeconds=1"
    return on_a_terminal(["make", "deploy", parameters], environment, ROOT, columns)


def parameters(system: LocalSystem) -> dict[str, str]:
    (stack,) = system.stack.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def test_a_person_deploys_for_the_first_time(system: LocalSystem) -> None:
    broken_off_nothing_is_deployed(system)
    a_certificate_that_is_not_there_stops_it_before_anything_is_made(system)
    after_wrong_answers_the_right_ones_are_deployed(system)
    wait_for(lambda: is_up(system), "the site")
    a_second_time_nobody_is_asked(system)


def broken_off_nothing_is_deployed(system: LocalSystem) -> None:
    with deploying(system, 80) as terminal:
        terminal.expect("The AWS region [eu-central-1]:")
        terminal.press(CTRL_C, "Nothing was deployed, and no answer was kept.")
        assert terminal.ended() != 0


def a_certificate_that_is_not_there_stops_it_before_anything_is_made(system: LocalSystem) -> None:
    with deploying(system, 60) as terminal:
        terminal.expect("The AWS region")
        terminal.type("")
        for question, answer in (("A domain", "news.example.org"), ("certificate,", ARN), ("alarms", "")):
            terminal.expect(question)
            terminal.expect("(empty: none):")
            terminal.type(answer)
        terminal.expect("Nothing was created.", MOST_SECONDS)
        assert terminal.ended() != 0


def after_wrong_answers_the_right_ones_are_deployed(system: LocalSystem) -> None:
    with deploying(system, 40) as terminal:
        terminal.expect("The AWS region")
        terminal.type("nowhere")
        terminal.expect("no region of that name")
        terminal.resize(20)
        terminal.type("")
        terminal.expect("A domain of your own")
        terminal.type("https://news.example.org")
        terminal.expect("Write only the name")
        terminal.type("  ")
        terminal.expect("alarms go to")
        terminal.type("nobody at all")
        terminal.expect("That is not an email address.")
        terminal.type(f"  {ALARMS} ")
        terminal.expect(f"Site  {system.address}", MOST_SECONDS)
        assert terminal.ended(MOST_SECONDS) == 0
    deployed = parameters(system)
    assert (deployed["AlarmAddress"], deployed["DomainName"]) == (ALARMS, "")


def a_second_time_nobody_is_asked(system: LocalSystem) -> None:
    with deploying(system, 80) as terminal:
        terminal.expect(f"Site  {system.address}", MOST_SECONDS)
        assert terminal.ended(MOST_SECONDS) == 0
        assert "[eu-central-1]:" not in terminal.shown
    assert parameters(system)["AlarmAddress"] == ALARMS
