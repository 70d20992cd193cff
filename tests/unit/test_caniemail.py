"""Mails are made of what docs/mail-html.md lists, and nothing is claimed beyond caniemail's own data."""

import json
import re
from collections import Counter

import pytest
from bs4 import BeautifulSoup

from tests.caniemail import DOCUMENT, EXTRACT, INTEGRITY, ROW, VERSION, features, known, listed, sample_mails

LARGEST_STYLE_BYTES = 8_000  # Gmail reads no more


def test_the_document_lists_exactly_what_mails_are_made_of() -> None:
    assert set().union(*map(features, sample_mails())) == set(listed())


def test_each_feature_is_listed_once() -> None:
    rows = [
        row["feature"] for row in map(ROW.match, DOCUMENT.read_text(encoding="utf-8").splitlines()) if row
    ]
    assert [feature for feature, times in Counter(rows).items() if times > 1] == []


def test_the_claims_match_the_pinned_data() -> None:
    stored = json.loads(EXTRACT.read_text(encoding="utf-8"))
    named = {row["slug"] for row in listed().values()} - {"-"}
    assert (f"/v/{VERSION}," in stored["source"], stored["integrity"]) == (True, f"sha512-{INTEGRITY}")
    assert set(stored["entries"]) == named
    for feature, row in listed().items():
        entry = stored["entries"].get(row["slug"])
        assert row["known"] == (known(entry) if entry else "not in its data"), feature


def test_an_element_or_attribute_is_not_claimed_under_a_wrong_entry() -> None:
    entries = json.loads(EXTRACT.read_text(encoding="utf-8"))["entries"]
    for feature, row in listed().items():
        if row["slug"] != "-":
            kind = (
                "html" if feature[0] == "<" or feature.endswith("=") or feature.startswith("href") else "css"
            )
            assert row["slug"].startswith(f"{kind}-"), feature
            assert entries[row["slug"]]["title"]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (
            "<p class='a' style='color:#fff;margin:0 1.5rem'>x</p>",
            {"<p>", "class=", "style=", "color:", "margin:", "1rem"},
        ),
        ("<style>@import url(x);</style>", {"<style>", "@import"}),
        (
            "<style>p > a:hover { width: calc(1vw) }</style>",
            {
                "<style>",
                "ancestor descendant",
                "type",
                "selector with >",
                "selector with :",
                "width:",
                "1vw",
                "calc()",
            },
        ),
    ],
)
def test_what_a_mail_is_made_of_is_found(html: str, found: set[str]) -> None:
    assert features(html) == found


def test_style_sheets_are_short_and_styles_that_mails_need_are_inline() -> None:
    for mail in sample_mails():
        soup = BeautifulSoup(mail, "html.parser")
        assert sum(len(style.text.encode()) for style in soup.find_all("style")) < LARGEST_STYLE_BYTES
        for tag in soup.find_all("style"):
            tag.decompose()
        (paper,) = soup.select("div.paper")
        assert re.search("background-color:#ffffff;color:#1d1b18", str(paper["style"]))


def test_outlook_on_windows_which_knows_no_max_width_has_a_table_of_the_same_width() -> None:
    for mail in sample_mails():
        begun = re.findall(
            r'<!--\[if mso\]><table align="center" width="(\d+)"><tr><td><!\[endif\]-->\s*<div', mail
        )
        ended = re.findall(r"</div>\s*<!--\[if mso\]></td></tr></table><!\[endif\]-->\s*</body>", mail)
        (paper,) = BeautifulSoup(mail, "html.parser").select("div.paper")
        assert ([f"max-width:{width}px" in str(paper["style"]) for width in begun], len(ended)) == ([True], 1)
