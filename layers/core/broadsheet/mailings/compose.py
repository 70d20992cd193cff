"""The mail of an issue, made from its text: once for all its readers.

A mail that is too large is shortened by steps, as few as needed: commentary after commentary, from the
last, is shown by its summary; then the text without a topic, all of a plain article, ends earlier,
paragraph by paragraph; then the last commentaries are left out. "Read more" leads to what is missing.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup

from broadsheet.content.issue import Commentary, Issue
from broadsheet.content.node import Node
from broadsheet.language import Language, language
from broadsheet.mail import one_line
from broadsheet.mailings.body import LARGEST_HTML_BYTES, Body
from broadsheet.mailings.template_text import LINK_MARK, template_text
from broadsheet.newsletter import Newsletter
from broadsheet.rendering.colours import readable_on_dark, readable_on_white
from broadsheet.rendering.html import to_html
from broadsheet.rendering.language_spans import foreign_language
from broadsheet.rendering.templating import fill_around
from broadsheet.rendering.text import to_text, wrapped
from broadsheet.site.layout import PageHead

LONGEST_LINK_BYTES = 993  # what a List-Unsubscribe header of SES's takes: 995 with its brackets
_PREVIEW_LETTERS = 200  # mailboxes show up to so many; ours end with the summary


def mail_body(issue: Issue, newsletter: Newsletter) -> Body:
    """The mail of this issue, its HTML within `LARGEST_HTML_BYTES` whoever's link is put in."""
    writer = _MailWriter(issue, newsletter)
    steps = writer.steps()
    written: dict[int, str] = {}

    def fits(step: int) -> bool:
        html = written[step] = writer.html(writer.shortened(step))
        longest = html.replace(LINK_MARK, "x" * LONGEST_LINK_BYTES)
        return len(longest.encode("utf-8", "replace")) <= LARGEST_HTML_BYTES

    step = 0 if fits(0) else min(steps, bisect_left(range(steps + 1), True, lo=1, key=fits))
    parts = writer.shortened(step)
    edition = newsletter.editions[issue.edition]
    return Body(
        sender_name=edition.name,
        edition=edition.id,
        language=edition.language,
        subject=template_text(one_line(issue.title)),
        html=template_text(written[step] if step in written else writer.html(parts)),
        text=template_text(writer.text(parts)),
        summarised=len(parts.short),
        is_cut=parts.is_cut,
    )


@dataclass(frozen=True)
class _Parts:
    """What of an issue its mail shows; `short` are the commentaries that are there by their summary."""

    intro: tuple[Node, ...]
    commentaries: tuple[Commentary, ...]
    short: frozenset[str] = frozenset()
    is_cut: bool = False


class _MailWriter:
    """Writes both parts of the mail."""

    def __init__(self, issue: Issue, newsletter: Newsletter) -> None:
        self.issue, self.newsletter = issue, newsletter
        self.edition = newsletter.editions[issue.edition]
        self.language: Language = language(self.edition.language)
        self.folder = f"{newsletter.origin}/{self.edition.id}/{issue.id}"
        self.page = f"{self.folder}/index.html"
        others = [other.language for other in newsletter.editions.values()]
        self.tongue = partial(foreign_language, own=self.edition.language, others=others)
        self.intro = tuple(self.without_pictures(block, self.page) for block in issue.intro)
        self.blocks = {
            piece.name: tuple(self.without_pictures(block, self.page_of(piece)) for block in piece.blocks)
            for piece in issue.commentaries
        }

    def page_of(self, piece: Commentary) -> str:
        return f"{self.folder}/{piece.name}.html"

    def steps(self) -> int:
        """How many steps there are from the whole mail to its head and foot."""
        return len(self._summable()) + len(self.intro) + len(self.issue.commentaries)

    def shortened(self, step: int) -> _Parts:
        """The mail after so many steps."""
        whole = _Parts(self.intro, self.issue.commentaries)
        summable = self._summable()
        short = frozenset(summable[max(0, len(summable) - step) :])
        cut = min(max(0, step - len(summable)), len(self.intro))
        left_out = max(0, step - len(summable) - len(self.intro))
        shown = whole.commentaries[: len(whole.commentaries) - left_out]
        names = {piece.name for piece in shown}
        return _Parts(
            _first(self.intro, cut) if cut else self.intro, shown, short & names, bool(cut or left_out)
        )

    def html(self, parts: _Parts) -> str:
        accent = readable_on_white(self.newsletter.accent)
        pieces = [
            entry | {"html": self._html(self.blocks[piece.name], piece.name, below=2, raised=1)}
            for entry in self._entries(parts)
            for piece in [entry["piece"]]
        ]
        return fill_around(
            LINK_MARK,
            "mail_issue.html",
            **self._values(parts, pieces),
            intro=self._html(parts.intro, "intro", below=1, raised=0),
            direction=PageHead(self.edition, "", "").direction() or "ltr",
            accent=accent,
            accent_on_dark=readable_on_dark(accent),
            padding="\u200c\u00a0" * max(0, _PREVIEW_LETTERS - len(self.issue.summary)),
        )

    def text(self, parts: _Parts) -> str:
        numbers = count(1)
        intro = to_text(parts.intro, self.absolute, numbers)
        pieces = []
        for entry in self._entries(parts):
            piece: Commentary = entry["piece"]
            blocks = (*self.blocks[piece.name], *self._caption(piece))
            text = "" if entry["is_short"] else to_text(blocks, self.absolute, numbers)
            pieces.append(entry | {"text": text})
        filled = fill_around(
            LINK_MARK, "mail_issue.txt", **self._values(parts, pieces), intro=intro, wrap=wrapped
        )
        return "\n".join(line.rstrip() for line in filled.split("\n"))

    def absolute(self, url: str) -> str:
        """Where a link of an author's leads from a mailbox; "" if it is none."""
        try:
            return urljoin(self.page, url)
        except ValueError:
            return ""

    def without_pictures(self, block: Node, page: str) -> Node:
        """The block with a link to the page, by its caption, for each picture."""

        def linked(node: Node) -> Node:
            if node.kind != "image":
                return node
            words = Node("text", node.line, self._picture_words(node.attributes["title"], node.plain()))
            return Node("link", node.line, "", (words,), {"url": page, "title": ""})

        return block.mapped(linked, "image")

    def _html(self, blocks: tuple[Node, ...], prefix: str, *, below: int, raised: int) -> Markup:
        written = to_html(
            blocks,
            prefix=prefix,
            link=self.absolute,
            raise_headings=raised,
            below=below,
            language_of=self.tongue,
        )
        told = str(written).replace("<th>", '<th align="left">')  # a bare "<" is always a tag's
        return Markup(told.replace("<blockquote", '<blockquote dir="auto"'))  # noqa: S704  # see to_html

    def _values(self, parts: _Parts, pieces: list[dict[str, Any]]) -> dict[str, Any]:
        """What both templates show."""
        return {
            "edition": self.edition,
            "newsletter": self.newsletter,
            "words": self.language.words,
            "issue": self.issue,
            "week": self.language.week(self.issue.first_day, self.issue.last_day),
            "page": self.page,
            "is_cut": parts.is_cut,
            "pieces": pieces,
        }

    def _entries(self, parts: _Parts) -> list[dict[str, Any]]:
        """The commentaries as both templates show them."""
        return [
            {
                "piece": piece,
                "topic": self.newsletter.topic(piece.topic),
                "trend": self.newsletter.trend(piece.trend) if piece.trend else None,
                "page": self.page_of(piece),
                "is_short": piece.name in parts.short,
                "caption": self._caption_words(piece),
                "caption_language": self.tongue(self._caption_words(piece)),
            }
            for piece in parts.commentaries
        ]

    def _summable(self) -> list[str]:
        """The commentaries that have more than their summary, by name."""
        return [
            piece.name
            for piece in self.issue.commentaries
            if piece.summary and [block.kind for block in piece.blocks] != ["paragraph"]
        ]

    def _caption_words(self, piece: Commentary) -> str:
        return " ".join((piece.picture.caption or piece.picture.alt).split()) if piece.picture else ""

    def _caption(self, piece: Commentary) -> tuple[Node, ...]:
        """The caption below a commentary's text, with its link."""
        if not piece.picture:
            return ()
        words = self._picture_words(piece.picture.caption, piece.picture.alt)
        text = Node("text", piece.line, words)
        link = Node("link", piece.line, "", (text,), {"url": self.page_of(piece), "title": ""})
        return (Node("paragraph", piece.line, "", (link,)),)

    def _picture_words(self, caption: str, alt: str) -> str:
        said = " ".join((caption or alt).split())
        return f"{self.language['picture']}: {said}" if said else self.language["picture"]


def _first(blocks: tuple[Node, ...], left_out: int) -> tuple[Node, ...]:
    """All but the last so many blocks, and the notes that they may refer to; no heading at the end."""
    notes = tuple(block for block in blocks if block.kind == "footnote")
    text = [block for block in blocks if block.kind != "footnote"]
    kept = text[: max(0, len(text) - left_out)]
    while kept and kept[-1].kind in ("heading", "rule"):
        kept.pop()
    return (*kept, *notes)
