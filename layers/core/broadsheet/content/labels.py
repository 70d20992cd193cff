"""Resolves the labels of footnotes and links within their commentary: for the parser they are the file's.

Authors number by commentary: each may have its own `[^1]` and its own `[1]: https://…`. A footnote mark or a
link uses the definition under the same heading (`##`, `###`), else the first one in the file.
Source: CommonMark 0.31, "Link reference definitions": the first one counts, labels match without case.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from broadsheet.content.findings import Findings
from broadsheet.content.node import Node, all_mapped, nodes_of

_DEFINITION = re.compile(rb"^[ \t>]*\[([^\[\]\n^][^\[\]\n]{0,300})\]:[ \t]*(?:\n[ \t>]*)?\S", re.MULTILINE)
_SPACES = re.compile(r"\s+")
_SEPARATOR = " · "  # between label and line, in the names of further footnotes with the same label
_SECTION_LEVELS = (2, 3)
_NUMBER = re.compile(r"\d{1,4}")
_EMPTY_TARGET = re.compile(r"(?:#|<>)?(?:\s|$)")
_LIKE_ADDRESS = re.compile(r"<?(?:[a-z][a-z0-9+.-]*:|[/#.]|www\.|\S*/|\S+\.[a-z]{2,5}\b)", re.IGNORECASE)
_LONGEST_DEFINITION_BYTES = 4_000


class Definition(NamedTuple):
    """A line `[label]: url "title"`, whether a link has its label or not.

    `text` is the line. `url` and `title` are "" unless the label is a number or is defined several times:
    only then the parser may have taken another definition than the author meant.
    """

    label: str
    line: int
    text: str
    url: str = ""
    title: str = ""


_Labelled = TypeVar("_Labelled", Node, Definition)
_Sections = dict[int, list[_Labelled]]  # number of a section -> those with the label, in reading order


def folded(label: str) -> str:
    """The label as it is compared."""
    return _SPACES.sub(" ", label.strip()).casefold()


def shown_label(name: str) -> str:
    """A footnote's label as its author wrote it."""
    return name.partition(_SEPARATOR)[0]


def definitions(
    raw: bytes,
    covered: list[tuple[int, int]],
    line_at: Callable[[int], int],
    parse_definition: Callable[[str], tuple[str, str]],
) -> list[Definition]:
    """All definitions of links in a source text.

    `covered` are the sorted byte ranges of words and code. `parse_definition` returns the target and the
    title of a single definition, or two empty strings.
    """
    matches = [match for match in _DEFINITION.finditer(raw) if not _is_covered(match, covered)]
    labels = [folded(match[1].decode("utf-8", "replace")) for match in matches]
    starts = [match.start(1) - 1 for match in matches]
    ends = [*(match.start() for match in matches[1:]), len(raw)]
    counts = Counter(labels)
    found = []
    for label, start, end in zip(labels, starts, ends, strict=False):
        url, title = "", ""
        if counts[label] > 1 or _NUMBER.fullmatch(label):
            text = raw[start : min(end, start + _LONGEST_DEFINITION_BYTES)].decode("utf-8", "replace")
            url, title = parse_definition(text.split("\n\n")[0])
        line = raw[start:].partition(b"\n")[0].decode("utf-8", "replace")
        found.append(Definition(label, line_at(start), line, url, title))
    return found


def _is_covered(match: re.Match[bytes], covered: list[tuple[int, int]]) -> bool:
    at = bisect_right(covered, (match.start(1), match.end()))
    return at > 0 and covered[at - 1][1] > match.start(1) - 1


def check_definitions(found: Findings, blocks: Iterable[Node], all_definitions: Iterable[Definition]) -> None:
    """Report definitions that no link uses: lost words (an error), or the numbered address of a source.

    An unused address with a name is harmless. A target of `#` or `<>` is a common way to hide a note.
    """
    used: set[str] | None = None
    for each in all_definitions:
        if used is None:
            used = {folded(n.attributes["label"]) for n in nodes_of(blocks) if "label" in n.attributes}
        target = each.text.partition("]:")[2].strip()
        if each.label in used or _EMPTY_TARGET.match(target):
            continue
        if not _LIKE_ADDRESS.match(target):
            found.strict(each.line, "definition-lost", text=each.text[:80])
        elif _NUMBER.fullmatch(each.label):
            found.warn(each.line, "label-unused", text=each.text[:80])


class Labels:
    """The labels of a text's footnotes and links; doubled and ambiguous ones are reported to `found`."""

    def __init__(
        self, found: Findings, blocks: tuple[Node, ...], all_definitions: Iterable[Definition]
    ) -> None:
        self.found, self.blocks = found, blocks
        self.section_starts = [
            block.line
            for block in blocks
            if block.kind == "heading" and block.attributes["level"] in _SECTION_LEVELS
        ]
        nodes = nodes_of(blocks, "footnote", "footnote-mark", "link")
        self.notes = self._grouped((n.attributes["name"], n) for n in nodes if n.kind == "footnote")
        self.marks = self._grouped((n.text, n) for n in nodes if n.kind == "footnote-mark" and n.text)
        self.links = self._grouped((n.attributes["label"], n) for n in nodes if n.attributes.get("label"))
        self.definitions = self._grouped((each.label, each) for each in all_definitions if each.url)
        self.names = {
            (label, note.line): note.attributes["name"] + (f"{_SEPARATOR}{note.line}" if count else "")
            for label, sections in self.notes.items()
            for count, note in enumerate(_all(sections))
        }

    def _section(self, line: int) -> int:
        """The number of the heading above a line; 0 above the first."""
        return bisect_right(self.section_starts, line)

    def _grouped(self, labelled: Iterable[tuple[str, _Labelled]]) -> dict[str, _Sections[_Labelled]]:
        groups: dict[str, _Sections[_Labelled]] = {}
        for label, each in labelled:
            groups.setdefault(folded(label), {}).setdefault(self._section(each.line), []).append(each)
        return groups

    def resolved(self) -> tuple[Node, ...]:
        """The blocks; marks with the name of their footnote, links with the target of their definition."""
        for notes in (notes for sections in self.notes.values() for notes in sections.values()):
            for note in notes[1:]:
                if note.plain().split() != notes[0].plain().split():
                    self._report_double("footnote-twice", note, note.attributes["name"], notes[0])
        for label, sections in self.definitions.items():
            for same in sections.values():
                for each in same[1:]:
                    if each.url != same[0].url:
                        self._report_double("label-twice", each, label, same[0])
        if not (self.notes or self.definitions or self.links):
            return self.blocks
        kinds = ("footnote", "footnote-mark", *(("link",) if self.links else ()))
        return all_mapped(self.blocks, self._resolved, *kinds)

    def _report_double(self, rule: str, second: _Labelled, label: str, first: _Labelled) -> None:
        self.found.strict(second.line, rule, name=label[:40], first=first.line)

    def _resolved(self, node: Node) -> Node:
        if node.kind == "footnote":
            name = self.names[folded(node.attributes["name"]), node.line]
            return replace(node, attributes={**node.attributes, "name": name})
        if node.kind == "footnote-mark":
            return self._resolved_mark(node)
        return self._resolved_link(node) if node.kind == "link" and node.attributes.get("label") else node

    def _resolved_mark(self, mark: Node) -> Node:
        label = folded(mark.text)
        sections = self.notes.get(label)
        if not sections:
            return mark
        own = sections.get(self._section(mark.line))
        note = (own or _all(sections))[0]
        if not own:
            values = {"name": shown_label(mark.text)[:40], "first": note.line}
            if len({" ".join(each.plain().split()) for each in _all(sections)}) > 1:
                self.found.strict(mark.line, "footnote-in-doubt", **values)
            elif next(iter(sections)) in self.marks.get(label, ()):
                self.found.warn(mark.line, "footnote-shared", **values)
        return replace(mark, text=self.names[label, note.line])

    def _resolved_link(self, link: Node) -> Node:
        label = folded(link.attributes["label"])
        attributes = {name: value for name, value in link.attributes.items() if name != "label"}
        sections = self.definitions.get(label, {})
        if own := sections.get(self._section(link.line)):
            attributes |= {"url": own[0].url, "title": own[0].title}
        elif sections:
            values = {"name": link.attributes["label"][:40], "first": _all(sections)[0].line}
            if len({each.url for each in _all(sections)}) > 1:
                self.found.strict(link.line, "label-in-doubt", **values)
            elif label.isdecimal() and next(iter(sections)) in self.links.get(label, ()):
                self.found.warn(link.line, "label-shared", **values)
        return replace(link, attributes=attributes)


def _all(sections: _Sections[_Labelled]) -> list[_Labelled]:
    return [each for section in sections.values() for each in section]
