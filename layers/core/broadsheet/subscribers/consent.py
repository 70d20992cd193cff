"""The words that readers agree to, and the version by which a stored consent refers to them.

Shape: a version is `<language>-<16 hex digits>`, a hash of the words. `consents/<version>.txt` in the repo
has the words of every version that was ever shown, so that a consent can be read years later.
"""

import hashlib

from broadsheet.language import language
from broadsheet.newsletter import Edition

BUTTONS = {"page": "subscribe_button", "api": "subscribe_button", "manage": "save_button"}


def shown(edition: Edition, form: str) -> str:
    """The words beside that form, as in a consent file."""
    words = language(edition.language)
    return "\n".join((edition.sign_up, words["choices"], words["risk"], words[BUTTONS[form]])) + "\n"


def consent_text(edition: Edition, form: str) -> str:
    """The version of the words beside that form."""
    return version_of(edition.language, shown(edition, form))


def version_of(code: str, text: str) -> str:
    """The version of a text in the language of that code."""
    return f"{code}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
