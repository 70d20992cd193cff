"""The front matter of an issue's file: `---`, lines of `key: value`, `---`.

It looks like YAML but has none of its traps: a value is the text after the key's colon, whatever characters
it holds; dates stay text, and there are no references. Lists are `[a, b]` or lines of `- a`; a value may be
quoted, continue in indented lines, or follow below `|` or `>`.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from broadsheet.characters import without_control, without_control_in
from broadsheet.content.findings import Findings, UnpublishableError

LONGEST_BYTES = 16_384
Value = str | tuple[str, ...] | None
_Keys = tuple[dict[str, Value], dict[str, int], tuple[tuple[str, Value, int], ...]]
_BARE_HEAD = re.compile(
    r"(?:title|subtitle|date|modified|lang|language|slug|authors?|categor(?:y|ies)|tags?|keywords|summary"
    r"|description|status|draft|published|private|hidden|visibility|template|layout|save_as|url|id|type)"
    r":[ \t]+\S",
    re.IGNORECASE,
)
_NIKOLA = re.compile(r"\.\.[ \t]+([A-Za-z_][\w-]{0,60}):[ \t]*(.*)")
_FENCE, _ENDS = "---", ("---", "...")
_TOML_FENCE = "+++"
_ENTRY = re.compile(r"([A-Za-z_][\w-]{0,60})[ \t\xa0]*:(?:[ \t\xa0]+(.*)|)", re.ASCII)
_ENTRY_WITHOUT_SPACE = re.compile(r"(title|summary|authors|period|send_at|mail):(?![/\s])(.*)")
_INDENTED_ENTRY = re.compile(r"(title|summary|authors|period|send_at|mail):\s+(.*)")
_COMMENT = re.compile(r"(?:^|\s)#\s.*$")
_COMMENT_BEHIND_WORDS = re.compile(r"\S #\s.*$")
_BLOCK = re.compile(r"([|>])[+-]?[1-9]?[+-]?")
_ITEM = re.compile(r"\s*-(?:\s+(.*))?")
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:#.*)?""")
_LIST_PART = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|([^,"'\[\]{}][^,\[\]{}]*))\s*(?:,|$)""")
_REFERENCE = re.compile(r"!!|!<|![\w/-]+(?:/|:)|[&*][A-Za-z0-9_-]+$|&[A-Za-z0-9_-]+\s")
_ESCAPE = re.compile(r'\\(?:(["\\/])|([nt])|u([0-9a-fA-F]{4}))')


@dataclass(frozen=True)
class FrontMatter:
    """The value and the line of each key, and the Markdown below; `body_line` is the line above its first.

    A value is text, a list of texts, or None if it is neither. `inner` has the keys below other keys, which
    other programs use: key, value, line.
    """

    values: dict[str, Value]
    lines: dict[str, int]
    inner: tuple[tuple[str, Value, int], ...]
    body: str
    body_line: int


@dataclass
class _Entry:
    """A key, the text after its colon, and the lines below that belong to it."""

    key: str
    line: int
    first: str
    below: list[str] = field(default_factory=list)


def split_front_matter(found: Findings, text: str) -> FrontMatter:
    """The front matter of `text` and the Markdown below it; findings go to `found`.

    An import may have none, or one in the format of another program: TOML, JSON, Nikola's, or lines of
    `key: value` up to the first empty line. The case of its keys is ignored.

    Raises:
        UnpublishableError: the front matter is missing, unreadable, too long, or has no end.
    """
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    fence = lines[first].rstrip()
    if found.lenient and (front := _of_another_program(found, lines, first)):
        return front
    if fence == _FENCE:
        return _fenced(found, lines, first, _ENDS, _entries)
    if found.lenient:
        found.warn(first + 1, "front-matter-missing")
        return FrontMatter({}, {}, (), "\n".join(lines[first:]), first)
    found.error(first + 1, "front-matter-toml" if fence == _TOML_FENCE else "front-matter-missing")
    raise UnpublishableError(found.all())


def _of_another_program(found: Findings, lines: list[str], first: int) -> FrontMatter | None:
    fence = lines[first].rstrip()
    if fence == _TOML_FENCE:
        return _fenced(found, lines, first, (_TOML_FENCE,), _toml)
    if _BARE_HEAD.match(fence):
        return _bare(found, lines, first)
    if fence[:1] == "{" and (front := _json(lines, first)):
        return front
    is_nikola = any(_NIKOLA.match(line) for line in lines[first : first + 2])
    return _nikola(lines, first) if is_nikola else None


def _bare(found: Findings, lines: list[str], first: int) -> FrontMatter:
    """`key: value` lines that end at an empty line."""
    end = next((at for at, line in enumerate(lines[first:], first) if not line.strip()), len(lines))
    keys = _entries(found, lines[first:end], first + 1)
    return FrontMatter(*keys, "\n".join(lines[end + 1 :]), end + 1)


def _nikola(lines: list[str], first: int) -> FrontMatter:
    """Lines of `.. key: value`, in an HTML comment or not."""
    values: dict[str, Value] = {}
    lines_of: dict[str, int] = {}
    at = first
    while at < len(lines) and (line := lines[at].strip()) and line != "-->":
        if entry := _NIKOLA.match(line.removeprefix("<!--").strip()):
            values.setdefault(entry[1].lower(), entry[2].strip())
            lines_of.setdefault(entry[1].lower(), at + 1)
        at += 1
    return FrontMatter(values, lines_of, (), "\n".join(lines[at + 1 :]), at + 1)


def _json(lines: list[str], first: int) -> FrontMatter | None:
    """One JSON object, as Hugo and Hexo read it; None if the text only begins like one."""
    text = "\n".join(lines[first:])
    try:
        table, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    keys = _of_table(without_control_in(table), lines[first:], first + 1, ":")
    above = first + text.count("\n", 0, end)
    return FrontMatter(*keys, text[end:].lstrip(" \t;").removeprefix("\n"), above + 1)


def _fenced(
    found: Findings,
    lines: list[str],
    first: int,
    ends: tuple[str, ...],
    parse: Callable[[Findings, list[str], int], _Keys],
) -> FrontMatter:
    end = next((at for at, line in enumerate(lines[first + 1 :], first + 1) if line.rstrip() in ends), None)
    if end is None:
        found.error(first + 1, "front-matter-no-end")
        raise UnpublishableError(found.all())
    head = lines[first + 1 : end]
    if sum(len(line) + 1 for line in head) > LONGEST_BYTES:
        found.error(first + 1, "front-matter-too-long", limit=LONGEST_BYTES // 1000, end=end + 1)
        raise UnpublishableError(found.all())
    return FrontMatter(*parse(found, head, first + 2), "\n".join(lines[end + 1 :]), end + 1)


def _entries(found: Findings, head: list[str], first: int) -> _Keys:
    """The keys of lines of `key: value`; `first` is the line number of the first one."""
    entries: dict[str, _Entry] = {}
    entry: _Entry | None = None
    for line, written in enumerate((text.replace("\t", "  ") for text in head), first):
        match = _ENTRY.fullmatch(written.rstrip()) or _ENTRY_WITHOUT_SPACE.fullmatch(written.rstrip())
        if not match and entry and entry.first and not _BLOCK.fullmatch(entry.first):
            match = _INDENTED_ENTRY.fullmatch(written.strip())
        if match:
            entry = _Entry(match[1].lower() if found.lenient else match[1], line, (match[2] or "").strip())
            if entry.key in entries:
                found.error(line, "key-twice", key=entry.key, first=entries[entry.key].line)
            entries.setdefault(entry.key, entry)
        elif entry and (not written.strip() or written[0] in " \xa0" or _ITEM.fullmatch(written)):
            entry.below.append(written)
        elif written.strip() and not written.lstrip().startswith("#"):
            found.error(line, "front-matter-line", text=written.strip()[:60])
    values = {key: _value(found, entry) for key, entry in entries.items()}
    inner = [each for entry in entries.values() for each in _below(found, entry)] if found.lenient else ()
    return values, {key: entry.line for key, entry in entries.items()}, tuple(inner)


def _below(found: Findings, entry: _Entry) -> Iterator[tuple[str, Value, int]]:
    """The keys below a key without a value of its own."""
    for line, written in enumerate(entry.below if not entry.first else (), entry.line + 1):
        if match := _ENTRY.fullmatch(written.strip().removeprefix("- ").strip()):
            below = _Entry(match[1].lower(), line, (match[2] or "").strip())
            yield below.key, _value(found, below), line


def _value(found: Findings, entry: _Entry) -> Value:
    below = [line for line in entry.below if line.strip() and not line.lstrip().startswith("#")]
    if _BLOCK.fullmatch(_COMMENT.sub("", entry.first)):
        lines = [line.strip() for line in entry.below]
        return ("\n" if entry.first[0] == "|" else " ").join(lines).strip()
    if not entry.first and below and all(_ITEM.fullmatch(line) for line in below):
        items = [(_ITEM.fullmatch(line) or [""] * 2)[1] or "" for line in below]
        return tuple(_text(found, entry, item.strip()) for item in items)
    if not entry.first and any(_ENTRY.fullmatch(line.strip()) for line in below):
        return None
    written = " ".join([entry.first, *(line.strip() for line in below)]).strip()
    if entry.key not in ("title", "summary") and written.startswith("["):
        flow_list = _flow_list(_COMMENT.sub("", written).strip())
        if flow_list is None:
            found.strict(entry.line, "list-unreadable", key=entry.key)
        return flow_list
    return _text(found, entry, written)


def _flow_list(written: str) -> tuple[str, ...] | None:
    """The texts of `[a, b]`; None if the list is malformed."""
    if not written.endswith("]"):
        return None
    inner, at, items = written[1:-1].strip(), 0, []
    while at < len(inner):
        part = _LIST_PART.match(inner, at)
        if not part:
            return None
        items.append(_unquoted(part[1]) if part[1] else part[2].strip())
        at = part.end()
    return tuple(items)


def _text(found: Findings, entry: _Entry, written: str) -> str:
    """The value without a comment and without quotes around it."""
    if _REFERENCE.match(written):
        found.error(entry.line, "front-matter-reference", key=entry.key)
        return ""
    if quoted := _QUOTED.fullmatch(written):
        return _unquoted(quoted[1])
    if written[:1] == '"' and written.count('"') == 1:
        found.error(entry.line, "front-matter-quote", key=entry.key)
    if entry.key in ("title", "summary") and (lost := _COMMENT_BEHIND_WORDS.search(written)):
        found.warn(entry.line, "front-matter-comment", key=entry.key, text=lost[0][2:])
    return _COMMENT.sub("", written).strip()


def _unquoted(quoted: str) -> str:
    inner = quoted[1:-1]
    if quoted[0] == "'":
        return inner.replace("''", "'")
    plain = _ESCAPE.sub(
        lambda found: found[1] or {"n": "\n", "t": " "}.get(found[2]) or chr(int(found[3], 16)), inner
    )
    return without_control(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _toml(found: Findings, head: list[str], first: int) -> _Keys:
    try:
        table = without_control_in(tomllib.loads("\n".join(head)))
    except (ValueError, RecursionError) as error:
        found.error(first, "front-matter-toml")
        raise UnpublishableError(found.all()) from error
    return _of_table(table, head, first, "=")


def _of_table(table: dict[str, Any], head: list[str], first: int, separator: str) -> _Keys:
    """The keys of a TOML or JSON table, and those of the tables in it; `separator` follows a key."""
    starts = {
        line.split(separator)[0].strip(" {[],\"'").casefold(): at
        for at, line in reversed(list(enumerate(head, first)))
    }
    values = {key.lower(): _plain(value) for key, value in table.items()}
    inner = [
        (key, _plain(value), starts.get(key.casefold(), first))
        for each in table.values()
        for below in (each if isinstance(each, list) else [each])
        if isinstance(below, dict)
        for key, value in below.items()
    ]
    return values, {key: starts.get(key, first) for key in values}, tuple(inner)


def _plain(value: object) -> Value:
    """A TOML or JSON value as text or texts; None for a table."""
    if isinstance(value, list):
        return tuple(str(item) for item in value if not isinstance(item, dict | list))
    if isinstance(value, dict) or value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
