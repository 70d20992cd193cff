"""A text's tree as HTML."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.issues.markdown import parse
from broadsheet.site.html import to_html

ALLOWED_TAGS = {
    *(
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "figcaption",
        "figure",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ),
    *("hr", "i", "img", "li", "ol", "p", "pre", "s", "section", "span", "strong", "sub", "sup", "table"),
    *("tbody", "td", "th", "thead", "tr", "u", "ul"),
}
ALLOWED_ATTRIBUTES = {
    *(("a", name) for name in ("href", "title", "id", "lang")),
    *(("img", name) for name in ("src", "alt", "width", "height")),
    *(("ol", "start"), ("li", "id"), ("p", "lang"), ("span", "lang"), ("th", "align"), ("td", "align")),
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
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form action=https://evil.example><input name=email><button>Go</button></form>",
    "<video src=https://evil.example/v.mp4 onerror=alert(1)></video><audio src=x></audio>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    '```"><script>alert(1)</script>\nx\n```',
    '!["onerror=alert(1) x="](images/a.png)',
    '[x](https://example.org/"onclick="alert(1))',
    "| <script>alert(1)</script> | <td onclick=x> |\n|---|---|\n| a | <img src=x onerror=alert(1)> |",
    "a[^1]\n\n[^1]: <script>alert(1)</script><img src=x onerror=alert(1)>",
]


def html(text: str) -> str:
    return str(to_html(parse(text), prefix="security-1"))


def shown(source: str, alt: str, caption: str) -> str:
    """A picture as our pages show it."""
    return f'<img src="../../media/2016-12-05/{source.removeprefix("images/")}" alt="picture">'


def assert_harmless(written: str) -> None:
    for tag in BeautifulSoup(written, "html.parser").find_all(True):
        assert tag.name in ALLOWED_TAGS
        for name, value in tag.attrs.items():
            assert (tag.name, name) in ALLOWED_ATTRIBUTES
            if name == "href":
                assert str(value).split(":")[0] in ("http", "https", "mailto") or ":" not in str(value)
            if name == "src":
                assert str(value).startswith("../../media/")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_and_nothing_is_loaded_from_elsewhere(attack: str) -> None:
    assert_harmless(html(attack))
    assert_harmless(str(to_html(parse(attack), prefix="x", pictures=shown)))
    assert "<img" not in html(attack)


@settings(deadline=None)
@given(st.lists(st.sampled_from(ATTACKS) | st.text(max_size=20), max_size=4).map("".join))
def test_attacks_that_are_combined_stay_harmless(attack: str) -> None:
    assert_harmless(str(to_html(parse(attack), prefix="x", pictures=shown)))
    assert "<img" not in html(attack)


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
        ("    a < b\n", "<pre><code>a &lt; b\n</code></pre>"),
        ("***", "<hr>"),
        (
            "[words](https://example.org/?a=1&b=2 'T')",
            '<p><a href="https://example.org/?a=1&amp;b=2">words</a></p>',
        ),
        ("<desk@example.org>", '<p><a href="mailto:desk@example.org">desk@example.org</a></p>'),
        ("H<sub>2</sub>O and <u>more</u>", "<p>H<sub>2</sub>O and <u>more</u></p>"),
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
    assert html(text) == expected


def test_footnotes_are_numbered_by_their_first_mark_and_stand_at_the_end() -> None:
    assert html("A.[^z] B.[^a] C.[^z]\n\n[^a]: Second.\n\n[^z]: First.\n\n[^unused]: Never.\n\nEnd.") == (
        '<p>A.<sup><a href="#security-1-note-1">1</a></sup> B.<sup><a href="#security-1-note-2">2</a></sup>'
        ' C.<sup><a href="#security-1-note-1">1</a></sup></p><p>End.</p>'
        '<ol><li id="security-1-note-1"><p>First.</p></li><li id="security-1-note-2"><p>Second.</p></li></ol>'
    )


def test_links_are_rewritten_those_in_an_author_s_html_too_and_footnotes_are_not() -> None:
    text = "[a](/en/b.html) <a href='c.html'>d</a>[^n] [e](#f)\n\n[^n]: Note."
    written = to_html(parse(text), prefix="p", link=lambda url: f"https://news.example.org|{url}")
    links = [a["href"] for a in BeautifulSoup(written, "html.parser").find_all("a")]
    assert links == [
        "https://news.example.org|/en/b.html",
        "https://news.example.org|c.html",
        "#p-note-1",
        "https://news.example.org|#f",
    ]


@pytest.mark.parametrize(
    ("raised", "levels"),
    [
        (0, ["h2", "h2", "h3", "h4", "h5", "h6"]),
        (1, ["h2", "h2", "h2", "h3", "h4", "h5"]),
        (2, ["h2", "h2", "h2", "h2", "h3", "h4"]),
    ],
)
def test_headings_move_up_and_never_above_the_second_level(raised: int, levels: list[str]) -> None:
    blocks = parse("\n\n".join(f"{'#' * level} {level}" for level in range(1, 7)))
    written = BeautifulSoup(to_html(blocks, prefix="x", raise_headings=raised), "html.parser")
    assert [tag.name for tag in written.find_all(True)] == levels


def test_pictures_are_shown_by_whoever_knows_where_they_are() -> None:
    assert to_html(parse("![a](images/b.png)"), prefix="x", pictures=shown) == (
        '<p><img src="../../media/2016-12-05/b.png" alt="picture"></p>'
    )
