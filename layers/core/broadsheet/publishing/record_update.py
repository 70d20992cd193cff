"""An issue's record after its files were accepted, and the steps in which publishing saves it.

Each save is refused if the record changed since it was read. No other module writes an edition's history.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from broadsheet.archive.register import CommentarySummary, PublishedEdition, Record, Register
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import SitePicture
from broadsheet.publishing.proofread import Proof

IN_PROGRESS = "being worked off"  # stored in place of a digest; no folder has it


class OvertakenError(Exception):
    """Another worker, or an editor, changed the issue first. The record was not written; start again."""


def updated_record(
    record: Record,
    proofs: Iterable[Proof],
    texts: Collection[str],
    picture: Callable[[str], SitePicture],
    mailed: Collection[str],
    now: datetime,
) -> Record:
    """The record once these files are accepted; accepting the same files again does not change it.

    An edition without a file in `texts` is withdrawn; one whose file can't be published does not change.
    `picture` returns the site's version of a picture, `mailed` are the editions whose mailing has begun.
    """
    editions = {
        name: edition if name in texts else _withdrawn(edition, now)
        for name, edition in record.editions.items()
    }
    for proof in proofs:
        before = record.editions.get(proof.edition)
        if proof.issue and (before is None or before.revision != proof.revision):
            pictures = {source: picture(source) for source in proof.issue.pictures()}
            editions[proof.edition] = _published(
                proof, proof.issue, pictures, before, now, mailed=proof.edition in mailed
            )
    return replace(record, editions=editions)


def _published(
    proof: Proof,
    issue: Issue,
    pictures: dict[str, SitePicture],
    before: PublishedEdition | None,
    now: datetime,
    *,
    mailed: bool,
) -> PublishedEdition:
    names = [piece.name for piece in issue.commentaries]
    earlier = (*(each.name for each in before.commentaries), *before.gone) if before else ()
    return PublishedEdition(
        revision=proof.revision,
        title=issue.title,
        summary=issue.summary,
        first_day=issue.first_day,
        last_day=issue.last_day,
        send_at=issue.send_at,
        commentaries=tuple(
            CommentarySummary(piece.name, piece.topic, piece.headline, piece.trend, piece.summary)
            for piece in issue.commentaries
        ),
        pictures=pictures,
        first_published_at=before.first_published_at if before else now,
        changed_at=now,
        corrected_at=now if before and mailed else before.corrected_at if before else None,
        gone=tuple(sorted(set(earlier) - set(names))),
        listed=bool(before and before.is_public),
        mail_digest=proof.body.digest if proof.body else "",
        mail=issue.mail,
    )


def _withdrawn(edition: PublishedEdition, now: datetime) -> PublishedEdition:
    """The edition's history and the names of its pages, without its texts."""
    if edition.withdrawn_at:
        return edition
    return replace(
        edition,
        revision="",
        title="",
        summary="",
        commentaries=tuple(
            CommentarySummary(each.name, each.topic, "", None, "") for each in edition.commentaries
        ),
        pictures={},
        changed_at=now,
        withdrawn_at=now,
        listed=False,
        mail_digest="",
    )


def save_editions(record: Record, updated: Record, register: Register) -> Record:
    """Save what is public from now on; a record whose editions are the same is not written."""
    if updated.editions == record.editions:
        return updated
    return _save(replace(updated, processed=IN_PROGRESS), record, register)


def save_listed(record: Record, register: Register) -> Record:
    """Save that every published edition has its pages, so that lists and feeds show it."""
    if record.published == record.public:
        return record
    editions = {
        e: replace(edition, listed=not edition.withdrawn_at) for e, edition in record.editions.items()
    }
    return _save(replace(record, editions=editions), record, register)


def save_processed(record: Record, digest: str, now: datetime, register: Register) -> Record:
    """Save that the files with this digest are processed, and their reports not yet mailed."""
    return _save(replace(record, processed=digest, processed_at=now), record, register)


def save_reported(record: Record, digests: Mapping[str, str], register: Register) -> None:
    """Save the digests of reports, by edition. If another worker was first, they are reported once more."""
    reported = {**record.reported, **digests}
    register.put(replace(record, version=record.version + 1, processed_at=None, reported=reported), record)


def _save(record: Record, before: Record, register: Register) -> Record:
    """Returns the record as written; raises OvertakenError if another worker wrote first."""
    saved = replace(record, version=before.version + 1)
    if not register.put(saved, before):
        raise OvertakenError(record.issue)
    return saved
