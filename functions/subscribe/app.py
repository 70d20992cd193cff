"""POST /api/subscribe -> subscribe: seal an address and queue the wish."""

from typing import Any

from broadsheet import bootstrap
from broadsheet.entry import Context, Log
from broadsheet.web import Request

log = Log()
answer = bootstrap.subscribe()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    log.context = context
    response = answer(Request.from_event(event))
    log.info("sign-up answered", status=response.status)
    return response.to_event()
