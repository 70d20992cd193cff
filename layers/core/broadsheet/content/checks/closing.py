"""What is opened and never closed: a fence that takes in the rest, and what an editor meant to hide."""

from broadsheet.content.findings import Findings
from broadsheet.content.hiding import COMMENT, ENDED, HIDES, IN_COMMENT, STRIKES
from broadsheet.content.markdown import Fence, Hidden

_TELLING = ("sup", "sub", "s", "del")  # words or numbers are others without them


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


def tell_hidden(found: Findings, hidden: Hidden) -> None:
    """Find HTML that is not shown; an error where an editor wanted to hide words that would be shown."""
    if hidden.name == COMMENT:
        found.error(hidden.line, "comment-unclosed")
    elif hidden.name == IN_COMMENT:
        found.error(hidden.line, "comment-swallows")
    elif hidden.name == ENDED:
        found.error(hidden.line, "comment-ends-twice")
    elif hidden.name.startswith(HIDES):
        found.error(hidden.line, "html-hidden", tag=hidden.name.removeprefix(HIDES)[:80])
    elif hidden.name.startswith(STRIKES):
        found.strict(hidden.line, "html-struck", tag=hidden.name.removeprefix(STRIKES)[:80])
    elif hidden.name == "strike":
        return  # that has been told
    elif hidden.name in _TELLING:
        found.strict(hidden.line, "html-unclosed", tag=hidden.name)
    else:
        found.warn(hidden.line, "raw-html", tag=hidden.name[:80])
