"""Packages from a registry are pinned, and verified by their hash before they run."""

import re
from pathlib import Path

import pytest

from infrastructure.build import ROOT

LOCKS = [
    ROOT / "requirements.txt",
    ROOT / "requirements-sam.txt",
    ROOT / "requirements-uv.txt",
    ROOT / "bench" / "requirements.txt",
    ROOT / "layers" / "dependencies" / "requirements.txt",
]
MAKEFILES = [ROOT / "Makefile", ROOT / "layers" / "dependencies" / "Makefile"]
PINNED = re.compile(r"^\S+==\S+( ; .*)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    assert PINNED.search(text)
    assert PINNED.sub("", text) == ""


@pytest.mark.parametrize("makefile", MAKEFILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_installed_without_its_hash_but_this_package_itself(makefile: Path) -> None:
    lines = makefile.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    installs = [line for line in lines if re.search(r"\b(pip|PIP\)) install\b", line)]

    ours = "--no-deps --no-build-isolation --editable ."
    assert [line for line in installs if "--require-hashes" not in line and not line.endswith(ours)] == []
    assert installs != []


def test_requirements_are_locked_by_the_uv_that_is_locked_itself() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert set(re.findall(r"\S*\buv pip compile", makefile)) == {".venv/bin/uv pip compile"}
    wanted = (ROOT / "requirements-uv.in").read_text(encoding="utf-8").strip()
    assert (ROOT / "requirements-uv.txt").read_text(encoding="utf-8").startswith(f"{wanted} \\\n")
