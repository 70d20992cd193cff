"""On which line of a TOML file each table and each key is: `tomllib` does not say."""

import re
import tomllib
from collections.abc import Sequence

Path = tuple[
    str | int, ...
]  # of a key: ("editions", "en", "name"), in the second [[topics]]: ("topics", 1, "id")
# A string, a comment, the end of a line, a sign, or anything else. Source: TOML 1.0.0, "String"
_PART = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|"
    r"""[\n\[\]{}=]|[^"'#\n\[\]{}=]+""",
    re.DOTALL,
)


def lines_by_path(text: str) -> dict[Path, int]:
    """The line of each table's heading and of each key, from 1; within braces and brackets there are none.

    `text` must be valid TOML.
    """
    found: dict[Path, int] = {}
    last: dict[Path, int] = {}
    table: Path = ()
    head, depth, in_value, line = "", 0, False, 1
    for part in _PART.findall(f"{text}\n"):
        if part == "\n" and not depth:
            if head and not in_value:
                table = _table(head, last)
                found[table] = line
            head, in_value = "", False
        elif in_value:
            depth += (part in ("[", "{")) - (part in ("]", "}"))
        elif part == "=":
            found[*table, *_keys(head)] = line
            in_value = True
        elif part[0] != "#":
            head = (head + part).strip()
        line += part.count("\n")
    return found


def _table(heading: str, last: dict[Path, int]) -> Path:
    """The path of the table below a heading; `last` has the number of the last table of each list."""
    keys = _keys(heading.strip("[]"))
    if not heading.startswith("[["):
        return _numbered(keys, last)
    path = (*_numbered(keys[:-1], last), keys[-1])
    last[path] = last.get(path, -1) + 1
    return (*path, last[path])


def _numbered(keys: Sequence[str], last: dict[Path, int]) -> Path:
    path: Path = ()
    for key in keys:
        path = (*path, key)
        path = (*path, last[path]) if path in last else path
    return path


def _keys(dotted: str) -> list[str]:
    """The parts of a key such as `editions."en"`."""
    keys: list[str] = []
    table: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        ((key, table),) = table.items()
        keys.append(key)
    return keys
