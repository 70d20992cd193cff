"""Lines of a paragraph that their author meant as more than one: paragraphs told apart by an indent, verses.

Markdown joins what no empty line parts. A line is a paragraph of its own where it is set in and the one above
ends a sentence, or where each is several long sentences, as word processors save them. It stays a line where
it begins with a label (`a)`, `1.2`, `— `, `Name:`), and in verses and addresses. All else is one paragraph.
Source: CommonMark 0.31, "Paragraphs" and "Soft line breaks".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from broadsheet.content.node import Node

_QUOTED = re.compile(r"(?:[ \t]{0,3}>)+ ?")
_INDENT = re.compile("[ \u00a0\u2002]*\t|[ \u00a0\u2002]{2,}|[\u2003\u3000]+")
_AS_A_WHOLE = 2  # blanks before each line: many set a passage in so
_BROKEN = re.compile(r"<br\s*/?>$", re.IGNORECASE)
_CLOSING = r"(?:[\"'»”’)*_~\]]|\[\^[^\]\s]*\])*"  # quotes, brackets, marks and footnotes behind a stop
_SENTENCE_ENDS = re.compile(rf"[.!?…]{_CLOSING}(?=\s|$)")
_ENDS_THERE = re.compile(rf"[.!?…]{_CLOSING}$")
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
_LONGER_THAN_WRAPPED = 120
_FEWEST_SENTENCES = 2


@dataclass(frozen=True)
class _Line:
    """A line as it was typed: what it is set in by, and its words."""

    indent: str
    words: str

    @property
    def is_in(self) -> bool:
        return bool(self.indent)

    @property
    def ends_sentence(self) -> bool:
        return bool(_ENDS_THERE.search(self.words))

    @property
    def begins_sentence(self) -> bool:
        first = self.words[_BEFORE_WORDS.match(self.words).end() :][:1]  # type: ignore[union-attr]  # it matches nothing, too
        return first.isupper() or first.isdigit()

    @property
    def is_paragraph(self) -> bool:
        """Whether it is too much for a line that was wrapped, and for one sentence a line."""
        is_long = len(self.words) > _LONGER_THAN_WRAPPED
        return is_long and len(_SENTENCE_ENDS.findall(self.words)) >= _FEWEST_SENTENCES and self.ends_sentence

    @property
    def label(self) -> str:
        return next((name for name, pattern in _LABELS.items() if pattern.match(self.words)), "")


def as_written(block: Node, raw: bytes) -> list[Node]:
    """The paragraph, cut where its lines are paragraphs, with the breaks that its lines are to keep.

    `raw` is its source with the indent of its first line.
    """
    if not _MAY_MATTER.search(raw):
        return [block]
    lines = [_line(line) for line in raw.decode("utf-8", "replace").rstrip("\n").split("\n")]
    starts = _paragraphs(lines)
    kept = _kept(lines, starts)
    if not starts and not kept:
        return [block]
    return _cut(block, starts, kept)


def goes_on(node: Node, parent: str, raw: bytes) -> tuple[int, str] | None:
    """The line, and its words, that continues a quotation or a list without a sign of it, as a new sentence.

    Of a list only where no item but the last has such a line: whoever never sets lines in means them so.
    Source: CommonMark 0.31, "Block quotes" and "List items": such a line continues the paragraph above it.
    """
    if node.kind == "paragraph" and parent == "quote":
        bare = _bare(raw)
    elif node.kind == "list" and parent == "document" and len(node.children) > 1:
        bare = _bare(raw)
        last = node.children[-1].line - node.line
        bare = bare if bare and bare[0][0] > last else []
    else:
        return None
    return (node.line + bare[0][0], bare[0][1]) if bare else None


def _bare(raw: bytes) -> list[tuple[int, str]]:
    """The lines, by number, that are neither set in nor quoted and begin a sentence behind another's end."""
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


def _paragraphs(lines: Sequence[_Line]) -> set[int]:
    """The lines, by number, that begin a paragraph."""
    below = range(1, len(lines))
    is_long = len(lines) > len("ab") or lines[-1].is_paragraph
    if is_long and all(line.is_paragraph for line in lines[:-1]) and lines[-1].begins_sentence:
        return set(below)
    starts = {
        at for at in below if lines[at].is_in and lines[at - 1].ends_sentence and lines[at].begins_sentence
    }
    if all(line.is_in for line in lines[1:]):  # each a paragraph; or set in as a whole, or hanging
        is_hanging = not lines[0].is_in and len(lines) == len("ab")
        is_whole = all(line.indent == " " * _AS_A_WHOLE for line in lines)
        return starts if len(starts) == len(below) and not is_hanging and not is_whole else set()
    return starts if lines[0].is_in else set()


def _kept(lines: Sequence[_Line], starts: set[int]) -> set[int]:
    """The lines, by number, that stay on a line of their own."""
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
    """Whether short lines all begin as a sentence does, but are none: a verse, an address, a list."""
    longest = _LONGEST_OF_A_COUPLET if len(lines) == _FEWEST_OF_A_VERSE else _LONGEST_OF_A_VERSE
    return (
        len(lines) >= _FEWEST_OF_A_VERSE
        and all(len(line.words) <= longest and line.begins_sentence for line in lines)
        and not all(line.ends_sentence for line in lines[:-1])
        and not all(line.words.isupper() for line in lines)
    )


def _cut(block: Node, starts: set[int], kept: set[int]) -> list[Node]:
    """Only breaks that are the paragraph's own count: what spans several lines stays whole."""
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
