"""From an issue's folder on the desk to pages, mail bodies, held mailings and reports."""

from datetime import UTC, datetime, timedelta

from bs4 import BeautifulSoup

from broadsheet.issues.publish import Outcome
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import Mailing, State
from tests.builders import ISSUE_ID, a_newsletter, an_issue
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.press import Press

EDITORS = ("first@news.example.org", "second@news.example.org")
HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
BODY = "## security\n\n### A quiet border\n\nNothing moved.\n"
GOOD = HEAD + BODY
BAD = HEAD + BODY + "\n## weather\n"
DUE_AT = MONDAY_MORNING + timedelta(minutes=10)


def a_press(**files: str) -> Press:
    """Two editors, and these editions of `ISSUE_ID` on the desk."""
    press = Press(a_newsletter(editors=EDITORS))
    for edition, text in files.items():
        press.upload(ISSUE_ID, f"{edition}.md", text)
    return press


def pages_of(press: Press, edition: str) -> dict[str, bytes]:
    return {
        path: page for path, page in press.site.objects.items() if path.startswith(f"{edition}/{ISSUE_ID}/")
    }


def mailed(press: Press) -> list[tuple[str, str]]:
    """Whom was told what, since the last look."""
    told = [(sent.to, sent.mail.subject) for sent in press.mailer.sent]
    press.mailer.sent.clear()
    return told


def to_each(subject: str) -> list[tuple[str, str]]:
    return [(editor, subject) for editor in EDITORS]


def test_a_first_publication_makes_pages_a_body_a_mailing_and_a_report() -> None:
    press = a_press(en=GOOD)

    assert press.publish(ISSUE_ID) is Outcome.PUBLISHED

    assert set(pages_of(press, "en")) == {f"en/{ISSUE_ID}/index.html", f"en/{ISSUE_ID}/security-1.html"}
    assert "A title" in press.site.page("en/index.html")
    assert "A title" in press.site.page("en/archive/2016.html")
    assert "A title" in press.site.page("en/archive/index.html")
    entry = press.register.records[ISSUE_ID].editions["en"]
    assert (entry.title, entry.first_published_at) == ("A title", MONDAY_MORNING)
    assert press.revisions.bodies == {
        (ISSUE_ID, "en", entry.revision): mail_body(an_issue(BODY), press.newsletter)
    }
    assert press.ledger.mailings == {f"{ISSUE_ID}_en": Mailing(ISSUE_ID, "en", State.HELD, DUE_AT)}
    assert press.schedule.due == {f"{ISSUE_ID}_en": DUE_AT}
    assert list(press.desk.reports) == [f"{ISSUE_ID}/en.html"]
    assert (
        "The mailing to EN will begin at 2016-12-12 08:10 EET." in press.desk.reports[f"{ISSUE_ID}/en.html"]
    )
    assert [sent.tags for sent in press.mailer.sent] == [{"kind": "report"}] * 2
    assert mailed(press) == to_each(f"Published: {ISSUE_ID}/en.md")


def test_the_same_bytes_do_nothing_the_second_time() -> None:
    press = a_press(en=GOOD, be=BAD)
    press.publish(ISSUE_ID)
    before = (list(press.site.writes), press.register.records[ISSUE_ID], list(press.mailer.sent))
    press.clock.move(timedelta(days=1))

    assert press.publish(ISSUE_ID) is Outcome.UNCHANGED

    assert (press.site.writes, press.register.records[ISSUE_ID], press.mailer.sent) == before


def test_a_folder_without_texts_does_nothing_yet() -> None:
    press = a_press()
    press.upload(ISSUE_ID, "images/bridge.jpg", b"JPEG")
    assert press.publish(ISSUE_ID) is Outcome.UNCHANGED
    assert (press.site.objects, press.register.records, press.mailer.sent) == ({}, {}, [])


def test_a_bad_first_file_makes_nothing_public_and_tells_each_editor() -> None:
    press = a_press(en=BAD)

    assert press.publish(ISSUE_ID) is Outcome.REPORTED

    assert (press.site.objects, press.revisions.bodies, press.ledger.mailings) == ({}, {}, {})
    assert press.register.newest("en", 1) == []
    items = BeautifulSoup(press.desk.reports[f"{ISSUE_ID}/en.html"], "html.parser").select("li strong")
    assert [item.text for item in items] == [
        f"issues/{ISSUE_ID}/en.md, line 11: “weather” is not one of this edition's topics."
    ]
    assert "line 11" in press.mailer.sent[0].mail.text
    assert mailed(press) == to_each(f"NOT published: {ISSUE_ID}/en.md")


def test_a_bad_correction_leaves_what_was_public_as_it_was() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    public, entries, bodies = (
        dict(press.site.objects),
        press.register.records[ISSUE_ID].editions,
        dict(press.revisions.bodies),
    )
    mailed(press)
    press.upload(ISSUE_ID, "en.md", BAD)

    assert press.publish(ISSUE_ID) is Outcome.REPORTED

    assert (press.site.objects, press.register.records[ISSUE_ID].editions, press.revisions.bodies) == (
        public,
        entries,
        bodies,
    )
    assert "NOT published" in press.desk.reports[f"{ISSUE_ID}/en.html"]
    assert mailed(press) == to_each(f"NOT published: {ISSUE_ID}/en.md")


def test_a_good_edition_is_published_beside_a_bad_one() -> None:
    press = a_press(en=BAD, be=GOOD)

    assert press.publish(ISSUE_ID) is Outcome.REPORTED

    assert list(press.register.records[ISSUE_ID].editions) == ["be"]
    assert (set(pages_of(press, "en")), len(pages_of(press, "be"))) == (set(), 2)
    assert list(press.ledger.mailings) == [f"{ISSUE_ID}_be-ru"]
    assert mailed(press) == to_each(f"Published: {ISSUE_ID}/be.md") + to_each(
        f"NOT published: {ISSUE_ID}/en.md"
    )


def test_mending_a_file_publishes_it_and_tells_of_it_alone() -> None:
    press = a_press(en=BAD, be=GOOD)
    press.publish(ISSUE_ID)
    mailed(press)
    press.upload(ISSUE_ID, "en.md", GOOD)

    assert press.publish(ISSUE_ID) is Outcome.PUBLISHED

    assert mailed(press) == to_each(f"Published: {ISSUE_ID}/en.md")
    alternates = BeautifulSoup(press.site.page(f"be/{ISSUE_ID}/index.html"), "html.parser").select(
        "link[hreflang]"
    )
    assert [tag["hreflang"] for tag in alternates] == ["en", "be"]


def test_a_correction_changes_the_pages_and_neither_the_first_day_nor_the_mailing() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    first = press.register.records[ISSUE_ID].editions["en"]
    mailings, due = dict(press.ledger.mailings), dict(press.schedule.due)
    press.clock.move(timedelta(hours=3))
    press.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))

    assert press.publish(ISSUE_ID) is Outcome.PUBLISHED

    second = press.register.records[ISSUE_ID].editions["en"]
    assert "Little moved" in press.site.page(f"en/{ISSUE_ID}/security-1.html")
    assert second.commentaries[0].summary == "Little moved."
    assert second.first_published_at == first.first_published_at == MONDAY_MORNING
    assert set(press.revisions.bodies) == {
        (ISSUE_ID, "en", first.revision),
        (ISSUE_ID, "en", second.revision),
    }
    assert (press.ledger.mailings, press.schedule.due) == (mailings, due)


def test_a_changed_picture_is_a_new_revision_under_a_new_name() -> None:
    press = a_press(en=GOOD + "\n![A bridge](images/bridge.jpg)\n")
    revisions, media = [], []
    for content in (b"one", b"two"):
        press.upload(ISSUE_ID, "images/bridge.jpg", content)
        press.publish(ISSUE_ID)
        revisions.append(press.register.records[ISSUE_ID].editions["en"].revision)
        media.append({path for path in press.site.forever if path.startswith("media/")})
    assert revisions[0] != revisions[1]
    assert (len(media[0]), len(media[1]), media[0] < media[1]) == (1, 2, True)


def test_the_time_of_sending_is_when_the_mailing_is_due() -> None:
    press = a_press(en=GOOD.replace("summary:", "send_at: 2016-12-13T08:00\nsummary:"))
    press.publish(ISSUE_ID)
    assert press.schedule.due == {f"{ISSUE_ID}_en": datetime(2016, 12, 13, 6, 0, tzinfo=UTC)}
