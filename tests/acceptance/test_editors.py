"""What editors meet at the desk: uploads, reports, corrections, withdrawals, drafts."""

import html
import re
import time
from urllib.parse import urlsplit

import urllib3

from demo.reader import DemoReader, Inbox
from demo.story import upload_issue
from infrastructure.build import ROOT
from local.system import LocalSystem
from tests.acceptance.conftest import (
    HOLD_SECONDS,
    broadsheet,
    desk_delete,
    desk_get,
    desk_put,
    state_of,
    swept,
    wait_for,
)
from tests.pictures import a_picture

EDITOR = "desk@ninthbridge.example.org"
PLAIN = """---
title: {title}
summary: What this is about, in a sentence.
mail: yes
---
{text}
"""


def test_a_file_that_cant_be_published_changes_nothing_public_and_is_reported(
    system: LocalSystem, inbox: Inbox
) -> None:
    desk_put(
        system,
        "issues/2045-01-02/en.md",
        PLAIN.format(title="A quiet week", text="Nothing happened.").encode(),
    )
    page = wait_for(lambda: _page(system, "/en/2045-01-02/index.html"), "the page")
    bad = PLAIN.format(title="A loud week", text="## No such topic\n\n### A headline\n\nA text.").encode()
    desk_put(system, "issues/2045-01-02/en.md", bad)
    report = wait_for(
        lambda: _containing(desk_get(system, "reports/2045-01-02/en.html"), "NOT published"), "the report"
    )
    assert "Line 6: “No such topic”" in html.unescape(report)
    mail = wait_for(
        lambda: inbox.with_subject(EDITOR, "NOT published: 2045-01-02/en.md"),
        "the mail",
    )[0]
    assert "Line 6: “No such topic”" in mail.text
    assert _page(system, "/en/2045-01-02/index.html") == page


def test_a_text_in_a_misnamed_folder_is_reported_with_the_right_place(
    system: LocalSystem, inbox: Inbox
) -> None:
    key = "Issues/2045-01-09/en.md"
    desk_put(system, key, PLAIN.format(title="A lost week", text="Nobody reads this.").encode())
    mail = wait_for(lambda: inbox.with_subject(EDITOR, f"NOT published: {key}"), "the mail")[0]
    assert "issues/2045-01-09/en.md" in mail.text
    assert "Issues/2045-01-09/en.md" in html.unescape(desk_get(system, "reports/_desk.html") or "")


def test_a_correction_changes_the_page_and_mails_nobody_again(system: LocalSystem, inbox: Inbox) -> None:
    reader = DemoReader("corrected@readers.test", system.address, "en", "en")
    reader.sign_up()
    reader.open_confirmation(wait_for(lambda: inbox.last_to(reader.address), "the confirmation"))
    reader.press_confirm()
    desk_put(
        system, "issues/2045-01-09/en.md", PLAIN.format(title="Two bridges", text="There are too.").encode()
    )
    wait_for(lambda: inbox.with_subject(reader.address, "Two bridges"), "the mail", HOLD_SECONDS + 40)
    corrected = PLAIN.format(title="Two bridges", text="There are two.").encode()
    desk_put(system, "issues/2045-01-09/en.md", corrected)
    page = wait_for(
        lambda: _containing(_page(system, "/en/2045-01-09/index.html"), "There are two."), "the correction"
    )
    assert re.search(r"Corrected on\s+(<[^>]+>)?\w+ \d+, \d{4}", page)
    report = wait_for(lambda: inbox.with_subject(EDITOR, "Corrected: 2045-01-09/en.md"), "its report")[0]
    assert "Nobody is emailed twice" in " ".join(report.text.split())
    time.sleep(2)  # a second mail would come now
    assert len(inbox.with_subject(reader.address, "Two bridges")) == 1


def test_a_file_that_is_deleted_is_withdrawn_everywhere_and_not_mailed(
    system: LocalSystem, inbox: Inbox
) -> None:
    text = PLAIN.format(title="A hasty week\nsend_at: 2199-01-01T08:00", text="Written in haste.")
    desk_put(system, "issues/2045-02-06/en.md", text.encode())
    wait_for(lambda: inbox.with_subject(EDITOR, "Published: 2045-02-06/en.md"), "the report")
    lists = ("/en/index.html", "/en/archive/2045.html", "/en/feed.xml", "/en/feed.json", "/sitemaps/2045.xml")
    assert all("2045-02-06" in (_page(system, path) or "") for path in lists)
    assert swept(system, "2045-02-06_en") == "held"

    desk_delete(system, "issues/2045-02-06/en.md")

    report = wait_for(lambda: inbox.with_subject(EDITOR, "Withdrawn: 2045-02-06/en.md"), "the second report")[
        0
    ]
    assert "To EN: will not be emailed" in " ".join(report.text.split())
    page = _page(system, "/en/2045-02-06/index.html") or ""
    assert "This issue was withdrawn on" in page
    assert "haste" not in page
    assert [path for path in lists if "2045-02-06" in (_page(system, path) or "")] == []
    assert swept(system, "2045-02-06_en") == "withdrawn"


def test_a_site_that_was_deleted_is_the_same_after_a_rebuild(system: LocalSystem) -> None:
    text = PLAIN.format(title="A bridge", text="![The bridge](images/bridge.png)").replace(
        "mail: yes", "mail: no"
    )
    desk_put(system, "issues/2045-04-03/images/bridge.png", a_picture())
    desk_put(system, "issues/2045-04-03/en.md", text.encode())
    wait_for(lambda: desk_get(system, "reports/2045-04-03/en.html"), "the report")
    public = _site(system)
    assert {"media", "assets", "en", "sitemap.xml"} <= {path.partition("/")[0] for path in public}
    system.stack.s3.delete_objects(
        Bucket=system.stack.physical("SiteBucket"), Delete={"Objects": [{"Key": path} for path in public]}
    )
    assert _site(system) == {}

    printed = broadsheet(system, "rebuild")

    assert "All pages, feeds and pictures are there." in printed
    assert _site(system) == public


def _site(system: LocalSystem) -> dict[str, bytes]:
    """All public objects by path."""
    s3, bucket = system.stack.s3, system.stack.physical("SiteBucket")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    paths = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {
        path: s3.get_object(Bucket=bucket, Key=path)["Body"].read()
        for path in paths
        if not path.startswith("drafts/")
    }


def test_an_old_issue_gets_pages_but_no_mailing_until_its_front_matter_approves_it(
    system: LocalSystem,
) -> None:
    """Case 13: a folder of old issues that is uploaded to the desk is not mailed."""
    written, text = PLAIN.format(title="An old week", text="Long ago."), "issues/2010-01-04/en.md"
    desk_put(system, text, written.replace("mail: yes\n", "").encode())
    wait_for(lambda: _page(system, "/en/2010-01-04/index.html"), "the page")
    report = wait_for(lambda: desk_get(system, "reports/2010-01-04/en.html"), "the report")
    assert "more than 35 days ago" in report
    assert state_of(system, "2010-01-04_en") == ""

    desk_put(system, text, written.encode())
    wait_for(lambda: swept(system, "2010-01-04_en") == "held", "the mailing that is held")


def test_a_draft_has_a_private_preview_and_a_test_mail_and_is_nowhere_public(
    system: LocalSystem, inbox: Inbox
) -> None:
    text = PLAIN.format(title="A week to come", text="Perhaps [so](https://example.org/so).")
    desk_put(system, "drafts/2045-02-13/en.md", text.encode())

    report = wait_for(lambda: inbox.with_subject(EDITOR, "Draft: drafts/2045-02-13/en.md"), "the report")[0]
    test_mail = wait_for(lambda: inbox.with_subject(EDITOR, "[Draft] A week to come"), "the test mail")[0]
    found = re.search(r"https?://\S+/drafts/[\w-]{20,}/en/2045-02-13/index\.html", report.text)
    assert found is not None
    path = urlsplit(found[0]).path
    page, mail = _answer(system, path), _answer(system, path.replace("index.html", "mail.html"))
    assert (page.status, mail.status) == (200, 200)
    for answer in (page, mail):
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "style-src 'self' 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
        assert "form-action" not in answer.headers["Content-Security-Policy"]
        assert "Perhaps" in answer.data.decode()
    public = _answer(system, "/en/index.html")
    assert "unsafe" not in public.headers["Content-Security-Policy"]
    assert "X-Robots-Tag" not in public.headers
    assert "A week to come" not in public.data.decode()
    assert _page(system, "/en/2045-02-13/index.html") is None
    assert "Perhaps" in test_mail.text
    assert test_mail.header("Auto-Submitted") == "auto-generated"
    assert state_of(system, "2045-02-13_en") == ""

    desk_delete(system, "drafts/2045-02-13/en.md")
    wait_for(lambda: _page(system, path) is None, "the end of the preview")


def test_the_same_bytes_again_cause_nothing(system: LocalSystem, inbox: Inbox) -> None:
    text = PLAIN.format(title="A repeated week", text="Once.").encode()
    desk_put(system, "issues/2045-01-16/en.md", text)
    wait_for(lambda: _reports(inbox, "2045-01-16"), "the report")
    desk_put(system, "issues/2045-01-16/en.md", text)
    later = PLAIN.format(title="A later week", text="Twice.").encode()
    desk_put(system, "issues/2045-01-23/en.md", later)
    wait_for(lambda: _reports(inbox, "2045-01-23"), "the report of a later upload")
    assert _reports(inbox, "2045-01-16") == 1


def test_a_folder_in_three_languages_becomes_pages_that_link_to_each_other(system: LocalSystem) -> None:
    upload_issue(system, "2016-12-05", ("be", "en", "ru"))
    page = wait_for(
        lambda: _containing(_page(system, "/be/2016-12-05/index.html"), 'hreflang="ru"'),
        "the page with its switch",
    )
    assert "5\u00a0снежня – 11\u00a0снежня 2016" in re.sub("<[^>]+>", "", page)
    assert 'href="../../en/2016-12-05/index.html"' in page
    piece = _page(system, "/be/2016-12-05/security-1.html") or ""
    assert 'class="trend red"' in piece
    assert "Сітуацыя пагоршылася" in html.unescape(piece)
    for picture in (ROOT / "content/issues/2016-12-05/images").glob("*.png"):
        assert picture.stem in "".join(
            _page(system, f"/be/2016-12-05/{topic}-1.html") or ""
            for topic in ("ruling-elite", "society-and-parties", "security", "belarus-west", "belarus-russia")
        )


def _page(system: LocalSystem, path: str) -> str | None:
    return DemoReader("nobody@example.org", system.address).page(path)


def _answer(system: LocalSystem, path: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", f"{system.address}{path}", retries=False)


def _containing(text: str | None, part: str) -> str | None:
    return text if text and part in text else None


def _reports(inbox: Inbox, issue: str) -> int:
    return len(inbox.with_subject(EDITOR, f"Published: {issue}/en.md"))
