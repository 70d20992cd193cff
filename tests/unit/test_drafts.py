"""Drafts: a preview at an unguessable address, a test mail to the editors, and nothing public."""

import pytest
from bs4 import BeautifulSoup

from broadsheet.probes import probe_draft
from tests.builders import ISSUE_ID, a_newsletter
from tests.fakes.publishing import PublishingSystem
from tests.pictures import a_picture

EDITORS = ("first@news.example.org", "second@news.example.org")
GOOD = (
    "---\ntitle: A title with {{ braces }}\nsummary: A summary.\n---\n"
    "## security\n\n### A quiet border\n\n![A bridge](images/bridge.png)\n\nNothing moved.\n"
)
PLAIN = "---\ntitle: A title\nsummary: A summary.\n---\nA paragraph.\n"
UNDER = "drafts/token-0/"


def a_system(text: str = GOOD, language: str = "en") -> PublishingSystem:
    system = PublishingSystem(a_newsletter(editors=EDITORS, editors_language=language))
    system.desk.objects[f"drafts/{ISSUE_ID}/en.md"] = text.encode()
    system.desk.objects[f"drafts/{ISSUE_ID}/images/bridge.png"] = a_picture()
    return system


def previewed(system: PublishingSystem) -> set[str]:
    return {path for path in system.site.objects if path.startswith("drafts/")}


def test_a_draft_has_a_preview_of_page_and_mail_and_nothing_is_public() -> None:
    system = a_system()

    assert system.preview_draft()(ISSUE_ID)

    pages = {f"{UNDER}en/{ISSUE_ID}/{name}.html" for name in ("index", "security-1", "mail")}
    assert pages <= previewed(system)
    assert all("noindex" in system.site.page(page) for page in pages - {f"{UNDER}en/{ISSUE_ID}/mail.html"})
    assert not [path for path in system.site.objects if path.startswith(f"en/{ISSUE_ID}")]
    assert ISSUE_ID not in system.site.page("en/index.html") + system.site.page("en/feed.xml")
    assert (system.register.records, system.ledger.mailings) == ({}, {})


def test_the_target_of_every_picture_and_link_of_a_preview_exists() -> None:
    system = a_system()
    system.preview_draft()(ISSUE_ID)
    page = f"{UNDER}en/{ISSUE_ID}/security-1.html"
    soup = BeautifulSoup(system.site.page(page), "html.parser")
    sources = [str(image["src"]) for image in soup.select("img")]
    assert [source.removeprefix("../../../../") in system.site.objects for source in sources] == [True]
    sheet = str(soup.select_one("link[rel=stylesheet]")["href"])  # type: ignore[index]  # it is there
    assert sheet.removeprefix("../../../../") in system.site.objects


def test_the_editors_get_the_report_and_the_mail_as_readers_would() -> None:
    system = a_system()
    system.preview_draft()(ISSUE_ID)
    mails = [(sent.to, sent.mail.subject) for sent in system.mailer.sent]
    assert mails == [
        (editor, subject)
        for editor in EDITORS
        for subject in (f"Draft: drafts/{ISSUE_ID}/en.md", "[Draft] A title with {{ braces }}")
    ]
    test_mail = system.mailer.sent[1].mail
    assert "unsubscribe_url" not in test_mail.html + test_mail.text
    assert f"{system.newsletter.origin}/{UNDER}en/{ISSUE_ID}/index.html" in system.mailer.sent[0].mail.text
    assert "14" in system.desk.reports[f"drafts/{ISSUE_ID}/en.html"]


@pytest.mark.parametrize(("send_at", "rule"), [("2016-12-01T08:00", "passed"), ("2017-03-01T08:00", "days")])
def test_the_report_on_a_draft_says_that_its_time_to_mail_has_passed_or_is_far_away(
    send_at: str, rule: str
) -> None:
    system = a_system(PLAIN.replace("\n---\nA", f"\nsend_at: {send_at}\n---\nA"))
    system.preview_draft()(ISSUE_ID)
    text = " ".join(system.mailer.sent[0].mail.text.split())
    assert f"“send_at” ({send_at.replace('T', ' ')})" in text
    assert rule in text


@pytest.mark.parametrize(("language", "draft"), [("be", "Чарнавік"), ("ru", "Черновик")])
def test_the_subjects_of_a_draft_are_in_the_editors_language(language: str, draft: str) -> None:
    system = a_system(language=language)
    system.preview_draft()(ISSUE_ID)
    subjects = [sent.mail.subject for sent in system.mailer.sent][:2]
    assert subjects == [f"{draft}: drafts/{ISSUE_ID}/en.md", f"[{draft}] A title with {{{{ braces }}}}"]


def test_the_same_files_are_previewed_once_and_changed_ones_at_the_same_address() -> None:
    system = a_system()
    system.preview_draft()(ISSUE_ID)
    system.mailer.sent.clear()
    assert not system.preview_draft()(ISSUE_ID)
    assert system.mailer.sent == []

    system.desk.objects[f"drafts/{ISSUE_ID}/en.md"] = GOOD.replace("Nothing", "Little").encode()
    assert system.preview_draft()(ISSUE_ID)
    assert "Little moved" in system.site.page(f"{UNDER}en/{ISSUE_ID}/security-1.html")


def test_a_draft_that_is_deleted_loses_its_preview() -> None:
    system = a_system()
    system.preview_draft()(ISSUE_ID)
    system.desk.objects.clear()
    system.preview_draft()(ISSUE_ID)
    assert previewed(system) == set()


def test_a_draft_with_a_mistake_is_reported_with_its_line_and_has_no_preview() -> None:
    system = a_system(GOOD.replace("## security", "## weather"))
    system.preview_draft()(ISSUE_ID)
    assert previewed(system) == set()
    assert [sent.mail.subject for sent in system.mailer.sent] == [
        f"NOT published: drafts/{ISSUE_ID}/en.md"
    ] * len(EDITORS)
    assert f"drafts/{ISSUE_ID}/en.md" in system.mailer.sent[0].mail.text


def test_a_probes_draft_is_previewed_and_reported_and_neither_mailed_nor_remembered() -> None:
    system, draft = PublishingSystem(a_newsletter(editors=EDITORS)), probe_draft("0123456789abcdef" * 2)
    system.desk.objects[f"drafts/{draft}/en.md"] = PLAIN.encode()

    assert system.preview_draft()(draft)

    page = f"drafts/{draft}/en/{draft}/index.html"
    assert "noindex" in system.site.page(page)
    assert page in system.desk.reports[f"drafts/{draft}/en.html"]
    assert (system.mailer.sent, system.previews.kept) == ([], {})
    system.desk.objects.clear()
    assert system.preview_draft()(draft)
    assert previewed(system) == set()


def test_a_draft_deleted_after_a_crash_loses_what_was_written_of_its_preview() -> None:
    system = a_system()
    system.mailer.failures = [RuntimeError("the worker died")]
    with pytest.raises(RuntimeError):
        system.preview_draft()(ISSUE_ID)
    assert previewed(system) != set()
    system.desk.objects.clear()

    system.preview_draft()(ISSUE_ID)

    assert previewed(system) == set()
