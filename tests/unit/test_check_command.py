"""`broadsheet check`: what an editor sees before uploading anything."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broadsheet.content.findings import Finding
from cli.issue_check import show_in_colour
from cli.main import main
from tests.builders import NEWSLETTER_TOML, ROOT
from tests.pictures import a_picture

TEXT = "---\ntitle: A title\nsummary: A summary.\n---\n"


def desk(folder: Path, files: dict[str, str]) -> Path:
    (folder / "newsletter.toml").write_text(NEWSLETTER_TOML, encoding="utf-8")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def rules(result: Result, folder: Path) -> list[str]:
    """The lines but the last, without the folder's name."""
    return [line.replace(f"{folder}/", "") for line in result.stdout.splitlines()[:-1]]


def test_the_samples_are_without_fault() -> None:
    result = check(ROOT / "content")
    assert (result.exit_code, result.stdout) == (0, "6 files: 0 errors, 0 warnings\n")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Nobody would be emailed: 2010-01-04. The period ended more than 35 days ago,"),
        (
            "be",
            "Нікому не будзе разаслана: 2010-01-04. Перыяд скончыўся больш за 35\N{NO-BREAK SPACE}дзён таму,",
        ),
        (
            "ru",
            "Никому не будет разослано: 2010-01-04. Период закончился больше 35\N{NO-BREAK SPACE}дней назад,",
        ),
    ],
)
def test_an_issue_that_is_too_old_to_be_emailed_is_named_unless_its_head_says_whether_to_email_it(
    tmp_path: Path, language: str, sentence: str
) -> None:
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday())
    says_yes, says_no = (TEXT.replace("\n---\n", f"\nmail: {word}\n---\n") for word in ("yes", "no"))
    texts = {"2010-01-04": TEXT, "2010-01-11": says_yes, "2010-01-18": says_no, str(monday): TEXT}
    desk(tmp_path, {f"issues/{day}/en.md": f"{text}Words of {day}." for day, text in texts.items()})
    result = check(tmp_path, "--language", language)
    assert result.stderr.startswith(sentence)
    assert "mail: yes" in result.stderr
    recent = check(tmp_path / "issues" / str(monday))
    assert recent.stderr == ""


def test_an_error_is_reported_in_the_editor_s_language_and_fails(tmp_path: Path) -> None:
    desk(tmp_path, {"issues/2016-12-05/en.md": TEXT + "## Weather\n\n### H\n\nText.\n"})
    result = check(tmp_path, "--language", "be")
    assert result.exit_code == 1
    (line,) = rules(result, tmp_path)
    assert line.startswith("issues/2016-12-05/en.md:5: error: «Weather» — не тэма гэтага выдання.")
    assert result.stdout.splitlines()[-1] == "1 file: 1 error, 0 warnings"


def test_a_time_to_mail_that_has_passed_or_is_far_away_is_a_warning_unless_the_issue_is_old(
    tmp_path: Path,
) -> None:
    today = datetime.now(UTC)
    monday = (today - timedelta(days=today.weekday())).date()
    texts = {}
    for weeks, send_at in ((0, today - timedelta(days=2)), (1, today + timedelta(days=99)), (-99, today)):
        for edition in ("en", "be", "ru"):
            key = f"issues/{monday + timedelta(weeks=weeks)}/{edition}.md"
            head = TEXT.replace("\n---\n", f"\nsend_at: {send_at:%Y-%m-%dT%H:%M}\n---\n")
            texts[key] = head + ("Words of it." if edition == "en" else "Словы, слова.")
    desk(tmp_path, texts)

    found = json.loads(check(tmp_path, "--json").output)["findings"]

    told = {(finding["rule"], Path(finding["file"]).parent.name) for finding in found}
    assert {(rule, day) for rule, day in told if rule.startswith("send-at")} == {
        ("send-at-past", str(monday)),
        ("send-at-far", str(monday + timedelta(weeks=1))),
    }


def test_links_into_the_site_are_compared_with_the_desk(tmp_path: Path) -> None:
    good = ["../2016-11-28/security-1.html", "/en/archive/2016.html", "/en/topics/security/2016.html"]
    good += ["/en/about.html", "/en/feed.xml", "/sitemap.xml", "/en/topics/security/index.html"]
    dead = ["../2016-11-28/security-7.html", "/en/archive/1999.html", "/en/topics/nope/index.html"]
    links = "\n".join(f"[a text]({url})" for url in [*good, *dead])
    desk(
        tmp_path,
        {
            "issues/2016-11-28/en.md": TEXT + "## security\n\n### H\n\nWords.",
            "issues/2016-12-05/en.md": TEXT + links,
            "issues/2016-12-05/be.md": TEXT + "Словы.",
            "issues/2016-12-05/ru.md": TEXT + "Слова.",
        },
    )
    lines = rules(check(tmp_path / "issues" / "2016-12-05" / "en.md"), tmp_path)
    assert [line.split("“")[1].split("”")[0] for line in lines] == dead


def test_files_are_checked_together(tmp_path: Path) -> None:
    link = "See [last week](../2016-11-28/index.html), [another](../2016-11-21/index.html)."
    desk(
        tmp_path,
        {
            "issues/2016-11-28/en.md": TEXT + "Words.",
            "issues/2016-12-05/en.md": TEXT + link,
            "issues/2016-12-05/be.md": TEXT + "Словы.",
            "issues/2016-12-05/ru.md": TEXT + "Слова.",
        },
    )
    result = check(tmp_path)
    assert result.exit_code == 0
    assert [line.split(":")[0:3] for line in rules(result, tmp_path)] == [
        ["issues/2016-11-28/en.md", "1", " warning"],
        ["issues/2016-12-05/en.md", "5", " warning"],
    ]
    assert "be, ru" in result.stdout
    assert "../2016-11-21/index.html" in result.stdout


def test_one_file_is_checked_together_with_those_beside_it(tmp_path: Path) -> None:
    files = {f"issues/2016-12-05/{edition}.md": TEXT + "42" for edition in ("en", "be", "ru")}
    files["issues/2016-11-28/en.md"] = TEXT + "43"
    files["issues/2016-12-05/en.md"] += " [last week](../2016-11-28/index.html)"
    desk(tmp_path, files)
    assert check(tmp_path / "issues" / "2016-12-05" / "en.md").stdout == "1 file: 0 errors, 0 warnings\n"


def test_pictures_are_opened_and_checked(tmp_path: Path) -> None:
    desk(
        tmp_path,
        {
            "issues/2016-12-05/en.md": TEXT + "![A view](images/a.png)",
            "issues/2016-12-05/images/a.png": "no picture",
            "issues/2016-12-05/be.md": TEXT + "42",
            "issues/2016-12-05/ru.md": TEXT + "43",
        },
    )
    result = check(tmp_path)
    assert result.exit_code == 1
    assert "issues/2016-12-05/en.md:5: error: The picture “images/a.png” can’t be opened." in result.stdout


def test_a_mail_that_is_too_large_is_reported(tmp_path: Path) -> None:
    files = {f"issues/2016-12-05/{edition}.md": TEXT + "42" for edition in ("be", "ru")}
    desk(tmp_path, {**files, "issues/2016-12-05/en.md": TEXT + "Some words. " * 10_000})
    (line,) = [found for found in rules(check(tmp_path), tmp_path) if "mail" in found]
    assert line.startswith("issues/2016-12-05/en.md:1: warning: ")


def test_files_outside_a_desk_are_reported_with_where_they_belong(tmp_path: Path) -> None:
    desk(tmp_path, {"posts/2016-12-05-x.md": TEXT + "Text."})
    result = check(tmp_path)
    assert (result.exit_code, "issues/2016-12-05/en.md" in result.stdout) == (1, True)


def test_texts_from_elsewhere_are_checked_leniently(tmp_path: Path) -> None:
    desk(tmp_path, {"posts/2016-12-07-x.md": "# A title\n\nText.", "posts/issue-12.md": "Text."})
    result = check(tmp_path, "--lenient", "--edition", "en")
    assert result.exit_code == 1
    assert "posts/issue-12.md:1: error: The file does not say which day it is for." in result.stdout
    assert "posts/2016-12-07-x.md:1: warning: 2016-12-07 is not a Monday." in result.stdout
    assert result.stdout.count("error:") == 1


@pytest.mark.parametrize(
    "arguments",
    [[], ["missing.md"], ["--edition", "fr", "."], ["--newsletter", "bad.toml", "."], ["empty"]],
)
def test_wrong_usage_has_a_code_of_its_own(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(tmp_path, {"issues/2016-12-05/en.md": TEXT + "Text.", "bad.toml": "name = 1", "empty/x.txt": ""})
    monkeypatch.chdir(tmp_path)
    assert check(*arguments).exit_code == 2


def test_on_a_terminal_findings_are_grouped_by_file(capsys: pytest.CaptureFixture[str]) -> None:
    show_in_colour(
        (Finding("[bold]x.md", 7, "mark-left", {"mark": "[red]TK"}, is_error=False),), "1 file", "en"
    )
    printed = capsys.readouterr().out
    assert "[bold]x.md\n" in printed
    assert "    7  warning  “[red]TK” was left in the text." in printed


def test_a_file_that_is_no_part_of_an_issue_is_reported_as_at_upload(tmp_path: Path) -> None:
    files = {f"issues/2016-12-05/{edition}.md": TEXT + "42" for edition in ("en", "be", "ru")}
    misplaced = {
        f"issues/2016-12-05/{name}": "x" for name in ("be.MD", "en.markdown", ".DS_Store", "old/en.md")
    }
    found = rules(check(desk(tmp_path, {**files, **misplaced})), tmp_path)
    assert [line.split(": warning")[0] for line in found] == [
        f"issues/2016-12-05/{name}" for name in ("be.MD", "en.markdown", "old/en.md")
    ]


def test_weeks_are_errors_only_where_the_file_by_itself_is_wrong(tmp_path: Path) -> None:
    days = ("2016-11-14", "2016-11-21", "2016-12-05", "2016-12-05-again")
    files = {
        f"issues/{day}/{edition}.md": f"{TEXT}{number}"
        for number, day in enumerate(days)
        for edition in ("en", "be", "ru")
    }
    desk(tmp_path, files)
    twice = check(tmp_path)
    assert (twice.exit_code, twice.output.count("There is already a text for the week")) == (0, 6)
    assert (
        check(tmp_path / "issues/2016-12-05/en.md").output.count("There is already a text for the week") == 1
    )

    moved = TEXT.replace("---\n", "---\nperiod: 2016-11-21/2016-11-27\n", 1)
    desk(tmp_path, {"issues/2016-12-05/en.md": moved + "Words."})
    (period,) = [line for line in rules(check(tmp_path), tmp_path) if "2016-12-05/en.md:2: error" in line]
    assert "is not the week of its folder, 2016-12-05" in period


def test_a_picture_beside_the_text_is_found_in_an_import_only(tmp_path: Path) -> None:
    folder = desk(
        tmp_path, {"posts/2016-12-05.en.md": TEXT + "![A](pic.png)\n\n![B](./pic.png)\n\n![C](img/b.png)"}
    )
    for name in ("pic.png", "img/b.png"):
        (folder / "posts" / name).parent.mkdir(exist_ok=True)
        (folder / "posts" / name).write_bytes(a_picture(1200, 800))
    assert ".png" not in check(folder, "--lenient").output
    desk(tmp_path, {"issues/2016-12-05/en.md": TEXT + "![A](pic.png)"})
    (folder / "issues/2016-12-05/pic.png").write_bytes(a_picture(1200, 800))
    assert check(folder / "issues").exit_code == 1


def test_an_issue_without_a_text_is_said_to_have_none(tmp_path: Path) -> None:
    result = check(desk(tmp_path, {"issues/2016-12-05/be.docx": "x"}) / "issues/2016-12-05")
    assert result.exit_code == 2
    assert "The folder contains be.docx." in " ".join(result.output.split())
