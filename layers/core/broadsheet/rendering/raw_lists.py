"""The numbers of lists that an author wrote as HTML, as a browser would show them."""

import re
from dataclasses import dataclass, field

_ATTRIBUTE = r"\b{}\s*=\s*[\"']?(-?[0-9]{{1,9}}|[aAiI])[\"']?"
_START, _VALUE, _TYPE = (re.compile(_ATTRIBUTE.format(name)) for name in ("start", "value", "type"))
_REVERSED = re.compile(r"\sreversed\b", re.IGNORECASE)
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_IN_ROMAN = 39


@dataclass
class _List:
    number: int | None  # of the next item; None without numbers
    kind: str
    step: int


@dataclass
class RawLists:
    """The lists that are open, the innermost last. Source: HTML Living Standard, "The ol element"."""

    opened: list[_List] = field(default_factory=list)

    def open(self, tag: str, name: str, following: str) -> None:
        """A list begins; `following` is what comes behind, of which a reversed one counts the items."""
        if name == "ul":
            self.opened.append(_List(None, "", 0))
            return
        is_reversed, start, kind = _REVERSED.search(tag), _START.search(tag), _TYPE.search(tag)
        first = following.partition("</ol")[0].count("<li") if is_reversed else 1
        number = int(start[1]) if start and start[1].lstrip("-").isdigit() else first
        self.opened.append(_List(number, kind[1] if kind else "1", -1 if is_reversed else 1))

    def close(self) -> None:
        """The innermost list ends."""
        if self.opened:
            self.opened.pop()

    def mark(self, tag: str) -> str:
        """What stands before the next item."""
        if not self.opened or self.opened[-1].number is None:
            return "- "
        items, value = self.opened[-1], _VALUE.search(tag)
        number = int(value[1]) if value and value[1].lstrip("-").isdigit() else items.number or 0
        items.number = number + items.step
        return f"{_written(number, items.kind)}. "


def _written(number: int, kind: str) -> str:
    if kind in "aA" and 1 <= number <= len(_LETTERS):
        letters = _LETTERS[number - 1]
    elif kind in "iI" and 1 <= number <= _MOST_IN_ROMAN:
        letters = _roman(number)
    else:
        return str(number)
    return letters.upper() if kind.isupper() else letters


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        while number >= value:
            written, number = written + letters, number - value
    return written
