"""Builds the template and a folder for each function and layer.

Shape (`.build/<target>`): `template-<digest>.json`, and a folder for each function and layer, named by its
logical id, with a `.stamp` file that says what it was built from.
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
import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from broadsheet.characters import printable

ROOT = Path(__file__).resolve().parent.parent
LAMBDA_PYTHON = (3, 13)
EDGE_FUNCTION = "AWS::CloudFront::Function"
CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class BuildError(RuntimeError):
    """A layer could not be built; the message is that of `make`. Nothing was deployed."""


@dataclass(frozen=True)
class Target:
    """The interpreter to build for: Lambda's (arm64, Python 3.13), or this machine's."""

    name: str
    make_arguments: tuple[str, ...]

    @classmethod
    def aws(cls) -> "Target":
        """Lambda. This interpreter compiles the bytecode if it is a 3.13, too."""
        ours = (f"PYTHON={_interpreter()}",) if sys.version_info[:2] == LAMBDA_PYTHON else ()
        return cls("aws", (f"PIP={_interpreter()} -m pip", *ours))

    @classmethod
    def local(cls) -> "Target":
        """This interpreter."""
        return cls("local", ("PLATFORM=", f"PYTHON={_interpreter()}", f"PIP={_interpreter()} -m pip"))


def _interpreter() -> str:
    """This interpreter's path, the same whether it was started as `python` or as `python3`."""
    python = Path(sys.executable).with_name("python")
    return str(python if python.exists() else sys.executable)


def read_template(path: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """The template as JSON would have it: short forms (`!Ref`) in their long form, dates as strings.

    A CloudFront function has its file's text in place of the file's name: CloudFormation takes no other form.
    """
    yaml.CSafeLoader.add_multi_constructor("!", intrinsics_multi_constructor)
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    parsed: dict[str, Any] = json.loads(json.dumps(loaded, default=str))
    for resource in parsed["Resources"].values():
        if resource["Type"] == EDGE_FUNCTION:
            resource["Properties"]["FunctionCode"] = _with_texts(resource["Properties"]["FunctionCode"])
    return parsed


def _with_texts(code: Any) -> Any:  # noqa: ANN401  # a text, or intrinsic functions of texts
    """The value with each script's text in place of its name."""
    if isinstance(code, dict):
        return {name: _with_texts(value) for name, value in code.items()}
    if isinstance(code, list):
        return [_with_texts(value) for value in code]
    return (ROOT / code).read_text(encoding="utf-8") if code.endswith(".js") else code


def code_of(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each function and layer: logical id, resource, and the property that names its code."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in CODE:
            yield logical_id, resource, CODE[resource["Type"]]


def build(target: Target, template_file: Path = ROOT / "template.yaml") -> Path:
    """Build everything for `target`; returns the path of the built template.

    A folder is built again only if its source or the target has changed. Concurrent builds take turns.

    Raises:
        BuildError: a layer could not be built.
    """
    out = ROOT / ".build" / target.name
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _built(target, read_template(template_file), out)


def _built(target: Target, template: dict[str, Any], out: Path) -> Path:
    for logical_id, resource, key in code_of(template):
        is_made = resource.get("Metadata", {}).get("BuildMethod") == "makefile"
        _update(target, ROOT / resource["Properties"][key], out / logical_id, is_made=is_made)
        resource["Properties"][key] = logical_id
        resource.pop("Metadata", None)
    text = json.dumps(template, indent=1)
    built = out / f"template-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
    built.write_text(text, encoding="utf-8")
    return built


def _update(target: Target, source: Path, folder: Path, *, is_made: bool) -> None:
    stamp, state = folder.with_suffix(".stamp"), _state(source, target)
    if folder.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8") == state:
        return
    shutil.rmtree(folder, ignore_errors=True)
    if is_made:
        _make(target, source, folder)
    elif source.is_dir():
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        folder.mkdir(parents=True)
        shutil.copy(source, folder)
    stamp.write_text(state, encoding="utf-8")


def _make(target: Target, source: Path, folder: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")
    }
    done = subprocess.run(
        ["make", "--silent", f"build-{folder.name}", f"ARTIFACTS_DIR={folder}", *target.make_arguments],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{folder.name} could not be built:\n{done.stderr or done.stdout}")
    if "without bytecode" in done.stdout:
        click.echo(printable(done.stdout.strip()))


def _state(source: Path, target: Target) -> str:
    """The content of the stamp file: the target, and a digest of each source file."""
    found = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    files = [file for file in found if "__pycache__" not in file.parts]
    digests = (f"{f.relative_to(source)} {hashlib.sha256(f.read_bytes()).hexdigest()}" for f in files)
    return "\n".join([repr(target), *digests])
