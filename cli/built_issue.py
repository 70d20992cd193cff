"""What the rest of a build needs to know of an issue whose pages are written, also as JSON for the store."""

import json
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from broadsheet.archive.history import record_from, record_map
from broadsheet.archive.register import Record
from broadsheet.content.findings import Finding
from broadsheet.content.issue import Commentary, Issue
from broadsheet.content.node import Node, nodes_of


@dataclass(frozen=True)
class ReadText:
    """A text for the checks that need all texts: its file, its outline, its revision."""

    file: Path
    outline: Issue
    revision: str
    is_public: bool


@dataclass(frozen=True)
class BuiltIssue:
    """An issue whose pages are written. `read` is empty unless the build is thorough.

    `key` is that of the store, `digests` are of the record's editions, `differing` the paths with other bytes
    than the store had; all empty without one.
    """

    record: Record
    findings: list[Finding] = field(default_factory=list)
    read: list[ReadText] = field(default_factory=list)
    key: str = ""
    digests: dict[str, str] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)


def outline(issue: Issue) -> Issue:
    """The issue's words and links without its tree; `context_findings` finds the same in it."""
    words = [piece.headline for piece in issue.commentaries] + [block.plain() for block in issue.blocks()]
    links = (
        Node(node.kind, node.line, node.text, attributes=node.attributes)
        for node in nodes_of(issue.blocks(), "link", "html")
    )
    pieces = tuple(_named(piece.topic, piece.number) for piece in issue.commentaries)
    blocks = (Node("text", 0, " ".join(words)), *links)
    return replace(issue, summary="", authors=(), send_at=None, intro=blocks, commentaries=pieces, mail=None)


def facts_of(built: BuiltIssue) -> dict[str, Any]:
    """The built issue as JSON carries it."""
    record = record_map(built.record)
    return {
        "record": record,
        "digests": {name: _digest(edition) for name, edition in record["editions"].items()},
        "findings": [[f.file, f.line, f.rule, f.values, f.is_error] for f in built.findings],
        "read": [_text_map(text) for text in built.read],
    }


def built_from(facts: dict[str, Any], key: str) -> BuiltIssue:
    """The issue of facts that `facts_of` gave."""
    return BuiltIssue(
        record_from(facts["record"]),
        [Finding(*values) for values in facts["findings"]],
        [_text_from(text) for text in facts["read"]],
        key,
        facts["digests"],
    )


def _digest(edition: dict[str, Any]) -> str:
    return sha256(json.dumps(edition).encode()).hexdigest()


def _text_map(text: ReadText) -> dict[str, Any]:
    issue = text.outline
    words, *links = issue.intro
    return {
        "file": str(text.file),
        "issue": [issue.id, issue.edition, issue.title],
        "days": [str(issue.first_day), str(issue.last_day)],
        "names": [[piece.topic, piece.number] for piece in issue.commentaries],
        "words": words.text,
        "links": [[node.kind, node.line, node.text, node.attributes.get("url", "")] for node in links],
        "revision": text.revision,
        "is_public": text.is_public,
    }


def _text_from(stored: dict[str, Any]) -> ReadText:
    first, last = map(date.fromisoformat, stored["days"])
    links = [Node(kind, line, text, attributes={"url": url}) for kind, line, text, url in stored["links"]]
    blocks = (Node("text", 0, stored["words"]), *links)
    pieces = tuple(_named(topic, number) for topic, number in stored["names"])
    issue_id, edition, title = stored["issue"]
    issue = Issue(issue_id, edition, title, "", first, last, (), None, blocks, pieces)
    return ReadText(Path(stored["file"]), issue, stored["revision"], stored["is_public"])


def _named(topic: str, number: int) -> Commentary:
    """A commentary of which only the name is known."""
    return Commentary(topic, number, "", None, "", None, (), 0)
