"""What the heads of static sites' texts say, and the reasons for which a text was not public."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from html.parser import HTMLParser

from broadsheet.content.draft_detection import draft_marks
from broadsheet.content.front_matter import FrontMatter, Value
from broadsheet.content.written_dates import written_moment
from conversion.post import Reason
from conversion.site_text import head_word, head_words

_DATES = ("date", "publishdate", "pubdate", "published", "publicationdate", "published_at", "created")
_PICTURES = (
    *("image", "cover", "featured_image", "featuredimage", "feature_image", "featureimage", "cover_image"),
    *("coverimage", "thumbnail", "header_image", "header-img", "banner", "hero", "hero_image", "heroimage"),
    *("teaser", "og_image", "previewimage", "photo", "img", "images"),
)
_PICTURES_BELOW = ("image", "src", "url", "path", "overlay_image", "teaser", "feature")
_DESCRIBED = ("image_alt", "imagealt", "cover_alt", "coveralt", "featured_image_alt", "image-alt", "alt")
_PICTURE_FILE = re.compile(
    r"[^\s?#]+\.(?:png|jpe?g|webp|gif|svg|avif)(?:[?#]\S*)?|[{|]\w+[}|]\S+", re.IGNORECASE
)
_MAIL = re.compile(r"[<(\[]?\s*(?:mailto:)?[^\s<>()@\[\]]+@[^\s<>()@\[\]]+\s*[>)\]]?")
_LOGIN = re.compile(r"@?[a-z0-9][a-z0-9._-]*", re.ASCII)
_TITLE_HEADING = re.compile(r"\s*#[ \t]+(\S.*?)[ \t]*#*[ \t]*(?:\n|$)")
_HIDING_CODE = re.compile(
    r"\{[{%]-?[<%]?\s{0,9}((?:hugo-)?encrypt(?:or|ed)?|password|protected?|private|members?(?:[-_]only)?"
    r"|subscribers?(?:[-_]only)?|paywall|premium|secret)(?=[\s>%}-])",
    re.IGNORECASE,
)
_REASONS = (
    (Reason.PASSWORD, ("password", "passphrase", "protected", "encrypt")),
    (Reason.PAID, ("paid", "founding", "paywall", "premium")),
    (Reason.MEMBERS_ONLY, ("member", "subscri", "audience", "restricted", "gated")),
    (Reason.EMAIL_ONLY, ("emailonly", "newsletteronly", "onlyemail", "mailonly")),
    (Reason.TRASH, ("trash", "deleted")),
    (Reason.PRIVATE, ("private", "secret", "confidential", "internal", "hidden", "unlisted")),
    (Reason.SCHEDULED, ("schedul", "embargo", "future", "publishdate", "publishon", "visiblefrom")),
)


def why_not_public(front: FrontMatter, now: datetime) -> tuple[Reason, str] | None:
    """Why the old site did not show a text, and what its head says; None if it was public."""
    for _, key, value in draft_marks(front, now):
        said = re.sub(r"[\W_]+", "", f"{key} {value}".casefold())
        reason = next((reason for reason, signs in _REASONS if any(sign in said for sign in signs)), None)
        reason = reason or (Reason.SCHEDULED if key == "date" else Reason.DRAFT)
        return reason, key if reason is Reason.PASSWORD else f"{key}: {value}"[:200]
    return None


def hiding_code(body: str) -> str:
    """The code in a text, such as `{{% hugo-encryptor %}}`, that hides a part of it; "" without one."""
    found = _HIDING_CODE.search(body)
    return found[1] if found else ""


def with_inherited(front: FrontMatter, inherited: Mapping[str, Value]) -> FrontMatter:
    """The head, with values that settings give to texts without their own; no picture, the same for all."""
    given = {key: value for key, value in inherited.items() if key not in _PICTURES}
    return replace(front, values={**given, **front.values})


def written_date(front: FrontMatter, zone: tzinfo) -> datetime | None:
    """The first date of publication in the head."""
    written = (written_moment(head_word(front, key), zone) for key in _DATES)
    return next((moment for moment in written if moment), None)


def title_and_body(front: FrontMatter, name: str) -> tuple[str, str]:
    """The title, of the head, the first heading or the file's name, and the text without that heading."""
    title = " ".join(html.unescape(head_word(front, "title")).split())
    heading = _TITLE_HEADING.match(front.body)
    if heading and (not title or " ".join(heading[1].split()) == title):
        return title or " ".join(heading[1].split()), front.body[heading.end() :]
    spelled = re.sub(r"[-_\s]+", " ", name).strip()
    return title or spelled[:1].upper() + spelled[1:], front.body


def authors(front: FrontMatter, known: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the authors; `known` has the names that the site's data give to its own ids.

    Addresses, and ids whose names are not known, are left out.
    """
    written = head_words(front, "authors", "author", "byline", separator=r"[;,&]|\sand\s")
    names = (known.get(each) or ("" if _LOGIN.fullmatch(each) else _MAIL.sub("", each)) for each in written)
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def picture(front: FrontMatter) -> tuple[str, str]:
    """The address of the picture above the text, and its words for blind readers."""
    given = [(key, each) for key in _PICTURES for each in head_words(front, key, separator=r"\n")]
    below = [
        (key, value) for key, value, _ in front.inner if key in _PICTURES_BELOW and isinstance(value, str)
    ]
    address = next(
        (each.strip() for _, each in (*given, *below) if _PICTURE_FILE.fullmatch(each.strip())), ""
    )
    inner = (value for key, value, _ in front.inner if key in ("alt", "image_alt") and isinstance(value, str))
    described = next((word for key in _DESCRIBED if (word := head_word(front, key))), next(inner, ""))
    return address, html.unescape(described) if address else ""


class _HtmlHead(HTMLParser):
    """Collects the title and the `meta` of a document's head."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Value] = {}
        self.title: list[str] = []
        self.is_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_title = tag == "title"
        found = dict(attrs)
        if tag == "meta" and (name := found.get("name")):
            self.values.setdefault(
                name.casefold().strip(), found.get("content") or found.get("contents") or ""
            )

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # as the parser calls it
        self.is_title = False

    def handle_data(self, data: str) -> None:
        if self.is_title:
            self.title.append(data)


def html_document(text: str) -> FrontMatter:
    """The head and the body of a document as Pelican reads it: `title`, and `meta` with a name."""
    start = re.search(r"<body\b[^>]*>", text, re.IGNORECASE)
    above = text[: start.start()] if start else text.partition("</head>")[0]
    below = text[start.end() :] if start else text.partition("</head>")[2]
    parser = _HtmlHead()
    parser.feed(above)
    title = " ".join("".join(parser.title).split())
    body = re.sub(r"</body\s*>.*", "", below, flags=re.DOTALL | re.IGNORECASE)
    values = {**({"title": title} if title else {}), **parser.values}
    return FrontMatter(values, {}, (), body, text[: start.end()].count("\n") if start else 0)


def spoken(words: Iterable[str]) -> tuple[str, ...]:
    """Plain words without entities, each once."""
    return tuple(dict.fromkeys(" ".join(html.unescape(each).split()) for each in words))
