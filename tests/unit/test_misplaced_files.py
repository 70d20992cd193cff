"""Files in places where nothing is read: one report for a burst names each, and says where it belongs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from broadsheet.content.right_place import right_place
from broadsheet.publishing.desk_event_handler import MOST_ROUNDS
from broadsheet.publishing.desk_events import DeskEvent, desk_event
from broadsheet.publishing.misplaced_files import MOST_RECORDED
from broadsheet.publishing.report_mailer import MOST_AN_HOUR
from broadsheet.publishing.unread_files import misplaced_file
from tests.builders import a_newsletter
from tests.fakes.publishing import PublishingSystem

EDITOR = "desk@news.example.org"
REPORT = "_desk.html"
ALL = ("issues/2016-12-05/en.md", "issues/2016-12-05/be.md", "issues/2016-12-05/ru.md")


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
            self.hear(key, "Object Created")

    def delete(self, key: str) -> None:
        self.hear(key, "Object Deleted")

    def hear(self, key: str, kind: str) -> None:
        number = len(self.waiting) + len(self.done)
        body = {"id": f"event-{number}", "detail-type": kind, "detail": {"object": {"key": key}}}
        self.waiting.append(desk_event(json.dumps(body)))

    def work(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Process all messages; those that are sent come after their delay, when `meanwhile` has happened."""
        while self.waiting:
            while self.waiting:
                self.done.append(self.system.a_desk()(self.waiting.pop(0)))
            for message, delay in self.system.due:
                assert message == desk_event(message.to_json())
                self.system.clock.move(delay)
                self.waiting.append(message)
                meanwhile()
            self.system.due.clear()

    def mail_subjects(self) -> list[str]:
        return [sent.mail.subject for sent in self.system.mailer.sent]

    def mail_text(self) -> str:
        return " ".join(self.system.mailer.sent[-1].mail.text.split())


@pytest.mark.parametrize(
    ("key", "better"),
    [
        ("Issues/2016-12-05/en.md", ALL[:1]),
        (" issues/2016-12-05/be.md", ALL[1:2]),
        ("issue/2016-12-05-extra/en.txt", ("issues/2016-12-05-extra/en.md",)),
        ("Drafts/2016-12-05/ru.md", ("drafts/2016-12-05/ru.md",)),
        ("2016-12-05/en.md", ALL[:1]),
        ("issues/2016-12-05.en.md", ALL[:1]),
        ("issues/2016-12-05-en.md", ALL[:1]),
        ("issues/be_2016-12-05.md", ALL[1:2]),
        ("drafts/2016-12-05.en.md", ("drafts/2016-12-05/en.md",)),
        ("issues/2016-12-5/en.md", ALL[:1]),
        ("issues/2016-12-05 /en.md", ALL[:1]),
        ("issues/5.12.2016/en.md", ALL[:1]),
        ("issues/05-12-2016/en.md", ALL[:1]),
        ("issues/20161205/en.md", ALL[:1]),
        ("issues/2016/12/05/en.md", ALL[:1]),
        ("issues/2016_12_05/EN.md", ALL[:1]),
        ("issues/2016-12-07/x/en.md", ("issues/2016-12-07/en.md",)),  # a folder that is read stays
        ("2016-12-07/en.md", ALL[:1]),  # the Monday of its week
        ("issues/2016/2016-12-05/en.md", ALL[:1]),
        ("issues/issues/2016-12-05/en.md", ALL[:1]),
        ("issues/2016-12-05/en/en.md", ALL[:1]),
        ("issues/2016-12-05/texts/be/text.md", ALL[1:2]),
        ("issues/2016-12-05/English.docx", ALL[:1]),
        ("issues/2016-12-05/Русский.docx", ALL[2:]),
        ("issues/2016-12-05/en (1).md", ALL[:1]),
        ("issues/2016-12-05/en-final.md", ALL[:1]),
        ("issues/2016-12-05/en .docx", ALL[:1]),
        ("issues/2016-12-05/by.md", ALL[1:2]),
        ("issues/2016-12-05/text.docx", ALL),
        ("issues/2016-12-05.md", ALL),
        ("en.md", ALL[:1]),  # in the folder of an example
        ("issues//en.md", ALL[:1]),
        ("2016-12-05/bridge.PNG", ("issues/2016-12-05/images/bridge.PNG",)),
        ("issues/2016-12-05/Images/my photo.jpg", ("issues/2016-12-05/images/my photo.jpg",)),
        ("bridge.png", ()),
        ("drafts/en.md", ("drafts/2016-12-05/en.md",)),  # whoever follows the advice publishes no draft
        ("My drafts/be.docx", ("drafts/2016-12-05/be.md",)),
        ("issues/Draft/2016-12-05/be.md", ("drafts/2016-12-05/be.md",)),
        ("2016-12-05/drafts/ru.md", ("drafts/2016-12-05/ru.md",)),
        ("issues/2016-12-05/draft/en.md", ("drafts/2016-12-05/en.md",)),
        ("issues/2016-12-05/en-draft.md", ("drafts/2016-12-05/en.md",)),
        ("Чарнавікі/2016-12-05/be.md", ("drafts/2016-12-05/be.md",)),
        ("issues/черновик/be.md", ("drafts/2016-12-05/be.md",)),
        ("issues/2016-12-5-draft-law/en.md", ("issues/2016-12-05-draft-law/en.md",)),
        ("issues/2016-12-32/en.md", ALL[:1]),
        ("backup.zip", ()),
        ("README.md", ()),
    ],
)
def test_the_right_place_of_a_file_is_read_from_its_key(key: str, better: tuple[str, ...]) -> None:
    assert right_place(key, a_newsletter()).keys == better


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("Issues/2016-12-05/en.md", "file-elsewhere"),
        ("2016-12-05/bridge.png", "file-elsewhere"),
        ("issues/2016-12-05.md", "text-not-named"),
        ("en.md", "text-without-folder"),
        ("English.docx", "document-without-folder"),
        ("2016-12-05/English.docx", "document-elsewhere"),
        ("newsletter.toml.txt", "settings-elsewhere"),
        ("redirects.toml", "redirects-elsewhere"),
        ("Redirects (1).toml.txt", "redirects-elsewhere"),
        ("issues/redirects.toml", "redirects-elsewhere"),
        ("Newsletter (1).toml", "settings-elsewhere"),
        ("newsletter.toml.md", "settings-elsewhere"),
        ("newsletter_toml.doc", "settings-elsewhere"),
        ("issues/newsletter.toml", "settings-elsewhere"),
        ("people.csv.txt", "file-not-read"),
        ("photo.jpg.txt", "file-not-read"),
        ("readme.md", "file-not-read"),
        ("bridge.png", "file-not-read"),
        ("reports/2016-12-05/en.md", "file-of-ours"),
        ("revisions/en.md", "file-of-ours"),
        ("Issues/", "folder-elsewhere"),
        ("issues/2016-12-5/", "folder-elsewhere"),
    ],
)
def test_each_file_gets_the_sentences_of_its_kind(key: str, rule: str) -> None:
    finding = misplaced_file(key, a_newsletter())
    assert (finding.rule, finding.values["name"], finding.is_error) == (rule, key, True)
    for language in ("en", "be", "ru"):
        assert "…" not in " ".join(vars(finding.text(language)).values())


@pytest.mark.parametrize(
    ("key", "better"),
    [
        ("Issues/", "issues/"),
        ("DRAFT/", "drafts/"),
        ("issues/2016-12-5/", "issues/2016-12-05/"),
        ("2016-12-06/", "issues/2016-12-05/"),
        ("issues/december/", "issues/2016-12-05/"),
        ("drafts/december/", "drafts/2016-12-05/"),
        ("issues/drafts/", "drafts/2016-12-05/"),
    ],
)
def test_an_empty_folder_is_told_its_right_name(key: str, better: str) -> None:
    assert misplaced_file(key, a_newsletter()).values["better"] == better


def test_a_text_in_a_misnamed_folder_is_reported_with_the_right_place() -> None:
    uploads = Uploads()
    uploads.upload("Issues/2016-12-05/en.md")
    uploads.work()
    assert uploads.done == ["ordered", "reported"]
    assert uploads.mail_subjects() == ["NOT published: Issues/2016-12-05/en.md"]
    assert "Rename it to issues/2016-12-05/en.md." in uploads.mail_text()
    assert "issues/2016-12-05/en.md" in uploads.system.desk.reports[REPORT]


def test_a_burst_is_one_report_that_names_every_file_with_its_right_place() -> None:
    uploads = Uploads()
    texts = [f"{2000 + n // 12}-{n % 12 + 1:02}-03/en.md" for n in range(40)]
    uploads.upload(
        *texts, "Issues/2016-12-05/be.md", "en.docx", "issues/2016-12-5/ru.txt", "logo.zip", "Thumbs.db"
    )
    uploads.work()
    assert (uploads.done.count("reported"), uploads.done.count("ordered")) == (1, 1)
    assert uploads.mail_subjects() == ["NOT published: 2000-01-03/en.md (+43)"]
    page = uploads.system.desk.reports[REPORT]
    assert [key for key in texts if f"“{key}”" not in page] == []
    assert "issues/2016-12-05/be.md" in page
    assert "issues/2016-12-05/ru.md" in page
    assert ("en.docx" in page, "logo.zip" in page, "Thumbs.db" in page) == (True, True, False)


def test_a_slow_upload_is_reported_once_its_last_file_has_come() -> None:
    uploads, later = Uploads(), [f"Issues/2016-12-05/{name}.md" for name in ("be", "ru")]

    def next_file() -> None:
        if later:
            uploads.upload(later.pop(0))
            uploads.waiting.insert(0, uploads.waiting.pop())

    uploads.upload("Issues/2016-12-05/en.md")
    uploads.work(next_file)
    assert uploads.done == ["ordered", *["ordered already", "goes on"] * 2, "reported"]
    assert uploads.mail_subjects() == ["NOT published: Issues/2016-12-05/be.md (+2)"]


def test_an_upload_that_does_not_end_is_reported_in_pieces() -> None:
    uploads, numbers = Uploads(), iter(range(2 * MOST_ROUNDS))

    def next_file() -> None:
        if (number := next(numbers, None)) is not None:
            uploads.upload(f"Issues/2016-12-05/images/{number}.png")
            uploads.waiting.insert(0, uploads.waiting.pop())

    uploads.upload("Issues/2016-12-05/en.md")
    uploads.work(next_file)
    assert (uploads.done.count("goes on"), uploads.done.count("reported")) == (MOST_ROUNDS, 1)
    assert next(numbers) == MOST_ROUNDS + 1  # more would have come


def test_more_files_than_a_report_can_name_are_counted() -> None:
    uploads = Uploads()
    uploads.upload(*(f"old/{number:03}.html" for number in range(MOST_RECORDED + 30)))
    uploads.work()
    assert uploads.mail_subjects() == [f"NOT published: old/000.html (+{MOST_RECORDED + 29})"]
    assert "are not read either: 30." in uploads.mail_text()


def test_a_file_that_was_moved_before_anybody_looked_is_not_reported() -> None:
    uploads = Uploads()
    uploads.upload("Issues/2016-12-05/en.md")
    uploads.delete("Issues/2016-12-05/en.md")
    uploads.work()
    assert (uploads.mail_subjects(), uploads.system.desk.reports) == ([], {})


def test_files_that_were_only_counted_are_reported_though_all_named_ones_were_moved() -> None:
    uploads = Uploads()
    keys = [f"old/{number:03}.html" for number in range(MOST_RECORDED + 30)]
    uploads.upload(*keys)
    for key in keys[:MOST_RECORDED]:
        uploads.delete(key)
    uploads.work()
    assert uploads.mail_subjects() == ["NOT published: files: 30"]
    assert "Files that are not read: 30." in uploads.mail_text()
    assert uploads.system.misplaced.all().count == 0


def test_a_large_burst_that_was_moved_as_a_whole_is_not_reported() -> None:
    uploads = Uploads()
    keys = [f"old/{number:03}.html" for number in range(MOST_RECORDED + 30)]
    uploads.upload(*keys)
    for key in keys:
        uploads.delete(key)
    uploads.work()
    assert (uploads.mail_subjects(), uploads.system.desk.reports) == ([], {})


def test_a_second_upload_to_the_wrong_place_is_reported_again_and_the_first_is_not() -> None:
    uploads = Uploads()
    for day in ("2016-12-05", "2016-12-12"):
        uploads.upload(f"Issues/{day}/en.md")
        uploads.work()
        uploads.system.clock.move(timedelta(minutes=1))
    assert uploads.mail_subjects() == [
        f"NOT published: Issues/{day}/en.md" for day in ("2016-12-05", "2016-12-12")
    ]


def test_a_worker_that_crashes_before_it_mails_loses_no_file() -> None:
    uploads = Uploads()
    uploads.upload("Issues/2016-12-05/en.md")
    desk = uploads.system.a_desk()
    desk(uploads.waiting.pop())
    (message, _) = uploads.system.due.pop()
    uploads.system.pending.clear("strays", "event-0")  # and then it died
    uploads.upload("Issues/2016-12-05/be.md")
    uploads.work()
    assert uploads.mail_subjects() == ["NOT published: Issues/2016-12-05/be.md (+1)"]
    assert desk(message) == "unchanged"


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


def test_bidi_control_characters_in_names_of_misplaced_files_are_shown_escaped() -> None:
    uploads = Uploads()
    uploads.upload("Issues/\u202ecod.en.md")
    uploads.work()
    assert "\u202e" not in uploads.mail_subjects()[0] + uploads.system.desk.reports[REPORT]
