"""Marks that stand in the words: hidden notes, codes of other programs, words that lose their form."""

import pytest

from broadsheet.content.findings import UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from broadsheet.rendering.html import to_html
from broadsheet.rendering.text import to_text
from tests.builders import ISSUE_ID, a_newsletter

LINES_ABOVE = 4


def issue(body: str, title: str = "A title", summary: str = "A summary.") -> Issue:
    text = f"---\ntitle: {title}\nsummary: {summary}\n---\n{body}"
    return read_issue(ISSUE_ID, "en", text.encode(), frozenset(), a_newsletter()).issue


def rules(
    body: str, title: str = "A title", summary: str = "A summary.", *, lenient: bool = False
) -> list[tuple[int, str, bool]]:
    text = f"---\ntitle: {title}\nsummary: {summary}\n---\n{body}"
    try:
        reading = read_issue(ISSUE_ID, "en", text.encode(), frozenset(), a_newsletter(), lenient=lenient)
    except UnpublishableError as error:
        return [(f.line - LINES_ABOVE, f.rule, f.is_error) for f in error.findings]
    return [(f.line - LINES_ABOVE, f.rule, f.is_error) for f in reading.warnings]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("<!-- ask Jane before this runs -- >", "comment-unclosed"),
        ("<!-- ask Jane\n\nMore.", "comment-unclosed"),
        ("Words <!-- ask Jane -- > and more.", "comment-shown"),
        ("<!—ask Jane—>", "comment-shown"),
        ("Words <!– ask Jane –> and more.", "comment-shown"),
        ("< !-- ask Jane -->", "comment-shown"),
        ("<! -- ask Jane -->", "comment-shown"),
        ("<-- ask Jane -->", "comment-shown"),
        ("<--! ask Jane -->", "comment-shown"),
        ("Words <--! ask Jane --> and more.", "comment-shown"),
        ("<! ask Jane >", "comment-shown"),
        ("<!спытай Янку>", "comment-shown"),
        ("!-- ask Jane -->", "comment-shown"),
        ("Words <!---> ask Jane --> and more.", "comment-ends-twice"),
        ("<!-- ask --> Jane -->", "comment-ends-twice"),
        ("Words <!-- ask --> Jane --> and more.", "comment-ends-twice"),
        ("%% ask Jane %%", "comment-shown"),
        ("{# ask Jane #}", "comment-shown"),
        ("{>> ask Jane <<}", "comment-shown"),
        ("/* ask Jane */", "comment-shown"),
        ("[//]: # ask Jane", "comment-shown"),
        ("- item\n- <! -- ask Jane -->", "comment-shown"),
        ("<!-- ask Jane -- >\n\nLost words.\n\n<!-- closed -->", "comment-swallows"),
        ("A <!-- ask -- > lost <!-- b --> c", "comment-swallows"),
        ("<p hidden>Ask Jane.</p>", "html-hidden"),
        ('<div style="display: none">Ask Jane.</div>', "html-hidden"),
        ("Words <span style='visibility:hidden'>ask Jane</span>.", "html-hidden"),
        ('<div class="note d-none">Ask Jane.</div>', "html-hidden"),
        ("<template>Ask Jane.</template>", "html-hidden"),
        ("<comment>Ask Jane.</comment>", "html-hidden"),
        ("Words <comment>ask Jane</comment> and more.", "html-hidden"),
    ],
)
def test_a_note_that_an_editor_hid_incorrectly_stops_the_file(written: str, rule: str, lenient: bool) -> None:  # noqa: FBT001  # a case's column
    found = [each for each in rules(f"Text.\n\n{written}\n", lenient=lenient) if each[1] == rule]
    assert [is_error for _, _, is_error in found] == [True]


@pytest.mark.parametrize(
    "written",
    [
        *("Words <!-- ask Jane --> and more.", "<!-- ask\n\nJane -->", "A --> B <-- C", "100%% of it"),
        *("`<!-- ask Jane -- >`", "```\n<!-- x -- >\n```", "[//]: # (ask Jane)", "5 < 6! -- that is so"),
        *("<p class='hidden-gem'>Words.</p>", "It costs 5 % or 6 %.", "Wait <!> here"),
        *("//host.example/x y", "A <!----> B", "A --> B <!-- ask -->", "<!-- a -->\n<p>x</p>\n<!-- b -->"),
        *("Either // or", "<!-- -- ask -->", "x <- !a", "<!--> ask -->", "`<!-- x -->` and A --> B"),
    ],
)
def test_a_properly_hidden_note_or_ordinary_brackets_are_no_finding(written: str) -> None:
    assert rules(f"Text.\n\n{written}\n") == []


@pytest.mark.parametrize(
    ("written", "rule", "line"),
    [
        ("A line\n// ask Jane\nof three", "comment-shown", 4),
        ("<!five>", "raw-html", 3),
        ("Words\nand <!five> more.", "raw-html", 4),
        ("<p>a</p>\n<!-- b\n--><? six ?>", "raw-html", 5),
        ("Words <![CDATA[six]]> and more.", "raw-html", 3),
        ("(<comment> is an element)", "raw-html", 3),
        ("<noscript>Words.</noscript>", "raw-html", 3),
        ("<note>Words.</note>", "raw-html", 3),
    ],
)
def test_what_may_be_a_note_or_is_not_shown_is_reported_at_its_line(
    written: str, rule: str, line: int
) -> None:
    assert (line, rule, False) in rules(f"Text.\n\n{written}\n")
    assert [each for each in rules(f"Text.\n\n{written}\n") if each[2]] == []


@pytest.mark.parametrize(
    "written",
    [
        *("A heading\n{: .note}", "Text {#id}", "A {.class key=value}", "![[picture]]", "[[page]]", "[toc]"),
        *("::: warning\nMind.\n:::", "!!! note\n    Mind.", "> [!NOTE]\n> Mind.", "[b]Bold[/b]", "A^[note]."),
        *('[caption id="a"]A[/caption]', '[gallery ids="1,2"]', "==marked==", "++new++", "{++ new ++}"),
        *("A :smile: here", "||spoiler||", "Dear *|FNAME|*,", "Dear %FIRSTNAME%,", "${name}", "$$a^2$$"),
        *(".. note:: Mind.", "{{ x }}", "[words]({filename}/a.md)", "*[HTML]: words", "[url=x]a[/url]"),
        *(
            "Dear {FIRST_NAME},",
            "Dear %recipient.name%,",
            "Dear [NAME],",
            "[UNSUBSCRIBEURL]",
            "%%FIRSTNAME%%",
        ),
        *(
            "{unsubscribe_url}",
            "Hi {first_name|friend}",
            "{youtube}abc{/youtube}",
            "\\begin{quote}\nA.\n\\end{quote}",
        ),
        *(
            "#+BEGIN_QUOTE\nA.\n#+END_QUOTE",
            "%%first_name%%",
            "[leave]({unsubscribe_url})",
            "[leave]([UNSUBSCRIBEURL])",
        ),
        *("[leave](%unsubscribe_url%)", "[leave](*|UNSUB|*)"),
    ],
)
def test_codes_of_other_programs_are_reported(written: str) -> None:
    assert {rule for _, rule, _ in rules(f"Text.\n\n{written}\n")} == {"shortcode"}


@pytest.mark.parametrize(
    "written",
    [
        *("At 10:30:45 a = b == c", "[sic] and […] and [2016]", "C++ and G++", "[Minsk] [TASS]", "a::b :: c"),
        *(
            "1 + 1 = 2; {a, b}",
            "He (or she) said: no!",
            "5*3*2 = 30 * 1",
            "!!! Danger",
            "??",
            "50 % and $5 to $$",
        ),
        *(
            "[a list of words](https://a.example)",
            "- [ ] a task\n- [x] done",
            "| a | b |\n|---|---|\n| 1 | 2 |",
        ),
        *("A note* and another**", "#hashtag @name", "`{: .note} [[x]]`", "Ratio 1:2:3", "“[…]” [а]"),
        *(
            "[EU] [USA] {a} {x_1, y}",
            "5 %a.b and 6 %",
            "C:\\dir\\x",
            "#+1",
            "[NAME](https://a.example/)",
            "{Minsk}",
        ),
        *("[leave](https://a.example/%7Bx%7D)", "[leave](https://a.example/%D0%B0_b%20c)"),
    ],
)
def test_words_that_only_look_like_codes_are_no_finding(written: str) -> None:
    assert [
        each for each in rules(f"Text.\n\n{written}\n") if each[1] in ("shortcode", "comment-shown")
    ] == []


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("See [the report][rep].", "reference-missing"),
        ("See [the answer][].", "reference-missing"),
        ("See [a *marked* one][rep].", "reference-missing"),
        ("[rep]: https://a.example/x y z\n", "reference-missing"),
        ("Is **not closed.", "stars-left"),
        ("Is ** not bold **.", "stars-left"),
        ("AT&amp;amp;T", "entity-left"),
        ("A &amp;nbsp; B", "entity-left"),
    ],
)
def test_marks_that_are_left_in_the_words_are_reported(written: str, rule: str) -> None:
    assert (3, rule, False) in rules(f"Text.\n\n{written}\n")


@pytest.mark.parametrize(
    "written", ["[a][b]\n\n[b]: https://a.example/", "\\[a\\]\\[b\\]", "x[1] y[2]", "[1][2", "a ***\n"]
)
def test_brackets_that_are_no_links_are_no_finding(written: str) -> None:
    assert [r for _, r, _ in rules(f"Text.\n\n{written}\n") if r == "reference-missing"] == []


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("[A story](https://a.example/) we read", "A story we read"),
        ("A story ![of it](images/x.png)", ""),
        ("He is ~~not~~ guilty", "He is not guilty"),
        ('A <a href="https://a.example/">story</a>', "A story"),
    ],
)
def test_what_a_headline_cannot_show_is_reported(heading: str, kept: str) -> None:
    body = f"## Security issues\n\n### {heading}\n\nText.\n"
    assert (3, "form-lost", False) in rules(body)
    if kept:
        assert issue(body).commentaries[0].headline == kept


def test_a_headline_with_emphasis_or_code_is_no_finding() -> None:
    assert rules("## Security issues\n\n### A *fine* `headline`\n\nText.\n") == []


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("AT&amp;T &#8211; what *now*?", "AT&T – what now?"),
        ("A &laquo;word&raquo; in **bold**", "A «word» in bold"),
        ("Part one<br>part two", "Part one part two"),
        (
            "A\u202e turned\u202c \u2066word\u2069, a soft\u00adness and a\u200bspace",
            "A turned word, a softness and aspace",
        ),
        ("A &#8238;turned&#x200b; word", "A turned word"),
        ('He said \\"no\\" <!-- ask Jane -->', 'He said "no"'),
        ("1. Is no list - nor *this* * one", "1. Is no list - nor this * one"),
        ("5*3*2 < 31 <Minsk>", "5*3*2 < 31 <Minsk>"),
        ("[A link](https://a.example/)", "A link"),
        ("`code_of_it` and snake_case", "code_of_it and snake_case"),
    ],
)
def test_title_and_summary_are_read_as_the_text_is(written: str, plain: str) -> None:
    read = issue("Text.", title=f"X {written}" if written[0] in "#[`" else written, summary=f"X {written}")
    assert read.title.removeprefix("X ") == plain
    assert read.summary.removeprefix("X ") == plain


def test_what_goes_wrong_in_a_title_is_reported_at_its_line() -> None:
    assert rules("Text.", title="AT&amp;amp;T [see][x]") == [
        (-2, "reference-missing", False),
        (-2, "entity-left", False),
    ]
    assert rules("Text.", title="A [link](https://a.example/)") == [(-2, "form-lost", False)]
    assert (-2, "comment-shown", True) in rules("Text.", title="A <!-- ask Jane -- > B")


def test_a_break_or_a_block_keeps_words_apart_wherever_they_are_shown_plainly() -> None:
    read = issue("## Security issues\n\n### Part one<br>part two\n\nFirst line<br>second line.\n")
    assert read.commentaries[0].headline == "Part one part two"
    assert read.commentaries[0].summary == "First line second line."
    (block,) = issue("<p>One</p><p>two<b>x</b></p>\n").intro
    assert block.plain() == "One twox"
    (listed,) = issue("- one\n- two\n").intro
    assert listed.plain().split() == ["one", "two"]


@pytest.mark.parametrize(
    ("written", "html"),
    [
        (
            "See https://a.example/report_(final) and",
            'See <a href="https://a.example/report_(final)">https://a.example/report_(final)</a> and',
        ),
        ("(www.a.example).", '(<a href="https://www.a.example/">www.a.example</a>).'),
        ("Write to desk@a.example.", 'Write to <a href="mailto:desk@a.example">desk@a.example</a>.'),
        (
            "*https://a.example/?a=1&b=2*!",
            '<em><a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a></em>!',
        ),
        (
            "«https://прыклад.бел/а»,",
            '«<a href="https://xn--80aiqesg1f.xn--90ais/%D0%B0">https://прыклад.бел/а</a>»,',
        ),
        ("[https://a.example](https://b.example)", '<a href="https://b.example/">https://a.example</a>'),
        (
            '<a href="https://b.example">https://a.example</a>',
            '<a href="https://b.example/">https://a.example</a>',
        ),
        ("`https://a.example` and x@y and http://", "<code>https://a.example</code> and x@y and http://"),
        ("Read a.example/b and v1.2.3", "Read a.example/b and v1.2.3"),
    ],
)
def test_a_bare_address_is_a_link(written: str, html: str) -> None:
    assert str(to_html(issue(written).intro, prefix="x")) == f"<p>{html}</p>"


def test_a_bare_address_reads_as_typed_and_links_to_where_the_standard_says() -> None:
    words = "See HTTPS://Example.ORG/я#a#b now."
    shown = '<a href="https://example.org/%D1%8F#a%23b">HTTPS://Example.ORG/я#a#b</a>'
    assert str(to_html(issue(words).intro, prefix="x")) == f"<p>See {shown} now.</p>"


def test_a_bare_address_that_cannot_be_a_link_stays_text_and_is_reported() -> None:
    words = "See https://example.org:99999/ and https://a.example/."
    shown = 'See https://example.org:99999/ and <a href="https://a.example/">https://a.example/</a>.'
    assert str(to_html(issue(words).intro, prefix="x")) == f"<p>{shown}</p>"
    assert rules(words) == [(1, "link-malformed", False)]


def test_a_bare_address_that_is_not_encrypted_is_reported_as_any_link() -> None:
    assert rules("See http://a.example/ now.") == [(1, "link-not-https", False)]


def test_stars_between_digits_stay_stars() -> None:
    assert (
        str(to_html(issue("It is 5*3*2, *not* 31.").intro, prefix="x"))
        == "<p>It is 5*3*2, <em>not</em> 31.</p>"
    )


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("four<td>five</td><td>six</td>", "four five six"),
        ("a<p>b<div>c</div>d</p>e", "a b c d e"),
        ("x<dl><dt>y</dt><dd>z</dd></dl>", "x y z"),
        ("a<ul><li>b<li>c</ul>", "a b c"),
        ("one<wbr>two<span>three</span>", "onetwothree"),
    ],
)
def test_tags_that_separate_words_leave_a_space_in_headline_title_summary_page_and_mail(
    written: str, plain: str
) -> None:
    read = issue(f"## Security issues\n\n### {written}\n\n{written}\n", title=written, summary=written)
    (piece,) = read.commentaries
    assert [read.title, read.summary, piece.headline, piece.summary] == [plain] * 4
    page = to_html(piece.blocks, prefix="x").striptags()
    assert [" ".join(text.split()) for text in (page, to_text(piece.blocks))] == [plain] * 2


@pytest.mark.parametrize(
    ("written", "rule", "line"),
    [
        ("See\n[words](https://a.example/x and more.", "link-unclosed", 4),
        ("See [words](https://a.example/x_(y)", "link-unclosed", 3),
        ("See [words](https://a.example/x and (a note) more.", "link-unclosed", 3),
        ("One lone\n*word here.", "sign-left", 4),
        ("**bold*", "sign-left", 3),
        ("And _it here.", "sign-left", 3),
        ("“_Слова”", "sign-left", 3),
        ("A `code here.", "sign-left", 3),
        ("~~strike and", "sign-left", 3),
        ("*Prices without tax", "sign-left", 3),
    ],
)
def test_a_sign_or_a_link_that_is_never_closed_is_reported_at_its_line(
    written: str, rule: str, line: int
) -> None:
    found = [each for each in rules(f"Text.\n\n{written}\n") if each[1] in ("link-unclosed", "sign-left")]
    assert found == [(line, rule, False)]


@pytest.mark.parametrize(
    "written",
    [
        *("A price of 10*.\n\n*Prices without tax", "It costs 10 $*\n\n- *without tax", "snake_case _a_"),
        *(
            "5 * 3",
            "~20 and ~30",
            "сем`я",
            "`so' he said",
            "\\*word",
            "\\_it",
            "\\`x",
            "\\~~x",
            "Leser*innen",
        ),
        *("*.md and @_name", "https://a.example/_x_y", "A `b` and `*c`", "[a](https://a.example/y) (", "1*"),
        *("**Bold** and *thin*", "____", "```\n*x _y `z\n```", "[a](https://a.example/x_(y))"),
    ],
)
def test_typographic_characters_and_signs_within_words_are_no_finding(written: str) -> None:
    found = [rule for _, rule, _ in rules(f"Text.\n\n{written}\n")]
    assert [rule for rule in found if rule in ("link-unclosed", "sign-left")] == []


def test_a_title_with_a_sign_that_is_never_closed_is_reported() -> None:
    assert (-2, "sign-left", False) in rules("Text.", title="A *title")
