"""The messages of DeskQueue: an object of the desk has changed, work is due, or a rebuild continues.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3, or our own `{"folder": {"path": …,
"event": …}}`, `{"stray": {"key": …, "event": …}}` and
`{"rebuild": {"press": …, "phase": …, "after": …, "left": …}}`. Source: S3 user guide, "EventBridge".
"""

import json
from dataclasses import asdict, dataclass

from broadsheet.content.text_names import is_hidden, is_like_a_text

NEWSLETTER_FILE = "newsletter.toml"
PARTS_OF_A_KEY = 3
FOLDERS = ("issues", "drafts")
OURS = ("reports", "revisions")


@dataclass(frozen=True)
class FolderDue:
    """A folder (`issues/<id>`, `drafts/<id>`) is to be processed.

    `event` is the id of the S3 event that asked for this; "" if earlier work continues.
    """

    path: str
    event: str = ""

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"folder": asdict(self)})


@dataclass(frozen=True)
class MisplacedFilesDue:
    """Editors are to get a report on misplaced files, this key first; `event` as above."""

    key: str
    event: str = ""

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"stray": asdict(self)})


@dataclass(frozen=True)
class DeskChanged:
    """An object of the desk changed; `due` is the work to do once further files have had time to arrive."""

    due: FolderDue | MisplacedFilesDue


@dataclass(frozen=True)
class NewsletterDeployed:
    """The deployed copy of `newsletter.toml` was written to the desk."""


@dataclass(frozen=True)
class Rebuild:
    """Write all pages with this renderer version: issues after `after`, then the lists of years after it.

    `left` counts the editions that could not be rendered so far.
    """

    renderer_version: str
    phase: str = "issues"
    after: str = ""
    left: int = 0

    def to_json(self) -> str:
        """The message body."""
        fields = asdict(self)
        return json.dumps({"rebuild": {"press": fields.pop("renderer_version"), **fields}})


DeskEvent = DeskChanged | FolderDue | MisplacedFilesDue | NewsletterDeployed | Rebuild


def desk_event(body: str) -> DeskEvent | None:
    """The event in a message body.

    None if it needs no work: a folder was made in a console, or a picture or a system's file was added or
    any file deleted outside the folders that are read.

    Raises:
        KeyError, TypeError, ValueError: not a message of ours; let the queue keep it for a person.
    """
    content = json.loads(body)
    if "rebuild" in content:
        fields = dict(content["rebuild"])
        return Rebuild(fields.pop("press"), **fields)
    if "folder" in content:
        return FolderDue(**content["folder"])
    if "stray" in content:
        return MisplacedFilesDue(**content["stray"])
    key, event = str(content["detail"]["object"]["key"]), str(content.get("id", ""))
    if key == NEWSLETTER_FILE:
        return NewsletterDeployed()
    parts = key.split("/", PARTS_OF_A_KEY - 1)
    if len(parts) == PARTS_OF_A_KEY and all(parts) and parts[0] in FOLDERS:
        return DeskChanged(FolderDue(f"{parts[0]}/{parts[1]}", event))
    is_deleted = content.get("detail-type") == "Object Deleted"
    return DeskChanged(MisplacedFilesDue(key, event)) if looks_like_a_text(key) and not is_deleted else None


def looks_like_a_text(key: str) -> bool:
    """Whether a misplaced file was probably meant as a text; a README was not."""
    if key.rpartition("/")[2].casefold().startswith("readme"):
        return False
    return key.partition("/")[0] not in OURS and not is_hidden(key) and is_like_a_text(key)
