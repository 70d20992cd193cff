"""Where a link of an author's may lead, and how it is written."""

from collections.abc import Callable

from broadsheet.characters import without_control
from broadsheet.link_targets import scheme_of, serialised

SCHEMES = ("http", "https", "mailto")


def fit_link(url: str) -> str:
    """The target as an attribute may carry it; empty where it must not be a link, or is no address.

    Only web addresses, mail addresses and what is relative. The target is cleaned and stripped before its
    scheme is judged; written as the URL standard has it, it keeps that scheme.
    """
    bare = without_control(url).strip()
    scheme = scheme_of(bare)
    written = serialised(bare) if scheme in ("", *SCHEMES) else ""
    return written if scheme_of(written) == scheme else ""


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
