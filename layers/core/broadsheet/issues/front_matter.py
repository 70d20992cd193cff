"""The head of an issue's file: `---`, lines of `key: value`, `---`.

YAML without its traps: a value may hold a colon unquoted, dates stay text, and nothing refers to anything.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

from broadsheet.issues.findings import Finding, UnpublishableError

KNOWN_KEYS = ("title", "summary", "period", "authors", "send_at")
LONGEST_BYTES = 8_192
_FENCE = "---"
_KEY_LINE = re.compile(r"^([A-Za-z_]+):[ \t]+(?![\"'|>\[{&*!#])(.*\S)[ \t]*$")
_COMMENT = re.compile(r"\s#\s.*$")


@dataclass(frozen=True)
class FrontMatter:
    """The values and the line of each key; `body_line` is the file's line before the text's first."""

    values: dict[str, Any]
    lines: dict[str, int]
    body: str
    body_line: int


class _PlainLoader(yaml.SafeLoader):
    """Strings, lists and nothing else: no anchors, no tags, no dates, no numbers."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401  # PyYAML's signature
        event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it out
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors (&) and aliases (*) are not allowed", problem_mark=event.start_mark
            )
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(problem="tags (!) are not allowed", problem_mark=event.start_mark)
        return super().compose_node(parent, index)


_PlainLoader.yaml_implicit_resolvers = {}


def split_front_matter(file: str, text: str) -> FrontMatter:
    """The front matter of `text` and the Markdown below it.

    Raises:
        UnpublishableError: no front matter, not readable as such, or keys unknown or twice.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise UnpublishableError(
            [
                Finding(
                    file,
                    1,
                    "The file does not begin with “---”.",
                    "The title and summary stand between two lines of “---”.",
                    "Begin the file with ---, title: …, summary: …, and another ---.",
                )
            ]
        )
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    head = "\n".join(lines[1:end])
    if end is None or len(head.encode()) > LONGEST_BYTES:
        raise UnpublishableError(
            [
                Finding(
                    file,
                    1,
                    "The front matter has no end.",
                    "A second line of “---” closes it.",
                    "Put --- on a line of its own below the last key.",
                )
            ]
        )
    values, found_at = _values(file, head)
    return FrontMatter(values, found_at, "\n".join(lines[end + 1 :]), end + 1)


def _values(file: str, head: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        loader = _PlainLoader("\n".join(_quoted(line) for line in head.split("\n")))
    except ReaderError as error:
        line = head[: error.position].count("\n") + 2
        raise _unreadable(file, line, "an invisible control character") from error
    try:
        node = loader.get_single_node()
        if node is not None and not isinstance(node, yaml.MappingNode):
            raise yaml.MarkedYAMLError(problem="expected lines of “key: value”", problem_mark=node.start_mark)
        pairs = node.value if node else []
        found_at = _key_lines(file, pairs)
        return (loader.construct_document(node) if node else {}), found_at
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or "it is not valid YAML"
        raise _unreadable(file, line, problem) from error
    finally:
        loader.dispose()


def _unreadable(file: str, line: int, problem: str) -> UnpublishableError:
    return UnpublishableError(
        [
            Finding(
                file,
                line,
                "The front matter can't be read.",
                f"At this line: {problem}.",
                "Write each entry as “key: value” on one line; quote a value with special signs.",
            )
        ]
    )


def _key_lines(file: str, pairs: list[tuple[yaml.Node, yaml.Node]]) -> dict[str, int]:
    found_at: dict[str, int] = {}
    findings = []
    for key_node, _ in pairs:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key is one word", problem_mark=key_node.start_mark)
        key, line = str(key_node.value), key_node.start_mark.line + 2
        if key in found_at:
            findings.append(
                Finding(
                    file, line, f"“{key}” stands there twice.", "Only one can count.", "Delete one of them."
                )
            )
        elif key not in KNOWN_KEYS:
            findings.append(
                Finding(
                    file,
                    line,
                    f"“{key}” is not a key that we know.",
                    f"Known are {', '.join(KNOWN_KEYS)}.",
                    "Correct its spelling or delete the line.",
                )
            )
        found_at[key] = line
    if findings:
        raise UnpublishableError(findings)
    return found_at


def _quoted(line: str) -> str:
    """The line with its value in quotes, so that a colon in a headline is just a colon."""
    found = _KEY_LINE.match(line)
    if not found:
        return line
    value = _COMMENT.sub("", found[2]).rstrip().replace("'", "''")
    return f"{found[1]}: '{value}'"
