"""Compiled templates are kept beside the package's bytecode, and only while their sources are the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure.build import ROOT

BROADSHEET = ROOT / "layers" / "core" / "broadsheet"

FILL = """
import sys
compiled = []
sys.addaudithook(lambda event, given: compiled.append(given[1]) if event == "compile" else None)
from broadsheet.rendering.templating import fill
text = fill("languages.html")
print(int("languages.html" in compiled), text, sep="")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of what fills templates, without bytecode; one of the templates is a word."""
    shutil.copytree(
        BROADSHEET / "rendering",
        tmp_path / "broadsheet" / "rendering",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("__init__.py", "characters.py"):
        shutil.copy(BROADSHEET / name, tmp_path / "broadsheet")
    write(tmp_path, "first")
    return tmp_path


def write(package: Path, text: str) -> None:
    (package / "broadsheet/rendering/templates/languages.html").write_text(text, encoding="utf-8")


def filled(package: Path, **variables: str) -> str:
    """Whether the template was compiled, and its text, in a fresh interpreter."""
    environment = {"PYTHONPATH": str(package), "PATH": os.environ["PATH"], **variables}
    done = subprocess.run(
        [sys.executable, "-c", FILL], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_a_template_is_compiled_once_and_again_when_its_text_changes(package: Path) -> None:
    assert [filled(package), filled(package)] == ["1first", "0first"]
    write(package, "second")
    assert [filled(package), filled(package)] == ["1second", "0second"]


def test_a_template_is_compiled_again_when_the_module_with_jinjas_options_changes(package: Path) -> None:
    assert filled(package) == "1first"
    with (package / "broadsheet/rendering/templating.py").open("a", encoding="utf-8") as module:
        module.write("# changed\n")
    assert filled(package) == "1first"


@pytest.mark.parametrize("length", [0, 5, 20, 40, 60, 100, -10])
def test_what_was_kept_and_is_damaged_is_compiled_again(package: Path, length: int) -> None:
    assert filled(package) == "1first"
    (kept,) = package.glob("broadsheet/rendering/__pycache__/*.cache")
    kept.write_bytes(kept.read_bytes()[:length])
    assert filled(package) == "1first"


@pytest.mark.parametrize(
    "variable", ["PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"]
)  # there, or elsewhere
def test_a_template_is_filled_where_nothing_can_be_kept(package: Path, variable: str) -> None:
    given = {variable: str(package / "elsewhere")}
    assert [filled(package, **given), filled(package, **given)] == ["1first", "1first"]
    assert list(package.rglob("*.cache")) == []
