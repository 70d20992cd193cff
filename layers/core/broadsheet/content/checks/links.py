"""Checks of links: where they lead, whether the target exists, and whether their words describe it."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from broadsheet.characters import without_control
from broadsheet.content.findings import Finding, Findings
from broadsheet.content.issue import Issue
from broadsheet.content.node import Node, nodes_of
from broadsheet.link_targets import is_plain_address, scheme_of, serialised
from broadsheet.newsletter import Newsletter

MOST_LOOKUPS = 100  # each may be a request
_HOST = re.compile(
    r"(?:[^\s@/]+@)?(?:[\w-]+\.)*[\w-]+\.?(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?", re.IGNORECASE
)
_BARE_HOST = re.compile(r"www\.[\w.-]+", re.IGNORECASE)
_OPENS_LINK = re.compile(r"<a\s", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_WEB = ("http", "https")
_HALF_SCHEME = re.compile(r"https?[;,.]?//", re.IGNORECASE)
_STATIC_FILES = {"index.html", "404.html", "robots.txt", "sitemap.xml"}
_STATIC_FOLDERS = ("assets/", "sitemaps/")
_STATIC_FILES_OF_AN_EDITION = {
    *("index.html", "about.html", "feed.xml", "feed.json", "archive/index.html"),
    *("check-your-mail.html", "subscribed.html", "goodbye.html"),
}
_VAGUE_WORDS = {
    *("here", "click here", "click", "this", "this link", "link", "more", "read more", "learn more"),
    *("see here", "тут", "вось тут", "клікніце тут", "націсніце тут", "спасылка", "па спасылцы"),
    *("чытаць далей", "чытаць", "чытайце тут", "падрабязней", "далей", "сюды", "здесь", "вот здесь"),
    *("нажмите здесь", "кликните здесь", "ссылка", "по ссылке", "читать далее", "читать", "читайте здесь"),
    *("подробнее", "далее", "сюда", "клацніть тут", "натисніть тут", "посилання", "за посиланням"),
    *("читати далі", "детальніше", "hier", "mehr", "weiterlesen", "ici", "cliquez ici", "en savoir plus"),
    *("tutaj", "kliknij tutaj", "więcej"),
}


def checked_link(found: Findings, node: Node) -> Node:
    """The node; a link with a wrong target becomes its words. Any other node stays as it is.

    Only web addresses, mail addresses and paths within the site are right targets: pages leave out any other.
    Wrong targets, also of an author's own `<a href>`, and words that say nothing about a target are reported.
    """
    target = _target(node)
    if node.kind == "html" and target:
        _check_target(found, node.line, target)
    if node.kind != "link":
        return node
    words = " ".join(node.plain().split())
    is_empty = not words and not nodes_of([node], "image")
    if not _check_target(found, node.line, target, is_empty=is_empty):
        return Node("text", node.line, words)
    if words.casefold().strip(" .…:»>→!") in _VAGUE_WORDS:
        found.warn(node.line, "link-words", words=words)
    return node


def _check_target(found: Findings, line: int, target: str, *, is_empty: bool = False) -> bool:
    """Report what is wrong with a target; False unless a link may have it."""
    is_plain = is_plain_address(target)
    rule, scheme = ("", target.partition(":")[0]) if is_plain else _wrong_target(target)
    rule = rule or ("link-empty" if is_empty else "")
    if rule:
        found.strict(line, rule, url=target[:120], scheme=scheme)
    elif scheme == "http":
        found.warn(line, "link-not-https", url=target[:120])
    return not rule


def _target(node: Node) -> str:
    """The target of a link or an opening tag; "" for any other node."""
    if node.kind == "link":
        return str(node.attributes["url"])
    if node.kind != "html" or not _OPENS_LINK.match(node.text):
        return ""
    tag = _Tag()
    tag.feed(node.text)
    return tag.href


class _Tag(HTMLParser):
    """Reads the target of one opening tag as a browser would."""

    href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.href = next((value or "" for name, value in attrs if name == "href"), "") if tag == "a" else ""


def _wrong_target(target: str) -> tuple[str, str]:
    """The rule that a target breaks, or "", and its scheme. Like browsers, it ignores spaces in a scheme."""
    bare = without_control(target).strip()
    if not bare:
        return "link-empty", ""
    scheme = scheme_of(bare)
    if scheme == "mailto":
        is_mail = _MAIL.fullmatch(unquote(bare[len("mailto:") :].split("?")[0]))
        return ("" if is_mail else "link-malformed"), scheme
    if scheme and scheme not in _WEB:
        return "link-scheme", scheme
    if bare.startswith("//") or "\\" in bare.split("?")[0] or _HALF_SCHEME.match(bare):
        return "link-malformed", scheme
    if not scheme and _BARE_HOST.match(bare):
        return "link-no-scheme", ""
    try:
        parts = urlsplit(bare)
        is_whole = parts.scheme not in _WEB or bool(_HOST.fullmatch(parts.netloc))
    except ValueError:
        is_whole = False
    if scheme and not bare.lower().startswith(f"{scheme}://"):
        is_whole = False
    is_address = is_whole and " " not in bare and bool(serialised(bare))
    return ("" if is_address else "link-malformed"), scheme


def link_findings(
    file: str, issue: Issue, newsletter: Newsletter, exists: Callable[[str], bool]
) -> list[Finding]:
    """A warning for each link to a page of the site that does not exist; `exists` is called with its path.

    The issue's own pages and the static pages count as existing. At most `MOST_LOOKUPS` paths are looked up.
    """
    folder = f"{issue.edition}/{issue.id}"
    known = {f"{folder}/index.html": True} | {f"{folder}/{c.name}.html": True for c in issue.commentaries}
    most_known = len(known) + MOST_LOOKUPS
    of_the_year = {f"{issue.edition}/{name}" for name in pages_of_a_year(issue.id[:4], newsletter)}

    def is_there(path: str) -> bool:
        if path in known:
            return known[path]
        if path.startswith(f"{folder}/") and path.endswith(".html"):
            return False  # an older one may still be on the site
        if is_static(path, newsletter) or path in of_the_year:
            return True
        known[path] = len(known) >= most_known or exists(path)
        return known[path]

    found = Findings(file)
    for node in nodes_of(issue.blocks(), "link", "html"):
        url = _target(node).strip()
        path = own_path(url, f"{newsletter.origin}/{folder}/index.html")
        if path is None or is_there(path):
            continue
        better = f"{path.rstrip('/')}/index.html"
        if is_there(better):
            found.warn(node.line, "link-folder", url=url, better=f"/{better}")
        else:
            found.warn(node.line, "link-dead", url=url)
    return list(found.all())


def is_static(path: str, newsletter: Newsletter) -> bool:
    """Whether a page of the site exists independently of any issue."""
    edition, _, name = path.partition("/")
    if edition not in newsletter.editions:
        return path in _STATIC_FILES or path.startswith(_STATIC_FOLDERS)
    topics = ["topics/index.html", *(f"topics/{topic.id}/index.html" for topic in newsletter.topics)]
    return name in _STATIC_FILES_OF_AN_EDITION or (bool(newsletter.topics) and name in topics)


def pages_of_a_year(year: str, newsletter: Newsletter) -> list[str]:
    """The pages that an edition has once it has an issue of that year."""
    return [f"archive/{year}.html", *(f"topics/{topic.id}/{year}.html" for topic in newsletter.topics)]


def own_path(url: str, page: str) -> str | None:
    """The path within the site that a link on that page leads to; None if it leads elsewhere."""
    if not url or url.startswith("#"):
        return None
    if is_plain_address(url) and url.split("/", 3)[2] != page.split("/", 3)[2].casefold():
        return None
    try:
        target, own = urlsplit(urljoin(page, url)), urlsplit(page)
    except ValueError:
        return None
    if target.scheme not in _WEB or target.netloc.casefold() != own.netloc.casefold():
        return None
    path = unquote(target.path).lstrip("/")
    return None if path.startswith("api/") else path or "index.html"
