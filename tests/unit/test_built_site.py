"""A build into a folder that has a site writes only what differs, and undoes whatever was done to it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from cli.build_store import PictureDigests
from cli.built_site import UNKNOWN, folder_beside, state_of
from tests.site_builds import DAYS, a_desk, anew, built, edited, site_in

PAGE = f"en/{DAYS[0]}/index.html"


def states(out: Path) -> dict[str, tuple[int, int]]:
    """The inode and the time of each file."""
    found = {file: file.stat() for file in out.rglob("*") if file.is_file()}
    return {file.relative_to(out).as_posix(): (each.st_ino, each.st_mtime_ns) for file, each in found.items()}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk of which `site` was built."""
    desk = a_desk(tmp_path)
    built(desk, tmp_path / "site")
    return desk


def written_again(before: dict[str, tuple[int, int]], out: Path) -> set[str]:
    after = states(out)
    return {path for path in after if after[path] != before.get(path)}


def test_only_pages_that_differ_are_written(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    before = states(out)
    built(desk, out)
    assert written_again(before, out) == set()
    edited(desk, ("text", DAYS[0], "en", "other words"))
    assert built(desk, out) == anew(desk, tmp_path)
    assert written_again(before, out) == {PAGE, "en/feed.xml", "en/feed.json"}
    edited(desk, ("text", DAYS[2], "en", "title"))
    assert built(desk, out) == anew(desk, tmp_path)
    assert {f"en/{DAYS[2]}/index.html", "en/index.html", "en/feed.xml"} <= written_again(before, out)
    assert f"en/{DAYS[1]}/security-1.html" not in written_again(before, out)


def test_a_copy_by_hard_links_keeps_the_old_page(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    shutil.copytree(out, tmp_path / "copy", copy_function=os.link)
    before = site_in(tmp_path / "copy")
    edited(desk, ("text", DAYS[0], "en", "other words"))
    assert built(desk, out) == anew(desk, tmp_path)
    assert site_in(tmp_path / "copy") == before
    assert (out / PAGE).read_bytes() != before[PAGE]


def same_size(out: Path) -> None:
    """Another content of the same size, with the time that the file had."""
    page, found = out / PAGE, (out / PAGE).stat()
    page.write_bytes(page.read_bytes().replace(b"Words.", b"Wards."))
    os.utime(page, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert (page.stat().st_size, page.stat().st_mtime_ns) == (found.st_size, found.st_mtime_ns)


def linked(out: Path) -> None:
    """The page is a link to a file elsewhere that has the same content."""
    shutil.copy(out / PAGE, out.parent / "elsewhere.html")
    (out / PAGE).unlink()
    (out / PAGE).symlink_to(out.parent / "elsewhere.html")


def linked_folder(out: Path) -> None:
    (out / PAGE).parent.rename(out.parent / "elsewhere")
    (out / PAGE).parent.symlink_to(out.parent / "elsewhere")


def a_folder_for_a_file(out: Path) -> None:
    (out / PAGE).unlink()
    (out / PAGE / "deep").mkdir(parents=True)
    (out / PAGE / "deep" / "x.html").touch()


def a_file_for_a_folder(out: Path) -> None:
    shutil.rmtree(out / "en/topics")
    (out / "en/topics").touch()


def another_site(out: Path) -> None:
    """The site of another desk, as large."""
    other = a_desk(out.parent / "other")
    edited(other, ("accent", "#5f1f1f"))
    edited(other, ("text", DAYS[0], "ru", "words"))
    built(other, out.parent / "other/site")
    shutil.rmtree(out)
    (out.parent / "other/site").rename(out)


def restored(out: Path) -> None:
    """A copy with the same times in its place, one page of which is damaged."""
    shutil.copytree(out, out.parent / "backup")
    shutil.rmtree(out)
    shutil.copytree(out.parent / "backup", out)
    same_size(out)


DONE_BY_HAND: dict[str, Callable[[Path], object]] = {
    "a page was edited": lambda out: (out / PAGE).write_text("by hand"),
    "a page of the same size and time": same_size,
    "a page was emptied": lambda out: (out / PAGE).write_bytes(b""),
    "a page was removed": lambda out: (out / PAGE).unlink(),
    "a list was removed": lambda out: (out / "en/archive/index.html").unlink(),
    "an asset was edited": lambda out: next((out / "assets").glob("*.css")).write_text("* {}"),
    "all pages of an edition were removed": lambda out: shutil.rmtree(out / "en"),
    "a file was added": lambda out: (out / "en/added.html").touch(),
    "a folder was added": lambda out: (out / "added/deep").mkdir(parents=True),
    "a page is a link": linked,
    "a folder is a link": linked_folder,
    "a folder is in the place of a page": a_folder_for_a_file,
    "a file is in the place of a folder": a_file_for_a_folder,
    "a pipe is in the place of a page": lambda out: ((out / PAGE).unlink(), os.mkfifo(out / PAGE)),
    "it is another site": another_site,
    "it was restored from a copy": restored,
    "it was removed": shutil.rmtree,
}


@pytest.mark.parametrize("hand", DONE_BY_HAND)
@pytest.mark.parametrize("edit", [(), ("text", DAYS[0], "en", "other words")], ids=["same", "edited"])
def test_whatever_was_done_to_the_site_by_hand_the_next_build_is_right(
    hand: str, edit: tuple[str, ...], desk: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    DONE_BY_HAND[hand](out)
    elsewhere = {file: file.read_bytes() for file in tmp_path.glob("elsewhere*/*") if file.is_file()}
    if edit:
        edited(desk, edit)
    assert built(desk, out) == anew(desk, tmp_path)
    assert not [path for path in out.rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir())]
    assert sorted(path for path in out.rglob("*") if path.is_dir()) == sorted(
        out / path.relative_to(tmp_path / "new/site")
        for path in (tmp_path / "new/site").rglob("*")
        if path.is_dir()
    )
    assert {file: file.read_bytes() for file in elsewhere} == elsewhere


@pytest.mark.parametrize("copy", ["touched", "copied"])
def test_a_file_with_other_times_but_its_content_is_not_written_again(
    copy: str, desk: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    if copy == "copied":
        shutil.copytree(out, tmp_path / "copy", copy_function=shutil.copy)
        shutil.rmtree(out)
        (tmp_path / "copy").rename(out)
    else:
        os.utime(out / PAGE)
    before = states(out)
    assert built(desk, out) == anew(desk, tmp_path)
    assert written_again(before, out) == set()


PICTURE = "images/bridge.png"


def test_a_picture_of_the_same_size_and_time_is_seen(desk: Path, tmp_path: Path) -> None:
    picture = desk / f"issues/{DAYS[1]}/{PICTURE}"
    os.utime(picture, (1e9, 1e9))
    built(desk, tmp_path / "site")
    edited(desk, ("picture", DAYS[1], "900"))
    longer = max(picture.stat().st_size, 9_000)
    for width in ("800", "900"):
        edited(desk, ("picture", DAYS[1], width))
        picture.write_bytes(picture.read_bytes().ljust(longer, b"\0"))
        os.utime(picture, (1e9, 1e9))
        assert built(desk, tmp_path / "site") == anew(desk, tmp_path)


def test_a_picture_is_read_again_unless_its_state_is_old_enough_to_tell(tmp_path: Path) -> None:
    picture = tmp_path / "bridge.png"
    picture.write_bytes(b"one")
    digest, state = PictureDigests().of(picture)
    assert (digest, state) == (sha256(b"one").hexdigest(), UNKNOWN)  # it could still change unseen
    known = PictureDigests({str(picture): ("of the last build", state_of(picture.stat()))})
    assert known.of(picture) == ("of the last build", state_of(picture.stat()))
    os.utime(picture)
    assert known.of(picture)[0] == digest


# -- two builds, and builds that end early


def test_a_second_build_into_a_folder_waits_for_no_other_and_says_so(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    before = site_in(out)
    edited(desk, ("text", DAYS[0], "en", "other words"))
    with folder_beside(out) as new:
        (new / "half.html").touch()
        code, said, _ = built(desk, out)
        assert (code, said.strip()) == (2, "Another build is writing into OUT. Wait until it has ended.")
        assert (site_in(out), site_in(new)) == (before, {"half.html": b""})
    assert built(desk, out) == anew(desk, tmp_path)


def test_builds_into_one_folder_at_once_leave_a_right_site(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    edited(desk, ("accent", "#5f1f1f"))
    command = [Path(sys.executable).with_name("broadsheet"), "build", desk, out]
    builds = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [build.communicate()[1] for build in builds]
    assert {build.returncode for build in builds} <= {0, 2}
    assert 0 in {build.returncode for build in builds}
    assert not [each for each in said if "Built " not in each and "Another build is writing" not in each]
    assert site_in(out) == anew(desk, tmp_path)[2]
    assert not (tmp_path / "site.new").exists()


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_what_has_the_name_of_the_folder_beside_and_is_none_is_left_alone(
    kind: str, desk: Path, tmp_path: Path
) -> None:
    new, there = tmp_path / "site.new", tmp_path / "thesis"
    there.mkdir()
    (there / "x.txt").touch()
    new.touch() if kind == "file" else new.symlink_to(there if kind == "link" else "nowhere")
    before = site_in(tmp_path / "site")
    code, said, _ = built(desk, tmp_path / "site")
    assert (code, "is no folder" in said, "Remove it" in said) == (2, True, True)
    assert (site_in(tmp_path / "site"), (there / "x.txt").exists()) == (before, True)


def test_what_a_killed_build_left_beside_is_no_part_of_the_next(desk: Path, tmp_path: Path) -> None:
    for left in (tmp_path / "site.new/en", tmp_path / "site.new/x"):
        left.mkdir(parents=True)
        (left / "left.html").touch()
    edited(desk, ("text", DAYS[0], "en", "other words"))
    assert built(desk, tmp_path / "site") == anew(desk, tmp_path)
    assert not (tmp_path / "site.new").exists()


def test_a_site_that_is_a_link_to_another_file_system_is_built_into(tmp_path: Path) -> None:
    memory = Path("/dev/shm")  # noqa: S108  # the test makes a folder of its own in it
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no other file system")
    desk, out = a_desk(tmp_path), tmp_path / "site"
    place = memory / f"broadsheet-{os.getpid()}"
    place.mkdir()
    try:
        out.symlink_to(place)
        for edit in ("words", "other words", "title"):
            edited(desk, ("text", DAYS[0], "en", edit))
            assert built(desk, out) == anew(desk, tmp_path)
            assert out.is_symlink()
            assert site_in(place) == site_in(out)
    finally:
        shutil.rmtree(place)


STOPPING = """
import os, signal, sys
last, done = int(sys.argv.pop(1)), 0
WRITING = ("os.rename", "os.remove", "os.mkdir", "os.rmdir")

def watch(event, arguments):
    global done
    is_opened = event == "open" and isinstance(arguments[1], str) and arguments[1][0] in "wx"
    if (is_opened or event in WRITING) and "/site" in str(arguments[0]):
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1

sys.addaudithook(watch)
from cli.main import main
try:
    main()
finally:
    print(done)
"""
A_TENTH = 10


def stopped_at(step: int, desk: Path, out: Path) -> str:
    """What a build says that is killed at that step; a step is a file or folder written, moved or removed."""
    command = [sys.executable, "-c", STOPPING, str(step), "build", str(desk), str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL)
    return done.stdout.strip()


def test_a_build_that_is_killed_at_any_step_leaves_whole_pages_and_the_next_is_right(
    desk: Path, tmp_path: Path
) -> None:
    out, old = tmp_path / "site", site_in(tmp_path / "site")
    changed = (("text", DAYS[2], "en", "title"), ("text", DAYS[0], "en", "none"))

    def edit() -> None:
        for each in changed:
            edited(desk, each)

    edit()
    new = anew(desk, tmp_path)
    steps = int(stopped_at(10**6, desk, out))
    assert site_in(out) == new[2]
    seen = set()
    for step in {*range(0, steps, steps // A_TENTH), *range(steps - 4, steps)}:
        for day in (DAYS[0], DAYS[2]):
            edited(desk, ("text", day, "en", "words"))
        assert built(desk, out)[2] == old
        edit()
        assert stopped_at(step, desk, out) == ""
        found = site_in(out)
        assert {path for path in found if found[path] not in (old.get(path), new[2].get(path))} == set()
        assert old.keys() & new[2].keys() <= found.keys()
        seen.add("old" if found == old else "new" if found == new[2] else "between")
        assert built(desk, out) == new
        assert not (tmp_path / "site.new").exists()
    assert seen == {"old", "between", "new"}
