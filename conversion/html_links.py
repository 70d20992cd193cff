"""Where the links of old HTML lead, as far as our pages may lead there."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from broadsheet.content.checks.links import checked_link
from broadsheet.content.findings import Findings
from broadsheet.content.node import Node
from broadsheet.link_targets import is_plain_address
from conversion.html_pictures import is_picture_file
from conversion.html_tree import Element

MERGE = "merge:"  # instead of an address: a link that only the old mailer could fill in
LONGEST_SHOWN = 120
_MERGE_TARGET = re.compile(r"^(?:https?://)?(?:\*(?:\||%7[cC])|%%|\{\{|%7[bB]%7[bB])")
_TRACKER = re.compile(
    r"https?://(?:[\w-]+\.)*(?:(list-manage\d?\.com)/track/|(substack\.com)/redirect/|(buttondown\.(?:com|email))/c/|(mailchi\.mp)/track)"
)
_YOUTUBE = re.compile(r"(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]{6,20})")
_VIMEO = re.compile(r"(?:https?:)?//player\.vimeo\.com/video/(\d+)")
_SHOWN_ADDRESS = re.compile(r"https://[^\s<>\"\\^`{|}]{3,2000}")
_MERGE_TAG = re.compile(r"\*(?:\||%7[cC])[A-Za-z0-9:_]{1,60}(?:\||%7[cC])\*")
_GOOGLE = re.compile(r"https://www\.google\.com/url\?")
_OLD_FILE = re.compile(r"/(?!/)[^?#]*\.(?:pdf|docx?|xlsx?|pptx?|odt|zip|mp3|mp4|epub)$", re.IGNORECASE)
_UNWRITABLE = re.compile(r"[<>|`\\^{}\"]|\s")
_FRAMES = {
    "video": "a film",
    "audio": "a sound",
    "object": "a player",
    "embed": "a player",
    "applet": "a program",
}


@dataclass(slots=True)
class Targets:
    """Finds where links lead; what is lost is named to `lose`, once for each address."""

    lose: Callable[[str], None]
    known: dict[str, str] = field(default_factory=dict)
    has_merge: bool = False

    def target(self, element: Element) -> str:
        """Where a link leads; "" if our pages cannot lead there, which is named."""
        href = element.get("href")
        if href not in self.known:
            self.known[href] = self._found(href) if href else ""
        return self.known[href]

    def _found(self, href: str) -> str:
        """The address as it is written in Markdown (see `target`)."""
        url = "".join(href.split("\n")).replace("\t", "").strip()
        if is_plain_address(url):
            return self._named(_unwrapped(url))
        url = url.removeprefix("__GHOST_URL__")
        shown = url[:LONGEST_SHOWN]
        if _MERGE_TARGET.match(url):
            self.has_merge = True
            return MERGE
        url = _MERGE_TAG.sub("", url)
        if not url or url.startswith("#"):
            self.lose("links to places within the page")
            return ""
        if url.startswith("//"):
            url = f"https:{url}"
        elif url[:4].lower() == "www.":
            url = f"https://{url}"
        before, mark, query = url.partition("?")
        url = before.replace("\\", "/") + mark + query
        url = _UNWRITABLE.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), url)
        is_beside = not url.startswith("/") and ":" not in url.partition("?")[0] and is_picture_file(url)
        node = Node("link", 1, "", (Node("text", 1, "words"),), {"url": url, "title": ""})
        if is_beside or checked_link(Findings(""), node) is not node:
            self.lose(f"a link to {shown}")
            return ""
        return self._named(url)

    def _named(self, url: str) -> str:
        """The address; a service that counts who follows it, and a file of the old site, are named."""
        if tracker := _TRACKER.match(url):
            host = next(filter(None, tracker.groups()))
            self.lose(f"links through a redirect of {host} that counts readers; they were kept")
        elif _OLD_FILE.match(url):
            self.lose(f"a file of the old site: {url[:LONGEST_SHOWN]}; the link was kept")
        return url

    def frame(self, element: Element) -> str:
        """The address of what a frame or a player shows; "" if our pages cannot lead there."""
        inner = [element, *element.below()]
        found = [each.get(key) for each in inner for key in ("data-src", "src", "data", "value", "href")]
        url = next((each for each in map(_watched, found) if _SHOWN_ADDRESS.fullmatch(each)), "")
        kind = _FRAMES.get(element.name, "an embedded page")
        if url:
            self.lose(f"{kind} from {url[:LONGEST_SHOWN]}; a link leads there")
        else:
            shown = next(filter(None, found), "")
            self.lose(f"{kind}{' from ' if shown else ''}{shown[:LONGEST_SHOWN]}")
        return url


def _watched(url: str) -> str:
    """The page of a film that a player shows, or the address itself."""
    url = url.strip()
    if found := _YOUTUBE.match(url):
        return f"https://www.youtube.com/watch?v={found[1]}"
    if found := _VIMEO.match(url):
        return f"https://vimeo.com/{found[1]}"
    return f"https:{url}" if url.startswith("//") else url


def _unwrapped(url: str) -> str:
    """Where a redirect leads that names it: those of Google Docs."""
    if not _GOOGLE.match(url):
        return url
    target = parse_qs(urlsplit(url).query).get("q", [""])[0]
    return target if is_plain_address(target) else url
