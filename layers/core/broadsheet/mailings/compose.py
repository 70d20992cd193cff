"""Composes the mail of an issue, the same for all its readers.

A mail that is too large is shortened in as few steps as possible, each time at the end: commentaries are
replaced by their summaries; then blocks of the introduction, in a plain article the whole text, are left out;
then commentaries. "Read more" links to what is missing.

A long mail has contents at its head. They lead within the mail, so that nobody's network learns what is read;
where a mail program follows no such link (docs/mail-html.md), they still say what comes.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from markupsafe import Markup

from broadsheet.colours import readable_on_dark, readable_on_white
from broadsheet.content.issue import Commentary, Issue
from broadsheet.content.node import Node
from broadsheet.language import language
from broadsheet.mail import one_line
from broadsheet.mailings.body import LARGEST_HTML_BYTES, Body
from broadsheet.mailings.template_text import LINK_MARK, template_text
from broadsheet.newsletter import Newsletter
from broadsheet.rendering.html import to_html
from broadsheet.rendering.language_spans import foreign_language
from broadsheet.rendering.links import absolute
from broadsheet.rendering.templating import fill_around
from broadsheet.rendering.text import to_text, wrapped
from broadsheet.site.layout import PageHead

LONGEST_LINK_BYTES = 993  # SES takes a List-Unsubscribe header of 995, brackets included
FEWEST_IN_CONTENTS, LONG_LETTERS = 3, 3_000  # commentaries, and letters of their texts: some three screens
_PREVIEW_LETTERS = 200  # mail programs show up to so many; padding hides what follows the summary


def mail_body(issue: Issue, newsletter: Newsletter) -> Body:
    """The mail of this issue; its HTML is within `LARGEST_HTML_BYTES` with any reader's link."""
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
    """What the mail shows of its issue; of the commentaries named in `short`, only the summary."""

    intro: tuple[Node, ...]
    commentaries: tuple[Commentary, ...]
    short: frozenset[str] = frozenset()
    is_cut: bool = False


class _MailWriter:
    """Writes both parts of the mail."""

    def __init__(self, issue: Issue, newsletter: Newsletter) -> None:
        self.issue, self.newsletter = issue, newsletter
        self.edition = newsletter.editions[issue.edition]
        self.language = language(self.edition.language)
        self.folder = f"{newsletter.origin}/{self.edition.id}/{issue.id}"
        self.page = f"{self.folder}/index.html"
        others = [other.language for other in newsletter.editions.values()]
        self.foreign_language = partial(foreign_language, own=self.edition.language, others=others)
        self.intro = tuple(self.without_pictures(block, self.page) for block in issue.intro)
        self.blocks = {
            piece.name: tuple(self.without_pictures(block, self.page_of(piece)) for block in piece.blocks)
            for piece in issue.commentaries
        }

        self.is_long = sum(len(one.plain()) for some in self.blocks.values() for one in some) >= LONG_LETTERS

    def page_of(self, piece: Commentary) -> str:
        return f"{self.folder}/{piece.name}.html"

    def steps(self) -> int:
        """The number of steps until nothing of the issue is left in the mail."""
        return len(self._summable()) + len(self.intro) + len(self.issue.commentaries)

    def shortened(self, step: int) -> _Parts:
        summable = self._summable()
        short = frozenset(summable[max(0, len(summable) - step) :])
        cut = min(max(0, step - len(summable)), len(self.intro))
        left_out = max(0, step - len(summable) - len(self.intro))
        shown = self.issue.commentaries[: len(self.issue.commentaries) - left_out]
        intro = _first(self.intro, cut) if cut else self.intro
        return _Parts(intro, shown, short & {piece.name for piece in shown}, bool(cut or left_out))

    def html(self, parts: _Parts) -> str:
        accent = readable_on_white(self.newsletter.accent)
        pieces = [
            self._piece(piece, parts)
            | {"html": self._html(self.blocks[piece.name], piece.name, below=2, raised=1)}
            for piece in parts.commentaries
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
        for piece in parts.commentaries:
            blocks = (*self.blocks[piece.name], *self._caption(piece))
            text = "" if piece.name in parts.short else to_text(blocks, self.absolute, numbers)
            pieces.append(self._piece(piece, parts) | {"text": text})
        filled = fill_around(
            LINK_MARK, "mail_issue.txt", **self._values(parts, pieces), intro=intro, wrap=wrapped
        )
        return "\n".join(line.rstrip() for line in filled.split("\n"))

    def absolute(self, url: str) -> str:
        """The absolute URL of a link in the issue; "" if it is not a URL."""
        try:
            return absolute(url, self.page)
        except ValueError:
            return ""

    def without_pictures(self, block: Node, page: str) -> Node:
        """The block with each picture replaced by a link to the page, whose text is the caption."""

        def linked(node: Node) -> Node:
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
            language_of=self.foreign_language,
        )
        html = str(written).replace("<th>", '<th align="left">')  # an unescaped "<" always begins a tag
        return Markup(html.replace("<blockquote", '<blockquote dir="auto"'))  # noqa: S704  # see to_html

    def _values(self, parts: _Parts, pieces: list[dict[str, Any]]) -> dict[str, Any]:
        """The values of both templates."""
        return {
            "edition": self.edition,
            "newsletter": self.newsletter,
            "words": self.language.words,
            "issue": self.issue,
            "week": self.language.week(self.issue.first_day, self.issue.last_day),
            "page": self.page,
            "is_cut": parts.is_cut,
            "pieces": pieces,
            "has_contents": self.is_long and len(pieces) >= FEWEST_IN_CONTENTS,
        }

    def _piece(self, piece: Commentary, parts: _Parts) -> dict[str, Any]:
        """A commentary's values in both templates."""
        picture = piece.picture
        caption = " ".join((picture.caption or picture.alt).split()) if picture else ""
        return {
            "piece": piece,
            "topic": self.newsletter.topic(piece.topic),
            "trend": self.newsletter.trend(piece.trend) if piece.trend else None,
            "page": self.page_of(piece),
            "is_short": piece.name in parts.short,
            "caption": caption,
            "caption_language": self.foreign_language(caption),
        }

    def _summable(self) -> list[str]:
        """The names of the commentaries that have more than their summary."""
        return [
            piece.name
            for piece in self.issue.commentaries
            if piece.summary and [block.kind for block in piece.blocks] != ["paragraph"]
        ]

    def _caption(self, piece: Commentary) -> tuple[Node, ...]:
        """The caption below a commentary's text, as a link to the page."""
        if not piece.picture:
            return ()
        words = self._picture_words(piece.picture.caption, piece.picture.alt)
        text = Node("text", piece.line, words)
        link = Node("link", piece.line, "", (text,), {"url": self.page_of(piece), "title": ""})
        return (Node("paragraph", piece.line, "", (link,)),)

    def _picture_words(self, caption: str, alt: str) -> str:
        words = " ".join((caption or alt).split())
        return f"{self.language['picture']}: {words}" if words else self.language["picture"]


def _first(blocks: tuple[Node, ...], left_out: int) -> tuple[Node, ...]:
    """All but the last `left_out` blocks, and all footnotes; no heading or rule at the end."""
    notes = tuple(block for block in blocks if block.kind == "footnote")
    text = [block for block in blocks if block.kind != "footnote"]
    kept = text[: max(0, len(text) - left_out)]
    while kept and kept[-1].kind in ("heading", "rule"):
        kept.pop()
    return (*kept, *notes)
