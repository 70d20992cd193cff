"""Checks that need other files: doubled weeks, dead links, missing translations, large mails."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from broadsheet.content.checks.links import link_findings
from broadsheet.content.checks.weeks import (
    Week,
    period_findings,
    text_digest,
    translation_findings,
    week_findings,
)
from broadsheet.content.findings import Finding
from tests.builders import a_newsletter, an_issue

FILE = "issues/2016-12-05/en.md"
MONDAY = date(2016, 12, 5)
DAYS = "2016-12-05 – 2016-12-11"


def a_week(monday: date, issue_id: str = "", digest: str = "") -> Week:
    return Week(issue_id or monday.isoformat(), monday, monday + timedelta(days=6), "A title", digest)


def weeks(*days: int) -> list[Week]:
    """Weeks so many weeks from that of 5 December 2016."""
    return [a_week(MONDAY + timedelta(weeks=number)) for number in days]


TWIN = a_week(MONDAY, "2016-12-05-again")


def found(others: list[Week], issue_id: str = "2016-12-05") -> list[tuple[str, bool, str]]:
    issue = replace(an_issue("Text."), id=issue_id)
    return [
        (f.rule, f.is_error, f.values["missing"]) for f in week_findings(FILE, issue, others, a_newsletter())
    ]


def test_a_week_covered_twice_while_the_one_before_is_missing() -> None:
    (finding,) = week_findings(FILE, an_issue("Text."), [TWIN, *weeks(-3, -2, 1)], a_newsletter())
    assert finding == Finding(
        FILE,
        1,
        "week-twice",
        {"other": "2016-12-05-again", "week": DAYS, "missing": "2016-11-28 – 2016-12-04"},
        is_error=False,
    )


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([TWIN, *weeks(-1, 2)], [("week-twice", False, "2016-12-12 – 2016-12-18")]),
        ([TWIN, *weeks(-1, 1)], []),
        ([TWIN, *weeks(-1)], []),
        (weeks(-2, 2), []),
        (weeks(0), []),
        ([], []),
    ],
)
def test_a_week_is_only_reported_missing_beside_a_doubled_one(
    others: list[Week], expected: list[tuple[str, bool, str]]
) -> None:
    assert found(others) == expected


def test_a_folder_with_the_period_of_another_week_leaves_its_own_week_out() -> None:
    assert found([*weeks(0), *weeks(-2, 1)], "2016-11-28") == [
        ("week-twice", True, "2016-11-28 – 2016-12-04")
    ]


def test_a_text_that_already_exists() -> None:
    digest = text_digest(an_issue("Text."))
    before = a_week(MONDAY - timedelta(weeks=1), digest=digest)
    assert found([before, *weeks(-2, 1)]) == [("text-twice", False, "")]
    assert found([before, *weeks(-3, 2)]) == [("text-twice-week-missing", False, "2016-12-12 – 2016-12-18")]
    assert text_digest(an_issue("Text!")) != digest == text_digest(an_issue("  Text.\n"))


def test_the_week_before_the_first_is_not_missing() -> None:
    assert found([TWIN]) == found([TWIN, *weeks(1, 2)]) == []


def test_a_newsletter_without_a_weekly_cadence_has_no_weeks() -> None:
    free = a_newsletter(cadence="free")
    assert week_findings(FILE, an_issue("Text."), [TWIN, *weeks(-3, -2, 1)], free) == []


def test_a_week_skipped_at_new_year_is_no_finding() -> None:
    assert found(weeks(-1, 4, 5)) == []


PAGES = {
    "en/index.html",
    "en/2016-11-28/index.html",
    "en/2016-11-28/security-1.html",
    "be/2016-12-05/index.html",
    "index.html",
}


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("../2016-11-28/index.html", None),
        ("../2016-11-28/security-1.html#note", None),
        ("/be/2016-12-05/index.html", None),
        ("https://news.example.org/en/index.html?x=1", None),
        ("https://news.example.org", None),
        ("https://news.example.org/api/subscribe", None),
        ("security-1.html", None),
        ("#part", None),
        ("https://elsewhere.example/gone.html", None),
        ("mailto:desk@example.org", None),
        ("../2016-11-21/index.html", "link-dead"),
        ("/en/2016-11-28/security-2.html", "link-dead"),
        ("http://NEWS.example.org/gone.html", "link-dead"),
        ("security-2.html", "link-dead"),
        ("../2016-11-28/", "link-folder"),
        ("/en/2016-11-28", "link-folder"),
    ],
)
def test_links_within_the_site(url: str, rule: str | None) -> None:
    issue = an_issue(f"## security\n\n### H\n\nText.\n\nSee [the text]({url}).")
    findings = link_findings(FILE, issue, a_newsletter(), PAGES.__contains__)
    assert [(f.line, f.rule, f.is_error) for f in findings] == ([(11, rule, False)] if rule else [])


@pytest.mark.parametrize(
    ("url", "is_dead"),
    [
        *((url, False) for url in ("/en/about.html", "/be/feed.xml", "/en/feed.json", "/sitemap.xml")),
        *((url, False) for url in ("/assets/style-1.css", "/sitemaps/2016.xml", "/robots.txt", "/404.html")),
        *((url, False) for url in ("/en/topics/security/index.html", "/en/archive/2016.html")),
        ("/en/topics/security/2016.html", False),
        ("/en/topics/nope/index.html", True),
        ("/en/topics/security/1999.html", True),
        ("/en/archive/1999.html", True),
    ],
)
def test_links_to_pages_that_always_exist_are_never_dead(url: str, is_dead: bool) -> None:  # noqa: FBT001  # a case's column
    findings = link_findings(FILE, an_issue(f"[a text]({url})"), a_newsletter(), lambda _: False)
    assert [f.rule for f in findings] == (["link-dead"] if is_dead else [])


def test_a_link_to_a_removed_commentary_of_this_issue_is_dead_while_the_site_still_has_its_page() -> None:
    issue = an_issue("## security\n\n### H\n\n[a](security-7.html) [b](security-1.html)")
    findings = link_findings(FILE, issue, a_newsletter(), lambda _: True)
    assert [f.values["url"] for f in findings] == ["security-7.html"]


def test_links_in_html_are_looked_up_too() -> None:
    issue = an_issue('Text.\n\n<p><a href="/en/nope.html">words</a></p>')
    findings = link_findings(FILE, issue, a_newsletter(), lambda _: False)
    assert [(f.line, f.rule) for f in findings] == [(7, "link-dead")]


def test_a_path_is_looked_up_once_and_only_up_to_a_limit() -> None:
    asked: list[str] = []

    def exists(path: str) -> bool:
        asked.append(path)
        return True

    body = "[a text](/en/x.html)\n\n" * 3 + "".join(f"[a text](/en/{n}.html)\n\n" for n in range(500))
    assert link_findings(FILE, an_issue(body), a_newsletter(), exists) == []
    assert len(asked) == len(set(asked)) == 100


def test_editions_in_which_the_issue_is_missing() -> None:
    assert translation_findings(FILE, "en", ["en", "be", "ru"], a_newsletter()) == []
    assert translation_findings(FILE, "en", [], a_newsletter()) == [
        Finding(
            FILE, 1, "translation-missing", {"editions": "be, ru", "files": "be.md, ru.md"}, is_error=False
        )
    ]


@pytest.mark.parametrize(
    ("folder", "days", "cadence", "rules"),
    [
        ("2016-12-05", 7, "week", []),
        ("2016-12-05-extra", 14, "week", []),
        ("2016-12-12", 7, "week", [("period-not-folder", 3, True)]),
        ("2016-12-12", 7, "free", []),
    ],
)
def test_a_weekly_s_period_begins_with_its_folder_s_day(
    folder: str, days: int, cadence: str, rules: list[tuple[str, int, bool]]
) -> None:
    issue = replace(an_issue("Text."), id=folder, last_day=MONDAY + timedelta(days=days - 1))
    content = b"---\ntitle: A\nperiod: 2016-12-05/2016-12-11\n---\nText."
    newsletter = a_newsletter(cadence=cadence)
    assert [(f.rule, f.line, f.is_error) for f in period_findings(FILE, issue, content, newsletter)] == rules
    assert not any(f.is_error for f in period_findings(FILE, issue, content, newsletter, lenient=True))
