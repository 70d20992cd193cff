"""Decides which issues are mailed: recent ones, and those whose heads say so."""

from collections.abc import Collection
from datetime import date

from broadsheet.archive.register import PublishedEdition

OLD, SAID_NO = "OLD", "HEAD_SAYS_NO"  # why an issue is not mailed


def why_not_mailed(entries: Collection[PublishedEdition], today: date, within_days: int) -> str:
    """`OLD` or `SAID_NO`; "" if the issue is to be mailed to the audience with these public editions.

    One "no" in their heads wins over a "yes"; without either, the age of the first edition decides. `today`
    is in the newsletter's time zone.
    """
    said = {entry.mail for entry in entries}
    if said & {True, False}:
        return SAID_NO if False in said else ""
    return OLD if is_old(entries, today, within_days) else ""


def is_old(entries: Collection[PublishedEdition], today: date, within_days: int) -> bool:
    """Whether the issue's period ended more than so many days ago."""
    first = next(iter(entries))
    return (today - first.last_day).days > within_days
