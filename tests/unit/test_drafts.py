"""Drafts: a preview that nobody guesses, a test mail to the editors, and nothing public."""

import pytest
from bs4 import BeautifulSoup

from broadsheet.probes import probe_draft
from tests.builders import ISSUE_ID, a_newsletter
from tests.fakes.press import Press
from tests.pictures import a_picture

EDITORS = ("first@news.example.org", "second@news.example.org")
GOOD = (
    "---\ntitle: A title with {{ braces }}\nsummary: A summary.\n---\n"
    "## security\n\n### A quiet border\n\n![A bridge](images/bridge.png)\n\nNothing moved.\n"
)
PLAIN = "---\ntitle: A title\nsummary: A summary.\n---\nA paragraph.\n"
UNDER = "drafts/token-0/"


def a_press(text: str = GOOD) -> Press:
    press = Press(a_newsletter(editors=EDITORS))
    press.desk.objects[f"drafts/{ISSUE_ID}/en.md"] = text.encode()
    press.desk.objects[f"drafts/{ISSUE_ID}/images/bridge.png"] = a_picture()
    return press


def previewed(press: Press) -> set[str]:
    return {path for path in press.site.objects if path.startswith("drafts/")}


def test_a_draft_has_a_preview_of_page_and_mail_and_nothing_is_public() -> None:
    press = a_press()

    assert press.preview_draft()(ISSUE_ID)

    pages = {f"{UNDER}en/{ISSUE_ID}/{name}.html" for name in ("index", "security-1", "mail")}
    assert pages <= previewed(press)
    assert all("noindex" in press.site.page(page) for page in pages - {f"{UNDER}en/{ISSUE_ID}/mail.html"})
    assert not [path for path in press.site.objects if path.startswith(f"en/{ISSUE_ID}")]
    assert ISSUE_ID not in press.site.page("en/index.html") + press.site.page("en/feed.xml")
    assert (press.register.records, press.ledger.mailings) == ({}, {})


def test_every_picture_and_link_of_a_preview_leads_to_something() -> None:
    press = a_press()
    press.preview_draft()(ISSUE_ID)
    page = f"{UNDER}en/{ISSUE_ID}/security-1.html"
    soup = BeautifulSoup(press.site.page(page), "html.parser")
    sources = [str(image["src"]) for image in soup.select("img")]
    assert [source.removeprefix("../../../../") in press.site.objects for source in sources] == [True]
    sheet = str(soup.select_one("link[rel=stylesheet]")["href"])  # type: ignore[index]  # it is there
    assert sheet.removeprefix("../../../../") in press.site.objects


def test_the_editors_get_the_report_and_the_mail_as_readers_would() -> None:
    press = a_press()
    press.preview_draft()(ISSUE_ID)
    told = [(sent.to, sent.mail.subject) for sent in press.mailer.sent]
    assert told == [
        (editor, subject)
        for editor in EDITORS
        for subject in (f"Draft: drafts/{ISSUE_ID}/en.md", "[draft] A title with {{ braces }}")
    ]
    test_mail = press.mailer.sent[1].mail
    assert "unsubscribe_url" not in test_mail.html + test_mail.text
    assert f"{press.newsletter.origin}/{UNDER}en/{ISSUE_ID}/index.html" in press.mailer.sent[0].mail.text
    assert "14" in press.desk.reports[f"drafts/{ISSUE_ID}/en.html"]


def test_the_same_files_are_previewed_once_and_changed_ones_at_the_same_address() -> None:
    press = a_press()
    press.preview_draft()(ISSUE_ID)
    press.mailer.sent.clear()
    assert not press.preview_draft()(ISSUE_ID)
    assert press.mailer.sent == []

    press.desk.objects[f"drafts/{ISSUE_ID}/en.md"] = GOOD.replace("Nothing", "Little").encode()
    assert press.preview_draft()(ISSUE_ID)
    assert "Little moved" in press.site.page(f"{UNDER}en/{ISSUE_ID}/security-1.html")


def test_a_draft_that_is_deleted_loses_its_preview() -> None:
    press = a_press()
    press.preview_draft()(ISSUE_ID)
    press.desk.objects.clear()
    press.preview_draft()(ISSUE_ID)
    assert previewed(press) == set()


def test_a_draft_with_a_mistake_is_told_with_its_line_and_has_no_preview() -> None:
    press = a_press(GOOD.replace("## security", "## weather"))
    press.preview_draft()(ISSUE_ID)
    assert previewed(press) == set()
    assert [sent.mail.subject for sent in press.mailer.sent] == [
        f"NOT published: drafts/{ISSUE_ID}/en.md"
    ] * len(EDITORS)
    assert f"drafts/{ISSUE_ID}/en.md" in press.mailer.sent[0].mail.text


def test_a_probes_draft_is_previewed_and_reported_and_neither_mailed_nor_remembered() -> None:
    press, draft = Press(a_newsletter(editors=EDITORS)), probe_draft("0123456789abcdef" * 2)
    press.desk.objects[f"drafts/{draft}/en.md"] = PLAIN.encode()

    assert press.preview_draft()(draft)

    page = f"drafts/{draft}/en/{draft}/index.html"
    assert "noindex" in press.site.page(page)
    assert page in press.desk.reports[f"drafts/{draft}/en.html"]
    assert (press.mailer.sent, press.previews.kept) == ([], {})
    press.desk.objects.clear()
    assert press.preview_draft()(draft)
    assert previewed(press) == set()


def test_a_draft_that_is_deleted_after_a_crash_loses_what_stands_of_its_preview() -> None:
    press = a_press()
    press.mailer.failures = [RuntimeError("the worker died")]
    with pytest.raises(RuntimeError):
        press.preview_draft()(ISSUE_ID)
    assert previewed(press) != set()
    press.desk.objects.clear()

    press.preview_draft()(ISSUE_ID)

    assert previewed(press) == set()
