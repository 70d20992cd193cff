"""Where and why a text is not TOML, as a rule of `findings.toml`; `tomllib` names parts of its grammar."""

import re
from dataclasses import dataclass, field

from broadsheet.toml_lines import PART

OTHER = "newsletter-toml"  # too deep, too long, or a message that is not known here
_OPEN, _VALUE, _LIST = "newsletter-toml-open", "newsletter-toml-value", "newsletter-toml-list"
_AFTER, _LINE = "newsletter-toml-after", "newsletter-toml-line"
# By the beginnings of tomllib's messages. Source: CPython, Lib/tomllib/_parser.py
_RULES = {
    "newsletter-toml-twice": (
        *("Cannot overwrite", "Cannot declare", "Cannot mutate", "Cannot redefine"),
        "Duplicate inline table key",
    ),
    _OPEN: (
        "Unterminated string",
        r"Illegal character '\n'",
        r"Found invalid character '\n'",
        "Expected \"'",
    ),
    _AFTER: ("Expected newline or end of document",),
    _VALUE: ("Invalid value", "Invalid date"),
    _LINE: ("Invalid statement", "Expected '='", "Invalid initial character"),
    _LIST: ("Unclosed array", "Unclosed inline table"),
    "newsletter-toml-heading": ("Expected ']",),
    "newsletter-toml-backslash": ("Unescaped", "Invalid hex value", "Escaped character"),
    "newsletter-toml-sign": ("Illegal character", "Found invalid character"),
}
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")  # else it is the end of the document
_TYPED_QUOTES = "“”„‟‘’‚‛«»‹›`´"  # what word processors make of straight ones
_KEY = re.compile(r"""^[ \t]*(?:\[\[?[\w."'-]+\]|[\w."'-]+[ \t]*=)""", re.MULTILINE)
_MANY_PARTS = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){20}""")  # tomllib is slow with these


@dataclass(frozen=True)
class SyntaxMistake:
    """A rule with its values, and the line from 1."""

    line: int
    rule: str
    values: dict[str, str] = field(default_factory=dict)


def endless_key(text: str) -> SyntaxMistake | None:
    """A key with so many dots that reading it takes minutes."""
    found = _MANY_PARTS.search(text)
    return SyntaxMistake(_line_of(text, found.start()), OTHER) if found else None


def syntax_mistake(text: str, message: str) -> SyntaxMistake:
    """The mistake for which `tomllib` refused the text with this message."""
    text = text.replace("\r\n", "\n")
    at, begins = _position(text, message), message.startswith
    rule = next((rule for rule, messages in _RULES.items() if begins(messages)), OTHER)
    if rule == _OPEN:
        at = _open_string(text)
    if rule in (_AFTER, _LINE) and (begin := _swallowing_string(text, at)) is not None:
        rule, at = _OPEN, begin
    if rule in (_OPEN, _VALUE) and (sign := _typed_quote(text, at)):
        return SyntaxMistake(_line_of(text, at), "newsletter-toml-quotes", {"sign": sign})
    if rule == _VALUE and _is_next_key(text, at):
        rule, at = _LIST, text.rfind("\n", 0, at)
    if rule == _LIST:
        at = len(text[:at].rstrip())
    return SyntaxMistake(_line_of(text, at), rule)


def _position(text: str, message: str) -> int:
    found = _PLACE.search(message)
    if not found:
        return len(text.rstrip())
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1


def _line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _open_string(text: str) -> int:
    """The place of the first quotation mark that has no second one."""
    end = 0
    for part in PART.finditer(text):
        if part.start() > end:
            break
        end = part.end()
    return end


def _swallowing_string(text: str, at: int) -> int | None:
    """The place of a text of several lines that ends at most a line before, and took in keys or headings."""
    before = [part for part in PART.finditer(text, 0, at) if part[0].startswith(('"""', "'''"))]
    if before and "\n" not in text[before[-1].end() : at].strip() and _KEY.search(before[-1][0]):
        return before[-1].start()
    return None


def _typed_quote(text: str, at: int) -> str:
    """The typographic quotation mark that begins a text, or ends it in place of a straight one; else ""."""
    if text[at : at + 1] in tuple(_TYPED_QUOTES):
        return text[at]
    line = text[at:].partition("\n")[0].rstrip(" \t,]}")
    typed = [sign for sign in line if sign in _TYPED_QUOTES]
    return typed[0] if len(typed) == 1 and line.endswith(typed[0]) else ""


def _is_next_key(text: str, at: int) -> bool:
    """Whether a line with a key or a heading begins here, where a list should go on or end."""
    begin = text.rfind("\n", 0, at) + 1
    return text[begin:at].strip(" \t[") == "" and _KEY.match(text, begin) is not None
