"""What operators and editors read outside the locale files says one thing by one term, in plain English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.build import ROOT, read_template

DOCUMENTS = (
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"),
    *(f"docs/{name}.md" for name in ("editors", "operators", "promises", "rights", "proof")),
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs/decisions").glob("*.md"))),
)
SOURCES = ("cli", "demo", "infrastructure", "local", "layers/core/broadsheet/subscribers/mailing_list")
TERMS = {  # what must not appear: what to write
    r"e-mails?|mails?|mailed": "email, emails; emailed or sent",
    r"mend|mends|mended": "fix",
    r"look(?:s|ing|ed)? into": "look at, read, check",
    r"go on|goes on|going on|gone on|went on": "continue",
    r"stands?(?! for\b)": "is, are",
    r"lies?|lays?|laid(?! out)": "is; upload",
    r"take in|takes in|taken in|taking in|take out|taken out": "import; export, remove",
    r"broken off": "interrupted",
    r"is to come|are to come": "is in the future",
    r"anew": "again",
    r"in clear(?! text)": "unencrypted",
    r"of late": "recently",
    r"some (?:seconds|minutes|hours|days)": "a few",
    r"console of": "the S3 console",
    r"leave our list|left our list|our list": "unsubscribe",
    r"fingerprint's key|keys? of (?:addresses|fingerprints)": "address key, fingerprint key",
    r"is told|are told|was told|were told": "gets; is reported",
    r"people are in": "readers",
    r"no (?:mail|public key|name) (?:address|of)": "not an …",
    r"\d %": "5%",
}
NOT_TERMS = re.compile(  # code, the key of a text's head, SES's words, and the domain's usual name
    r"```.*?```|<code>.*?</code>|`[^`]*`|\{[^{}]*\}|\]\([^)]*\)|mail: (?:yes|no)|MAIL FROM|[Mm]ail domain",
    re.DOTALL,
)


def wrong_terms(text: str) -> list[str]:
    plain = NOT_TERMS.sub("`", text)
    return [
        f"{found[0]!r} in {plain[max(0, found.start() - 40) : found.end() + 30]!r}, better {better}"
        for pattern, better in TERMS.items()
        for found in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", plain, re.IGNORECASE)
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_guide_keeps_to_the_terms(document: str) -> None:
    assert wrong_terms((ROOT / document).read_text(encoding="utf-8")) == []


def sentences_in(node: ast.AST) -> Iterator[str]:
    """The strings of several words in a module, but for docstrings that no command shows as its help."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = ast.unparse(node) if isinstance(node, ast.JoinedStr) else str(node.value)
        if " " in text.strip():
            yield text
        return
    body: list[ast.stmt] = getattr(node, "body", []) if isinstance(node, ast.Module | ast.ClassDef) else []
    hidden = [body[0]] if body and ast.get_docstring(node) else []  # type: ignore[arg-type]  # has a body
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) and not is_command(node):
        hidden = [node.body[0]]
    for child in ast.iter_child_nodes(node):
        if child not in hidden:
            yield from sentences_in(child)


def is_command(function: ast.FunctionDef) -> bool:
    return any("click." in ast.unparse(each) for each in function.decorator_list)


def modules() -> list[Path]:
    """Those with sentences; `*_words.py` are lists of words that others write."""
    found = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("[!_]*.py"))]
    return [path for path in found if not path.stem.endswith("_words")]


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_command_keeps_to_the_terms(module: Path) -> None:
    sentences = sentences_in(ast.parse(module.read_text(encoding="utf-8")))
    assert [wrong for sentence in sentences for wrong in wrong_terms(sentence)] == []


def descriptions(part: Any) -> Iterator[str]:  # any part of the template
    """What the template says to people, without managed policies, which a new description would replace."""
    if isinstance(part, list):
        for each in part:
            yield from descriptions(each)
    if not isinstance(part, dict) or part.get("Type") == "AWS::IAM::ManagedPolicy":
        return
    for name, value in part.items():
        if name in ("Description", "AlarmDescription", "AssertDescription"):
            yield str(value)
        else:
            yield from descriptions(value)


def test_the_template_keeps_to_the_terms() -> None:
    found = list(descriptions(read_template()))
    assert len(found) > 90
    assert [wrong for text in found for wrong in wrong_terms(text)] == []


@pytest.mark.parametrize(
    ("file", "line"), [("newsletter.toml", r"^# .*$"), ("Makefile", r"## .*$|echo \".*\"")], ids=str
)
def test_comments_for_newsrooms_and_the_list_of_targets_keep_to_the_terms(file: str, line: str) -> None:
    found = re.findall(line, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) > 10
    assert [wrong for text in found for wrong in wrong_terms(text)] == []


@pytest.mark.parametrize(
    "text", ["Two mails went out", "It was mailed.", "an e-mail", "Mend it", "at 5 % bounces"]
)
def test_another_term_is_found(text: str) -> None:
    assert wrong_terms(text)


def test_keys_and_words_of_others_are_no_terms() -> None:
    assert (
        wrong_terms("`mails`, mail: yes, MAIL FROM, the mail domain, an email, emailed, `list` stands for it")
        == []
    )
