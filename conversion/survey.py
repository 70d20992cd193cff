"""The first reading of an export: facts of its posts, and what is left out."""

from datetime import UTC, datetime, timedelta

from conversion.clean_entries import clean_entries
from conversion.facts import Found, facts_of, one_line
from conversion.post import ExportReader, LeftOut, Reason
from conversion.progress import Track
from conversion.work_store import WorkStore

_FARTHEST_CLOCK = timedelta(days=1)  # a date without a zone may be taken for a later one


def survey(reader: ExportReader, work: WorkStore, track: Track) -> Found:
    """Read the export, and count what has to be mapped. A second call forgets the first one's posts.

    Raises:
        UnreadableExportError: a part of it can't be read.
    """
    work.begin_survey()
    found, soon = Found(), datetime.now(UTC) + _FARTHEST_CLOCK
    for entry in track(clean_entries(reader), "Reading the export"):
        if isinstance(entry, LeftOut):
            work.add_left_out(entry)
            if entry.reason is Reason.UNCERTAIN:
                found.confirm[one_line(entry.title)] = one_line(entry.detail)
            continue
        if entry.published > soon:
            detail = f"its date is to come: {entry.published:%Y-%m-%d}"
            work.add_left_out(LeftOut(entry.place, entry.title, Reason.SCHEDULED, detail))
            continue
        facts = facts_of(entry)
        if work.add_post(facts):
            found.add(facts)
        else:
            detail = "a post of the same id comes before it"
            work.add_left_out(LeftOut(facts.place, facts.title, Reason.UNREADABLE, detail))
    work.commit()
    return found
