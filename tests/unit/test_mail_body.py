"""The body of an issue's mail."""

import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from broadsheet.issues.issue import Issue
from broadsheet.mailings.body import DEFAULT_VALUES, Body
from broadsheet.mailings.compose import mail_body
from tests.builders import a_newsletter, a_sample_issue, an_issue, the_sample_newsletter

LARGEST_HTML_BYTES = 90_000
ORIGIN = "https://ninthbridge.example.org"
LEAVE = "https://news.example.org/api/unsubscribe?t=2016.abc.def&in=en"
SAMPLES = [(week, edition) for week in ("2016-12-05", "2016-12-12") for edition in ("en", "be", "ru")]


def arrived(part: str, url: str = LEAVE) -> str:
    """What a reader gets: each variable replaced once by its value as it is, as SES does."""
    values = {**DEFAULT_VALUES, "unsubscribe_url": url}
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


def test_both_parts_carry_the_reader_s_own_way_out_once() -> None:
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
def test_every_link_of_a_mail_leads_somewhere_from_a_mailbox(week: str, edition: str) -> None:
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
    assert next(page.body.stripped_strings) == issue.summary


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
    assert "First.\n\nA PART\n\n- one\n- two\n" in body.text
