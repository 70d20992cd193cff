"""The HTML of a post, as editors of the last twenty years made it, as the Markdown of our desk.

What readers saw stays: words, links, emphasis, lists, tables, footnotes, quotations, code, pictures. What our
pages cannot show (frames, forms, unsafe links, codes of the old system) is named, for a person to look at.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from broadsheet.content.decode import LONGEST_FILE_BYTES
from conversion import markdown_writer as writer
from conversion.footnotes import footnotes_of
from conversion.html_inline import BLANK_LINE, MARKS, InlineReader
from conversion.html_links import LONGEST_SHOWN, MERGE, Targets
from conversion.html_pictures import addresses_of, alternative_of, is_picture_file, is_tracker, json_attribute
from conversion.html_tables import filled, is_data, rows_of, text_align
from conversion.html_tree import BLOCKS, HEADINGS, Element, number_of, tree_of
from conversion.inline_tokens import (
    Token,
    begins_with_picture,
    parts,
    spaced,
    tidied,
    with_context,
    with_tags_around,
)
from conversion.shortcodes import without_shortcodes
from conversion.word_lists import with_word_lists

LOWEST_HEADING = 6
_SKIPPED_LEVEL, _TOPIC_LEVEL = 3, 2  # a `###` in an article would make commentaries of it
_MOST_LOST = 100
_DEEPEST_LISTS = 12
_PARAGRAPH_TAG = re.compile(r"<(?:p|br|div|table|li)\b", re.IGNORECASE)
_CAPTION_CLASSES = frozenset({"wp-caption-text", "wp-caption-dd"})
_TRANSPARENT = frozenset({"div", "center", "section", "article", "main", "span", "font"})
_CLASSES = {
    "wp-caption": "figure",
    "tr-caption-container": "figure",
    "pullquote": "blockquote",
    "kg-callout-card": "callout",
    "kg-toggle-heading-text": "summary",
}
_SIGN_AND_WORDS = 2
_FILLED_IN = re.compile(r"<!-- wp:([a-z0-9/-]{1,80}) (?:\{[^<>]{0,2000}\} )?/-->")
_RULE = "---"
_ITEM = re.compile(r"(?:-|1\.) ")  # such a list may stand right below a paragraph


@dataclass(frozen=True)
class ConvertedText:
    """The Markdown, the pictures' addresses as they stood, and what the Markdown does not hold, in words."""

    markdown: str
    pictures: tuple[str, ...]
    lost: tuple[str, ...]


def markdown_of(html: str, picture: Callable[[str], str | None], heading: int = 4) -> ConvertedText:
    """The text of a post; its highest headings get the level `heading`.

    `picture` gives the path beside the text for an address (`images/a.png`), or None if there is no such
    picture: then its alternative text stays, as words.
    """
    lost: dict[str, None] = {}

    def lose(words: str) -> None:
        lost.setdefault(" ".join(words.split())[: 2 * LONGEST_SHOWN])

    html = html.replace("\r\n", "\n").replace("\r", "\n")
    for block in _FILLED_IN.findall(html) if "<!-- wp:" in html else ():
        lose(f"a block that WordPress filled in: {block}")
    root = tree_of(without_shortcodes(html, lose), lose)
    if "mso-list" in html:
        with_word_lists(root)
    elements = root.below()
    is_classic = _is_classic(root, html)
    inline = InlineReader(lose, Targets(lose), footnotes_of(root, elements), is_classic)
    converter = _Converter(inline, picture, heading, _highest_heading(elements))
    markdown = converter.markdown(root)
    if (kilobytes := len(markdown.encode()) // 1000) > LONGEST_FILE_BYTES // 1000:
        lose(f"no words, but a text of {kilobytes} kB is too long for an issue; divide it")
    named = list(lost)
    if len(named) > _MOST_LOST:
        named = [*named[:_MOST_LOST], f"and {len(named) - _MOST_LOST} more"]
    return ConvertedText(markdown, tuple(converter.pictures), tuple(named))


def plain_words(html: str) -> str:
    """The words of a title or an excerpt on one line, without tags and entities."""
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    return " ".join(tree_of(html, lambda _: None).words().split())


@dataclass
class _Converter:
    inline: InlineReader
    picture: Callable[[str], str | None]
    heading: int
    highest: int  # level of a heading in the text
    pictures: dict[str, None] = field(default_factory=dict)
    has_words: bool = False
    lists: int = 0  # around the current block

    def markdown(self, root: Element) -> str:
        """The whole text."""
        blocks = self.flow(root.children, (), "body")
        while blocks and blocks[-1] == _RULE:
            blocks.pop()
        blocks += [self.note(label, note) for label, note in self.inline.notes.contents()]
        while blocks and blocks[0] == _RULE:
            blocks.pop(0)
        return writer.joined(blocks) + "\n" if blocks else ""

    def note(self, label: str, note: Element) -> str:
        """A footnote with its text."""
        blocks = self.flow(note.children, (), "note")
        return writer.noted(writer.joined(blocks) or label, label)

    # Blocks

    def flow(self, nodes: Iterable[Element | str], context: tuple[Token, ...], inside: str) -> list[str]:
        """The blocks of these siblings; `context` are the marks that all their words have."""
        blocks: list[str] = []
        run: list[Token] = []
        for node in nodes:
            if isinstance(node, str):
                self.inline.add_text(run, node, inside)
            elif node.name not in BLOCKS and not node.has_block:
                self.inline.add_inline(run, node, inside)
            else:
                if run:
                    blocks += self.paragraphs(run, context)
                    run = []
                blocks += self.block(node, context, inside)
        return blocks + self.paragraphs(run, context) if run else blocks

    def block(self, element: Element, context: tuple[Token, ...], inside: str) -> list[str]:
        """The blocks of an element that is one, or that has some in it."""
        if self.inline.is_dropped(element):
            return []
        name = _named_by_class(element)
        if write := self.writers.get(name):
            return write(element, context)
        if "data-attrs" in element.attributes and (shown := self.shown_elsewhere(element)):
            return shown
        if name in MARKS or name == "a":
            return self.flow(element.children, (*context, self.mark_of(element)), inside)
        return self.flow(element.children, context, inside if name in _TRANSPARENT else name)

    @cached_property
    def writers(self) -> dict[str, Callable[[Element, tuple[Token, ...]], list[str]]]:
        """What writes the blocks of an element, by its name; others have those of their children."""
        return {
            **dict.fromkeys(HEADINGS, self.title),
            **dict.fromkeys(("ul", "ol"), self.items),
            **dict.fromkeys(("dt", "summary", "legend"), self.label),
            "callout": self.callout,
            "blockquote": self.quotation,
            "pre": self.code,
            "table": self.table,
            "figure": self.figure,
        }

    def rule(self, *_: object) -> list[str]:
        """A rule; none in a list, where it would be read as one."""
        return [] if self.lists else [_RULE]

    def quotation(self, element: Element, _: tuple[Token, ...]) -> list[str]:
        """A quotation."""
        blocks = self.flow(element.children, (), "blockquote")
        return [writer.quoted(writer.joined(blocks))] if blocks else []

    def callout(self, element: Element, context: tuple[Token, ...]) -> list[str]:
        """A note beside the text, as a quotation; its sign stands before its words."""
        parts = [child for child in element.children if isinstance(child, Element)]
        if len(parts) == _SIGN_AND_WORDS and "kg-callout-emoji" in parts[0].classes():
            parts[1].children.insert(0, parts[0].words() + " ")
            element = parts[1]
        return self.quotation(element, context)

    def label(self, element: Element, context: tuple[Token, ...]) -> list[str]:
        """What stands above words that it names, in bold."""
        return self.flow(element.children, (*context, Token("open", "strong")), "p")

    def shown_elsewhere(self, element: Element) -> list[str]:
        """A link to what Substack showed in an element that is empty in its export; [] for any other."""
        below = {each.name for each in element.below()}
        if element.words() or not below.isdisjoint(("img", "iframe", "a")):
            return []
        url = json_attribute(element, "url")
        if not url.startswith("https://"):
            self.inline.lose(f"a widget of the old system: {element.get('class')[:LONGEST_SHOWN]}")
            return []
        return self.flow([Element("iframe", {"src": url})], (), "div")

    def mark_of(self, element: Element) -> Token:
        """What opens an inline element around blocks."""
        return (
            Token("link", "", self.inline.targets.target(element))
            if element.name == "a"
            else Token("open", element.name)
        )

    def title(self, element: Element, _: tuple[Token, ...]) -> list[str]:
        """A heading on its level; pictures in it follow it."""
        run: list[Token] = []
        for node in element.children:
            if isinstance(node, str):
                self.inline.add_text(run, node, "h")
            else:
                self.inline.add_inline(run, node, "h")
        pictures = [token for token in run if token.kind == "picture"]
        run = [each for each in run if each.kind != "picture" and each.value != "strong"]
        words = writer.inline(tidied(run), hard_break=" ")
        after = [block for token in pictures for block in self.picture_blocks(token)]
        if not words:
            return after
        level = self.heading + int(element.name[1]) - self.highest
        if self.heading <= _TOPIC_LEVEL and level >= _SKIPPED_LEVEL:
            level += 1
        return [writer.heading(min(level, LOWEST_HEADING), words), *after]

    def paragraphs(self, run: list[Token], context: tuple[Token, ...] = ()) -> list[str]:
        """The paragraphs of a run of inline tokens: two breaks part them, pictures stand alone."""
        if len(run) == 1 and run[0].kind == "text" and not context:
            return self.plain_paragraph(run[0].text)
        blocks: list[str] = []
        for part in parts(run):
            if self.inline.targets.has_merge and any(
                each.kind == "link" and each.text == MERGE for each in part
            ):
                words = "".join(each.text for each in part if each.kind == "text")
                self.inline.lose(f"words of the old mailer: {words[:LONGEST_SHOWN]}")
                continue
            pictures = [token for token in part if token.kind == "picture"]
            tokens = tidied(with_context([each for each in part if each.kind != "picture"], context))
            before, after = [], pictures
            if pictures and begins_with_picture(part):
                before, after = pictures[:1], pictures[1:]
            for token in before:
                blocks += self.picture_blocks(token, context)
            if tokens:
                for link in (each for each in context if each.kind == "link"):
                    link.text = ""  # a link around blocks leads on from the first of them
                blocks.append(self.paragraph(tokens))
            for token in after:
                blocks += self.picture_blocks(token, context)
        return blocks

    def plain_paragraph(self, words: str) -> list[str]:
        """A paragraph of words alone, as most are."""
        words = spaced(words).strip()
        if not words:
            return []
        self.has_words = True
        return [writer.lines(writer.escaped(words, is_near_file=writer.names_file(words)))]

    def paragraph(self, tokens: list[Token]) -> str:
        """A paragraph; the first one in bold would be read as a byline, in italics as a trend."""
        if tokens[0].value == "task":
            return tokens[0].text + writer.lines(writer.inline(tokens[1:]))
        written = writer.inline(tokens if self.has_words else with_tags_around(tokens))
        self.has_words = True
        return writer.lines(written)

    def items(self, element: Element, context: tuple[Token, ...]) -> list[str]:
        """A list, with the numbers that readers saw."""
        children = _items_of(element)
        step = -1 if "reversed" in element.attributes else 1
        number = number_of(element.get("start"), len(children) if step < 0 else 1)
        items: list[tuple[int, list[str]]] = []
        self.lists += 1
        for child in children:
            number = number_of(child.get("value"), number)
            blocks = [] if self.inline.is_dropped(child) else self.flow(child.children, context, "item")
            if blocks:
                items.append((number, blocks))
            number += step
        self.lists -= 1
        if self.lists >= _DEEPEST_LISTS or all(_are_pictures(blocks) for _, blocks in items):
            return [block for _, blocks in items for block in blocks]
        return [self.written_items(items, is_ordered=element.name == "ol")]

    def written_items(self, items: Sequence[tuple[int, list[str]]], *, is_ordered: bool) -> str:
        """The items; close together if none has more than a paragraph and lists in it."""
        is_tight = all(all(_is_list(block) for block in blocks[1:]) for _, blocks in items)
        between = "\n" if is_tight else "\n\n"
        written = []
        for number, blocks in items:
            mark = f"{max(0, min(number, 999_999_999))}. " if is_ordered else "- "
            written.append(writer.indented(writer.joined(blocks, between), mark))
        return between.join(written)

    def code(self, element: Element, _: tuple[Token, ...]) -> list[str]:
        """Lines of code, or a verse, whose lines are kept."""
        for each in element.below():
            if each.name == "br":
                each.children = ["\n"]
        words = "".join(element.texts()).expandtabs(4).strip("\n").rstrip()
        if not words.strip():
            return []
        if "wp-block-verse" in element.classes():
            run: list[Token] = []
            for at, line in enumerate(words.split("\n")):
                run += [Token("break")] if at else []
                run.append(Token("text", "", line))
            return self.paragraphs(run)
        self.has_words = True
        return [writer.fenced(words)]

    def figure(self, element: Element, context: tuple[Token, ...]) -> list[str]:
        """Pictures or other blocks, and their caption: that of a single picture belongs to it."""
        captions: list[Element] = []
        others: list[Element | str] = []
        for each in element.children:
            if isinstance(each, Element) and _is_caption(each):
                captions.append(each)
            else:
                others.append(each)
        content = Element("figure", {}, others)
        pictures = [each for each in content.below() if each.name == "img" and not is_tracker(each)]
        if len(pictures) != 1 or content.words():
            return [
                block
                for each in (content, *captions)
                for block in self.flow(each.children, context, "figure")
            ]
        pictures[0].attributes["data-our-caption"] = " ".join(each.words() for each in captions).strip()
        for each in (link for caption in captions for link in caption.below() if link.get("href")):
            self.inline.lose(f"the link of a caption to {each.get('href')[:LONGEST_SHOWN]}")
        return self.flow(others, context, "figure")

    def picture_blocks(self, token: Token, context: tuple[Token, ...] = ()) -> list[str]:
        """A picture on a line of its own; what it is called, if there is no such picture."""
        element = self.inline.images[int(token.value)]
        link = token.text or next((each.text for each in context if each.kind == "link"), "")
        found = addresses_of(element, link)
        alternative, caption = alternative_of(element), element.get("data-our-caption")
        path = None
        for each in found:
            path = self.picture(each)
            if path:
                self.pictures.setdefault(each)
                break
        if path:
            if link and link not in found and not is_picture_file(link):
                self.inline.lose(f"the link of a picture to {link[:LONGEST_SHOWN]}")
            return [writer.picture(path, alternative, caption)]
        if found:
            self.pictures.setdefault(found[0])
        words = [each for each in (alternative, caption) if each]
        return [
            block for each in dict.fromkeys(words) for block in self.paragraphs([Token("text", "", each)])
        ]

    def table(self, element: Element, context: tuple[Token, ...]) -> list[str]:
        """A table of data, or the contents of one that only arranges a page."""
        rows = rows_of(element)
        captions = [each for each in element.children if isinstance(each, Element) and each.name == "caption"]
        blocks = [block for each in captions for block in self.flow(each.children, context, "p")]
        if not is_data(element, rows):
            for cell in (cell for row in rows for cell in row):
                if not self.inline.is_dropped(cell):
                    blocks += self.flow(cell.children, context, "td")
            return blocks
        pictures: list[Token] = []
        written = [
            [self.cell(cell, pictures, is_head=not number) for cell in row]
            for number, row in enumerate(filled(rows))
        ]
        written = [row for row in written if any(row)]
        if written:
            self.has_words = True
            width = max(map(len, written))
            alignments = [(cell.get("align") or text_align(cell)).lower() for cell in rows[-1]]
            alignments = [*alignments, *[""] * width][:width]
            blocks.append(writer.table([[*row, *[""] * (width - len(row))] for row in written], alignments))
        return blocks + [block for token in pictures for block in self.picture_blocks(token)]

    def cell(self, cell: Element, pictures: list[Token], *, is_head: bool) -> str:
        """The words of a cell on one line."""
        run: list[Token] = []
        self.add_cell(run, cell)
        pictures += [token for token in run if token.kind == "picture"]
        tokens = [
            each
            for part in parts([each for each in run if each.kind != "picture"])
            for each in (*part, Token("break"))
        ]
        if is_head or cell.name == "th":
            tokens = [each for each in tokens if each.value != "strong"]
        return writer.inline(tidied(tokens), hard_break="<br>", in_cell=True)

    def add_cell(self, run: list[Token], element: Element) -> None:
        """The inline tokens in a cell, with a break between its blocks."""
        for node in element.children:
            if isinstance(node, str):
                self.inline.add_text(run, node, "cell")
            elif node.name in BLOCKS:
                if not self.inline.is_dropped(node):
                    run.append(Token("break"))
                    self.add_cell(run, node)
                    run.append(Token("break"))
            elif node.has_block:
                self.add_cell(run, node)
            else:
                self.inline.add_inline(run, node, "cell")


def _is_classic(root: Element, html: str) -> bool:
    """Whether blank lines part paragraphs, which WordPress marked only when it showed a post."""
    texts = [child for child in root.children if isinstance(child, str) and child.strip()]
    if not texts:
        return False
    has_blank_line = any(BLANK_LINE.search(each) for each in texts)
    return has_blank_line or not ("<!-- wp:" in html or _PARAGRAPH_TAG.search(html))


def _are_pictures(blocks: list[str]) -> bool:
    return all(block.startswith("![") and "\n" not in block for block in blocks)


def _is_list(block: str) -> bool:
    return bool(_ITEM.match(block))


def _highest_heading(elements: Iterable[Element]) -> int:
    levels = [
        int(each.name[1])
        for each in elements
        if each.name in HEADINGS and _named_by_class(each) == each.name and each.words()
    ]
    return min(levels, default=1)


def _named_by_class(element: Element) -> str:
    """The name of the element, or of what its class says that it is."""
    if "class" not in element.attributes:
        return element.name
    classes = element.classes()
    if "tr-caption-container" in classes:  # Blogger
        _move_caption(element)
    return next((_CLASSES[each] for each in classes if each in _CLASSES), element.name)


def _move_caption(table: Element) -> None:
    """Make a figure of a table that holds a picture and, in another row, its caption."""
    cells = [each for each in table.below() if each.name in ("td", "th")]
    table.children = [
        Element("figcaption" if "tr-caption" in each.classes() else "div", {}, each.children, each.has_block)
        for each in cells
    ]


def _is_caption(element: Element) -> bool:
    return element.name == "figcaption" or not _CAPTION_CLASSES.isdisjoint(element.classes())


def _items_of(element: Element) -> list[Element]:
    """The items of a list; words beside them are some, too; a list beside them belongs to the one above."""
    items: list[Element] = []
    for child in element.children:
        if isinstance(child, Element) and child.name == "li":
            items.append(child)
        elif items and isinstance(child, Element) and child.name in ("ul", "ol"):
            items[-1].children.append(child)
        elif not isinstance(child, str) or child.strip():
            items.append(Element("li", {}, [child]))
    return items
