"""The size of a mail: mailbox providers cut the end of a large one off, and the unsubscribe link with it."""

from broadsheet.content.findings import Finding


def shortened_findings(file: str, summarised: int, limit_bytes: int, *, is_cut: bool) -> list[Finding]:
    """Warnings if the mail shows less than the page, so that providers show all of it.

    `summarised` is the number of commentaries of which it shows only the summary.
    """
    limit = str(limit_bytes // 1000)
    found = []
    if summarised:
        values = {"count": str(summarised), "limit": limit}
        found.append(Finding(file, 1, "mail-shortened", values, is_error=False))
    if is_cut:
        found.append(Finding(file, 1, "mail-cut", {"limit": limit}, is_error=False))
    return found
