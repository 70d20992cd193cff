"""The questions of a first deployment, on a terminal: wrong answers are asked for again, right ones are kept.

AWS refuses everything but to say that there is no stack, so that each play ends before anything is created.
Its server is at an address of this machine that the command does not take for a local engine.
"""

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from cli.deployment.command import checked
from cli.deployment.questions import AnswerError, address, certificate, domain, region
from infrastructure.build import ROOT
from infrastructure.parameters import ParameterError
from tests.fakes.aws_endpoint import CREDENTIALS, WrongAWS, serving
from tests.terminal import CTRL_C, CTRL_D, Terminal, on_a_terminal

NEEDED = ("cli", "edge", "infrastructure", "local", "demo", "layers", "functions", "consents")
DEPLOY = [sys.executable, "-c", "from cli.main import main; main(prog_name='broadsheet')", "deploy"]
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, since answers are kept in it; with its bytecode, which its dates keep valid."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in NEEDED:
        shutil.copytree(ROOT / name, copy / name)
    for name in ("template.yaml", "newsletter.toml"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture
def checkout(copied: Path) -> Path:
    """The checkout before any answer."""
    shutil.copy(ROOT / "samconfig.toml", copied)
    return copied


@pytest.fixture
def aws() -> Iterator[WrongAWS]:
    with serving(WrongAWS(stack="NONE"), "127.0.0.2") as aws:
        yield aws


def deploying(
    checkout: Path, aws: WrongAWS, *words: str, columns: int = 80
) -> AbstractContextManager[Terminal]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**others, **CREDENTIALS, "AWS_ENDPOINT_URL": aws.url, "PYTHONIOENCODING": "utf-8:strict"}
    return on_a_terminal([*DEPLOY, *words], environment, checkout, columns)


def kept(checkout: Path) -> dict[str, Any]:
    settings = tomllib.loads((checkout / "samconfig.toml").read_text(encoding="utf-8"))
    found = settings["default"]["deploy"]["parameters"]
    return {name: found.get(name) for name in ("region", "parameter_overrides")}


def test_wrong_answers_are_asked_for_again_until_right_ones_come_and_those_are_kept(
    checkout: Path, aws: WrongAWS
) -> None:
    with deploying(checkout, aws, columns=40) as terminal:
        terminal.expect("There is no stack broadsheet yet, so this is its first deployment.")
        for wrong, hint in [
            ("eu-centrl-1", "Did you mean eu-central-1?"),
            ("mars", "One looks like eu-central-1."),
            (b"\xff\xfe", "That can't be read as text."),
            ("\x1b[A", "no region of that name"),
        ]:
            terminal.expect("The AWS region [eu-central-1]:")
            terminal.type(wrong)
            terminal.expect(hint)
        terminal.resize(20)
        terminal.type("  eu-north-1 ")
        for wrong, hint in [
            ("https://news.example.org/", "Write only the name"),
            ("two words.example", "not a domain name"),
            ("localhost", "not a domain name"),
            ("10.0.0.1", "not a domain name"),
        ]:
            terminal.expect(
                "A domain of your own for the site, if you have a certificate for it (empty: none):"
            )
            terminal.type(wrong)
            terminal.expect(hint)
        terminal.type("News.Example.ORG")
        for wrong, hint in [
            ("nonsense", "That is not the ARN of a certificate."),
            (ARN.replace("us-east-1", "eu-north-1"), "That certificate is in eu-north-1."),
        ]:
            terminal.expect("The ARN of its certificate")
            terminal.type(wrong)
            terminal.expect(hint)
        terminal.resize(200)
        terminal.type(ARN)
        for wrong in ("you at example.org", "a@example.org, b@example.org", "you@"):
            terminal.expect("The email address that alarms go to (empty: none):")
            terminal.type(wrong)
            terminal.expect("That is not an email address.")
        terminal.type(" you@example.org ")
        terminal.expect("Nothing was created.")
        assert terminal.ended() == 1
        assert "Traceback" not in terminal.shown
    answers = {"DomainName": "news.example.org", "CertificateArn": ARN, "AlarmAddress": "you@example.org"}
    assert kept(checkout) == {"region": "eu-north-1", "parameter_overrides": answers}


def test_until_it_is_deployed_the_answers_of_before_are_suggested_and_can_be_taken_back(
    checkout: Path, aws: WrongAWS
) -> None:
    for answers in (["eu-north-1", "", "you@example.org"], ["", "", "-"]):
        with deploying(checkout, aws) as terminal:
            suggested = "[you@example.org]" if answers[2] == "-" else ""
            for question, answer in zip(
                ("region", "domain", f"alarms go to{suggested}"), answers, strict=True
            ):
                terminal.expect(question if not suggested else question.partition("[")[0])
                terminal.expect(":")
                terminal.type(answer)
            terminal.expect("Nothing was created.")
            assert suggested in terminal.shown
    parameters = {"DomainName": "", "AlarmAddress": ""}
    assert kept(checkout) == {"region": "eu-north-1", "parameter_overrides": parameters}


def test_a_domain_without_a_certificate_is_left_out(checkout: Path, aws: WrongAWS) -> None:
    with deploying(checkout, aws, "--region", "eu-west-1") as terminal:
        terminal.expect("A domain of your own")
        terminal.type("news.example.org")
        terminal.expect("The ARN of its certificate")
        terminal.type("")
        terminal.expect("For now the site uses the CDN's name.")
        terminal.expect("alarms go to")
        terminal.type("")
        terminal.expect("Nothing was created.")
    assert kept(checkout)["region"] == "eu-west-1"
    assert kept(checkout)["parameter_overrides"]["DomainName"] == ""


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("answered", [0, 1, 2])
def test_an_interrupted_question_deploys_nothing_and_keeps_nothing(
    checkout: Path, aws: WrongAWS, keys: str, answered: int
) -> None:
    before = kept(checkout)
    with deploying(checkout, aws) as terminal:
        for question in ["AWS region", "domain of your own", "alarms go to"][: answered + 1]:
            if question != "AWS region":
                terminal.type("")
            terminal.expect(question)
            terminal.expect(":")
        terminal.press(keys, "Nothing was deployed, and no answer was kept.")
        assert terminal.ended() == 1
    assert kept(checkout) == before


@pytest.mark.parametrize(
    "words",
    [("--yes",), ("--parameter", "AlarmAddress=", "--parameter", "DomainName=", "--region", "eu-west-1")],
)
def test_nobody_is_asked_for_what_was_given(checkout: Path, aws: WrongAWS, words: tuple[str, ...]) -> None:
    with deploying(checkout, aws, *words) as terminal:
        terminal.expect("Nothing was created.")
        assert "]:" not in terminal.shown
        assert ":" in terminal.shown


def test_what_is_kept_of_the_named_stack_is_not_taken_for_another(checkout: Path, aws: WrongAWS) -> None:
    before = kept(checkout)
    with deploying(checkout, aws, "--yes", "--stack-name", "gazette", "--region", "eu-west-1") as terminal:
        terminal.expect("Nothing was created.")
    assert kept(checkout) == before


@pytest.mark.parametrize(
    ("check", "text", "taken"),
    [
        (region, "eu-central-1", "eu-central-1"),
        (domain, "", ""),
        (domain, "новости.example", "xn--b1amnebsh.example"),
        (domain, "a-1.b.example", "a-1.b.example"),
        (certificate, "", ""),
        (certificate, ARN, ARN),
        (address, "", ""),
        (address, "you+alarms@example.org", "you+alarms@example.org"),
    ],
)
def test_an_answer_is_taken_in_its_usual_form(check: Any, text: str, taken: str) -> None:
    assert check(text) == taken


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (region, ""),
        (region, "EU-CENTRAL-1"),
        (region, "eu-mars-9"),
        (domain, "example"),
        (domain, "-a.example"),
        (domain, "a..example"),
        (domain, "\udcff.example"),
        (domain, "a_b.example"),
        (domain, "you@example.org"),
        (domain, "news.example.org:443"),
        (domain, "*.example.org"),
        (domain, f"{'a' * 64}.example"),
        (certificate, "arn:aws:iam::123456789012:server-certificate/x"),
        (address, "пошта@example.org"),
        (address, "you@example"),
        (address, "-"),
    ],
)
def test_an_answer_that_aws_would_refuse_is_refused_at_once(check: Any, text: str) -> None:
    with pytest.raises(AnswerError):
        check(text)


def test_a_given_parameter_is_checked_as_an_answer_is() -> None:
    assert checked({"DomainName": " News.example.org ", "HoldSeconds": "x"}) == {
        "DomainName": "news.example.org",
        "HoldSeconds": "x",
    }
    with pytest.raises(ParameterError, match=r"AlarmAddress: That is not an email address\."):
        checked({"AlarmAddress": "nobody"})
