"""From an editor's file to an issue."""

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest

from broadsheet.content.issue import Commentary, Issue, Picture
from broadsheet.content.node import Node
from broadsheet.content.read import read_issue
from broadsheet.content.text_names import issue_day
from tests.builders import ISSUE_ID, a_newsletter

BRIDGE = frozenset({"images/bridge.jpg"})
EXAMPLE = """---
title: Two summits, one road: what the neighbours want      # a colon needs no quotes
summary: One sentence for lists, feeds and the mail's preview line.
period: 2016-12-05/2016-12-11        # optional; default: the folder's week
authors: [A. Author]                 # optional
send_at: 2016-12-12T08:00            # optional; the newsletter's time zone
---
An optional word of introduction.

## Belarus-West relations

### A headline of up to 220 characters: with colons; and “quotes”

*The situation has not changed*

**By A. Author**

![What the picture shows](images/bridge.jpg "A caption, with its source")

The first paragraph is the summary. The others follow, short.

Another *short* one.
"""


def read(
    text: str | bytes, pictures: frozenset[str] = BRIDGE, edition: str = "en", issue_id: str = ISSUE_ID
) -> Issue:
    content = text if isinstance(text, bytes) else text.encode()
    return read_issue(issue_id, edition, content, pictures, a_newsletter()).issue


def an_article(body: str, head: str = "") -> str:
    return f"---\ntitle: A title\nsummary: A summary.\n{head}---\n{body}"


def pieces(body: str, edition: str = "en") -> list[tuple[str, str, str | None]]:
    return [
        (piece.name, piece.headline, piece.trend)
        for piece in read(an_article(body), BRIDGE, edition).commentaries
    ]


def without_lines(issue: Issue) -> str:
    """All that an issue says, but for where in the file it stood."""
    return re.sub(r"line=\d+", "", repr(issue))


def paragraph(line: int, *children: Node) -> Node:
    return Node("paragraph", line, "", children)


def test_the_example_for_editors_reads_as_it_is_meant() -> None:
    commentary = Commentary(
        topic="belarus-west",
        number=1,
        headline="A headline of up to 220 characters: with colons; and “quotes”",
        trend="same",
        byline="By A. Author",
        picture=Picture("images/bridge.jpg", "What the picture shows", "A caption, with its source", 18),
        blocks=(
            paragraph(20, Node("text", 20, "The first paragraph is the summary. The others follow, short.")),
            paragraph(
                22,
                Node("text", 22, "Another "),
                Node("emphasis", 22, "", (Node("text", 22, "short"),)),
                Node("text", 22, " one."),
            ),
        ),
        line=12,
    )
    assert read(EXAMPLE) == Issue(
        id="2016-12-05",
        edition="en",
        title="Two summits, one road: what the neighbours want",
        summary="One sentence for lists, feeds and the mail's preview line.",
        first_day=date(2016, 12, 5),
        last_day=date(2016, 12, 11),
        authors=("A. Author",),
        send_at=datetime(2016, 12, 12, 6, 0, tzinfo=UTC),
        intro=(paragraph(8, Node("text", 8, "An optional word of introduction.")),),
        commentaries=(commentary,),
    )
    assert commentary.summary == "The first paragraph is the summary. The others follow, short."
    assert read(EXAMPLE).pictures() == ("images/bridge.jpg",)


@pytest.mark.parametrize(
    "content",
    [
        EXAMPLE.replace("\n", "\r\n").encode(),
        EXAMPLE.replace("\n", "\r").encode(),
        EXAMPLE.encode("utf-8-sig"),
        unicodedata.normalize("NFD", EXAMPLE).encode(),
        "\ufeff\n \n".encode() + EXAMPLE.replace("\n", " \t\n", 6).encode(),
        EXAMPLE.replace("---\nAn", "...\nAn").encode(),
        EXAMPLE.replace(": ", ":\u00a0", 6).replace("A caption", "A\u200b caption").encode(),
        EXAMPLE.replace("A caption", "A\x0bcaption").replace("an optional", "an\u2028optional").encode(),
    ],
    ids=["CRLF", "CR", "BOM", "NFD", "empty lines above", "dots", "spaces", "signs nobody sees"],
)
def test_how_an_editor_saves_makes_no_difference(content: bytes) -> None:
    assert without_lines(read(content)) == without_lines(read(EXAMPLE))


def test_letters_are_composed_whatever_system_they_were_typed_on() -> None:
    text = an_article("Йод і ўлада.\n").replace("A title", "Ўсё пра ёлкі")
    assert read(unicodedata.normalize("NFD", text)) == read(text)
    assert read(unicodedata.normalize("NFD", text)).title == "Ўсё пра ёлкі"


def test_an_article_without_headlines_is_all_introduction() -> None:
    issue = read(an_article("## A heading\n\nWords.\n\n*Not a trend*\n"))
    assert issue.commentaries == ()
    assert [(block.kind, block.plain()) for block in issue.intro] == [
        ("heading", "A heading"),
        ("paragraph", "Words."),
        ("paragraph", "Not a trend"),
    ]


def test_without_a_period_an_issue_covers_its_folder_s_week() -> None:
    issue = read(an_article("x\n"), issue_id="2016-12-26-new-year")
    assert (issue.first_day, issue.last_day) == (date(2016, 12, 26), date(2017, 1, 1))


def test_without_a_cadence_an_issue_covers_its_folder_s_day() -> None:
    newsletter = a_newsletter(cadence="free")
    issue = read_issue("2016-12-07", "en", an_article("x\n").encode(), BRIDGE, newsletter).issue
    assert (issue.first_day, issue.last_day) == (date(2016, 12, 7), date(2016, 12, 7))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mail: yes", True),
        ("mail: Yes # to everybody", True),
        ('mail: "on"', True),
        ("mail: ДА", True),
        ("mail: так", True),
        ("mail: no", False),
        ("mail:no", False),
        ("mail: FALSE", False),
        ("mail: нет", False),
        ("mail: не", False),
        ("mail: ні", False),
        ("", None),
    ],
)
def test_the_front_matter_says_whether_to_mail_an_issue(written: str, meant: bool | None) -> None:  # noqa: FBT001  # a parameter of the table above
    assert read(an_article("x\n", f"{written}\n" if written else "")).mail is meant


def test_in_an_import_another_programs_mail_is_left_alone() -> None:
    text = an_article("x\n", "mail: someone@example.org\n").encode()
    reading = read_issue(ISSUE_ID, "en", text, BRIDGE, a_newsletter(), lenient=True)
    assert reading.issue.mail is None
    assert "key-ignored" in [finding.rule for finding in reading.warnings]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2016-12-12T08:00", datetime(2016, 12, 12, 6, 0, tzinfo=UTC)),
        ("2016-07-04T08:00", datetime(2016, 7, 4, 5, 0, tzinfo=UTC)),
        ("2016-12-12T08:00Z", datetime(2016, 12, 12, 8, 0, tzinfo=UTC)),
        ("2016-12-12 08:00+01:00", datetime(2016, 12, 12, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_the_newsroom_s_unless_it_names_another_zone(written: str, meant: datetime) -> None:
    assert read(an_article("x\n", f"send_at: {written}\n")).send_at == meant


@pytest.mark.parametrize(
    ("written", "authors"),
    [("", ()), ("authors: A. Author\n", ("A. Author",)), ("authors: [A, B]\n", ("A", "B"))],
)
def test_authors_are_nobody_one_or_several(written: str, authors: tuple[str, ...]) -> None:
    assert read(an_article("x\n", written)).authors == authors


def test_a_title_over_several_lines_becomes_one_line() -> None:
    text = "---\ntitle: |\n  Two\n  lines\nsummary: >\n  and\n  more\n---\nx\n"
    assert (read(text).title, read(text).summary) == ("Two lines", "and more")


def test_a_folder_is_named_by_a_day_and_perhaps_a_word() -> None:
    names = (
        "2016-12-05",
        "2016-12-05-special-2",
        "2016-13-05",
        "2016-12-05\n",
        "２016-12-05",
        "2016-12-5",
        "2016-12-05_x",
        "2016-12-05-Ы",
        "december",
        "",
    )
    assert [issue_day(name) for name in names] == [date(2016, 12, 5)] * 2 + [None] * 8
