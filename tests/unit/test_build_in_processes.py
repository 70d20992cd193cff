"""`broadsheet build --jobs`: the same site from several processes, none of which outlives the command."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from bench.archive import texts
from broadsheet.content.checks.links import link_findings
from broadsheet.content.checks.weeks import text_digest
from broadsheet.content.read import read_issue
from cli.built_issue import outline
from cli.generator import FEW_ISSUES
from infrastructure.build import ROOT
from tests.builders import NEWSLETTER_TOML, the_sample_newsletter

BROADSHEET = Path(sys.executable).with_name("broadsheet")
HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
MONDAY = date(2016, 1, 4)
WEEKS = FEW_ISSUES + 5
BAD = 3  # the number of the issue that has an error


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More issues than one process builds alone; each has a warning, one an error, some dead links."""
    folder = tmp_path_factory.mktemp("many") / "desk"
    for number in range(WEEKS):
        day = MONDAY + timedelta(weeks=number)
        wrong = "## weather\n\n### No such topic\n\nWords." if number == BAD else ""
        link = f"[A page](../{day + timedelta(weeks=number % 3)}/index.html)"
        file = folder / f"issues/{day}/en.md"
        file.parent.mkdir(parents=True)
        file.write_text(f"{HEAD}Words of {day}. {link} [here](http://news.example.com/){wrong}")
    (folder / "newsletter.toml").write_text(NEWSLETTER_TOML)
    return folder


@pytest.fixture(scope="module")
def long_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that takes so long that a build of it can be ended midway."""
    folder = tmp_path_factory.mktemp("long") / "desk"
    for text in texts(2 * FEW_ISSUES):
        file = folder / f"issues/{text.day}/{text.edition}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.markdown, encoding="utf-8")
    (folder / "newsletter.toml").write_bytes((ROOT / "newsletter.toml").read_bytes())
    return folder


def command(desk: Path, out: Path, *options: str) -> list[str]:
    return [str(BROADSHEET), "build", str(desk), str(out), *options]


def run(desk: Path, out: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run(command(desk, out, *options), stdout=PIPE, stderr=STDOUT, text=True, check=False)
    return done.returncode, done.stdout.replace(str(out), "OUT").strip()


def site_in(out: Path) -> dict[str, bytes]:
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def test_several_processes_write_the_same_files_and_findings_as_one(desk: Path, tmp_path: Path) -> None:
    said = [run(desk, tmp_path / jobs, "--warnings", "--jobs", jobs) for jobs in ("1", "3")]
    assert said[0] == said[1]
    assert said[0][0] == 1
    assert said[0][1].count("en.md:1: warning: ") + said[0][1].count("en.md:5: warning: ") >= WEEKS
    assert site_in(tmp_path / "1") == site_in(tmp_path / "3")
    assert len(list(tmp_path.glob("3/en/*-*/index.html"))) == WEEKS - 1


def test_what_a_worker_raises_ends_the_build_as_in_one_process(desk: Path, tmp_path: Path) -> None:
    copy = tmp_path / "desk"
    shutil.copytree(desk, copy)
    file = copy / f"issues/{MONDAY}/en.md"
    file.unlink()
    file.symlink_to("/proc/self/mem")  # a file whose first byte can't be read
    said = [run(copy, tmp_path / jobs, "--jobs", jobs) for jobs in ("1", "2")]
    assert said[0] == said[1] == (1, "Error: The file: Input/output error.")
    assert not (tmp_path / "2").exists()


def test_an_outline_has_the_findings_of_the_whole_issue() -> None:
    newsletter = the_sample_newsletter()
    for file in sorted((ROOT / "content/issues").glob("*/*.md")):
        text = file.read_bytes() + b"\n\n[Dead](../1999-01-04/index.html) <b>and</b> [*dead*](/en/no/)\n"
        names = frozenset(path.relative_to(file.parent).as_posix() for path in file.parent.rglob("images/*"))
        issue = read_issue(file.parent.name, file.stem, text, names, newsletter).issue
        small = outline(issue)
        assert text_digest(small) == text_digest(issue)
        found = [link_findings("x", each, newsletter, lambda _: False) for each in (issue, small)]
        assert found[0] == found[1]
        assert len(found[0]) >= 2


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes."""
    while not holds():
        time.sleep(0.01)


def is_there(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def half_built(long_desk: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A build with two workers, stopped by the system when the first page was written; and the workers."""
    out = tmp_path / "site"
    (tmp_path / "site/assets").mkdir(parents=True)
    (tmp_path / "site/robots.txt").write_text("the old site")
    heeding = ["env", "--default-signal=INT"]  # which tests that a shell runs in the background ignore
    building = subprocess.Popen(
        [*heeding, *command(long_desk, out, "--jobs", "2")],
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        start_new_session=True,
    )
    children = Path(f"/proc/{building.pid}/task/{building.pid}/children")
    until(lambda: any(tmp_path.glob("site.new/*/*/index.html")) or building.poll() is not None)
    workers = [int(child) for child in children.read_text(encoding="utf-8").split()]
    yield building, workers
    if building.poll() is None:
        os.killpg(building.pid, signal.SIGKILL)
        building.wait()


ENDINGS: dict[str, Callable[[subprocess.Popen[str], list[int]], None]] = {
    "Ctrl-C": lambda building, _: os.killpg(building.pid, signal.SIGINT),
    "the command is killed": lambda building, _: building.kill(),
    "a worker is killed": lambda _, workers: os.kill(workers[0], signal.SIGKILL),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_build_that_is_ended_leaves_no_process_and_the_old_site(
    ending: str, half_built: tuple[subprocess.Popen[str], list[int]], tmp_path: Path
) -> None:
    building, workers = half_built
    assert len(workers) == 2
    ENDINGS[ending](building, workers)
    said, _ = building.communicate()
    until(lambda: not any(map(is_there, workers)))
    assert building.returncode != 0
    assert "Traceback" not in said
    assert site_in(tmp_path / "site") == {"robots.txt": b"the old site"}
    assert (tmp_path / "site.new").exists() == (ending == "the command is killed")
    if ending == "a worker is killed":
        assert "A process of this command was killed" in said
