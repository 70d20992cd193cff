"""POST /api/subscribe -> subscribe: seal an address and queue the wish."""

from functools import partial
from typing import Any

from broadsheet import bootstrap
from broadsheet.entry import Context, Log
from broadsheet.http import Request
from broadsheet.subscribers.answers import answered

log = Log()
door = bootstrap.subscribe()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    log.context = context
    request = Request.from_event(event)
    return answered(door, request, partial(log.failed, "sign-up not answered")).to_event()
