"""`--json` prints one document for scripts, and nothing else on standard output."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from infrastructure.build import ROOT
from tests.fakes.aws_endpoint import CREDENTIALS, Answer, WrongAWS, serving, without_aws
from tests.from_template import the_template
from tests.unit.test_commands_that_fail import COMMANDS, words_of

WITH_JSON = {
    name for name, command in COMMANDS.items() if any("--json" in one.opts for one in command.params)
}
LOOKED_AT_BY_ITSELF = {"check", "doctor", "verify"}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_aws(monkeypatch, tmp_path)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[WrongAWS]:
    """A whole stack, of which nothing may be read."""
    with serving(
        WrongAWS(Answer("AccessDenied"), "CREATE_COMPLETE", tuple(the_template()["Outputs"]))
    ) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


def document(*words: str) -> Any:
    return json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)


def test_these_commands_print_json() -> None:
    of_mailings = {"pause", "resume", "cancel", "resend", "status"}
    assert {*of_mailings, "history", "subscribers count", *LOOKED_AT_BY_ITSELF} == WITH_JSON


@pytest.mark.parametrize("name", sorted(WITH_JSON - LOOKED_AT_BY_ITSELF))
def test_a_failure_is_a_sentence_on_standard_error_and_no_document(
    name: str, aws: WrongAWS, tmp_path: Path
) -> None:
    result = CliRunner().invoke(main, [*words_of(name, tmp_path), "--json"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: You have no permission for ")
    assert result.stderr.count("\n") == 1


def test_the_doctor_lists_what_it_found(aws: WrongAWS) -> None:
    found = document("doctor")
    assert found["faults"] == sum(one["level"] == "fault" for one in found["findings"]) == 1
    assert found["findings"][0].keys() == {"level", "text", "repair"}


def test_each_step_of_verify_is_listed(aws: WrongAWS) -> None:
    found = document("verify", "--patience", "1")
    assert found["passed"] is False
    assert {"step", "passed", "found", "seconds", "look_at"} == set(found["steps"][0])
    assert [one["step"] for one in found["steps"]][-1] == "cleaned up"


def test_findings_of_a_check_are_listed_with_what_mends_them(tmp_path: Path) -> None:
    folder = tmp_path / "issues" / "2016-12-05"
    folder.mkdir(parents=True)
    (folder / "en.md").write_text("No head.\n", encoding="utf-8")
    found = document("check", str(folder))
    assert found["files"] == 1
    assert found["findings"][0].keys() == {"file", "line", "level", "rule", "what", "why", "mend"}
    assert document("check", str(ROOT / "content"))["findings"] == []
