"""The words that readers agree to are kept, version by version, for as long as there are consents."""

from pathlib import Path

import pytest

from broadsheet.newsletter import Edition
from broadsheet.subscribers.consent import BUTTONS, consent_text, shown, version_of
from infrastructure.build import ROOT
from tests.builders import the_sample_newsletter

FOLDER = ROOT / "consents"
EDITIONS = list(the_sample_newsletter().editions.values())
CHANGED = (
    "The words beside the form `{form}` of edition {edition} have changed. Readers agree to them, so keep"
    " them: write the text below to consents/{version}.txt, and leave the older files where they are."
    "\n\n{text}"
)


@pytest.mark.parametrize("form", list(BUTTONS))
@pytest.mark.parametrize("edition", EDITIONS, ids=[edition.id for edition in EDITIONS])
def test_the_words_beside_each_form_are_kept(edition: Edition, form: str) -> None:
    version, text = consent_text(edition, form), shown(edition, form)
    file = FOLDER / f"{version}.txt"
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        pytest.fail(CHANGED.format(form=form, edition=edition.id, version=version, text=text))


@pytest.mark.parametrize(
    "file", sorted(FOLDER.iterdir()), ids=[file.stem for file in sorted(FOLDER.iterdir())]
)
def test_a_consent_file_still_has_the_text_that_its_name_is_the_digest_of(file: Path) -> None:
    code = file.stem.rpartition("-")[0]
    assert file.name == f"{version_of(code, file.read_text(encoding='utf-8'))}.txt"


def test_a_form_and_a_program_agree_to_the_same_words_and_the_manage_page_to_its_own() -> None:
    [english] = [edition for edition in EDITIONS if edition.id == "en"]
    assert consent_text(english, "page") == consent_text(english, "api") != consent_text(english, "manage")


def test_the_privacy_text_says_what_being_on_the_list_may_reveal() -> None:
    [english] = [edition for edition in EDITIONS if edition.id == "en"]
    for form in BUTTONS:
        assert "look into your mailbox" in shown(english, form)
        assert "could harm you" in shown(english, form)
