"""Texts in places where nothing is read: one report says where each belongs."""

import json
from dataclasses import dataclass, field

import pytest

from broadsheet.publishing.desk_events import DeskEvent, desk_event
from broadsheet.publishing.misplaced_files import better_place
from broadsheet.publishing.report_mailer import MOST_AN_HOUR
from tests.builders import a_newsletter
from tests.fakes.publishing import PublishingSystem

EDITOR = "desk@news.example.org"
REPORT = "_desk.html"


@dataclass
class Uploads:
    """DeskQueue with one worker, and the files that editors upload."""

    system: PublishingSystem = field(
        default_factory=lambda: PublishingSystem(a_newsletter(editors=(EDITOR,)))
    )
    waiting: list[DeskEvent | None] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def upload(self, *keys: str) -> None:
        for key in keys:
            self.system.desk.objects[key] = b"A text."
            self.hear(key, "Object Created")

    def delete(self, key: str) -> None:
        del self.system.desk.objects[key]
        self.hear(key, "Object Deleted")

    def hear(self, key: str, kind: str) -> None:
        number = len(self.waiting) + len(self.done)
        body = {"id": f"event-{number}", "detail-type": kind, "detail": {"object": {"key": key}}}
        self.waiting.append(desk_event(json.dumps(body)))

    def work(self) -> None:
        while self.waiting:
            self.done.append(self.system.a_desk()(self.waiting.pop(0)))
            for message, _ in self.system.due:
                assert message == desk_event(message.to_json())
                self.waiting.append(message)
            self.system.due.clear()

    def mail_subjects(self) -> list[str]:
        return [sent.mail.subject for sent in self.system.mailer.sent]


@pytest.mark.parametrize(
    ("key", "better"),
    [
        ("Issues/2016-12-05/en.md", "issues/2016-12-05/en.md"),
        (" issues/2016-12-05/be.md", "issues/2016-12-05/be.md"),
        ("issue/2016-12-05-extra/en.txt", "issues/2016-12-05-extra/en.md"),
        ("Drafts/2016-12-05/ru.md", "drafts/2016-12-05/ru.md"),
        ("2016-12-05/en.md", "issues/2016-12-05/en.md"),
        ("issues/2016-12-05.en.md", "issues/2016-12-05/en.md"),
        ("issues/2016-12-05-en.md", "issues/2016-12-05/en.md"),
        ("issues/be_2016-12-05.md", "issues/2016-12-05/be.md"),
        ("drafts/2016-12-05.en.md", "drafts/2016-12-05/en.md"),
        ("issues//en.md", ""),
        ("issues/2016-12-05.md", ""),
        ("en.md", ""),
    ],
)
def test_the_right_place_of_a_text_is_read_from_its_name(key: str, better: str) -> None:
    assert better_place(key, a_newsletter()) == better


def test_a_text_in_a_misnamed_folder_is_reported_with_the_right_place() -> None:
    uploads = Uploads()
    uploads.upload("Issues/2016-12-05/en.md")
    uploads.work()
    assert uploads.done == ["ordered", "reported"]
    assert uploads.mail_subjects() == ["NOT published: Issues/2016-12-05/en.md"]
    assert "Move it to issues/2016-12-05/en.md." in uploads.system.mailer.sent[0].mail.text
    assert "issues/2016-12-05/en.md" in uploads.system.desk.reports[REPORT]


def test_the_report_of_a_text_beside_the_folders_says_how_a_folder_is_named() -> None:
    uploads = Uploads()
    uploads.upload("issues/en.md")
    uploads.work()
    assert uploads.mail_subjects() == ["NOT published: issues/en.md"]
    assert "issues/2016-12-05/ (the Monday" in uploads.system.mailer.sent[0].mail.text.replace("\n", " ")


def test_a_whole_archive_in_the_wrong_place_is_one_message_and_one_report_that_names_a_few() -> None:
    uploads = Uploads()
    uploads.upload(
        *(f"{2000 + n // 12}-{n % 12 + 1:02}-03/{name}.md" for n in range(200) for name in ("en", "be"))
    )
    uploads.work()
    assert uploads.done.count("reported") == 1
    assert uploads.done.count("ordered") == 1
    assert uploads.mail_subjects() == ["NOT published: 2000-01-03/en.md"]
    assert uploads.system.desk.reports[REPORT].count("nothing was published of it") == 5


def test_a_text_that_was_moved_before_anybody_looked_is_not_reported() -> None:
    uploads = Uploads()
    uploads.upload("Issues/2016-12-05/en.md")
    uploads.delete("Issues/2016-12-05/en.md")
    uploads.work()
    assert uploads.mail_subjects() == []
    assert uploads.system.desk.reports == {}


def test_a_second_upload_to_the_wrong_place_is_reported_again() -> None:
    uploads = Uploads()
    for day in ("2016-12-05", "2016-12-12"):
        uploads.upload(f"Issues/{day}/en.md")
        uploads.work()
    assert uploads.mail_subjects() == [
        f"NOT published: Issues/{day}/en.md" for day in ("2016-12-05", "2016-12-12")
    ]


def test_misplaced_files_beyond_an_hour_s_reports_wait_for_the_digest() -> None:
    uploads = Uploads()
    for number in range(MOST_AN_HOUR + 3):
        uploads.upload(f"Issues/2016-12-05/text-{number}.docx")
        uploads.work()
    assert len(uploads.mail_subjects()) == MOST_AN_HOUR
    assert [len(held) for held in uploads.system.report_counts.holding.values()] == [3]


def test_our_own_report_triggers_nothing() -> None:
    uploads = Uploads()
    uploads.upload("Issues/2016-12-05/en.md")
    uploads.work()
    uploads.hear(f"reports/{REPORT}", "Object Created")
    uploads.work()
    assert len(uploads.mail_subjects()) == 1


def test_other_folders_of_an_operator_are_not_named_beside_a_misplaced_file() -> None:
    uploads = Uploads()
    uploads.system.desk.objects |= {
        "backup/list.csv": b"",
        "issues/2016-12-05/en.md": b"",
        "ISSUES/en.md": b"",
    }
    uploads.upload("2016-12-12/en.md")
    uploads.work()
    page = uploads.system.desk.reports[REPORT]
    assert ("backup" in page, "ISSUES/" in page) == (False, True)


def test_bidi_control_characters_in_names_of_misplaced_files_are_shown_escaped() -> None:
    uploads = Uploads()
    uploads.upload("Issues/\u202ecod.en.md")
    uploads.work()
    assert "\u202e" not in uploads.mail_subjects()[0] + uploads.system.desk.reports[REPORT]
