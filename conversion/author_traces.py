"""Takes out of texts what tells who wrote them: authors' email addresses, and links to their lists."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}(?:@|&#0?64;|&commat;|%40)[A-Za-z0-9.-]{1,253}[A-Za-z0-9]"
)
_SIGN = re.compile(r"&#0?64;|&commat;|%40")
_LINK = re.compile(r"(href\s{0,9}=\s{0,9})([\"'])([^\"'<>]{0,2000}?/author/[^\"'<>]{1,300})\2", re.IGNORECASE)
_LIST = re.compile(r"(?:/[\w-]{1,40}){0,3}/author/[^/]+/?(?:page/\d+/?)?", re.IGNORECASE)


def without_traces(text: str, emails: Collection[str], hosts: Collection[str]) -> str:
    """The text or HTML with a sign in place of these addresses, which are in small letters.

    Links to `/author/…` of these hosts lose their address, as it may have a login; their words stay.
    """
    if emails and ("@" in text or _SIGN.search(text)):
        text = _ADDRESS.sub(lambda found: "…" if _plain(found[0]) in emails else found[0], text)
    if "/author/" in text:
        text = _LINK.sub(lambda found: f'{found[1]}""' if _is_list(found[3], hosts) else found[0], text)
    return text


def _plain(address: str) -> str:
    return _SIGN.sub("@", address).casefold()


def _is_list(address: str, hosts: Collection[str]) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (not parts.netloc or parts.hostname in hosts) and bool(_LIST.fullmatch(parts.path))
