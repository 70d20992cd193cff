"""An export becomes a folder like the desk: whole issues, the same bytes, nothing over a person's work."""

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cli.desk_check import DeskChecker
from conversion.converting import Conversion, Result
from conversion.desk_state import UnusableDeskError
from conversion.html_to_markdown import ConvertedText, markdown_of
from conversion.mapping import Mapping
from conversion.pictures import Pictures
from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.progress import untracked
from conversion.report import losses, report
from conversion.survey import survey
from conversion.texts import MarkdownOf
from conversion.work_folder import work_folder
from tests.builders import a_newsletter
from tests.fakes.exports import MONDAY, FakeExport, a_post
from tests.pictures import a_picture

WEEKLY = Mapping("week", "article", {"en": "en", "be": "be"}, {"Security issues": "security"})
ONE_EACH = Mapping("post", "article", {"en": "en", "be": "be"})
BRIDGE = "https://old.example.org/wp-content/uploads/2016/12/bridge.png"


def convert(
    desk: Path,
    export: FakeExport,
    mapping: Mapping = WEEKLY,
    pictures: Pictures | None = None,
    read_html: MarkdownOf = markdown_of,
) -> Result:
    with work_folder(desk) as work:
        survey(export, work.store, untracked)
        found = pictures or Pictures(export)
        conversion = Conversion(export, a_newsletter(), mapping, desk, work, found, untracked)
        return conversion.convert(read_html, "")


def files_in(folder: Path) -> dict[str, bytes]:
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def several() -> FakeExport:
    """Posts of two weeks, one in two languages, with pictures."""
    with_picture = f'<p>Words.</p><p><img src="{BRIDGE}" alt="A bridge"></p>'
    posts: list[Post | LeftOut] = [
        a_post("1", body=with_picture, translations="t"),
        LeftOut("post 9", "Secret", Reason.PRIVATE),
        a_post("2", body=with_picture, language="be", translations="t", published=MONDAY + timedelta(days=1)),
        a_post("3", published=MONDAY + timedelta(days=8), categories=()),
        a_post("4", published=MONDAY + timedelta(days=9)),
    ]
    return FakeExport(posts, {BRIDGE: a_picture()}, {"/category/security/": "topic:Security issues"})


def test_posts_become_issues_with_pictures_and_redirects(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    result = convert(desk, several())
    files = files_in(desk)
    (picture,) = (name for name in files if name.endswith(".png"))
    assert set(files) == {
        *("issues/2016-12-05/en.md", "issues/2016-12-05/be.md", "issues/2016-12-12/en.md"),
        *("issues/2016-12-12-post-3/en.md", "redirects.toml", picture),
    }
    assert re.fullmatch(r"issues/2016-12-05/images/bridge-[0-9a-f]{8}\.png", picture)
    assert files[picture] == a_picture()
    for edition in ("en", "be"):
        assert (
            f"({picture.removeprefix('issues/2016-12-05/')})"
            in files[f"issues/2016-12-05/{edition}.md"].decode()
        )
    assert b"A. Author" not in b"".join(files.values())
    assert (result.posts, result.pictures, result.needs_person) == ({"en": 3, "be": 1}, 1, False)
    redirects = files["redirects.toml"].decode()
    assert '"/2016/12/post-1" = "/en/2016-12-05/security-1.html"' in redirects
    assert '"/?p=2" = "/be/2016-12-05/security-1.html"' in redirects
    assert '"/2016/12/post-3" = "/en/2016-12-12-post-3/"' in redirects
    assert '"/category/security" = "/en/topics/security/"' in redirects


def test_the_same_export_gives_the_same_bytes_in_another_folder_and_nothing_new_in_the_same(
    tmp_path: Path,
) -> None:
    convert(tmp_path / "one", several())
    convert(tmp_path / "two", several())
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "one").rglob("*")}
    again = convert(tmp_path / "one", several())
    assert set(again.issues.values()) == {"unchanged"}
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "one").rglob("*")} == times


def test_only_confirmed_names_of_authors_are_written(tmp_path: Path) -> None:
    export = FakeExport(
        [a_post("1", authors=("A. Author", "B. Left")), a_post("2", categories=(), authors=("A. Author",))]
    )
    mapping = Mapping(**{**vars(WEEKLY), "authors": {"A. Author": "A. A.", "B. Left": ""}})
    convert(tmp_path / "desk", export, mapping)
    text = files_in(tmp_path / "desk")["issues/2016-12-05/en.md"].decode()
    assert "\n**A. A.**\n" in text
    assert "B. Left" not in text
    assert "authors: [A. A.]" in (tmp_path / "desk/issues/2016-12-05-post-2/en.md").read_text()


def test_no_folder_is_readable_by_others_while_it_works_and_none_is_left(tmp_path: Path) -> None:
    seen = []
    export = several()
    export.before_entry = lambda _: seen.append(stat.S_IMODE((tmp_path / "desk.converting").stat().st_mode))
    convert(tmp_path / "desk", export)
    assert set(seen) == {0o700}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["desk", "desk.conversion.json"]


class KilledError(BaseException):
    """In place of a kill: nothing catches it."""


def killed_at(step: int) -> Callable[[object], None]:
    """Raises at the given call."""
    calls = iter(range(1000))

    def raise_if_due(_: object) -> None:
        if next(calls) == step:
            raise KilledError

    return raise_if_due


@pytest.mark.parametrize("step", range(10))
def test_a_conversion_that_was_killed_while_it_read_continues_to_the_same_bytes(
    tmp_path: Path, step: int
) -> None:
    convert(tmp_path / "whole", several())
    export = several()
    export.before_entry = killed_at(step)
    with pytest.raises(KilledError):
        convert(tmp_path / "desk", export)
    assert not (tmp_path / "desk").exists()
    convert(tmp_path / "desk", several())
    assert files_in(tmp_path / "desk") == files_in(tmp_path / "whole")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        *("desk", "desk.conversion.json", "whole", "whole.conversion.json")
    ]


class PicturesThatKill(Pictures):
    """Dies when a picture is read to be written, so in the middle of an issue."""

    def content(self, where: str) -> bytes | None:
        raise KilledError(where)


def test_an_issue_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    desk, export = tmp_path / "desk", several()
    with pytest.raises(KilledError):
        convert(desk, export, pictures=PicturesThatKill(export))
    assert not any(desk.rglob("*.md"))
    convert(desk, export)
    convert(tmp_path / "whole", export)
    assert files_in(desk) == files_in(tmp_path / "whole")


def test_a_picture_that_several_posts_of_an_issue_show_is_one_file(tmp_path: Path) -> None:
    other = BRIDGE.replace("bridge", "other-name")
    posts: list[Post | LeftOut] = [
        a_post("1", body=f'<p>Words.</p><p><img src="{BRIDGE}" alt="A"></p>', picture=BRIDGE),
        a_post("2", body=f'<p>Words.</p><p><img src="{other}" alt="B"></p>'),
    ]
    convert(tmp_path / "desk", FakeExport(posts, {BRIDGE: a_picture(), other: a_picture()}))
    files = files_in(tmp_path / "desk")
    (picture,) = (name for name in files if name.endswith(".png"))
    text = files["issues/2016-12-05/en.md"].decode()
    assert text.count(picture.removeprefix("issues/2016-12-05/")) == 2


def test_the_picture_above_a_post_comes_first_with_its_words(tmp_path: Path) -> None:
    posts: list[Post | LeftOut] = [a_post("1", picture=BRIDGE, picture_alt="A *bridge*")]
    convert(tmp_path / "desk", FakeExport(posts, {BRIDGE: a_picture()}))
    text = files_in(tmp_path / "desk")["issues/2016-12-05/en.md"].decode()
    assert re.search(
        r"### Post 1\n\n!\[A \\\*bridge\\\*\]\(images/bridge-\w+\.png\)\n\nThe text of post 1\.", text
    )


def test_a_post_whose_date_is_to_come_stays_out_whatever_its_system_says(tmp_path: Path) -> None:
    export = FakeExport([a_post("1"), a_post("2", title="Planned", published=MONDAY.replace(year=2190))])
    convert(tmp_path / "desk", export)
    assert b"Planned" not in b"".join(files_in(tmp_path).values())


def test_a_post_of_which_nothing_can_be_shown_is_left_out_with_the_reason(tmp_path: Path) -> None:
    posts: list[Post | LeftOut] = [a_post("1"), a_post("2", title="A film", body="<script>x</script>")]
    desk = tmp_path / "desk"
    with work_folder(desk) as work:
        export = FakeExport(posts)
        survey(export, work.store, untracked)
        newsletter = a_newsletter()
        Conversion(export, newsletter, WEEKLY, desk, work, Pictures(export), untracked).convert(
            markdown_of, ""
        )
        left_out = list(work.store.left_out())
    assert [(entry.title, entry.reason) for entry in left_out] == [("A film", Reason.EMPTY)]
    assert "A film" not in files_in(desk)["issues/2016-12-05/en.md"].decode()


def test_a_text_in_markdown_keeps_its_forms(tmp_path: Path) -> None:
    body = (
        "# One {#one}\n\nIt is *so*, [here](https://a.example).[^1]\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n[^1]: A note.\n"
    )
    posts: list[Post | LeftOut] = [a_post("1", body=body, body_format=BodyFormat.MARKDOWN)]
    convert(tmp_path / "desk", FakeExport(posts))
    text = files_in(tmp_path / "desk")["issues/2016-12-05/en.md"].decode()
    for part in ("#### One\n", "It is *so*, [here](https://a.example).[^1]", "| a | b |", "[^1]: A note."):
        assert part in text


def test_a_second_post_of_one_id_is_left_out_and_named(tmp_path: Path) -> None:
    posts: list[Post | LeftOut] = [a_post("1"), a_post("1", title="Again")]
    assert sum(convert(tmp_path / "desk", FakeExport(posts)).posts.values()) == 1


def test_an_export_that_cannot_be_read_to_its_end_gives_nothing(tmp_path: Path) -> None:
    def broken(number: int) -> None:
        if number == 2:
            raise UnreadableExportError("cut off")

    export = several()
    export.before_entry = broken
    with pytest.raises(UnreadableExportError):
        convert(tmp_path / "desk", export)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "readable by others"])
def test_texts_are_never_kept_in_a_folder_that_somebody_else_prepared(tmp_path: Path, kind: str) -> None:
    theirs, folder = tmp_path / "theirs", tmp_path / "desk.converting"
    theirs.mkdir()
    if kind == "link":
        folder.symlink_to(theirs)
    else:
        folder.mkdir()
        folder.chmod(0o755)
    with pytest.raises(UnusableDeskError, match="Move it away"):
        convert(tmp_path / "desk", several())
    assert not [*theirs.iterdir(), *folder.iterdir()]
    assert not (tmp_path / "desk").exists()


OTHER_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108  # pytest's folders are elsewhere


@pytest.mark.skipif(not OTHER_FILE_SYSTEM.is_dir(), reason="there is only one file system")
def test_a_desk_on_another_file_system_is_converted_into_and_nothing_else_is_left_there(
    tmp_path: Path,
) -> None:
    with TemporaryDirectory(dir=OTHER_FILE_SYSTEM) as place:
        (tmp_path / "desk").symlink_to(place)
        convert(tmp_path / "desk", several())
        convert(tmp_path / "plain", several())
        assert files_in(Path(place)) == files_in(tmp_path / "plain")
        assert not (Path(place) / ".converting").exists()


def test_two_conversions_never_write_to_one_folder_at_once(tmp_path: Path) -> None:
    with work_folder(tmp_path / "desk"), pytest.raises(UnusableDeskError, match="is running"):
        convert(tmp_path / "desk", several())


def test_a_damaged_state_is_said_to_be(tmp_path: Path) -> None:
    convert(tmp_path / "desk", several())
    (tmp_path / "desk.conversion.json").write_text("{")
    with pytest.raises(UnusableDeskError, match="damaged"):
        convert(tmp_path / "desk", several())


def test_characters_that_no_file_may_have_are_left_out(tmp_path: Path) -> None:
    bad = "\ud800\x00\x1b[31m"
    post = a_post(f"1{bad}", title=f"A{bad}", body=f"<p>Words{bad}.</p>", categories=(), slug=bad)
    convert(tmp_path / "desk", FakeExport([post, LeftOut(bad, bad, Reason.PRIVATE)]))
    (text,) = (
        content.decode() for name, content in files_in(tmp_path / "desk").items() if name.endswith(".md")
    )
    assert "title: A[31m\n" in text.replace("\\", "").replace('"', "")
    assert "Words" in text


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_a_post_of_a_year_that_no_issue_can_have_is_left_out(tmp_path: Path, year: int) -> None:
    posts: list[Post | LeftOut] = [a_post("1"), a_post("2", published=MONDAY.replace(year=year))]
    assert sum(convert(tmp_path / "desk", FakeExport(posts)).posts.values()) == 1


@pytest.mark.parametrize(
    "part", ["<p>Words of a long text that go on. </p>" * 40, "<p><b>a</b> <i>b</i> <code>c</code></p>" * 40]
)
def test_a_week_of_very_many_long_posts_can_be_published(tmp_path: Path, part: str) -> None:
    posts: list[Post | LeftOut] = [
        a_post(str(number), body=part * 20, published=MONDAY + timedelta(minutes=number))
        for number in range(30)
    ]
    convert(tmp_path / "desk", FakeExport(posts))
    issues = sorted(each.name for each in (tmp_path / "desk/issues").iterdir())
    assert len(issues) > 1
    checker = DeskChecker(tmp_path / "desk", a_newsletter())
    assert [error for issue_id in issues for error in checker.errors(issue_id)] == []


def test_what_an_interrupted_conversion_converted_is_not_converted_again(tmp_path: Path) -> None:
    read: list[str] = []

    def reading(html: str, picture: Callable[[str], str | None], *, heading: int) -> ConvertedText:
        read.append(html)
        return markdown_of(html, picture, heading=heading)

    export = several()
    export.before_entry = killed_at(len(export.posts) + 3)
    with pytest.raises(KilledError):
        convert(tmp_path / "desk", export, read_html=reading)
    before = list(read)
    convert(tmp_path / "desk", several(), read_html=reading)
    assert len(before) == 2
    assert len(read) == 4


def test_a_post_that_has_changed_since_the_interruption_is_converted_again(tmp_path: Path) -> None:
    export = several()
    export.before_entry = killed_at(len(export.posts) + 3)
    with pytest.raises(KilledError):
        convert(tmp_path / "desk", export)
    changed = several()
    changed.posts[0] = replace(changed.posts[0], body="<p>Other words.</p>")
    convert(tmp_path / "desk", changed)
    assert "Other words." in (tmp_path / "desk/issues/2016-12-05/en.md").read_text(encoding="utf-8")


def test_the_report_has_no_email_address(tmp_path: Path) -> None:
    picture = '<p>Words.</p><p><img src="/logo@2x.png" alt="A"></p>'
    draft = LeftOut("a draft", "By a.reader@example.org", Reason.DRAFT)
    posts: list[Post | LeftOut] = [a_post("1", body=picture), draft]
    with work_folder(tmp_path / "desk") as work:
        export = FakeExport(posts)
        survey(export, work.store, untracked)
        conversion = Conversion(
            *(export, a_newsletter(), WEEKLY, tmp_path / "desk", work, Pictures(export), untracked)
        )
        result = conversion.convert(markdown_of, "")
        text = report("Fake", result, work.store, losses(result, work.store), [])
    assert "a draft, “By …”" in text
    assert "/logo@2x.png" in text
    assert "a.reader" not in text
