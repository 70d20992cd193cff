"""The probes that `broadsheet verify` sends through a running system, recognised by their names.

A probe signs up an address of SES's mailbox simulator and uploads a draft. Its sign-up expires early, its
confirmation mail has a tag by which its events are recorded separately, and nobody is mailed its preview.
Otherwise it takes the same way as readers and editors.
"""

import re

# Source: SES Developer Guide, "Using the mailbox simulator": an address may have a label.
SIMULATOR = "simulator.amazonses.com"
ROUND_TRIP = "round-trip"  # the tag of mails to the simulator, by which `broadsheet doctor` finds them
DRAFTS = "1970-01-05-verify-"  # the prefix of their folders: a Monday that no issue is about
_ADDRESS = re.compile(rf"success\+verify-([0-9a-f]{{32}})@{re.escape(SIMULATOR)}")
_DRAFT = re.compile(rf"{DRAFTS}[0-9a-f]{{20}}")
_SHORT = 20  # letters of an id that fit into a folder's name


def probe_address(probe: str) -> str:
    """The address that a probe signs up; `probe` is its id, 32 hex digits."""
    return f"success+verify-{probe}@{SIMULATOR}"


def probe_draft(probe: str) -> str:
    """The folder of a probe's draft."""
    return f"{DRAFTS}{probe[:_SHORT]}"


def probe_of(address: str) -> str:
    """The id of the probe that signs up an address; "" for any other address."""
    found = _ADDRESS.fullmatch(address.lower())
    return found[1] if found else ""


def is_probe_draft(draft: str) -> bool:
    """Whether a draft is one of a probe."""
    return _DRAFT.fullmatch(draft) is not None
