"""Which file is which edition's text, and what becomes of a folder without any."""

import pytest

from broadsheet.content.text_names import edition_of, texts_among
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.proofread import FOLDER, Proofreader
from tests.builders import ISSUE_ID, a_newsletter


@pytest.mark.parametrize("name", ["en.md", "en.MD", "EN.md", "en.markdown", "en.txt", "en.md.txt", "En.Text"])
def test_a_text_is_read_where_its_name_says_plainly_which_it_is(name: str) -> None:
    assert texts_among([name, "notes.txt", "images/en.md"]) == {"en": name}


@pytest.mark.parametrize(
    ("name", "edition"),
    [("notes.md", "notes"), ("notes.txt", ""), ("en.docx", ""), ("en", ""), ("be-tarask.txt", "be-tarask")],
)
def test_other_names_are_taken_as_they_are(name: str, edition: str) -> None:
    assert edition_of(name) == edition


def test_of_two_texts_of_an_edition_the_plain_name_counts() -> None:
    assert texts_among(["en.txt", "en.md", "en.markdown"]) == {"en": "en.md"}


@pytest.mark.parametrize("name", ["English.txt", "text.docx", "en.html", "texts/en.md"])
def test_a_folder_without_a_text_is_reported_where_a_file_may_have_been_meant_as_one(name: str) -> None:
    files = IssueFiles("x", {}, {}, (name, "photo.psd"))
    (proof,) = Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, files, a_newsletter()).all()
    assert (proof.edition, [(f.rule, f.values["name"], f.is_error) for f in proof.findings]) == (
        FOLDER,
        [("text-not-named", name, True)],
    )
    nothing = IssueFiles("x", {}, {}, ("photo.psd",))
    assert Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, nothing, a_newsletter()).all() == []


def test_a_folder_that_is_no_day_is_reported_where_a_text_lies_deeper_in_it() -> None:
    files = IssueFiles("x", {}, {}, ("12/05/en.md",))
    (proof,) = Proofreader("issues/2016", "2016", files, a_newsletter()).all()
    assert [f.rule for f in proof.findings] == ["folder-not-a-day"]
