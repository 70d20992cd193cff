"""`newsletter.toml` on the desk is a copy: whoever uploads another one changes nothing, and gets a report."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from broadsheet.language import report_words
from broadsheet.newsletter_file import read_newsletter
from broadsheet.publishing.desk_events import NewsletterUploaded
from tests.builders import NEWSLETTER_TOML
from tests.fakes.publishing import PublishingSystem

REPORT = "_newsletter.html"
ATTACK = (
    NEWSLETTER_TOML.replace("desk@news.example.org", "thief@evil.example")
    .replace("letter@news.example.org", "thief@evil.example")
    .replace("https://news.example.org", "https://evil.example")
)


def uploaded(content: str | bytes, editors_language: str = "en") -> PublishingSystem:
    """A published site on whose desk somebody laid this file."""
    newsletter = replace(read_newsletter(NEWSLETTER_TOML), editors_language=editors_language)
    system = PublishingSystem(newsletter)
    system.versions.last = "version"
    system.desk.objects["newsletter.toml"] = content if isinstance(content, bytes) else content.encode()
    system.a_desk()(NewsletterUploaded("event"))
    return system


@pytest.mark.parametrize(
    "content",
    [
        NEWSLETTER_TOML,
        NEWSLETTER_TOML.encode("utf-8-sig"),
        f"# Another comment\n{NEWSLETTER_TOML}",
        NEWSLETTER_TOML.replace("\n", "\r\n"),
    ],
)
def test_what_was_deployed_writes_the_static_pages_and_makes_no_noise(content: str | bytes) -> None:
    system = uploaded(content)
    assert "index.html" in system.site.objects
    assert (system.desk.reports, system.mailer.sent) == ({}, [])


@pytest.mark.parametrize("content", [ATTACK, "", b"\xff", "name = ", "a = " + "[" * 9_000, b"#" * 300_000])
def test_any_other_file_changes_nothing_and_is_answered_by_a_report(content: str | bytes) -> None:
    system = uploaded(content)
    assert (system.site.objects, system.rebuild_messages, system.revisions.texts) == ({}, [], {})
    assert list(system.desk.reports) == [REPORT]
    (sent,) = system.mailer.sent
    assert (sent.to, sent.mail.subject) == ("desk@news.example.org", "NOT applied: newsletter.toml")
    assert "letter@news.example.org" in sent.mail.sender
    assert "evil.example" not in sent.mail.text + sent.mail.html + system.desk.reports[REPORT]
    assert "make deploy" in sent.mail.text


@pytest.mark.parametrize("language", ["en", "be", "ru"])
def test_the_report_says_in_the_editors_language_that_nothing_was_changed_and_what_differs(
    language: str,
) -> None:
    system, words = uploaded(ATTACK, language), report_words(language)
    page = BeautifulSoup(system.desk.reports[REPORT], "html.parser")
    shown = " ".join(page.get_text(" ").split())
    assert words["report_copy_text"] in shown
    line = NEWSLETTER_TOML.split("\n").index('origin = "https://news.example.org"') + 1
    assert words["report_line"].format(line=line) in shown
    assert "origin, sender, editors" in shown


def test_the_report_names_the_mistakes_of_the_file() -> None:
    system = uploaded(NEWSLETTER_TOML.replace("#1f4e5f", "#ffff00"))
    (sent,) = system.mailer.sent
    assert "#ffff00 is too pale" in " ".join(sent.mail.text.split())


def test_a_file_that_is_gone_again_is_not_reported() -> None:
    system = uploaded(ATTACK)
    system.mailer.sent.clear()
    del system.desk.objects["newsletter.toml"]
    assert system.a_desk()(NewsletterUploaded("event")) == "reported"
    assert (system.mailer.sent, system.site.objects) == ([], {})
