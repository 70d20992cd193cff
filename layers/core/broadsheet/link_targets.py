"""The scheme of a link's target, as the most generous program that may follow it would read it."""

import re

from broadsheet.characters import UNSEEN

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# Browsers strip C0 controls and spaces at the ends and tabs and line ends anywhere; our own writers strip
# Unicode's spaces; mail programs skip more. Source: WHATWG URL, "basic URL parser", steps 1 to 3.
_IGNORED = re.compile(rf"[\s\x00-\x20\x7f-\xa0\u2000-\u200a\u2028\u2029\u205f\u2065{UNSEEN}]")


def scheme_of(target: str) -> str:
    """The scheme in lower case, "" for a relative target; characters that are skipped don't count."""
    found = _SCHEME.match(_IGNORED.sub("", target))
    return found[1].lower() if found else ""
