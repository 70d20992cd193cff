"""The documents speak of what is there."""

import re
import shlex
import subprocess
from collections import Counter
from functools import cache

import click
import pytest

from bench.run import MEASUREMENTS
from broadsheet.content.findings import UnpublishableError
from broadsheet.content.read import read_issue
from broadsheet.newsletter_file import read_newsletter
from cli.main import main
from infrastructure.build import ROOT, read_template

MAKE_TARGETS = set(
    re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/editors.md",
    "docs/operators.md",
    "docs/moving-in.md",
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
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


def typed(document: str) -> list[list[str]]:
    """The words after `broadsheet` of each line in a block."""
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", text_of(document), re.DOTALL | re.MULTILINE))
    lines = re.findall(r"^(?:\.venv/bin/)?broadsheet (.+)$", blocks, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def refusal(words: list[str]) -> str:
    """What the command line says before it does anything; a file that is named need not be there."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        _, found, words = command.resolve_command(context, words)
        assert found
        command = found
    try:
        command.make_context(command.name, words)
    except click.UsageError as error:
        return "" if "does not exist" in error.message else error.format_message()
    return ""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_broadsheet_command_in_a_block_has_options_and_arguments_that_there_are(document: str) -> None:
    assert [found for words in typed(document) if (found := refusal(words))] == []


def test_a_command_that_the_command_line_refuses_is_found() -> None:
    assert "unexpected extra argument" in refusal(["subscribers", "export", "--to", "age1…", "list.age"])
    assert "--nowhere" in refusal(["status", "--nowhere"])
    assert refusal(["subscribers", "count"]) == ""
    assert sum(len(typed(document)) for document in DOCUMENTS) > 20


def test_every_broadsheet_command_that_the_architecture_names_exists() -> None:
    line = next(line for line in text_of("ARCHITECTURE.md").splitlines() if line.startswith("| `cli/`"))
    named = set(re.findall(r"`([a-z]+)`", line)) - {"broadsheet"}
    assert named == set(main.lazy)


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links_in(text: str) -> list[tuple[str, str]]:
    """The links to files of ours: file, empty for the same one, and what comes after `#`."""
    return re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)", without_code(text))


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub gives to headings.

    In lower case, with hyphens for spaces and without other marks; a second of the same name gets `-1`.
    Source: GitHub Docs, "Basic writing and formatting syntax", section links.
    """
    seen: Counter[str] = Counter()
    anchors = set()
    for heading in re.findall(r"^#{1,6} +(.+?)[ #]*$", without_code(text), re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def documents() -> list[str]:
    return [name for name, _ in tracked_texts() if name.endswith(".md")]


def broken_links(document: str, text: str) -> list[str]:
    """Those to a file that is not there, or to a heading that it does not have."""
    broken = []
    for file, anchor in links_in(text):
        target = (ROOT / document).parent / file if file else ROOT / document
        is_page = not file or (target.suffix == ".md" and target.is_file())
        found = text if not file else target.read_text(encoding="utf-8") if is_page else ""
        if not target.exists() or (anchor and anchor not in anchors_of(found)):
            broken.append(f"{file}#{anchor}" if anchor else file)
    return broken


@pytest.mark.parametrize("document", documents())
def test_every_file_and_heading_that_a_document_links_to_is_there(document: str) -> None:
    assert broken_links(document, text_of(document)) == []


def test_a_link_to_a_heading_or_file_that_is_not_there_is_found() -> None:
    text = (
        "# A `code` & [link](README.md)\n## Twice\n## Twice\n```sh\n# no heading\n[no](link.md)\n```\n"
        "[a](#a-code--link) [b](#twice-1) [c](ARCHITECTURE.md#how-to-change-what) [d](https://x.test/#y)\n"
        "[1](#no-heading) [2](#twice-2) [3](ARCHITECTURE.md#nowhere) [4](nowhere.md#a) [5](nowhere.md)\n"
    )
    assert broken_links("README.md", text) == [
        "#no-heading",
        "#twice-2",
        "ARCHITECTURE.md#nowhere",
        "nowhere.md#a",
        "nowhere.md",
    ]


def test_every_module_that_a_document_names_is_there() -> None:
    package = ROOT / "layers/core/broadsheet"
    named = {
        (document, name)
        for document in documents()
        for name in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", text_of(document))
    }
    run = {
        (document, name.replace(".", "/") + ".py")
        for document in documents()
        for name in re.findall(r"python -m ((?:bench|tests)\.[a-z_.]+)", text_of(document))
    }
    assert len(named) > 50
    missing = [
        each for each in named | run if not any((root / each[1]).is_file() for root in (package, ROOT))
    ]
    assert missing == []


def test_every_test_that_a_document_names_is_there() -> None:
    tests = [(name, text) for name, text in tracked_texts() if name.startswith("tests/")]
    there = {name.rpartition("/")[2].removesuffix(".py") for name, _ in tests}
    there |= {found for _, text in tests for found in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    named = {found for document in documents() for found in re.findall(r"`(test_\w+)`", text_of(document))}
    assert len(named) > 50
    assert named - there == set()


def test_every_measurement_that_a_document_names_can_be_made() -> None:
    named = {
        found
        for document in documents()
        for found in re.findall(r"BENCH=\"--only ([a-z-]+)", text_of(document))
    }
    assert named
    assert named <= set(MEASUREMENTS)


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


def test_the_documents_pictures_are_small_and_shown() -> None:
    sizes = {file.name: file.stat().st_size for file in (ROOT / "docs" / "pictures").iterdir()}
    assert {name: size for name, size in sizes.items() if size > 100_000} == {}
    readme = text_of("README.md")
    assert [name for name in sizes if f"docs/pictures/{name}" not in readme] == []
