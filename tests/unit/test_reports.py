"""Reports to editors about each file: in their language, clearly good or bad, and once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from broadsheet.archive.register import Record
from broadsheet.content.findings import Finding
from broadsheet.language import report_words
from broadsheet.mailings.hold import OLD, SAID_NO
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.publishing.proofread import Proof, Proofreader
from broadsheet.publishing.report import (
    CHANGES_BY_ITSELF,
    FileOutcome,
    Report,
    ReportContext,
    ReportedMailing,
    report_mail,
    reports_of,
    write_report,
)
from tests.builders import ISSUE_ID, a_mailing, a_newsletter, a_published_edition, a_record
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.issues import FakeDesk

LANGUAGES = ("en", "be", "ru")
GOOD = (
    "---\ntitle: A “title” & more\nsummary: A summary.\n---\n## security\n\n### A border\n\nNothing moved.\n"
)
BAD = GOOD + "\n## <weather>\n"
FILE = f"issues/{ISSUE_ID}/en.md"
ERROR = Finding(FILE, 11, "topic-unknown", {"heading": "weather", "known": "Security issues"})
ALONE = Finding(FILE, 1, CHANGES_BY_ITSELF, {"editions": "be", "files": "be.md"}, is_error=False)
WARNING = Finding(FILE, 7, "link-words", {"words": "here"}, is_error=False)
LATER = MONDAY_MORNING + timedelta(hours=3)
DUE = "December 12, 2016, 08:10 (Europe/Vilnius)"
MORNING = "December 12, 2016, 08:00 (Europe/Vilnius)"


def proof_of(text: str, edition: str = "en") -> Proof:
    folder = f"issues/{ISSUE_ID}"
    files = FakeDesk({f"{folder}/{edition}.md": text.encode()}).files(folder)
    return Proofreader(folder, ISSUE_ID, files, a_newsletter()).proof(edition)


def reported(record: Record, *proofs: Proof, mailings: tuple[Mailing, ...] = ()) -> list[Report]:
    return reports_of(record, proofs, list(mailings), a_newsletter())


def a_report(outcome: FileOutcome = FileOutcome.PUBLISHED, **changes: Any) -> Report:
    """A report with everything that one of this outcome can contain."""
    report = Report(ISSUE_ID, "en", outcome, ())
    if outcome in (FileOutcome.PUBLISHED, FileOutcome.CORRECTED, FileOutcome.DRAFT):
        page = f"https://news.example.org/en/{ISSUE_ID}/index.html"
        report = Report(ISSUE_ID, "en", outcome, (WARNING,), "r" * 20, "A <title>", page, 5, 46_400)
    elif outcome is FileOutcome.REFUSED:
        report = replace(report, findings=(ERROR, WARNING))
    return replace(report, **changes)


def shown(report: Report, language: str = "en") -> str:
    """What an editor reads on the page, on one line."""
    html = report_mail(report, a_newsletter(editors_language=language)).html
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def mailed(report: Report, language: str = "en") -> str:
    """What an editor reads in the mail, on one line."""
    newsletter = a_newsletter(editors_language=language)
    return " ".join(report_mail(report, newsletter).text.split())


def parts(sentence: str, values: Mapping[str, object]) -> str:
    return " ".join(sentence.format(**values).split())


# -- the outcome of a file


def test_a_file_that_is_public_for_the_first_time_is_published() -> None:
    proof = proof_of(GOOD)
    entry = a_published_edition(revision=proof.revision)
    (report,) = reported(a_record(editions={"en": entry}), proof, mailings=(a_mailing(),))
    assert proof.body is not None
    assert report == Report(
        ISSUE_ID,
        "en",
        FileOutcome.PUBLISHED,
        proof.findings,
        proof.revision,
        "A “title” & more",
        f"https://news.example.org/en/{ISSUE_ID}/index.html",
        1,
        len(proof.body.html.encode()),
        (ReportedMailing("EN", "held", DUE, "en.md", MORNING),),
    )


def test_a_file_that_was_public_before_is_corrected() -> None:
    proof = proof_of(GOOD)
    entry = a_published_edition(revision=proof.revision, changed_at=LATER)
    assert [report.outcome for report in reported(a_record(editions={"en": entry}), proof)] == [
        FileOutcome.CORRECTED
    ]


def test_a_file_that_cannot_be_published_is_refused_even_if_an_older_text_is_public() -> None:
    proof = proof_of(BAD)
    refused = Report(ISSUE_ID, "en", FileOutcome.REFUSED, proof.findings)
    assert reported(Record(ISSUE_ID), proof) == [refused]
    assert reported(a_record(), proof) == [replace(refused, kept=MORNING)]


def test_a_deleted_file_is_withdrawn_and_the_report_says_what_became_of_its_mailing() -> None:
    record = a_record(editions={"en": a_published_edition(withdrawn_at=LATER)})
    mailing = a_mailing(state=MailingState.WITHDRAWN, edition="", revision="", chunk_count=0)
    written = ReportedMailing("EN", MailingState.WITHDRAWN, DUE, "en.md")
    assert reported(record, mailings=(mailing,)) == [
        Report(ISSUE_ID, "en", FileOutcome.WITHDRAWN, (), mailings=(written,))
    ]


def test_a_withdrawn_file_that_is_back_but_broken_is_refused_and_not_withdrawn_once_more() -> None:
    record = a_record(editions={"en": a_published_edition(withdrawn_at=LATER)})
    assert [report.outcome for report in reported(record, proof_of(BAD))] == [FileOutcome.REFUSED]


def test_the_report_of_a_file_names_the_mailings_that_it_may_go_out_with() -> None:
    entry = a_published_edition(revision=proof_of(GOOD, "ru").revision)
    mailings = (
        a_mailing(),
        a_mailing(audience="be-ru", state=MailingState.SENDING),
        a_mailing(audience="gone"),
    )
    (report,) = reported(a_record(editions={"ru": entry}), proof_of(GOOD, "ru"), mailings=mailings)
    assert [(written.label, written.state) for written in report.mailings] == [
        ("BE/RU", MailingState.SENDING)
    ]


# -- which text goes, to how many, and how to stop it


def lines_of(
    edition: str, text: str, record: Record, *mailings: Mailing, **context: Any
) -> list[ReportedMailing]:
    (report,) = reports_of(
        record, [proof_of(text, edition)], list(mailings), a_newsletter(), ReportContext(**context)
    )
    return list(report.mailings)


def published(*editions: str, changed_at: datetime = MONDAY_MORNING) -> Record:
    return a_record(editions={each: a_published_edition(changed_at=changed_at) for each in editions})


def test_during_the_hold_a_refused_file_s_report_says_which_version_is_mailed() -> None:
    record = published("en", changed_at=LATER)
    (line,) = lines_of("en", BAD, record, a_mailing())
    version = "December 12, 2016, 11:00 (Europe/Vilnius)"
    assert (line.state, line.version) == ("held_before", version)
    report = a_report(FileOutcome.REFUSED, kept=version, mailings=(line,))
    for text in (shown(report), mailed(report)):
        assert f"The version of {version} stays public." in text
        assert (
            f"To EN: the version of {version} will be emailed on {DUE},"
            " unless a corrected file comes before then." in text
        )
        assert "To stop the email, upload this file before then with the line “mail: no” in its head." in text


def test_a_refused_file_that_was_never_public_has_no_mailing_in_its_report() -> None:
    assert lines_of("en", BAD, published("be"), a_mailing(), a_mailing(audience="be-ru")) == []


def test_the_report_of_a_correction_says_that_the_corrected_text_is_mailed_and_nothing_against_it() -> None:
    (line,) = lines_of("en", GOOD, published("en", changed_at=LATER), a_mailing())
    text = mailed(a_report(FileOutcome.CORRECTED, mailings=(line,)))
    assert f"To EN: this text, as corrected, will be emailed on {DUE}." in text
    assert "Nobody" not in text


def test_a_report_names_the_edition_that_goes_where_it_is_another_one() -> None:
    lines = [
        lines_of(edition, GOOD, published("be", "ru"), a_mailing(audience="be-ru"))[0]
        for edition in ("be", "ru")
    ]
    assert [(line.state, line.file) for line in lines] == [("held", "be.md"), ("held_other", "be.md")]
    text = mailed(a_report(mailings=(lines[1],)))
    assert f"To BE/RU: be.md will be emailed on {DUE}, not this text." in text
    assert "To stop the email" not in text


def test_a_mailing_that_has_begun_names_the_edition_that_was_frozen() -> None:
    mailing = a_mailing(audience="be-ru", state=MailingState.SENDING, edition="ru")
    (line,) = lines_of("be", GOOD, published("be", "ru"), mailing)
    assert f"To BE/RU: ru.md has been going out since {DUE}." in mailed(a_report(mailings=(line,)))


def test_a_mailing_that_is_due_already_is_mailed_now() -> None:
    (line,) = lines_of("en", GOOD, published("en"), a_mailing(), now=LATER)
    assert line.state == "held_now"


@pytest.mark.parametrize(
    ("language", "count"), [("en", "about 1,200"), ("be", "каля 1\u202f200"), ("ru", "около 1\u202f200")]
)
def test_a_held_mailing_says_how_many_readers_there_were_last_time_rounded(language: str, count: str) -> None:
    newsletter = a_newsletter(editors_language=language)
    context = ReportContext(readers={"en": 1_234}.__getitem__)
    (report,) = reports_of(published("en"), [proof_of(GOOD)], [a_mailing()], newsletter, context)
    assert report.mailings[0].readers == count
    sentence = report_words(language)["report_readers"].format(count=count)
    for text in (shown(report, language), mailed(report, language)):
        assert " ".join(sentence.split()) in text
        assert "234" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["held", "held_corrected", "held_before", "held_now", "held_other"])
def test_each_line_of_a_held_mailing_has_its_text(state: str, language: str) -> None:
    report = a_report(mailings=(ReportedMailing("BE/RU", state, DUE, "be.md", MORNING, "about 1,200"),))
    words = report_words(language)
    values = {"audience": "BE/RU", "due": DUE, "file": "be.md", "version": MORNING}
    for text in (shown(report, language), mailed(report, language)):
        assert parts(words[f"report_mailing_{state}"], values) in text
        assert (words["report_stop"] in text) is (state != "held_other")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", ["corrected", "withdrawn", "refused"])
@pytest.mark.parametrize("state", list(MailingState))
def test_who_changes_a_text_that_is_being_mailed_learns_that_the_mail_stays_as_it_was(
    state: MailingState, outcome: str, language: str
) -> None:
    line = ReportedMailing("EN", state, DUE, "en.md")
    report = a_report(FileOutcome(outcome), mailings=(line,))
    sentence = report_words(language)["report_goes_on"].format(issue=ISSUE_ID)
    goes_on = state in {"sending", "paused", "parked", "stopped"}
    for text in (shown(report, language), mailed(report, language)):
        assert (" ".join(sentence.split()) in text) is goes_on
    of_another = replace(report, mailings=(replace(line, file="be.md"),))
    published_first = replace(report, outcome=FileOutcome.PUBLISHED)
    assert not of_another.goes_on
    assert not published_first.goes_on


# -- in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", list(FileOutcome))
def test_each_outcome_has_its_words_on_the_page_in_the_mail_and_in_its_subject(
    outcome: FileOutcome, language: str
) -> None:
    words, report = report_words(language), a_report(outcome)
    name, text = words[f"report_{outcome}"], " ".join(words[f"report_{outcome}_text"].split())
    assert report_mail(report, a_newsletter(editors_language=language)).subject == f"{name}: {ISSUE_ID}/en.md"
    for written in (shown(report, language), mailed(report, language)):
        assert f"{name}: {ISSUE_ID}/en.md" in written
        assert text in written
        assert "report_" not in written
        assert "{" not in written


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(MailingState))
def test_each_state_of_a_mailing_has_its_text(state: MailingState, language: str) -> None:
    due = "December 12, 2016, 08:10 (Europe/Vilnius)"
    report = a_report(mailings=(ReportedMailing("BE/RU", state, due, "be.md"),))
    values = {"audience": "BE/RU", "due": due, "file": "be.md"}
    sentence = parts(report_words(language)[f"report_mailing_{state}"], values)
    assert "BE/RU" in sentence
    assert sentence in shown(report, language)
    assert sentence in mailed(report, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("mailing", "words", "days"),
    [
        (a_mailing(state=MailingState.WITHDRAWN, reason=OLD), "old", "35"),
        (a_mailing(state=MailingState.WITHDRAWN, reason=SAID_NO), "said_no", ""),
        (a_mailing(reason=NEEDS_APPROVAL), "unconfirmed", ""),
    ],
)
def test_the_reason_why_a_mailing_is_not_held_or_does_not_begin_is_reported_with_what_to_write(
    mailing: Mailing, words: str, days: str, language: str
) -> None:
    proof = proof_of(GOOD)
    record = a_record(editions={"en": a_published_edition(revision=proof.revision)})
    (report,) = reported(record, proof, mailings=(mailing,))
    sentence = parts(report_words(language)[f"report_mailing_{words}"], {"audience": "EN", "days": days})
    assert "mail: " in sentence
    assert sentence in shown(report, language)
    assert sentence in mailed(report, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_delivery_statuses_and_mailing_states_are_distinct(language: str) -> None:
    words = report_words(language)
    names = [words[f"report_{fate}"] for fate in FileOutcome]
    states = [words[f"report_mailing_{state}"] for state in MailingState]
    assert (len(set(names)), len(set(states))) == (len(FileOutcome), len(MailingState))


def test_a_language_without_words_is_shown_in_english() -> None:
    assert mailed(a_report(), "fr") == mailed(a_report(), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_success_and_failure_differ_at_first_glance(language: str) -> None:
    looks = {}
    for outcome in FileOutcome:
        newsletter = a_newsletter(editors_language=language)
        soup = BeautifulSoup(report_mail(a_report(outcome), newsletter).html, "html.parser")
        heading = soup.select_one("h1")
        assert heading is not None
        colour = re.search(r"background-color:(#\w+)", str(heading["style"]))
        mark, subject = heading.text.split()[0], report_mail(a_report(outcome), newsletter).text.split()[0]
        looks[outcome] = (mark, subject, colour[1] if colour else "")
    assert looks[FileOutcome.PUBLISHED] == looks[FileOutcome.CORRECTED] == ("✓", "[OK]", "#1d6b3a")
    assert looks[FileOutcome.REFUSED] == ("✗", "[!]", "#a3212b")
    assert len({looks[outcome] for outcome in FileOutcome}) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_finding_has_its_line_and_is_in_the_editors_language(language: str) -> None:
    report, words = a_report(FileOutcome.REFUSED), report_words(language)
    for finding in (ERROR, WARNING):
        written = finding.text(language)
        for text in (shown(report, language), mailed(report, language)):
            assert words["report_line"].format(line=finding.line) in text
            for sentence in (written.what, written.why, written.mend):
                assert sentence
                assert " ".join(sentence.split()) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_about_a_file_s_place_has_no_line(language: str) -> None:
    misplaced = Finding("en.zip", 0, "file-not-read", {"name": "en.zip"})
    report = a_report(FileOutcome.REFUSED, findings=(misplaced,))
    for text in (shown(report, language), mailed(report, language)):
        assert " ".join(misplaced.text(language).what.split()) in text
        assert report_words(language)["report_line"].format(line=0) not in text
    assert str(misplaced).startswith("en.zip: error: ")


def test_errors_are_listed_before_warnings() -> None:
    words, text = report_words("en"), mailed(a_report(FileOutcome.REFUSED))
    places = [
        text.index(part) for part in (words["report_errors"], "Line 11", words["report_warnings"], "Line 7")
    ]
    assert places == sorted(places)


def test_an_editor_s_text_is_escaped_on_the_page_and_as_typed_in_the_mail() -> None:
    html = report_mail(a_report(), a_newsletter()).html
    assert "A &lt;title&gt;" in html
    assert "A <title>" not in html
    assert "A <title>" in mailed(a_report())


def test_a_page_is_named_with_its_address_and_size() -> None:
    for written in (shown(a_report()), mailed(a_report())):
        assert f"https://news.example.org/en/{ISSUE_ID}/index.html" in written
        assert "Commentaries: 5. Size of the email: 46 kB (at most 90)." in written
    assert "index.html" not in mailed(a_report(FileOutcome.REFUSED)) + mailed(a_report(FileOutcome.WITHDRAWN))


def test_a_draft_links_to_its_mail_too() -> None:
    assert "/mail.html" in report_mail(a_report(FileOutcome.DRAFT), a_newsletter()).html
    assert "/mail.html" not in report_mail(a_report(), a_newsletter()).html


def test_a_report_loads_nothing_and_is_not_indexed() -> None:
    soup = BeautifulSoup(report_mail(a_report(), a_newsletter()).html, "html.parser")
    assert [tag.name for tag in soup.select("script, link, img, iframe")] == []
    assert re.findall(r"url\(|@import", soup.text) == []
    assert soup.select_one('meta[name=robots][content="noindex"]') is not None


def test_a_report_says_that_a_machine_wrote_it() -> None:
    desk = FakeDesk()
    mail = write_report(a_report(), desk, a_newsletter())
    assert mail.headers == {"Auto-Submitted": "auto-generated"}
    assert desk.reports == {f"{ISSUE_ID}/en.html": mail.html}


@pytest.mark.parametrize("outcome", list(FileOutcome))
def test_who_hears_a_report_hears_no_signs(outcome: FileOutcome) -> None:
    html = report_mail(a_report(outcome), a_newsletter()).html
    heading = BeautifulSoup(html, "html.parser").find("h1")
    assert heading.find("span", attrs={"aria-hidden": "true"}).extract().get_text() in list("✓✗–✎")
    assert heading.get_text(strip=True).startswith(report_words("en")[f"report_{outcome}"])


# -- once


def test_a_new_outcome_has_another_digest() -> None:
    published, refused = a_report(findings=()), a_report(FileOutcome.REFUSED)
    outcomes = [
        published,
        refused,
        a_report(FileOutcome.WITHDRAWN),
        replace(published, revision="s" * 20),
        replace(published, findings=(WARNING,)),
        replace(refused, findings=(replace(ERROR, line=12), WARNING)),
        replace(refused, findings=(replace(ERROR, values={"heading": "whether"}), WARNING)),
    ]
    assert len({report.digest for report in outcomes}) == len(outcomes)


def test_an_outcome_is_what_was_found_and_not_how_it_is_worded() -> None:
    wordless = Finding(ERROR.file, 1, "a rule without sentences", {"text": "one"})
    first, second = (
        a_report(findings=(replace(wordless, values={"text": text}),)) for text in ("one", "two")
    )
    assert first.digest != second.digest


def test_findings_that_change_with_time_are_no_new_outcome() -> None:
    published = a_report(findings=())
    same = [
        replace(published, findings=(ALONE,)),
        replace(published, outcome=FileOutcome.CORRECTED),
        replace(published, mailings=(ReportedMailing("EN", MailingState.DONE, "yesterday"),)),
        replace(published, title="Another"),
    ]
    assert {report.digest for report in same} == {published.digest}


def test_a_refused_file_beside_which_a_translation_appears_is_reported_once() -> None:
    refused = a_report(FileOutcome.REFUSED)
    assert replace(refused, findings=(ALONE, *refused.findings)).digest == refused.digest
