"""The scheme of a link's target, as the most lenient program reads it; and the serialised target."""

import re
from functools import lru_cache

import can_ada

from broadsheet.characters import UNSEEN, without_control

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# Browsers strip C0 controls and spaces at the ends and tabs and line ends anywhere; our own writers strip
# Unicode's spaces; mail programs skip more. Source: WHATWG URL, "basic URL parser", steps 1 to 3.
_IGNORED = re.compile(rf"[\s\x00-\x20\x7f-\xa0\u2000-\u200a\u2028\u2029\u205f\u2065{UNSEEN}]")


def scheme_of(target: str) -> str:
    """The scheme in lower case, "" for a relative target; characters that programs skip are ignored."""
    if ":" not in target:
        return ""
    if target.startswith(("https:", "http:")):
        return target.partition(":")[0]
    found = _SCHEME.match(target) or _SCHEME.match(_IGNORED.sub("", target))
    return found[1].lower() if found else ""


# Source: WHATWG URL, "URL code points" and "valid URL string": every other character is percent-encoded. The
# serialiser encodes non-ASCII letters, but leaves some characters that a valid address must not contain.
_NO_UNIT = re.compile(r"[^A-Za-z0-9!$&'()*+,\-./:;=?@_~%]")
_BARE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_TABS_AND_LINE_ENDS = re.compile(r"[\t\n\r]")
_HOST = re.compile(r"[a-z0-9._-]*(?::\d+)?|\[[0-9a-f:.]+\](?::\d+)?")  # the parser allows quotes in a host
_BEFORE_PATH = re.compile(r"(?:https?:)?//[^/?#]*|mailto:")
_SIGNS = r"[A-Za-z0-9!$&()*+,\-.:;=@_~]"
_PART = rf"{_SIGNS}*(?:%[0-9a-fA-F]{{2}}{_SIGNS}*)*"
_WHOLE = _PART.replace("!", "!/?")
_PLAIN = re.compile(  # faster than to parse it
    rf"https?://(?:(?!xn--)[a-z0-9-]+\.)+[a-z]+(?:/(?!\.|%2[eE]){_PART})+(?:\?{_WHOLE})?(?:#{_WHOLE})?"
)


def is_plain_address(target: str) -> bool:
    """Whether the URL standard surely serialises this web address as it is; others may be right, too."""
    return bool(_PLAIN.fullmatch(target))


@lru_cache(maxsize=1_024)
def serialised(target: str) -> str:
    """The target as the URL standard serialises it, with only characters that an address may contain.

    A relative target stays relative: characters are encoded, which can't make a scheme or a host. A second
    call changes nothing. "" if it is no address by the standard, or if its scheme lacks the `//`.
    """
    if is_plain_address(target):
        return target
    bare = _TABS_AND_LINE_ENDS.sub("", without_control(target)).strip()
    scheme = scheme_of(bare)
    start = f"{scheme}://" if scheme in ("http", "https") else "//" if bare.startswith("//") else f"{scheme}:"
    if scheme or start == "//":
        has_host = not start.endswith("//") or bare[len(start) : len(start) + 1] not in ("", *"/\\?#")
        if not (bare.casefold().startswith(start) and has_host):
            return ""
        try:
            address = can_ada.parse(bare if scheme else f"https:{bare}")
        except ValueError:
            return ""
        if not _HOST.fullmatch(address.host):
            return ""
        bare = address.href if scheme else address.href.removeprefix("https:")
    host = _BEFORE_PATH.match(bare)
    at = host.end() if host else 0
    path, mark, fragment = bare[at:].partition("#")
    return bare[:at] + _encoded(path) + mark + _encoded(fragment)


def _encoded(part: str) -> str:
    fit = _NO_UNIT.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), part)
    return _BARE_PERCENT.sub("%25", fit)
