"""The words of each language: every key that is used exists, and every key that exists is used."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

from broadsheet.language import FALLBACK, language

PACKAGE = Path(__file__).parents[2] / "layers" / "core" / "broadsheet"
TEMPLATES = sorted((PACKAGE / "rendering" / "templates").iterdir())
READERS_TEMPLATES = [file for file in TEMPLATES if not file.name.startswith("report")]
# Their words stand in reports.toml:
FOR_EDITORS = {"report.py", "report_mailer.py", "notify_editors.py", "rounded_counts.py"}
LOCALES = sorted(folder.name for folder in (PACKAGE / "locales").iterdir())
NAMES = {"Atom", "JSON"}  # of formats, the same in all languages
WORDS = re.compile(r"(\w+\.)?words$|language\(")  # what is looked up: `words["…"]`, `reply.words["…"]`
FOREIGN_LETTERS = {"be": "иИщЩъЪ", "ru": "іІўЎ", "en": ""}


def locale(name: str) -> dict[str, Any]:
    return tomllib.loads((PACKAGE / "locales" / name / "words.toml").read_text(encoding="utf-8"))


@cache
def template_tree(file: Path) -> nodes.Template:
    return Environment(autoescape=True).parse(file.read_text(encoding="utf-8"))


@cache
def code_nodes(*skipped: str) -> tuple[ast.AST, ...]:
    files = [file for file in sorted(PACKAGE.rglob("*.py")) if file.name not in ("language.py", *skipped)]
    return tuple(node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def asked_for_in_templates() -> set[str]:
    found = [node for file in READERS_TEMPLATES for node in template_tree(file).find_all(nodes.Getattr)]
    return {
        node.attr
        for node in found
        if isinstance(node.node, nodes.Name) and node.node.name in ("words", "its_words")
    }


def asked_for_in_code() -> tuple[set[str], set[str]]:
    """The keys in `words["…"]` and `language(…)["…"]`: whole ones, and endings as in `f"{name}_text"`."""
    keys, endings = set(), set()
    for node in code_nodes(*FOR_EDITORS):
        if isinstance(node, ast.Subscript) and WORDS.match(ast.unparse(node.value)):
            if isinstance(node.slice, ast.Constant):
                keys.add(str(node.slice.value))
            elif isinstance(node.slice, ast.JoinedStr) and isinstance(node.slice.values[-1], ast.Constant):
                endings.add(str(node.slice.values[-1].value))
    return keys, endings


@cache
def texts_in_code() -> set[str]:
    """All string constants: keys travel as values, too (`"error_email"`, `"gone_leave_text"`)."""
    return {
        node.value for node in code_nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def templates_of_editor_mails() -> set[str]:
    """`editor_mail("report", …)` fills `report.txt` and `report.html`."""
    calls = [node for node in code_nodes() if isinstance(node, ast.Call)]
    names = [ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "editor_mail"]
    return {f"{name}.{kind}" for name in names for kind in ("txt", "html")}


def test_every_key_that_is_asked_for_exists() -> None:
    keys, _ = asked_for_in_code()
    asked = keys | asked_for_in_templates()
    assert len(asked) > 30
    assert asked - set(locale(FALLBACK)["words"]) == set()


def test_every_key_is_asked_for_somewhere() -> None:
    keys, endings = asked_for_in_code()
    texts = texts_in_code()
    put_together = {text + ending for text in texts for ending in endings}
    used = keys | asked_for_in_templates() | texts | put_together
    assert set(locale(FALLBACK)["words"]) - used == set()


@pytest.mark.parametrize("name", LOCALES)
def test_every_language_has_twelve_months_and_no_empty_words(name: str) -> None:
    table = locale(name)
    assert len(set(table["months"])) == 12
    assert [key for key, words in table["words"].items() if not words.strip() or words != words.strip()] == []


@pytest.mark.parametrize("name", LOCALES)
def test_words_are_plain_text_in_the_script_of_their_language(name: str) -> None:
    table = locale(name)
    words = " ".join([*table["words"].values(), *table["months"]])
    assert re.findall(r"[<>{}]|&\w+;", words) == []
    assert set(words) & set(FOREIGN_LETTERS.get(name, "")) == set()
    assert bool(re.search("[а-яё]", words)) == (table["plural"] == "slavic")


def test_a_language_without_words_of_its_own_gets_english_ones() -> None:
    german = language("de")
    assert (german.code, german.words) == ("de", language("en").words)


@cache
def named_in_templates() -> set[str]:
    kinds = (nodes.Extends, nodes.Include, nodes.FromImport, nodes.Import)
    return {
        node.template.value
        for other in TEMPLATES
        for node in template_tree(other).find_all(kinds)
        if isinstance(node.template, nodes.Const)
    }


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_every_template_is_used(file: Path) -> None:
    assert file.name in named_in_templates() | texts_in_code() | templates_of_editor_mails()


@pytest.mark.parametrize("file", READERS_TEMPLATES, ids=lambda file: file.name)
def test_no_template_for_readers_has_words_of_its_own(file: Path) -> None:
    outputs = template_tree(file).find_all(nodes.Output)
    parts = [part for output in outputs for part in output.nodes if isinstance(part, nodes.TemplateData)]
    written = "".join(part.data for part in parts)
    shown = re.sub(r"<style>.*?</style>|<[^>]*>", "", written, flags=re.DOTALL)
    assert set(re.findall(r"[^\W\d_]{2,}", shown)) - NAMES == set()
