"""What is wrong with an issue's file, in an editor's words: where, what, why, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing found. An error keeps the file from being published; a warning does not."""

    file: str
    line: int
    what: str
    why: str
    mend: str
    is_error: bool = True

    def __str__(self) -> str:
        """The finding on one line, as a terminal shows it."""
        level = "error" if self.is_error else "warning"
        return f"{self.file}:{self.line}: {level}: {self.what} {self.why} {self.mend}"


class UnpublishableError(ValueError):
    """The file can't be published as it is; `findings` say why. Nothing was changed."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"line {finding.line}: {finding.what}" for finding in findings))
        self.findings = findings
