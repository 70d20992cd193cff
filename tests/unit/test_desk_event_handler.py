"""The handler of the desk's events: a folder is processed once, however many files were uploaded to it."""

import json
import os
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from broadsheet.content.pictures import picture_rules, stripped
from broadsheet.publishing.desk_event_handler import MESSAGE_OVERDUE_AFTER
from broadsheet.publishing.desk_events import DeskChanged, DeskEvent, FolderDue, desk_event
from broadsheet.publishing.picture_inspection import PICTURES_PER_MESSAGE, TIME_PER_MESSAGE, Inspection
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.unread_files import NAMED_ALONE, NAMED_TOGETHER
from tests.builders import ISSUE_ID, a_newsletter
from tests.fakes.desk import FakeInspectionCache
from tests.fakes.issues import FakeDesk
from tests.fakes.publishing import DELAY, PublishingSystem
from tests.pictures import a_picture

EDITOR = "desk@news.example.org"
OTHER = "2016-12-12"
HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
GOOD = f"{HEAD}## security\n\n### A quiet border\n\nNothing moved.\n"


@dataclass
class Queue:
    """DeskQueue with one worker: `waiting` are the messages in order, `done` the outcome of each."""

    system: PublishingSystem = field(
        default_factory=lambda: PublishingSystem(a_newsletter(editors=(EDITOR,)))
    )
    waiting: list[DeskEvent] = field(default_factory=list)
    done: list[tuple[DeskEvent, str]] = field(default_factory=list)
    events: int = 0

    def upload(self, key: str, content: str | bytes = "something") -> DeskChanged:
        """An editor's file, and the event of it."""
        self.system.desk.objects[key] = content if isinstance(content, bytes) else content.encode()
        self.events += 1
        body = {"id": f"event-{self.events}", "detail": {"object": {"key": key}}}
        event = desk_event(json.dumps(body))
        assert isinstance(event, DeskChanged)
        self.waiting.append(event)
        return event

    def work(self) -> str:
        """Process the next message; what it enqueues comes after all others."""
        event = self.waiting.pop(0)
        said = self.system.a_desk()(event)
        self.done.append((event, said))
        self.waiting += [message for message, _ in self.system.due]
        self.system.due.clear()
        return said

    def work_all(self) -> None:
        while self.waiting:
            self.work()

    def outcomes(self, folder: str = f"issues/{ISSUE_ID}") -> list[str]:
        """The outcomes of the messages to check a folder."""
        return [said for event, said in self.done if isinstance(event, FolderDue) and event.path == folder]

    def mail_subjects(self) -> list[str]:
        return [sent.mail.subject for sent in self.system.mailer.sent]


def test_four_hundred_misplaced_files_are_one_message_and_one_report() -> None:
    queue = Queue()
    for number in range(400):
        queue.upload(f"issues/{ISSUE_ID}/stray-{number}.docx")
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)

    queue.work_all()

    assert queue.outcomes() == ["published"]
    assert queue.mail_subjects() == [f"Published: {ISSUE_ID}/en.md"]
    report = queue.system.desk.reports[f"{ISSUE_ID}/en.html"]
    assert ("not read (380):" in report, report.count(".docx")) == (True, NAMED_ALONE + NAMED_TOGETHER)


def test_four_hundred_texts_of_no_edition_are_one_report_and_none_is_read() -> None:
    queue = Queue()
    for number in range(400):
        queue.upload(f"issues/{ISSUE_ID}/note-{number}.md")

    queue.work_all()

    assert queue.outcomes() == ["reported"]
    assert queue.mail_subjects() == [f"NOT published: {ISSUE_ID}/"]
    assert list(queue.system.desk.reports) == [f"{ISSUE_ID}/_folder.html"]
    assert not [call for call in queue.system.desk.calls if call.startswith("read ")]


def test_misplaced_files_that_arrive_one_by_one_are_reported_once() -> None:
    queue = Queue()
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    for number in range(20):
        queue.upload(f"issues/{ISSUE_ID}/stray-{number}.docx")
        queue.work_all()  # each comes after the last has been looked at

    assert len(queue.outcomes()) == 20
    assert queue.mail_subjects() == [f"Published: {ISSUE_ID}/en.md"]
    report = queue.system.desk.reports[f"{ISSUE_ID}/en.html"]
    assert [n for n in range(20) if f"“stray-{n}.docx”" not in report] == []


def test_a_file_that_is_plainly_meant_as_a_text_is_mailed_about_once_when_it_comes_later() -> None:
    queue = Queue()
    for names in (
        ["en.md"],
        ["notes.zip"],
        ["more.zip"],
        ["be.docx"],
        ["be.odt"],
        ["ru (1).md", "pictures/a.png"],
    ):
        for name in names:
            queue.upload(f"issues/{ISSUE_ID}/{name}", GOOD)
        queue.work_all()
    about = [
        ("notes.zip" in sent.mail.text, "be.docx" in sent.mail.text, "ru (1).md" in sent.mail.text)
        for sent in queue.system.mailer.sent
        if sent.mail.subject == f"Published: {ISSUE_ID}/en.md"
    ]
    assert about == [(False,) * 3, (True, False, False), (True, True, False)]
    assert queue.mail_subjects()[-1] == f"NOT published: {ISSUE_ID}/"


def test_all_events_of_a_draft_are_one_message() -> None:
    queue = Queue()
    for name in ("en.md", "be.md", "notes.txt"):
        queue.upload(f"drafts/{ISSUE_ID}/{name}", GOOD)
    queue.work_all()
    assert queue.outcomes(f"drafts/{ISSUE_ID}") == ["previewed"]


def test_a_folder_is_enqueued_with_the_delay() -> None:
    queue = Queue()
    event = queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.system.a_desk()(event)
    assert queue.system.due == [(event.due, DELAY)]


def test_a_file_uploaded_after_its_folder_was_listed_is_read_by_another_message() -> None:
    queue = Queue()
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.work()
    queue.system.desk.meanwhile = [lambda: queue.upload(f"issues/{ISSUE_ID}/be.md", GOOD)]

    queue.work_all()

    assert queue.outcomes() == ["published", "published"]
    assert sorted(queue.system.register.records[ISSUE_ID].public) == ["be", "en"]


def test_an_event_whose_message_could_not_be_sent_enqueues_it_when_it_is_redelivered() -> None:
    queue = Queue()
    event = queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.system.a_desk()(event)
    queue.system.due.clear()  # the worker died before SQS had it
    other = queue.upload(f"issues/{ISSUE_ID}/be.md", GOOD)
    assert queue.system.a_desk()(other) == "ordered already"

    assert queue.system.a_desk()(event) == "ordered"

    assert [message for message, _ in queue.system.due] == [event.due]


def test_a_marker_whose_message_was_lost_expires() -> None:
    queue = Queue()
    queue.system.a_desk()(queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD))
    queue.system.due.clear()
    queue.system.clock.move(DELAY + MESSAGE_OVERDUE_AFTER)
    queue.waiting.clear()
    queue.upload(f"issues/{ISSUE_ID}/be.md", GOOD)

    queue.work_all()

    assert sorted(queue.system.register.records[ISSUE_ID].public) == ["be", "en"]


class DiedError(Exception):
    """The worker died."""


@dataclass
class DeadlyDesk(FakeDesk):
    """A desk that crashes once, at call `at`."""

    at: str = ""

    def files(self, folder: str) -> IssueFiles:
        self._dies("files")
        return super().files(folder)

    def report(self, path: str, html: str) -> None:
        self._dies("report")
        super().report(path, html)

    def replace_picture(self, folder: str, name: str, state: str, content: bytes, original: str) -> str:
        self._dies("replace_picture")
        return super().replace_picture(folder, name, state, content, original)

    def _dies(self, at: str) -> None:
        if self.at == at:
            self.at = ""
            raise DiedError


@pytest.mark.parametrize("at", ["files", "report"])
def test_a_message_whose_worker_crashes_is_redelivered_and_nothing_is_lost(at: str) -> None:
    queue = Queue(PublishingSystem(a_newsletter(editors=(EDITOR,)), desk=DeadlyDesk(at=at)))
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.work()
    (message,) = queue.waiting
    with pytest.raises(DiedError):
        queue.work()
    queue.waiting = [message]
    queue.upload(f"issues/{ISSUE_ID}/be.md", GOOD)

    queue.work_all()

    assert sorted(queue.system.register.records[ISSUE_ID].public) == ["be", "en"]
    assert queue.system.pending.marked == {}


def pictures_of(number: int) -> dict[str, bytes]:
    """Small pictures, each different."""
    return {f"images/p{n:03}.png": a_picture(600 + n % 40, 4 + n // 40) for n in range(number)}


def an_issue_with(queue: Queue, pictures: dict[str, bytes], folder: str = f"issues/{ISSUE_ID}") -> None:
    for name, content in pictures.items():
        queue.upload(f"{folder}/{name}", content)
    shown = "".join(f"\n![A view]({name})\n" for name in pictures)
    queue.upload(f"{folder}/en.md", f"{GOOD}{shown}")


def read(queue: Queue, name: str) -> int:
    return queue.system.desk.calls[f"read issues/{ISSUE_ID}/{name}"]


def test_three_thousand_files_delay_nobody() -> None:
    """Another issue that is enqueued after all of them waits for only one message of that folder."""
    queue = Queue()
    an_issue_with(queue, pictures_of(2 * PICTURES_PER_MESSAGE))
    for number in range(3_000):
        queue.upload(f"issues/{ISSUE_ID}/images/unused-{number}.png")
    queue.upload(f"issues/{OTHER}/en.md", GOOD)

    while OTHER not in queue.system.register.records:
        queue.work()

    assert queue.outcomes() == ["goes on"]
    queue.work_all()
    assert queue.outcomes()[-1] == "published"


def test_an_issue_of_many_pictures_is_published_in_pieces_and_each_is_read_at_most_thrice() -> None:
    queue, pictures = Queue(), pictures_of(2 * PICTURES_PER_MESSAGE + 10)
    an_issue_with(queue, pictures)

    queue.work_all()

    pieces = queue.outcomes()
    assert (set(pieces[:-1]), pieces[-1]) == ({"goes on"}, "published")
    assert len(pieces) <= 3 * 3
    assert max(read(queue, name) for name in pictures) <= 3
    shown = queue.system.register.records[ISSUE_ID].editions["en"].pictures
    assert set(shown) == set(pictures)
    assert {picture.largest.path for picture in shown.values()} <= set(queue.system.site.objects)
    assert queue.mail_subjects() == [f"Published: {ISSUE_ID}/en.md"]


def test_nothing_is_listed_or_mailed_before_all_pictures_are_there() -> None:
    queue = Queue()
    an_issue_with(queue, pictures_of(2 * PICTURES_PER_MESSAGE + 10))
    while "goes on" not in queue.outcomes():
        queue.work()
    while queue.outcomes()[-1] == "goes on":
        assert (queue.mail_subjects(), queue.system.ledger.mailings) == ([], {})
        assert ISSUE_ID not in queue.system.site.objects.get("en/index.html", b"").decode()
        queue.work()
    assert queue.outcomes()[-1] == "published"


def test_twenty_five_pictures_are_one_message_that_reads_each_to_show_it_and_to_strip_it() -> None:
    queue, pictures = Queue(), pictures_of(PICTURES_PER_MESSAGE // 2)
    an_issue_with(queue, pictures)
    queue.work_all()
    assert queue.outcomes() == ["published"]
    assert {read(queue, name) for name in pictures} == {2}


def test_a_correction_of_a_text_reads_no_picture_again() -> None:
    queue, pictures = Queue(), pictures_of(3)
    an_issue_with(queue, pictures)
    queue.work_all()
    revision = queue.system.register.records[ISSUE_ID].editions["en"].revision
    text = queue.system.desk.objects[f"issues/{ISSUE_ID}/en.md"].decode()
    queue.upload(f"issues/{ISSUE_ID}/en.md", text.replace("Nothing", "Little"))

    queue.work_all()

    assert queue.system.register.records[ISSUE_ID].editions["en"].revision != revision
    assert {read(queue, name) for name in pictures} == {2}


def test_a_replaced_picture_is_inspected_again_and_a_deleted_one_is_forgotten() -> None:
    queue, pictures = Queue(), pictures_of(2)
    an_issue_with(queue, pictures)
    queue.work_all()
    first, second = pictures
    queue.upload(f"issues/{ISSUE_ID}/{first}", a_picture(700, 20))
    queue.upload(f"issues/{ISSUE_ID}/en.md", f"{GOOD}\n![A view]({first})\n")
    del queue.system.desk.objects[f"issues/{ISSUE_ID}/{second}"]

    queue.work_all()

    assert (read(queue, first), read(queue, second)) == (2 + 2, 2)
    (shown,) = queue.system.register.records[ISSUE_ID].editions["en"].pictures.values()
    assert shown.largest.width == 700
    assert list(queue.system.inspections.kept[f"issues/{ISSUE_ID}"]) == [first]


def test_a_message_that_has_taken_long_continues_in_another() -> None:
    queue, pictures = Queue(), pictures_of(4)
    an_issue_with(queue, pictures)
    queue.system.desk.meanwhile = [lambda: queue.system.clock.move(TIME_PER_MESSAGE / 2)] * 100

    queue.work_all()

    assert queue.outcomes()[0] == "goes on"
    assert queue.outcomes()[-1] == "published"


def test_a_draft_of_many_pictures_is_previewed_in_pieces() -> None:
    queue, pictures, folder = Queue(), pictures_of(PICTURES_PER_MESSAGE + 10), f"drafts/{ISSUE_ID}"
    an_issue_with(queue, pictures, folder)

    queue.work_all()

    assert queue.outcomes(folder)[0] == "goes on"
    assert queue.outcomes(folder)[-1] == "previewed"
    laid = [path for path in queue.system.site.objects if path.startswith("drafts/token-0/media/")]
    assert len(laid) == len(pictures)


def test_pictures_of_more_than_two_hundred_megabytes_are_refused_unread_and_nothing_is_lost() -> None:
    queue = Queue()
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.work_all()
    public = dict(queue.system.site.objects)
    queue.upload(f"issues/{ISSUE_ID}/en.md", f"{GOOD}\n![A view](images/p0.png)\n")
    for number in range(11):
        queue.upload(f"issues/{ISSUE_ID}/images/p{number}.png", bytes(19_000_000))

    queue.work_all()

    assert queue.outcomes()[-1] == "reported"
    assert "209 MB" in queue.system.desk.reports[f"{ISSUE_ID}/en.html"]
    assert queue.system.site.objects == public
    assert not [call for call in queue.system.desk.calls if call.startswith("read ") and "images" in call]


def test_files_that_keep_changing_are_left_to_a_later_message() -> None:
    queue = Queue()
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.work()

    def change() -> None:
        queue.system.desk.objects[f"issues/{ISSUE_ID}/en.md"] += b"\nMore.\n"

    queue.system.desk.meanwhile = [change] * 3
    queue.work_all()
    assert queue.outcomes() == ["published"]


# -- what an original carries does not stay on the desk

FIRST = "images/p000.png"
KEY = f"issues/{ISSUE_ID}/{FIRST}"


def published(queue: Queue) -> bytes:
    """An issue with a picture wider than the site shows, published; gives the original."""
    original = a_picture(1_600, 10)
    an_issue_with(queue, {FIRST: original})
    queue.work_all()
    return original


def state_of(queue: Queue) -> tuple[object, ...]:
    """What readers, editors and mailings see."""
    record = queue.system.register.records[ISSUE_ID]
    return (
        record.editions,
        dict(queue.system.site.objects),
        dict(queue.system.ledger.mailings),
        queue.mail_subjects(),
    )


def test_a_published_original_is_replaced_by_what_carries_only_its_pixels() -> None:
    queue = Queue()
    original = published(queue)
    assert queue.system.desk.objects[KEY] == stripped(FIRST, original) != original


def test_our_own_write_publishes_corrects_and_mails_nothing() -> None:
    queue = Queue()
    published(queue)
    before = state_of(queue)
    queue.system.clock.move(timedelta(hours=1))

    queue.upload(KEY, queue.system.desk.objects[KEY])  # the event of our write
    queue.work_all()

    assert state_of(queue) == before
    assert queue.system.desk.calls["replace_picture"] == 1


def test_the_original_uploaded_again_publishes_nothing_and_is_replaced_again() -> None:
    queue = Queue()
    original = published(queue)
    before, ours = state_of(queue), queue.system.desk.objects[KEY]
    queue.system.clock.move(timedelta(hours=1))
    queue.upload(KEY, original)

    queue.work_all()

    assert state_of(queue) == before
    assert queue.system.desk.objects[KEY] == ours


@dataclass
class DeadlyCache(FakeInspectionCache):
    """A worker crashes once, after it has replaced an original and before it has recorded that."""

    died: bool = False

    def keep(self, folder: str, name: str, state: str, inspection: Inspection) -> None:
        if inspection.is_ours and not self.died:
            self.died = True
            raise DiedError
        super().keep(folder, name, state, inspection)


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_worker_that_crashes_after_the_replacement_leaves_one_good_copy(
    is_remembered: bool,  # noqa: FBT001  # a column
) -> None:
    untouched = Queue()
    published(untouched)
    queue = Queue(PublishingSystem(a_newsletter(editors=(EDITOR,)), inspections=DeadlyCache()))
    with pytest.raises(DiedError):
        published(queue)
    if not is_remembered:
        queue.system.inspections.kept.clear()  # as after restoring the register

    queue.waiting.append(FolderDue(f"issues/{ISSUE_ID}"))
    queue.work_all()

    assert state_of(queue) == state_of(untouched)
    assert queue.system.desk.objects == untouched.system.desk.objects


def test_a_worker_that_crashes_before_the_replacement_leaves_the_original_to_the_next() -> None:
    queue = Queue(PublishingSystem(a_newsletter(editors=(EDITOR,)), desk=DeadlyDesk(at="replace_picture")))
    with pytest.raises(DiedError):
        published(queue)
    original = queue.system.desk.objects[KEY]

    queue.waiting.append(FolderDue(f"issues/{ISSUE_ID}"))
    queue.work_all()

    assert queue.system.desk.objects[KEY] == stripped(FIRST, original)
    assert queue.mail_subjects() == [f"Published: {ISSUE_ID}/en.md"]


def test_an_original_stays_if_its_replacement_is_too_large() -> None:
    """Dots in two colours, made narrower, are in thousands: two megabytes become more than twenty."""
    queue, dots, size = Queue(), BytesIO(), (1_600, 6_400)
    dotted = Image.frombytes("P", size, os.urandom(1_600 * 6_400).translate(b"\0\1" * 128))
    dotted.putpalette((200, 30, 40, 10, 60, 190))
    dotted.save(dots, "PNG")
    ours = stripped(FIRST, dots.getvalue())
    assert [rule for rule, _, _ in picture_rules(ours, FIRST)] == ["picture-too-large"]
    an_issue_with(queue, {FIRST: dots.getvalue()})
    queue.work_all()
    assert queue.system.desk.objects[KEY] == dots.getvalue()
    assert queue.mail_subjects() == [f"Published: {ISSUE_ID}/en.md"]


def test_a_picture_that_no_public_text_shows_stays_as_it_is() -> None:
    queue, picture = Queue(), a_picture(1_600, 10)
    queue.upload(KEY, picture)
    queue.upload(f"issues/{ISSUE_ID}/en.md", GOOD)
    queue.upload(f"drafts/{ISSUE_ID}/{FIRST}", picture)
    queue.upload(f"drafts/{ISSUE_ID}/en.md", f"{GOOD}\n![A view]({FIRST})\n")
    queue.work_all()
    assert [queue.system.desk.objects[f"{where}/{ISSUE_ID}/{FIRST}"] for where in ("issues", "drafts")] == [
        picture,
        picture,
    ]


def test_a_copy_that_was_changed_by_an_editor_is_another_picture() -> None:
    queue = Queue()
    published(queue)
    before = queue.system.register.records[ISSUE_ID].editions["en"].revision
    queue.upload(KEY, a_picture(900, 20))
    queue.work_all()
    assert queue.system.register.records[ISSUE_ID].editions["en"].revision != before
