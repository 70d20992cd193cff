"""The documents speak of what is there."""

import re
import subprocess

import pytest

from broadsheet.issues.findings import UnpublishableError
from broadsheet.issues.read import read_issue
from broadsheet.newsletter import read_newsletter
from cli.build import ROOT, read_template
from cli.main import main

MAKE_TARGETS = set(
    re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/editors.md", "docs/operators.md")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tracked_texts() -> list[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [(name, text_of(name)) for name in listed if not name.endswith((".png", ".ico"))]


def test_every_function_of_the_template_is_in_the_architecture() -> None:
    functions = [
        name
        for name, resource in read_template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    assert [name for name in functions if name not in text_of("ARCHITECTURE.md")] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_command_that_is_named_exists(document: str) -> None:
    named = set(
        re.findall(
            r"\bmake ([a-z]+)\b", " ".join(re.findall(r"`[^`]+`|```.*?```", text_of(document), re.DOTALL))
        )
    )
    assert named <= MAKE_TARGETS


def test_every_broadsheet_command_that_the_architecture_names_exists() -> None:
    line = next(line for line in text_of("ARCHITECTURE.md").splitlines() if line.startswith("| `cli/`"))
    named = set(re.findall(r"`([a-z]+)`", line)) - {"broadsheet"}
    assert named == set(main.commands)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_links_to_is_there(document: str) -> None:
    folder = (ROOT / document).parent
    links = re.findall(r"\]\(([^)#:]+)\)", re.sub(r"```.*?```", "", text_of(document), flags=re.DOTALL))
    assert [link for link in links if not (folder / link).exists()] == []


def test_every_module_that_the_architecture_names_is_there() -> None:
    package = ROOT / "layers/core/broadsheet"
    named = re.findall(
        r"`((?:subscribers|issues|site|mailings|feedback|aws)/[a-z_]+\.py)`", text_of("ARCHITECTURE.md")
    )
    assert len(named) > 10
    assert [name for name in named if not (package / name).is_file()] == []


def test_the_repo_names_no_path_of_a_machine_and_no_registry() -> None:
    forbidden = re.compile(
        "|".join(
            (
                r"(?<![\w.])/(?:work|farm|root)/",
                r"\bpypi" + r"\.org",
                "files.python" + "hosted",
                "registry.np" + "mjs",
            )
        )
    )
    assert [name for name, text in tracked_texts() if forbidden.search(text)] == []


def test_the_example_for_editors_is_one_that_is_published() -> None:
    example = re.search(r"```markdown\n(.*?)```", text_of("docs/editors.md"), re.DOTALL)
    assert example
    newsletter = read_newsletter(text_of("newsletter.toml"))
    try:
        issue = read_issue(
            "2016-12-05", "en", example[1].encode(), frozenset({"images/bridge.png"}), newsletter
        ).issue
    except UnpublishableError as error:
        pytest.fail(str(error))
    assert issue.title == "Two summits, one road: what the neighbours want"
    assert [piece.trend for piece in issue.commentaries] == ["same"]
