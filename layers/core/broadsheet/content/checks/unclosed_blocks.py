"""Fences and HTML that are opened and never closed, and HTML comments that would be shown."""

from broadsheet.content.findings import Findings
from broadsheet.content.hidden_html import COMMENT, ENDED, HIDES, IN_COMMENT, STRIKES
from broadsheet.content.markdown import Fence, Hidden

_CHANGES_MEANING = ("sup", "sub", "s", "del")  # words or numbers are others without them


def report_fence(found: Findings, fence: Fence) -> None:
    """Report a fence without an end: an error if it holds headings, as whole commentaries are lost then.

    One that is closed and holds headings below empty lines may be two of which both lack their end.
    """
    if fence.is_closed:
        found.warn(fence.line, "fence-heading", inside=fence.heading_line)
    elif fence.heading_line:
        found.strict(fence.line, "fence-unclosed", inside=fence.heading_line)
    else:
        found.warn(fence.line, "fence-unclosed-end")


def report_hidden(found: Findings, hidden: Hidden) -> None:
    """Report HTML that is not shown; an error if words that an editor wanted to hide would be shown."""
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
        return  # reported already
    elif hidden.name in _CHANGES_MEANING:
        found.strict(hidden.line, "html-unclosed", tag=hidden.name)
    else:
        found.warn(hidden.line, "raw-html", tag=hidden.name[:80])
