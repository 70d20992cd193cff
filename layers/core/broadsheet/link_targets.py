"""The scheme of a link's target, as the most generous program that may follow it would read it."""

import re

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# Browsers strip C0 controls and spaces at the ends and tabs and line ends anywhere; our own writers strip
# Unicode's spaces; mail programs skip more. Source: WHATWG URL, "basic URL parser", steps 1 to 3.
_IGNORED = re.compile(
    r"[\s\x00-\x20\x7f-\xa0\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufe00-\ufe0f\ufeff]"
)


def scheme_of(target: str) -> str:
    """The scheme in lower case, "" for a relative target; characters that are skipped don't count."""
    found = _SCHEME.match(_IGNORED.sub("", target))
    return found[1].lower() if found else ""
