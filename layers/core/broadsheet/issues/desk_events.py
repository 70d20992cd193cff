"""What waits in DeskQueue: an object of the desk has changed, or everything is to be made anew.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3, or `{"rebuild": {"press": …, "phase": …,
"after": …, "left": …}}` of our own. Source: S3 user guide, "EventBridge".
"""

import json
from dataclasses import asdict, dataclass

FRAME = "newsletter.toml"
PARTS_OF_A_KEY = 3


@dataclass(frozen=True)
class IssueChanged:
    """Something in `issues/<id>/` was written or deleted."""

    issue: str


@dataclass(frozen=True)
class DraftChanged:
    """Something in `drafts/<id>/` was written or deleted."""

    draft: str


@dataclass(frozen=True)
class Deployed:
    """The deployed copy of `newsletter.toml` was laid on the desk."""


@dataclass(frozen=True)
class Rebuild:
    """Go on making all pages with `press`: those of issues behind `after`, then the lists of years behind it.

    `left` counts the editions so far that could not be made again.
    """

    press: str
    phase: str = "issues"
    after: str = ""
    left: int = 0

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"rebuild": asdict(self)})


DeskEvent = IssueChanged | DraftChanged | Deployed | Rebuild


def desk_event(body: str) -> DeskEvent | None:
    """What a message asks for.

    None for what concerns nobody: a folder made in a console, a stray file beside the folders.

    Raises:
        KeyError, TypeError, ValueError: not a message of ours; let the queue keep it for a person to look at.
    """
    content = json.loads(body)
    if "rebuild" in content:
        return Rebuild(**content["rebuild"])
    key = str(content["detail"]["object"]["key"])
    if key == FRAME:
        return Deployed()
    parts = key.split("/", PARTS_OF_A_KEY - 1)
    if len(parts) != PARTS_OF_A_KEY or not all(parts):
        return None
    if parts[0] == "issues":
        return IssueChanged(parts[1])
    return DraftChanged(parts[1]) if parts[0] == "drafts" else None
