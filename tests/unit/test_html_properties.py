"""What must hold for any HTML: its words are kept, what is written is accepted, nothing breaks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversion.html_to_markdown import markdown_of, plain_words
from tests.effort import EXAMPLES, IS_PROOF, tries
from tests.old_html import TARGETS, converted, documents, links_in, read_back, texts, words_in, words_of

_FEW = settings(
    max_examples=tries(60, proof=5_000), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
_TAGS = (
    *(
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<ul>",
        "<li>",
        "</ul>",
    ),
    *(
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<style>",
        "<svg>",
        "<math>",
        "<a href='",
        '<img src="',
        '">',
        "<br>",
    ),
    *(
        "<blockquote>",
        "[caption]",
        "[/caption]",
        "[embed]",
        "[a b=c]",
        "<pre>",
        "<code>",
        "<select>",
        "<template>",
    ),
    *(
        "<font color=",
        ">",
        "<",
        "&",
        "&#0;",
        "&#xD800;",
        "&#x110000;",
        "\x00",
        "\x0b",
        "\ud800",
        "<o:p>",
        "<![if",
    ),
    *(
        "<form>",
        "<noscript>",
        "<frameset>",
        "<body>",
        "</body>",
        "<title>",
        "<h1>",
        "<textarea>",
        "<ol start=-9>",
    ),
    *(
        "<a id=x href=#y>",
        "<li id=y>",
        "<a href=#x>",
        "*|X|*",
        "%%x_y%%",
        "\r",
        "\n\n",
        "<plaintext>",
        "<col>",
    ),
)


@_FEW
@given(documents())
def test_every_word_is_kept_and_what_is_written_is_accepted(html: str) -> None:
    markdown = converted(html).markdown

    assert (words_in(read_back(markdown)) if markdown else "") == words_of(html)


@_FEW
@given(st.lists(st.tuples(st.sampled_from(TARGETS), texts()), min_size=1, max_size=4))
def test_links_lead_where_they_led(links: list[tuple[str, str]]) -> None:
    html = "".join(f'<p>One <a href="{url}">a{words}b</a> two</p>' for url, words in links)

    found = links_in(read_back(converted(html).markdown))

    assert [url for url in found if url in TARGETS] == [url for url, _ in links]


@settings(max_examples=EXAMPLES, deadline=None)
@given(documents())
def test_the_same_html_gives_the_same_text(html: str) -> None:
    assert converted(html) == converted(html)


@_FEW
@given(st.lists(st.one_of(st.sampled_from(_TAGS), texts(), st.text(max_size=5)), max_size=30).map("".join))
def test_html_of_any_signs_gives_text_that_is_accepted(html: str) -> None:
    if markdown := converted(html).markdown:
        read_back(markdown)
    assert isinstance(plain_words(html), str)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_in_a_wrong_encoding_give_text_that_is_accepted(content: bytes) -> None:
    if markdown := converted(content.decode("latin-1")).markdown:
        read_back(markdown)


_DEEP = 5_000


@pytest.mark.parametrize(
    "opening",
    [
        "<table><tr><td>",
        "<ul><li>",
        "<blockquote>",
        "<div>",
        "<b><i>",
        "<span>",
        "<ol><li>",
        "<a href='/x'><div>",
    ],
)
def test_deep_html_keeps_its_words(opening: str) -> None:
    markdown = converted(f"{opening}word " * _DEEP).markdown

    assert markdown.count("word") == _DEEP


@pytest.mark.parametrize(
    "html",
    [
        "".join(f"<p><font color={number}>x" for number in range(2_000)),  # each paragraph opens them again
        "<b><p>x" * 5_000,
        "<div>" * 100_000 + "x",  # each looks through those around it
        "[caption]" * 20_000 + "x",
        "[a b='c'" * 20_000 + "x",
        "[caption]a" * 20_000 + "x" + "[/caption]" * 20_000,
        "<a title='" + "[gallery]" * 20_000 + "'>x",
        "<!--" * 50_000 + "-->x",
        "<" * 100_000 + " x",
        "<a href=#x>a</a>" * 20_000 + "<p id=x>" + "<a href=#x>a</a>" * 100 + "x",
        "<table>" + "<tr><td colspan=999 rowspan=999>x" * 3_000,
        "<br>" * 100_000 + "x",
        "*" * 100_000 + "x",
    ],
    ids=lambda html: html[:20],
)
def test_html_that_makes_other_converters_endless_is_converted(html: str) -> None:
    assert "x" in converted(html).markdown


@pytest.mark.parametrize("unit", ["<p>some <b>bold</b> words</p>\n", "word<br>", "<li>x", "<td>x", "word, "])
def test_a_post_of_megabytes_is_converted(unit: str) -> None:
    times = (5_000_000 if IS_PROOF else 500_000) // len(unit)

    assert len(markdown_of(unit * times, lambda _: None).markdown) > times
