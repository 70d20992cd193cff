"""Where a link of an author's may lead, and how it is written."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from broadsheet.characters import without_control
from broadsheet.link_targets import scheme_of

SCHEMES = ("http", "https", "mailto")
_UNFIT = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f\u2028\u2029]')
_BARE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")


def fit_link(url: str) -> str:
    """The target as an attribute may carry it; empty where it must not be a link.

    Only web addresses, mail addresses and what is relative. The target is cleaned and stripped before its
    scheme is judged; afterwards characters are only percent-encoded, which makes no scheme.
    """
    bare = without_control(url).strip()
    if scheme_of(bare) not in ("", *SCHEMES):
        return ""
    fit = _UNFIT.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), bare)
    fit = _BARE_PERCENT.sub("%25", fit)
    try:
        parts = urlsplit(fit)
        parts.port  # noqa: B018  # raises on what is no number
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and not parts.hostname:
        return ""
    return fit if "[" in parts.netloc else fit.replace("[", "%5B").replace("]", "%5D")


def rewritten_link(url: str, rewrite: Callable[[str], str]) -> str:
    """An author's target as `rewrite` makes it, fit for an attribute; "" where either must not be a link.

    The author's own is judged first: made absolute, a hidden scheme would look like a path.
    """
    return fit_link(rewrite(url)) if fit_link(url) else ""


def within(url: str, origin: str, root: str) -> str:
    """A link to a page of ours, from the root or in full, as a relative one: a mirror's reader stays."""
    if url.startswith(f"{origin}/"):
        url = url.removeprefix(origin)
    if url.startswith("/api/"):
        return origin + url
    if url.startswith("/") and not url.startswith("//"):
        path = url.lstrip("/")
        return (root + path) or "./"
    return url
