"""Findings in an issue's file, in the editor's language: where, what, why, and the correction.

Shape: `locales/<language>/findings.toml`, a table for each rule with `what`, `why` and `mend`; a finding's
values fill the `{names}` in them. All languages have the same rules and names (a test holds it).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from broadsheet.characters import printable
from broadsheet.language import FALLBACK, locale_table

LONGEST_VALUE = 240
MOST_OF_A_RULE = 25  # editors correct these first; a hostile file cannot make an endless report
LEFT_OUT = {"is-draft", "is-draft-name"}
NEWER_RULES = {
    *("comment-shown", "comment-unclosed", "comment-swallows", "comment-ends-twice", "fence-unclosed"),
    *("fence-heading", "html-hidden", "definition-lost", "html-struck", "html-unclosed", "table-cells-lost"),
    *("footnote-twice", "label-twice", "footnote-in-doubt", "label-in-doubt", "picture-not-read"),
}
_NAME = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class FindingText:
    """A finding in the sentences of one language."""

    what: str
    why: str
    mend: str


@dataclass(frozen=True)
class Finding:
    """An error, which keeps the file from being published, or a warning, which does not.

    `line` is 0 if it is about the place or the name of a file.
    """

    file: str
    line: int
    rule: str
    values: dict[str, str] = field(default_factory=dict)
    is_error: bool = True

    def text(self, language_code: str) -> FindingText:
        """The sentences in that language; in English if we have none in that language."""
        name, rule = "findings", self.rule
        sentences = locale_table(language_code, name).get(rule) or locale_table(FALLBACK, name).get(rule, {})
        return FindingText(*(self._filled(sentences.get(part, "")) for part in ("what", "why", "mend")))

    def __str__(self) -> str:
        """The finding on one line, in English, as a terminal shows it."""
        text, level = self.text(FALLBACK), "error" if self.is_error else "warning"
        return f"{self.place}: {level}: {text.what} {text.why} {text.mend}"

    @property
    def place(self) -> str:
        """The file and the line, as a terminal shows them."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def _filled(self, sentence: str) -> str:
        return _NAME.sub(lambda found: self.values.get(found[1], "…"), sentence)


class UnpublishableError(ValueError):
    """The file can't be published as it is; `findings` has all errors and warnings. Nothing was changed."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__("; ".join(f"line {found.line}: {found.rule}" for found in self.findings))


class Findings:
    """Collects all findings of one file, so that an editor sees them at once.

    With `lenient`, only what is unsafe or ambiguous is an error. `accepted` marks a text that was published
    before, perhaps by an earlier release: `NEWER_RULES` only warn then, so that its pages can be rendered
    again.
    """

    def __init__(self, file: str, *, lenient: bool = False, accepted: bool = False) -> None:
        self.file, self.lenient, self.accepted = file, lenient, accepted
        self.is_left_out = False
        self._found: list[Finding] = []
        self._counts: dict[tuple[str, bool], int] = {}

    def error(self, line: int, rule: str, **values: object) -> None:
        """Add an error; a warning if the text is accepted and the rule is newer."""
        self._add(line, rule, values, is_error=not (self.accepted and rule in NEWER_RULES))

    def leave_out(self, line: int, rule: str, **values: object) -> None:
        """Add a warning that says why the file is not published, although nothing is wrong with it."""
        self.is_left_out = True
        self.warn(line, rule, **values)

    def warn(self, line: int, rule: str, **values: object) -> None:
        """Add a warning."""
        self._add(line, rule, values, is_error=False)

    def strict(self, line: int, rule: str, **values: object) -> None:
        """Add an error; a warning if lenient."""
        if self.lenient:
            self.warn(line, rule, **values)
        else:
            self.error(line, rule, **values)

    def all(self) -> tuple[Finding, ...]:
        """The findings in the order of their lines; at most `MOST_OF_A_RULE` of one rule.

        If the file is left out, its other warnings are not included.
        """
        shown = (each for each in self._found if each.is_error or each.rule in LEFT_OUT)
        return in_order(shown if self.is_left_out else self._found)

    @property
    def stop(self) -> bool:
        """Whether there is an error, or the file is left out."""
        return self.is_left_out or any(finding.is_error for finding in self._found)

    def is_full(self, rule: str) -> bool:
        """Whether more findings of this rule would be dropped, so that none need be looked for."""
        return max(self._counts.get((rule, level), 0) for level in (True, False)) >= MOST_OF_A_RULE

    def _add(self, line: int, rule: str, values: dict[str, object], *, is_error: bool) -> None:
        count = self._counts.get((rule, is_error), 0)
        if count < MOST_OF_A_RULE:
            self._counts[rule, is_error] = count + 1
            shown = {name: shortened(printable(str(value)), LONGEST_VALUE) for name, value in values.items()}
            self._found.append(Finding(self.file, line, rule, shown, is_error))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by file and line."""
    return tuple(sorted(findings, key=lambda finding: (finding.file, finding.line)))


def shortened(text: str, longest: int) -> str:
    """The text on one line, cut between words if it is longer."""
    text = " ".join(text[: 4 * longest].split())
    if len(text) <= longest:
        return text
    space = text.rfind(" ", longest // 2, longest)
    return text[: space if space > 0 else longest - 1].rstrip(" ,;:–—-") + "…"
