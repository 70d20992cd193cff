"""What is opened and never closed: a fence that takes in the rest, and what an editor meant to hide."""

from broadsheet.issues.findings import Findings
from broadsheet.issues.markdown import Fence


def tell_fence(found: Findings, fence: Fence) -> None:
    """Find a listing without an end: an error where headings are in it, as whole commentaries are lost then.

    One that is closed and holds headings below empty lines may be two of which both lack their end.
    """
    if fence.is_closed:
        found.warn(fence.line, "fence-heading", inside=fence.heading_line)
    elif fence.heading_line:
        found.strict(fence.line, "fence-unclosed", inside=fence.heading_line)
    else:
        found.warn(fence.line, "fence-unclosed-end")
