"""What editors meet at the desk: uploads, reports, corrections."""

import html

from cli.build import ROOT
from cli.reader import Inbox, Reader
from cli.story import lay_on_desk
from local.system import LocalSystem
from tests.acceptance.conftest import HOLD_SECONDS, desk_get, desk_put, wait_for

PLAIN = """---
title: {title}
summary: What this is about, in a sentence.
---
{text}
"""


def test_a_file_that_cant_be_published_changes_nothing_public_and_is_reported(
    system: LocalSystem, inbox: Inbox
) -> None:
    desk_put(
        system,
        "issues/2017-01-02/en.md",
        PLAIN.format(title="A quiet week", text="Nothing happened.").encode(),
    )
    page = wait_for(lambda: _page(system, "/en/2017-01-02/index.html"), "the page")
    bad = PLAIN.format(title="A loud week", text="## No such topic\n\n### A headline\n\nA text.").encode()
    desk_put(system, "issues/2017-01-02/en.md", bad)
    report = wait_for(
        lambda: _containing(desk_get(system, "reports/2017-01-02/en.html"), "NOT published"), "the report"
    )
    assert (
        "issues/2017-01-02/en.md, line 5: “No such topic” is not one of this edition's topics."
        in html.unescape(report)
    )
    assert "Correct its spelling" in report
    mail = wait_for(
        lambda: inbox.with_subject("desk@ninthbridge.example.org", "NOT published: 2017-01-02/en.md"),
        "the mail",
    )[0]
    assert "line 5" in mail.text
    assert _page(system, "/en/2017-01-02/index.html") == page


def test_a_correction_changes_the_page_and_mails_nobody_again(system: LocalSystem, inbox: Inbox) -> None:
    reader = Reader("corrected@readers.test", system.address, "en", "en")
    reader.sign_up()
    reader.open_confirmation(wait_for(lambda: inbox.last_to(reader.address), "the confirmation"))
    reader.press_confirm()
    desk_put(
        system, "issues/2017-01-09/en.md", PLAIN.format(title="Two bridges", text="There are too.").encode()
    )
    wait_for(lambda: inbox.with_subject(reader.address, "Two bridges"), "the mail", HOLD_SECONDS + 40)
    corrected = PLAIN.format(title="Two bridges", text="There are two.").encode()
    desk_put(system, "issues/2017-01-09/en.md", corrected)
    wait_for(
        lambda: _containing(_page(system, "/en/2017-01-09/index.html"), "There are two."), "the correction"
    )
    wait_for(
        lambda: len(inbox.with_subject("desk@ninthbridge.example.org", "Published: 2017-01-09/en.md")) == 2,
        "the second report",
    )
    assert len(inbox.with_subject(reader.address, "Two bridges")) == 1


def test_the_same_bytes_again_cause_nothing(system: LocalSystem, inbox: Inbox) -> None:
    text = PLAIN.format(title="A repeated week", text="Once.").encode()
    desk_put(system, "issues/2017-01-16/en.md", text)
    wait_for(lambda: _reports(inbox, "2017-01-16"), "the report")
    desk_put(system, "issues/2017-01-16/en.md", text)
    desk_put(system, "issues/2017-01-23/en.md", text)
    wait_for(lambda: _reports(inbox, "2017-01-23"), "the report of a later upload")
    assert _reports(inbox, "2017-01-16") == 1


def test_a_folder_in_three_languages_becomes_pages_that_lead_to_each_other(system: LocalSystem) -> None:
    lay_on_desk(system, "2016-12-05", ("be", "en", "ru"))
    page = wait_for(
        lambda: _containing(_page(system, "/be/2016-12-05/index.html"), 'hreflang="ru"'),
        "the page with its switch",
    )
    assert "5 снежня – 11 снежня 2016" in page
    assert 'href="../../en/2016-12-05/index.html"' in page
    piece = _page(system, "/be/2016-12-05/security-1.html") or ""
    assert 'class="trend trend-red"' in piece
    assert "Сітуацыя пагоршылася" in html.unescape(piece)
    for picture in (ROOT / "content/issues/2016-12-05/images").glob("*.png"):
        assert picture.stem in "".join(
            _page(system, f"/be/2016-12-05/{topic}-1.html") or ""
            for topic in ("ruling-elite", "society-and-parties", "security", "belarus-west", "belarus-russia")
        )


def _page(system: LocalSystem, path: str) -> str | None:
    return Reader("nobody@example.org", system.address).page(path)


def _containing(text: str | None, part: str) -> str | None:
    return text if text and part in text else None


def _reports(inbox: Inbox, issue: str) -> int:
    return len(inbox.with_subject("desk@ninthbridge.example.org", f"Published: {issue}/en.md"))
