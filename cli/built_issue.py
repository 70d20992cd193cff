"""What the rest of a build needs to know of an issue whose pages are written, also as JSON for the store."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from broadsheet.archive.history import record_from, record_map
from broadsheet.archive.register import Record
from broadsheet.content.findings import LEFT_OUT, Finding, in_order
from broadsheet.content.issue import Commentary, Issue
from broadsheet.content.node import Node, nodes_of
from broadsheet.content.text_names import is_like_a_text
from cli.build_store import Made
from cli.built_site import State

_FACTS = ("issue", "digests", "public", "published", "tally", "warnings")
_NOT_LISTED = ("revision", "mail_digest")
_UNREAD = (
    *("file-elsewhere", "document-elsewhere", "document-without-folder", "text-not-named"),
    *("text-without-folder", "text-twice-here"),
)


@dataclass(frozen=True)
class ReadText:
    """A text for the checks that need all texts: its file, its outline, its revision."""

    file: Path
    outline: Issue
    revision: str
    is_public: bool


@dataclass(frozen=True)
class BuiltIssue:
    """An issue whose pages are written: what lists, checks and the result of the build need of it.

    `digests` are of the record's editions as lists show them. `findings` are those that are shown; the other
    warnings are only counted. `read` is empty unless the build is thorough. `key` is that of the store,
    `files` and `pictures` have the digests of what was written and read.
    """

    issue: str
    key: str
    digests: dict[str, str]
    public: list[str]
    published: int
    tally: dict[str, int]
    findings: list[Finding]
    warnings: int
    files: dict[str, str]
    pictures: dict[str, tuple[str, State]]
    text: str  # record and outlines as JSON: most builds need few of them
    known: Record | None = field(default=None, compare=False)

    @cached_property
    def record(self) -> Record:
        """The record."""
        return self.known or record_from(json.loads(self.text)[0])

    @cached_property
    def read(self) -> list[ReadText]:
        """The texts."""
        return [_text_from(text) for text in json.loads(self.text)[1]]

    @classmethod
    def of(
        cls, record: Record, findings: Iterable[Finding], read: Iterable[ReadText], *, thorough: bool
    ) -> "BuiltIssue":
        """The built issue, without what the store needs: key, files and pictures."""
        found, stored = once(findings), record_map(record)
        shown = [finding for finding in found if thorough or is_shown(finding)]
        text = json.dumps([stored, [_text_map(text) for text in read]], ensure_ascii=False)
        return cls(
            issue=record.issue,
            key="",
            digests={name: _digest(edition) for name, edition in stored["editions"].items()},
            public=list(record.public),
            published=len(record.published),
            tally=record.tally(),
            findings=shown,
            warnings=len(found) - len(shown),
            files={},
            pictures={},
            text=text,
            known=record,
        )

    def made(self) -> Made:
        """The built issue for the store."""
        findings = [[f.file, f.line, f.rule, f.values, f.is_error] for f in self.findings]
        facts = {name: getattr(self, name) for name in _FACTS} | {"findings": findings}
        return Made(facts, self.files, self.text)

    @classmethod
    def stored(cls, key: str, made: Made, pictures: dict[str, tuple[str, State]]) -> "BuiltIssue":
        """The built issue that `made` gave."""
        findings = [Finding(*values) for values in made.facts["findings"]]
        facts = made.facts | {"findings": findings}
        return cls(**facts, key=key, files=made.files, pictures=pictures, text=made.text)


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


def once(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in order, without duplicates of several texts in a folder."""
    return list({(f.file, f.line, f.rule, *f.values.items()): f for f in in_order(findings)}.values())


def is_shown(finding: Finding) -> bool:
    """Whether it is shown although warnings are not asked for."""
    return finding.is_error or finding.rule in LEFT_OUT or is_unread(finding)


def is_unread(finding: Finding) -> bool:
    """Whether it is about a file that looks like a text and was not read."""
    return finding.rule in _UNREAD and is_like_a_text(finding.values["name"])


def _digest(edition: dict[str, Any]) -> str:
    """A digest of what lists may show: a text with other words has another revision, but the same lists."""
    shown = {name: value for name, value in edition.items() if name not in _NOT_LISTED}
    return sha256(json.dumps(shown).encode()).hexdigest()


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
