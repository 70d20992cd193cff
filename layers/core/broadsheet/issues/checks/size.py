"""How large a mail is: mailbox providers cut the end of a large one off, and the way to leave with it."""

from broadsheet.issues.findings import Finding

LARGEST_MAIL_BYTES = 90_000  # Gmail cuts at about 102 kB


def mail_findings(file: str, html: str) -> list[Finding]:
    """A warning where the HTML of the mail is larger than providers show whole."""
    size = len(html.encode("utf-8", "replace"))
    if size <= LARGEST_MAIL_BYTES:
        return []
    values = {"kilobytes": str(-(-size // 1000)), "limit": str(LARGEST_MAIL_BYTES // 1000)}
    return [Finding(file, 1, "mail-large", values, is_error=False)]
