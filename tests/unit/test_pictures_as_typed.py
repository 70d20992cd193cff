"""Pictures and links as people type them are read, or a finding says what to do; no page shows the signs."""

import unicodedata

import pytest

from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.markdown import parse
from broadsheet.content.node import nodes_of
from broadsheet.content.read import read_issue
from tests.builders import ISSUE_ID, a_newsletter

NARROW_SPACE = "\u202f"  # in the names of macOS's screenshots
ON_THE_DESK = (
    *("images/bridge.jpg", "images/my photo.jpg", "images/photo (1).jpg", "images/фото моста.JPG"),
    *("images/a+b #1 100%.png", "images/50%20off.png", "images/x)y.webp", "images/R&D plan.jpeg"),
    *(unicodedata.normalize("NFD", "images/й од.png"), f"images/Screenshot at 3.00{NARROW_SPACE}PM.png"),
)


def read(body: str, *, accepted: bool = False) -> tuple[Issue | None, tuple[Finding, ...]]:
    text = f"---\ntitle: 42\nsummary: 42.\n---\n{body}\n".encode()
    try:
        checked = read_issue(ISSUE_ID, "en", text, frozenset(ON_THE_DESK), a_newsletter(), accepted=accepted)
    except UnpublishableError as error:
        return None, error.findings
    return checked.issue, checked.warnings


@pytest.mark.parametrize("name", ON_THE_DESK)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "caption",
    ["", ' "A caption"', " 'A caption'", " “A caption”", " «A caption»", '"A caption"', " (A caption)"],
)
def test_a_picture_is_shown_whatever_its_name_and_its_caption_s_quotes(
    name: str, form: str, caption: str
) -> None:
    typed = unicodedata.normalize(form, name.replace(NARROW_SPACE, " "))  # type: ignore[arg-type]  # of the table
    issue, findings = read(f"![A view]({typed}{caption})")
    assert findings == ()
    assert issue is not None
    (image,) = nodes_of(issue.blocks(), "image")
    assert (image.attributes["url"], image.plain()) == (name, "A view")
    assert image.attributes["title"] == ("A caption" if caption else "")


@pytest.mark.parametrize(
    "written",
    [
        "Words before ![A view](images/my photo.jpg) and behind.",
        "- ![A view](images/my photo.jpg)",
        "> ![A view](images/my photo.jpg)",
        "| a | b |\n|---|---|\n| ![A view](images/my photo.jpg) | c |",
        "[![A view](images/my photo.jpg)](https://example.org/)",
        "![A [small] view](images/my photo.jpg)",
        "![A view]( images/my photo.jpg )",
        "![A view](<images/my photo.jpg>)",
        "![A view](images/my%20photo.jpg)",
        "![A view][p]\n\n[p]: images/my photo.jpg",
        "![A view][p]\n\n[p]: images/my photo.jpg “A caption”",
        "![A view](images/my photo.jpg) ![Another](images/photo (1).jpg)",
        'See ![A view](images/my photo.jpg "He said “no” (twice)") and [words](https://example.org/a.jpg).',
    ],
)
def test_a_name_with_a_space_is_read_wherever_a_picture_may_stand(written: str) -> None:
    issue, findings = read(written)
    assert issue is not None
    assert (findings, "images/my photo.jpg" in issue.pictures()) == ((), True)


def test_a_caption_keeps_the_quotes_in_it() -> None:
    issue, _ = read('![A view](images/my photo.jpg "He said "no" twice")')
    assert issue is not None
    assert nodes_of(issue.blocks(), "image")[0].attributes["title"] == 'He said "no" twice'


@pytest.mark.parametrize("written", ["`![A](images/my photo.jpg)`", "```\n![A](images/my photo.jpg)\n```"])
def test_code_stays_as_it_was_typed(written: str) -> None:
    issue, findings = read(written)
    assert issue is not None
    assert (findings, issue.intro[0].plain().strip()) == ((), "![A](images/my photo.jpg)")


def test_code_before_a_file_s_name_begins_no_picture() -> None:
    issue, findings = read("[`![`](https://example.org/a) and `b` (my photo.jpg)")

    assert issue is not None
    assert not findings
    assert [link.attributes["url"] for link in nodes_of(issue.blocks(), "link")] == ["https://example.org/a"]


@pytest.mark.parametrize(
    "written",
    [
        "![A view] (images/bridge.jpg)",
        "! [A view](images/bridge.jpg)",
        "!(A view)[images/bridge.jpg]",
        "![A view](images/bridge.jpg",
        '![A view](images/my photo.jpg "A caption"',
        "![A view]images/bridge.jpg)",
        "![A view(images/bridge.jpg)",
        "!A view](images/bridge.jpg)",
        "[A view](images/bridge.jpg)",
        "[A view] (images/my photo.jpg)",
        "[A view]!(images/bridge.jpg)",
        "![A view][nowhere]",
        "![A view]",
        "![[images/bridge.jpg]]",
        "![A view]\n(images/bridge.jpg)",
        "![A view](images/my\nphoto.jpg)",
        "![A view](images/bridge.jpg]",
        "![A view}(images/bridge.jpg)",
        "![A view](images/my photo)",
        "![A view](images/bridge.jpg =300x200)",
        "![A view](images/bridge.jpg, a caption)",
        r"!\[A view\](images/bridge.jpg)",
        '<img src="images/bridge.jpg"',
        "<div>\n![A view](images/bridge.jpg)\n</div>",
        "images/bridge.jpg",
        r"images\bridge.jpg",
        "- ![A view] (images/bridge.jpg)",
        "| a | b |\n|---|---|\n| ![A view] (images/bridge.jpg) | c |",
    ],
)
def test_a_picture_that_can_t_be_read_stops_the_file(written: str) -> None:
    issue, findings = read(written)
    assert issue is None
    assert "picture-not-read" in {finding.rule for finding in findings if finding.is_error}


@pytest.mark.parametrize("key", ["title", "summary"])
def test_a_picture_in_the_head_that_can_t_be_read_stops_the_file(key: str) -> None:
    head = {"title": "42", "summary": "42"} | {key: "![A view] (images/bridge.jpg)"}
    text = f"---\ntitle: {head['title']}\nsummary: {head['summary']}\n---\nWords.\n".encode()
    with pytest.raises(UnpublishableError, match="picture-not-read"):
        read_issue(ISSUE_ID, "en", text, frozenset(ON_THE_DESK), a_newsletter())


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("![A view](my photo.jpg)", "picture-near"),
        (r"![A view](images\my photo.jpg)", "picture-near"),
        ("![A view](images/My Photo.JPG)", "picture-near"),
        ("![A view](images/no such photo.jpg)", "picture-missing"),
        ("![A view](images/my photo.heic)", "picture-ending"),
        (r"![A view](C:\Users\me\my photo.jpg)", "picture-elsewhere"),
        ("![A view](https://example.org/my photo.jpg)", "picture-elsewhere"),
    ],
)
def test_a_name_with_a_space_that_names_no_picture_stops_the_file(written: str, rule: str) -> None:
    issue, findings = read(written)
    assert issue is None
    assert [(finding.rule, finding.is_error) for finding in findings] == [(rule, True)]


@pytest.mark.parametrize(
    "written",
    [
        "[words] (https://example.org/a)",
        "[words]\n(https://example.org/a b)",
        "(words)[https://example.org/a]",
        "{words}(https://example.org/a)",
        "[words]{https://example.org/a}",
        "[words]<https://example.org/a>",
        "[words]https://example.org/a",
        "[words(https://example.org/a)",
        "words](https://example.org/a)",
        "[words](https://example.org/a “title”)",
        "[words](#my part)",
        "[words](my file.pdf)",
        "[words](mailto: desk@example.org)",
        "<https://example.org/a b>",
    ],
)
def test_a_link_that_was_typed_nearly_right_is_warned_of(written: str) -> None:
    issue, findings = read(written)
    assert issue is not None
    assert [(finding.rule, finding.is_error) for finding in findings] == [("link-not-read", False)]


@pytest.mark.parametrize(
    "written",
    [
        "Wow![1] and “Halt![…]” he said. [see](above it) and [x] (y) and ![sic] too.",
        "See https://example.org/images/a.jpg and photo.jpg (the picture).",
        "[1] https://example.org/a.jpg and Wow! (see photo.jpg)",
        "He pays a < b (https://example.org/a) and c > d.",
        "A source (https://example.org/a) [and more].",
        r"A \[note](https://example.org/a).",
    ],
)
def test_words_with_brackets_are_words(written: str) -> None:
    issue, findings = read(written)
    assert (issue is not None, findings) == (True, ())


def test_a_text_that_was_published_as_typed_before_can_still_be_rendered() -> None:
    issue, _ = read("![A view](images/not there.jpg)\n\n![A view] (images/bridge.jpg)", accepted=True)
    assert issue is not None
    assert (issue.pictures(), issue.intro[0].plain()) == ((), "A view")


def test_a_long_line_of_signs_that_name_no_picture_stays_as_it_is() -> None:
    signs = "![a](b " * 2_000 + '.jpg"' * 20_000 + "!(" * 20_000 + "![" * 20_000
    assert parse(signs)[0].plain() == signs
