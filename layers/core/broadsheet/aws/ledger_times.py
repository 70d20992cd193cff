"""Removes the times of leases and calls from the chunks of a mailing that has ended."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.ledger_items import chunk_key
from broadsheet.mailings.mailing import Mailing
from broadsheet.mailings.ports import TIMES_FORGOTTEN_AT_ONCE, ChunkState

CHUNKS_READ_AT_ONCE = 100  # so that memory stays flat, whatever the list


def forget_times(
    table: Table, chunks: Callable[[str, int, int], list[ChunkState]], mailing: Mailing, now: datetime
) -> bool:
    """Remove the times chunk by chunk; a leased chunk keeps them. A second call changes nothing more.

    False if some may be left for another call.
    """
    forgotten, failed = 0, table.meta.client.exceptions.ConditionalCheckFailedException
    for first in range(0, mailing.chunk_count, CHUNKS_READ_AT_ONCE):
        for chunk in chunks(mailing.id, first, first + CHUNKS_READ_AT_ONCE):
            if not chunk.has_times:
                continue
            if forgotten == TIMES_FORGOTTEN_AT_ONCE:
                return False
            with contextlib.suppress(failed):
                table.update_item(**_forgetting(mailing.id, chunk.number, now))
            forgotten += 1
    return True


def _forgetting(mailing_id: str, number: int, now: datetime) -> dict[str, Any]:
    """The update that removes the times of a chunk without a lease."""
    return {
        "Key": chunk_key(mailing_id, number),
        "UpdateExpression": "REMOVE leased_until, called_at",
        "ConditionExpression": "leased_until < :now",
        "ExpressionAttributeValues": {":now": int(now.timestamp())},
    }
