"""From the tree to what is deployed: a folder for each function and layer, the template beside them.

Shape of the folder: `template-<digest>.json`, and a folder for each function and layer, named by its id.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from samtranslator.yaml_helper import yaml_parse

from broadsheet.characters import printable

ROOT = Path(__file__).resolve().parent.parent
LAMBDA_PYTHON = (3, 13)
CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class BuildError(RuntimeError):
    """A layer could not be built; the message is the tool's own. Nothing was deployed."""


@dataclass(frozen=True)
class Target:
    """Whose interpreter it is built for: Lambda's (arm64, Python 3.13), or this machine's."""

    name: str
    make_arguments: tuple[str, ...]

    @classmethod
    def aws(cls) -> "Target":
        """Lambda. Its bytecode can be made by this interpreter where that is a 3.13, too."""
        ours = (f"PYTHON={_interpreter()}",) if sys.version_info[:2] == LAMBDA_PYTHON else ()
        return cls("aws", (f"PIP={_interpreter()} -m pip", *ours))

    @classmethod
    def local(cls) -> "Target":
        """The interpreter that runs this."""
        return cls("local", ("PLATFORM=", f"PYTHON={_interpreter()}", f"PIP={_interpreter()} -m pip"))


def _interpreter() -> str:
    """The interpreter that runs this, by one name: scripts start the same one as `python` or `python3`."""
    plain = Path(sys.executable).with_name("python")
    return str(plain if plain.exists() else sys.executable)


def read_template(path: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """The template with its short forms (`!Ref`) written out."""
    parsed: dict[str, Any] = json.loads(json.dumps(yaml_parse(path.read_text(encoding="utf-8")), default=str))
    return parsed


def code_of(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each function and layer: logical id, resource, and the property that names its code."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in CODE:
            yield logical_id, resource, CODE[resource["Type"]]


def build(target: Target, template_file: Path = ROOT / "template.yaml") -> Path:
    """Build everything for `target`; gives the path of the built template.

    A folder is built anew only when its source, or the target, has changed; builds wait for each other.
    """
    out = ROOT / ".build" / target.name
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _built(target, read_template(template_file), out)


def _built(target: Target, template: dict[str, Any], out: Path) -> Path:
    for logical_id, resource, key in code_of(template):
        source = ROOT / resource["Properties"][key]
        folder = out / logical_id
        if resource.get("Metadata", {}).get("BuildMethod") == "makefile":
            _make(target, logical_id, source, folder)
        else:
            _copy(target, source, folder)
        resource["Properties"][key] = logical_id
        resource.pop("Metadata", None)
    text = json.dumps(template, indent=1)
    built = out / f"template-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
    built.write_text(text, encoding="utf-8")
    return built


def _copy(target: Target, source: Path, folder: Path) -> None:
    stamp, state = folder.with_suffix(".stamp"), _state(source, target)
    if folder.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8") == state:
        return
    shutil.rmtree(folder, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        folder.mkdir(parents=True)
        shutil.copy(source, folder)
    stamp.write_text(state, encoding="utf-8")


def _make(target: Target, logical_id: str, source: Path, folder: Path) -> None:
    stamp = folder.with_suffix(".stamp")
    state = _state(source, target)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == state and folder.is_dir():
        return
    shutil.rmtree(folder, ignore_errors=True)
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")
    }
    done = subprocess.run(
        ["make", "--silent", f"build-{logical_id}", f"ARTIFACTS_DIR={folder}", *target.make_arguments],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{logical_id} could not be built:\n{done.stderr or done.stdout}")
    if "without bytecode" in done.stdout:
        click.echo(printable(done.stdout.strip()))
    stamp.write_text(state, encoding="utf-8")


def _state(source: Path, target: Target) -> str:
    if source.is_file():
        return f"{target!r}\n{_digest(source)}"
    files = sorted(p for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return "\n".join([repr(target), *(f"{f.relative_to(source)} {_digest(f)}" for f in files)])


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
