"""Where the deployed stack is, by samconfig.toml and the environment."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from infrastructure.build import ROOT

CONFIG = ROOT / "samconfig.toml"
DEFAULT_REGION = "eu-central-1"


class SettingsError(click.ClickException):
    """samconfig.toml can't be used; the message says why. Nothing was changed."""


def deploy_settings(config: Path = CONFIG) -> dict[str, Any]:
    """The settings of `sam deploy`: the person's and the repo's.

    Raises:
        SettingsError: as its docstring says.
    """
    return _parameters(_read(config), "deploy")


def region() -> str:
    """The stack's region: as deployed, else as the environment says."""
    return str(deploy_settings().get("region") or given_region())


def given_region() -> str:
    """The region that the environment names, else the default one."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def stack_name(config: Path = CONFIG) -> str:
    """The stack's name.

    Raises:
        SettingsError: as its docstring says.
    """
    settings = _read(config)
    named = {**_parameters(settings, "global"), **_parameters(settings, "deploy")}
    if not named.get("stack_name"):
        raise SettingsError(f'{config.name} does not name the stack. Add: stack_name = "broadsheet"')
    return str(named["stack_name"])


def _parameters(settings: Mapping[str, Any], command: str) -> dict[str, Any]:
    found: Any = settings
    for key in ("default", command, "parameters"):
        found = found.get(key, {})
        if not isinstance(found, dict):
            raise SettingsError(f"{CONFIG.name}: [default.{command}.parameters] is not a table.")
    return dict(found)


def _read(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config.name} can't be read: {error}. `git diff` shows what changed.") from None
    except OSError as error:
        raise SettingsError(
            f"{config.name} can't be read: {error.strerror}. `git restore` brings it back."
        ) from None
