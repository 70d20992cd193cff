"""Arrows point one way, importing does nothing, nothing has grown too long: read from the source itself."""

import ast
import os
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
MOST_HANDLER_LINES, MOST_MODULE_LINES, MOST_FUNCTION_LINES = 40, 300, 50
LONG_MODULES: dict[str, str] = {
    "bootstrap.py": "a builder a function; where use cases meet AWS is to be seen in one place",
    "subscribers/mailing_list/formats.py": "a table: an entry for each program whose exports are known",
}
LONG_FUNCTIONS: dict[str, str] = {}


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
    """The names in `CLOCKS` that a module uses, under whatever longer name."""
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


def test_a_look_at_the_clock_or_the_environment_is_seen() -> None:
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


def test_a_handler_fits_on_a_screen() -> None:
    lengths = {file.parent.name: _lines(file) for file in modules(ROOT / "functions")}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_HANDLER_LINES} == {}


def test_only_modules_with_a_reason_are_long() -> None:
    lengths = {str(f.relative_to(CORE / "broadsheet")): _lines(f) for f in modules(CORE / "broadsheet")}
    assert {name for name, lines in lengths.items() if lines > MOST_MODULE_LINES} == set(LONG_MODULES)


def test_only_functions_with_a_reason_are_long() -> None:
    long = {
        f"{file.relative_to(CORE / 'broadsheet')}:{node.name}"
        for file in modules(CORE / "broadsheet")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and _length(node) > MOST_FUNCTION_LINES
    }
    assert long == set(LONG_FUNCTIONS)


def _lines(file: Path) -> int:
    return file.read_text(encoding="utf-8").count("\n")


def _length(node: ast.FunctionDef) -> int:
    return int(node.end_lineno or 0) - node.lineno + 1
