"""From each known export, only current subscribers are imported."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from broadsheet.subscribers.mailing_list.columns import map_columns
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.formats import FORMATS, format_of
from tests.builders import ROOT
from tests.fakes.importing import ImportRun

EXPORTS = sorted((ROOT / "tests" / "data" / "exports").iterdir())
KNOWN_FOR = {
    "broadsheet": "Broadsheet",
    "mailchimp-subscribed": "Mailchimp, subscribed",
    "mailchimp-unsubscribed": "Mailchimp, unsubscribed",
    "mailchimp-cleaned": "Mailchimp, cleaned",
    "mailchimp-subscribed-older": "Mailchimp, subscribed",
    "mailchimp-unsubscribed-in-german": "Mailchimp, unsubscribed",
    "substack": "Substack",
    "substack-subscribers": "Substack",
    "substack-dashboard": "Substack, all columns of its dashboard",
    "ghost": "Ghost",
    "listmonk": "listmonk",
    "phplist": "phpList",
    "phplist-in-words": "phpList, with headings in words",
    "phplist-older": "phpList, with headings in words",
    "mailtrain": "Mailtrain",
    "newsletter-plugin": "Newsletter (plugin of WordPress)",
    "unisender": "Unisender",
    "google-groups": "Google Groups",
    "buttondown": "Buttondown",
    "buttondown-older": "Buttondown, with the older names",
    "mailerlite": "MailerLite",
    "kit": "Kit (ConvertKit)",
    "beehiiv": "beehiiv",
    "brevo": "Brevo (Sendinblue)",
    "campaign-monitor": "Campaign Monitor",
    "hubspot-unsubscribes": "HubSpot, unsubscribes and bounces",
    "rasa": "rasa.io",
}


ADDED = {  # columns that the service does not name so
    "mailchimp-unsubscribed-in-german": ["E-Mail-Adresse", "Vorname", "Nachname"],
    "unisender": ["Name"],
}
WITHOUT_DAYS = ("hubspot-unsubscribes", "substack-subscribers", "google-groups")


def ids(files: Sequence[Path]) -> list[str]:
    return [file.stem for file in files]


def test_each_format_has_an_export_in_its_shape_and_a_source() -> None:
    assert {file.stem for file in EXPORTS} == set(KNOWN_FOR)
    assert {one.name for one in FORMATS} == set(KNOWN_FOR.values())
    assert [one.name for one in FORMATS if not one.source] == []


@pytest.mark.parametrize("file", EXPORTS, ids=ids(EXPORTS))
def test_an_export_is_known_by_its_columns_and_none_of_them_is_unclear(file: Path) -> None:
    mapping = map_columns(read_head(lambda: file.open("rb")))

    assert mapping.format is not None
    assert mapping.format.name == KNOWN_FOR[file.stem]
    assert [mapping.columns[place] for place in mapping.unclear] == []
    assert mapping.notes == ()


@pytest.mark.parametrize("file", EXPORTS, ids=ids(EXPORTS))
def test_a_format_lists_every_column_of_its_export(file: Path) -> None:
    mapping = map_columns(read_head(lambda: file.open("rb")))

    assert mapping.format is not None
    headings = [column.heading for column in mapping.columns]
    assert [one for one in headings if mapping.format.meaning(one) is None] == ADDED.get(file.stem, [])


@pytest.mark.parametrize("file", EXPORTS, ids=ids(EXPORTS))
def test_those_who_stayed_are_imported_and_nobody_else(file: Path) -> None:
    import_run = ImportRun()
    content = file.read_text(encoding="utf-8")

    counts = import_run.import_table(content)

    there = {word for line in content.splitlines() for word in line.replace('"', ",").split(",")}
    there |= {word for line in content.splitlines() for word in line.replace("\t", ";").split(";")}
    stay = sorted(word for word in there if word.startswith("stays") and word.endswith("@example.org"))
    assert import_run.addresses == stay
    assert counts.statuses.total() == content.count("@example.org")


@pytest.mark.parametrize("file", EXPORTS, ids=ids(EXPORTS))
def test_the_day_of_a_consent_is_taken_from_the_export(file: Path) -> None:
    import_run = ImportRun()
    import_run.import_table(file.read_bytes())

    years = {one.consent.confirmed_on.year for one in import_run.people if one.consent}
    assert years <= ({2016} if file.stem in WITHOUT_DAYS else {2014, 2015})


@pytest.mark.parametrize("file", EXPORTS, ids=ids(EXPORTS))
def test_a_column_added_to_an_export_is_a_question_to_the_operator(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    sign = read_head(lambda: file.open("rb")).delimiter
    if "[{" in lines[-1]:
        lines = [lines[0], lines[1]]
    added = [lines[0] + f"{sign}Wünsche", *(f"{line}{sign}keine Briefe" for line in lines[1:])]
    twice = "\n".join([*added, *added[1:]]).encode()

    mapping = map_columns(read_head(lambda: io.BytesIO(twice)))

    assert [mapping.columns[place].heading for place in mapping.unclear] == ["Wünsche"]


def test_headings_are_recognised_in_any_spelling() -> None:
    found = format_of(["E-Mail", "Subscribed to emails", "Name"])

    assert found is not None
    assert found.name == "Ghost"
    assert format_of(["email", "name"]) is None
