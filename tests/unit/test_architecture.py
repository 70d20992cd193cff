"""Importing does nothing, and what is dear is loaded where it is needed: read from the source itself.

Which way imports go is import-linter's to say: see `tool.importlinter` in pyproject.toml.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "layers" / "core"
PACKAGES = (
    *("archive", "content", "feedback", "mailings", "publishing", "rendering", "restore", "site"),
    "subscribers",
)
KEPT_TO = {
    "PIL": {"content/pictures.py", "site/assets.py"}
}  # it reads what strangers made, and is dear to load
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"),
    *("os.environ", "os.getenv"),
}
LAZY = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)  # module, what it loads, why


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(file: Path, *, inline: bool = True) -> set[str]:
    """The packages that a file imports: `broadsheet`, `boto3`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree) if inline else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found.add(str(node.module))
    return {name.split(".")[0] for name in found}


def dotted(node: ast.AST) -> str:
    """`datetime.now` for that very expression; empty for what is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def read_from_outside(source: str) -> set[str]:
    """The names in `CLOCKS` that a module uses, also as parts of longer names."""
    used = {dotted(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return {name for name in CLOCKS if any(f".{word}".endswith(f".{name}") for word in used)}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_use_case_reads_neither_the_clock_nor_the_environment(package: str) -> None:
    wrong = {
        f"{file.relative_to(CORE)}: {name}"
        for file in modules(CORE / "broadsheet" / package)
        for name in read_from_outside(file.read_text(encoding="utf-8"))
    }
    assert wrong == set()


def test_a_use_of_the_clock_or_the_environment_is_detected() -> None:
    source = "import datetime, os\nasked_at = datetime.datetime.now()\nname = os.environ['NAME']\n"
    assert read_from_outside(source) == {"datetime.now", "os.environ"}


@pytest.mark.parametrize("library", sorted(KEPT_TO))
def test_a_library_with_a_price_is_kept_to_few_modules_and_loaded_when_it_is_needed(library: str) -> None:
    def importing(*, inline: bool) -> set[str]:
        return {
            file.relative_to(CORE / "broadsheet").as_posix()
            for file in [*modules(CORE), *modules(ROOT / "functions")]
            if library in imported(file, inline=inline)
        }

    assert importing(inline=True) <= KEPT_TO[library]
    assert importing(inline=False) == set()


IMPORT_ALL = """
import importlib, pkgutil, sys
opened, connected = [], []

def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".toml", ".html", ".txt", ".css", ".json")):
        opened.append(str(arguments[0]))
    if event in ("socket.connect", "socket.getaddrinfo"):
        connected.append(event)

sys.addaudithook(watch)
import broadsheet
names = [module.name for module in pkgutil.walk_packages(broadsheet.__path__, "broadsheet.")]
for name in names:
    importlib.import_module(name)
import boto3
assert len(names) > 40, names
assert boto3.DEFAULT_SESSION is None, "a client was made"
assert not [name for name in opened if "broadsheet" in name], opened
assert not connected, connected
"""


def test_importing_the_whole_package_does_nothing() -> None:
    environment = {"PYTHONPATH": str(CORE), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def imported_late(file: Path) -> set[str]:
    """The modules that a file imports within a function."""
    late: set[str] = set()
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    late |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    late.add(str(node.module).split(".")[0])
    return late


def test_a_module_loads_late_what_a_table_of_the_architecture_names_and_nothing_else() -> None:
    table = LAZY.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    named = {module: {name.strip("` ") for name in names.split(",")} for module, names in table}
    found = {
        file.relative_to(CORE / "broadsheet" if file.is_relative_to(CORE) else ROOT).as_posix(): late
        for folder in (
            CORE,
            *(ROOT / name for name in ("functions", "cli", "demo", "infrastructure", "local")),
        )
        for file in modules(folder)
        if (late := imported_late(file))
    }
    assert found == named
