"""Each command that reads `newsletter.toml` or `redirects.toml` names its mistakes, and has begun nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ROOT

COMMANDS = (
    *(["up"], ["demo"], ["deploy"], ["doctor"], ["check", "content"], ["build", "content", "out"]),
    *(["check", "content", "--newsletter", "newsletter.toml"], ["doctor", "--local"]),
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, as far as the commands need it before they begin."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("cli", "demo", "edge", "infrastructure", "local", "layers/core", "content"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def run(checkout: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(map(str, (checkout, checkout / "layers/core")))
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *command],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, "HOME": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )


def refused(checkout: Path, command: list[str]) -> str:
    """What the command says of the file; it has made nothing."""
    before = {path for path in checkout.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"}
    ended = run(checkout, command)
    after = {path for path in checkout.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"}
    assert (ended.returncode, ended.stdout, after) == (2, "", before)
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_names_all_mistakes_with_their_lines(checkout: Path, command: list[str]) -> None:
    wrong = (ROOT / "newsletter.toml").read_text(encoding="utf-8")
    wrong = wrong.replace('sender = "letter@ninthbridge.example.org"', 'sender = "letter"')
    wrong = wrong.replace('"Europe/Vilnius"', '"Europe/Wilno"')
    (checkout / "newsletter.toml").write_text(wrong, encoding="utf-8")
    sender, zone = (
        wrong.split("\n").index(line) + 1 for line in ('sender = "letter"', 'time_zone = "Europe/Wilno"')
    )
    said = refused(checkout, command)
    assert f"newsletter.toml:{sender}: error: “letter” is not an email address" in said
    assert f"newsletter.toml:{zone}: error: There is no time zone" in said


def test_deploying_a_file_that_is_no_text_ends_in_a_sentence(checkout: Path) -> None:
    (checkout / "newsletter.toml").write_bytes(b"\xff\xfen\0")
    assert "newsletter.toml:1: error: " in refused(checkout, ["deploy"])


@pytest.mark.parametrize("command", [["up"], ["deploy"]], ids=" ".join)
def test_a_missing_file_is_said_with_how_to_bring_it_back(checkout: Path, command: list[str]) -> None:
    (checkout / "newsletter.toml").unlink(missing_ok=True)
    assert "There is no newsletter.toml. It describes the newsletter; `git restore" in refused(
        checkout, command
    )


@pytest.mark.parametrize("command", [["up"], ["demo"], ["deploy"]], ids=" ".join)
def test_a_command_names_all_mistakes_of_the_redirects(checkout: Path, command: list[str]) -> None:
    shutil.copy(ROOT / "newsletter.toml", checkout)
    file = checkout / "redirects.toml"
    file.write_text('[redirects]\n"/en/about" = "/en/"\n"/a" = "//evil.test/"\n', encoding="utf-8")
    said = refused(checkout, command)
    file.unlink()
    assert "redirects.toml can't be used as it is." in said
    assert "redirects.toml:2: error: “/en/about” is an address of this site." in said
    assert "redirects.toml:3: error: “//evil.test/” is no page of this site." in said
