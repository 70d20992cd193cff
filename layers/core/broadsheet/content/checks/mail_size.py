"""How large a mail is: mailbox providers cut the end of a large one off, and the way to leave with it."""

from broadsheet.content.findings import Finding


def shortened_findings(file: str, summarised: int, limit_bytes: int, *, is_cut: bool) -> list[Finding]:
    """Warnings where the mail shows less than the page, so that providers show all of it.

    `summarised` is how many commentaries it shows by their summary alone.
    """
    limit = str(limit_bytes // 1000)
    found = []
    if summarised:
        values = {"count": str(summarised), "limit": limit}
        found.append(Finding(file, 1, "mail-shortened", values, is_error=False))
    if is_cut:
        found.append(Finding(file, 1, "mail-cut", {"limit": limit}, is_error=False))
    return found
