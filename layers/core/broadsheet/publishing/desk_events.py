"""The messages of DeskQueue: an object of the desk has changed, work is due, or a rebuild continues.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3, or our own `{"folder": {"path": …,
"event": …}}`, `{"stray": {"event": …, "seen": …, "rounds": …}}`,
`{"rebuild_request": {"run": …, "anew": …}}` and `{"rebuild": {"press": …, …}}`, see `Rebuild`. Older releases
had a `key` in `stray`. Source: S3 user guide, "EventBridge".
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from broadsheet.content.right_place import FOLDERS
from broadsheet.content.text_names import PICTURES, is_hidden, issue_day

NEWSLETTER_FILE = "newsletter.toml"
PARTS_OF_A_KEY = 3
_WRITTEN_BY_US = re.compile(r"reports/.*\.html|revisions/.*/.*", re.DOTALL)  # as in the template
_RIGHT_FOLDERS = (*(f"{folder}/" for folder in FOLDERS), "reports/", "revisions/")


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
    """Editors are to get a report on the misplaced files that were recorded; `event` as above.

    `seen` is how many there were when the message was sent, `rounds` how often it was sent before.
    """

    event: str = ""
    seen: int = 1
    rounds: int = 0

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"stray": asdict(self)})


@dataclass(frozen=True)
class DeskChanged:
    """An object in a folder that is read changed; `due` is the work once further files have had time."""

    due: FolderDue


@dataclass(frozen=True)
class FileMisplaced:
    """A file was put where nothing is read, or was deleted there."""

    key: str
    event: str
    is_deleted: bool = False


@dataclass(frozen=True)
class NewsletterUploaded:
    """`newsletter.toml` was written to the desk, by a deployment or by anybody; `event` as above."""

    event: str = ""


@dataclass(frozen=True)
class RebuildRequest:
    """All pages and pictures are to be compared with what they should be, and written where they differ.

    With `anew`, all are written. `run` is the id of this rebuild.
    """

    run: str
    anew: bool = False

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"rebuild_request": asdict(self)})


@dataclass(frozen=True)
class Rebuild:
    """Write all pages with this renderer version: issues after `after`, then the lists of years after it.

    `left` counts the editions that could not be rendered so far, `done` the issues; `run` and `anew` are the
    request's ("" in messages of older releases). Of the next issue, the pictures up to the path `picture` are
    there. `lost` names pictures that are missing and are not on the desk any more. `written` counts the
    objects that were written, since they were missing or differed, `right` the others.
    """

    renderer_version: str
    phase: str = "issues"
    after: str = ""
    left: int = 0
    run: str = ""
    anew: bool = False
    done: int = 0
    picture: str = ""
    lost: tuple[str, ...] = ()
    written: int = 0
    right: int = 0

    def to_json(self) -> str:
        """The message body."""
        fields = asdict(self)
        return json.dumps({"rebuild": {"press": fields.pop("renderer_version"), **fields}})


RebuildEvent = NewsletterUploaded | RebuildRequest | Rebuild
DeskEvent = DeskChanged | FileMisplaced | FolderDue | MisplacedFilesDue | RebuildEvent


def desk_event(body: str) -> DeskEvent | None:
    """The event in a message body.

    None if it needs no work: a folder was made in a console under a name that is read, or a file of an
    operating system, of a word processor or of ours has changed.

    Raises:
        KeyError, TypeError, ValueError: not a message of ours; let the queue keep it for a person.
    """
    content = dict(json.loads(body))
    return _event_of_s3(content) if "detail" in content else _message_of_ours(content)


def _message_of_ours(content: dict[str, Any]) -> DeskEvent:
    ((kind, fields),) = content.items()
    match kind:
        case "rebuild":
            left = {**fields, "lost": tuple(fields.get("lost", ()))}
            return Rebuild(left.pop("press"), **left)
        case "rebuild_request":
            return RebuildRequest(**fields)
        case "folder":
            return FolderDue(**fields)
        case "stray":
            return MisplacedFilesDue(**{name: fields[name] for name in fields if name != "key"})
    raise ValueError(f"{kind!r} is no message of ours")


def _event_of_s3(content: dict[str, Any]) -> DeskEvent | None:
    key, event = str(content["detail"]["object"]["key"]), str(content.get("id", ""))
    is_deleted = content.get("detail-type") == "Object Deleted"
    if key == NEWSLETTER_FILE:
        return None if is_deleted else NewsletterUploaded(event)
    top, folder, name = (*key.split("/", PARTS_OF_A_KEY - 1), "", "")[:PARTS_OF_A_KEY]
    if top in FOLDERS and issue_day(folder) and f"{top}/{folder}" != key:
        return DeskChanged(FolderDue(f"{top}/{folder}", event)) if name not in ("", PICTURES) else None
    if is_hidden(key.rstrip("/")) or key in _RIGHT_FOLDERS or _WRITTEN_BY_US.fullmatch(key):
        return None
    return FileMisplaced(key, event, is_deleted)
