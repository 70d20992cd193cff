"""Reports by mail: twenty an hour, and one digest of the rest."""

from datetime import timedelta

import pytest

from broadsheet.mail import NotSentError
from broadsheet.publishing.report_mailer import GIVEN_UP_AFTER, MOST_AN_HOUR, DigestMailer
from tests.builders import a_newsletter
from tests.fakes.publishing import PublishingSystem
from tests.fakes.subscribers import FakeMailer

EDITORS = ("first@news.example.org", "second@news.example.org")
TEXT = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### One\n\nFirst.\n\n## weather\n"
AN_HOUR = timedelta(hours=1)


def a_system(language: str = "en") -> PublishingSystem:
    return PublishingSystem(a_newsletter(editors=EDITORS, editors_language=language))


def publish_bad_ones(system: PublishingSystem, number: int) -> None:
    for n in range(number):
        issue = f"2016-12-05-try-{n}"
        system.upload(issue, "en.md", TEXT)
        system.publish(issue)


def digests(system: PublishingSystem, mailer: FakeMailer | None = None) -> DigestMailer:
    return DigestMailer(system.newsletter, system.report_counts, mailer or system.mailer, system.clock)


def subjects(system: PublishingSystem, editor: str = EDITORS[0]) -> list[str]:
    found = [sent.mail.subject for sent in system.mailer.sent if sent.to == editor]
    system.mailer.sent.clear()
    return found


def test_in_an_hour_twenty_reports_are_mailed_and_all_are_stored_on_the_desk() -> None:
    system = a_system()
    publish_bad_ones(system, MOST_AN_HOUR + 30)
    assert len(subjects(system)) == MOST_AN_HOUR
    assert len(system.desk.reports) == MOST_AN_HOUR + 30


def test_no_name_of_a_file_or_folder_makes_a_report_read_otherwise_than_it_is_written() -> None:
    """Source: Unicode Technical Report 36, 2.4: characters that reverse a line, or begin another."""
    system, odd = a_system(), "2016-12-05-\u202edehsilbuP\u2028\u0081"
    for folder, name in ((odd, "en.md"), ("2016-12-12", f"{odd}.md"), ("2016-12-12", f"{odd}.txt")):
        system.upload(folder, name, TEXT)
        system.publish(folder)
    texts = [
        text for sent in system.mailer.sent for text in (sent.mail.subject, sent.mail.text, sent.mail.html)
    ]
    texts += system.desk.reports.values()
    assert len(texts) > len(EDITORS)
    assert not any(sign in text for text in texts for sign in "\u202e\u2028\u0081")


def test_the_next_hour_mails_again() -> None:
    system = a_system()
    publish_bad_ones(system, MOST_AN_HOUR + 1)
    subjects(system)
    system.clock.move(AN_HOUR)
    system.upload("2016-12-12", "en.md", TEXT)
    system.publish("2016-12-12")
    assert subjects(system) == ["NOT published: 2016-12-12/en.md"]


def test_withheld_reports_are_one_digest_for_each_editor_when_the_hour_is_over() -> None:
    system = a_system()
    publish_bad_ones(system, MOST_AN_HOUR + 60)
    system.mailer.sent.clear()
    digests(system)()
    assert system.mailer.sent == []  # the hour is not over
    system.clock.move(AN_HOUR)

    for _ in range(3):
        digests(system)()

    assert [sent.to for sent in system.mailer.sent] == list(EDITORS)
    mail = system.mailer.sent[0].mail
    assert mail.subject == "Reports that were not emailed one by one: 60"
    assert mail.text.count("NOT published: 2016-12-05-try-") == mail.html.count("NOT published: ") == 50
    assert "And others: 10." in mail.text
    assert system.report_counts.mailed == {}


def test_an_hour_with_room_has_no_digest_and_is_forgotten() -> None:
    system = a_system()
    publish_bad_ones(system, MOST_AN_HOUR)
    subjects(system)
    system.clock.move(AN_HOUR)
    digests(system)()
    assert (subjects(system), system.report_counts.mailed) == ([], {})


@pytest.mark.parametrize(("language", "words"), [("be", "не даслан"), ("ru", "не отправлен")])
def test_a_digest_is_in_the_editors_language(language: str, words: str) -> None:
    system = a_system(language)
    publish_bad_ones(system, MOST_AN_HOUR + 1)
    system.mailer.sent.clear()
    system.clock.move(AN_HOUR)
    digests(system)()
    mail = system.mailer.sent[0].mail
    assert (words in mail.subject, words in mail.html) == (True, True)
    assert words in " ".join(mail.text.split())
    assert "{" not in mail.subject + mail.text


class OneRefused(FakeMailer):
    """SES takes nothing for one editor, once."""

    refused: bool = False

    def send(self, mail: object, to: str, tags: dict[str, str]) -> None:
        if to == EDITORS[0] and not self.refused:
            self.refused = True
            raise NotSentError("Throttling")
        super().send(mail, to, tags)  # type: ignore[arg-type]  # a mail


def test_an_editor_whose_digest_was_not_taken_gets_it_with_the_next_sweep_and_the_other_once() -> None:
    system, mailer = a_system(), OneRefused()
    publish_bad_ones(system, MOST_AN_HOUR + 1)
    system.clock.move(AN_HOUR)

    with pytest.raises(ExceptionGroup, match="digest of reports not mailed"):
        digests(system, mailer)()
    assert [sent.to for sent in mailer.sent] == [EDITORS[1]]
    digests(system, mailer)()

    assert [sent.to for sent in mailer.sent] == [EDITORS[1], EDITORS[0]]
    assert system.report_counts.mailed == {}


def test_a_digest_waits_for_a_sweep_that_was_off_for_days() -> None:
    """`panic` turns the sweep off, and publishing continues."""
    system = a_system()
    publish_bad_ones(system, MOST_AN_HOUR + 1)
    system.mailer.sent.clear()
    system.clock.move(3 * 24 * AN_HOUR)
    digests(system)()
    assert len(subjects(system)) == 1
    assert system.report_counts.mailed == {}


class NothingTaken(FakeMailer):
    """SES takes no mail."""

    def send(self, *_: object) -> None:
        raise NotSentError("Throttling")


@pytest.mark.parametrize(("after", "is_kept"), [(GIVEN_UP_AFTER - AN_HOUR, True), (GIVEN_UP_AFTER, False)])
def test_a_digest_that_cannot_be_mailed_is_given_up_after_fourteen_days(
    after: timedelta,
    is_kept: bool,  # noqa: FBT001  # a column
) -> None:
    system = a_system()
    publish_bad_ones(system, MOST_AN_HOUR + 1)
    system.clock.move(after)
    with pytest.raises(ExceptionGroup):
        digests(system, NothingTaken())()
    assert bool(system.report_counts.mailed) is is_kept
