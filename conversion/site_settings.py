"""Reads the settings of static site generators, without running or loading anything of theirs.

YAML, TOML and JSON as data; of Pelican's and Nikola's Python only assignments of plain values.
"""

import ast
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from conversion.post import UnreadableExportError

MOST_BYTES = 256_000
MOST_ALIASES = 12  # merged mappings could grow by a factor with each
Settings = Mapping[str, Any]


class _BoundedLoader(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Plain YAML with few aliases, so that a short file makes no endless values."""

    aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401  # as in PyYAML
        if self.check_event(yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MOST_ALIASES:
                raise yaml.YAMLError(f"more than {MOST_ALIASES} aliases (`*name`)")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def read_settings(file: Path) -> Settings:
    """The settings in a file by its ending; keys of YAML, TOML and JSON in lower case, as Hugo reads them.

    Raises:
        UnreadableExportError: it is too long, or can't be read.
    """
    try:
        found = _READERS[file.suffix.casefold()](_content(file).decode("utf-8-sig"))
    except (
        ValueError,
        TypeError,
        SyntaxError,
        OSError,
        yaml.YAMLError,
        RecursionError,
        MemoryError,
    ) as error:
        reason = " ".join(str(error).split())[:200] or "it is nested too deeply"
        raise UnreadableExportError(
            f"{file.name} can't be read: {reason}. Correct it: it says at which addresses the texts were."
        ) from error
    return found if isinstance(found, dict) else {}


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 1000} kB")
    return content


def _yaml(text: str) -> object:
    return _in_lower_case(yaml.load(text, _BoundedLoader))  # noqa: S506  # a SafeLoader


def _in_lower_case(found: object) -> object:
    """The mapping with its own keys in lower case; what is below keeps its keys."""
    return {str(key).casefold(): value for key, value in found.items()} if isinstance(found, dict) else found


def _python(text: str) -> dict[str, Any]:
    """The values of `NAME = plain value`, the last one of each name; anything else is skipped."""
    found: dict[str, Any] = {}
    for line in ast.parse(text).body:
        if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
            try:
                found[line.targets[0].id] = ast.literal_eval(line.value)
            except (ValueError, TypeError, SyntaxError):
                found.pop(line.targets[0].id, None)
    return found


_READERS: dict[str, Callable[[str], object]] = {
    ".yml": _yaml,
    ".yaml": _yaml,
    ".toml": lambda text: _in_lower_case(tomllib.loads(text)),
    ".json": lambda text: _in_lower_case(json.loads(text)),
    ".py": _python,
}


def word(settings: Settings, key: str, default: str = "") -> str:
    """A setting that is text; any other value counts as not set."""
    value = settings.get(key)
    return value if isinstance(value, str) else default


def table(settings: Settings, key: str) -> Settings:
    """A setting that is a table, its keys in lower case; an empty one if it is none."""
    value = _in_lower_case(settings.get(key))
    return value if isinstance(value, dict) else {}


def words(settings: Settings, key: str) -> tuple[str, ...]:
    """A setting that is a text or a list of texts."""
    value = settings.get(key)
    given = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    return tuple(each for each in given if isinstance(each, str))
