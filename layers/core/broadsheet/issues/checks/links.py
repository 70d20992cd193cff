"""Links: where they lead, whether it is there, and what their words tell somebody who only hears them."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urljoin, urlsplit

from broadsheet.issues.findings import Finding, Findings
from broadsheet.issues.issue import Issue
from broadsheet.issues.markdown import Node
from broadsheet.newsletter import Newsletter

MOST_LOOKUPS = 100  # each may be a request
_IGNORED = re.compile(r"[\x00-\x20]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(
    r"(?:[^\s@/]+@)?(?:[\w-]+\.)*[\w-]+\.?(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?", re.IGNORECASE
)
_BARE_HOST = re.compile(r"www\.[\w.-]+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_WEB = ("http", "https")
_SAY_NOTHING = {
    *(
        "here",
        "click here",
        "click",
        "this",
        "this link",
        "link",
        "more",
        "read more",
        "learn more",
        "see here",
    ),
    *(
        "тут",
        "вось тут",
        "клікніце тут",
        "націсніце тут",
        "спасылка",
        "па спасылцы",
        "чытаць далей",
        "чытаць",
    ),
    *("чытайце тут", "падрабязней", "далей", "сюды", "здесь", "вот здесь", "нажмите здесь", "кликните здесь"),
    *("ссылка", "по ссылке", "читать далее", "читать", "читайте здесь", "подробнее", "далее", "сюда"),
    *("клацніть тут", "натисніть тут", "посилання", "за посиланням", "читати далі", "детальніше"),
    *(
        "hier",
        "mehr",
        "weiterlesen",
        "ici",
        "cliquez ici",
        "en savoir plus",
        "tutaj",
        "kliknij tutaj",
        "więcej",
    ),
}


def checked_link(found: Findings, link: Node) -> Node:
    """The link, or when lenient its words where it leads nowhere; what is wrong goes to `found`.

    Only web addresses, mail addresses and ways within the site lead anywhere. The page would leave any
    other out; we say so.
    """
    words, target = " ".join(link.plain().split()), link.attributes["url"]
    shows_picture = any(node.kind == "image" for node in link.walk())
    rule, scheme = _wrong_target(target)
    if not rule and not words and not shows_picture:
        rule = "link-empty"
    if rule:
        found.strict(link.line, rule, url=target[:120], scheme=scheme)
        return Node("text", link.line, words)
    if scheme == "http":
        found.warn(link.line, "link-not-https", url=target[:120])
    if words.casefold().strip(" .…:»>→!") in _SAY_NOTHING:
        found.warn(link.line, "link-words", words=words)
    return link


def _wrong_target(target: str) -> tuple[str, str]:
    """The rule that a link's target breaks, or ""; and its scheme. Browsers ignore spaces within a scheme."""
    bare = target.strip()
    if not bare:
        return "link-empty", ""
    found = _SCHEME.match(_IGNORED.sub("", bare[:200]))
    scheme = found[1].lower() if found else ""
    if scheme == "mailto":
        is_mail = _MAIL.fullmatch(unquote(bare[len("mailto:") :].split("?")[0]))
        return ("" if is_mail else "link-malformed"), scheme
    if scheme and scheme not in _WEB:
        return "link-scheme", scheme
    if not scheme and _BARE_HOST.match(bare):
        return "link-no-scheme", ""
    try:
        parts = urlsplit(bare)
        is_whole = not (parts.scheme in _WEB or bare.startswith("//")) or bool(_HOST.fullmatch(parts.netloc))
    except ValueError:
        is_whole = False
    if scheme and not bare.lower().startswith((f"{scheme}://",)):
        is_whole = False
    return ("" if is_whole and " " not in bare else "link-malformed"), scheme


def link_findings(
    file: str, issue: Issue, newsletter: Newsletter, exists: Callable[[str], bool]
) -> list[Finding]:
    """A warning for each link into the site whose page is not there; `exists` is asked by its path.

    The issue's own pages count as there. Not more than `MOST_LOOKUPS` paths are looked up.
    """
    folder = f"{issue.edition}/{issue.id}"
    there = {f"{folder}/index.html": True} | {f"{folder}/{c.name}.html": True for c in issue.commentaries}
    asked = len(there) + MOST_LOOKUPS

    def is_there(path: str) -> bool:
        if path not in there:
            there[path] = len(there) >= asked or exists(path)
        return there[path]

    found = Findings(file)
    blocks = [*issue.intro, *(block for piece in issue.commentaries for block in piece.blocks)]
    for node in (node for block in blocks for node in block.walk() if node.kind == "link"):
        url = node.attributes["url"].strip()
        path = own_path(url, f"{newsletter.origin}/{folder}/index.html")
        if path is None or is_there(path):
            continue
        better = f"{path.rstrip('/')}/index.html"
        if is_there(better):
            found.warn(node.line, "link-folder", url=url, better=f"/{better}")
        else:
            found.warn(node.line, "link-dead", url=url)
    return list(found.all())


def own_path(url: str, page: str) -> str | None:
    """The path within the site that a link on that page leads to; None where it leads elsewhere."""
    if not url or url.startswith("#"):
        return None
    try:
        target, own = urlsplit(urljoin(page, url)), urlsplit(page)
    except ValueError:
        return None
    if target.scheme not in _WEB or target.netloc.casefold() != own.netloc.casefold():
        return None
    path = unquote(target.path).lstrip("/")
    return None if path.startswith("api/") else path or "index.html"
