"""`broadsheet build` keeps what it made: the next build writes the same bytes as one that knows nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.build_store import FOLDER, NAME, BuildStore
from infrastructure.build import ROOT
from tests.site_builds import (
    DAYS,
    EDITIONS,
    PAGES,
    TEXTS,
    Edit,
    a_desk,
    anew,
    built,
    edited,
    forge,
    index_in,
    kept_in,
)

EDITS = st.one_of(
    st.tuples(st.just("text"), st.sampled_from(DAYS), st.sampled_from(EDITIONS), st.sampled_from([*TEXTS])),
    st.tuples(st.just("picture"), st.sampled_from(DAYS), st.sampled_from(["800", "900"])),
    st.tuples(st.just("accent"), st.sampled_from(["#1f4e5f", "#5f1f1f"])),
    st.tuples(st.just("options"), st.sampled_from(["", "--warnings"])),
    st.tuples(st.just("site"), st.sampled_from(PAGES), st.sampled_from(["edited", "removed", "added"])),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDITS, min_size=2, max_size=6))
def test_after_any_edits_a_build_is_the_same_as_one_that_knows_of_no_other(
    tmp_path_factory: pytest.TempPathFactory, edits: list[Edit]
) -> None:
    """After edits of the desk and of the site: a lost issue keeps the old site, and the new one apart."""
    folder = tmp_path_factory.mktemp("edits")
    desk, options = a_desk(folder), list[str]()
    for edit in edits:
        built(desk, folder / "site", *options)
        edited(desk, edit)
        options = [edit[1]] if edit[0] == "options" and edit[1] else options
        code, said, site = built(desk, folder / "site", *options)
        told = said.replace("OUT was left as it was", "OUT was not made")
        fresh_code, fresh_told, fresh_site = anew(desk, folder, *options)
        assert site == fresh_site
        if "OUT was left" not in said:
            assert (code, told) == (fresh_code, fresh_told)


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
    after = built(desk, tmp_path / "site", *options)
    assert after == anew(desk, tmp_path, *options)
    assert (after == before) == (change == "nothing")


def test_a_second_build_believes_what_the_first_kept(tmp_path: Path) -> None:
    """The site is given another page than the text makes, and the store that page's digest."""
    desk, page = a_desk(tmp_path), tmp_path / f"site/en/{DAYS[0]}/index.html"
    built(desk, tmp_path / "site")
    before = page.read_bytes()
    page.write_bytes(before.replace(b"Words.", b"Wards."))
    digests = [sha256(content).hexdigest() for content in (before, page.read_bytes())]
    forge(tmp_path, lambda kept: kept.replace(*digests))
    assert b"Wards." in built(desk, tmp_path / "site")[2][f"en/{DAYS[0]}/index.html"]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda content: content[:-1],
    "other letters": lambda content: content.replace(b"e", b"o"),
    "cut short": lambda content: content[:70],
    "zeros": lambda content: b"\0" * len(content),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_made_again(damage: str, tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    before, whole = built(desk, tmp_path / "site"), kept_in(tmp_path)
    index_in(tmp_path).write_bytes(DAMAGES[damage](index_in(tmp_path).read_bytes()))
    assert built(desk, tmp_path / "site") == before
    assert len(kept_in(tmp_path).splitlines()) == len(whole.splitlines())


@pytest.mark.parametrize(
    "lines",
    [
        *("5", "no JSON", "{}", '["{base}"]', '["{base}", []]', '["{base}", {"x": [1]}]'),
        *('["{base}", {}]\nno JSON\n', '["{base}", {}]\n["key", null, []]\n', '["{base}", {}]\n["key"]\n'),
    ],
)
def test_a_store_of_another_shape_is_made_again(lines: str, tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    before, whole = built(desk, tmp_path / "site"), kept_in(tmp_path)
    base = json.loads(whole.splitlines()[0])[0]
    forge(tmp_path, lambda _: lines.replace("{base}", base))
    assert built(desk, tmp_path / "site") == before
    assert len(kept_in(tmp_path).splitlines()) == len(whole.splitlines())


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
    page = tmp_path / f"site/en/{DAYS[0]}/index.html"
    content = page.read_bytes()
    page.write_bytes(content.replace(b"Words.", b"Forged."))
    digests = [sha256(each).hexdigest() for each in (content, page.read_bytes())]
    forge(tmp_path, lambda kept: kept.replace(*digests))
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


@pytest.mark.parametrize("path", ["../page.html", "en/../../page.html", "/page.html"])
def test_no_file_outside_of_the_site_is_believed_or_touched(path: str, tmp_path: Path) -> None:
    desk, outside = a_desk(tmp_path), tmp_path / "page.html"
    before = built(desk, tmp_path / "site")
    outside.write_text("of mine")
    digest = sha256(b"of mine").hexdigest()
    path = path.replace("/page.html", f"{outside}") if path.startswith("/") else path
    forge(
        tmp_path,
        lambda kept: kept.replace('{"robots.txt"', f'{{"{path}": ["{digest}", 7, 0, 0, 0], "robots.txt"'),
    )
    assert path in index_in(tmp_path).read_text()
    assert built(desk, tmp_path / "site") == before
    assert outside.read_text() == "of mine"
    assert path not in index_in(tmp_path).read_text()


def test_only_what_the_store_made_is_removed_and_nothing_that_another_build_is_writing(
    tmp_path: Path,
) -> None:
    store = BuildStore(tmp_path, "base")
    of_an_earlier_release = sha256(b"key").hexdigest()
    for name in ("thesis.txt", "unfinished-now", "unfinished-long-ago", of_an_earlier_release):
        (tmp_path / name).touch()
    os.utime(tmp_path / "unfinished-long-ago", (0, 0))

    store.save({}, {})

    assert {file.name for file in tmp_path.iterdir()} == {NAME, "thesis.txt", "unfinished-now"}


def test_without_the_store_the_build_names_each_file_that_it_had_otherwise(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    code, said, site = built(desk, tmp_path / "site")
    assert built(desk, tmp_path / "site", "--no-cache") == (code, said, site)
    wrong = {path for path, content in site.items() if b"First." in content}
    digests = {sha256(site[path]).hexdigest() for path in wrong}
    forge(tmp_path, lambda kept: re.sub("|".join(digests), "0" * 64, kept))
    code, said, same = built(desk, tmp_path / "site", "--no-cache")
    assert (code, same) == (1, site)
    assert {line.split(":")[0] for line in said.splitlines() if "kept other bytes" in line} == wrong
    assert f"en/{DAYS[1]}/security-1.html" in wrong
    assert "kept other bytes" not in built(desk, tmp_path / "site", "--no-cache")[1]


def test_nothing_of_a_removed_text_is_kept_and_nobody_else_may_read_the_store(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    edited(desk, ("text", DAYS[2], "en", "title"))
    built(desk, tmp_path / "site")
    assert "Another title" in index_in(tmp_path).read_text()
    (desk / f"issues/{DAYS[2]}/en.md").unlink()
    built(desk, tmp_path / "site")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if b"Another title" in file.read_bytes()] == []
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER).rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER, tmp_path / FOLDER / "site")}
    assert (modes, folders) == ({0o600}, {0o700})


def test_an_import_keeps_nothing_for_its_texts_may_come_due(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    built(desk, tmp_path / "site")
    built(desk, tmp_path / "site", "--lenient")
    assert list(index_in(tmp_path).parent.iterdir()) == []


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
