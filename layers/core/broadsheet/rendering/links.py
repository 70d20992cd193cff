"""Which targets an author's link may have, and how they are written."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

from broadsheet.characters import without_control
from broadsheet.link_targets import is_plain_address, scheme_of, serialised

SCHEMES = ("http", "https", "mailto")
_ABSOLUTE = re.compile(
    r"https?://[A-Za-z0-9.-]+(?:/[\w%&=+,.~/-]*(?:\?[\w%&=+,.~/-]+)?)?"
)  # `urljoin` keeps them


def fit_link(url: str) -> str:
    """The target as an attribute may hold it; "" if it must not be a link, or is no valid address.

    Web addresses, mail addresses and relative targets may be links. The target is cleaned before its scheme
    is checked, and the scheme stays the same when it is serialised as the URL standard says.
    """
    if is_plain_address(url):
        return url
    bare = without_control(url).strip()
    scheme = scheme_of(bare)
    written = serialised(bare) if scheme in ("", *SCHEMES) else ""
    return written if written == bare or scheme_of(written) == scheme else ""


def rewritten_link(url: str, rewrite: Callable[[str], str]) -> str:
    """The target as `rewrite` makes it, fit for an attribute; "" if either must not be a link.

    The author's own target is checked first: as an absolute address, a hidden scheme would look like a path.
    """
    fit = fit_link(url)
    if not fit:
        return ""
    rewritten = rewrite(url)
    return fit if rewritten == url else fit_link(rewritten)


def absolute(url: str, page: str) -> str:
    """The target as an absolute address, as it is meant on `page`. Raises ValueError if it is no address."""
    return url if _ABSOLUTE.fullmatch(url) else urljoin(page, url)


def relative_on_site(url: str, origin: str, root: str) -> str:
    """The target, relative to `root` if it is a page of the site: so readers of a mirror stay on it.

    Links to the API stay absolute, since a mirror has none; links to other sites do not change.
    """
    if url.startswith(f"{origin}/"):
        url = url.removeprefix(origin)
    if not url.startswith("/") or url.startswith("//"):
        return url
    return origin + url if url.startswith("/api/") else (root + url.lstrip("/")) or "./"
