"""Probes of `broadsheet verify` are recognised by their names, and nothing else is taken for one."""

import pytest

from broadsheet.archive.register import ISSUE_ID
from broadsheet.probes import DRAFTS, is_probe_draft, probe_address, probe_draft, probe_of
from broadsheet.subscribers.address import normalise

PROBE = "0123456789abcdef" * 2


def test_an_address_of_the_simulator_identifies_its_probe() -> None:
    address = probe_address(PROBE)

    assert probe_of(address) == probe_of(normalise(address)) == PROBE
    assert probe_of(address.upper()) == PROBE


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org",
        "success@simulator.amazonses.com",
        "success+verify@simulator.amazonses.com",
        f"success+verify-{PROBE}@example.org",
        f"success+verify-{PROBE}@simulator.amazonses.com.example.org",
        f"bounce+verify-{PROBE}@simulator.amazonses.com",
        f"success+verify-{PROBE}0@simulator.amazonses.com",
        f"x+success+verify-{PROBE}@simulator.amazonses.com",
        f"success+verify-{PROBE}@simulatorxamazonses.com",
    ],
)
def test_nobody_elses_address_is_a_probes(address: str) -> None:
    assert probe_of(address) == ""


def test_a_probes_draft_has_a_name_that_drafts_may_have_and_that_nobody_gives() -> None:
    draft = probe_draft(PROBE)

    assert is_probe_draft(draft)
    assert draft.startswith(DRAFTS)
    assert ISSUE_ID.fullmatch(draft)


@pytest.mark.parametrize(
    "draft",
    ["2016-12-05", "1970-01-05", "1970-01-05-verify", f"{DRAFTS}mine", f"2016-12-05-verify-{PROBE[:20]}"],
)
def test_no_editors_draft_is_a_probes(draft: str) -> None:
    assert not is_probe_draft(draft)
