"""What waits in DeskQueue: an object of the desk has changed, a folder is due, or all is to be made anew.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3, or of our own `{"folder": {"path": …,
"event": …}}` and `{"rebuild": {"press": …, "phase": …, "after": …, "left": …}}`. An event of S3 that an
earlier release left in the queue is read as one of today. Source: S3 user guide, "EventBridge".
"""

import json
from dataclasses import asdict, dataclass

FRAME = "newsletter.toml"
PARTS_OF_A_KEY = 3
FOLDERS = ("issues", "drafts")


@dataclass(frozen=True)
class FolderChanged:
    """Something in a folder (`issues/<id>`, `drafts/<id>`) changed; `event` is the id of what says so."""

    path: str
    event: str = ""


@dataclass(frozen=True)
class FolderDue:
    """A folder is to be looked at; `event` is the one by which it was marked, "" if the work only goes on."""

    path: str
    event: str = ""

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"folder": asdict(self)})


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


DeskEvent = FolderChanged | FolderDue | Deployed | Rebuild


def desk_event(body: str) -> DeskEvent | None:
    """What a message asks for.

    None for what concerns nobody: a folder made in a console, a stray file beside the folders.

    Raises:
        KeyError, TypeError, ValueError: not a message of ours; let the queue keep it for a person to look at.
    """
    content = json.loads(body)
    if "rebuild" in content:
        return Rebuild(**content["rebuild"])
    if "folder" in content:
        return FolderDue(**content["folder"])
    key = str(content["detail"]["object"]["key"])
    if key == FRAME:
        return Deployed()
    parts = key.split("/", PARTS_OF_A_KEY - 1)
    if len(parts) != PARTS_OF_A_KEY or not all(parts):
        return None
    if parts[0] not in FOLDERS:
        return None
    return FolderChanged(f"{parts[0]}/{parts[1]}", str(content.get("id", "")))
