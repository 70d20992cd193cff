"""Markdown as a tree with line numbers; the only module that calls the parser (pyromark)."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NoReturn

import pyromark

from broadsheet.characters import without_hidden
from broadsheet.content.hidden_html import comment_ends_twice, hidden_in, rule_of
from broadsheet.content.labels import Definition, definitions
from broadsheet.content.lines import continuation_line, with_written_lines
from broadsheet.content.markdown_source import (
    doubtful_fence,
    line_numbers,
    without_endless_html,
    without_indented_code,
)
from broadsheet.content.misreadings import (
    STARS,
    Misreading,
    is_approximation,
    is_product,
    is_underlined_text,
    lost_cells,
)
from broadsheet.content.node import PHRASE_TAGS, Node, nodes_of
from broadsheet.content.parser_events import BRANCH_NAMES, LEAF_NAMES, attributes_of
from broadsheet.content.picture_targets import with_picture_targets
from broadsheet.content.raw_html import HtmlToken, inline_token, paired, tokens

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
_SIGNS = ("*", "_", "`", "~")
DEEPEST = 100
MOST_PARTS = 30_000  # a long weekly has a tenth of it
_LONGEST_SHOWN = 60
_TASK = {True: "☑ ", False: "☐ "}
_NESTING = {"quote", "list", "item", "footnote", "emphasis", "strong", "deleted", "link", "image"}
_ORDINAL = re.compile(rb"(\d{1,9})[.)]")
_SPACES = re.compile(r"\s+")
_WITHIN_WORDS = PHRASE_TAGS | {
    *("abbr", "big", "cite", "dfn", "font", "ins", "kbd", "mark", "nobr", "q", "samp", "small", "time", "tt"),
    *("var", "wbr"),
}
_BREAK = HtmlToken("words", text=" ")  # in place of a tag that separates words and is not shown


@dataclass(frozen=True)
class Parsed:
    """A text's blocks, the HTML that pages drop and other misreadings, and all definitions of links."""

    blocks: tuple[Node, ...]
    misreadings: tuple[Misreading, ...]
    definitions: tuple[Definition, ...]


class TooManyPartsError(ValueError):
    """The text has more than `MOST_PARTS` parts. Nothing was parsed."""


@dataclass(slots=True)
class _OpenNode:
    kind: str
    line: int
    attributes: dict[str, Any]
    children: list[Node] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)


def parse(text: str, lines_above: int = 0) -> tuple[Node, ...]:
    """The blocks of a Markdown text: those of `parsed`."""
    return parsed(text, lines_above).blocks


def parsed(text: str, lines_above: int = 0) -> Parsed:
    """A Markdown text: CommonMark with tables, footnotes, strikethrough, tasks, spaces in pictures' names.

    Nodes deeper than `DEEPEST` join the level above, so that recursion over the tree stays bounded. The tree
    holds only HTML that pages show, its tags in pairs; a tag that never ends is removed. Decoded entities are
    cleaned of control characters. `lines_above` is the number of the file's lines above the text.

    Raises:
        TooManyPartsError: refuse the text.
    """
    source = with_picture_targets(text.encode("utf-8", "replace"), _events)
    source = without_indented_code(source, _events)
    raw, endless = without_endless_html(source, _events)
    line_at = line_numbers(raw, lines_above)
    reader = _Reader(raw, line_at)
    for line, tag in endless:
        reader.hide(line + lines_above, tag)
    blocks = reader.read(_events(raw))
    found = definitions(raw, reader.covered, line_at, _target_and_title) if b"]:" in raw else []
    return Parsed(blocks, tuple(reader.all_misreadings()), tuple(found))


def _target_and_title(definition: str) -> tuple[str, str]:
    label = definition[: definition.index("]") + 1]
    raw = f"{definition}\n\n{label}".encode("utf-8", "replace")
    links = nodes_of(_Reader(raw, lambda _: 0).read(_events(raw)), "link")
    attributes = links[0].attributes if links else {"url": "", "title": ""}
    return str(attributes["url"]), str(attributes["title"])


def _events(raw: bytes) -> Iterator[tuple[Any, Any]]:
    """The parser's events, each with its byte range.

    Raises:
        TooManyPartsError: more than `MOST_PARTS` parts.
    """
    events = iter(pyromark.events_with_range(raw.decode(), options=_OPTIONS))
    return chain(islice(events, 2 * MOST_PARTS + 1), map(_refused, events))


def _refused(_: object) -> NoReturn:
    raise TooManyPartsError


class _Reader:
    def __init__(self, raw: bytes, line_at: Callable[[int], int]) -> None:
        self.raw, self.line_at = raw, line_at
        self.covered: list[tuple[int, int]] = []
        self.hidden: set[tuple[int, str, str]] = set()  # line, tag, rule
        self.fences: list[Misreading] = []
        self.misreadings: list[Misreading] = []
        self.too_deep_at = 0

    def hide(self, line: int, tag: str, rule: str = "") -> None:
        if rule := rule or rule_of(tag):
            self.hidden.add((line, tag, rule))

    def misread(self, line: int, rule: str, text: str) -> None:
        self.misreadings.append(Misreading(line, rule, {"text": text[:_LONGEST_SHOWN]}))

    def all_misreadings(self) -> Iterator[Misreading]:
        for line, tag, rule in sorted(self.hidden, key=_line_and_name):
            yield Misreading(line, rule, {} if rule.startswith("comment-") else {"tag": tag[:80]})
        if self.too_deep_at:
            yield Misreading(self.too_deep_at, "nested-too-deeply", {"limit": DEEPEST})
        yield from self.fences
        yield from self.misreadings

    def read(self, events: Iterator[tuple[Any, Any]]) -> tuple[Node, ...]:
        stack = [_OpenNode("document", 1, {})]
        for event, span in events:
            # Each event is made for this loop alone: it may be emptied, which is the fastest way to read it.
            name, detail = (event, None) if isinstance(event, str) else event.popitem()
            if kind := LEAF_NAMES.get(name):
                stack[-1].children.append(self.leaf(kind, detail, span["start"], span["end"]))
            elif name == "Start":
                stack.append(self.opened(detail, span, stack))
            elif name == "End":
                done = stack.pop()
                parent = stack[-1]
                if done.kind == "literal":
                    signs = Node("text", done.line, done.attributes["signs"])
                    parent.children += [signs, *done.children, signs]
                elif done is not parent and (node := self.closed(done)):
                    is_block = parent.kind in ("document", "quote")
                    parent.children += self.split(node, done.span, parent.kind) if is_block else [node]
        return tuple(stack[0].children)

    def leaf(self, kind: str, detail: Any, start: int, end: int) -> Node:  # noqa: ANN401  # as the parser gives it
        self.covered.append((start, end))
        words = without_hidden(detail) if isinstance(detail, str) else _TASK.get(detail, "")
        is_escaped = words.startswith(_SIGNS) and self.raw[start - 1 : start] == b"\\"
        return Node(kind, self.line_at(start), words, (), {"is_escaped": True} if is_escaped else {})

    def opened(self, detail: Any, span: dict[str, int], stack: list[_OpenNode]) -> _OpenNode:  # noqa: ANN401  # as the parser gives it
        kind, inner = (detail, None) if isinstance(detail, str) else detail.popitem()
        name, line = BRANCH_NAMES.get(kind, "paragraph"), self.line_at(span["start"])
        if kind == "CodeBlock" and inner != "Indented":
            fence = doubtful_fence(self.raw, span["start"], span["end"], self.line_at)
            self.fences += [fence] if fence else []
        if len(stack) > DEEPEST and name in _NESTING:
            self.too_deep_at = self.too_deep_at or line
            return stack[-1]
        if kind in STARS and is_product(self.raw, span, len(STARS[kind])):
            return _OpenNode("literal", line, {"signs": STARS[kind]})
        if kind == "Strikethrough" and is_approximation(self.raw, span):
            return _OpenNode("literal", line, {"signs": "~"})
        if kind == "TableRow":
            columns = len(stack[-1].attributes["alignments"])
            self.check_row(self.raw[span["start"] : span["end"]], line, columns)
        attributes = attributes_of(kind, inner)
        if kind == "List":
            attributes["mark"] = self.raw[span["start"] : span["start"] + 1].decode("ascii", "replace")
        if kind == "Item" and (ordinal := _ORDINAL.match(self.raw, span["start"])):
            attributes["number"] = int(ordinal[1])
        return _OpenNode(name, line, attributes, span=(span["start"], span["end"]))

    def check_row(self, row: bytes, line: int, columns: int) -> None:
        if b"|" not in row and columns > 1:
            self.misread(line, "line-goes-on", row.decode("utf-8", "replace").strip())
        elif lost := lost_cells(row, columns):
            self.misread(line, "table-cells-lost", lost)

    def split(self, node: Node, span: tuple[int, int], parent: str) -> list[Node]:
        """The block of a document or quotation; several paragraphs if its author meant its lines as such."""
        raw = self.raw[self.raw.rfind(b"\n", 0, span[0]) + 1 : span[1]]
        if continuation := continuation_line(node, parent, raw):
            self.misread(continuation[0], "line-goes-on", continuation[1])
        if node.kind == "heading" and is_underlined_text(node, self.raw, span[0]):
            self.misread(node.line, "heading-underlined", node.plain().strip())
        if node.kind != "paragraph" or "soft-break" not in [child.kind for child in node.children]:
            return [node]
        return with_written_lines(node, raw)

    def closed(self, done: _OpenNode) -> Node | None:
        """The node with only the HTML that pages show; None if nothing of it remains."""
        if done.kind == "html-block":
            return self.html_block(done)
        children = done.children
        if "html" in [child.kind for child in children]:
            children = self.shown(children)
        return Node(done.kind, done.line, "", tuple(children), done.attributes)

    def paired_tokens(self, found: Sequence[HtmlToken | None], line: int) -> list[bool]:
        stays, dropped = paired(found)
        for tag in dropped:
            self.hide(line, tag)
        return stays

    def html_block(self, done: _OpenNode) -> Node | None:
        """A block of HTML; without any tag of a block it is an ordinary paragraph."""
        whole = "".join(child.text for child in done.children)
        for below, tag, rule in hidden_in(whole, whole):
            self.hide(done.line + below, tag, rule)
        found = tokens(whole)
        stays = self.paired_tokens(found, done.line)
        left = [
            token if stay else _BREAK
            for token, stay in zip(found, stays, strict=True)
            if stay or (token.kind in ("open", "close") and token.name not in _WITHIN_WORDS)
        ]
        if not any(token.kind != "words" or token.text.strip() for token in left):
            return None
        tags = {token.name for token in left if token.kind != "words"}
        children = [
            Node("html", done.line, token.text)
            if token.kind != "words"
            else Node("text", done.line, token.text if "pre" in tags else _SPACES.sub(" ", token.text))
            for token in left
        ]
        return Node("paragraph" if tags <= PHRASE_TAGS else "html-block", done.line, "", _trimmed(children))

    def shown(self, children: list[Node]) -> list[Node]:
        """The children of a paragraph without the tags that pages do not show."""
        tags = [child for child in children if child.kind == "html"]
        whole = "".join(child.text for child in tags)
        for child in tags:
            for _, tag, rule in hidden_in(child.text, whole):
                self.hide(child.line, tag, rule)
        if line := comment_ends_twice(children):
            self.hide(line, "<!-- -->", "comment-ends-twice")
        found = [inline_token(child.text) if child.kind == "html" else None for child in children]
        stays = self.paired_tokens(found, tags[0].line)
        left: list[Node] = []
        for child, token, stay in zip(children, found, stays, strict=True):
            if stay and (token is not None or child.kind != "html"):
                left.append(child if token is None else Node("html", child.line, token.text))
            elif token and token.name not in _WITHIN_WORDS and left and not left[-1].text.endswith(" "):
                left.append(Node("text", child.line, " "))
        return left


def _line_and_name(hidden: tuple[int, str, str]) -> tuple[int, str]:
    """A sort key: tags that hide or strike out words are sorted as `hidden` and `struck`, others by name."""
    line, tag, rule = hidden
    return line, f"{rule.removeprefix('html-')} {tag}" if rule in ("html-hidden", "html-struck") else tag


def _trimmed(children: list[Node]) -> tuple[Node, ...]:
    if children[0].kind == "text":
        children[0] = Node("text", children[0].line, children[0].text.lstrip())
    if children[-1].kind == "text":
        children[-1] = Node("text", children[-1].line, children[-1].text.rstrip())
    return tuple(child for child in children if child.text)
