"""SignupQueue -> process_signup: keep a wish as pending, mail the confirmation; mail one reader."""

from typing import Any

from broadsheet import bootstrap
from broadsheet.entry import Context, Log, worked_off
from broadsheet.subscribers.orders import read_order

log = Log()
process = bootstrap.process_signup()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    log.context = context
    return worked_off(event, one_order, log, with_places=False)


def one_order(body: str) -> None:
    process(read_order(body))  # what became of it is logged nowhere: it would tell who is a reader
