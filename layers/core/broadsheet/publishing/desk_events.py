"""The messages of DeskQueue: an object of the desk has changed, work is due, or a rebuild continues.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3, or our own `{"folder": {"path": …,
"event": …}}`, `{"stray": {"key": …, "event": …}}`, `{"rebuild_request": {"run": …, "anew": …}}` and
`{"rebuild": {"press": …, …}}`, see `Rebuild`. Source: S3 user guide, "EventBridge".
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

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
    there. `lost` names pictures that are missing and are not on the desk any more.
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

    def to_json(self) -> str:
        """The message body."""
        fields = asdict(self)
        return json.dumps({"rebuild": {"press": fields.pop("renderer_version"), **fields}})


DeskEvent = DeskChanged | FolderDue | MisplacedFilesDue | NewsletterUploaded | RebuildRequest | Rebuild


def desk_event(body: str) -> DeskEvent | None:
    """The event in a message body.

    None if it needs no work: a folder was made in a console, or a picture or a system's file was added or
    any file deleted outside the folders that are read.

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
            return MisplacedFilesDue(**fields)
    raise ValueError(f"{kind!r} is no message of ours")


def _event_of_s3(content: dict[str, Any]) -> DeskEvent | None:
    key, event = str(content["detail"]["object"]["key"]), str(content.get("id", ""))
    is_deleted = content.get("detail-type") == "Object Deleted"
    if key == NEWSLETTER_FILE:
        return None if is_deleted else NewsletterUploaded(event)
    parts = key.split("/", PARTS_OF_A_KEY - 1)
    if len(parts) == PARTS_OF_A_KEY and all(parts) and parts[0] in FOLDERS:
        return DeskChanged(FolderDue(f"{parts[0]}/{parts[1]}", event))
    return DeskChanged(MisplacedFilesDue(key, event)) if looks_like_a_text(key) and not is_deleted else None


def looks_like_a_text(key: str) -> bool:
    """Whether a misplaced file was probably meant as a text; a README was not."""
    if key.rpartition("/")[2].casefold().startswith("readme"):
        return False
    return key.partition("/")[0] not in OURS and not is_hidden(key) and is_like_a_text(key)
