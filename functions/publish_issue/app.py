"""DeskQueue -> publish_issue: make what lies on the desk public, or report why not."""

from typing import Any

from broadsheet import bootstrap
from broadsheet.entry import Context, Log, worked_off
from broadsheet.publishing.desk_events import desk_event

log = Log()
desk = bootstrap.publish_issue()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    log.context = context
    return worked_off(event, one_event, log)


def one_event(body: str) -> None:
    event = desk_event(body)
    log.info("event worked off", event=event, outcome=desk(event))
