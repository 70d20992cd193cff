"""On which line of a TOML file each table, each key and each item of a list is: `tomllib` does not say."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field

# A key is ("editions", "en", "name"), or ("topics", 1, "id") in the second [[topics]]; an item ("editors", 0)
Path = tuple[str | int, ...]
# A string, a comment, the end of a line, a sign, or anything else. Source: TOML 1.0.0, "String"
PART = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|"
    r"""[\n\[\]{}=,]|[^"'#\n\[\]{}=,]+""",
    re.DOTALL,
)


def lines_by_path(text: str) -> dict[Path, int]:
    """The line of each table's heading, of each key and of each item of a list, from 1.

    `text` must be valid TOML.
    """
    reader, line = _Reader(), 1
    for part in PART.findall(f"{text}\n"):
        if reader.value:
            reader.read_value(part, line)
        else:
            reader.read_key(part, line)
        line += part.count("\n")
    return reader.found


@dataclass
class _Reader:
    """Where in the file the next part is."""

    found: dict[Path, int] = field(default_factory=dict)
    last: dict[Path, int] = field(default_factory=dict)  # the number of the last table of each list
    table: Path = ()
    around: list[Path] = field(default_factory=list)  # lists and inline tables that are not closed yet
    value: Path = ()  # what the value being read belongs to; empty while a key or a heading is read
    head: str = ""

    def read_key(self, part: str, line: int) -> None:
        if part == "=":
            self.value = (*(self.around[-1] if self.around else self.table), *_keys(self.head))
            self.found[self.value] = line
            self.head = ""
        elif part == "}" and self.around:
            self.value = self.around.pop()
        elif part == "\n" and self.head and not self.around:
            self.table = _table(self.head, self.last)
            self.found[self.table] = line
            self.head = ""
        elif part[0] != "#":
            self.head = (self.head + part).strip()

    def read_value(self, part: str, line: int) -> None:
        *above, last = self.value
        if part in ("]", "}"):
            self.value = self.around.pop()
        elif part == ",":
            self.value = (*above, last + 1) if isinstance(last, int) else ()
        elif part == "\n" and not self.around:
            self.value = ()
        elif part.strip() and part[0] != "#":
            self.found.setdefault(self.value, line)
            if part in ("[", "{"):
                self.around.append(self.value)
                self.value = (*self.value, 0) if part == "[" else ()


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
