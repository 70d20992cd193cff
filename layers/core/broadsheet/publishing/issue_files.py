"""An issue's files: texts and mail bodies are kept by revision, pictures are uploaded to the site.

Revisions are kept before they are public, and expire once they are withdrawn. Originals of pictures are
replaced on the desk by files without metadata.
"""

from collections.abc import Iterable

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record, Register
from broadsheet.publishing.picture_inspection import PictureInspector
from broadsheet.publishing.ports import Desk, Revisions
from broadsheet.publishing.proofread import Proof
from broadsheet.publishing.record_update import OvertakenError
from broadsheet.site.ports import Site


def keep_revisions(
    record: Record, proofs: Iterable[Proof], revisions: Revisions, kept: KeptIssues
) -> set[str]:
    """Keep text and mail body of every revision that the record does not have yet.

    Returns the editions that were never published before and of which nothing was kept: as long as only this
    worker changes the record, no other one lets their texts expire.
    """
    new = set()
    for proof in proofs:
        known = record.editions.get(proof.edition)
        if proof.issue and proof.body and not (known and known.revision == proof.revision):
            if (
                revisions.keep(record.issue, proof.edition, proof.revision, proof.text, proof.body)
                and not known
            ):
                new.add(proof.edition)
            kept.remember(proof.issue, proof.revision)
    return new


def expire_withdrawn(record: Record, new: set[str], revisions: Revisions, register: Register) -> None:
    """Let the kept texts of withdrawn editions expire; those of public editions stay.

    Those of `new` editions, as `keep_revisions` returned them, have never been let expire.

    If another worker publishes an edition again at the same time, its text is kept: this worker reads the
    register after it has tagged the texts, and the other recalls them after it has written to the register.
    """
    withdrawn = {name for name, edition in record.editions.items() if edition.withdrawn_at}
    for name in withdrawn:
        revisions.forget(record.issue, name)
    now = register.get(record.issue) if withdrawn else record
    for name, edition in now.published.items():
        if name not in new:
            revisions.recall(record.issue, name, edition.revision)


def upload_pictures(record: Record, pictures: PictureInspector, site: Site) -> None:
    """Upload the pictures that the record shows and the site lacks."""
    shown = {picture.largest.path: (source, picture) for source, picture in record.pictures()}
    uploaded = set(site.names(f"media/{record.issue}/")) if shown else set()
    for path in sorted(set(shown) - uploaded):
        for name, content in pictures.contents(*shown[path]):
            site.put(name, content, forever=True)


def replace_originals(record: Record, pictures: PictureInspector, desk: Desk) -> None:
    """Replace the originals of all pictures that the site shows.

    Call this after the pages are written and before the files are marked as processed, so that the next
    worker resumes if this one dies. The events of our own writes find the folder processed.

    Raises:
        OvertakenError: originals were replaced, so the folder must be processed as it is now.
    """
    sources = [source for source in sorted(dict(record.pictures())) if source in pictures.files.pictures]
    if any([pictures.replace_original(source, desk) for source in sources]):  # noqa: C419  # each of them
        raise OvertakenError(record.issue)
