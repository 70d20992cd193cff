"""`broadsheet build` keeps what it made: the next build writes the same bytes as one that knows nothing."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.build_store import FOLDER, BuildStore, Made
from cli.main import main
from infrastructure.build import ROOT
from tests.builders import NEWSLETTER_TOML
from tests.pictures import a_picture

HEAD = "---\ntitle: {}\nsummary: A summary.\n---\n"
DAYS = ("2015-12-28", "2016-12-05", "2016-12-12")
EDITIONS = ("en", "ru")
PICTURE = "![A bridge](images/bridge.png)\n\n"
TEXTS = {
    "words": HEAD.format("A title") + "Words. [A page](../2016-12-05/index.html)",
    "other words": HEAD.format("A title") + "Other words. [A page](/en/2015-12-28/security-1.html)",
    "title": HEAD.format("Another title") + "Words.",
    "commentary": HEAD.format("A title") + f"## security\n\n### One\n\n{PICTURE}First.\n",
    "error": HEAD.format("A title") + "## weather\n\n### One\n\nFirst.\n",
    "none": "",
}
Edit = tuple[str, ...]
EDITS = st.one_of(
    st.tuples(st.just("text"), st.sampled_from(DAYS), st.sampled_from(EDITIONS), st.sampled_from([*TEXTS])),
    st.tuples(st.just("picture"), st.sampled_from(DAYS), st.sampled_from(["800", "900"])),
    st.tuples(st.just("accent"), st.sampled_from(["#1f4e5f", "#5f1f1f"])),
    st.tuples(st.just("options"), st.sampled_from(["", "--warnings"])),
)


def edited(desk: Path, edit: Edit) -> None:
    match edit:
        case "text", day, edition, name:
            file = desk / f"issues/{day}/{edition}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(TEXTS[name])
            if not TEXTS[name]:
                file.unlink()
        case "picture", day, width:
            file = desk / f"issues/{day}/images/bridge.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(a_picture(int(width), 600))
        case "accent", colour:
            toml = re.sub(r'(?m)^accent = ".*"', f'accent = "{colour}"', NEWSLETTER_TOML)
            (desk / "newsletter.toml").write_text(toml)


def a_desk(folder: Path) -> Path:
    desk = folder / "desk"
    edited(desk, ("picture", DAYS[1], "800"))
    edited(desk, ("accent", "#1f4e5f"))
    for day in DAYS:
        edited(desk, ("text", day, "en", "commentary" if day == DAYS[1] else "words"))
    return desk


def built(desk: Path, out: Path, *options: str) -> tuple[int, str, dict[str, bytes]]:
    """Exit code, output and site of a build."""
    result = CliRunner().invoke(main, ["build", str(desk), str(out), *options])
    said = result.output.replace(str(out), "OUT")
    return result.exit_code, said, site_in(out if out.exists() else out.with_name(f"{out.name}.new"))


def site_in(out: Path) -> dict[str, bytes]:
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def kept_in(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER / "site").iterdir())


def anew(desk: Path, folder: Path, *options: str) -> tuple[int, str, dict[str, bytes]]:
    """A build that knows of no other."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir()
    return built(desk, folder / "new/site", *options)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDITS, min_size=2, max_size=5))
def test_after_any_edits_a_build_is_the_same_as_one_that_knows_of_no_other(
    tmp_path_factory: pytest.TempPathFactory, edits: list[Edit]
) -> None:
    folder = tmp_path_factory.mktemp("edits")
    desk, options = a_desk(folder), list[str]()
    for edit in edits:
        built(desk, folder / "site", *options)
        edited(desk, edit)
        options = [edit[1]] if edit[0] == "options" and edit[1] else options
        shutil.rmtree(folder / "site", ignore_errors=True)  # a lost issue would keep the old site
        shutil.rmtree(folder / "site.new", ignore_errors=True)
        assert built(desk, folder / "site", *options) == anew(desk, folder, *options)


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda desk: desk,
    "a picture": lambda desk: edited(desk, ("picture", DAYS[1], "900")),
    "a neighbour's title": lambda desk: edited(desk, ("text", DAYS[0], "en", "title")),
    "a key of the newsletter": lambda desk: edited(desk, ("accent", "#5f1f1f")),
    "a withdrawn text": lambda desk: edited(desk, ("text", DAYS[2], "en", "none")),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("options", [(), ("--warnings",)], ids=["quiet", "thorough"])
def test_a_change_is_in_the_next_build(change: str, options: tuple[str, ...], tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    before = built(desk, tmp_path / "site", *options)
    CHANGES[change](desk)
    shutil.rmtree(tmp_path / "site")
    after = built(desk, tmp_path / "site", *options)
    assert after == anew(desk, tmp_path, *options)
    assert (after == before) == (change == "nothing")


def test_a_second_build_reads_what_the_first_kept(tmp_path: Path) -> None:
    """The store is given another page than the text makes, under the same key."""
    desk = a_desk(tmp_path)
    built(desk, tmp_path / "site")
    edited_entry(tmp_path, b"Words.", b"Wards.")
    assert b"Wards." in built(desk, tmp_path / "site")[2][f"en/{DAYS[0]}/index.html"]


def edited_entry(folder: Path, old: bytes, new: bytes) -> None:
    """Change what is kept, with a right checksum."""
    for file in kept_in(folder):
        rest = file.read_bytes()[64:].replace(old, new)
        file.write_bytes(sha256(rest).hexdigest().encode() + rest)


def test_a_damaged_file_of_the_store_is_made_again(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    before = built(desk, tmp_path / "site")
    whole = [file.read_bytes() for file in kept_in(tmp_path)]
    for number, file in enumerate(kept_in(tmp_path)):
        content = file.read_bytes()
        damages = (b"", content[:-1], content.replace(b"e", b"o"), content[:70], b"\0" * len(content))
        file.write_bytes(damages[number % len(damages)])
    assert built(desk, tmp_path / "site") == before
    assert [file.read_bytes() for file in kept_in(tmp_path)] == whole


NOT_OURS: dict[str, Callable[[Path], object]] = {
    "others may write": lambda store: store.chmod(0o777),
    "others may write beside it": lambda store: store.parent.chmod(0o755),
    "a link": lambda store: store.symlink_to(store.parent.parent / "elsewhere"),
    "a file": lambda store: store.write_bytes(b"x"),
    "a link to nothing": lambda store: store.symlink_to("nowhere"),
}


@pytest.mark.parametrize("change", NOT_OURS)
def test_what_others_could_have_put_into_the_store_is_neither_read_nor_removed(
    change: str, tmp_path: Path
) -> None:
    desk = a_desk(tmp_path)
    code, _, site = built(desk, tmp_path / "site")
    edited_entry(tmp_path, b"Words.", b"Forged.")
    store = tmp_path / FOLDER / "site"
    if change in ("a link", "a file", "a link to nothing"):
        store.rename(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "thesis.txt").write_text("a year of work")
    NOT_OURS[change](store)
    there = {path: path.read_bytes() for path in tmp_path.glob("elsewhere/*")}

    for options in ((), ("--no-cache",)):
        now, said, same = built(desk, tmp_path / "site", *options)
        assert (now, same) == (code, site)
        assert "nothing is kept there" in said
    assert {path: path.read_bytes() for path in tmp_path.glob("elsewhere/*")} == there


def test_no_file_is_kept_for_a_place_outside_of_the_site(tmp_path: Path) -> None:
    store = BuildStore(tmp_path, "base")
    for path in ("../page.html", "en/../../page.html", "/page.html"):
        key = store.key(path)
        store.keep(key, Made(None, {path: b"x"}))
        assert store.get(key) is None


def test_only_what_the_store_made_is_removed_and_nothing_that_another_build_is_writing(
    tmp_path: Path,
) -> None:
    store = BuildStore(tmp_path, "base")
    store.keep(store.key("used"), Made(None, {}))
    store.keep(store.key("not used"), Made(None, {}))
    for name in ("thesis.txt", "unfinished-now", "unfinished-long-ago"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "unfinished-long-ago", (0, 0))

    store.purge([store.key("used")])

    left = {file.name for file in tmp_path.iterdir()}
    assert left == {store.key("used"), "thesis.txt", "unfinished-now"}


def test_without_the_store_the_build_names_each_file_that_it_had_otherwise(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    code, said, site = built(desk, tmp_path / "site")
    assert built(desk, tmp_path / "site", "--no-cache") == (code, said, site)
    edited_entry(tmp_path, b"First.", b"Fxrst.")
    code, said, same = built(desk, tmp_path / "site", "--no-cache")
    assert (code, same) == (1, site)
    named = {line.split(":")[0] for line in said.splitlines() if "kept other bytes" in line}
    wrong = {path for path, content in site.items() if b"First." in content}
    assert named == wrong
    assert f"en/{DAYS[1]}/security-1.html" in wrong
    assert "kept other bytes" not in built(desk, tmp_path / "site", "--no-cache")[1]


def test_nothing_of_a_removed_text_is_kept_and_nobody_else_may_read_the_store(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    edited(desk, ("text", DAYS[2], "en", "other words"))
    built(desk, tmp_path / "site")
    before = kept_in(tmp_path)
    assert any(b"Other words" in file.read_bytes() for file in before)
    (desk / f"issues/{DAYS[2]}/en.md").unlink()
    shutil.rmtree(tmp_path / "site")
    built(desk, tmp_path / "site")
    assert not any(b"Other words" in file.read_bytes() for file in kept_in(tmp_path))
    assert len(kept_in(tmp_path)) <= len(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER).rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER, tmp_path / FOLDER / "site")}
    assert (modes, folders) == ({0o600}, {0o700})


def test_an_import_keeps_nothing_for_its_texts_may_come_due(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    built(desk, tmp_path / "site")
    built(desk, tmp_path / "site", "--lenient")
    assert kept_in(tmp_path) == []


def test_a_changed_template_is_seen(tmp_path: Path) -> None:
    desk, code = a_desk(tmp_path), tmp_path / "code"
    for folder in ("layers/core/broadsheet", "cli", "infrastructure"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, code / Path(folder).name, ignore=ignored)
    program = "from cli.main import main; main()"
    template = code / "broadsheet/rendering/templates/base.html"

    def build() -> bytes:
        command = [sys.executable, "-c", program, "build", str(desk), str(tmp_path / "site")]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": str(code)}, cwd=tmp_path, check=True)
        return (tmp_path / f"site/en/{DAYS[0]}/index.html").read_bytes()

    assert b"<!-- new -->" not in build()
    template.write_text(template.read_text(encoding="utf-8").replace("<body", "<!-- new --><body"))
    assert b"<!-- new -->" in build()
