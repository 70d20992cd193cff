"""What is wrong with an issue's file, in an editor's words: where, what, why, and how to mend it.

Shape: `locales/<language>/findings.toml`, a table for each rule with `what`, `why` and `mend`; `{names}` in
them are filled by a finding's values. All languages have the same rules and names (a test holds it).
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from broadsheet.characters import printable

FALLBACK = "en"
LONGEST_VALUE = 240
MOST_OF_A_RULE = 25  # an editor mends these first; a hostile file makes no endless report
LEFT_OUT = {"is-draft", "is-draft-name"}
NEWER_RULES = {
    "comment-shown",
    "comment-unclosed",
    "comment-swallows",
    "comment-ends-twice",
    "fence-unclosed",
    "fence-heading",
    "html-hidden",
    "definition-lost",
    "html-struck",
    "html-unclosed",
    "table-cells-lost",
    "footnote-twice",
    "label-twice",
    "footnote-in-doubt",
    "label-in-doubt",
}
_NAME = re.compile(r"\{([a-z]+)\}")
_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class FindingText:
    """A finding in the sentences of one language."""

    what: str
    why: str
    mend: str


@dataclass(frozen=True)
class Finding:
    """One thing found. An error keeps the file from being published; a warning does not."""

    file: str
    line: int
    rule: str
    values: dict[str, str] = field(default_factory=dict)
    is_error: bool = True

    def text(self, language_code: str) -> FindingText:
        """What, why and mend in that language; in English where we have no such sentences."""
        sentences = _sentences(language_code).get(self.rule) or _sentences(FALLBACK).get(self.rule, {})
        return FindingText(*(self._filled(sentences.get(part, "")) for part in ("what", "why", "mend")))

    def __str__(self) -> str:
        """The finding on one line, in English, as a terminal shows it."""
        text, level = self.text(FALLBACK), "error" if self.is_error else "warning"
        return f"{self.file}:{self.line}: {level}: {text.what} {text.why} {text.mend}"

    def _filled(self, sentence: str) -> str:
        return _NAME.sub(lambda found: self.values.get(found[1], "…"), sentence)


class UnpublishableError(ValueError):
    """The file can't be published as it is; `findings` say why, warnings among them. Nothing was changed."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__("; ".join(f"line {found.line}: {found.rule}" for found in self.findings))


class Findings:
    """Collects what is found in one file, so that an editor sees all of it at once.

    With `lenient`, what is neither unsafe nor ambiguous is a warning. `accepted` marks a text that was
    published before, perhaps by an earlier release: `NEWER_RULES` only warn then, so that its pages can be
    rendered again.
    """

    def __init__(self, file: str, *, lenient: bool = False, accepted: bool = False) -> None:
        self.file, self.lenient, self.accepted = file, lenient, accepted
        self.is_left_out = False
        self._found: list[Finding] = []
        self._counts: dict[tuple[str, bool], int] = {}

    def error(self, line: int, rule: str, **values: object) -> None:
        """Note what keeps the file from being published."""
        self._note(line, rule, values, is_error=not (self.accepted and rule in NEWER_RULES))

    def leave_out(self, line: int, rule: str, **values: object) -> None:
        """Note why the file is not to be published, where that is no fault."""
        self.is_left_out = True
        self.warn(line, rule, **values)

    def warn(self, line: int, rule: str, **values: object) -> None:
        """Note what an editor should know."""
        self._note(line, rule, values, is_error=False)

    def strict(self, line: int, rule: str, **values: object) -> None:
        """Note an error, or when lenient a warning."""
        if self.lenient:
            self.warn(line, rule, **values)
        else:
            self.error(line, rule, **values)

    def all(self) -> tuple[Finding, ...]:
        """What was found, in the order of the lines; of one rule not more than `MOST_OF_A_RULE`.

        Of a file that is left out nobody need know what could be better in it.
        """
        told = (each for each in self._found if each.is_error or each.rule in LEFT_OUT)
        return in_order(told if self.is_left_out else self._found)

    @property
    def stop(self) -> bool:
        """Whether an error is among them, or the file is not to be published."""
        return self.is_left_out or any(finding.is_error for finding in self._found)

    def is_full(self, rule: str) -> bool:
        """Whether more of this rule would not be kept, so that nobody need look for them."""
        return max(self._counts.get((rule, level), 0) for level in (True, False)) >= MOST_OF_A_RULE

    def _note(self, line: int, rule: str, values: dict[str, object], *, is_error: bool) -> None:
        count = self._counts.get((rule, is_error), 0)
        if count < MOST_OF_A_RULE:
            self._counts[rule, is_error] = count + 1
            told = {name: shortened(printable(str(value)), LONGEST_VALUE) for name, value in values.items()}
            self._found.append(Finding(self.file, line, rule, told, is_error))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by file and line."""
    return tuple(sorted(findings, key=lambda finding: (finding.file, finding.line)))


def shortened(text: str, longest: int) -> str:
    """The text on one line, cut at a word where it is longer than that."""
    text = " ".join(text[: 4 * longest].split())
    if len(text) <= longest:
        return text
    space = text.rfind(" ", longest // 2, longest)
    return text[: space if space > 0 else longest - 1].rstrip(" ,;:–—-") + "…"


@cache
def _sentences(code: str) -> dict[str, dict[str, str]]:
    """The sentences of a language by rule; none where there is no file."""
    file = files("broadsheet").joinpath("locales", code, "findings.toml")
    if not _CODE.fullmatch(code) or not file.is_file():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))
