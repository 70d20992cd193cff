"""Where a link of an author's may lead, and how it is written."""

import re
from urllib.parse import urlsplit

_SCHEMES = ("http", "https", "mailto")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]")  # browsers skip some within a scheme
_UNFIT = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f\u2028\u2029]')
_BARE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")


def fit_link(url: str) -> str:
    """The target as an attribute may carry it; empty where it must not be a link.

    Only web addresses, mail addresses and what is relative. What a browser would not take as it stands is
    percent-encoded.
    """
    scheme = _SCHEME.match(_IGNORED.sub("", url))
    if scheme and scheme[1].lower() not in _SCHEMES:
        return ""
    fit = _UNFIT.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), url.strip())
    fit = _BARE_PERCENT.sub("%25", fit)
    try:
        parts = urlsplit(fit)
        parts.port  # noqa: B018  # raises on what is no number
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and not parts.hostname:
        return ""
    return fit if "[" in parts.netloc else fit.replace("[", "%5B").replace("]", "%5D")


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
