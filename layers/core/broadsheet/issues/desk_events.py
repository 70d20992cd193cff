"""Which issue an upload to the desk concerns.

Shape: EventBridge's "Object Created" and "Object Deleted" of S3. Source: S3 user guide, "EventBridge".
"""

import json

NEWSLETTER_FILE = "newsletter.toml"


def changed_issue(body: str) -> str | None:
    """The issue whose folder the object lies in; None where it is the newsletter's own file.

    Raises:
        KeyError, ValueError: not an event of the desk; let the queue keep it for a person to look at.
    """
    key = str(json.loads(body)["detail"]["object"]["key"])
    if key == NEWSLETTER_FILE:
        return None
    room, issue, name = key.split("/", 2)
    if room != "issues" or not name:
        raise ValueError("not an upload that publishes")
    return issue
