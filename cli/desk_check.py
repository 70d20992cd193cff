"""Whether the issues of a desk can be published as they are: their errors, found by several processes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from broadsheet.content.findings import Finding
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import Proofreader
from cli.folder_ports import DeskFolder
from cli.text_files import issue_texts
from cli.worker_pool import in_workers

FEW_ISSUES = 40  # one process checks so many sooner than others start


@dataclass(frozen=True)
class DeskChecker:
    """Checks single issues of a desk; `broadsheet check` finds the same errors, and warnings beside them."""

    desk: Path
    newsletter: Newsletter

    def errors(self, issue_id: str) -> list[Finding]:
        """The errors in an issue's files, named by their paths in the desk."""
        texts = issue_texts(self.desk / "issues" / issue_id)
        files = DeskFolder({issue_id: texts}).files(issue_id)
        folder = f"issues/{issue_id}"
        proofs = Proofreader(folder, issue_id, files, self.newsletter, thorough=False).all()
        return [finding for proof in proofs for finding in proof.findings if finding.is_error]


@contextmanager
def checking(checker: DeskChecker, issues: Sequence[str], jobs: int) -> Iterator[Iterator[list[Finding]]]:
    """Gives the errors of each issue in their order; `jobs` processes check them if there are many."""
    if jobs == 1 or len(issues) < FEW_ISSUES:
        yield map(checker.errors, issues)
        return
    with in_workers(partial(_ready, checker), issues, jobs) as found:
        yield found


def _ready(checker: DeskChecker) -> Callable[[str], list[Finding]]:
    return checker.errors
