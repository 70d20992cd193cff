"""Arrows point one way, importing does nothing, nothing has grown too long: read from the source itself."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "layers" / "core"
ROOMS = ("subscribers", "issues", "site", "mailings", "feedback", "restore")
KEPT_TO = {
    "PIL": {"issues/pictures.py", "site/assets.py"}
}  # it reads what strangers made, and is dear to load
FOR_A_TERMINAL = {"click", "rich"}
PURE_LIBRARIES = {
    "jinja2",
    "markupsafe",
    "pyromark",
    "nh3",
    "can_ada",
    "yaml",
    "itsdangerous",
    "email_validator",
}
VALUES = {
    *("broadsheet.language", "broadsheet.mail", "broadsheet.newsletter", "broadsheet.retention"),
    *("broadsheet.web", "broadsheet.probes", "broadsheet.characters", "broadsheet.link_targets"),
}
AWS_LIBRARIES = {"boto3", "botocore", "cryptography"}
STUBS = "types_boto3_"  # types alone, never loaded
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"),
    *("os.environ", "os.getenv"),
}
FOR_FUNCTIONS = {
    *("broadsheet.bootstrap", "broadsheet.entry", "broadsheet.web"),
    *("broadsheet.subscribers.orders", "broadsheet.mailings.orders"),  # what reads a message
    *("broadsheet.issues.desk_events", "broadsheet.feedback.events"),
    "broadsheet.subscribers.answers",  # what a visitor is told if a door fails
}
MOST_HANDLER_LINES, MOST_MODULE_LINES, MOST_FUNCTION_LINES = 40, 300, 50
LONG_MODULES: dict[str, str] = {
    "bootstrap.py": "a builder a function; where use cases meet AWS is to be seen in one place",
    "subscribers/roster/formats.py": "a table: an entry for each program whose exports are known",
}
LONG_FUNCTIONS: dict[str, str] = {}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(file: Path, *, inline: bool = True) -> set[str]:
    """Full names of what a file imports: `broadsheet.aws.ses`, `boto3`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if inline else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found |= set(_sources(str(node.module), [alias.name for alias in node.names]))
    return {name for name in found if not name.startswith(STUBS)}


def _sources(module: str, names: list[str]) -> Iterator[str]:
    """A package's name says little: `from broadsheet import bootstrap` is `broadsheet.bootstrap`."""
    for name in names:
        inner = CORE / module.replace(".", "/") / name
        is_module = inner.with_suffix(".py").is_file() or inner.is_dir()
        yield f"{module}.{name}" if is_module else module


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


def forbidden_in_a_room(name: str) -> bool:
    first = name.split(".", maxsplit=1)[0]
    if first == "broadsheet":
        return name not in VALUES and name.split(".")[1] not in ROOMS
    return first not in {*PURE_LIBRARIES, *KEPT_TO} and first not in sys.stdlib_module_names


@pytest.mark.parametrize("room", ROOMS)
def test_a_capability_imports_pure_libraries_and_other_capabilities_only(room: str) -> None:
    wrong = {
        f"{file.relative_to(CORE)}: {name}"
        for file in modules(CORE / "broadsheet" / room)
        for name in imported(file)
        if forbidden_in_a_room(name)
    }
    assert wrong == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_capability_reads_neither_the_clock_nor_the_environment(room: str) -> None:
    wrong = {
        f"{file.relative_to(CORE)}: {name}"
        for file in modules(CORE / "broadsheet" / room)
        for name in read_from_outside(file.read_text(encoding="utf-8"))
    }
    assert wrong == set()


def test_a_look_at_the_clock_or_the_environment_is_seen() -> None:
    source = "import datetime, os\nasked_at = datetime.datetime.now()\nname = os.environ['NAME']\n"
    assert read_from_outside(source) == {"datetime.now", "os.environ"}
    assert forbidden_in_a_room("broadsheet.aws.ses")
    assert forbidden_in_a_room("boto3.dynamodb.conditions")


def test_only_the_aws_room_knows_aws() -> None:
    knowing = {
        str(file.relative_to(CORE / "broadsheet"))
        for file in modules(CORE / "broadsheet")
        if {name.split(".")[0] for name in imported(file)} & AWS_LIBRARIES
    }
    assert {name for name in knowing if not name.startswith("aws/")} == {"bootstrap.py"}


@pytest.mark.parametrize("library", sorted(KEPT_TO))
def test_a_library_with_a_price_is_kept_to_few_modules_and_loaded_when_it_is_needed(library: str) -> None:
    def importing(*, inline: bool) -> set[str]:
        return {
            file.relative_to(CORE / "broadsheet").as_posix()
            for file in [*modules(CORE), *modules(ROOT / "functions")]
            if library in {name.split(".")[0] for name in imported(file, inline=inline)}
        }

    assert importing(inline=True) <= KEPT_TO[library]
    assert importing(inline=False) == set()


def test_only_the_command_line_knows_the_terminal() -> None:
    knowing = {
        str(file.relative_to(ROOT))
        for file in [*modules(CORE), *modules(ROOT / "functions")]
        if {name.split(".")[0] for name in imported(file)} & FOR_A_TERMINAL
    }
    assert knowing == set()


def test_bootstrap_imports_aws_only_inside_its_builders() -> None:
    at_the_top = imported(CORE / "broadsheet" / "bootstrap.py", inline=False)
    assert {name for name in at_the_top if name.startswith("broadsheet.")} == {"broadsheet.settings"}
    assert {name.split(".")[0] for name in at_the_top} & AWS_LIBRARIES == set()


def test_nobody_but_bootstrap_and_aws_imports_adapters() -> None:
    importing = {
        file.relative_to(CORE / "broadsheet").parts[0]
        for file in modules(CORE / "broadsheet")
        if any(name.startswith("broadsheet.aws") for name in imported(file))
    }
    assert importing <= {"bootstrap.py", "aws"}


def test_a_function_imports_powertools_its_builder_and_what_reads_its_message() -> None:
    wrong = {
        f"{file.parent.name}: {name}"
        for file in modules(ROOT / "functions")
        for name in imported(file)
        if name.split(".")[0] != "aws_lambda_powertools"
        and name.split(".")[0] not in sys.stdlib_module_names
        and name not in FOR_FUNCTIONS
    }
    assert wrong == set()


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
