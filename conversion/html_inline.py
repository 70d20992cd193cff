"""Reads what stands within lines of HTML as tokens: words, marks, links, breaks, pictures."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from conversion.footnotes import Footnotes
from conversion.html_links import LONGEST_SHOWN, Targets
from conversion.html_pictures import is_emoji, is_tracker
from conversion.html_tree import Element
from conversion.inline_tokens import Token

MARKS = frozenset({"strong", "em", "del", "sup", "sub", "u"})
_ROOT_LIKE = frozenset({"body", "div", "center", "blockquote", "section", "article", "main"})
BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_MERGE_TAG = re.compile(
    r"\*\|[A-Za-z][^|*\n]{0,100}\|\*|%%[a-z]+(?:_[a-z0-9]+)+%%|\{\{\s*(?:subscriber|subscribe_|unsubscribe_|email_|manage_)[^{}\n]{0,60}\}\}"
)
_DROPPED_CLASSES = frozenset(
    {
        *(
            "subscription-widget-wrap",
            "subscription-widget",
            "subscription-widget-wrap-editor",
            "image-link-expand",
        ),
        *(
            "kg-video-overlay",
            "kg-video-player-container",
            "kg-video-player",
            "kg-audio-player",
            "kg-signup-card",
        ),
        *(
            "kg-bookmark-icon",
            "kg-bookmark-thumbnail",
            "kg-audio-thumbnail",
            "kg-file-card-icon",
            "sharedaddy",
            "wp-block-file__button",
        ),
        *("mcnPreviewText", "jp-relatedposts", "kg-toggle-card-icon", "footnote-back", "screen-reader-text"),
    }
)
_LINE_END = re.compile(r"[ \t]*\n")


_WITH_SPACE_BEFORE = re.compile(rf"(?:[ \u00a0](?:{_MERGE_TAG.pattern})(?=[,.;:!?]))|{_MERGE_TAG.pattern}")
_NOT_IN_ANGLES = re.compile(r"[\s<>\\]")
_FRAMES = frozenset({"iframe", "frame", "video", "audio", "embed", "object", "applet"})
_SIGNS = frozenset({"br", "code", "input"})


@dataclass(slots=True)
class InlineReader:
    """Reads the elements of one text; `images` are those that picture tokens name by their number."""

    lose: Callable[[str], None]
    targets: Targets
    notes: Footnotes
    is_classic: bool
    images: list[Element] = field(default_factory=list)

    def add_text(self, run: list[Token], words: str, inside: str) -> None:
        """Words; in WordPress's classic editor an empty line parts paragraphs, and a line end is a break."""
        if not run and words.isspace():
            return
        if "*|" in words or "%%" in words or "{{" in words:
            for field in _MERGE_TAG.findall(words):
                self.lose(f"a field of the old mailer: {field}")
            words = _WITH_SPACE_BEFORE.sub("", words)
        if not self.is_classic or inside not in _ROOT_LIKE or "\n" not in words:
            run.append(Token("text", "", words))
            return
        if run and run[-1].kind == "break":
            words = _LINE_END.sub("", words, count=1)
        for at, paragraph in enumerate(BLANK_LINE.split(words)):
            if at:
                run += [Token("break"), Token("break")]
            for number, line in enumerate(paragraph.split("\n")):
                if number:
                    run.append(Token("break"))
                run.append(Token("text", "", line))

    def add_inline(self, run: list[Token], element: Element, inside: str, link: str = "") -> None:
        """An element within a line, or one that becomes a link, a picture or words."""
        if self.is_dropped(element):
            return
        name = element.name
        if name == "sup" and (marks := self._marks_in(element)):
            run += marks
        elif name in MARKS and not (name == "u" and link):
            run.append(Token("open", name))
            self._add_children(run, element, inside, link)
            run.append(Token("close", name))
        elif name in _FRAMES:
            self._add_frame(run, element)
        elif name == "a":
            self._add_link(run, element, inside)
        elif name == "img":
            self._add_image(run, element, link)
        elif name in _SIGNS:
            self._add_sign(run, element, inside)
        else:
            self._add_others(run, element, inside, link)

    def _marks_in(self, element: Element) -> list[Token]:
        """The footnotes' marks in raised words: without brackets and commas around them."""
        labels = [self.notes.mark(each) for each in element.below()] if self.notes.marks else []
        return [Token("raw", "mark", f"[^{label}]") for label in labels if label]

    def _add_sign(self, run: list[Token], element: Element, inside: str) -> None:
        """A break, the box of a task, or code."""
        if element.name == "br":
            run.append(Token("break"))
        elif element.name == "code":
            words = "".join(element.texts())
            code = " ".join(words.split())
            before, after = words[:1].isspace(), words[-1:].isspace()
            run += [Token("text", "", " " * before), *([Token("code", "", code)] if code else [])]
            run.append(Token("text", "", " " * after))
        elif inside == "item" and element.get("type").lower() == "checkbox":
            run.append(Token("raw", "task", "[x] " if "checked" in element.attributes else "[ ] "))

    def _add_others(self, run: list[Token], element: Element, inside: str, link: str) -> None:
        """An element that only its children are shown of; a picture may have more addresses in it."""
        if element.name == "noscript" and any(each.kind == "picture" for each in run[-2:]):
            return  # the same picture again, which was loaded later
        if element.name == "picture":
            sources = [each.get("srcset") for each in element.children if isinstance(each, Element)]
            for each in element.below():
                if each.name == "img" and any(sources):
                    each.attributes["data-our-sources"] = ", ".join(filter(None, sources))
        is_apart = "kg-bookmark-publisher" in element.classes()  # styles put a space before it
        quotes = "“”" if element.name == "q" else [" " if is_apart else "", ""]
        run.append(Token("text", "", quotes[0]))
        self._add_children(run, element, inside, link)
        run.append(Token("text", "", quotes[1]))

    def _add_children(self, run: list[Token], element: Element, inside: str, link: str) -> None:
        """The tokens of an element's children."""
        for node in element.children:
            if isinstance(node, str):
                self.add_text(run, node, inside)
            else:
                self.add_inline(run, node, inside, link)

    def _add_link(self, run: list[Token], element: Element, inside: str) -> None:
        """A link, a footnote's mark, or only words if it leads nowhere."""
        if label := self.notes.mark(element):
            run.append(Token("raw", "mark", f"[^{label}]"))
            return
        url = self.targets.target(element)
        if url.startswith("https://") and element.words() == url and not _NOT_IN_ANGLES.search(url):
            run.append(Token("raw", "address", f"<{url}>"))
            return
        run.append(Token("link", "", url))
        self._add_children(run, element, inside, url)
        run.append(Token("link-end", "", url))

    def _add_image(self, run: list[Token], element: Element, link: str) -> None:
        """A picture, or the character that it stands for."""
        if is_emoji(element):
            run.append(Token("text", "", element.get("alt")))
        elif not is_tracker(element):
            run.append(Token("picture", str(len(self.images)), link))
            self.images.append(element)

    def is_dropped(self, element: Element) -> bool:
        """Whether an element belongs to the old system, or is a footnote, which is written at the end."""
        if element in self.notes:
            return True
        if not element.attributes:
            return False
        classes = element.classes()
        if element.get("id") == "templateFooter":
            self.lose(f"words of the old mailer: {element.words()[:LONGEST_SHOWN]}")
            return True
        if not _DROPPED_CLASSES.isdisjoint(classes):
            if "subscri" in element.get("class") or "signup" in element.get("class"):
                self.lose("a form")
            return True
        if "button-wrapper" in classes:
            hrefs = " ".join(each.get("href") for each in element.below())
            if "%%" in hrefs or "/subscribe?" in hrefs or "action=share" in hrefs:
                self.lose(f"a button: {element.words()[:LONGEST_SHOWN]}")
                return True
        return False

    def _add_frame(self, run: list[Token], element: Element) -> None:
        """A link to what a frame or a player shows, on a line of its own."""
        if url := self.targets.frame(element):
            around = [Token("break"), Token("break")]
            run += [*around, Token("raw", "address", f"<{url}>"), *around]
