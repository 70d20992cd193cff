"""What readers agree to: the words beside each form, and the version under which a consent names them.

Shape: a version is `<language>-<16 hex digits>`, a hash of the words. `consents/<version>.txt` in the repo
holds the words of every version that was ever shown, so that a consent can be read years later.
"""

import hashlib

from broadsheet.language import language
from broadsheet.newsletter import Edition

BUTTONS = {"page": "subscribe_button", "api": "subscribe_button", "manage": "save_button"}


def shown(edition: Edition, form: str) -> str:
    """The words beside that form, as a consent file keeps them."""
    words = language(edition.language)
    return "\n".join((edition.sign_up, words["choices"], words["risk"], words[BUTTONS[form]])) + "\n"


def consent_text(edition: Edition, form: str) -> str:
    """The version of the words beside the form, kept with each consent."""
    return version_of(edition.language, shown(edition, form))


def version_of(code: str, text: str) -> str:
    """The version of a text in the language of that code."""
    return f"{code}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
