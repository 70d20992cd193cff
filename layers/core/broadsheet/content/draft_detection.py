"""Detects front matter by which other programs mark a text as a draft, hidden, private or scheduled.

For imports only. Doubtful texts are left out: a missing text can be added, a published one can't be undone.

Source: the documentation of Hugo (draft, publishDate, headless, build), Jekyll (published), Pelican and
Nikola (status, tags), Hexo (published, password), Ghost (status, visibility), WordPress (post_status),
Docusaurus (draft, unlisted), Eleventy (eleventyExcludeFromCollections, permalink), Obsidian
Publish (publish), Substack (audience).
"""

import re
from collections.abc import Iterator
from datetime import datetime

from broadsheet.content.front_matter import FrontMatter, Value
from broadsheet.content.front_matter_values import NO, YES
from broadsheet.content.written_dates import written_moment

_YES = {*YES, "1", "y", "t"}
_NO = {*NO, "0", "n", "f", "never", "none", "hidden"}
_HIDES = {
    *("draft", "isdraft", "private", "isprivate", "hidden", "hide", "ishidden", "unlisted", "unpublished"),
    *("headless", "wip", "secret", "confidential", "internal", "trashed", "deleted", "disabled", "protected"),
    *("membersonly", "subscribersonly", "paid", "eleventyexcludefromcollections", "excluded", "exclude"),
    *("archived", "isarchived", "noindex", "emailonly", "newsletteronly", "onlyemail", "mailonly"),
    *(
        "memberonly",
        "subscriberonly",
        "paywall",
        "paywalled",
        "restricted",
        "isrestricted",
        "gated",
        "inreview",
    ),
    *(
        "encrypt",
        "encrypted",
        "ispaid",
        "embargoed",
        "noexport",
        "nopublish",
        "donotpublish",
        "scheduled",
        "черновик",
        "чарнавік",
    ),
}
_HIDES_IF_YES = {"members", "subscribers", "premium", "ispremium", "subscription"}  # lists and words, too
_SHOWS = {
    *("published", "ispublished", "publish", "dgpublish", "public", "ispublic", "visible", "isvisible"),
    *("live", "enabled", "released", "export", "ready", "approved", "listed", "render", "done", "final"),
    *("finished", "complete", "completed", "isfinal", "isdone", "indexed"),
}
_DRAFT_IF_NO = {"permalink"}  # any other value is an address
_DRAFT_IF_EMPTY = {"draft", "isdraft", "черновик", "чарнавік", "published", "ispublished", "publish"}
_AUDIENCE = {"audience", "audiences"}
_LIMITED = {
    *("onlypaid", "paid", "onlyfree", "founding", "onlyfounding", "members", "paidmembers", "subscribers"),
    *("private", "internal", "draft", "hidden", "nobody", "none", "me", "onlyme", "editors", "staff", "team"),
}
_STATES = {
    *("status", "poststatus", "visibility", "publicationstatus", "publishstatus", "poststate"),
    *("publishstate", "privacy", "access"),
}
_PUBLIC = {
    *("published", "publish", "public", "live", "final", "done", "sent", "released", "visible", "open"),
    *("all", "everyone", "everybody", "complete", "completed", "online", "active", "free", "finished"),
    *("evergreen", "опубликовано", "апублікавана"),
}
_MAY_SAY_DRAFT = {"state", "type", "posttype", "layout", "stage", "workflow", "phase", "publication"}
_CALLED_DRAFT = {
    *("draft", "drafts", "hidden", "private", "unlisted", "unpublished", "pending", "future", "scheduled"),
    *("autodraft", "trash", "review", "inreview", "wip", "secret", "embargoed", "черновик", "чарнавік"),
}
_TAGS = {"tags", "tag", "categories", "category", "keywords", "labels"}
_DRAFT_TAGS = {"draft", "drafts", "private", "unpublished", "wip", "черновик", "чарнавік"}
_SECRETS = {"password", "postpassword", "passphrase"}
_PUBLISHED_AT = {
    *("date", "publishdate", "pubdate", "publishon", "publishat", "publishedat", "publicationdate"),
    *("embargo", "embargountil", "goeslive", "releasedate", "scheduledat", "scheduledfor", "publishedon"),
    *("datepublished", "postdate", "scheduled", "visiblefrom"),
}
_EXPIRES_AT = {
    "expirydate",
    "expires",
    "expiration",
    "unpublishdate",
    "expireson",
    "expiresat",
    "unpublishat",
}
_NOT_IN_WORD = re.compile(r"[\W_]+")


def draft_marks(front: FrontMatter, now: datetime | None) -> Iterator[tuple[int, str, str]]:
    """The lines that keep another program from publishing, each with its key and value.

    Without `now`, no time is in the future.
    """
    keys = [(key, value, front.lines.get(key, 1)) for key, value in front.values.items()]
    for key, value, line in [*keys, *front.inner]:
        if _is_draft_mark(_NOT_IN_WORD.sub("", key.casefold()), value, now):
            shown = ", ".join(value) if isinstance(value, tuple) else str(value)
            yield line, key, shown


def _is_draft_mark(key: str, value: Value, now: datetime | None) -> bool:  # noqa: PLR0911  # one answer for each kind
    values = [value] if isinstance(value, str) else value or ()
    words = {_word(each) for each in values if each.strip()}
    moment = written_moment(value) if isinstance(value, str) else None
    if not words:
        return key in _DRAFT_IF_EMPTY
    if key in _TAGS:
        return bool({_word(part) for each in values for part in each.split(",")} & _DRAFT_TAGS)
    if key in _SECRETS:
        return True
    if key in _PUBLISHED_AT and moment:
        return now is not None and moment > now
    if key in _EXPIRES_AT and moment:
        return now is not None and moment <= now
    if key in _HIDES:
        return not words <= _NO
    if key in _HIDES_IF_YES:
        return bool(words & (_YES | {"only", "required"}))
    if key in _SHOWS:
        return bool(words & (_NO | _CALLED_DRAFT))
    if key in _STATES:
        return not words <= _PUBLIC | _YES
    return _is_draft_value(key, words)


def _is_draft_value(key: str, words: set[str]) -> bool:
    """For keys that usually mean something else."""
    if key in _AUDIENCE:
        return bool(words & _LIMITED)
    if key in _DRAFT_IF_NO:
        return words <= _NO
    if key == "robots":
        return any("noindex" in word for word in words)
    return key in _MAY_SAY_DRAFT and bool(words & _CALLED_DRAFT)


def _word(value: str) -> str:
    return _NOT_IN_WORD.sub("", value.casefold().split("#")[0] or value.casefold())
