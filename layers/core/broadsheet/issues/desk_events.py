"""Which issue an upload to the desk concerns.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3. Source: S3 user guide, "EventBridge".
"""

import json

FRAME = "newsletter.toml"
PARTS_OF_A_KEY = 3


def changed_on_desk(body: str) -> str | None:
    """The issue whose folder the object lies in, or `FRAME` for the newsletter's own file.

    None for what concerns no issue: a folder made in a console, a stray file beside the folders.

    Raises:
        KeyError, ValueError: not an event of the desk; let the queue keep it for a person to look at.
    """
    key = str(json.loads(body)["detail"]["object"]["key"])
    if key == FRAME:
        return FRAME
    parts = key.split("/", PARTS_OF_A_KEY - 1)
    return parts[1] if len(parts) == PARTS_OF_A_KEY and parts[0] == "issues" and all(parts) else None
