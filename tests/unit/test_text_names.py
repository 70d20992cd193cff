"""Which file is which edition's text, and what becomes of a folder without any."""

import pytest

from broadsheet.content.text_names import edition_of, texts_among
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.proofread import FOLDER, Proofreader
from tests.builders import ISSUE_ID, a_newsletter


@pytest.mark.parametrize(
    "name", ["en.md", "en.MD", "EN.md", "en .md", " en.md", "en.markdown", "en.txt", "en.md.txt", "En.Text"]
)
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


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("English.txt", "file-elsewhere"),
        ("notes.txt", "text-not-named"),
        ("text.docx", "document-elsewhere"),
        ("en.html", "document-elsewhere"),
        ("texts/en.md", "file-elsewhere"),
        ("bridge.png", "file-elsewhere"),
        ("images/bridge.heic", "picture-not-shown"),
        ("images/en.md", "file-elsewhere"),
        ("photo.psd", "stray-file"),
        ("newsletter.toml.txt", "settings-elsewhere"),
        ("redirects.toml", "redirects-elsewhere"),
        ("readers.csv.txt", "stray-file"),
    ],
)
def test_each_file_of_a_folder_without_a_text_is_reported(name: str, rule: str) -> None:
    is_picture = name.startswith("images/")
    files = IssueFiles("x", {}, {name: b""} if is_picture else {}, () if is_picture else (name,))
    (proof,) = Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, files, a_newsletter()).all()
    assert (proof.edition, [(f.rule, f.values["name"], f.is_error) for f in proof.findings]) == (
        FOLDER,
        [(rule, name, True)],
    )


def test_a_folder_of_pictures_alone_waits_for_its_text() -> None:
    nothing = IssueFiles("x", {}, {"images/bridge.png": b""})
    assert Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, nothing, a_newsletter()).all() == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (
            b"---\ntitle: A\nsummary: B\n---\nWords.",
            ["document-elsewhere", "text-twice-here", "translation-missing"],
        ),
        (b"Words.", ["document-elsewhere", "text-twice-here", "front-matter-missing"]),
    ],
)
def test_files_beside_a_text_are_reported_whether_it_can_be_published_or_not(
    text: bytes, rules: list[str]
) -> None:
    files = IssueFiles("x", {"en": text}, {}, ("be.docx", "en copy.md"))
    (proof,) = Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, files, a_newsletter()).all()
    assert [finding.rule for finding in proof.findings] == rules
    assert [finding.is_error for finding in proof.findings[:2]] == [False, False]


def test_a_text_with_another_name_is_read_and_its_report_names_the_file_and_the_plain_name() -> None:
    text = {"en": b"---\ntitle: A\nsummary: B\n---\nWords."}
    files = IssueFiles("x", text, {}, names={"en": "EN .md.txt"})
    (proof,) = Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, files, a_newsletter()).all()
    (finding,) = (each for each in proof.findings if each.rule == "text-other-name")
    assert finding.values == {"name": "EN .md.txt", "better": f"issues/{ISSUE_ID}/en.md"}
    assert proof.issue is not None


@pytest.mark.parametrize(
    ("edition", "rule", "better"),
    [
        (
            "de",
            "edition-unknown",
            f"issues/{ISSUE_ID}/en.md / issues/{ISSUE_ID}/be.md / issues/{ISSUE_ID}/ru.md",
        ),
        ("by", "file-elsewhere", f"issues/{ISSUE_ID}/be.md"),
        ("en (1)", "text-twice-here", "en.md"),
    ],
)
def test_a_text_of_no_edition_is_told_its_right_name(edition: str, rule: str, better: str) -> None:
    text = b"---\ntitle: A\nsummary: B\n---\nWords."
    files = IssueFiles("x", {"en": text, edition: text}, {})
    _, proof = Proofreader(f"issues/{ISSUE_ID}", ISSUE_ID, files, a_newsletter()).all()
    assert [(f.rule, f.values["better"], f.is_error) for f in proof.findings] == [(rule, better, True)]


def test_a_folder_that_is_no_day_is_reported_where_a_text_lies_deeper_in_it() -> None:
    files = IssueFiles("x", {}, {}, ("12/05/en.md",))
    (proof,) = Proofreader("issues/2016", "2016", files, a_newsletter()).all()
    assert [f.rule for f in proof.findings] == ["folder-not-a-day"]
