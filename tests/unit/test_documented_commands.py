"""Each command that a document tells its reader to type is run by a test, or has a reason not to be.

docs/operators.md is run line by line by tests/rehearsals/test_operators_guide.py; this is about all others.
"""

import re
import shlex
import subprocess
from pathlib import Path
from textwrap import wrap

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from click.testing import CliRunner

from cli.main import main
from infrastructure.build import ROOT
from tests.rehearsals import test_operators_guide as guide
from tests.unit import test_moving_in as moving_in

DOCUMENTS = (
    *("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"),
    *("docs/editors.md", "docs/moving-in.md", "docs/benchmarks.md"),
)
OF_THE_AWS_CLI = re.compile(r"\baws ((?!configure|sso )[a-z0-9]+) ([a-z]+(?:-[a-z]+)+)")
COMMAND = re.compile(r"`((?:make|(?:\.venv/bin/)?broadsheet) [^`]+)`")
HERE = (
    "broadsheet check content",
    "broadsheet check issues/2016-12-05",
    "broadsheet check --lenient old-site/",
    "broadsheet build content /tmp/site --newsletter /tmp/newsletter.toml",
)
STORY = "tests/rehearsals/test_story.py::test_every_check_of_the_story_holds"
STATE_SURVIVES = "tests/rehearsals/test_operators.py::test_state_survives_a_restart_and_no_process_does"
CONVERTED = "tests/unit/test_convert_command.py::test_the_second_run_converts_and_its_result_can_be_published"
MOVING_IN = "tests/unit/test_moving_in.py::test_every_step_ends_as_the_guide_says"
MOVED = "tests/rehearsals/test_moving_in.py::test_an_old_address_leads_to_the_published_text"
SET_BACK = "tests/rehearsals/test_deploying_again.py::test_a_parameter_is_set_and_kept_and_can_be_emptied"
ELSEWHERE = {  # the test that runs it, or what does
    "make demo": STORY,
    "make up": STATE_SURVIVES,
    "make down": STATE_SURVIVES,
    "make deploy PARAMETERS=AlarmAddress=": SET_BACK,
    **dict.fromkeys(("make test", "make rehearse", "make browser"), ".ci/run"),
    **dict.fromkeys(("make setup", "make lint", "make check"), ".ci/run"),  # parts of `make test`
    "broadsheet convert export.xml old-desk": CONVERTED,
    **dict.fromkeys(
        (" ".join(line.split()).removeprefix(".venv/bin/") for line in moving_in.OURS), MOVING_IN
    ),
    **dict.fromkeys(moving_in.COPIES, MOVING_IN),
    "aws s3 sync old-desk/issues s3://NAME/issues": MOVED,
    "broadsheet restore": "docs/operators.md",  # which runs it with its arguments
    "broadsheet history": "docs/operators.md",
}
NOT_RUN = {  # and why
    "make bench": "takes an hour, and a quiet machine",
    "make proof": "takes hours",
    "make lock": "changes the requirements",
    "make pictures": "changes the pictures of the documents",
    "make deploy PARAMETERS=DomainName=": "wants a certificate that ACM has issued",
    "make deploy PARAMETERS=OtherDomainNames=": "as above",
    "sed": "from another project",
    "npx": "from npm, which needs the internet",
    "python3 -m http.server": "from Python",
}


def commands(document: str) -> set[str]:
    """The lines of its blocks for a shell, and the commands of ours in running text; without comments."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if line]
    typed = (plain(line) for line in (*lines, *COMMAND.findall(prose)))
    return {line for line in typed if not line.endswith(" --help")}


def plain(line: str) -> str:
    return " ".join(shlex.split(line, comments=True)).removeprefix(".venv/bin/")


def is_covered(command: str) -> bool:
    """Whether it is run; one that is run may have more arguments."""
    run = [*map(plain, guide.OURS), *HERE, *ELSEWHERE]
    begun = any(line == command or line.startswith(f"{command} ") for line in run)
    return begun or any(command.startswith(name) for name in NOT_RUN)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_is_run_or_has_a_reason_not_to_be(document: str) -> None:
    assert commands(document)
    assert {command for command in commands(document) if not is_covered(command)} == set()


def test_a_command_that_nothing_runs_is_found() -> None:
    assert not is_covered("broadsheet subscribers merge")
    assert not is_covered("make coffee")


@pytest.mark.parametrize("where", sorted(set(ELSEWHERE.values())))
def test_what_runs_a_command_elsewhere_is_there(where: str) -> None:
    file, _, test = where.partition("::")
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8") if test else (ROOT / file).is_file()


@pytest.mark.parametrize("folder", ["cli", "docs"])
def test_every_command_of_the_aws_cli_that_is_named_exists(folder: str) -> None:
    files = [file for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".md")]
    named = {found for file in files for found in OF_THE_AWS_CLI.findall(file.read_text(encoding="utf-8"))}
    assert named
    services = {service: service.removesuffix("api") for service, _ in named}  # s3api is the API of s3
    models = {service: Loader().load_service_model(name, "service-2") for service, name in services.items()}
    exist = {(service, xform_name(name, "-")) for service in models for name in models[service]["operations"]}
    assert named - exist == set()


def recipe(*words: str) -> list[str]:
    """The commands that make would run, if everything is set up."""
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "--assume-old=.venv/.ready", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("target", ["demo", "up", "down"])
def test_make_runs_the_command_of_the_same_name(target: str) -> None:
    assert recipe(target) == [f".venv/bin/broadsheet {target}"]


def test_what_is_run_before_a_commit_is_part_of_what_is_run_for_everything() -> None:
    everything = "\n".join(recipe("test"))
    assert all(line in everything for line in recipe("check"))
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert {"make test", "make rehearse", "make browser"} <= set(re.findall(r"make [a-z]+", ci))


def test_checking_and_building_the_sample_end_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "content").symlink_to(ROOT / "content")
    for name in ("issues", "old-site"):
        (tmp_path / name).symlink_to(ROOT / "content" / "issues")
    (tmp_path / "newsletter.toml").symlink_to(ROOT / "newsletter.toml")
    monkeypatch.chdir(tmp_path)
    for line in HERE:
        words = shlex.split(line.replace("/tmp/", f"{tmp_path}/"))[1:]  # noqa: S108  # the documents' own
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
    assert (tmp_path / "site" / "en" / "2016-12-05" / "index.html").is_file()


def test_the_readme_says_on_one_screen_what_this_is_and_how_to_try_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first, second = re.findall(r"^## .*$", text, re.MULTILINE)[:2]
    assert first == "## Try it"
    screen = text[: text.index(second)].rstrip().splitlines()
    assert sum(len(wrap(line, 100)) or 1 for line in screen) <= 45
