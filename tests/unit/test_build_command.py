"""`broadsheet build`: the whole site from a folder, byte for byte as the functions publish it."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broadsheet.archive.history import dump_history
from broadsheet.mailings.mailing import MailingState
from cli.main import main
from infrastructure.build import ROOT
from tests.builders import ISSUE_ID, NEWSLETTER_TOML, the_sample_desk, the_sample_newsletter
from tests.fakes.publishing import PublishingSystem
from tests.pictures import a_picture

HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
ONE = HEAD + "## security\n\n### One\n\n![A bridge](images/bridge.png)\n\nFirst.\n"
TWO = ONE + "\n### Two\n\nSecond.\n"
BAD = HEAD + "## weather\n\n### One\n\nFirst.\n"
NEXT = "2016-12-12"


def a_system(**files: str) -> PublishingSystem:
    """These editions of `ISSUE_ID` are public, with a picture."""
    system = PublishingSystem()
    for edition, text in files.items():
        system.upload(ISSUE_ID, f"{edition}.md", text)
    system.upload(ISSUE_ID, "images/bridge.png", a_picture())
    system.publish(ISSUE_ID)
    return system


def correct_after_the_mailing(system: PublishingSystem, edition: str, text: str) -> None:
    mailing = system.ledger.mailings[f"{ISSUE_ID}_en"]
    system.ledger.add(replace(mailing, state=MailingState.DONE, edition="en"))
    system.clock.move(timedelta(days=2))
    system.upload(ISSUE_ID, f"{edition}.md", text)
    system.publish(ISSUE_ID)


def written(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def desk_of(system: PublishingSystem, folder: Path, *, kept: bool = False) -> Path:
    """The files on the desk of a publishing system, with its newsletter; and its accepted texts if `kept`."""
    originals = system.desk.originals
    laid = {key: originals.get(key, {}).get(found, found) for key, found in system.desk.objects.items()}
    written(folder, {"newsletter.toml": NEWSLETTER_TOML, **laid})
    if kept:
        written(folder / "revisions", {f"{'/'.join(key)}.md": t for key, t in system.revisions.texts.items()})
    return folder


def history_of(system: PublishingSystem, folder: Path) -> Path:
    file = folder / "history.json"
    file.write_text(dump_history(system.register.records.values()), encoding="utf-8")
    return file


def build(desk: Path, out: Path, *options: str | Path) -> Result:
    return CliRunner().invoke(main, ["build", str(desk), str(out), *map(str, options)])


def site_in(out: Path) -> dict[str, bytes]:
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def files_in(*folders: Path) -> dict[str, bytes]:
    """All files of the folder, to be compared."""
    found = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in found}


@contextmanager
def watched_collector() -> Iterator[list[int]]:
    """Gives the generations that Python's collector searches when it is told to; by itself it does not."""
    found, before = list[int](), gc.get_threshold()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            found.append(info["generation"])

    gc.set_threshold(10**9)
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)
    gc.set_threshold(*before)


# -- the same bytes


def test_the_sample_content_builds_without_an_error_and_as_it_is_published(tmp_path: Path) -> None:
    system = PublishingSystem(the_sample_newsletter())
    system.desk.objects |= the_sample_desk()
    issues = sorted({key.split("/")[1] for key in system.desk.objects})
    for issue in reversed(issues):
        system.publish(issue)
        system.clock.move(timedelta(days=1))

    result = build(ROOT / "content", tmp_path / "site", "--history", history_of(system, tmp_path))

    assert result.exit_code == 0, result.output
    assert len(issues) == 2
    assert set(site_in(tmp_path / "site")) == set(system.site.objects)
    assert site_in(tmp_path / "site") == system.site.objects


def test_corrections_and_withdrawals_survive_the_move_into_a_folder(tmp_path: Path) -> None:
    system = a_system(en=TWO, be=TWO, ru=ONE)
    system.upload(NEXT, "en.md", ONE.replace("![A bridge](images/bridge.png)", ""))
    system.publish(NEXT)
    del system.desk.objects[f"issues/{ISSUE_ID}/be.md"]
    correct_after_the_mailing(system, "en", ONE.replace("First.", "First, corrected."))

    out = tmp_path / "site"
    result = build(desk_of(system, tmp_path / "desk"), out, "--history", history_of(system, tmp_path))

    assert result.exit_code == 0, result.output
    assert site_in(out) == system.site.objects
    assert "Corrected on" in (out / f"en/{ISSUE_ID}/security-1.html").read_text()
    assert "has been removed" in (out / f"en/{ISSUE_ID}/security-2.html").read_text()
    assert "Second." not in (out / f"be/{ISSUE_ID}/security-2.html").read_text()
    assert ISSUE_ID not in (out / "be/archive/index.html").read_text()


def test_a_site_built_from_the_desk_shows_readers_the_same(tmp_path: Path) -> None:
    """The folder has copies of the originals; such a picture has another name, and its text counts as new."""
    system = a_system(en=ONE, be=TWO)
    desk = written(tmp_path / "desk", {"newsletter.toml": NEWSLETTER_TOML, **system.desk.objects})

    result = build(desk, tmp_path / "site", "--history", history_of(system, tmp_path))

    assert result.exit_code == 0, result.output
    named, main_part = (
        re.compile(r"(?<=bridge-)[0-9a-f]{10}(?=-\d+\.)"),
        re.compile("<main.*</main>", re.DOTALL),
    )
    seen = [
        {
            named.sub("", path): main_part.findall(named.sub("", content.decode()))
            for path, content in site.items()
            if path.endswith(".html")
        }
        for site in (site_in(tmp_path / "site"), system.site.objects)
    ]
    assert seen[0] == seen[1]
    assert any("bridge-" in page for pages in seen[0].values() for page in pages)


def test_an_issue_whose_whole_folder_was_deleted_is_withdrawn(tmp_path: Path) -> None:
    system = a_system(en=ONE)
    system.desk.objects.clear()
    system.publish(ISSUE_ID)
    out = tmp_path / "site"
    result = build(desk_of(system, tmp_path / "desk"), out, "--history", history_of(system, tmp_path))
    assert result.exit_code == 0
    assert site_in(out) == system.site.objects
    assert "was withdrawn" in (out / f"en/{ISSUE_ID}/index.html").read_text()


def test_a_broken_file_whose_accepted_text_is_kept_is_built_from_that(tmp_path: Path) -> None:
    system = a_system(en=HEAD + "## security\n\n### One\n\nFirst.\n", be=ONE)
    system.upload(ISSUE_ID, "en.md", BAD)
    system.publish(ISSUE_ID)
    out = tmp_path / "site"

    result = build(
        desk_of(system, tmp_path / "desk", kept=True), out, "--history", history_of(system, tmp_path)
    )

    assert result.exit_code == 1
    assert f"issues/{ISSUE_ID}/en.md:5: error: " in result.output
    assert site_in(out) == system.site.objects


def test_a_broken_file_without_an_accepted_text_is_left_out_and_reported(tmp_path: Path) -> None:
    system = a_system(en=ONE, be=ONE)
    system.upload(ISSUE_ID, "en.md", BAD)
    system.publish(ISSUE_ID)
    out = tmp_path / "site"

    result = build(desk_of(system, tmp_path / "desk"), out, "--history", history_of(system, tmp_path))

    assert result.exit_code == 1
    assert f"issues/{ISSUE_ID}/en.md:5: error: " in result.output
    assert not (out / f"en/{ISSUE_ID}").exists()
    assert ISSUE_ID not in (out / "en/archive/index.html").read_text()
    assert (out / f"be/{ISSUE_ID}/index.html").is_file()


def test_without_a_history_an_issue_counts_as_published_the_day_after_its_last(tmp_path: Path) -> None:
    desk = desk_of(a_system(en=ONE), tmp_path / "desk")
    assert build(desk, tmp_path / "site").exit_code == 0
    assert "2016-12-12T00:00:00" in (tmp_path / "site/en/feed.xml").read_text()


def test_two_builds_of_one_desk_are_the_same(tmp_path: Path) -> None:
    desk = desk_of(a_system(en=ONE, ru=TWO), tmp_path / "desk")
    for name in ("one", "two"):
        assert build(desk, tmp_path / name).exit_code == 0
    assert site_in(tmp_path / "one") == site_in(tmp_path / "two")


# -- a strict desk


def test_only_files_in_the_right_place_are_built(tmp_path: Path) -> None:
    desk = written(
        tmp_path / "desk",
        {
            "newsletter.toml": NEWSLETTER_TOML,
            f"issues/{ISSUE_ID}/en.md": HEAD + "Public words.",
            f"drafts/{NEXT}/en.md": HEAD + "Draft words.",
            "notes/2016-12-19/en.md": HEAD + "Stray words.",
            f"issues/{ISSUE_ID}/notes/be.md": HEAD + "Nested words.",
        },
    )
    result = build(desk, tmp_path / "site")
    assert result.exit_code == 0
    text = b"".join(site_in(tmp_path / "site").values())
    assert b"Public words." in text
    assert [words for words in (b"Draft words", b"Stray words", b"Nested words") if words in text] == []


@pytest.mark.parametrize(
    "place", ["issues/december/en.md", "issues/2016-12-06/en.md", f"issues/{NEXT}/de.md"]
)
def test_a_file_in_the_wrong_place_is_reported_and_the_others_are_built(place: str, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "newsletter.toml": NEWSLETTER_TOML,
        f"issues/{ISSUE_ID}/en.md": HEAD + "Words.",
    }
    desk = written(tmp_path / "desk", {**files, place: HEAD + "Misplaced."})
    result = build(desk, tmp_path / "site")
    assert result.exit_code == 1
    assert f"{place}:1: error: " in result.output
    assert "Built 1 issue, 1 edition" in result.output
    assert "1 file could not be built" in result.output
    pages = site_in(tmp_path / "site")
    assert b"Words." in pages[f"en/{ISSUE_ID}/index.html"]
    assert b"Misplaced" not in b"".join(pages.values())


def test_a_file_meant_as_a_text_in_a_place_where_nothing_is_read_is_listed(tmp_path: Path) -> None:
    reported = {
        "Issues/2016-12-05/en.md": "Rename it to issues/2016-12-05/en.md.",
        "isues/2016-12-05/en.md": "Rename it to issues/2016-12-05/en.md.",
        "Drafts/2016-12-05/ru.md": "Rename it to drafts/2016-12-05/ru.md.",
        f"issues/{NEXT}/sub/en.md": f"Rename it to issues/{NEXT}/en.md.",
        f"issues/{ISSUE_ID}/sub/be.md": f"Rename it to issues/{ISSUE_ID}/be.md.",
        "issues/2016-12-26/en.docx": "upload it as issues/2016-12-26/en.md.",
        "issues/2017-01-02/en": "Rename it to issues/2017-01-02/en.md.",
        "en.docx": "Save its content as plain text",
    }
    quiet = ("README.md", "site/index.html", "robots.txt", f"drafts/{NEXT}/en.md", "reports/x.md")
    files: dict[str, bytes | str] = dict.fromkeys((*reported, *quiet), HEAD + "Words.")
    files |= {"newsletter.toml": NEWSLETTER_TOML, f"issues/{ISSUE_ID}/en.md": HEAD + "Public."}
    desk = written(tmp_path / "desk", files)
    result = build(desk, desk / "site-out")
    assert result.exit_code == 0
    for name, words in reported.items():
        (line,) = [row for row in result.output.splitlines() if row.startswith(f"{desk / name}: warning: ")]
        assert words in line
    assert [name for name in quiet if f"{desk / name}:" in result.output] == []
    assert f"Ignored {len(reported)} files: no text" in result.output
    assert "Ignored " in build(desk, desk / "site-out", "--warnings").output


def test_warnings_are_counted_and_shown_when_they_are_asked_for(tmp_path: Path) -> None:
    text = HEAD + "Click [here](http://news.example.com/), please."
    desk = desk_of(a_system(en=text), tmp_path / "desk")
    quiet, loud = build(desk, tmp_path / "one"), build(desk, tmp_path / "two", "--warnings")
    assert (quiet.exit_code, loud.exit_code) == (0, 0)
    assert ": warning: " not in quiet.output
    assert f"issues/{ISSUE_ID}/en.md:5: warning: " in loud.output


@pytest.mark.parametrize("lenient", [[], ["--lenient"]])
@pytest.mark.parametrize("texts", [{}, {f"drafts/{ISSUE_ID}/en.md": ONE}])
def test_a_desk_without_a_text_to_build_fails_and_says_where_the_empty_site_is(
    tmp_path: Path, texts: dict[str, bytes | str], lenient: list[str]
) -> None:
    desk = written(tmp_path / "desk", {"newsletter.toml": NEWSLETTER_TOML, **texts})
    result = build(desk, tmp_path / "site", *lenient)
    assert result.exit_code == 1
    assert "There was nothing to build" in result.output
    assert f"{tmp_path}/site was not made; the new site is in {tmp_path}/site.new." in result.output
    assert {path.name for path in tmp_path.iterdir()} - {".broadsheet-cache"} == {"desk", "site.new"}


def test_an_empty_folder_stays_empty_if_there_was_nothing_to_build(tmp_path: Path) -> None:
    desk, out = written(tmp_path / "desk", {"newsletter.toml": NEWSLETTER_TOML}), tmp_path / "site"
    out.mkdir()
    assert "site was left as it was" in build(desk, out).output
    assert list(out.iterdir()) == []
    assert {"404.html", "robots.txt", "en/index.html"} <= set(site_in(tmp_path / "site.new"))


def test_the_desk_is_only_read(tmp_path: Path) -> None:
    desk = desk_of(a_system(en=ONE), tmp_path / "desk")
    before = files_in(desk)
    build(desk, tmp_path / "site")
    assert files_in(desk) == before


# -- the folder that is written


def test_a_site_that_was_built_before_is_replaced_as_a_whole(tmp_path: Path) -> None:
    system, out = a_system(en=ONE, be=ONE), tmp_path / "site"
    build(desk_of(system, tmp_path / "desk"), out)
    assert (out / f"be/{ISSUE_ID}/index.html").is_file()
    (tmp_path / f"desk/issues/{ISSUE_ID}/be.md").unlink()

    assert build(tmp_path / "desk", out).exit_code == 0

    assert not (out / f"be/{ISSUE_ID}").exists()
    assert build(tmp_path / "desk", tmp_path / "fresh").exit_code == 0
    assert site_in(out) == site_in(tmp_path / "fresh")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".broadsheet-cache", "desk", "fresh", "site"]


def test_an_empty_folder_may_be_built_into(tmp_path: Path) -> None:
    out = tmp_path / "site"
    out.mkdir()
    assert build(desk_of(a_system(en=ONE), tmp_path / "desk"), out).exit_code == 0
    assert (out / "robots.txt").is_file()


@pytest.mark.parametrize(
    "there",
    [
        {"site/letter.txt": "of mine"},
        {"site/robots.txt": "of another site"},
        {"site/assets/logo.svg": "<svg/>"},
        {"site": "a file"},
    ],
    ids=["something else", "no assets", "no robots.txt", "a file"],
)
def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(
    there: dict[str, bytes | str], tmp_path: Path
) -> None:
    desk = desk_of(a_system(en=ONE), tmp_path / "desk")
    written(tmp_path, there)
    before = files_in(tmp_path)

    result = build(desk, tmp_path / "site")

    assert result.exit_code == 2
    assert "contains something other than a built site" in " ".join(result.output.split())
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("option", ["--history", "--newsletter"])
def test_a_foreign_file_is_refused_before_anything_is_written(option: str, tmp_path: Path) -> None:
    desk = desk_of(a_system(en=ONE), tmp_path / "desk")
    written(tmp_path, {"other": "neither [JSON nor TOML"})
    before = files_in(tmp_path)

    result = build(desk, tmp_path / "site", option, tmp_path / "other")

    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert len(result.output.strip()) > 10
    assert files_in(tmp_path) == before


def test_a_desk_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    result = build(tmp_path / "nowhere", tmp_path / "site")
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_a_build_that_crashes_leaves_the_old_site_as_it_was(tmp_path: Path) -> None:
    system, out = a_system(en=ONE), tmp_path / "site"
    desk, history = desk_of(system, tmp_path / "desk", kept=True), history_of(system, tmp_path)
    build(desk, out, "--history", history)
    before = site_in(out)
    (kept,) = (desk / "revisions").rglob("*.md")
    text = kept.read_bytes()
    kept.write_bytes(b"\xff")
    written(desk, {f"issues/{ISSUE_ID}/en.md": BAD})
    assert build(desk, out, "--history", history).exception
    assert site_in(out) == before

    kept.write_bytes(text)
    written(desk, {f"issues/{ISSUE_ID}/en.md": ONE})
    build(desk, out, "--history", history)
    assert site_in(out) == before


def test_a_build_without_a_text_leaves_the_existing_site(tmp_path: Path) -> None:
    out, desk = tmp_path / "site", desk_of(a_system(en=ONE), tmp_path / "desk")
    build(desk, out)
    before = site_in(out)
    (desk / "issues").rename(desk / "isues")
    result = build(desk, out)
    assert result.exit_code == 1
    assert "was left as it was; the new site is in" in " ".join(result.output.split())
    assert site_in(out) == before
    assert (tmp_path / "site.new/robots.txt").is_file()


def test_a_published_issue_is_not_lost_to_a_file_that_cannot_be_built(tmp_path: Path) -> None:
    out, desk = tmp_path / "site", desk_of(a_system(en=ONE, be=ONE), tmp_path / "desk")
    build(desk, out)
    before = site_in(out)
    written(desk, {f"issues/{ISSUE_ID}/en.md": BAD})
    assert build(desk, out).exit_code == 1
    assert site_in(out) == before


def test_a_new_file_that_can_not_be_built_keeps_nothing_else_back(tmp_path: Path) -> None:
    out, desk = tmp_path / "site", desk_of(a_system(en=ONE), tmp_path / "desk")
    build(desk, out)
    written(desk, {f"issues/{NEXT}/en.md": BAD, f"issues/{NEXT}/be.md": HEAD + "Словы."})
    assert build(desk, out).exit_code == 1
    assert (out / f"be/{NEXT}/index.html").is_file()
    assert not (tmp_path / "site.new").exists()


def test_a_folder_named_like_a_text_is_none(tmp_path: Path) -> None:
    desk = desk_of(a_system(en=ONE), tmp_path / "desk")
    (desk / f"issues/{ISSUE_ID}/be.md").mkdir()
    assert build(desk, tmp_path / "site").exit_code == 0
    assert build(desk, tmp_path / "other", "--lenient").exit_code == 0


# -- findings that depend on other issues


MOVED = HEAD.replace("---\n", "---\nperiod: 2016-12-05/2016-12-11\n", 1)


def test_weeks_and_links_are_warned_of_among_all_that_was_built(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        f"issues/{day}/en.md": HEAD + f"Words of {day}. [One](../2016-11-14/index.html)"
        for day in ("2016-11-14", "2016-11-21", "2016-12-05", "2016-12-05-again")
    }
    files["issues/2016-12-05/en.md"] = HEAD + "Other words. [Gone](../2016-11-28/index.html)"
    desk = written(tmp_path / "desk", {"newsletter.toml": NEWSLETTER_TOML, **files})
    result = build(desk, tmp_path / "site", "--warnings")
    assert result.exit_code == 0
    assert result.output.count("There is already a text for the week") == 2
    assert "2016-11-28 – 2016-12-04 is missing" in result.output
    assert result.output.count("../2016-11-28/index.html") == 1
    assert "../2016-11-14" not in result.output


def test_a_period_of_another_folder_stops_that_file_alone(tmp_path: Path) -> None:
    files = {
        "newsletter.toml": NEWSLETTER_TOML,
        "issues/2016-12-05/en.md": HEAD + "Words.",
        "issues/2016-12-12/en.md": MOVED + "Words.",
    }
    desk = written(tmp_path / "desk", {**files})
    result = build(desk, tmp_path / "site")
    assert result.exit_code == 1
    assert "issues/2016-12-12/en.md:2: error: The period 2016-12-05 – 2016-12-11 is not" in result.output
    assert (tmp_path / "site/en/2016-12-05/index.html").is_file()
    assert not (tmp_path / "site/en/2016-12-12").exists()


# -- texts from elsewhere


def test_a_jekyll_site_is_taken_without_what_is_about_itself(tmp_path: Path) -> None:
    desk = written(
        tmp_path / "old",
        {
            "README.md": "# Of the project",
            "_drafts/x.md": "Draft words.",
            "_site/2019-01-07-a.md": "Built words.",
            "node_modules/x/CHANGELOG.md": "Their words.",
            "_posts/2019-01-07-a.md": "---\ntitle: A\n---\nPosted words.",
            "_posts/2019-01-14-b.markdown": "---\ntitle: B\n---\n![A view](pic.png)\n\nOther words.",
            "_posts/pic.png": a_picture(),
        },
    )
    result = build(desk, tmp_path / "site", "--lenient")
    assert result.exit_code == 0, result.output
    text = b"".join(site_in(tmp_path / "site").values())
    assert all(words in text for words in (b"Posted words", b"Other words"))
    assert not any(words in text for words in (b"Draft words", b"Built words", b"Their words"))
    assert list((tmp_path / "site/media").rglob("*.*"))


def test_a_file_without_a_language_is_not_put_into_the_only_one_that_others_name(tmp_path: Path) -> None:
    desk = written(
        tmp_path / "old",
        {
            "x/index.md": "---\ndate: 7 January 2019\n---\nOne.",
            "y/index.ru.md": "---\ndate: Jan 14, 2019\n---\nДва.",
        },
    )
    result = build(desk, tmp_path / "site", "--lenient")
    assert result.exit_code == 1
    assert "x/index.md:1: error: " in result.output
    assert not (tmp_path / "site/ru/2019-01-07").exists()
    assert build(desk, tmp_path / "both", "--lenient", "--edition", "en").exit_code == 0
    assert (tmp_path / "both/en/2019-01-07/index.html").is_file()


def test_a_history_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_bytes(b"\xff\xfe")
    result = build(tmp_path, tmp_path / "out", "--history", tmp_path / "history.json")
    assert (result.exit_code, "is not UTF-8 text" in result.output) == (2, True)


def test_cyclic_garbage_is_looked_for_once_after_each_issue(tmp_path: Path) -> None:
    files = {f"issues/{day}/en.md": HEAD + "## security\n\n### One\n\nFirst.\n" for day in (ISSUE_ID, NEXT)}
    desk = written(tmp_path / "desk", {"newsletter.toml": NEWSLETTER_TOML, **files})
    with watched_collector() as searched:
        result = build(desk, tmp_path / "site", "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert searched == [1, 1]
    assert gc.isenabled()
