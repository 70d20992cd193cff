"""Characters that pages, feeds and mails must not contain, that a terminal acts on, or that are invisible.

Text is cleaned when it is decoded, and again when a value enters a template. Finished text is only checked:
removing a character from finished HTML or from a finished mail template can join what was separate, such as
`{`, U+0081, `{`.
"""

import re
from typing import Any

# All invisible characters, by their purpose; each function removes the groups that have no meaning for it.
# Source: Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
EMPTY = "\u200b\u2060-\u2064\ufeff"  # no width, and no meaning in any script
EMBEDDING = (
    "\u202a-\u202e"  # change the direction, up to the line's end if nothing ends them (Unicode TR 36, 2.4)
)
ISOLATING = "\u2066-\u2069"  # the same, within a quotation
TURNING = EMBEDDING + ISOLATING
OUTDATED = "\u206a-\u206f"
LEANING = "\u061c\u200e\u200f" + OUTDATED  # the direction of a sign between two directions
JOINERS = "\u200c\u200d"  # letters of some scripts, parts of emoji
CHOOSING = "\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e007f\U000e0100-\U000e01ef"  # shapes, flags
PARTING = "\xad\u034f"  # where a word may break or must not join
FILLING = "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # placeholders for letters
UNSEEN = EMPTY + TURNING + LEANING + JOINERS + CHOOSING + PARTING + FILLING
_UNSEEN = re.compile(f"[{UNSEEN}]")
# Source: HTML Living Standard, "control-character-reference" and "noncharacter"; XML 1.0 section 2.2, Char.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
# Characters that a terminal acts on, or that change the direction of a line.
_ACTIVE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{TURNING}\ud800-\udfff]")
# Characters that join letters, make an emoji or isolate a right-to-left quotation stay in prose.
_HIDDEN = re.compile(f"[{EMPTY}{EMBEDDING}{OUTDATED}\u180e]")
_IN_NO_LINE = re.compile(f"[\xad{ISOLATING}]")
_REPLACEMENT = "\ufffd"


class ControlCharacterError(ValueError):
    """Finished text contains a control character: a value was not cleaned. Nothing was written."""


def without_unseen(text: str) -> str:
    """The text without invisible characters: for addresses and the cells of tables.

    Not for prose, in which some of them join letters or make an emoji.
    """
    return text if text.isascii() else _UNSEEN.sub("", text)


def without_control(text: str) -> str:
    """The text without the control characters that HTML and XML forbid."""
    return text if text.isprintable() else _CONTROL.sub("", text)  # three times faster than a search


def without_hidden(text: str) -> str:
    """Prose without control characters and without those that only hide letters or change their direction.

    Soft hyphens, joiners, and the isolates of right-to-left quotations stay.
    """
    return text if text.isprintable() else _HIDDEN.sub("", _CONTROL.sub("", text))


def without_turning(text: str) -> str:
    """The same for a single line, such as a subject: soft hyphens and isolates are removed, too."""
    text = without_hidden(text)
    return text if text.isascii() else _IN_NO_LINE.sub("", text)


def without_control_in(value: Any) -> Any:  # noqa: ANN401  # what JSON can hold
    """The same value with every text in it, keys included, without control characters."""
    if isinstance(value, str):
        return without_control(value)
    if isinstance(value, dict):
        return {without_control_in(name): without_control_in(each) for name, each in value.items()}
    return [without_control_in(each) for each in value] if isinstance(value, list | tuple) else value


def refuse_control(text: str) -> str:
    """The text, unchanged.

    Raises:
        ControlCharacterError: it contains a control character; the message names it, never the text.
    """
    if not text.isprintable() and (found := _CONTROL.search(text)):
        raise ControlCharacterError(f"finished text holds U+{ord(found[0]):04X} at {found.start()}")
    return text


def printable(text: str) -> str:
    """The text, safe for a terminal: characters that act on it or change the direction are replaced.

    Line feeds and tabs stay.
    """
    return _ACTIVE.sub(_REPLACEMENT, text) if _ACTIVE.search(text) else text
