"""DeliveryQueue -> deliver_chunk: mail one chunk of one mailing."""

from functools import partial
from typing import Any

from broadsheet import bootstrap
from broadsheet.entry import Context, Log, worked_off
from broadsheet.mailings.orders import ChunkOrder

log = Log()
deliver = bootstrap.deliver_chunk()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    log.context = context
    return worked_off(event, partial(one_chunk, context), log)


def one_chunk(context: Context, body: str) -> None:
    order = ChunkOrder.from_json(body)
    delivered = deliver(order, lambda: context.get_remaining_time_in_millis() / 1000)
    counts = delivered.counts()
    tell = log.warning if counts.get("in_doubt") else log.info
    tell("chunk worked off", mailing=order.mailing, chunk=order.number, **counts)
