"""How large a mail is: mailbox providers cut the end of a large one off, and the way to leave with it."""

from broadsheet.issues.findings import Finding
from broadsheet.mailings.body import LARGEST_HTML_BYTES, Body


def shortened_findings(file: str, body: Body) -> list[Finding]:
    """Warnings where the mail shows less than the page, so that providers show all of it."""
    limit = str(LARGEST_HTML_BYTES // 1000)
    found = []
    if body.summarised:
        values = {"count": str(body.summarised), "limit": limit}
        found.append(Finding(file, 1, "mail-shortened", values, is_error=False))
    if body.is_cut:
        found.append(Finding(file, 1, "mail-cut", {"limit": limit}, is_error=False))
    return found
