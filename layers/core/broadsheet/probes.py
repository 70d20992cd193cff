"""What `broadsheet verify` sends through a running system, known by its name.

A probe signs up an address of SES's mailbox simulator and lays one draft. Its sign-up is forgotten early, its
confirmation mail is marked so that its events are recorded apart from everything else, and its draft is not
mailed to anybody. Nothing else is different, so that a probe goes where readers and editors go.
"""

import re

SIMULATOR = (
    "simulator.amazonses.com"  # Source: SES Developer Guide, "Using the mailbox simulator": takes labels
)
ROUND_TRIP = "round-trip"  # the tag of mails to the simulator, by which `broadsheet doctor` knows them
DRAFTS = "1970-01-05-verify-"  # what their folders begin with: a Monday of which nobody writes
_ADDRESS = re.compile(rf"success\+verify-([0-9a-f]{{32}})@{re.escape(SIMULATOR)}")
_DRAFT = re.compile(rf"{DRAFTS}[0-9a-f]{{20}}")
_SHORT = 20  # of an id: a folder's name is not longer


def probe_address(probe: str) -> str:
    """The address that a probe signs up; `probe` is 32 hex digits."""
    return f"success+verify-{probe}@{SIMULATOR}"


def probe_draft(probe: str) -> str:
    """The name of the folder in which a probe lays its draft."""
    return f"{DRAFTS}{probe[:_SHORT]}"


def probe_of(address: str) -> str:
    """The probe that signs up this address; empty for everybody else's."""
    found = _ADDRESS.fullmatch(address.lower())
    return found[1] if found else ""


def is_probe_draft(draft: str) -> bool:
    """Whether a probe laid the draft of this name."""
    return _DRAFT.fullmatch(draft) is not None
