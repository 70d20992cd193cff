"""What is looked at in an issue: its words and letters, links and pictures, and its place among others.

Reading a file calls what that file alone can tell; the functions named here need to know more.
"""

from broadsheet.content.checks.links import link_findings
from broadsheet.content.checks.mail_size import shortened_findings
from broadsheet.content.checks.send_time import kept_findings, past_findings, send_at_findings
from broadsheet.content.checks.weeks import (
    Week,
    period_findings,
    text_digest,
    translation_findings,
    week_findings,
)

__all__ = [
    "Week",
    "kept_findings",
    "link_findings",
    "past_findings",
    "period_findings",
    "send_at_findings",
    "shortened_findings",
    "text_digest",
    "translation_findings",
    "week_findings",
]
