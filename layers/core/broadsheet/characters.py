"""Characters that no page, feed or mail may hold, those that no terminal should be sent, those nobody sees.

Text is cleaned where it is decoded, and again where a value enters a template; what has been written is
only looked at: taking a character out of finished HTML or of a finished mail template can join what was
kept apart, as `{`, U+0081, `{`.
"""

import re
from typing import Any

# The one list of signs that nobody sees, by what they are for; each reader takes the groups that mean nothing
# to it. Source: Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
EMPTY = "\u200b\u2060-\u2064\ufeff"  # no width, and no meaning in any script
EMBEDDING = "\u202a-\u202e"  # turn a line around, up to its end where nothing ends them (Unicode TR 36, 2.4)
ISOLATING = "\u2066-\u2069"  # the same, as balanced quotations need it
TURNING = EMBEDDING + ISOLATING
OUTDATED = "\u206a-\u206f"
LEANING = "\u061c\u200e\u200f" + OUTDATED  # on which side a sign between two directions stands
JOINERS = "\u200c\u200d"  # letters of some scripts, parts of emoji
CHOOSING = "\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e007f\U000e0100-\U000e01ef"  # a shape, a flag
PARTING = "\xad\u034f"  # where a word may break or must not merge
FILLING = "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # stand for letters that are not there
UNSEEN = EMPTY + TURNING + LEANING + JOINERS + CHOOSING + PARTING + FILLING
_UNSEEN = re.compile(f"[{UNSEEN}]")
# Source: HTML Living Standard, "control-character-reference" and "noncharacter"; XML 1.0 section 2.2, Char.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
# What a terminal acts on, or what makes a line read otherwise than it is written.
_ACTIVE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{TURNING}\ud800-\udfff]")
# In prose signs that join letters, make an emoji or hold a quotation from the right stay.
_HIDDEN = re.compile(f"[{EMPTY}{EMBEDDING}{OUTDATED}\u180e]")
_IN_NO_LINE = re.compile(f"[\xad{ISOLATING}]")
_REPLACEMENT = "\ufffd"


class ControlCharacterError(ValueError):
    """Finished text holds a control character: a writer missed a value. Nothing was written."""


def without_unseen(text: str) -> str:
    """The text without signs that nobody sees: for addresses and the cells of tables, not for prose.

    In prose some of them join letters or make an emoji.
    """
    return text if text.isascii() else _UNSEEN.sub("", text)


def without_control(text: str) -> str:
    """The text without the control characters that neither HTML nor XML may hold."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def without_hidden(text: str) -> str:
    """Prose as its author saw it: no control characters, and no signs that only hide or turn letters.

    Soft hyphens, joiners, and the isolates that balanced right-to-left quotations need, stay.
    """
    text = without_control(text)
    return text if text.isascii() else _HIDDEN.sub("", text)


def without_turning(text: str) -> str:
    """The same for a single line of words, such as a subject: no soft hyphens and no isolates either."""
    text = without_hidden(text)
    return text if text.isascii() else _IN_NO_LINE.sub("", text)


def without_control_in(value: Any) -> Any:  # noqa: ANN401  # what JSON can hold
    """The same value, every text in its lists and dicts without control characters."""
    if isinstance(value, str):
        return without_control(value)
    if isinstance(value, dict):
        return {without_control_in(name): without_control_in(each) for name, each in value.items()}
    return [without_control_in(each) for each in value] if isinstance(value, list | tuple) else value


def refuse_control(text: str) -> str:
    """The text as it is.

    Raises:
        ControlCharacterError: it holds a control character; the message names it, never the text.
    """
    if found := _CONTROL.search(text):
        raise ControlCharacterError(f"finished text holds U+{ord(found[0]):04X} at {found.start()}")
    return text


def printable(text: str) -> str:
    """The text as a terminal may be sent it: control characters, and signs that turn lines around, replaced.

    Line feeds and tabs stay.
    """
    return _ACTIVE.sub(_REPLACEMENT, text) if _ACTIVE.search(text) else text
