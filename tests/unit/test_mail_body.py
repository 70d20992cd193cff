"""The body of an issue's mail."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from broadsheet.colours import contrast, rgb
from broadsheet.content.issue import Issue
from broadsheet.content.markdown import parse
from broadsheet.language import language
from broadsheet.mailings.body import LARGEST_HTML_BYTES, Body
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.template_text import VALUES
from tests.builders import a_newsletter, a_sample_issue, an_issue, the_sample_newsletter

LONGEST_LINK = "https://news.example.org/api/unsubscribe?t=".ljust(993, "x")
ORIGIN = "https://ninthbridge.example.org"
LEAVE = "https://news.example.org/api/unsubscribe?t=2016.abc.def&in=en"
SAMPLES = [(week, edition) for week in ("2016-12-05", "2016-12-12") for edition in ("en", "be", "ru")]


def arrived(part: str, url: str = LEAVE) -> str:
    """What a reader gets: each variable replaced once by its value as it is, as SES does."""
    values = {**VALUES, "unsubscribe_url": url}
    return re.sub(r"\{\{(.*?)\}\}", lambda found: values[found[1].strip()], part)


def made_of(body: str, **changes: str) -> Body:
    """The body for an issue of this text."""
    return mail_body(an_issue(body, **changes), a_newsletter())


def sample(week: str, edition: str) -> tuple[Issue, Body]:
    issue = a_sample_issue(week, edition)
    return issue, mail_body(issue, the_sample_newsletter())


@pytest.mark.parametrize(
    "written",
    [
        "{{name}}",
        "{{unsubscribe_url}}",
        "{{{triple}}}",
        "{{{{four}}}}",
        "{{#if x}}y{{/if}}",
        "{{",
        "}}",
        "{ {x} }",
        "a{{{b",
        "{{brace}}",
    ],
)
def test_braces_arrive_as_they_were_written(written: str) -> None:
    issue = an_issue(
        f"An intro with `{written}` in it.\n\n## security\n\n### A {written} b\n\nText {written} end.\n"
    )
    body = mail_body(issue, a_newsletter())
    page = BeautifulSoup(arrived(body.html), "html.parser")
    (code,) = page.find_all("code")
    (headline,) = page.find_all("h2")
    assert (code.text, headline.text) == (written, f"A {written} b")
    assert f"Text {written} end." in page.text
    assert f"An intro with {written} in it." in arrived(body.text)
    assert f"Text {written} end." in arrived(body.text)


def test_braces_in_a_title_arrive_as_the_subject() -> None:
    text = "Text."
    issue = an_issue(text)
    titled = Issue(**{**vars(issue), "title": "Plans {{for}} tomorrow & “after”"})
    body = mail_body(titled, a_newsletter())
    assert body.subject == "Plans {{brace}}for}} tomorrow & “after”"
    assert arrived(body.subject) == "Plans {{for}} tomorrow & “after”"


def test_both_parts_have_the_reader_s_own_unsubscribe_link_once() -> None:
    body = made_of("Text.\n")
    leave = [a for a in BeautifulSoup(arrived(body.html), "html.parser").find_all("a") if a["href"] == LEAVE]
    assert [a.text for a in leave] == ["Unsubscribe"]
    assert arrived(body.text).count(f"Unsubscribe:\n{LEAVE}\n") == 1
    assert re.findall(r"\{\{.*?\}\}", body.html + body.text) == ["{{unsubscribe_url}}"] * 2


def test_the_body_names_its_edition_and_its_sender() -> None:
    body = made_of("Тэкст.\n", edition="be")
    assert (body.sender_name, body.edition, body.language, body.subject) == (
        "Дзявяты мост",
        "be",
        "be",
        "A title",
    )


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_every_link_of_a_mail_works_from_a_mailbox(week: str, edition: str) -> None:
    _, body = sample(week, edition)
    page = BeautifulSoup(arrived(body.html), "html.parser")
    targets = [str(a["href"]) for a in page.find_all("a")]
    ids = {str(tag["id"]) for tag in page.find_all(id=True)}
    within = [target for target in targets if target.startswith("#")]
    assert {target.removeprefix("#") for target in within} == ids
    assert {urlsplit(target).scheme for target in targets if target not in within} == {"https"}
    assert f"{ORIGIN}/{edition}/{week}/index.html" in targets


def test_links_of_an_author_become_absolute_in_both_parts() -> None:
    body = made_of("[a](../2016-11-28/index.html) [b](/en/archive/index.html) <a href='x.html'>c</a>\n")
    links = [str(a["href"]) for a in BeautifulSoup(body.html, "html.parser").find_all("a", href=True)]
    origin = "https://news.example.org/en"
    absolute = [
        f"{origin}/2016-11-28/index.html",
        f"{origin}/archive/index.html",
        f"{origin}/2016-12-05/x.html",
    ]
    assert links[1:4] == absolute
    assert [link for link in absolute[:2] if link in body.text] == absolute[:2]


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_a_mail_is_small_enough_for_mailboxes_that_clip(week: str, edition: str) -> None:
    _, body = sample(week, edition)
    assert len(body.html.encode()) < LARGEST_HTML_BYTES
    assert (body.summarised, body.is_cut) == (0, False)


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_a_mail_loads_nothing_and_says_its_language(week: str, edition: str) -> None:
    issue, body = sample(week, edition)
    page = BeautifulSoup(body.html, "html.parser")
    assert page.html is not None
    assert page.html["lang"] == edition
    assert page.find_all(["img", "script", "link", "iframe", "form", "video", "svg"]) == []
    assert "url(" not in body.html
    captions = [piece.picture.caption for piece in issue.commentaries if piece.picture]
    assert len(captions) == len(issue.commentaries)
    assert [caption for caption in captions if caption in page.text] == captions


def test_an_author_s_own_image_does_not_get_into_a_mail() -> None:
    body = made_of("Text <img src='https://evil.example/pixel.gif' alt='x'>\n\n<img src=../../media/a.png>\n")
    assert "<img" not in body.html
    assert "evil.example" not in body.html + body.text


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_the_first_words_that_a_mailbox_shows_are_the_summary(week: str, edition: str) -> None:
    issue, body = sample(week, edition)
    page = BeautifulSoup(body.html, "html.parser")
    assert page.body is not None
    preview = re.sub("[\u200c\u00a0\\s]+", " ", page.body.text).strip()
    assert preview.startswith(issue.summary)
    hidden = [tag.text for tag in page.body.find_all(style=re.compile("display:none"))]
    assert len("".join(hidden)) >= 200
    assert "".join(hidden).rstrip("\u200c\u00a0") == issue.summary


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_both_parts_hold_all_of_the_issue(week: str, edition: str) -> None:
    issue, body = sample(week, edition)
    words = " ".join(BeautifulSoup(body.html, "html.parser").text.split())
    plain = " ".join(body.text.split())
    newsletter = the_sample_newsletter()
    trends = [
        trend.phrases[edition]
        for piece in issue.commentaries
        if (trend := newsletter.trend(piece.trend or ""))
    ]
    bylines = [piece.byline for piece in issue.commentaries]
    for said in (issue.title, issue.summary, newsletter.postal_address, *trends, *bylines):
        assert said in words
        assert said in plain
    for piece in issue.commentaries:
        assert piece.headline in words
        assert piece.headline in plain
        assert piece.summary in words
        assert piece.summary in plain


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_the_text_part_is_wrapped_and_has_no_html(week: str, edition: str) -> None:
    _, body = sample(week, edition)
    long_lines = [line for line in body.text.split("\n") if len(line) > 72]
    assert [line for line in long_lines if "https://" not in line] == []
    assert re.findall(r"</?[a-z]+|&[a-z]+;", body.text) == []


def test_the_text_part_has_no_trailing_blank_and_no_wide_gap() -> None:
    for edition in ("en", "be", "ru"):
        text = sample("2016-12-12", edition)[1].text
        assert [line for line in text.split("\n") if line != line.rstrip()] == []
        assert "\n\n\n" not in text
        assert (text[0].isspace(), text[-2:]) == (False, text.strip()[-1] + "\n")


@pytest.mark.parametrize("level", [2, 4, 5])
def test_headings_of_an_article_begin_below_its_title(level: int) -> None:
    tags = BeautifulSoup(made_of(f"Text.\n\n{'#' * level} A part\n\nText.\n").html, "html.parser").find_all(
        re.compile("^h[1-6]$")
    )
    assert [tag.name for tag in tags] == ["h1", "h2"]


def test_headings_of_a_mail_skip_no_level() -> None:
    body = made_of("Intro.\n\n## security\n\n### A headline\n\nText.\n\n#### A part\n\nText.\n")
    tags = BeautifulSoup(body.html, "html.parser").find_all(re.compile("^h[1-6]$"))
    assert [(tag.name, tag.text) for tag in tags] == [
        ("h1", "A title"),
        ("h2", "A headline"),
        ("h3", "A part"),
    ]


def test_an_article_without_commentaries_is_mailed_whole() -> None:
    body = made_of("First.\n\n## A part\n\n- one\n- two\n")
    assert "<h2>A part</h2><ul><li>one</li><li>two</li></ul>" in body.html
    assert "First.\n\nA part\n------\n\n- one\n- two\n" in body.text


# -- too large to be shown whole


def commentaries(count: int, words: int = 3_000) -> str:
    """So many commentaries of about 18 kB each, the last first to be shortened."""
    return "## security\n" + "".join(
        f"\n### Headline {number}\n\n*The situation got worse*\n\nSummary {number}.\n\n"
        f"{f'Text{number} ' * words}\n\n[Link {number}](https://{number}.example/)\n"
        for number in range(1, count + 1)
    )


def largest(body: Body) -> int:
    return len(arrived(body.html, LONGEST_LINK).encode())


def contents(body: Body) -> list[tuple[str, str]]:
    """The target and the words of each line of the contents, in the HTML part."""
    page = BeautifulSoup(arrived(body.html), "html.parser")
    return [(str(a["href"]), a.text) for a in page.select("ol a[href^='#']")]


@pytest.mark.parametrize(("week", "edition"), SAMPLES)
def test_a_long_mail_has_contents_at_its_head_that_lead_to_its_commentaries(week: str, edition: str) -> None:
    issue, body = sample(week, edition)
    page = BeautifulSoup(arrived(body.html), "html.parser")
    assert contents(body) == [(f"#{piece.name}", piece.headline) for piece in issue.commentaries]
    for target, headline in contents(body):
        assert page.select_one(target + " h2").text == headline  # type: ignore[union-attr]  # it is there
    assert body.html.index("<ol") < body.html.index("<h2")
    head, _, _ = body.text.partition("-" * 72)
    lines = " ".join(head.partition(f"{language(edition)['in_this_issue']}:\n")[2].split())
    numbered = [f"{number}. {piece.headline}" for number, piece in enumerate(issue.commentaries, 1)]
    assert lines.startswith(" ".join(numbered))


@pytest.mark.parametrize(
    "text",
    [
        commentaries(2),
        "## security\n" + "".join(f"\n### A {n}\n\nA short text.\n" for n in range(6)),
        "An article.\n\n" + "Many words. " * 2_000,
    ],
    ids=["two commentaries", "short ones", "an article"],
)
def test_a_mail_that_is_not_long_has_no_contents(text: str) -> None:
    body = made_of(text)
    assert contents(body) == []
    assert " id=" not in body.html
    assert "In this issue" not in body.html + body.text


def test_contents_name_the_commentaries_that_are_in_the_mail_summaries_too() -> None:
    shortened, cut = made_of(commentaries(6)), made_of(commentaries(200, words=50))
    assert [words for _, words in contents(shortened)] == [f"Headline {number}" for number in range(1, 7)]
    assert (shortened.summarised, cut.is_cut) == (2, True)
    shown = len(BeautifulSoup(cut.html, "html.parser").find_all("h2"))
    assert [words for _, words in contents(cut)] == [f"Headline {number}" for number in range(1, shown + 1)]
    assert largest(cut) <= LARGEST_HTML_BYTES


def test_as_few_last_commentaries_as_needed_are_shortened_to_their_summary() -> None:
    body = made_of(commentaries(6))
    assert (body.summarised, body.is_cut) == (2, False)
    assert LARGEST_HTML_BYTES - 22_000 < largest(body) <= LARGEST_HTML_BYTES
    page = BeautifulSoup(arrived(body.html), "html.parser")
    assert [h2.text for h2 in page.find_all("h2")] == [f"Headline {number}" for number in range(1, 7)]
    more = [(a["href"], a["aria-label"]) for a in page.find_all("a") if a.text == "Read more"]
    folder = "https://news.example.org/en/2016-12-05"
    assert more == [(f"{folder}/security-{n}.html", f"Read more: Headline {n}") for n in (5, 6)]
    for number in range(1, 7):
        assert f"Summary {number}." in page.text
        assert f"Summary {number}." in body.text
        whole = number <= 4
        assert (f"Text{number} " in page.text, f"Text{number} " in body.text) == (whole, whole)
        assert (f"Read more:\n{folder}/security-{number}.html\n" in body.text) != whole
        assert (f"https://{number}.example/" in body.html, f"https://{number}.example/" in body.text) == (
            whole,
            whole,
        )
    assert page.text.count("The situation got worse") == body.text.count("The situation got worse") == 6


def test_one_commentary_less_would_be_too_many() -> None:
    whole = [made_of(commentaries(count)) for count in (3, 4, 5, 6, 7)]
    assert [body.summarised for body in whole] == [0, 0, 1, 2, 3]
    edge = made_of(commentaries(1, words=15_000))
    assert (edge.summarised, largest(edge) <= LARGEST_HTML_BYTES) == (1, True)


def test_a_mail_at_the_limit_is_whole_with_the_longest_link_and_shortened_above() -> None:
    room = LARGEST_HTML_BYTES - largest(made_of("## security\n\n### A\n\nS.\n\nx\n"))
    at, above = (made_of(f"## security\n\n### A\n\nS.\n\nx{'x' * more}\n") for more in (room, room + 1))
    assert (largest(at), at.summarised) == (LARGEST_HTML_BYTES, 0)
    assert above.summarised == 1


def test_letters_that_take_more_bytes_count_as_such() -> None:
    text = "## security\n\n### A\n\nS.\n\n" + "Ў" * 45_000
    assert made_of(text, edition="be").summarised == 1


def test_a_commentary_that_is_its_summary_is_not_shortened() -> None:
    body = made_of(commentaries(5) + "\n### Short\n\nJust this.\n")
    assert (body.summarised, "Just this." in body.html) == (1, True)
    assert body.html.count(">Read more</a>") == 1


def test_a_huge_article_ends_at_a_paragraph_and_links_to_the_rest() -> None:
    paragraphs = "".join(f"Paragraph {n} {'word ' * 400}end {n}.[^1]\n\n" for n in range(100))
    body = made_of(f"{paragraphs}\n[^1]: A note.\n")
    assert (body.summarised, body.is_cut) == (0, True)
    assert LARGEST_HTML_BYTES - 3_000 < largest(body) <= LARGEST_HTML_BYTES
    page = BeautifulSoup(arrived(body.html), "html.parser")
    shown = [p.text for p in page.find_all("p") if p.text.startswith("Paragraph")]
    assert [p.split()[1] for p in shown] == [str(n) for n in range(len(shown))]
    assert f"end {len(shown) - 1}." in body.text
    assert f"end {len(shown)}." not in body.text + page.text
    assert "A note." in page.text
    assert "A note." in body.text
    (more,) = [a for a in page.find_all("a") if a.text == "Read more"]
    assert more["href"] == "https://news.example.org/en/2016-12-05/index.html"
    assert f"Read more:\n{more['href']}\n" in body.text


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_shareable_link_holds_the_address_of_the_page_and_no_token(edition: str) -> None:
    (issue, body), words = sample("2016-12-05", edition), language(edition)
    page = f"{the_sample_newsletter().origin}/{edition}/{issue.id}/index.html"

    lines = [
        p for p in BeautifulSoup(body.html, "html.parser").find_all("p") if words["pass_on_text"] in p.text
    ]

    assert [line.text.startswith(f"{words['pass_on']}: {page}") for line in lines] == [True]
    assert [a["href"] for line in lines for a in line.find_all("a")] == [page]
    assert f"\n{words['pass_on']}:\n{page}\n" in body.text
    assert words["pass_on_text"] in " ".join(body.text.split())


def test_an_article_of_one_endless_paragraph_leaves_its_summary() -> None:
    body = made_of("word " * 40_000)
    assert (body.is_cut, largest(body) < 10_000, "A summary." in body.html) == (True, True, True)


def test_commentaries_without_number_leave_the_first_ones() -> None:
    body = made_of(
        "## security\n"
        + "".join(f"\n### Headline {n}\n\nText {n}. {'More words. ' * 60}\n\nMore.\n" for n in range(200))
    )
    assert body.is_cut
    assert LARGEST_HTML_BYTES - 1_500 < largest(body) <= LARGEST_HTML_BYTES
    assert ("Headline 0<" in body.html, "Headline 199<" in body.html) == (True, False)
    assert 0 < body.summarised < 200
    assert body.html.count(">Read more</a>") == body.summarised + 1


# -- for every reader


def colours(style: str) -> dict[str, str]:
    return {name.strip(): value for name, _, value in (part.partition(":") for part in style.split(";"))}


def inks(html: str) -> Iterator[tuple[str, str]]:
    """Each text colour on a light background, and each that the style sheet sets on a dark one."""
    page = BeautifulSoup(html, "html.parser")
    for tag in page.find_all(style=True):
        if ink := colours(str(tag["style"])).get("color"):
            yield ink, colours(str(tag["style"])).get("background-color", "#ffffff")
    light, dark = (page.style.text if page.style else "").split("@media")
    for ink in re.findall(r"[^-]color: (#\w+)", light):
        yield ink, "#ffffff"
    for ink in re.findall(r" color: (#\w+) !", dark):
        yield ink, "#181715"


@pytest.mark.parametrize("accent", ["#1f4e5f", "#ffcc00", "#000000", "#ffffff", "#e33", "rebeccapurple"])
def test_every_colour_can_be_read_on_light_and_on_dark_paper(accent: str) -> None:
    issue = an_issue(commentaries(3) + "\n### Better\n\n*The situation has gotten better*\n\nText.\n")
    html = mail_body(issue, a_newsletter(accent=accent)).html
    pairs = set(inks(html))
    assert len(pairs) >= 9
    assert [pair for pair in pairs if contrast(rgb(pair[0]), rgb(pair[1])) < 4.5] == []


def test_the_heads_of_a_table_are_not_cut_within_a_word() -> None:
    html = made_of("| Words |\n|---|\n| a |\n").html
    assert "word-break:break-word" in html
    assert ".text th { word-break: normal; overflow-wrap: normal; }" in html


def test_figures_stand_on_the_line_in_the_text_and_in_tables() -> None:
    page = BeautifulSoup(made_of("| In 2016 |\n|---|\n| 10,110 |\n").html, "html.parser")
    (paper,) = page.select("div.paper")
    assert page.style is not None
    assert "font-variant-numeric:lining-nums" in str(paper["style"])
    assert re.search(r"\.text table \{[^}]*font-family: Arial", page.style.text)


def test_a_rule_between_paragraphs_is_no_brighter_on_dark_paper_than_other_lines() -> None:
    page = BeautifulSoup(made_of("One.\n\n***\n\nTwo.\n").html, "html.parser")
    assert page.style is not None
    light, dark = page.style.text.split("@media")
    assert re.search(r"\.text hr \{[^}]*border-top: 1px solid #cccccc", light)
    assert re.search(r"\.text hr \{ border-color: #5d574e !important", dark)


def test_an_address_without_end_stays_whole_in_the_text_part() -> None:
    url = f"https://a.example/{'x-y/' * 495}"
    text = made_of(f"See <{url}>, [words]({url})\n\n- <{url}>\n\n> <{url}>\n\n{'x' * 5000}\n").text
    assert text.count(url) == 4
    assert max(len(line) for line in text.split("\n") if "://" not in line) == 72


def test_the_accent_of_the_newsletter_is_kept_where_it_can_be_read() -> None:
    assert "color:#1f4e5f" in made_of("Text.\n").html


def test_foreign_words_have_their_language_and_direction() -> None:
    body = mail_body(
        an_issue(
            '## security\n\n### A\n\n**By А. Аўтар**\n\n![Words](images/a.png "Подпісь, якую ўсе бачаць")'
            "\n\nText.\n\n> Ён сказаў, што ўсё будзе добра.\n",
            pictures=frozenset({"images/a.png"}),
        ),
        a_newsletter(),
    )
    page = BeautifulSoup(body.html, "html.parser")
    quote, caption = page.blockquote, page.find("a", string=re.compile("Подпісь"))
    assert quote is not None
    assert caption is not None
    assert (quote["dir"], quote["lang"]) == ("auto", "be")
    assert (caption["dir"], caption["lang"]) == ("auto", "be")
    byline = page.find("p", string="By А. Аўтар")
    assert byline is not None
    assert byline["dir"] == "auto"


def test_an_edition_that_runs_from_right_to_left_says_so() -> None:
    newsletter = a_newsletter()
    editions = {"en": replace(newsletter.editions["en"], language="ar")}
    page = BeautifulSoup(
        mail_body(an_issue("Text."), replace(newsletter, editions=editions)).html, "html.parser"
    )
    assert [tag["dir"] for tag in page.select("html, div.paper")] == ["rtl", "rtl"]


def test_a_picture_in_a_text_is_its_caption_with_a_link_to_the_page() -> None:
    body = mail_body(
        an_issue(
            '![Words](images/a.png "A caption")\n\nSee [![Other](images/a.png)](https://a.example/).\n',
            pictures=frozenset({"images/a.png"}),
        ),
        a_newsletter(),
    )
    page = "https://news.example.org/en/2016-12-05/index.html"
    assert f'<a href="{page}">Picture: A caption</a>' in body.html
    assert '<a href="https://a.example/">Picture: Other</a>' in body.html
    assert "Picture: A caption [1]\n\nSee Picture: Other [2].\n\n[1] " + page in body.text


def test_invalid_links_leave_their_text() -> None:
    text = "[one](<javascript:alert(1)>) and [two](<https://[bad>) and <a href='javascript:x'>three</a>."
    body = mail_body(replace(an_issue("Text."), intro=parse(text)), a_newsletter())
    assert "one and two and three." in body.text
    assert "javascript" not in body.html + body.text
    assert len(BeautifulSoup(body.html, "html.parser").select(".text a")) == 0


def test_an_author_cannot_write_a_reader_s_own_link() -> None:
    body = made_of(
        "[a](https://leave.invalid/) {{unsubscribe_url}} \\{{unsubscribe_url}} &#0; &#123;{unsubscribe_url}}"
    )
    assert body.html.count("{{unsubscribe_url}}") == body.text.count("{{unsubscribe_url}}") == 1


def test_characters_that_no_mail_may_contain_are_removed() -> None:
    issue = replace(an_issue("Text."), title="A \x07bell\x1b")
    body = mail_body(issue, a_newsletter())
    assert body.subject == "A bell"
    assert re.findall("[\x00-\x08\x0b-\x1f]", body.html + body.text) == []
