"""What a folder's files make of an issue's record: the one place where history is written."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from broadsheet.archive.register import Digest, Entry, Record
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import Shown
from broadsheet.publishing.proofread import Proof


def accepted(
    record: Record,
    proofs: Iterable[Proof],
    there: Collection[str],
    shown: Callable[[str], Shown],
    mailed: Collection[str],
    now: datetime,
) -> Record:
    """The record once these files are accepted; the same files again leave it as it is.

    An edition whose file is not `there` is withdrawn; one whose file can't be published stays as it was.
    `shown` tells what the site holds of a picture, `mailed` are the editions whose mailing has begun.
    """
    editions = {
        edition: entry if edition in there else _withdrawn(entry, now)
        for edition, entry in record.editions.items()
    }
    for proof in proofs:
        if proof.issue:
            before = record.editions.get(proof.edition)
            if before is None or before.revision != proof.revision:
                pictures = {source: shown(source) for source in proof.issue.pictures()}
                editions[proof.edition] = _entry(
                    proof, proof.issue, pictures, before, now, mailed=proof.edition in mailed
                )
    return replace(record, editions=editions)


def _entry(
    proof: Proof,
    issue: Issue,
    pictures: dict[str, Shown],
    before: Entry | None,
    now: datetime,
    *,
    mailed: bool,
) -> Entry:
    names = [piece.name for piece in issue.commentaries]
    once = (*(digest.name for digest in before.commentaries), *before.gone) if before else ()
    return Entry(
        revision=proof.revision,
        title=issue.title,
        summary=issue.summary,
        first_day=issue.first_day,
        last_day=issue.last_day,
        send_at=issue.send_at,
        commentaries=tuple(
            Digest(piece.name, piece.topic, piece.headline, piece.trend, piece.summary)
            for piece in issue.commentaries
        ),
        pictures=pictures,
        first_published_at=before.first_published_at if before else now,
        changed_at=now,
        corrected_at=now if before and mailed else before.corrected_at if before else None,
        gone=tuple(sorted(set(once) - set(names))),
        listed=bool(before and before.is_public),
        mail_digest=proof.body.digest if proof.body else "",
        mail=issue.mail,
    )


def _withdrawn(entry: Entry, now: datetime) -> Entry:
    """Its history and the names of its pages; not a word of it."""
    if entry.withdrawn_at:
        return entry
    return replace(
        entry,
        revision="",
        title="",
        summary="",
        commentaries=tuple(Digest(d.name, d.topic, "", None, "") for d in entry.commentaries),
        pictures={},
        changed_at=now,
        withdrawn_at=now,
        listed=False,
        mail_digest="",
    )
