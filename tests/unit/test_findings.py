"""Findings and their sentences, in three languages."""

import re
import tomllib
from pathlib import Path

import pytest

from broadsheet.content.findings import Finding, Findings, FindingText, UnpublishableError, shortened

CORE = Path(__file__).parents[2] / "layers" / "core" / "broadsheet"
FOLDER = CORE / "locales"
LANGUAGES = tuple(sorted((folder.name for folder in FOLDER.iterdir()), key=lambda code: code != "en"))
FOREIGN_LETTERS = {"be": "иИщЩъЪ", "ru": "іІўЎ"}
BUILT = {"title-", "summary-", "language-", "script-"}  # rules whose names are composed in code
ELSEWHERE = {"stray-file", "picture-wrong-type", "picture-too-large", "picture-too-many-pixels"}


def sentences(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / language / "findings.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_finding_says_what_is_wrong_why_and_how_to_repair_it(language: str) -> None:
    for rule, parts in sentences(language).items():
        assert list(parts) == ["what", "why", "mend"], rule
        assert all(re.search(r"(?:[.?]|\{example\})$", sentence) for sentence in parts.values()), rule


@pytest.mark.parametrize("language", FOREIGN_LETTERS)
def test_no_sentence_has_letters_of_a_neighbouring_language(language: str) -> None:
    text = (FOLDER / language / "findings.toml").read_text(encoding="utf-8")
    assert [letter for letter in FOREIGN_LETTERS[language] if letter in text] == []


def test_the_code_and_the_sentences_know_the_same_rules() -> None:
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for file in [
            *(CORE / "content").rglob("*.py"),
            *(CORE / "publishing").glob("*.py"),
            CORE / "newsletter_file.py",
            CORE / "toml_syntax.py",
            *(CORE.parents[2] / "cli").glob("*.py"),
        ]
    )
    unused = {rule for rule in sentences("en") if f'"{rule}"' not in code}
    assert {rule for rule in unused if not rule.startswith(tuple(BUILT))} - ELSEWHERE == set()
    named = set(re.findall(r'\.(?:error|warn|strict)\(\s*[\w.() +,\n]*?,\s*"([a-z0-9-]+)"', code))
    assert len(named) > 30
    assert named - set(sentences("en")) == set()


def test_a_finding_is_reported_in_the_editor_s_language() -> None:
    finding = Finding("issues/2016-12-05/en.md", 7, "headline-too-long", {"length": "221", "limit": "220"})
    assert finding.text("en") == FindingText(
        "The headline has 221 characters.", "Lists and emails have room for at most 220.", "Shorten it."
    )
    assert finding.text("be").what == "Даўжыня загалоўка (у знаках): 221."
    assert finding.text("ru").mend == "Сократите его."
    assert finding.text("xx") == finding.text("../en") == finding.text("en")


def test_a_finding_fits_on_a_line_of_a_terminal() -> None:
    values = {"length": "221", "limit": "220"}
    assert str(Finding("issues/2016-12-05/en.md", 7, "headline-too-long", values)) == (
        "issues/2016-12-05/en.md:7: error: The headline has 221 characters. "
        "Lists and emails have room for at most 220. Shorten it."
    )
    assert ": warning: " in str(Finding("x.md", 1, "title-long", values, is_error=False))


def test_braces_in_an_editor_s_text_are_not_replaced() -> None:
    finding = Finding("x.md", 1, "mark-left", {"mark": "{why} {0} {mark}"})
    assert finding.text("en").what == "“{why} {0} {mark}” was left in the text."


def test_findings_come_in_the_order_of_the_lines_errors_and_warnings_together() -> None:
    found = Findings("x.md")
    found.warn(3, "link-empty")
    found.error(1, "title-missing")
    assert [(f.line, f.is_error) for f in UnpublishableError(found.all()).findings] == [(1, True), (3, False)]
    assert found.stop


def test_lenient_makes_a_warning_of_what_is_only_strict() -> None:
    levels = []
    for lenient in (False, True):
        found = Findings("x.md", lenient=lenient)
        found.strict(1, "link-empty")
        levels.append(found.stop)
    assert levels == [True, False]


def test_an_error_is_kept_however_many_warnings_there_are() -> None:
    found = Findings("x.md")
    for line in range(1000):
        found.warn(line + 1, "raw-html", tag="x" * 1000)
    found.error(5000, "raw-html", tag="x")
    assert (len(found.all()), found.stop, found.is_full("raw-html")) == (26, True, True)
    assert len(found.all()[0].values["tag"]) <= 240


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("one  two\nthree", "one two three"),
        ("one two three four", "one two three…"),
        ("onetwothreefourfive", "onetwothreefo…"),
        ("onetwo thr, four", "onetwo thr…"),
    ],
)
def test_a_text_that_is_too_long_is_cut_at_a_word(text: str, short: str) -> None:
    assert shortened(text, 14) == short
