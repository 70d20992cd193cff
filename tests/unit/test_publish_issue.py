"""From an issue's folder on the desk to pages, mail bodies, held mailings and reports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bs4 import BeautifulSoup

from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.publishing.publish import PublishOutcome
from tests.builders import ISSUE_ID, a_newsletter, an_issue
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.press import Press
from tests.pictures import a_picture

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

    assert press.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    assert set(pages_of(press, "en")) == {f"en/{ISSUE_ID}/index.html", f"en/{ISSUE_ID}/security-1.html"}
    assert "A title" in press.site.page("en/index.html")
    assert "A title" in press.site.page("en/archive/2016.html")
    assert "A title" in press.site.page("en/archive/index.html")
    assert "A quiet border" in press.site.page("en/topics/security/2016.html")
    assert "A title" in press.site.page("en/feed.xml")
    assert f"en/{ISSUE_ID}/index.html" in press.site.page("sitemaps/2016.xml")
    entry = press.register.records[ISSUE_ID].editions["en"]
    assert (entry.title, entry.first_published_at) == ("A title", MONDAY_MORNING)
    kept = (ISSUE_ID, "en", entry.revision)
    assert press.revisions.bodies == {kept: mail_body(an_issue(BODY), press.newsletter)}
    assert press.revisions.texts == {kept: GOOD.encode()}
    assert press.ledger.mailings == {f"{ISSUE_ID}_en": Mailing(ISSUE_ID, "en", MailingState.HELD, DUE_AT)}
    assert press.schedule.due == {f"{ISSUE_ID}_en": DUE_AT}
    assert list(press.desk.reports) == [f"{ISSUE_ID}/en.html"]
    assert "To EN: will be mailed on December 12, 2016, 08:10" in press.desk.reports[f"{ISSUE_ID}/en.html"]
    assert [sent.tags for sent in press.mailer.sent] == [{"kind": "report"}] * 2
    assert mailed(press) == to_each(f"Published: {ISSUE_ID}/en.md")


def test_a_page_is_there_before_any_page_leads_to_it() -> None:
    press = a_press(en=GOOD, be=GOOD)
    press.publish(ISSUE_ID)
    pieces, fronts, lists = (
        [press.site.writes.index(f"{edition}/{path}") for edition in ("en", "be")]
        for path in (f"{ISSUE_ID}/security-1.html", f"{ISSUE_ID}/index.html", "archive/2016.html")
    )
    assert max(pieces) < min(fronts) < max(fronts) < min(lists)


def test_the_same_bytes_do_nothing_the_second_time() -> None:
    press = a_press(en=GOOD, be=BAD)
    press.publish(ISSUE_ID)
    before = (list(press.site.writes), press.register.records[ISSUE_ID], list(press.mailer.sent))
    press.clock.move(timedelta(days=1))

    assert press.publish(ISSUE_ID) is PublishOutcome.UNCHANGED

    assert (press.site.writes, press.register.records[ISSUE_ID], press.mailer.sent) == before


def test_a_folder_without_texts_does_nothing_yet() -> None:
    press = a_press()
    press.upload(ISSUE_ID, "images/bridge.png", a_picture())
    assert press.publish(ISSUE_ID) is PublishOutcome.UNCHANGED
    assert (press.site.objects, press.register.records, press.mailer.sent) == ({}, {}, [])


def test_a_bad_first_file_makes_nothing_public_and_tells_each_editor() -> None:
    press = a_press(en=BAD)

    assert press.publish(ISSUE_ID) is PublishOutcome.REPORTED

    assert (press.site.objects, press.revisions.bodies, press.ledger.mailings) == ({}, {}, {})
    assert press.register.newest("en", 1) == []
    (item,) = BeautifulSoup(press.desk.reports[f"{ISSUE_ID}/en.html"], "html.parser").select("li strong")
    assert item.text.startswith("Line 11: ")
    assert "weather" in item.text
    assert "Line 11" in press.mailer.sent[0].mail.text
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

    assert press.publish(ISSUE_ID) is PublishOutcome.REPORTED

    assert (press.site.objects, press.register.records[ISSUE_ID].editions, press.revisions.bodies) == (
        public,
        entries,
        bodies,
    )
    assert "NOT published" in press.desk.reports[f"{ISSUE_ID}/en.html"]
    assert mailed(press) == to_each(f"NOT published: {ISSUE_ID}/en.md")


def test_a_good_edition_is_published_beside_a_bad_one() -> None:
    press = a_press(en=BAD, be=GOOD)

    assert press.publish(ISSUE_ID) is PublishOutcome.REPORTED

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

    assert press.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    assert mailed(press) == to_each(f"Published: {ISSUE_ID}/en.md")
    alternates = BeautifulSoup(press.site.page(f"be/{ISSUE_ID}/index.html"), "html.parser").select(
        "link[hreflang]"
    )
    assert [tag["hreflang"] for tag in alternates] == ["en", "be", "x-default"]


def test_a_correction_changes_the_pages_and_neither_the_first_day_nor_the_mailing() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    first = press.register.records[ISSUE_ID].editions["en"]
    mailings, due = dict(press.ledger.mailings), dict(press.schedule.due)
    press.clock.move(timedelta(hours=3))
    press.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))

    assert press.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    second = press.register.records[ISSUE_ID].editions["en"]
    assert "Little moved" in press.site.page(f"en/{ISSUE_ID}/security-1.html")
    assert second.commentaries[0].summary == "Little moved."
    assert second.first_published_at == first.first_published_at == MONDAY_MORNING
    assert set(press.revisions.bodies) == {
        (ISSUE_ID, "en", first.revision),
        (ISSUE_ID, "en", second.revision),
    }
    assert (press.ledger.mailings, press.schedule.due) == (mailings, due)


def test_a_correction_is_told_as_one() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    mailed(press)
    press.clock.move(timedelta(minutes=3))
    press.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))
    press.publish(ISSUE_ID)
    assert mailed(press) == to_each(f"Corrected: {ISSUE_ID}/en.md")


def test_a_correction_is_dated_on_the_page_once_somebody_may_have_been_mailed() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    press.clock.move(timedelta(minutes=3))
    press.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))
    press.publish(ISSUE_ID)
    assert "Corrected on" not in press.site.page(f"en/{ISSUE_ID}/index.html")

    mail(press)
    press.clock.move(timedelta(days=1))
    press.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "A little moved"))
    press.publish(ISSUE_ID)

    for name in ("index", "security-1"):
        assert "Corrected on December 13, 2016" in text_of(press, f"en/{ISSUE_ID}/{name}.html")
    assert press.register.records[ISSUE_ID].editions["en"].corrected_at == press.clock.now


def test_an_edition_that_was_not_mailed_is_corrected_without_a_note() -> None:
    press = a_press(be=GOOD, ru=GOOD)
    press.publish(ISSUE_ID)
    mail(press, audience="be-ru", edition="be")
    press.upload(ISSUE_ID, "ru.md", GOOD.replace("Nothing moved", "Little moved"))
    press.publish(ISSUE_ID)
    assert "Little moved" in press.site.page(f"ru/{ISSUE_ID}/security-1.html")
    assert "corrected" not in press.site.page(f"ru/{ISSUE_ID}/index.html").split("<main")[1]
    assert press.register.records[ISSUE_ID].editions["ru"].corrected_at is None


def test_a_changed_picture_is_a_new_revision_under_a_new_name_and_the_old_one_goes() -> None:
    press = a_press(en=GOOD + "\n![A bridge](images/bridge.png)\n")
    revisions, media = [], []
    for shade in (1, 2):
        press.upload(ISSUE_ID, "images/bridge.png", a_picture(shade=shade))
        press.publish(ISSUE_ID)
        revisions.append(press.register.records[ISSUE_ID].editions["en"].revision)
        media.append({path for path in press.site.objects if path.startswith("media/")})
    assert revisions[0] != revisions[1]
    assert (len(media[0]), len(media[1]), media[0] & media[1]) == (1, 1, set())
    assert media[1] <= press.site.forever
    assert media[1].pop() in press.site.page(f"en/{ISSUE_ID}/security-1.html")


def test_a_picture_that_no_text_shows_is_not_public() -> None:
    press = a_press(en=GOOD)
    press.upload(ISSUE_ID, "images/bridge.png", a_picture())
    assert press.publish(ISSUE_ID) is PublishOutcome.PUBLISHED
    assert [path for path in press.site.objects if path.startswith("media/")] == []


def test_a_deleted_file_is_withdrawn_from_pages_lists_feeds_and_its_mailing() -> None:
    press = a_press(en=GOOD, be=GOOD.replace("A title", "Загаловак"))
    press.publish(ISSUE_ID)
    pages = set(pages_of(press, "en"))
    mailed(press)
    press.clock.move(timedelta(minutes=5))
    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]

    assert press.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    assert set(pages_of(press, "en")) == pages
    for path in pages:
        assert "This issue was withdrawn on December 12, 2016" in text_of(press, path)
        assert "Nothing moved" not in text_of(press, path)
    lists = [path for path in press.site.objects if path.startswith("en/") and ISSUE_ID not in path]
    assert [
        path for path in lists if "A title" in press.site.page(path) or ISSUE_ID in press.site.page(path)
    ] == []
    assert f"en/{ISSUE_ID}" not in press.site.page("sitemaps/2016.xml")
    assert f"be/{ISSUE_ID}" in press.site.page("sitemaps/2016.xml")
    assert {m.audience: m.state for m in press.ledger.mailings.values()} == {
        "en": MailingState.WITHDRAWN,
        "be-ru": MailingState.HELD,
    }
    assert f"en/{ISSUE_ID}" not in press.site.page(f"be/{ISSUE_ID}/index.html")
    assert mailed(press) == to_each(f"Withdrawn: {ISSUE_ID}/en.md")
    assert "To EN: will not be mailed" in press.desk.reports[f"{ISSUE_ID}/en.html"]


def test_what_was_withdrawn_comes_back_with_its_first_day_and_a_new_hold() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    public = {**pages_of(press, "en"), "feed": press.site.objects["en/feed.json"]}
    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    press.clock.move(timedelta(hours=1))
    press.publish(ISSUE_ID)
    mailed(press)
    press.clock.move(timedelta(hours=1))
    press.upload(ISSUE_ID, "en.md", GOOD)

    assert press.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    entry = press.register.records[ISSUE_ID].editions["en"]
    assert (entry.first_published_at, entry.withdrawn_at, entry.is_public) == (MONDAY_MORNING, None, True)
    assert set(pages_of(press, "en")) == set(public) - {"feed"}
    assert "Nothing moved" in press.site.page(f"en/{ISSUE_ID}/security-1.html")
    held_anew = Mailing(ISSUE_ID, "en", MailingState.HELD, press.clock.now + timedelta(minutes=10))
    assert press.ledger.mailings == {held_anew.id: held_anew}
    assert len(mailed(press)) == len(EDITORS)


def test_the_kept_texts_of_what_was_withdrawn_expire_and_no_others() -> None:
    press = a_press(en=GOOD, be=GOOD.replace("A title", "Загаловак"))
    press.publish(ISSUE_ID)
    press.upload(ISSUE_ID, "en.md", GOOD.replace("A title", "Another title"))
    press.publish(ISSUE_ID)
    assert press.revisions.expiring == set()

    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    press.publish(ISSUE_ID)

    kept = set(press.revisions.texts)
    assert press.revisions.expiring == {key for key in kept if key[1] == "en"}
    assert len(press.revisions.expiring) == 2


def test_a_text_that_comes_back_expires_no_more() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    press.publish(ISSUE_ID)
    assert press.revisions.expiring != set()

    press.upload(ISSUE_ID, "en.md", GOOD)
    press.publish(ISSUE_ID)

    assert press.revisions.expiring == set()


def test_a_text_that_comes_back_while_another_worker_lets_it_expire_stays() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    text = press.desk.objects.pop(f"issues/{ISSUE_ID}/en.md")
    forget = press.revisions.forget

    def overtaken(issue: str, edition: str) -> None:
        press.revisions.forget = forget  # type: ignore[method-assign]  # a port of this test
        press.desk.objects[f"issues/{ISSUE_ID}/en.md"] = text
        press.publish(ISSUE_ID)
        forget(issue, edition)

    press.revisions.forget = overtaken  # type: ignore[method-assign]  # as above
    press.publish(ISSUE_ID)

    assert press.register.get(ISSUE_ID).published.keys() == {"en"}
    assert press.revisions.expiring == set()


def test_deleting_a_file_that_was_mailed_withdraws_the_pages_and_no_mailing() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    mail(press)
    before = dict(press.ledger.mailings)
    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    press.publish(ISSUE_ID)
    assert press.ledger.mailings == before
    assert "withdrawn" in press.site.page(f"en/{ISSUE_ID}/index.html")
    assert "To EN: is being mailed" in press.desk.reports[f"{ISSUE_ID}/en.html"]


def test_a_file_that_was_never_good_leaves_nothing_when_it_is_deleted() -> None:
    press = a_press(en=BAD)
    press.publish(ISSUE_ID)
    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    press.publish(ISSUE_ID)
    assert press.register.records[ISSUE_ID].editions == {}
    assert (press.site.objects, press.ledger.mailings) == ({}, {})


def test_a_translation_that_comes_later_tells_only_of_itself() -> None:
    press = a_press(en=GOOD)
    press.publish(ISSUE_ID)
    assert "be.md" in press.desk.reports[f"{ISSUE_ID}/en.html"]
    mailed(press)
    press.upload(ISSUE_ID, "be.md", GOOD)
    press.publish(ISSUE_ID)
    assert mailed(press) == to_each(f"Published: {ISSUE_ID}/be.md")


def test_the_time_of_sending_is_when_the_mailing_is_due() -> None:
    press = a_press(en=GOOD.replace("summary:", "send_at: 2016-12-13T08:00\nsummary:"))
    press.publish(ISSUE_ID)
    assert press.schedule.due == {f"{ISSUE_ID}_en": datetime(2016, 12, 13, 6, 0, tzinfo=UTC)}


def mail(press: Press, audience: str = "en", edition: str = "en") -> None:
    """The audience's mailing has begun."""
    mailing = press.ledger.mailings[f"{ISSUE_ID}_{audience}"]
    press.ledger.add(replace(mailing, state=MailingState.SENDING, edition=edition))


def text_of(press: Press, path: str) -> str:
    """What somebody reads on a page, on one line."""
    return " ".join(BeautifulSoup(press.site.page(path), "html.parser").get_text(" ").split())
