"""The bench measures what it says; no test here is judged by a time."""

import gzip
import sys
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path

import pytest

from bench import lighthouse, starting
from bench.archive import Text, texts, the_newsletter, write_desk, write_hugo, write_pelican
from bench.document import document
from bench.measuring import CommandError, Section, cpu_seconds, medians, version_of
from bench.publishing import Archive, Watch
from bench.weight import row, zipped
from broadsheet.issues.issue import Issue
from broadsheet.issues.read import read_issue

MONDAY = 0


def the_issue(folder: Path, text: Text) -> Issue:
    content = (folder / "issues" / text.name / f"{text.edition}.md").read_bytes()
    return read_issue(text.name, text.edition, content, frozenset(), the_newsletter()).issue


def below_the_head(file: Path, fence: str) -> str:
    """What stands below the second fence; below the first empty line where there is none."""
    text = file.read_text(encoding="utf-8")
    return text.split(f"{fence}\n", 2)[2].lstrip() if fence else text.split("\n\n", 1)[1]


def test_an_archive_is_the_same_every_time_and_no_two_weeks_are() -> None:
    first, again = list(texts(3)), list(texts(4))
    assert first == again[:9]
    assert len({text.body for text in first}) == 9
    assert {text.day.weekday() for text in first} == {MONDAY}
    assert {text.edition for text in first} == {"en", "be", "ru"}


def test_an_issue_of_the_archive_is_as_large_as_asked_and_has_everything() -> None:
    found = list(texts(12, size_bytes=30_000))
    assert all(27_000 < len(text.body.encode()) < 36_000 for text in found)
    for mark in ("\n- ", "\n> ", "](https://", "[^1]:", "| --: |", "\n**", "*"):
        assert any(mark in text.body for text in found), mark


def test_the_archive_is_read_without_a_finding(tmp_path: Path) -> None:
    issues = list(texts(2, size_bytes=8_000))
    write_desk(tmp_path / "desk", issues)
    for text in issues:
        issue = the_issue(tmp_path / "desk", text)
        assert (issue.title, issue.summary) == (text.title, text.summary)
        topics = [topic.id for topic in the_newsletter().topics]
        assert list(dict.fromkeys(piece.topic for piece in issue.commentaries)) == topics
        assert all(piece.trend for piece in issue.commentaries)


def test_all_generators_get_the_same_markdown(tmp_path: Path) -> None:
    issues = list(texts(1, size_bytes=4_000))
    write_desk(tmp_path / "desk", issues)
    write_pelican(tmp_path / "pelican", issues)
    write_hugo(tmp_path / "hugo", issues)
    for text in issues:
        assert (
            below_the_head(tmp_path / "desk" / "issues" / text.name / f"{text.edition}.md", "---")
            == text.body
        )
        assert below_the_head(tmp_path / "pelican" / text.edition / f"{text.name}.md", "") == text.body
        assert below_the_head(tmp_path / "hugo" / text.edition / f"{text.name}.md", "+++") == text.body


def test_the_cpu_of_a_command_counts_those_that_it_waits_for() -> None:
    busy = "import hashlib\nfor _ in range(300): hashlib.sha256(bytes(1_000_000))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    idle = cpu_seconds([sys.executable, "-c", "pass"])
    assert cpu_seconds([sys.executable, "-c", outer]) > 2 * idle > 0


def test_a_command_that_fails_gives_its_words_and_no_number() -> None:
    with pytest.raises(CommandError, match="ended with 3:\nno such luck"):
        cpu_seconds([sys.executable, "-c", "import sys; print('no such luck'); sys.exit(3)"])


def test_measures_take_turns() -> None:
    order: list[str] = []
    values = iter((1.0, 10.0, 3.0, 30.0, 2.0, 20.0))

    def measure(name: str) -> float:
        order.append(name)
        return next(values)

    assert medians({"a": lambda: measure("a"), "b": lambda: measure("b")}, 3) == {"a": 2.0, "b": 20.0}
    assert order == ["a", "b"] * 3


def test_what_is_not_installed_has_no_version() -> None:
    assert version_of("no-such-program", "--version") == ""
    assert version_of(sys.executable, "--version").startswith("3.")


def test_publishing_into_a_longer_archive_makes_the_same_calls() -> None:
    calls = []
    for size in (12, 60):  # feeds show ten
        archive, watch = Archive.of(size, waiting=1), Watch()
        assert len(archive.press.register.records) == size
        assert archive.publish(watch) > 0
        calls.append(watch.calls)
    assert calls[0] == calls[1]
    assert calls[0]["Register.put"] > 0
    assert calls[0]["Site.replace"] > 30


def test_a_page_is_weighed_with_its_style_and_not_with_data(tmp_path: Path) -> None:
    data = '<script type="application/ld+json">{}</script>'
    page = tmp_path / "en" / "2016-12-05" / "index.html"
    page.parent.mkdir(parents=True)
    (tmp_path / "assets").mkdir()
    sheet = tmp_path / "assets" / "style.css"
    sheet.write_text("p { margin: 0 }" * 200, encoding="utf-8")
    page.write_text(f'<link rel="stylesheet" href="../../assets/style.css">{data}<p>Text', encoding="utf-8")
    own, style = zipped(page), zipped(sheet)
    figures = (f"{own}", f"{style}", f"{own + style}")
    assert row(page, tmp_path) == ("`en/2016-12-05/index.html`", *figures, "0", "kept")
    page.write_text(page.read_text(encoding="utf-8") + "<script>track()</script>", encoding="utf-8")
    assert row(page, tmp_path)[-2:] == ("1", "**missed**")


def test_the_clients_of_a_function_are_found_by_watching_it_start() -> None:
    assert starting.clients_of("subscribe", starting.environment_of("SubscribeFunction")) == ["kms", "sqs"]


def test_lighthouse_is_shown_by_its_median_and_what_falls_short_is_named() -> None:
    fine, slow = dict.fromkeys(lighthouse.CATEGORIES, 100), dict.fromkeys(lighthouse.CATEGORIES, 100)
    slow["performance"] = 93
    assert lighthouse.row("en/index.html", [(fine, []), (slow, ["Speed"]), (fine, [])]) == (
        *("`en/index.html`", "100", "100", "100", "100", "Speed", "kept"),
    )
    assert lighthouse.row("en/index.html", [(slow, ["Speed"])])[1::5] == ("93", "**missed**")


def test_the_sample_is_served_compressed_and_nothing_above_it(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>Text", encoding="utf-8")
    (tmp_path / "secret.html").write_text("secret", encoding="utf-8")
    with lighthouse.served() as (address, root):
        root.append(tmp_path / "site")
        with urllib.request.urlopen(f"{address}/index.html") as answer:  # noqa: S310  # our own server
            assert gzip.decompress(answer.read()) == b"<p>Text"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/../secret.html")  # noqa: S310  # our own server


def test_the_page_has_a_table_for_each_section() -> None:
    section = Section("Speed", "How fast.", ("what", "how much"), [("this", "1"), ("that", "2")])
    page = document([section], date(2026, 11, 23), "a machine", 5)
    assert page.startswith("# Benchmarks\n")
    assert "on 2026-11-23, on one machine in one run: a machine." in page
    assert page.endswith(
        "## Speed\n\nHow fast.\n\n| what | how much |\n| --- | --- |\n| this | 1 |\n| that | 2 |\n"
    )
