"""Text that the parser would misread or drop is reported, or shown as it was typed."""

from dataclasses import replace

import pytest

from broadsheet.content.checks.newsletter_findings import check_links
from broadsheet.content.findings import Findings, UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.node import only_image
from broadsheet.content.read import CheckedIssue, read_issue
from broadsheet.rendering.html import to_html
from broadsheet.rendering.text import to_text
from broadsheet.site.static_pages import about_page
from tests.builders import ISSUE_ID, a_newsletter

PICTURE = "images/a.png"


def reading(body: str, *, lenient: bool = False, accepted: bool = False) -> CheckedIssue:
    text = f"---\ntitle: A title\nsummary: A summary.\n---\n{body}"
    pictures = frozenset({PICTURE})
    return read_issue(
        ISSUE_ID, "en", text.encode(), pictures, a_newsletter(), lenient=lenient, accepted=accepted
    )


def rules(body: str) -> list[tuple[int, str, bool]]:
    try:
        found = reading(body).warnings
    except UnpublishableError as error:
        found = error.findings
    return [(each.line - 4, each.rule, each.is_error) for each in found]


def issue(body: str) -> Issue:
    return reading(body).issue


def html(body: str) -> str:
    return str(to_html(issue(body).intro, prefix="p"))


def text(body: str) -> str:
    return to_text(issue(body).intro)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", (3, "table-cells-lost", True)),
        ("a | b\n---|---\n1 | 2 | x", (3, "table-cells-lost", True)),
        ("| code | what |\n|---|---|\n| `a|b` | or |", (3, "table-cells-lost", True)),
        ("| a | b |\n| 1 | 2 |", (1, "table-not-read", False)),
        ("| a | b |\n|---|\n| 1 | 2 |", (1, "table-not-read", False)),
        ("a | b | c\n--- | ---\n1 | 2 | 3\n| x | y |", (2, "table-not-read", False)),
        ("Words that go on.\n---\nMore.", (1, "heading-underlined", False)),
        ("Words of\ntwo lines\n---\n", (1, "heading-underlined", False)),
        ("Text.\n\n---\ntitle: x\n---\n", (4, "heading-underlined", False)),
        ("- 12,5 °C", (1, "sign-as-item", False)),
        ("- 5 degrees in the morning", (1, "sign-as-item", False)),
        ("At night it was\n- 5 °C.", (2, "sign-as-item", False)),
        ("+ 375 29 123 45 67", (1, "sign-as-item", False)),
        ("> 50 %", (1, "sign-as-quote", False)),
        ("Text.\n\n> 12,5 % of voters", (3, "sign-as-quote", False)),
        ("Text.\n\n[Editor]: Yes.", (3, "definition-lost", True)),
        ("Text.\n\n[Рэд.]: Так", (3, "definition-lost", True)),
        ("Text.\n\n[1]: https://a.example/b", (3, "label-unused", False)),
        ("> He said so.\nI did not.", (2, "line-goes-on", False)),
        ("- One.\n- Two ends.\nThe text goes on.", (3, "line-goes-on", False)),
        ("1. One.\n2. Two.\nThe text goes on.", (3, "line-goes-on", False)),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nThe text goes on.", (4, "line-goes-on", False)),
        ("10<sup>6 of them", (1, "html-unclosed", True)),
        ("It is <del>not so.", (1, "html-unclosed", True)),
        ("It is <span style='text-decoration: line-through'>not</span> so.", (1, "html-struck", True)),
        ("It is <strike>not</strike> so.", (1, "html-struck", True)),
    ],
)
def test_what_would_be_lost_or_become_something_else_is_reported(
    body: str, found: tuple[int, str, bool]
) -> None:
    assert found in rules(body)


@pytest.mark.parametrize(
    "body",
    [
        "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 |\n| x \\| y | z |\n| 1 | 2 | |",
        "Either | or, and |x| is a sign.",
        "Words\n---\n\nMore words.",
        "Words go on.\n\n---\n\nMore.",
        "- 5 apples\n- 6 pears",
        "* 5 degrees",
        "It costs 5* and more**.",
        "> He said so, and\nI did not.",
        "- One.\nMore of it.\n- Two.\nMore of it.",
        "Text.\n\n[name]: https://a.example/leftover",
        "- One that is\nwrapped here.\n- Two.",
        "- One.\n  More of it.\n- Two.\n\n  More.",
        "> It ends.\n> More of it.\n\nText.",
        "> 50 years ago it was so, he said, and nobody knew what would become of it.",
        "[//]: # (ask Jane)\n\n[comment]: <> (ask Jane)\n\nText.",
        "See [one] and [two][2].\n\n[one]: https://a.example\n[2]: https://b.example",
        "*) without tax\n**) with it",
        "** with tax",
        "4** ones and 5* hotels",
        "- 451 Unavailable For Legal Reasons",
        "- 2.7.6 (set by the version)",
        "Why choose it?\n---\n\nFor this.",
        "Options:\n---\n\nNone.",
        "\\*\\* Node 8 has it",
        "- one item alone",
        "10<sup>6</sup> and ~~not~~ and <s>no</s>",
    ],
)
def test_correct_text_is_no_finding(body: str) -> None:
    assert rules(body) == []


@pytest.mark.parametrize(
    "body", ["| a | b |\n|---|---|\n| 1 | 2 | 3 |", "10<sup>6 of them", "<strike>a</strike>"]
)
def test_texts_from_before_and_from_elsewhere_are_only_warned_of(body: str) -> None:
    assert not any(found.is_error for found in reading(body, accepted=True).warnings)
    assert not any(found.is_error for found in reading(body, lenient=True).warnings)


@pytest.mark.parametrize(
    "body", ["2*3 and a*b", "a*b*c", "2**3**2", "5*3*2", "x*y and y*z", "10*a*b", "к*м and с*2"]
)
def test_stars_within_words_and_numbers_stay(body: str) -> None:
    assert html(body) == f"<p>{body}</p>"


def test_an_emphasis_within_a_word_is_one() -> None:
    assert html("un*believ*able and **bold**ly") == "<p>un<em>believ</em>able and <strong>bold</strong>ly</p>"


def test_words_of_html_that_is_not_shown_are_not_joined() -> None:
    assert text("<dl><dt>Term</dt><dd>Meaning</dd></dl>").split() == ["Term", "Meaning"]
    assert text("<details><summary>Short</summary>long</details>").split() == ["Short", "long"]


def test_a_number_in_a_headline_or_a_summary_keeps_its_power() -> None:
    (piece,) = issue(
        "## security\n\n### 10<sup>6</sup> m<sup>2</sup>\n\nIt has CO<sub>2</sub>.\n"
    ).commentaries
    assert (piece.headline, piece.summary) == ("10⁶ m²", "It has CO₂.")


def test_a_summary_leaves_out_what_is_struck() -> None:
    body = "## security\n\n### A headline\n\nIt is ~~not~~ so, <s>never</s><del> ever</del>.\n"
    assert issue(body).commentaries[0].summary.split() == ["It", "is", "so,", "."]


def test_html_lists_tables_and_quotations_keep_their_numbers_columns_and_marks() -> None:
    lists = '<ol type="a" start="2"><li>x</li><li value="5">y</li></ol><ol reversed><li>p</li><li>q</li></ol>'
    assert text(lists) == "b. x\ne. y\n\n2. p\n1. q"
    assert '<ol type="a" start="2"><li>x</li><li value="5">y</li></ol>' in html(lists)
    assert "reversed" in html(lists)
    table = (
        "<table><tr><th colspan=2>Both</th><th>c</th></tr><tr><td>1<br>2</td><td></td><td>4</td></tr></table>"
    )
    assert text(table) == "Both |  | c\n1 2 |  | 4"
    assert '<th colspan="2">' in html(table)
    assert text("<blockquote>He said.</blockquote>\n<p>Not I.</p>") == "> He said.\n\nNot I."
    assert text("<pre>a\n   b</pre>") == "a\n   b"


def test_an_attribute_that_is_no_number_is_left_out() -> None:
    assert (
        html('<ol type="x" start="z"><li value="javascript:1">a</li></ol>')
        == "<div><ol><li>a</li></ol></div>"
    )


def test_bare_addresses_in_html_are_links_but_not_in_code_or_links() -> None:
    body = "<p>See https://a.example, <code>https://c.example</code>, <a href='https://d.example'>https://d.example</a>.</p>"
    assert html(body).count("<a ") == 2
    assert '<a href="https://a.example/">https://a.example</a>' in html(body)
    assert "See https://a.example, https://c.example," in text(body)
    assert html("<pre>https://a.example</pre>").count("<a ") == 0
    assert rules("<p>See http://a.example.</p>") == [(1, "link-not-https", False)]


def test_bare_addresses_about_an_edition_are_links() -> None:
    newsletter = a_newsletter()
    edition = newsletter.editions["en"]
    described = replace(edition, about="Write to desk@news.example.org or see http://a.example.")
    newsletter = replace(newsletter, editions={**newsletter.editions, "en": described})
    page = about_page(described, newsletter).html
    assert 'href="mailto:desk@news.example.org"' in page
    assert 'href="http://a.example/"' in page
    found = Findings("newsletter.toml")
    check_links(found, [described.about], "")
    assert [finding.rule for finding in found.all()] == ["link-not-https"]


def test_a_caption_is_shown_below_its_picture_as_words() -> None:
    (block,) = issue(f'![A bridge]({PICTURE} "A *caption*&nbsp;&copy; TASS")').intro
    image = only_image(block)
    assert image is not None
    assert image.attributes["title"] == "A caption © TASS"
    assert rules(f'![A bridge]({PICTURE} "By [TASS](https://t.example)")') == [(1, "form-lost", False)]


def test_the_title_of_a_link_stays_with_it() -> None:
    assert html('[words](https://a.example "A title")') == (
        '<p><a href="https://a.example/" title="A title">words</a></p>'
    )


def test_a_word_in_brackets_that_hides_nothing_does_not_stop_a_text() -> None:
    assert rules("Call it with <template> as its last word.") == [(1, "raw-html", False)]
    assert (1, "html-hidden", True) in rules("Words <template>ask Jane</template>.")


def test_a_link_in_a_heading_that_stays_a_heading_is_not_lost() -> None:
    body = "# Changes\n\n## [1.0](https://a.example) of May\n\n### One\n\nText.\n"
    assert "form-lost" not in {found.rule for found in reading(body, lenient=True).warnings}
    assert (3, "form-lost", False) in rules("## security\n\n### A [link](https://a.example)\n\nText.")
    assert rules('## security\n\n### A headline <a name="x"></a>\n\nText.') == []


def test_a_named_piece_of_code_may_hold_headings() -> None:
    assert rules("```markdown\n# One\n\n## Two\n```") == []
    assert rules("```\ncode\n\n## Two\n\nMore.\n\n```\n") == [(1, "fence-heading", False)]


@pytest.mark.parametrize("body", ["It costs ~20 (~$10).", "~5 to ~6 or ~7~8", "About ~€5 (~6)"])
def test_a_tilde_before_a_number_strikes_nothing_out(body: str) -> None:
    assert html(body) == f"<p>{body}</p>"


def test_words_between_single_tildes_are_struck_out() -> None:
    assert html("It is ~not~ so, ~~never~~.") == "<p>It is <del>not</del> so, <del>never</del>.</p>"
