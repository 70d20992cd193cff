"""Texts and mail bodies of accepted revisions: kept before they are public, expired once withdrawn."""

from collections.abc import Iterable

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record, Register
from broadsheet.publishing.ports import Revisions
from broadsheet.publishing.proofread import Proof


def keep_revisions(record: Record, proofs: Iterable[Proof], revisions: Revisions, kept: KeptIssues) -> None:
    """Keep text and mail body of every revision that the record does not have yet."""
    for proof in proofs:
        known = record.editions.get(proof.edition)
        if proof.issue and proof.body and not (known and known.revision == proof.revision):
            revisions.keep(record.issue, proof.edition, proof.revision, proof.text, proof.body)
            kept.remember(proof.issue, proof.revision)


def expire_withdrawn(record: Record, revisions: Revisions, register: Register) -> None:
    """Let the kept texts of withdrawn editions expire, and none of what is public.

    If an edition is published again at the same time, one of the two workers recalls its text: this one
    reads the register after it tagged the texts, the other recalls after it wrote to the register.
    """
    withdrawn = {name for name, edition in record.editions.items() if edition.withdrawn_at}
    for name in withdrawn:
        revisions.forget(record.issue, name)
    now = register.get(record.issue) if withdrawn else record
    for name, edition in now.published.items():
        revisions.recall(record.issue, name, edition.revision)
