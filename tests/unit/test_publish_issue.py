"""From an issue's folder on the desk to pages, mail bodies, held mailings and reports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bs4 import BeautifulSoup

from broadsheet.archive.register import ArchiveTally, Record
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.publishing.publish import PublishOutcome
from tests.builders import ISSUE_ID, a_mailing, a_newsletter, an_issue
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.publishing import PublishingSystem
from tests.pictures import a_picture

EDITORS = ("first@news.example.org", "second@news.example.org")
HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
BODY = "## security\n\n### A quiet border\n\nNothing moved.\n"
GOOD = HEAD + BODY
BAD = HEAD + BODY + "\n## weather\n"
DUE_AT = MONDAY_MORNING + timedelta(minutes=10)


def a_system(**files: str) -> PublishingSystem:
    """Two editors, and these editions of `ISSUE_ID` on the desk."""
    system = PublishingSystem(a_newsletter(editors=EDITORS))
    for edition, text in files.items():
        system.upload(ISSUE_ID, f"{edition}.md", text)
    return system


def pages_of(system: PublishingSystem, edition: str) -> dict[str, bytes]:
    return {
        path: page for path, page in system.site.objects.items() if path.startswith(f"{edition}/{ISSUE_ID}/")
    }


def mailed(system: PublishingSystem) -> list[tuple[str, str]]:
    """The recipients and subjects of the mails since the last call."""
    mails = [(sent.to, sent.mail.subject) for sent in system.mailer.sent]
    system.mailer.sent.clear()
    return mails


def to_each(subject: str) -> list[tuple[str, str]]:
    return [(editor, subject) for editor in EDITORS]


def test_a_report_says_how_many_readers_the_last_mailing_had_and_no_exact_number() -> None:
    system = a_system(en=GOOD)
    for issue, members in (("2015-12-28", 4_321), ("2016-11-21", 1_234), ("2016-11-28", 0)):
        system.register.add(Record(issue, 1))
        system.ledger.add(a_mailing(issue=issue, state=MailingState.DONE, results={"members": members}))

    stopped = a_mailing(issue="2016-11-28", state=MailingState.STOPPED, results={"members": 777})
    system.ledger.add(stopped)

    system.publish(ISSUE_ID)

    report = system.desk.reports[f"{ISSUE_ID}/en.html"]
    assert ("went to about 1,200 readers" in report, "1,234" in report, "4,3" in report) == (
        True,
        False,
        False,
    )


def test_a_broken_correction_during_the_hold_is_reported_with_the_version_that_is_mailed() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    system.clock.move(timedelta(minutes=1))
    system.upload(ISSUE_ID, "en.md", BAD)
    system.publish(ISSUE_ID)
    report = system.desk.reports[f"{ISSUE_ID}/en.html"]
    assert "To EN: the version of December 12, 2016, 08:00 (Europe/Vilnius) will be emailed on" in report
    assert "Nothing public has changed." in report


def test_a_first_publication_makes_pages_a_body_a_mailing_and_a_report() -> None:
    system = a_system(en=GOOD)

    assert system.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    assert set(pages_of(system, "en")) == {f"en/{ISSUE_ID}/index.html", f"en/{ISSUE_ID}/security-1.html"}
    assert "A title" in system.site.page("en/index.html")
    assert "A title" in system.site.page("en/archive/2016.html")
    assert "A title" in system.site.page("en/archive/index.html")
    assert "A quiet border" in system.site.page("en/topics/security/2016.html")
    assert "A title" in system.site.page("en/feed.xml")
    assert f"en/{ISSUE_ID}/index.html" in system.site.page("sitemaps/2016.xml")
    entry = system.register.records[ISSUE_ID].editions["en"]
    assert (entry.title, entry.first_published_at) == ("A title", MONDAY_MORNING)
    kept = (ISSUE_ID, "en", entry.revision)
    assert system.revisions.bodies == {kept: mail_body(an_issue(BODY), system.newsletter)}
    assert system.revisions.texts == {kept: GOOD.encode()}
    assert system.ledger.mailings == {f"{ISSUE_ID}_en": Mailing(ISSUE_ID, "en", MailingState.HELD, DUE_AT)}
    assert system.schedule.due == {f"{ISSUE_ID}_en": DUE_AT}
    assert list(system.desk.reports) == [f"{ISSUE_ID}/en.html"]
    assert (
        "To EN: this text will be emailed on December 12, 2016, 08:10"
        in system.desk.reports[f"{ISSUE_ID}/en.html"]
    )
    assert [sent.tags for sent in system.mailer.sent] == [{"kind": "report"}] * 2
    assert mailed(system) == to_each(f"Published: {ISSUE_ID}/en.md")


def test_a_page_is_there_before_any_page_links_to_it() -> None:
    system = a_system(en=GOOD, be=GOOD)
    system.publish(ISSUE_ID)
    pieces, fronts, lists = (
        [system.site.writes.index(f"{edition}/{path}") for edition in ("en", "be")]
        for path in (f"{ISSUE_ID}/security-1.html", f"{ISSUE_ID}/index.html", "archive/2016.html")
    )
    assert max(pieces) < min(fronts) < max(fronts) < min(lists)


def test_the_same_bytes_do_nothing_the_second_time() -> None:
    system = a_system(en=GOOD, be=BAD)
    system.publish(ISSUE_ID)
    before = (list(system.site.writes), system.register.records[ISSUE_ID], list(system.mailer.sent))
    system.clock.move(timedelta(days=1))

    assert system.publish(ISSUE_ID) is PublishOutcome.UNCHANGED

    assert (system.site.writes, system.register.records[ISSUE_ID], system.mailer.sent) == before


def test_a_folder_without_texts_does_nothing_yet() -> None:
    system = a_system()
    system.upload(ISSUE_ID, "images/bridge.png", a_picture())
    assert system.publish(ISSUE_ID) is PublishOutcome.UNCHANGED
    assert (system.site.objects, system.register.records, system.mailer.sent) == ({}, {}, [])


def test_a_bad_first_file_makes_nothing_public_and_is_reported_to_each_editor() -> None:
    system = a_system(en=BAD)

    assert system.publish(ISSUE_ID) is PublishOutcome.REPORTED

    assert (system.site.objects, system.revisions.bodies, system.ledger.mailings) == ({}, {}, {})
    assert system.register.tally() == ArchiveTally({})
    (item,) = BeautifulSoup(system.desk.reports[f"{ISSUE_ID}/en.html"], "html.parser").select("li strong")
    assert item.text.startswith("Line 11: ")
    assert "weather" in item.text
    assert "Line 11" in system.mailer.sent[0].mail.text
    assert mailed(system) == to_each(f"NOT published: {ISSUE_ID}/en.md")


def test_a_bad_correction_leaves_what_was_public_as_it_was() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    public, entries, bodies = (
        dict(system.site.objects),
        system.register.records[ISSUE_ID].editions,
        dict(system.revisions.bodies),
    )
    mailed(system)
    system.upload(ISSUE_ID, "en.md", BAD)

    assert system.publish(ISSUE_ID) is PublishOutcome.REPORTED

    assert (system.site.objects, system.register.records[ISSUE_ID].editions, system.revisions.bodies) == (
        public,
        entries,
        bodies,
    )
    assert "NOT published" in system.desk.reports[f"{ISSUE_ID}/en.html"]
    assert mailed(system) == to_each(f"NOT published: {ISSUE_ID}/en.md")


def test_a_good_edition_is_published_beside_a_bad_one() -> None:
    system = a_system(en=BAD, be=GOOD)

    assert system.publish(ISSUE_ID) is PublishOutcome.REPORTED

    assert list(system.register.records[ISSUE_ID].editions) == ["be"]
    assert (set(pages_of(system, "en")), len(pages_of(system, "be"))) == (set(), 2)
    assert list(system.ledger.mailings) == [f"{ISSUE_ID}_be-ru"]
    assert mailed(system) == to_each(f"Published: {ISSUE_ID}/be.md") + to_each(
        f"NOT published: {ISSUE_ID}/en.md"
    )


def test_correcting_a_refused_file_publishes_it_and_the_report_is_about_it_only() -> None:
    system = a_system(en=BAD, be=GOOD)
    system.publish(ISSUE_ID)
    mailed(system)
    system.upload(ISSUE_ID, "en.md", GOOD)

    assert system.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    assert mailed(system) == to_each(f"Published: {ISSUE_ID}/en.md")
    alternates = BeautifulSoup(system.site.page(f"be/{ISSUE_ID}/index.html"), "html.parser").select(
        "link[hreflang]"
    )
    assert [tag["hreflang"] for tag in alternates] == ["en", "be", "x-default"]


def test_a_correction_changes_the_pages_and_neither_the_first_day_nor_the_mailing() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    first = system.register.records[ISSUE_ID].editions["en"]
    mailings, due = dict(system.ledger.mailings), dict(system.schedule.due)
    system.clock.move(timedelta(hours=3))
    system.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))

    assert system.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    second = system.register.records[ISSUE_ID].editions["en"]
    assert "Little moved" in system.site.page(f"en/{ISSUE_ID}/security-1.html")
    assert second.commentaries[0].summary == "Little moved."
    assert second.first_published_at == first.first_published_at == MONDAY_MORNING
    assert set(system.revisions.bodies) == {
        (ISSUE_ID, "en", first.revision),
        (ISSUE_ID, "en", second.revision),
    }
    assert (system.ledger.mailings, system.schedule.due) == (mailings, due)


def test_a_correction_is_reported_as_one() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    mailed(system)
    system.clock.move(timedelta(minutes=3))
    system.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))
    system.publish(ISSUE_ID)
    assert mailed(system) == to_each(f"Corrected: {ISSUE_ID}/en.md")


def test_a_correction_is_dated_on_the_page_once_somebody_may_have_been_mailed() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    system.clock.move(timedelta(minutes=3))
    system.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "Little moved"))
    system.publish(ISSUE_ID)
    assert "Corrected on" not in system.site.page(f"en/{ISSUE_ID}/index.html")

    mail(system)
    system.clock.move(timedelta(days=1))
    system.upload(ISSUE_ID, "en.md", GOOD.replace("Nothing moved", "A little moved"))
    system.publish(ISSUE_ID)

    for name in ("index", "security-1"):
        assert "Corrected on December 13, 2016" in text_of(system, f"en/{ISSUE_ID}/{name}.html")
    assert system.register.records[ISSUE_ID].editions["en"].corrected_at == system.clock.now


def test_an_edition_that_was_not_mailed_is_corrected_without_a_note() -> None:
    system = a_system(be=GOOD, ru=GOOD)
    system.publish(ISSUE_ID)
    mail(system, audience="be-ru", edition="be")
    system.upload(ISSUE_ID, "ru.md", GOOD.replace("Nothing moved", "Little moved"))
    system.publish(ISSUE_ID)
    assert "Little moved" in system.site.page(f"ru/{ISSUE_ID}/security-1.html")
    assert "corrected" not in system.site.page(f"ru/{ISSUE_ID}/index.html").split("<main")[1]
    assert system.register.records[ISSUE_ID].editions["ru"].corrected_at is None


def test_a_changed_picture_is_a_new_revision_under_a_new_name_and_the_old_one_goes() -> None:
    system = a_system(en=GOOD + "\n![A bridge](images/bridge.png)\n")
    revisions, media = [], []
    for shade in (1, 2):
        system.upload(ISSUE_ID, "images/bridge.png", a_picture(shade=shade))
        system.publish(ISSUE_ID)
        revisions.append(system.register.records[ISSUE_ID].editions["en"].revision)
        media.append({path for path in system.site.objects if path.startswith("media/")})
    assert revisions[0] != revisions[1]
    assert (len(media[0]), len(media[1]), media[0] & media[1]) == (1, 1, set())
    assert media[1] <= system.site.forever
    assert media[1].pop() in system.site.page(f"en/{ISSUE_ID}/security-1.html")


def test_a_picture_that_no_text_shows_is_not_public() -> None:
    system = a_system(en=GOOD)
    system.upload(ISSUE_ID, "images/bridge.png", a_picture())
    assert system.publish(ISSUE_ID) is PublishOutcome.PUBLISHED
    assert [path for path in system.site.objects if path.startswith("media/")] == []


def test_a_deleted_file_is_withdrawn_from_pages_lists_feeds_and_its_mailing() -> None:
    system = a_system(en=GOOD, be=GOOD.replace("A title", "Загаловак"))
    system.publish(ISSUE_ID)
    pages = set(pages_of(system, "en"))
    mailed(system)
    system.clock.move(timedelta(minutes=5))
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]

    assert system.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    assert set(pages_of(system, "en")) == pages
    for path in pages:
        assert "This issue was withdrawn on December 12, 2016" in text_of(system, path)
        assert "Nothing moved" not in text_of(system, path)
    lists = [path for path in system.site.objects if path.startswith("en/") and ISSUE_ID not in path]
    assert [
        path for path in lists if "A title" in system.site.page(path) or ISSUE_ID in system.site.page(path)
    ] == []
    assert f"en/{ISSUE_ID}" not in system.site.page("sitemaps/2016.xml")
    assert f"be/{ISSUE_ID}" in system.site.page("sitemaps/2016.xml")
    assert {m.audience: m.state for m in system.ledger.mailings.values()} == {
        "en": MailingState.WITHDRAWN,
        "be-ru": MailingState.HELD,
    }
    assert f"en/{ISSUE_ID}" not in system.site.page(f"be/{ISSUE_ID}/index.html")
    assert mailed(system) == to_each(f"Withdrawn: {ISSUE_ID}/en.md")
    assert "To EN: will not be emailed" in system.desk.reports[f"{ISSUE_ID}/en.html"]


def test_a_withdrawn_issue_is_republished_with_its_first_day_and_a_new_hold() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    public = {**pages_of(system, "en"), "feed": system.site.objects["en/feed.json"]}
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.clock.move(timedelta(hours=1))
    system.publish(ISSUE_ID)
    mailed(system)
    system.clock.move(timedelta(hours=1))
    system.upload(ISSUE_ID, "en.md", GOOD)

    assert system.publish(ISSUE_ID) is PublishOutcome.PUBLISHED

    entry = system.register.records[ISSUE_ID].editions["en"]
    assert (entry.first_published_at, entry.withdrawn_at, entry.is_public) == (MONDAY_MORNING, None, True)
    assert set(pages_of(system, "en")) == set(public) - {"feed"}
    assert "Nothing moved" in system.site.page(f"en/{ISSUE_ID}/security-1.html")
    held_anew = Mailing(ISSUE_ID, "en", MailingState.HELD, system.clock.now + timedelta(minutes=10))
    assert system.ledger.mailings == {held_anew.id: held_anew}
    assert len(mailed(system)) == len(EDITORS)


def test_the_kept_texts_of_what_was_withdrawn_expire_and_no_others() -> None:
    system = a_system(en=GOOD, be=GOOD.replace("A title", "Загаловак"))
    system.publish(ISSUE_ID)
    system.upload(ISSUE_ID, "en.md", GOOD.replace("A title", "Another title"))
    system.publish(ISSUE_ID)
    assert system.revisions.expiring == set()

    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.publish(ISSUE_ID)

    kept = set(system.revisions.texts)
    assert system.revisions.expiring == {key for key in kept if key[1] == "en"}
    assert len(system.revisions.expiring) == 2


def test_a_restored_text_no_longer_expires() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.publish(ISSUE_ID)
    assert system.revisions.expiring != set()

    system.upload(ISSUE_ID, "en.md", GOOD)
    system.publish(ISSUE_ID)

    assert system.revisions.expiring == set()


def test_the_kept_texts_of_a_first_publication_are_not_asked_about() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    assert system.revisions.calls["recall"] == 0

    system.upload(ISSUE_ID, "en.md", GOOD.replace("A title", "Another title"))
    system.upload(ISSUE_ID, "be.md", GOOD)
    system.publish(ISSUE_ID)

    assert system.revisions.calls["recall"] == 1  # the corrected one: it may have been withdrawn in between


def test_a_kept_text_that_a_restored_register_does_not_know_no_longer_expires() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.publish(ISSUE_ID)
    system.register.records.clear()

    system.upload(ISSUE_ID, "en.md", GOOD)
    system.publish(ISSUE_ID)

    assert system.revisions.expiring == set()


def test_a_text_that_comes_back_while_another_worker_lets_it_expire_stays() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    text = system.desk.objects.pop(f"issues/{ISSUE_ID}/en.md")
    forget = system.revisions.forget

    def overtaken(issue: str, edition: str) -> None:
        system.revisions.forget = forget  # type: ignore[method-assign]  # a port of this test
        system.desk.objects[f"issues/{ISSUE_ID}/en.md"] = text
        system.publish(ISSUE_ID)
        forget(issue, edition)

    system.revisions.forget = overtaken  # type: ignore[method-assign]  # as above
    system.publish(ISSUE_ID)

    assert system.register.get(ISSUE_ID).published.keys() == {"en"}
    assert system.revisions.expiring == set()


def test_deleting_a_mailed_file_withdraws_the_pages_and_not_the_mailing() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    mail(system)
    before = dict(system.ledger.mailings)
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.publish(ISSUE_ID)
    assert system.ledger.mailings == before
    assert "withdrawn" in system.site.page(f"en/{ISSUE_ID}/index.html")
    assert "To EN: en.md has been going out" in system.desk.reports[f"{ISSUE_ID}/en.html"]


def test_a_file_that_was_never_accepted_leaves_nothing_when_it_is_deleted() -> None:
    system = a_system(en=BAD)
    system.publish(ISSUE_ID)
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.publish(ISSUE_ID)
    assert system.register.records[ISSUE_ID].editions == {}
    assert (system.site.objects, system.ledger.mailings) == ({}, {})


def test_the_report_of_a_later_translation_is_about_that_translation_only() -> None:
    system = a_system(en=GOOD)
    system.publish(ISSUE_ID)
    assert "be.md" in system.desk.reports[f"{ISSUE_ID}/en.html"]
    mailed(system)
    system.upload(ISSUE_ID, "be.md", GOOD)
    system.publish(ISSUE_ID)
    assert mailed(system) == to_each(f"Published: {ISSUE_ID}/be.md")


def test_the_time_of_sending_is_when_the_mailing_is_due() -> None:
    system = a_system(en=GOOD.replace("summary:", "send_at: 2016-12-13T08:00\nsummary:"))
    system.publish(ISSUE_ID)
    assert system.schedule.due == {f"{ISSUE_ID}_en": datetime(2016, 12, 13, 6, 0, tzinfo=UTC)}


def mail(system: PublishingSystem, audience: str = "en", edition: str = "en") -> None:
    """The audience's mailing has begun."""
    mailing = system.ledger.mailings[f"{ISSUE_ID}_{audience}"]
    system.ledger.add(replace(mailing, state=MailingState.SENDING, edition=edition))


def text_of(system: PublishingSystem, path: str) -> str:
    """The text of a page, on one line."""
    return " ".join(BeautifulSoup(system.site.page(path), "html.parser").get_text(" ").split())
