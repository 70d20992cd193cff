"""Characters that no page, feed or mail may hold, and those that no terminal should be sent.

Text is cleaned where it is decoded, and again where a value enters a template; what has been written is
only looked at: taking a character out of finished HTML or of a finished mail template can join what was
kept apart, as `{`, U+0081, `{`.
"""

import re
from typing import Any

# Source: HTML Living Standard, "control-character-reference" and "noncharacter"; XML 1.0 section 2.2, Char.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
# What a terminal acts on, or what makes a line read otherwise than it is written (Unicode TR 36, 2.4).
_ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


class ControlCharacterError(ValueError):
    """Finished text holds a control character: a writer missed a value. Nothing was written."""


def without_control(text: str) -> str:
    """The text without the control characters that neither HTML nor XML may hold."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


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
