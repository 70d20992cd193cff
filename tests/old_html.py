"""HTML as old systems kept it, for tests: random trees, its words as a browser shows them, what became of it.

How to read a test: `read_back(markdown)` is a commentary with that text, read as strictly as on the desk;
`words_of(html)` and `words_in(blocks)` are comparable: without spaces and characters that nobody sees.
"""

import unicodedata
from collections.abc import Iterable
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from broadsheet.content.issue import Commentary
from broadsheet.content.node import Node
from broadsheet.content.read import read_issue
from conversion.html_to_markdown import ConvertedText, markdown_of
from tests.builders import ISSUE_ID, a_newsletter

POSTS = Path(__file__).parent / "data/posts"
PICTURE = "images/a.png"
_HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A headline\n\nA first line.\n\n"
_UNSEEN = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff"))

WORDS = (
    *("word", "слова", "Ґвалт", "naïve", "e\u0301", "«цытата»", "“", "\U0001f600", "a\u00adb", "\u00a0", "°"),
    *("*", "**", "_", "__x__", "snake_case", "*a* b", "5*3*2", "un*x*y", "~", "~~x~~", "`", "``code``", "`|"),
    *(
        "#",
        "##",
        "# x",
        "- 5 °C",
        "+ 1",
        "> 50",
        "1991.",
        "1. a",
        "1)",
        "---",
        "===",
        "- ",
        "| a | b |",
        "||",
    ),
    *(
        "[x]",
        "[^1]",
        "[a](b)",
        "[x]: y",
        "](",
        "![",
        "!",
        "[see] (photo.jpg)",
        "images/x.jpg",
        "a.jpg",
        "[[p]]",
    ),
    *(
        "<",
        "<b>",
        "</b>",
        "<!x>",
        "<?x?>",
        "<!-- x -->",
        "-->",
        "<img",
        "<3",
        "&",
        "&amp;",
        "&lt;",
        "\\",
        "\\*",
    ),
    *(
        "{#a}",
        "{# c #}",
        "{{x}}",
        "{% comment",
        "/* c */",
        "// x",
        "==x==",
        "%%two words%%",
        "\\|",
        "\\begin{x}",
    ),
    *(
        "https://example.org/a_b_c",
        "www.example.org",
        "me@example.org",
        ":smile:",
        "!!! note",
        "(",
        ")",
        ".",
        ",",
    ),
    *("\n", "\n\n", "\t", "  ", "'", '"', ":", "?", "TODO"),
)
TARGETS = (
    *("https://example.org/x?a=1&b=2", "https://example.org/(x)", "https://example.org/*a*_b_", "/a/b_c"),
    *("https://example.org/слова", "http://example.org/", "mailto:me@example.org"),
)


def converted(html: str) -> ConvertedText:
    """What becomes of the HTML; pictures with `held` in their address are in the export."""
    return markdown_of(html, lambda address: PICTURE if "held" in address else None)


def read_back(markdown: str, pictures: Iterable[str] = (PICTURE,), edition: str = "en") -> Commentary:
    """The commentary with that text below its first line.

    Raises:
        UnpublishableError: what was written is not what the desk accepts.
    """
    text = _HEAD + markdown
    checked = read_issue(ISSUE_ID, edition, text.encode(), frozenset(pictures), a_newsletter())
    (piece,) = checked.issue.commentaries
    return piece


def words_in(piece: Commentary) -> str:
    """The words that readers of the commentary see, in no order, without those of pictures."""
    return _comparable(_leaves(piece.blocks[1:]))


def captions_in(piece: Commentary) -> str:
    """The words beside and below the pictures."""
    images = [node for block in piece.blocks for node in block.walk() if node.kind == "image"]
    beside = [piece.picture.alt, piece.picture.caption] if piece.picture else []
    return _comparable("".join([*beside, *(n.plain() + n.attributes["title"] for n in images)]))


def words_of(html: str) -> str:
    """The words that a browser shows, by html5lib, in no order."""
    return _comparable("".join(_texts(html5lib.parse(html, namespaceHTMLElements=False))))


def links_in(piece: Commentary) -> list[str]:
    """Where the links lead whose words are not their address."""
    links = [node for block in piece.blocks[1:] for node in block.walk() if node.kind == "link"]
    return [link.attributes["url"] for link in links]


def _leaves(blocks: Iterable[Node]) -> str:
    parts = []
    for block in blocks:
        if block.kind == "image":
            continue
        parts.append(block.text if block.kind in ("text", "code", "code-block") else "")
        parts.append(_leaves(block.children))
    return "".join(parts)


def _texts(element: Element) -> list[str]:
    if element.tag in ("head", "script", "style") or not isinstance(element.tag, str):
        return [element.tail or ""]
    inner = [part for child in element for part in _texts(child)]
    return [element.text or "", *inner, element.tail or ""]


def _comparable(words: str) -> str:
    seen = unicodedata.normalize("NFC", words).translate(_UNSEEN)
    return "".join(sorted("".join(seen.split())))


def texts() -> SearchStrategy[str]:
    """Words and signs that are markup for somebody, as text in HTML."""
    piece = st.tuples(st.sampled_from(WORDS), st.sampled_from(("", " ", " ")))
    return st.lists(piece, min_size=1, max_size=4).map(
        lambda found: "".join(escape(word, quote=False) + space for word, space in found)
    )


def inlines() -> SearchStrategy[str]:
    """Some marks, links, codes and breaks within a line, in each other."""
    return st.lists(st.recursive(texts(), _marked, max_leaves=4), max_size=4).map("".join)


def _marked(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    several = st.lists(inner, max_size=3).map("".join)
    names = ("b", "strong", "i", "em", "s", "u", "sup", "sub", "span", "font", "small", "mark")
    return st.one_of(
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(names), several),
        st.builds("<code>{}</code>".format, texts()),
        st.builds('<a href="{}">{}</a>'.format, st.sampled_from([escape(each) for each in TARGETS]), several),
        st.builds('<b style="font-weight: normal">{}</b>'.format, several),
        st.sampled_from(("<br>", "<wbr>", "&nbsp;", '<img src="held.png" width="1" height="1">')),
    )


def documents() -> SearchStrategy[str]:
    """Random trees of blocks."""
    return st.recursive(_blocks_of_lines(), _nested, max_leaves=6)


def _blocks_of_lines() -> SearchStrategy[str]:
    names = ("p", "div", "h2", "h3", "h5", "center", "dt", "dd", "td", "li", "span")
    return st.one_of(
        inlines(),
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(names), inlines()),
        st.builds("<pre>{}\n\n{}</pre>".format, texts(), texts()),
        st.builds("<table><tr><th>{}<th>{}<tr><td>{}<td>{}</table>".format, *[inlines()] * 4),
        st.just("<hr>"),
    )


def _nested(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3)
    joined = several.map("".join)
    names = ("div", "blockquote", "section", "center", "b", "dl", "details")
    items = several.map(lambda found: "".join(f"<li>{each}</li>" for each in found))
    return st.one_of(
        joined,
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(names), joined),
        st.builds("<ul>{}</ul>".format, items),
        st.builds('<ol start="{}">{}</ol>'.format, st.integers(0, 2_000), items),
        st.builds("<table><tr><td>{}<td>{}</table>".format, joined, joined),
    )
