"""CSV that a spreadsheet opens and does not run, and that an import reads back."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.mailing_list.cells import as_text, without_quote
from broadsheet.subscribers.mailing_list.exporter import lines
from tests.builders import a_consent, a_subscriber
from tests.fakes.importing import ImportRun
from tests.fakes.subscribers import FakeVault

STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@given(st.text(st.sampled_from(f"{STARTS}'ab.")))
def test_no_cell_begins_like_a_formula_and_each_is_read_back_as_it_was(cell: str) -> None:
    quoted = as_text(cell)
    assert not quoted.startswith(tuple(STARTS))
    assert without_quote(quoted) == cell


@pytest.mark.parametrize("cell", ["ana@example.org", "o'neil@example.org", "'quoted'", "", "2016-12-05"])
def test_a_cell_that_no_spreadsheet_runs_stays_as_it_is(cell: str) -> None:
    assert as_text(cell) == without_quote(cell) == cell


@pytest.mark.parametrize("address", ["=1+1@example.org", "+tag@example.org", "-a@example.org"])
def test_an_exported_address_that_looks_like_a_formula_is_quoted(address: str) -> None:
    reader = a_subscriber(address, consent=a_consent())
    exported = b"".join(lines([reader], FakeVault(), [])).decode()
    (row,) = list(csv.DictReader(exported.splitlines()))
    assert row["email"] == f"'{address}"
    assert without_quote(row["email"]) == address


def test_an_import_of_an_export_has_the_addresses_that_were_exported() -> None:
    exported = b"".join(lines([a_subscriber("+tag@example.org")], FakeVault(), []))
    import_run = ImportRun()
    import_run.import_table(exported)
    assert import_run.addresses == ["+tag@example.org"]
    import_run.import_table("email\n=old@example.org\n")  # of an export before cells were quoted
    assert import_run.addresses == ["+tag@example.org", "=old@example.org"]
