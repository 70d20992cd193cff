"""Labels of footnotes and links belong to their commentary; the parser takes them for the whole file's.

Authors number by commentary: each may have its own `[^1]` and its own `[1]: https://…`. A mark or a link
takes what stands under the same heading (`##`, `###`), else what the rest of the file has by that label.
Source: CommonMark 0.31, "Link reference definitions": the first one counts, labels match without case.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from broadsheet.content.findings import Findings
from broadsheet.content.node import Node

_DEFINITION = re.compile(rb"^[ \t>]*\[([^\[\]\n^][^\[\]\n]{0,300})\]:[ \t]*(?:\n[ \t>]*)?\S", re.MULTILINE)
_SPACES = re.compile(r"\s+")
_OWN = " · "  # in the name of a footnote whose label several have: then the line
_SECTION_LEVELS = (2, 3)
_NUMBER = re.compile(r"\d{1,4}")
_HIDES = re.compile(r"(?:#|<>)?(?:\s|$)")
_LIKE_ADDRESS = re.compile(r"<?(?:[a-z][a-z0-9+.-]*:|[/#.]|www\.|\S*/|\S+\.[a-z]{2,5}\b)", re.IGNORECASE)
_LONGEST = 4_000  # bytes of a definition


class Definition(NamedTuple):
    """`[label]: url "title"` as it stands in the file, by its line."""

    label: str
    line: int
    url: str
    title: str


def folded(label: str) -> str:
    """A label as it is compared."""
    return _SPACES.sub(" ", label.strip()).casefold()


def shown_label(name: str) -> str:
    """A footnote's label as its author wrote it."""
    return name.partition(_OWN)[0]


def definitions(
    raw: bytes,
    covered: list[tuple[int, int]],
    line_at: Callable[[int], int],
    read: Callable[[str], tuple[str, str]],
) -> list[Definition]:
    """The definitions of links whose labels are numbers or several have, as only these may be in doubt.

    `covered` are the bytes that words and code were made of, in order; `read` gives target and title of a
    definition by itself.
    """
    said = [match for match in _DEFINITION.finditer(raw) if not _is_covered(match, covered)]
    counts = Counter(_label(match) for match in said)
    found = []
    for match, following in zip(said, [*(each.start() for each in said[1:]), len(raw)], strict=False):
        label, start = _label(match), match.start(1) - 1
        if counts[label] > 1 or _NUMBER.fullmatch(label):
            text = raw[start : min(following, start + _LONGEST)].decode("utf-8", "replace")
            url, title = read(text.split("\n\n")[0])
            found.append(Definition(label, line_at(start), url, title))
    return [each for each in found if each.url]


def _label(match: re.Match[bytes]) -> str:
    return folded(match[1].decode("utf-8", "replace"))


def _is_covered(match: re.Match[bytes], covered: list[tuple[int, int]]) -> bool:
    """Whether words or code were made of it; `covered` is in order."""
    at = bisect_right(covered, (match.start(1), match.end()))
    return at > 0 and covered[at - 1][1] > match.start(1) - 1


class Stated(NamedTuple):
    """A line that the parser takes for the address of a link, whether any link has its label or not."""

    label: str
    line: int
    text: str


def stated(raw: bytes, covered: list[tuple[int, int]], line_at: Callable[[int], int]) -> list[Stated]:
    """All of them; they are shown nowhere. `covered` as in `definitions`."""
    found = [match for match in _DEFINITION.finditer(raw) if not _is_covered(match, covered)]
    lines = [raw[match.start(1) - 1 :].partition(b"\n")[0].decode("utf-8", "replace") for match in found]
    return [
        Stated(_label(match), line_at(match.start(1)), line) for match, line in zip(found, lines, strict=True)
    ]


def check_stated(found: Findings, blocks: Iterable[Node], all_stated: Iterable[Stated]) -> None:
    """Find what no link uses: words, which would be lost, or a numbered address, as of a source.

    An address by a name is a leftover. A target of `#` or `<>` is how some hide a note.
    """
    used: set[str] | None = None
    for each in all_stated:
        if used is None:
            nodes = (node for block in blocks for node in block.walk() if "label" in node.attributes)
            used = {folded(node.attributes["label"]) for node in nodes}
        target = each.text.partition("]:")[2].strip()
        if each.label in used or _HIDES.match(target):
            continue
        if not _LIKE_ADDRESS.match(target):
            found.strict(each.line, "definition-lost", text=each.text[:80])
        elif _NUMBER.fullmatch(each.label):
            found.warn(each.line, "label-unused", text=each.text[:80])


@dataclass
class _Scope:
    """What a label stands for, by the sections that say it."""

    by_section: dict[int, list[Node | Definition]] = field(default_factory=dict)

    def all(self) -> list[Node | Definition]:
        return [each for section in self.by_section.values() for each in section]


def labelled(found: Findings, blocks: tuple[Node, ...], links: Iterable[Definition]) -> tuple[Node, ...]:
    """The blocks, each mark and link by the label of its own commentary; doubts go to `found`."""
    return _Labels(found, blocks, links).resolved()


class _Labels:
    def __init__(self, found: Findings, blocks: tuple[Node, ...], links: Iterable[Definition]) -> None:
        self.found, self.blocks = found, blocks
        self.starts = [
            block.line
            for block in blocks
            if block.kind == "heading" and block.attributes["level"] in _SECTION_LEVELS
        ]
        self.notes: dict[str, _Scope] = {}
        self.links: dict[str, _Scope] = {}
        looked_at: dict[str, list[Node]] = {"footnote": [], "footnote-mark": [], "link": []}
        for node in (node for block in blocks for node in block.walk() if node.kind in looked_at):
            looked_at[node.kind].append(node)
        for node in looked_at["footnote"]:
            self.put(self.notes, folded(node.attributes["name"]), node)
        for link in links:
            self.put(self.links, link.label, link)
        self.names = self.names_of_notes()
        self.uses = self.sections_that_use(looked_at["footnote-mark"])
        self.links_used = self.sections_that_use(looked_at["link"])

    def put(self, scopes: dict[str, _Scope], label: str, what: Node | Definition) -> None:
        scope = scopes.setdefault(label, _Scope())
        scope.by_section.setdefault(self.section(what.line), []).append(what)

    def section(self, line: int) -> int:
        """Under which heading a line stands; 0 above the first."""
        return bisect_right(self.starts, line)

    def names_of_notes(self) -> dict[int, str]:
        """A name for each footnote, by its identity, that no other has; doubles in a section are reported."""
        names: dict[int, str] = {}
        for scope in self.notes.values():
            for count, note in enumerate(scope.all()):
                if isinstance(note, Node):
                    name = note.attributes["name"]
                    names[id(note)] = f"{name}{_OWN}{note.line}" if count else name
            for notes in scope.by_section.values():
                self.tell_doubles("footnote-twice", [note for note in notes if isinstance(note, Node)])
        return names

    def tell_doubles(self, rule: str, notes: list[Node]) -> None:
        for note in notes[1:]:
            if note.plain().split() != notes[0].plain().split():
                name = note.attributes["name"]
                self.found.strict(note.line, rule, name=name[:40], first=notes[0].line)

    def sections_that_use(self, nodes: list[Node]) -> dict[str, set[int]]:
        """Where these marks, or links, of a label stand."""
        uses: dict[str, set[int]] = {}
        for node in nodes:
            label = node.text or node.attributes.get("label", "")
            if not label:
                continue
            uses.setdefault(folded(label), set()).add(self.section(node.line))
        return uses

    def resolved(self) -> tuple[Node, ...]:
        for label, scope in self.links.items():
            for found in scope.by_section.values():
                self.tell_doubled_links(label, [each for each in found if isinstance(each, Definition)])
        if not self.notes and not self.links and not self.links_used:
            return self.blocks
        return tuple(block.mapped(self.changed, "footnote", "footnote-mark", "link") for block in self.blocks)

    def tell_doubled_links(self, label: str, found: list[Definition]) -> None:
        for each in found[1:]:
            if each.url != found[0].url:
                self.found.strict(each.line, "label-twice", name=label[:40], first=found[0].line)

    def changed(self, node: Node) -> Node:
        if node.kind == "footnote":
            return self.named(node)
        if node.kind == "footnote-mark":
            return self.marked(node)
        if node.kind == "link" and node.attributes.get("label"):
            return self.linked(node)
        return node

    def named(self, note: Node) -> Node:
        """The footnote by its name; it was looked at before what it holds was changed."""
        label = folded(note.attributes["name"])
        own = [each for each in self.notes[label].all() if each.line == note.line and isinstance(each, Node)]
        name = self.names[id(own[0])]
        return replace(note, attributes={**note.attributes, "name": name})

    def marked(self, mark: Node) -> Node:
        label = folded(mark.text)
        scope = self.notes.get(label)
        if not scope:
            return mark
        here = self.section(mark.line)
        own = scope.by_section.get(here)
        note = (own or scope.all())[0]
        if not own:
            self.tell_elsewhere(mark, label, scope)
        return replace(mark, text=self.names[id(note)])

    def tell_elsewhere(self, mark: Node, label: str, scope: _Scope) -> None:
        """Tell of a mark that takes another commentary's footnote, where that may be a mistake."""
        values = {"name": shown_label(mark.text)[:40], "first": scope.all()[0].line}
        texts = {" ".join(each.plain().split()) for each in scope.all() if isinstance(each, Node)}
        if len(texts) > 1:
            self.found.strict(mark.line, "footnote-in-doubt", **values)
        elif next(iter(scope.by_section)) in self.uses.get(label, ()):
            self.found.warn(mark.line, "footnote-shared", **values)

    def linked(self, link: Node) -> Node:
        label = folded(link.attributes["label"])
        attributes = {name: value for name, value in link.attributes.items() if name != "label"}
        scope = self.links.get(label)
        if not scope:
            return replace(link, attributes=attributes)
        own = scope.by_section.get(self.section(link.line))
        if own and isinstance(own[0], Definition):
            return replace(link, attributes=attributes | {"url": own[0].url, "title": own[0].title})
        self.tell_link_elsewhere(link, label, scope)
        return replace(link, attributes=attributes)

    def tell_link_elsewhere(self, link: Node, label: str, scope: _Scope) -> None:
        values = {"name": link.attributes["label"][:40], "first": scope.all()[0].line}
        if len({each.url for each in scope.all() if isinstance(each, Definition)}) > 1:
            self.found.strict(link.line, "label-in-doubt", **values)
        elif label.isdecimal() and next(iter(scope.by_section)) in self.links_used.get(label, ()):
            self.found.warn(link.line, "label-shared", **values)
