"""Links between the posts of an old site, which lead to the new pages at once."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from broadsheet.newsletter import Newsletter
from conversion.post import ExportReader
from conversion.site_targets import parts_of
from infrastructure.old_addresses import normalised

_TARGET = re.compile(r"(?<=\]\()(<?)([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)(>?)")


def hosts_of(reader: ExportReader, newsletter: Newsletter) -> frozenset[str]:
    """The hosts of the old site, without `www.`: those that its export names, and that of the new one."""
    own = urlsplit(newsletter.origin).hostname or ""
    return frozenset(host.removeprefix("www.") for host in (own, *getattr(reader, "hosts", ())) if host)


def with_new_targets(markdown: str, redirects: Mapping[str, str], hosts: Collection[str]) -> str:
    """The Markdown with new addresses in links to old ones, given as paths or with one of the `hosts`.

    `redirects` has the old addresses in their normalised form. Code stays as it is; so do links to what has
    no new address. A folder is named by its page, so that a copy of the site works without a server.
    """
    if "](" not in markdown:
        return markdown

    def led(found: re.Match[str]) -> str:
        new = redirects.get(normalised(found[2])) if _is_of(found[2], hosts) else None
        return f"{new}index.html" if new and new.endswith("/") else new or found[0]

    return "".join(part if is_code else _TARGET.sub(led, part) for part, is_code in parts_of(markdown))


def _is_of(target: str, hosts: Collection[str]) -> bool:
    """Whether a target is on the old site."""
    if target.startswith("/"):
        return not target.startswith("//")
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and host.removeprefix("www.") in hosts
