"""Splits a paragraph where its author meant its lines as separate paragraphs or as separate lines.

Markdown joins lines without an empty line between them. Here a line begins a paragraph of its own if it is
indented and the line above ends a sentence, or if all lines are several long sentences, as word processors
save paragraphs. A line stays a line if it begins with a label (`a)`, `1.2`, `— `, `Name:`), and in verses and
addresses. All other lines are joined.
Source: CommonMark 0.31, "Paragraphs" and "Soft line breaks".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from broadsheet.content.node import Node

_QUOTED = re.compile(r"(?:[ \t]{0,3}>)+ ?")
_INDENT = re.compile("[ \u00a0\u2002]*\t|[ \u00a0\u2002]{2,}|[\u2003\u3000]+")
_INDENT_OF_A_PASSAGE = "  "  # before each line: many authors indent a whole passage like this
_BROKEN = re.compile(r"<br\s*/?>$", re.IGNORECASE)
_CLOSING = r"(?:[\"'»”’)*_~\]]|\[\^[^\]\s]*\])*"  # quotes, brackets, marks and footnotes after a full stop
_SENTENCE_ENDS = re.compile(rf"[.!?…]{_CLOSING}(?=\s|$)")
_ENDS_SENTENCE = re.compile(rf"[.!?…]{_CLOSING}$")
_CLAUSE_ENDS = re.compile(rf"[.!?…:;,]{_CLOSING}$")
_BEFORE_WORDS = re.compile(r"[\s*_~\"'«“„‘(—–-]*")
_LABELS = {
    "dash": re.compile(r"[—–] ?(?=[\W_]*[^\W\d_])"),
    "letter": re.compile(r"[^\W\d_]\)\s"),
    "number": re.compile(r"\(\d{1,3}\)\s|\(?[^\W\d_]\)\s|\d{1,3}\)\s"),
    "part": re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?\s(?=[\W_]*[^\W\d_])"),
    "roman": re.compile(r"[IVXІХ]{1,5}[.)]\s"),
    "bullet": re.compile("[•·▪◦‣●○■□☐☑✓✔]\\s?"),
    "stars": re.compile(r"\\?\*{1,3}\)\s|[†‡]\s?"),
    "meaning": re.compile(r": +\S"),
}
_ITEM = re.compile(r"[-+*]\s|\d{1,9}[.)]\s")
_SPEAKER = re.compile(r"[*_]{0,3}[^\W\d_][^:*_\n]{0,30}[*_]{0,3}:[*_]{0,3}\s+\S")
_MAY_MATTER = re.compile(rb"\n[ >]*(?:\t|  |\xc2\xa0|\xe2\x80|\xe3\x80|[a-z]\)|[^a-z ])|\n.{80}")
_FEWEST_OF_A_VERSE, _LONGEST_OF_A_VERSE, _LONGEST_OF_A_COUPLET = 2, 60, 45
_LONGEST_WRAPPED = 120
_FEWEST_SENTENCES = 2


@dataclass(frozen=True)
class _Line:
    indent: str
    words: str

    @property
    def ends_sentence(self) -> bool:
        return bool(_ENDS_SENTENCE.search(self.words))

    @property
    def begins_sentence(self) -> bool:
        first = self.words[_BEFORE_WORDS.match(self.words).end() :][:1]  # type: ignore[union-attr]  # also matches ""
        return first.isupper() or first.isdigit()

    @property
    def is_paragraph(self) -> bool:
        """Whether the line is too long for a wrapped line and for a single sentence."""
        is_long = len(self.words) > _LONGEST_WRAPPED
        return is_long and len(_SENTENCE_ENDS.findall(self.words)) >= _FEWEST_SENTENCES and self.ends_sentence

    @property
    def label(self) -> str:
        return next((name for name, pattern in _LABELS.items() if pattern.match(self.words)), "")


def with_written_lines(block: Node, raw: bytes) -> list[Node]:
    """The paragraph, split where its lines are paragraphs, with hard breaks where its lines stay lines.

    `raw` is its source with the indent of its first line.
    """
    if not _MAY_MATTER.search(raw):
        return [block]
    lines = [_line(line) for line in raw.decode("utf-8", "replace").rstrip("\n").split("\n")]
    starts = _paragraph_starts(lines)
    kept = _kept_lines(lines, starts)
    return _split(block, starts, kept) if starts or kept else [block]


def continuation_line(node: Node, parent: str, raw: bytes) -> tuple[int, str] | None:
    """The first line, and its words, that continues a quotation or a list although it begins a new sentence.

    Such a line has neither an indent nor a `>`. In a list only lines of the last item
    count: an author who never indents lines means all of them as continuations.
    Source: CommonMark 0.31, "Block quotes" and "List items": such a line continues the paragraph above it.
    """
    if node.kind == "paragraph" and parent == "quote":
        bare = _bare_lines(raw)
    elif node.kind == "list" and parent == "document" and len(node.children) > 1:
        bare = _bare_lines(raw)
        last = node.children[-1].line - node.line
        bare = bare if bare and bare[0][0] > last else []
    else:
        return None
    return (node.line + bare[0][0], bare[0][1]) if bare else None


def _bare_lines(raw: bytes) -> list[tuple[int, str]]:
    """The lines, by index, that begin a sentence after the end of another, neither indented nor quoted."""
    sources = raw.decode("utf-8", "replace").rstrip("\n").split("\n")
    found = []
    for at in range(1, len(sources)):
        if sources[at][:1].strip("> \t") and not _ITEM.match(sources[at]):
            above, line = _line(sources[at - 1]), _line(sources[at])
            if above.words and line.begins_sentence and above.ends_sentence:
                found.append((at, line.words))
    return found


def _line(source: str) -> _Line:
    quoted = _QUOTED.match(source)
    source = source[quoted.end() :] if quoted else source
    indent = _INDENT.match(source)
    return _Line(indent[0] if indent else "", source.strip())


def _paragraph_starts(lines: Sequence[_Line]) -> set[int]:
    """The lines, by index, that begin a paragraph."""
    below = range(1, len(lines))
    is_long = len(lines) > len("ab") or lines[-1].is_paragraph
    if is_long and all(line.is_paragraph for line in lines[:-1]) and lines[-1].begins_sentence:
        return set(below)
    starts = {
        at for at in below if lines[at].indent and lines[at - 1].ends_sentence and lines[at].begins_sentence
    }
    if all(line.indent for line in lines[1:]):  # paragraphs, an indented passage, or a hanging indent
        is_hanging = not lines[0].indent and len(lines) == len("ab")
        is_passage = all(line.indent == _INDENT_OF_A_PASSAGE for line in lines)
        return starts if len(starts) == len(below) and not is_hanging and not is_passage else set()
    return starts if lines[0].indent else set()


def _kept_lines(lines: Sequence[_Line], starts: set[int]) -> set[int]:
    """The lines, by index, that stay lines of their own."""
    broken = {at + 1 for at, line in enumerate(lines) if _BROKEN.search(line.words)}
    below = [at for at in range(1, len(lines)) if at not in starts | broken]
    if all(_SPEAKER.match(line.words) for line in lines) or _is_verse(lines):
        return set(below)
    kept = set()
    for at in below:
        label, above = lines[at].label, lines[at - 1]
        is_due = label == lines[0].label or (label != "part" and bool(_CLAUSE_ENDS.search(above.words)))
        if label == "dash":
            is_due = lines[at].begins_sentence and (above.ends_sentence or above.words.endswith(":"))
        if label == "meaning" or (label and is_due):
            kept.add(at)
    return kept


def _is_verse(lines: Sequence[_Line]) -> bool:
    """Whether short lines all begin but do not all end like sentences: a verse, an address, a list."""
    longest = _LONGEST_OF_A_COUPLET if len(lines) == _FEWEST_OF_A_VERSE else _LONGEST_OF_A_VERSE
    return (
        len(lines) >= _FEWEST_OF_A_VERSE
        and all(len(line.words) <= longest and line.begins_sentence for line in lines)
        and not all(line.ends_sentence for line in lines[:-1])
        and not all(line.words.isupper() for line in lines)
    )


def _split(block: Node, starts: set[int], kept: set[int]) -> list[Node]:
    """Split only at the paragraph's own breaks: an emphasis or link over several lines stays whole."""
    made: list[list[Node]] = [[]]
    for child in block.children:
        below = child.line - block.line + 1
        if child.kind == "soft-break" and below in starts:
            made.append([])
        elif child.kind == "soft-break" and below in kept:
            made[-1].append(replace(child, kind="hard-break"))
        else:
            made[-1].append(child)
    return [replace(block, line=part[0].line, children=tuple(part)) for part in made if part]
