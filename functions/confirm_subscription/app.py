"""GET, POST /api/confirm -> confirm_subscription: a page with a button, and what it does."""

from functools import partial
from typing import Any

from broadsheet import bootstrap
from broadsheet.entry import Context, Log
from broadsheet.http import Request
from broadsheet.subscribers.answers import answered

log = Log()
door = bootstrap.confirm_subscription()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    log.context = context
    request = Request.from_event(event)
    return answered(door, request, partial(log.failed, "confirmation not answered")).to_event()
