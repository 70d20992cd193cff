"""HTML of an author's own in the nesting that HTML allows: what is written is what a parser reads."""

from collections.abc import Iterator
from itertools import product

import html5lib
import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.content.markdown import parse
from broadsheet.rendering.html import to_html
from broadsheet.rendering.text import to_text

INLINE = ("a", "b", "code", "del", "em", "i", "s", "span", "strong", "sub", "sup", "u")
HEADINGS = ("h2", "h3", "h4", "h5", "h6")
BLOCKS = (
    *HEADINGS,
    "blockquote",
    "figcaption",
    "figure",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
)
CELLS = ("td", "th", "thead", "tr", "ul")
TAGS = (*INLINE, *BLOCKS, *CELLS)
ONLY = {  # what an element may be in, where that is not any place for blocks
    "li": {"ul", "ol"},
    "tr": {"thead", "tbody"},
    "td": {"tr"},
    "th": {"tr"},
    "thead": {"table"},
    "tbody": {"table"},
    "figcaption": {"figure"},
}
HOLDS = {  # what an element may hold, where that is no words
    "ul": {"li"},
    "ol": {"li"},
    "table": {"thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"td", "th"},
}


def shown(html: str) -> str:
    return str(to_html(parse(html), prefix="x"))


def faults(tree: Tag) -> Iterator[str]:  # noqa: C901  # a rule after the other
    """Where elements do not follow the content models of the HTML Living Standard."""
    for tag in tree.find_all(True):
        around = [parent.name for parent in tag.parents]
        is_block = tag.name not in (*INLINE, "br", "img")
        place = next((name for name in around if name not in ("a", "del")), "")
        if tag.name in ONLY and around[0] not in ONLY[tag.name]:
            yield f"{tag.name} in {around[0]}"
        if is_block and place in ("p", "pre", *HEADINGS, *INLINE):
            yield f"{tag.name} in {place}"
        if tag.name == "a" and "a" in around:
            yield "a in a"
        if tag.name in (*HEADINGS, "section") and "th" in around:
            yield f"{tag.name} in th"
        if tag.name in HOLDS:
            held = {c.name if isinstance(c, Tag) else "words" for c in tag.children if str(c).strip()}
            if held - HOLDS[tag.name] or (not held and tag.name in ("table", "thead", "tbody", "tr")):
                yield f"{held} in {tag.name}"
        if (
            tag.name == "figcaption"
            and any(any(str(s).strip() for s in side) for side in [list(tag.previous_siblings)])
            and any(str(s).strip() for s in tag.next_siblings)
        ):
            yield "figcaption within a figure"
        if tag.name == "thead" and any(isinstance(s, Tag) for s in tag.previous_siblings):
            yield "a thead that is not the first"
        if tag.name in HEADINGS and not tag.get_text().strip():
            yield "an empty heading"


def check(html: str) -> str:
    """What was written for it, which a parser of HTML reads as the same tree, without any fault."""
    written = shown(html)
    parsed = html5lib.parseFragment(written, container="div", namespaceHTMLElements=False)
    again = html5lib.serialize(
        parsed, omit_optional_tags=False, quote_attr_values="always", alphabetical_attributes=False
    )
    plain = BeautifulSoup(written, "html.parser")
    assert str(BeautifulSoup(again, "html.parser")) == str(plain), (html, written)
    assert not list(faults(plain)), (html, written)
    return written


CASES = {
    "<figcaption>a</figcaption>": "<div><p>a</p></div>",
    "<figcaption><p>a</p></figcaption>": "<div><p>a</p></div>",
    "<figure><p>a</p><figcaption>b</figcaption></figure>": (
        "<div><figure><p>a</p><figcaption>b</figcaption></figure></div>"
    ),
    "<figure>a<figcaption>b</figcaption>c</figure>": "<div><figure>a<p>b</p>c</figure></div>",
    "<figure><figcaption>a</figcaption><figcaption>b</figcaption></figure>": (
        "<div><figure><figcaption>a</figcaption><p>b</p></figure></div>"
    ),
    "<li>a</li>\n<li>b</li>": "<div><ul><li>a</li><li>b</li></ul></div>",
    "<ul>a<li>b</li>c</ul>": "<div> a<ul><li>b c</li></ul></div>",
    "<ul><li>a</li><ul><li>b</li></ul></ul>": "<div><ul><li>a <ul><li>b</li></ul></li></ul></div>",
    "<ol><p>a</p></ol>": "<div> <p>a</p></div>",
    "<td>a</td><td>b</td>": "<div><table><tbody><tr><td>a</td><td>b</td></tr></tbody></table></div>",
    "<tr><td>a</td></tr>": "<div><table><tbody><tr><td>a</td></tr></tbody></table></div>",
    "<table>x<tr><td>a</td></tr>y</table>": (
        "<div> x y<table><tbody><tr><td>a</td></tr></tbody></table></div>"
    ),
    "<table><td>a</td></table>": "<div><table><tbody><tr><td>a</td></tr></tbody></table></div>",
    "<table><tr></tr></table>a": "<div>a</div>",
    "<table><tbody><tr><td>a</td></tr></tbody><thead><tr><th>b</th></tr></thead></table>": (
        "<div><table><tbody><tr><td>a</td></tr></tbody><tbody><tr><th>b</th></tr></tbody></table></div>"
    ),
    "<table><tr><th><h3>a</h3></th></tr></table>": (
        "<div><table><tbody><tr><th><p>a</p></th></tr></tbody></table></div>"
    ),
    "<hr><b><p>a</p><p>b</p></b>": "<div><hr><p><b>a</b></p><p><b>b</b></p></div>",
    "<p>a<ul><li>b</li></ul>c</p>": "<div><p>a</p><ul><li>b</li></ul><p>c</p></div>",
    "<p>a<p>b</p>c</p>": "<div><p>a</p><p>b</p><p>c</p></div>",
    "<h2>a<p>b</p></h2>": "<div><h2>a b </h2></div>",
    "<h2></h2>a": "<div>a</div>",
    "<pre>a<p>b</p></pre>": "<div><pre>a\nb\n</pre></div>",
    "<hr><sup><li>a</li></sup>": "<div><hr><ul><li><sup>a</sup></li></ul></div>",
    "<p><a href='https://a.example/'>a<a href='https://b.example/'>b</a></a></p>": (
        '<div><p><a href="https://a.example/">ab</a></p></div>'
    ),
    "<hr><a href='/a'><p>a</p></a>": '<div><hr><a href="/a"><p>a</p></a></div>',
    "<hr><span lang='be'><section>a</section></span>": (
        '<div><hr><section><span lang="be">a</span></section></div>'
    ),
    "<blockquote><li>a</li></blockquote>": "<div><blockquote><ul><li>a</li></ul></blockquote></div>",
    "a <figcaption>b</figcaption> c": "<p>a  b  c</p>",
    "a<li>b</li>c": "<p>a b c</p>",
}


@pytest.mark.parametrize(("html", "written"), CASES.items())
def test_misplaced_html_is_moved_to_where_html_allows_it(html: str, written: str) -> None:
    assert check(html) == written


@pytest.mark.parametrize("outer", TAGS)
def test_any_tag_within_any_other_two_is_written_as_a_parser_reads_it(outer: str) -> None:
    for middle, inner in product(TAGS, ("a", "li")):
        html = f"<div><{outer}>m<{middle}>n<{inner}>o</{inner}>p</{middle}>q</{outer}></div>"
        text = BeautifulSoup(check(f"<hr>{html}"), "html.parser").get_text()
        assert sorted(text.replace(" ", "").replace("\n", "")) == list("mnopq"), html


def pieces(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    within = st.lists(inner, max_size=4).map("".join)
    return st.builds(lambda tag, held: f"<{tag}>{held}</{tag}>", st.sampled_from(TAGS), within)


TREES = st.recursive(
    st.sampled_from(["one ", "two", " ", "<br>", "<hr>", "&amp;", "<a href='/x'>l</a>"]),
    pieces,
    max_leaves=25,
)


@given(st.lists(TREES, min_size=1, max_size=4).map("".join))
def test_no_tree_of_tags_comes_out_as_another_or_loses_a_word(html: str) -> None:
    read = BeautifulSoup(html, "html.parser").get_text()
    text = BeautifulSoup(check(f"<hr>{html}"), "html.parser").get_text()
    assert sorted("".join(text.split())) == sorted("".join(read.split()))


@pytest.mark.parametrize(
    "html",
    [
        "<td>one</td><td>two</td>",
        "<table>one<tr><td>two</td></tr></table>",
        "one<li>two</li>",
        "<ol>one<p>two</p></ol>",
    ],
)
def test_separate_words_stay_separate_on_pages_and_in_the_text_mail(html: str) -> None:
    assert "one two" in " ".join(BeautifulSoup(shown(html), "html.parser").get_text(" ").split())
    assert "onetwo" not in to_text(parse(html))


@pytest.mark.parametrize(
    ("rows", "fit"),
    [
        ("<tr><td colspan=3>a</td></tr><tr><td>b</td></tr>", "<tr><td>a</td></tr><tr><td>b</td></tr>"),
        (
            "<tr><td colspan=3>a</td></tr><tr><td>b</td><td>c</td></tr>",
            '<tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr>',
        ),
        ("<tr><td rowspan=9>a</td></tr>", "<tr><td>a</td></tr>"),
        (
            "<tr><td rowspan=0>a</td><td>b</td></tr><tr><td>c</td></tr>",
            '<tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr>',
        ),
        (
            "<tr><td>a</td><td rowspan=2>b</td><td>c</td></tr><tr><td colspan=3>d</td></tr>",
            '<tr><td>a</td><td rowspan="2">b</td><td>c</td></tr><tr><td>d</td></tr>',
        ),
        ("<tr><td colspan=0>a</td><td colspan=x>b</td></tr>", "<tr><td>a</td><td>b</td></tr>"),
        ("<tr><td colspan=2000>a</td></tr>", "<tr><td>a</td></tr>"),
    ],
)
def test_cells_reach_as_far_as_their_table(rows: str, fit: str) -> None:
    assert f"<table><tbody>{fit}</tbody></table>" in shown(f"<div><table>{rows}</table></div>")


def test_items_have_numbers_in_an_ordered_list_alone() -> None:
    items = '<li value="3">x</li>'
    assert shown(f"<div><ol>{items}</ol></div>") == f"<div><ol>{items}</ol></div>"
    assert shown(f"<div><ul>{items}</ul></div>") == "<div><ul><li>x</li></ul></div>"
