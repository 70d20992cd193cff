"""The SAM CLI in the version that is pinned, and one `sam deploy`."""

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import tomlkit

from cli.chosen_stack import StackOptions
from infrastructure.build import ROOT

SAM_VENV = ROOT / ".venv-sam"
REQUIREMENTS = ROOT / "requirements-sam.txt"
_PINNED = re.compile(r"^aws-sam-cli==([0-9.]+)", re.MULTILINE)
_VERSION = re.compile(r"SAM CLI, version ([0-9.]+)")


class SAMError(click.ClickException):
    """SAM ended with an error, which it has printed. What it had created is as SAM left it."""


def sam_command(
    on_path: str | None,
    waiting: AbstractContextManager[object],
    requirements: Path = REQUIREMENTS,
    venv: Path = SAM_VENV,
) -> str:
    """The SAM CLI: `on_path` if it is of the pinned version, else one in an environment of its own.

    The environment is made the first time and when the requirements change, within the context `waiting`.
    A second deployment at the same time waits for the first one's environment.
    """
    wanted = requirements.read_text(encoding="utf-8")
    if on_path and version_of(on_path) == pinned_version(wanted):
        return on_path
    sam, stamp = venv / "bin" / "sam", venv / ".ready"
    with venv.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
            with waiting:
                _run([sys.executable, "-m", "venv", "--clear", str(venv)])
                _run([*pip, "--require-hashes", "--requirement", str(requirements)])
            stamp.write_text(wanted, encoding="utf-8")
    return str(sam)


def _run(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        raise SAMError("The SAM CLI could not be installed; the reason is above. Nothing was deployed.")


def pinned_version(requirements: str) -> str:
    """The version of aws-sam-cli in the text of a requirements file.

    Raises:
        LookupError: it is not pinned there.
    """
    pinned = _PINNED.search(requirements)
    if pinned is None:
        raise LookupError("The requirements of the SAM CLI do not pin aws-sam-cli.")
    return pinned[1]


def version_of(sam: str) -> str | None:
    """The version that a `sam` prints; None if it does not run or prints something else."""
    try:
        done = subprocess.run(
            [sam, "--version"], env=_environment(), capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    printed = _VERSION.search(done.stdout)
    return printed[1] if printed else None


def sam_deploy(
    sam: str, template: Path, config: Path, stack: StackOptions, parameters: Mapping[str, str]
) -> None:
    """Deploy the built template; a stack that is up to date stays as it is.

    The values are passed in a file: on a command line SAM parses quotes, spaces and empty values its own way.
    Source: SAM CLI 1.170, `--parameter-overrides file://`.

    Raises:
        SAMError: SAM ended with an error.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "parameters.toml"
        file.write_text(tomlkit.dumps(dict(parameters)), encoding="utf-8")
        settings = {
            "--config-file": str(config),
            "--stack-name": stack.name,
            "--parameter-overrides": f"file://{file}",
        }
        flags = ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
        returncode = _sam(sam, "deploy", template, stack, settings, flags)
    if returncode:
        raise SAMError(
            "SAM failed; its output is above. Deploy again once that is fixed: a stack whose first"
            " deployment failed is then deleted, after asking."
        )


def sam_package(sam: str, template: Path, config: Path, stack: StackOptions) -> None:
    """Upload what the built template deploys, as `sam_deploy` does; the first time this makes SAM's bucket.

    Raises:
        SAMError: SAM ended with an error. No stack was changed.
    """
    with TemporaryDirectory() as folder:
        settings = {
            "--config-file": str(config),
            "--output-template-file": str(Path(folder) / "packaged.yaml"),
            "--s3-prefix": stack.name,
        }
        returncode = _sam(sam, "package", template, stack, settings, ["--resolve-s3"])
    if returncode:
        raise SAMError("SAM could not make its bucket; its output is above. No stack was changed.")


def _sam(
    sam: str,
    command: str,
    template: Path,
    stack: StackOptions,
    settings: Mapping[str, str],
    flags: list[str],
) -> int:
    """The exit code of a command of SAM on the built template, in the stack's region."""
    options = {
        "--template-file": str(template),
        "--region": stack.region,
        **({"--profile": stack.profile} if stack.profile else {}),
        **settings,
    }
    arguments = [text for option in options.items() for text in option]
    done = subprocess.run([sam, command, *arguments, *flags], cwd=ROOT, env=_environment(), check=False)
    return done.returncode


def _environment() -> dict[str, str]:
    return {**os.environ, "SAM_CLI_TELEMETRY": "0"}
