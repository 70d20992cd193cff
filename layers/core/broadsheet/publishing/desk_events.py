"""What waits in DeskQueue: an object of the desk has changed, a folder is due, or all is to be made anew.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3, or of our own `{"folder": {"path": …,
"event": …}}`, `{"stray": {"key": …, "event": …}}` and
`{"rebuild": {"press": …, "phase": …, "after": …, "left": …}}`. An event of S3 that an
earlier release left in the queue is read as one of today. Source: S3 user guide, "EventBridge".
"""

import json
from dataclasses import asdict, dataclass

from broadsheet.content.text_names import is_hidden, is_like_a_text

FRAME = "newsletter.toml"
PARTS_OF_A_KEY = 3
FOLDERS = ("issues", "drafts")
OURS = ("reports", "revisions")


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
class StrayLaid:
    """What may be a text was laid where nothing is read; `event` is the id of what says so."""

    key: str
    event: str = ""


@dataclass(frozen=True)
class StrayDue:
    """Editors are to be told of what lies where nothing is read, of this key first."""

    key: str
    event: str = ""

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"stray": asdict(self)})


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


DeskEvent = FolderChanged | FolderDue | StrayLaid | StrayDue | Deployed | Rebuild


def desk_event(body: str) -> DeskEvent | None:
    """What a message asks for.

    None for what concerns nobody: a folder made in a console, a picture or a system's file beside the
    folders, and what was deleted there.

    Raises:
        KeyError, TypeError, ValueError: not a message of ours; let the queue keep it for a person to look at.
    """
    content = json.loads(body)
    if "rebuild" in content:
        return Rebuild(**content["rebuild"])
    if "folder" in content:
        return FolderDue(**content["folder"])
    if "stray" in content:
        return StrayDue(**content["stray"])
    key, event = str(content["detail"]["object"]["key"]), str(content.get("id", ""))
    if key == FRAME:
        return Deployed()
    parts = key.split("/", PARTS_OF_A_KEY - 1)
    if len(parts) == PARTS_OF_A_KEY and all(parts) and parts[0] in FOLDERS:
        return FolderChanged(f"{parts[0]}/{parts[1]}", event)
    is_gone = content.get("detail-type") == "Object Deleted"
    return StrayLaid(key, event) if may_be_meant(key) and not is_gone else None


def may_be_meant(key: str) -> bool:
    """Whether a file that lies where nothing is read was probably meant as a text; a README was not."""
    if key.rpartition("/")[2].casefold().startswith("readme"):
        return False
    return key.partition("/")[0] not in OURS and not is_hidden(key) and is_like_a_text(key)
