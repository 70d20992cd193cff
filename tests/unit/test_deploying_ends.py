"""The other steps of deploying: the pinned SAM, the site's front page, the list of what is left to do."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.deployment.command import print_diagnoses
from cli.deployment.front_page import published
from cli.deployment.sam import REQUIREMENTS, pinned_version, sam_command, version_of
from cli.doctor.diagnosis import Diagnosis, Level
from infrastructure.build import ROOT


@dataclass
class Wait:
    """A clock that sleeping moves, a desk, and a site that comes up at a time, or never."""

    up_at: float | None
    now: float = 0.0
    uploads: list[float] = field(default_factory=list)

    def published(self) -> bool:
        return published(
            upload=lambda: self.uploads.append(self.now),
            answers=lambda: self.up_at is not None and self.now >= self.up_at,
            clock=lambda: self.now,
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_site_that_answers_at_once_is_not_waited_for() -> None:
    wait = Wait(up_at=0)
    assert wait.published()
    assert (wait.uploads, wait.now) == ([0], 0)


def test_the_newsletter_is_uploaded_again_each_minute_until_the_site_answers() -> None:
    wait = Wait(up_at=250)
    assert wait.published()
    assert wait.uploads == [0, 60, 120, 180, 240]
    assert wait.now == 250


def test_a_site_that_never_answers_is_given_up_after_ten_minutes() -> None:
    wait = Wait(up_at=None)
    assert not wait.published()
    assert wait.now == 600


def test_findings_are_listed_faults_first_with_their_repairs_and_without_what_is_in_order() -> None:
    said: list[str] = []
    found = [
        Diagnosis(Level.TODO, "DNS lacks a record.", "TXT …"),
        Diagnosis(Level.OK, "Credentials work."),
        Diagnosis(Level.FAULT, "The certificate is elsewhere.", "Ask for one in us-east-1."),
    ]
    print_diagnoses(found, said.append)
    assert said == [
        "  Fault: The certificate is elsewhere.",
        "    Ask for one in us-east-1.",
        "  To do: DNS lacks a record.",
        "    TXT …",
    ]


@dataclass
class Waiting:
    """Entered while the environment is made."""

    entered: int = 0

    def __enter__(self) -> None:
        self.entered += 1

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def sam(tmp_path: Path) -> Path:
    """A `sam` that says its version."""
    file = tmp_path / "sam"
    file.write_text('#!/bin/sh\necho "SAM CLI, version 1.2.3"\n', encoding="utf-8")
    file.chmod(0o755)
    return file


def test_a_sam_on_the_path_is_used_if_it_has_the_pinned_version(sam: Path, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("arrow==1.0\naws-sam-cli==1.2.3 \\\n  --hash=x\n", encoding="utf-8")
    waiting = Waiting()
    assert sam_command(str(sam), waiting, requirements, tmp_path / "venv") == str(sam)
    assert waiting.entered == 0


@pytest.mark.parametrize("pinned", ["1.2.4", "1.2", "1.2.30"])
def test_without_the_pinned_sam_on_the_path_our_own_is_used(sam: Path, tmp_path: Path, pinned: str) -> None:
    requirements, venv = tmp_path / "requirements.txt", tmp_path / "venv"
    requirements.write_text(f"aws-sam-cli=={pinned} \\\n", encoding="utf-8")
    venv.mkdir()
    (venv / ".ready").write_text(requirements.read_text(encoding="utf-8"), encoding="utf-8")
    waiting = Waiting()
    for found in (str(sam), None):
        assert sam_command(found, waiting, requirements, venv) == str(venv / "bin" / "sam")
    assert waiting.entered == 0


def test_the_pinned_version_is_the_one_that_was_asked_for() -> None:
    wanted = (ROOT / "requirements-sam.in").read_text(encoding="utf-8").strip()
    assert wanted == f"aws-sam-cli=={pinned_version(REQUIREMENTS.read_text(encoding='utf-8'))}"


def test_a_command_that_fails_or_prints_something_else_has_no_version(sam: Path) -> None:
    assert version_of(str(sam)) == "1.2.3"
    assert version_of(str(sam.with_name("missing"))) is None
    sam.write_text("#!/bin/sh\necho no\n", encoding="utf-8")
    assert version_of(str(sam)) is None
