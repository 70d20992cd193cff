"""What a conversion wrote into a folder, kept beside it: `<folder>.conversion.json`.

With it a later run of the same conversion changes what it wrote itself, and leaves what a person changed.
Shape: `{"files": {path: SHA-256}, "posts": {path of a text: ids of its posts}}`, paths within the folder.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

ENDING = ".conversion.json"


class UnusableDeskError(Exception):
    """The folder can't be converted into; the message says why, and what to do. Nothing was written."""


@dataclass
class DeskState:
    """The digests of the files that a conversion wrote, and the posts of each text."""

    files: dict[str, str] = field(default_factory=dict)
    posts: dict[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> str:
        """The state as JSON, the same for the same state."""
        return json.dumps({"files": self.files, "posts": self.posts}, indent=0, sort_keys=True) + "\n"


def read_state(desk: Path) -> DeskState | None:
    """The state of a folder; None if no conversion into it was completed.

    Raises:
        UnusableDeskError: the file is damaged.
    """
    file = state_file(desk)
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        return DeskState(dict(table["files"]), {path: list(ids) for path, ids in table["posts"].items()})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableDeskError(
            f"{file} is damaged, so it is not known which files of {desk} a person changed. Convert into a"
            " new folder."
        ) from error


def state_file(desk: Path) -> Path:
    """The file beside the folder."""
    return desk.with_name(desk.name + ENDING)
