"""The parts of a line of text between HTML and Markdown, and how they are put in order.

HTML may hold spaces and breaks anywhere; Markdown recognises a mark only if none stands at its inner edges.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SPACES = re.compile(r"[ \t\n\r\f\u00a0]*[ \t\n\r\f][ \t\n\r\f\u00a0]*|\u00a0{2,}")
_WORDS = frozenset({"text", "code", "raw"})
_AS_TAGS = {"strong": "b", "em": "i", "del": "s"}


@dataclass(slots=True)
class Token:
    """A part of a line: text, code, raw, break, picture, link, link-end, or open and close of `value`.

    `text` holds the words of a text or of code, Markdown that is already written (raw), or a link's address.
    """

    kind: str
    value: str = ""
    text: str = ""


def parts(run: list[Token]) -> list[list[Token]]:
    """The paragraphs of a run: parted by two breaks, or by one beside a picture. Marks go on."""
    if all(token.kind not in ("break", "picture") for token in run):
        return [run]
    parted = _Parts()
    for token in run:
        parted.add(token)
    return [part for part in parted.found if part]


class _Parts:
    """Parts a run of tokens into paragraphs."""

    def __init__(self) -> None:
        self.found: list[list[Token]] = [[]]
        self.opened: list[Token] = []
        self.breaks = 0  # since the last words or picture
        self.has_content = self.is_after_picture = False

    def add(self, token: Token) -> None:
        """Add the next token to the current paragraph, or to a new one."""
        if token.kind == "break":
            self.add_break(token)
            return
        if token.kind in ("open", "link"):
            self.opened.append(token)
        elif token.kind in ("close", "link-end"):
            self.opened.pop()
        elif token.kind != "text" or token.text.strip():
            is_picture = token.kind == "picture"
            if is_picture and self.breaks and self.has_content:
                self.split()
            self.breaks, self.has_content, self.is_after_picture = 0, True, is_picture
        self.found[-1].append(token)

    def add_break(self, token: Token) -> None:
        """Begin a paragraph, unless it is a single break between words."""
        self.breaks += 1
        if self.has_content and (self.breaks > 1 or self.is_after_picture):
            self.split()
        elif self.has_content:
            self.found[-1].append(token)

    def split(self) -> None:
        """Begin a paragraph within the same marks."""
        self.found[-1] += [_end_of(token) for token in reversed(self.opened)]
        self.found.append(list(self.opened))
        self.has_content = False


def with_context(run: list[Token], context: tuple[Token, ...]) -> list[Token]:
    """The tokens between those that open and close the context."""
    opened = [Token(each.kind, each.value, each.text) for each in context]
    return [*opened, *run, *(_end_of(token) for token in reversed(opened))]


def _end_of(token: Token) -> Token:
    return Token("close", token.value) if token.kind == "open" else Token("link-end", "", token.text)


def tidied(tokens: Iterable[Token]) -> list[Token]:
    """The tokens of a paragraph with single spaces, none at the edge of a mark, and without empty marks."""
    found = _with_spaces_outside(_with_single_spaces(_without_doubles(tokens)))
    return found if any(each.kind in _WORDS for each in found) else []


def _without_doubles(tokens: Iterable[Token]) -> list[Token]:
    """The tokens without links that lead nowhere and without marks within the same marks."""
    found: list[Token] = []
    opened: list[tuple[str, bool]] = []
    for token in tokens:
        if token.kind in ("open", "link"):
            name = token.value or "link"
            is_kept = (token.kind == "open" or bool(token.text)) and (name, True) not in opened
            opened.append((name, is_kept))
        elif token.kind in ("close", "link-end"):
            is_kept = opened.pop()[1]
        else:
            is_kept = True
        if is_kept:
            found.append(token)
    return found


def _with_single_spaces(tokens: Iterable[Token]) -> list[Token]:
    """The tokens with runs of spaces as one, and none at the edges of lines."""
    found: list[Token] = []
    last: Token | None = None  # the last text, Markdown or break
    for token in tokens:
        kept = token
        if token.kind == "text":
            is_at_edge = last is None or last.kind == "break" or last.text[-1:].isspace()
            words = spaced(token.text)
            kept = Token("text", "", words.lstrip() if is_at_edge else words)
            if not kept.text:
                continue
        elif token.kind == "break":
            if last is None:
                continue
            last.text = last.text.rstrip()
        if kept.kind in _WORDS or kept.kind == "break":
            last = kept
        found.append(kept)
    return _without_end(found)


def _without_end(tokens: list[Token]) -> list[Token]:
    """The tokens without spaces and breaks at the end, and without texts that became empty."""
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.kind == "text":
            tokens[at] = Token("text", "", token.text.rstrip())
        if token.kind in _WORDS and tokens[at].text:
            break
        if token.kind == "break":
            tokens[at] = Token("text")
    return [each for each in tokens if each.kind != "text" or each.text]


def _with_spaces_outside(tokens: list[Token]) -> list[Token]:
    """The tokens with spaces and breaks moved out of marks, and without empty and parted marks."""
    found: list[Token] = []
    for token in tokens:
        if token.kind in ("close", "link-end"):
            _close(found, token)
        elif token.kind == "break" or (token.kind == "text" and token.text[0].isspace()):
            _add_space(found, token)
        elif token.kind == "open" and found and found[-1].kind == "close" and found[-1].value == token.value:
            found.pop()
        else:
            _add(found, token)
    return found


def _add(found: list[Token], token: Token) -> None:
    if token.kind in ("text", "code") and found and found[-1].kind == token.kind:
        found[-1] = Token(token.kind, "", found[-1].text + token.text)
    else:
        found.append(token)


def _add_space(found: list[Token], token: Token) -> None:
    """Add a break, or words after a space: before the marks that begin here."""
    opens = len(found)
    while opens and found[opens - 1].kind in ("open", "link"):
        opens -= 1
    waiting, found[opens:] = found[opens:], []
    if token.kind == "break":
        found.append(token)
        found += waiting
        return
    words = token.text.lstrip()
    _add(found, Token("text", "", token.text[: len(token.text) - len(words)] if waiting else token.text))
    found += waiting
    if waiting and words:
        found.append(Token("text", "", words))


def _close(found: list[Token], token: Token) -> None:
    """Add what closes a mark: before the space or break that the mark ends with; nothing if it is empty."""
    spaces: list[Token] = []
    while found and (
        found[-1].kind == "break" or (found[-1].kind == "text" and found[-1].text[-1].isspace())
    ):
        last = found.pop()
        if last.kind == "break":
            spaces.insert(0, last)
            continue
        words = last.text.rstrip()
        spaces.insert(0, Token("text", "", last.text[len(words) :]))
        if words:
            found.append(Token("text", "", words))
    if found and found[-1].kind in ("open", "link"):
        found.pop()
    else:
        found.append(token)
    for each in spaces:
        _add(found, each)


def begins_with_picture(part: list[Token]) -> bool:
    """Whether no words stand before the first picture."""
    content = (each for each in part if each.kind == "picture" or each.kind in _WORDS)
    first = next((each for each in content if each.kind == "picture" or each.text.strip()), None)
    return first is not None and first.kind == "picture"


def with_tags_around(tokens: list[Token]) -> list[Token]:
    """The tokens; a mark around all of them is one that is written as a tag."""
    first, last = tokens[0], tokens[-1]
    depth = 0
    for token in tokens[:-1]:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth == 0:
            return tokens
    if last.kind != "close" or first.value not in _AS_TAGS:
        return tokens
    name = _AS_TAGS[first.value]
    return [Token("open", name), *tokens[1:-1], Token("close", name)]


def spaced(words: str) -> str:
    """The words with a single space in place of each run of spaces; a lone non-breaking space stays."""
    return _SPACES.sub(" ", words)
