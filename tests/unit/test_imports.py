"""Where a text from elsewhere belongs."""

import re
from pathlib import Path, PurePath
from pathlib import PurePosixPath as P

import pytest

from broadsheet.content.findings import Finding
from broadsheet.content.import_locations import TextLocation, locate_text, locate_texts
from broadsheet.content.text_names import issue_day
from cli.text_files import draft_findings, imported_texts
from tests.builders import a_newsletter

TEXT = b"---\ntitle: A\n---\nText."
ONE_EDITION = a_newsletter(editions={"en": a_newsletter().editions["en"]})


def with_head(line: str) -> bytes:
    return f"---\ntitle: A\n{line}\n---\nText.".encode()


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("2016-12-05/be.md", TEXT, ("2016-12-05", "be")),
        ("2016-12-05-extra/be.md", TEXT, ("2016-12-05-extra", "be")),
        ("2016-12-05 Extra News/be.md", TEXT, ("2016-12-05-extra-news", "be")),
        ("be/2016-12-05-some-title.md", TEXT, ("2016-12-05", "be")),
        ("2016-12-05.md", with_head("lang: ru"), ("2016-12-05", "ru")),
        ("2016-12-05.md", with_head("language: be-BY"), ("2016-12-05", "be")),
        ("2016-12-05.be.md", TEXT, ("2016-12-05", "be")),
        ("posts/title.ru.md", with_head("date: 2016-12-05"), ("2016-12-05", "ru")),
        ("be/title.md", with_head("date: 2016-12-05T08:00:00+03:00"), ("2016-12-05", "be")),
        ("be/title.md", with_head("date: 2016/12/5"), ("2016-12-05", "be")),
        ("be/2016-12-12-title.md", with_head("date: 2016-12-05"), ("2016-12-05", "be")),
        ("2016-12-05/x.be.md", with_head("date: 2016-12-12\nlang: ru"), ("2016-12-05", "be")),
        ("2016/12/05/be.md", TEXT, ("2016-12-05", "be")),
        ("be/x.md", with_head("date: 5 December 2016"), ("2016-12-05", "be")),
        ("be/x.md", with_head("date: Dec 5, 2016"), ("2016-12-05", "be")),
        ("be/x.md", with_head("date: Mon, 05 Dec 2016 10:00:00 +0300"), ("2016-12-05", "be")),
        ("be/x.md", with_head("Date: 2016-12-05"), ("2016-12-05", "be")),
        ("x.md", b"Title: A\nDate: 2016-12-05 10:20\nLang: be\n\nText.", ("2016-12-05", "be")),
        ("be/x.md", b'+++\ntitle = "A"\ndate = 2016-12-05T08:00:00Z\n+++\nText.', ("2016-12-05", "be")),
        ("be/2016-12-05-x.md", b"# No head\n\nText.", ("2016-12-05", "be")),
    ],
)
def test_day_and_edition_come_from_folder_front_matter_or_name(
    path: str, content: bytes, expected: tuple[str, str]
) -> None:
    assert locate_text(P(path), content, a_newsletter()) == expected


def test_the_option_or_the_only_edition_says_what_the_file_does_not() -> None:
    assert locate_text(P("2016-12-05-x.md"), TEXT, a_newsletter(), "ru") == TextLocation("2016-12-05", "ru")
    assert locate_text(P("2016-12-05-x.md"), TEXT, ONE_EDITION) == TextLocation("2016-12-05", "en")


@pytest.mark.parametrize(
    ("path", "content", "rule", "line"),
    [
        ("en/issue-12.md", TEXT, "no-day", 1),
        ("en/x.md", with_head("date: yesterday"), "no-day", 3),
        ("en/x.md", with_head("date: 5 Maybe 2016"), "no-day", 3),
        ("en/2016-13-05.md", TEXT, "no-day", 1),
        ("en/1016-12-05.md", TEXT, "no-day", 1),
        ("2016-12-05.md", TEXT, "no-edition", 1),
        ("2016-12-05.md", with_head("lang: fr"), "no-edition", 3),
        ("en/2016-12-05.md", "Тэкст".encode("utf-16"), "encoding-wrong", 1),
        ("en/2016-12-05.md", b"---\ntitle: A", "front-matter-no-end", 1),
    ],
)
def test_an_import_of_unknown_edition_or_day_is_a_finding(
    path: str, content: bytes, rule: str, line: int
) -> None:
    found = locate_text(P(path), content, a_newsletter())
    assert isinstance(found, Finding)
    assert (found.file, found.line, found.rule, found.is_error) == (path, line, rule, True)


def test_files_of_one_day_and_edition_get_ids_of_their_names() -> None:
    days = ("2016-12-05", "2016-12-05-Some title!", "2016-12-05-Навіны тыдня", "2016-12-12-x")
    files: dict[PurePath, bytes] = {P(f"en/{day}.md"): TEXT for day in days}
    found = {path.name: where for path, where in locate_texts(files, a_newsletter()).items()}
    ids = {name: where.issue_id for name, where in found.items() if isinstance(where, TextLocation)}
    assert ids["2016-12-05.md"] == "2016-12-05"
    assert ids["2016-12-05-Some title!.md"] == "2016-12-05-some-title"
    assert ids["2016-12-12-x.md"] == "2016-12-12"
    assert re.fullmatch(r"2016-12-05-[0-9a-f]{8}", ids["2016-12-05-Навіны тыдня.md"])


def test_ids_are_ids_however_long_or_odd_the_names_are() -> None:
    names = ["a" * 200, "Ünïcode—dash", "新闻", "--", "x.y.z", "a" * 200 + "b"]
    files: dict[PurePath, bytes] = {P(f"en/2016-12-05-{name}.md"): TEXT for name in names}
    found = locate_texts(files, a_newsletter())
    ids = [where.issue_id for where in found.values() if isinstance(where, TextLocation)]
    assert len(set(ids)) == len(names)
    assert all(issue_day(issue_id) for issue_id in ids)


def test_translations_of_one_file_stay_together() -> None:
    files: dict[PurePath, bytes] = {P(f"posts/2016-12-05-x.{edition}.md"): TEXT for edition in ("en", "be")}
    assert set(locate_texts(files, a_newsletter()).values()) == {
        TextLocation("2016-12-05", "en"),
        TextLocation("2016-12-05", "be"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "_drafts/2016-12-05-a.md",
        "Drafts/a.md",
        "private/x/a.md",
        "a.draft.md",
        "2016-12-05-draft-a.md",
        "_draft.md",
    ],
)
def test_a_text_that_its_place_calls_a_draft_is_left_out_with_a_warning(name: str, tmp_path: Path) -> None:
    for each in (name, "2016-12-05-the-draft-of-a-law.md"):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text("Text.")
    assert [text.name for text in imported_texts(tmp_path)] == ["2016-12-05-the-draft-of-a-law.md"]
    draft_rules = [
        (finding.rule, finding.values["name"], finding.is_error) for finding in draft_findings(tmp_path)
    ]
    assert draft_rules == [("is-draft-name", name, False)]
