"""A person's settings: asked for once, and kept in samconfig.toml, which SAM reads as well.

Shape: region and `parameter_overrides` of `[default.deploy.parameters]`; the latter as a table of texts.
SAM's own `--guided` writes it as one text, `Key="value" Key2=""`; that form is read here as well.
Source: SAM CLI 1.170, `samcli/cli/types.py`, CfnParameterOverridesType.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from infrastructure.parameters import ParameterError


def kept_parameters(settings: Mapping[str, Any]) -> dict[str, str]:
    """The parameters in `[default.deploy.parameters]`, in any form that SAM accepts.

    Raises:
        ParameterError: one is not of the form `Key=Value`.
    """
    kept = settings.get("parameter_overrides", {})
    if isinstance(kept, Mapping):
        return {str(name): str(value) for name, value in kept.items()}
    texts = [kept] if isinstance(kept, str) else list(kept)
    pairs = [word.partition("=") for text in texts for word in shlex.split(text)]
    for name, equals, _ in pairs:
        if not equals:
            raise ParameterError(
                f"parameter_overrides in samconfig.toml: {name!r} is not of the form Key=Value."
            )
    return {name: value for name, _, value in pairs}


def keep(config: Path, region: str, parameters: Mapping[str, str]) -> bool:
    """Write region and parameters; everything else in the file stays, comments too. False if unchanged."""
    document: Any = tomlkit.parse(config.read_text(encoding="utf-8"))
    section = document["default"]["deploy"]["parameters"]
    kept = kept_parameters(section)
    if section.get("region") == region and kept == {**kept, **parameters}:
        return False
    section["region"] = region
    if {**kept, **parameters}:
        section["parameter_overrides"] = {**kept, **parameters}
    config.write_text(tomlkit.dumps(document), encoding="utf-8")
    return True
