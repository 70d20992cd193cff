"""One form for all spellings of an address of an old site: what `redirects.toml` and the CDN compare.

Shape: a path in small letters without a slash at its end (`/2016/12/a-bridge`), or a path and one query field
(`/?p=12`). Not percent-encoded, so that a Cyrillic slug takes two bytes a letter and not six.
`edge/page_addresses.js` makes the same form of a viewer's request; a test compares the two.

Source: WordPress, "Using Permalinks": index.php in front, `?p=`, `/page/2/`; slugs are in small letters.
"""

import re
from urllib.parse import unquote

# The first of these that an address has counts; all other fields are ignored (utm_source, amp, paged, …).
QUERY_NAMES = ("p", "page_id", "attachment_id", "cat", "lang", "m")
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOST = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Not all letters of Unicode: JavaScript engines and Python differ in some
_SMALL = {
    code: chr(code).lower() for code in (*range(ord("A"), ord("Z") + 1), *range(ord("Ѐ"), ord("Я") + 1))
}
_ADDED = tuple(
    (re.compile(rf"\A{pattern}\Z", re.DOTALL), kept)
    for pattern, kept in (
        (r"/index\.php((?:/.*)?)", r"\1"),  # addresses of a server that rewrites none
        (r"(.*)/index\.(?:html?|php)", r"\1"),
        (r"(/.+)/(?:amp|embed|trackback)", r"\1"),
        (r"(.*/feed)/(?:rss2?|rdf|atom)", r"\1"),
        (r"(?!/[a-z]{2,3}/feed\Z)(/.+)/feed", r"\1"),  # a language's feed stays, so that it can lead to ours
        (r"(/.+)/(?:page/|comment-page-)[0-9]{1,6}", r"\1"),
        (r"/page/[0-9]{1,6}", "/page"),
    )
)


def normalised(address: str) -> str:
    """The one form of an address: a path with an optional query; of a web address these parts.

    What WordPress adds in front of or behind a post's or a list's path is left out: index.php, `/page/2/`,
    `/amp/`, `/feed/`. A path with a broken percent sign, or one that is not UTF-8, is taken as it is written.
    """
    written, _, query = _HOST.sub("", address, count=1).partition("#")[0].partition("?")
    path = "".join(f"/{name}" for name in decoded_path(written).translate(_SMALL).split("/") if name)
    for added, kept in _ADDED:
        path = added.sub(kept, path)
    field = _counting(query)
    return f"{path or '/'}?{field}" if field else path or "/"


def decoded_path(path: str) -> str:
    """The path without percent-encoding; as it is written if that is broken, or not UTF-8."""
    if _BROKEN.search(path):
        return path
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        return path


def _counting(query: str) -> str:
    """The field that counts, as `name=value`; of several values the last, as PHP takes it."""
    fields = dict(_field(pair) for pair in query.split("&"))
    for name in QUERY_NAMES:
        value = fields.get(name, "")
        if _VALUE.fullmatch(value):
            return f"{name}={value.lower()}"
    return ""


def _field(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value
