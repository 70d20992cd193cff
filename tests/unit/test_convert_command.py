"""`broadsheet convert`: the first run writes a mapping file, the second one the desk, without secrets."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.builders import NEWSLETTER_TOML
from tests.fakes.exports import a_ghost_export, a_ghost_row
from tests.pictures import a_picture
from tests.wxr import item, wxr

PICTURE = '<p>Words.</p><img src="__GHOST_URL__/content/images/2016/12/bridge.png" alt="A bridge">'
SECRETS = ("Planted", "login-of-a", "a.author@example.org")


def convert(folder: Path, *options: str | Path) -> Result:
    (folder / "newsletter.toml").write_text(NEWSLETTER_TOML, encoding="utf-8")
    arguments = [str(folder / "export.json"), str(folder / "desk"), *map(str, options)]
    return CliRunner().invoke(main, ["convert", *arguments])


def an_export(folder: Path, *rows: dict[str, Any]) -> Path:
    """Four posts, one of them for members only."""
    usual = (
        a_ghost_row("1", html=PICTURE),
        a_ghost_row("2", published_at="2016-12-07T09:00:00.000Z"),
        a_ghost_row("3", published_at="2016-12-13T09:00:00.000Z"),
        a_ghost_row("4", visibility="members", html="<p>Planted.</p>", plaintext="Planted"),
    )
    return a_ghost_export(folder / "export.json", *usual, *rows)


def decided(folder: Path, **changes: str) -> None:
    """Run it once, and correct the mapping file: posts without a language are in English."""
    convert(folder)
    file = folder / "desk.mapping.toml"
    text = file.read_text(encoding="utf-8").replace('unknown = ""', 'unknown = "en"')
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def uploads(folder: Path) -> Path:
    place = folder / "images/2016/12"
    place.mkdir(parents=True)
    (place / "bridge.png").write_bytes(a_picture(800, 600))
    return folder / "images"


def files_in(folder: Path) -> dict[str, bytes]:
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_the_first_run_writes_the_mapping_file_and_nothing_else(tmp_path: Path) -> None:
    an_export(tmp_path)
    result = convert(tmp_path)
    assert result.exit_code == 1
    assert "posts that were public" in result.output
    assert "left out: members only" in result.output
    assert "run the same command again" in result.output
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        *("desk.mapping.toml", "export.json", "newsletter.toml")
    ]
    assert (tmp_path / "desk.mapping.toml").stat().st_mode & 0o077 == 0


def test_a_dry_run_writes_nothing_at_all(tmp_path: Path) -> None:
    an_export(tmp_path)
    assert "posts that were public" in convert(tmp_path, "--dry-run").output
    assert sorted(each.name for each in tmp_path.iterdir()) == ["export.json", "newsletter.toml"]
    decided(tmp_path)
    before = files_in(tmp_path)
    result = convert(tmp_path, "--dry-run")
    assert (result.exit_code, files_in(tmp_path)) == (0, before)
    assert "would become issues" in result.output


def test_the_second_run_converts_and_its_result_can_be_published(tmp_path: Path) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    result = convert(tmp_path, "--uploads", uploads(tmp_path))
    assert result.exit_code == 0, result.output
    desk = tmp_path / "desk"
    assert sorted(each.name for each in (desk / "issues").iterdir()) == ["2016-12-05", "2016-12-12"]
    checked = CliRunner().invoke(main, ["check", str(desk)])
    assert (checked.exit_code, "0 errors" in checked.output) == (0, True)
    assert CliRunner().invoke(main, ["build", str(desk), str(tmp_path / "site")]).exit_code == 0
    assert not (tmp_path / "desk.converting").exists()
    assert "mail: no" in (desk / "issues/2016-12-05/en.md").read_text(encoding="utf-8")


def test_nothing_of_members_and_no_login_or_address_of_an_author_comes_along(tmp_path: Path) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    result = convert(tmp_path, "--uploads", uploads(tmp_path))
    (tmp_path / "export.json").unlink()
    written = b"".join(files_in(tmp_path).values()).decode("utf-8", "replace") + result.output
    assert [secret for secret in SECRETS if secret in written] == []
    assert "Post 4" in (tmp_path / "desk.report.txt").read_text(encoding="utf-8")


def test_nothing_is_converted_while_the_export_does_not_say_what_was_for_members(tmp_path: Path) -> None:
    export = wxr(item(), item(2, post_type="page", title="Join", body="[pmpro_levels]"))
    (tmp_path / "export.json").write_text(export, encoding="utf-8")
    convert(tmp_path)
    file = tmp_path / "desk.mapping.toml"
    text = file.read_text(encoding="utf-8").replace('unknown = ""', 'unknown = "en"')
    file.write_text(text, encoding="utf-8")
    refused = convert(tmp_path)
    assert (refused.exit_code, (tmp_path / "desk").exists()) == (2, False)
    assert '"Paid Memberships Pro" is not confirmed.' in refused.output
    confirmed = text.replace('"Paid Memberships Pro" = ""', '"Paid Memberships Pro" = "yes"')
    file.write_text(confirmed, encoding="utf-8")
    assert convert(tmp_path).exit_code == 0, (tmp_path / "desk.report.txt").read_text(encoding="utf-8")
    assert "perhaps not public" in (tmp_path / "desk.report.txt").read_text(encoding="utf-8")


def test_pictures_that_are_missing_are_listed_with_their_addresses(tmp_path: Path) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    assert convert(tmp_path).exit_code == 1
    report = (tmp_path / "desk.report.txt").read_text(encoding="utf-8")
    assert "/content/images/2016/12/bridge.png" in report
    assert "A bridge" in (tmp_path / "desk/issues/2016-12-05/en.md").read_text(encoding="utf-8")


def test_a_name_that_is_new_in_a_grown_export_is_added_and_only_new_issues_are_written(
    tmp_path: Path,
) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    pictures = uploads(tmp_path)
    convert(tmp_path, "--uploads", pictures)
    before = files_in(tmp_path / "desk/issues")
    an_export(tmp_path, a_ghost_row("5", published_at="2016-12-20T09:00:00.000Z"))
    result = convert(tmp_path, "--uploads", pictures)
    assert result.exit_code == 0, result.output
    after = files_in(tmp_path / "desk/issues")
    assert set(after) - set(before) == {"2016-12-19/en.md"}
    assert {name: after[name] for name in before} == before
    assert "issues added" in result.output
    assert "issues unchanged" in result.output


def test_what_a_person_has_changed_or_removed_is_left_and_named(tmp_path: Path) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    pictures = uploads(tmp_path)
    convert(tmp_path, "--uploads", pictures)
    text = tmp_path / "desk/issues/2016-12-05/en.md"
    edited = text.read_text(encoding="utf-8").replace("Words.", "Other words.")
    text.write_text(edited, encoding="utf-8")
    (tmp_path / "desk/issues/2016-12-12/en.md").unlink()
    an_export(tmp_path, a_ghost_row("5", published_at="2016-12-06T09:00:00.000Z"))
    result = convert(tmp_path, "--uploads", pictures)
    assert result.exit_code == 1
    assert text.read_text(encoding="utf-8") == edited
    assert not (tmp_path / "desk/issues/2016-12-12/en.md").exists()
    report = (tmp_path / "desk.report.txt").read_text(encoding="utf-8")
    assert "issues/2016-12-05/en.md" in report
    assert "issues/2016-12-12" in report


def test_issues_of_an_earlier_mapping_are_removed_with_their_pictures_unless_a_person_changed_them(
    tmp_path: Path,
) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    pictures = uploads(tmp_path)
    convert(tmp_path, "--uploads", pictures)
    changed = tmp_path / "desk/issues/2016-12-12/en.md"
    changed.write_text(changed.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    mapping = tmp_path / "desk.mapping.toml"
    text = mapping.read_text(encoding="utf-8").replace('issues = "week"', 'issues = "post"')
    mapping.write_text(text, encoding="utf-8")
    result = convert(tmp_path, "--uploads", pictures)
    assert result.exit_code == 1, result.output
    assert sorted(each.name for each in (tmp_path / "desk/issues").iterdir()) == [
        *("2016-12-05-post-1", "2016-12-05-post-2", "2016-12-12", "2016-12-12-post-3")
    ]


# -- bad input


def test_an_export_without_a_public_post_is_said_to_have_none(tmp_path: Path) -> None:
    a_ghost_export(tmp_path / "export.json", a_ghost_row("1", status="draft"))
    convert(tmp_path)
    result = convert(tmp_path)
    assert (result.exit_code, "Nothing was converted" in result.output) == (1, True)
    assert "draft" in (tmp_path / "desk.report.txt").read_text(encoding="utf-8")


def test_mistakes_in_the_mapping_file_are_told_with_their_lines_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    an_export(tmp_path)
    decided(tmp_path, week="wek", article="artcle")
    result = convert(tmp_path)
    assert result.exit_code == 2
    assert result.output.count("desk.mapping.toml:") == 2
    assert not (tmp_path / "desk").exists()
    assert not (tmp_path / "desk.converting").exists()


def test_a_language_that_is_not_decided_is_a_mistake(tmp_path: Path) -> None:
    an_export(tmp_path)
    convert(tmp_path)
    result = convert(tmp_path)
    assert (result.exit_code, '"unknown"' in result.output) == (2, True)


def test_a_folder_that_no_conversion_made_is_not_written_to(tmp_path: Path) -> None:
    an_export(tmp_path)
    decided(tmp_path)
    (tmp_path / "desk/issues/2016-12-05").mkdir(parents=True)
    (tmp_path / "desk/issues/2016-12-05/en.md").write_text("Mine.")
    result = convert(tmp_path)
    assert (result.exit_code, "is not empty" in result.output) == (2, True)
    assert files_in(tmp_path / "desk") == {"issues/2016-12-05/en.md": b"Mine."}


def test_a_confirmed_name_of_several_lines_adds_no_key_to_a_head(tmp_path: Path) -> None:
    an_export(tmp_path)
    decided(tmp_path, **{'"A. Author" = ""': r'"A. Author" = "A. Author\nmail: yes\n---\n# Words"'})
    convert(tmp_path)
    for text in (tmp_path / "desk/issues").rglob("*.md"):
        lines = text.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith(("mail:", "#"))][:1] == ["mail: no"]
        assert "mail: yes" not in lines


@pytest.mark.parametrize(
    "name", [".desk.mapping.toml.new", ".desk.report.txt.new", ".desk.conversion.json.new"]
)
def test_nothing_is_written_through_a_link_that_somebody_else_has_put_beside_the_desk(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "precious").write_text("Precious", encoding="utf-8")
    (tmp_path / name).symlink_to(tmp_path / "precious")
    an_export(tmp_path)
    decided(tmp_path)
    convert(tmp_path)
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "Precious"
    assert (tmp_path / "desk.report.txt").is_file()
    assert not any(each.is_symlink() for each in tmp_path.iterdir())


def test_a_desk_that_is_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    an_export(tmp_path)
    (tmp_path / "desk").symlink_to(tmp_path / "nothing")
    result = convert(tmp_path)
    assert result.exit_code == 2
    assert "a link to nothing" in result.output
    assert not (tmp_path / "desk.mapping.toml").exists()


def test_an_export_or_a_mapping_file_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    an_export(tmp_path)
    result = convert(tmp_path, "--mapping", tmp_path / "pipe")
    assert result.exit_code == 2
    assert "no ordinary file" in result.output
    (tmp_path / "export.json").unlink()
    (tmp_path / "pipe").rename(tmp_path / "export.json")
    result = convert(tmp_path)
    assert result.exit_code == 2
    assert "neither a file nor a folder" in result.output


def test_a_desk_that_is_a_file_is_refused(tmp_path: Path) -> None:
    an_export(tmp_path)
    (tmp_path / "desk").write_text("Mine.")
    result = convert(tmp_path)
    assert (result.exit_code, "is no folder" in result.output) == (2, True)


@pytest.mark.parametrize("desk", [".", "..", "/", "export.json/desk"])
def test_a_place_that_can_be_no_new_folder_is_refused(
    tmp_path: Path, desk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    an_export(tmp_path / "in")
    monkeypatch.chdir(tmp_path / "in")
    (tmp_path / "newsletter.toml").write_text(NEWSLETTER_TOML, encoding="utf-8")
    result = CliRunner().invoke(main, ["convert", "export.json", desk])
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)


def test_a_folder_inside_the_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/hugo.toml").write_text("title = 'A'\n")
    result = CliRunner().invoke(main, ["convert", str(tmp_path / "site"), str(tmp_path / "site/desk")])
    assert (result.exit_code, "in the export" in result.output) == (2, True)


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("[]")
    assert convert(tmp_path).exit_code == 2


def test_a_mapping_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    an_export(tmp_path)
    (tmp_path / "desk.mapping.toml").write_bytes("# ў".encode("utf-16"))
    result = convert(tmp_path)
    assert (result.exit_code, "UTF-8" in result.output) == (2, True)


KILLING = """
import os, signal, sys
number, left = int(sys.argv.pop(1)), [int(sys.argv.pop(1))]

def watch(event, arguments):
    if event == "os.rename":
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), number)

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, if the tests run in the background
sys.addaudithook(watch)
from cli.main import main
main()
"""


@pytest.mark.parametrize("renames", range(1, 6))
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_conversion_that_is_stopped_between_two_issues_continues_to_the_same_bytes(
    tmp_path: Path, renames: int, number: int
) -> None:
    """Two issues, `redirects.toml`, the state and the report are moved to their places one by one."""
    an_export(tmp_path)
    decided(tmp_path)
    pictures = uploads(tmp_path)
    desk = tmp_path / "desk"
    arguments = ["convert", str(tmp_path / "export.json"), str(desk), "--uploads", str(pictures)]
    command = [sys.executable, "-c", KILLING, str(int(number)), str(renames), *arguments]
    stopped = subprocess.run(command, capture_output=True, text=True, check=False)
    assert stopped.returncode == (-number if number == signal.SIGKILL else 1)
    assert "Traceback" not in stopped.stderr
    assert ("The same command continues" in stopped.stdout) == (number == signal.SIGINT)
    for folder in (desk / "issues").iterdir() if desk.exists() else ():
        assert (folder / "en.md").is_file()
    assert convert(tmp_path, "--uploads", pictures).exit_code == 0
    found = files_in(desk)
    desk.rename(tmp_path / "first")
    (tmp_path / "desk.conversion.json").unlink()
    assert convert(tmp_path, "--uploads", pictures).exit_code == 0
    assert found == files_in(desk)


WITH_LIMIT = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from cli.main import main
main()
"""


def test_a_full_disk_is_told_with_the_file_and_leaves_no_half_folder(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: the picture is larger."""
    an_export(tmp_path)
    decided(tmp_path)
    pictures = uploads(tmp_path)
    (pictures / "2016/12/bridge.png").write_bytes(a_picture(800, 600) + bytes(300_000))
    arguments = [str(tmp_path / "export.json"), str(tmp_path / "desk"), "--uploads", str(pictures)]
    command = [sys.executable, "-c", WITH_LIMIT, "200000", "convert", *arguments]
    stopped = subprocess.run(command, capture_output=True, text=True, check=False)
    assert stopped.returncode == 1
    assert "bridge-" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not any((tmp_path / "desk").rglob("*.md"))
    assert convert(tmp_path, "--uploads", pictures).exit_code == 0
