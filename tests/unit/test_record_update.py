"""What a folder's files make of an issue's record."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from broadsheet.archive.register import CommentarySummary, PublishedEdition, Record
from broadsheet.content.pictures import SitePicture
from broadsheet.publishing.proofread import Proof, Proofreader
from broadsheet.publishing.record_update import updated_record
from tests.builders import ISSUE_ID, a_newsletter, a_published_edition, a_shown_picture
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.issues import FakeDesk
from tests.pictures import a_picture

HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
ONE = HEAD + "## security\n\n### One\n\n*The situation got worse*\n\nFirst.\n"
TWO = ONE + "\n### Two\n\nSecond.\n"
BE = HEAD + "## security\n\n### Адзін\n\nПершы.\n"
BAD = HEAD + "## weather\n\n### One\n\nFirst.\n"
LATER = MONDAY_MORNING + timedelta(hours=3)
EMPTY = Record(ISSUE_ID)


def read(text: str, edition: str = "en") -> Proof:
    """The proof of one file of the issue's folder, a picture beside it."""
    folder = f"issues/{ISSUE_ID}"
    objects = {f"{folder}/{edition}.md": text.encode(), f"{folder}/images/bridge.png": a_picture()}
    files = FakeDesk(objects).files(folder)
    return Proofreader(folder, ISSUE_ID, files, a_newsletter()).proof(edition)


def accept(
    record: Record,
    *proofs: Proof,
    there: Collection[str] = ("en",),
    mailed: Collection[str] = (),
    now: datetime = MONDAY_MORNING,
) -> Record:
    return updated_record(record, proofs, there, a_shown_picture, mailed, now)


def digest_of(proof: Proof) -> str:
    assert proof.body
    return proof.body.digest


def public(record: Record) -> Record:
    """The same once its pages stand."""
    return replace(record, editions={e: replace(entry, listed=True) for e, entry in record.editions.items()})


def test_a_first_accepted_file_becomes_an_edition_that_is_not_listed_yet() -> None:
    proof = read(ONE)
    assert accept(EMPTY, proof) == Record(
        ISSUE_ID,
        editions={
            "en": PublishedEdition(
                revision=proof.revision,
                title="A title",
                summary="A summary.",
                first_day=datetime(2016, 12, 5, tzinfo=UTC).date(),
                last_day=datetime(2016, 12, 11, tzinfo=UTC).date(),
                send_at=None,
                commentaries=(CommentarySummary("security-1", "security", "One", "worse", "First."),),
                pictures={},
                first_published_at=MONDAY_MORNING,
                changed_at=MONDAY_MORNING,
                listed=False,
                mail_digest=digest_of(proof),
            )
        },
    )


def test_the_pictures_of_a_text_are_recorded_as_the_site_will_store_them() -> None:
    def shown(source: str) -> SitePicture:
        return a_shown_picture(source)

    proof = read(ONE + "\n![A bridge](images/bridge.png)\n")
    record = updated_record(EMPTY, [proof], ["en"], shown, (), MONDAY_MORNING)
    assert record.editions["en"].pictures == {"images/bridge.png": a_shown_picture("images/bridge.png")}


def test_the_same_file_again_leaves_the_record_as_it_is() -> None:
    record = public(accept(EMPTY, read(ONE)))
    assert accept(record, read(ONE), now=LATER) == record


def test_a_file_that_cannot_be_published_leaves_its_edition_as_it_was() -> None:
    record = public(accept(EMPTY, read(ONE)))
    assert accept(record, read(BAD), now=LATER) == record
    assert accept(EMPTY, read(BAD)) == EMPTY


def test_a_changed_file_keeps_its_first_day_and_stays_listed() -> None:
    record = public(accept(EMPTY, read(ONE)))
    before = record.editions["en"]
    changed = read(ONE.replace("First.", "First, corrected."))
    assert accept(record, changed, now=LATER).editions["en"] == replace(
        before,
        revision=changed.revision,
        commentaries=(replace(before.commentaries[0], summary="First, corrected."),),
        changed_at=LATER,
        mail_digest=digest_of(changed),
    )


def test_a_change_after_the_mailing_has_begun_is_a_correction_with_its_day() -> None:
    record = public(accept(EMPTY, read(ONE), read(BE, "be"), there=("en", "be")))
    both = (read(TWO), read(BE + "\n### Два\n\nДругі.\n", "be"))
    corrected = accept(record, *both, there=("en", "be"), mailed=("en",), now=LATER)
    assert [corrected.editions[e].corrected_at for e in ("en", "be")] == [LATER, None]

    again = accept(corrected, read(ONE), there=("en", "be"), now=LATER + timedelta(days=1))
    assert again.editions["en"].corrected_at == LATER


def test_a_first_publication_is_no_correction_even_if_its_audience_was_mailed() -> None:
    assert accept(EMPTY, read(ONE), mailed=("en",)).editions["en"].corrected_at is None


def test_removed_commentaries_are_remembered_until_they_are_back() -> None:
    record = accept(EMPTY, read(TWO))
    shorter = accept(record, read(ONE), now=LATER)
    assert shorter.editions["en"].gone == ("security-2",)
    article = accept(shorter, read(HEAD + "Plain words.\n"), now=LATER)
    assert article.editions["en"].gone == ("security-1", "security-2")
    assert accept(article, read(TWO), now=LATER).editions["en"].gone == ()


def test_an_edition_whose_file_was_deleted_is_withdrawn_and_keeps_no_text() -> None:
    entry = a_published_edition(
        pictures={"images/bridge.jpg": a_shown_picture()}, gone=("security-2",), send_at=LATER
    )
    record = Record(ISSUE_ID, 3, editions={"en": entry, "be": a_published_edition()})
    withdrawn = accept(record, there=("be",), now=LATER)
    assert withdrawn.editions == {
        "en": replace(
            entry,
            revision="",
            title="",
            summary="",
            commentaries=(CommentarySummary("security-1", "security", "", None, ""),),
            pictures={},
            changed_at=LATER,
            withdrawn_at=LATER,
            listed=False,
            mail_digest="",
        ),
        "be": a_published_edition(),
    }
    assert (list(withdrawn.public), list(withdrawn.published), withdrawn.pictures()) == (["be"], ["be"], [])
    assert accept(withdrawn, there=("be",), now=LATER + timedelta(days=1)) == withdrawn


def test_a_withdrawn_edition_whose_file_is_restored_is_published_again_and_not_listed_yet() -> None:
    record = public(accept(EMPTY, read(TWO)))
    withdrawn = accept(record, there=(), now=LATER)
    back = accept(withdrawn, read(ONE), now=LATER + timedelta(days=1)).editions["en"]
    assert (back.withdrawn_at, back.listed, back.gone) == (None, False, ("security-2",))
    assert (back.first_published_at, back.changed_at) == (MONDAY_MORNING, LATER + timedelta(days=1))


def test_a_withdrawn_edition_whose_file_comes_back_broken_stays_withdrawn() -> None:
    withdrawn = accept(public(accept(EMPTY, read(ONE))), there=(), now=LATER)
    assert accept(withdrawn, read(BAD), now=LATER + timedelta(days=1)) == withdrawn
