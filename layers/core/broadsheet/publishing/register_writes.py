"""The steps in which publishing writes an issue's record; each replaces only the version before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from broadsheet.archive.register import Record, Register

IN_PROGRESS = "being worked off"  # stored in place of a digest; no folder has it


class OvertakenError(Exception):
    """Another worker, or an editor, changed the issue first. Nothing was written; begin anew."""


def save_editions(record: Record, updated: Record, register: Register) -> Record:
    """Save what is public from now on; a record whose editions are the same is not written."""
    if updated.editions == record.editions:
        return updated
    return _save(replace(updated, processed=IN_PROGRESS), record, register)


def save_listed(record: Record, register: Register) -> Record:
    """Save that every published edition has its pages, so that lists and feeds take it."""
    if record.published == record.public:
        return record
    editions = {
        e: replace(edition, listed=not edition.withdrawn_at) for e, edition in record.editions.items()
    }
    return _save(replace(record, editions=editions), record, register)


def save_processed(record: Record, digest: str, now: datetime, register: Register) -> Record:
    """Save that the files with this digest are processed, and that their reports wait to be mailed."""
    return _save(replace(record, processed=digest, processed_at=now), record, register)


def save_reported(record: Record, digests: Mapping[str, str], register: Register) -> None:
    """Save what was reported, by edition. If another worker was first, it is reported once more."""
    reported = {**record.reported, **digests}
    register.put(replace(record, version=record.version + 1, processed_at=None, reported=reported), record)


def _save(record: Record, before: Record, register: Register) -> Record:
    """The record as it was written.

    Raises:
        OvertakenError: another worker wrote first.
    """
    saved = replace(record, version=before.version + 1)
    if not register.put(saved, before):
        raise OvertakenError(record.issue)
    return saved
