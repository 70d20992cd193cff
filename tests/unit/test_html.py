"""A text's tree as HTML."""

import re
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.content.markdown import parse
from broadsheet.link_targets import scheme_of
from broadsheet.rendering.html import to_html
from broadsheet.rendering.links import absolute, fit_link, relative_on_site

ALLOWED_TAGS = {
    *("a", "b", "blockquote", "br", "code", "del", "div", "em", "figcaption", "figure"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "section", "span"),
    *("strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
ALLOWED_ATTRIBUTES = {
    *(("a", name) for name in ("href", "title", "lang")),
    *(("img", name) for name in ("src", "alt")),
    *(("ol", "start"), ("ol", "class"), ("li", "id"), ("p", "lang"), ("span", "lang")),
    *(("th", "align"), ("td", "align")),
}
ATTACKS = [
    "<script>alert(1)</script>",
    "a <script src=https://evil.example/x.js></script> b",
    "<ScRiPt\n>alert(1)</sCrIpT\n>",
    "<<script>script>alert(1)<</script>/script>",
    "<scr<script></script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/pixel.gif" width=1 height=1>',
    "<image src=https://evil.example/pixel.gif>",
    '<img srcset="https://evil.example/a.gif 2x" src="//evil.example/a.gif">',
    "<picture><source srcset=https://evil.example/a.gif></picture>",
    "![x](https://evil.example/a.gif)",
    "<p onclick=alert(1)>x</p>",
    "<b onmouseover='alert(1)'>x</b>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' &#106;avascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a> <a href='data:text/html,x'>y</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<iframe src=https://evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=evil.swf></object><embed src=evil.swf>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<p style='background:url(https://evil.example)' class=x>x</p>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<svg onload=alert(1)><animate onbegin=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<form action=https://evil.example><input name=email><button>Go</button></form>",
    "<video src=https://evil.example/v.mp4 onerror=alert(1)></video><audio src=x></audio>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<a id=subscribe name=email>x</a> <p id=text>y</p>",
    '```"><script>alert(1)</script>\nx\n```',
    '!["onerror=alert(1) x="](images/a.png)',
    '[x](https://example.org/"onclick="alert(1))',
    "| <script>alert(1)</script> | <td onclick=x> |\n|---|---|\n| a | <img src=x onerror=alert(1)> |",
    "a[^1]\n\n[^1]: <script>alert(1)</script><img src=x onerror=alert(1)>",
]
OPENERS = [
    *(
        "<!--",
        "<style>",
        "<script>",
        "<textarea>",
        "<title>",
        "<xmp>",
        "<iframe>",
        "<noembed>",
        "<plaintext>",
    ),
    *("<select>", "<template>", "<svg>", "<math>", "<table>", "<ul><li>", "<b>", "<a href='", "<?php"),
    *("</div></main></body></html>", "</p></article>", "<![CDATA["),
]


def html(text: str) -> str:
    return str(to_html(parse(text), prefix="security-1"))


def shown(source: str, alt: str, caption: str, *, alone: bool) -> str:
    """A picture as our pages show it, if it is ours."""
    if not source.startswith("images/"):
        return "<em>words</em>"
    image = f'<img src="../../media/2016-12-05/{source.removeprefix("images/")}" alt="picture">'
    return f"<figure>{image}</figure>" if alone else image


def tree(written: str) -> BeautifulSoup:
    return BeautifulSoup(written, "html.parser")


def assert_harmless(written: str) -> None:
    for tag in tree(written).find_all(True):
        assert tag.name in ALLOWED_TAGS
        for name, value in tag.attrs.items():
            assert (tag.name, name) in ALLOWED_ATTRIBUTES
            if name == "href":
                assert str(value).split(":")[0] in ("http", "https", "mailto") or ":" not in str(value)
            if name == "src":
                assert str(value).startswith("../../media/")
            if name in ("id", "class"):
                assert "note" in str(value)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_and_nothing_is_loaded_from_elsewhere(attack: str) -> None:
    assert_harmless(html(attack))
    assert_harmless(str(to_html(parse(attack), prefix="x", pictures=shown)))
    assert "<img" not in html(attack)


@settings(deadline=None)
@given(st.lists(st.sampled_from(ATTACKS + OPENERS) | st.text(max_size=20), max_size=4).map("".join))
def test_combined_attacks_stay_harmless(attack: str) -> None:
    assert_harmless(str(to_html(parse(attack), prefix="x", pictures=shown)))
    assert "<img" not in html(attack)


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("before", ["", "Words ", "> ", "- "], ids=["alone", "in a line", "quoted", "listed"])
def test_an_unclosed_mark_of_an_author_swallows_no_text(opener: str, before: str) -> None:
    written = html(f"{before}{opener}\n\nThe rest *stays*.\n")
    last = tree(written).find_all(True, recursive=False)[-1]
    assert str(last) == "<p>The rest <em>stays</em>.</p>"


@given(st.text(alphabet='<>/!-a"= \n*bp&;', max_size=40))
def test_whatever_is_written_the_tags_are_balanced(text: str) -> None:
    written = f"<div>{html(text)}</div>"
    assert len(tree(written).find_all(True, recursive=False)) == 1
    assert_harmless(html(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a *b* **c** ~~d~~ `e<f`",
            "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;f</code></p>",
        ),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("one\ntwo  \nthree", "<p>one\ntwo<br>\nthree</p>"),
        ("> quoted", "<blockquote><p>quoted</p></blockquote>"),
        ("- one\n- two\n  - three", "<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul>"),
        ("3. three\n4. four", '<ol start="3"><li>three</li><li>four</li></ol>'),
        ("```\na < b\n```\n", "<pre><code>a &lt; b\n</code></pre>"),
        ("***", "<hr>"),
        (
            "[words](https://example.org/?a=1&b=2 'T')",
            '<p><a href="https://example.org/?a=1&amp;b=2" title="T">words</a></p>',
        ),
        ("<desk@example.org>", '<p><a href="mailto:desk@example.org">desk@example.org</a></p>'),
        ("H<sub>2</sub>O and <u>more</u>", "<p>H<sub>2</sub>O and <u>more</u></p>"),
        ("<u>more and *more", "<p>more and *more</p>"),
        (
            '<span lang="ru">да</span> <a href="x y">z</a>',
            '<p><span lang="ru">да</span> <a href="x%20y">z</a></p>',
        ),
        ("[a <a href='b'>c</a>](d)", '<p><a href="d">a c</a></p>'),
        ("![alt](images/a.png 'A “caption”')", "<p><em>A “caption”</em></p>"),
        ("![alt](images/a.png)", "<p><em>alt</em></p>"),
        (
            "| Что | Сколько |\n|---|--:|\n| навес | 20 % |",
            (
                '<table><thead><tr><th>Что</th><th align="right">Сколько</th></tr></thead>'
                '<tbody><tr><td>навес</td><td align="right">20 %</td></tr></tbody></table>'
            ),
        ),
    ],
)
def test_each_form_becomes_its_element(text: str, expected: str) -> None:
    assert html(text).replace("</p></div>", "</p>") == expected


def test_on_a_page_what_is_wide_scrolls_by_itself_and_can_be_reached_by_keyboard() -> None:
    written = tree(
        to_html(parse("| | a |\n|---|--:|\n| b | 1 |\n\n```\ncode\n```\n"), prefix="x", wide="Wide")
    )
    table, code = written.select("div.scroll")
    assert [(part["tabindex"], part["role"], part["aria-label"]) for part in (table, code)] == [
        ("0", "group", "Wide")
    ] * 2
    assert [str(cell) for cell in table.select("thead *")][1:] == [
        "<td></td>",
        '<th class="right" scope="col">a</th>',
    ]
    assert str(code.contents[0]) == "<pre><code>code\n</code></pre>"


def test_footnotes_are_numbered_by_their_first_mark_and_come_last() -> None:
    assert html("A.[^z] B.[^a] C.[^z]\n\n[^a]: Second.\n\n[^z]: First.\n\n[^unused]: Never.\n\nEnd.") == (
        '<p>A.<sup><a href="#security-1-note-1">1</a></sup> B.<sup><a href="#security-1-note-2">2</a></sup>'
        ' C.<sup><a href="#security-1-note-1">1</a></sup></p><p>End.</p><ol class="notes">'
        '<li id="security-1-note-1"><p>First.</p></li><li id="security-1-note-2"><p>Second.</p></li></ol>'
    )


def test_a_footnote_links_back_and_may_refer_to_another() -> None:
    text = "A.[^a] B.[^a]\n\n[^a]: See the other.[^b]\n\n[^b]: It refers to the first.[^a]\n"
    written = tree(to_html(parse(text), prefix="x", back="Back"))
    assert [str(mark["id"]) for mark in written.select("sup[id]")] == ["x-mark-1", "x-mark-2"]
    assert [str(back["href"]) for back in written.select("a.back")] == ["#x-mark-1", "#x-mark-2"]
    assert [back["aria-label"] for back in written.select("a.back")] == ["Back: 1", "Back: 2"]


def test_links_are_rewritten_also_in_an_author_s_html_and_footnotes_are_not() -> None:
    text = "[a](/en/b.html) <a href='c.html'>d</a>[^n] [e](#f)\n\n[^n]: Note."
    written = to_html(parse(text), prefix="p", link=lambda url: f"https://news.example.org/_{url}")
    assert [a["href"] for a in tree(written).find_all("a")] == [
        "https://news.example.org/_/en/b.html",
        "https://news.example.org/_c.html",
        "#p-note-1",
        "https://news.example.org/_#f",
    ]


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://example.org/a b?c=“d”", "https://example.org/a%20b?c=%E2%80%9Cd%E2%80%9D"),
        ("https://пример.бел/я", "https://xn--e1afmkfd.xn--90ais/%D1%8F"),
        ("HTTPS://Example.ORG:443/a/../b", "https://example.org/b"),
        ("http://example.org:80", "http://example.org/"),
        ("https://example.org/#a#b", "https://example.org/#a%23b"),
        ("#a#b", "#a%23b"),
        ("я.html?q=é#ё", "%D1%8F.html?q=%C3%A9#%D1%91"),
        (
            'https://example.org/a|b^{c}`?d[]=<e>"\\|',
            "https://example.org/a%7Cb%5E%7Bc%7D%60?d%5B%5D=%3Ce%3E%22%5C%7C",
        ),
        ("https://example.org/100%?a=%zz&b=%41", "https://example.org/100%25?a=%25zz&b=%41"),
        ("https://exam\tple.org/a\nb", "https://example.org/ab"),
        ("/a\tb", "/ab"),
        ("https://example.org\\a", "https://example.org/a"),
        ("//Example.org/[a]", "//example.org/%5Ba%5D"),
        ("https://[2001:DB8::0:1]:8443/", "https://[2001:db8::1]:8443/"),
        ("https://u:p|q@example.org/", "https://u:p%7Cq@example.org/"),
        ("mailto:desk@example.org?subject=a b|c", "mailto:desk@example.org?subject=a%20b%7Cc"),
        ("MAILTO:desk@example.org", "mailto:desk@example.org"),
        ("https://exam ple.org/", ""),
        ("https://example.org:99999/", ""),
        ("https://xn--a.example/", ""),
        ("https:example.org", ""),
        ("//", ""),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
        ("../2016-12-05/index.html", "../2016-12-05/index.html"),
        ("a%zz[1]", "a%25zz%5B1%5D"),
        ("\\\\evil.example", "%5C%5Cevil.example"),
        ("javascript:alert(1)", ""),
        ("\x01Java\tScript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("tel:+37060000000", ""),
        ("http://[", ""),
        ("https:///path", ""),
        ("http://a:b:c/", ""),
    ],
)
def test_a_link_is_written_as_a_browser_reads_it_or_not_at_all(url: str, written: str) -> None:
    assert fit_link(url) == written
    assert fit_link(written) == written


@given(st.text(st.sampled_from("ahts:/?#[]@%|\\\t\n 1.é☺'\"") | st.characters(), max_size=20))
def test_an_address_that_was_written_stays_as_it_is_and_keeps_its_scheme(url: str) -> None:
    for given_url in (url, f"https://{url}", f"https://example.org/{url}", f"mailto:{url}"):
        written = fit_link(given_url)
        assert fit_link(written) == written
        assert re.fullmatch(
            r"(?:https?:)?(?://\[[0-9a-f:.]+\])?[A-Za-z0-9!$&'()*+,./:;=?@_~%-]*(?:#[^#\[\]|]*)?", written
        )
        assert scheme_of(written) in ("", scheme_of(given_url))


@given(
    st.sampled_from(("http://", "https://", "HTTP://", "//", "/", "")),
    st.from_regex(r"[a-zA-Z.:-]{0,9}", fullmatch=True),
    st.text(st.sampled_from("aé./?&=#;:%+,~- @") | st.characters(codec="utf-8"), max_size=12),
)
def test_a_target_becomes_absolute_as_urljoin_makes_it(scheme: str, host: str, path: str) -> None:
    page = "https://news.example.org/en/2016-12-05/index.html"
    for url in (f"{scheme}{host}{path}", f"{scheme}{host}/{path}", f"{scheme}{host}/{path}?{path}"):
        try:
            joined = urljoin(page, url)
        except ValueError:
            with pytest.raises(ValueError, match=r".*"):
                absolute(url, page)
        else:
            assert absolute(url, page) == joined


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://news.example.org/be/index.html", "../../be/index.html"),
        ("https://news.example.org.evil.example/", "https://news.example.org.evil.example/"),
        ("/en/archive/index.html", "../../en/archive/index.html"),
        ("/", "../../"),
        ("//example.org/a", "//example.org/a"),
        ("/api/subscribe", "https://news.example.org/api/subscribe"),
        ("security-1.html", "security-1.html"),
    ],
)
def test_a_link_to_ourselves_stays_within_the_copy_that_is_read(url: str, written: str) -> None:
    assert relative_on_site(url, "https://news.example.org", "../../") == written


@pytest.mark.parametrize(
    ("raised", "below", "levels"),
    [
        (0, 1, ["h2", "h2", "h3", "h4", "h5", "h6"]),
        (1, 1, ["h2", "h2", "h2", "h3", "h4", "h5"]),
        (2, 1, ["h2", "h2", "h2", "h2", "h3", "h4"]),
        (1, 2, ["h2", "h2", "h2", "h3", "h4", "h5"]),
    ],
)
def test_headings_move_up_and_never_above_the_second_level(
    raised: int, below: int, levels: list[str]
) -> None:
    blocks = parse("\n\n".join(f"{'#' * level} {level}" for level in range(1, 7)))
    written = tree(to_html(blocks, prefix="x", raise_headings=raised, below=below))
    assert [tag.name for tag in written.find_all(True)] == levels


def test_headings_skip_no_level_those_in_an_author_s_html_neither() -> None:
    blocks = parse("#### a\n\n###### b\n\n## c\n\n<h5>d</h5>\n")
    written = tree(to_html(blocks, prefix="x", below=1))
    assert [tag.name for tag in written.find_all(["h2", "h3", "h4", "h5"])] == ["h2", "h3", "h2", "h3"]


def test_the_caller_decides_where_pictures_are() -> None:
    written = tree(
        to_html(parse("![a](images/b.png)\n\nIn ![a](images/c.png) line\n"), prefix="x", pictures=shown)
    )
    figure, line = written.find_all(True, recursive=False)
    assert isinstance(figure, Tag)
    assert str(figure) == '<figure><img alt="picture" src="../../media/2016-12-05/b.png"/></figure>'
    assert str(line) == '<p>In <img alt="picture" src="../../media/2016-12-05/c.png"/> line</p>'


def test_a_quotation_declares_its_language_where_its_letters_show_it() -> None:
    written = to_html(parse("> Цитата\n"), prefix="x", language_of=lambda words: "ru" if "Ц" in words else "")
    assert written == '<blockquote lang="ru"><p>Цитата</p></blockquote>'
