"""A mailing to deliver: a mail, readers whose addresses our own key seals, and what AWS answers."""

import json
import random
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from itertools import count

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.answering import Operations
from bench.archive import texts, the_newsletter
from bench.dynamodb import Item, Tables
from bench.measuring import Json
from broadsheet.aws.seal import padded
from broadsheet.content.read import read_issue
from broadsheet.mailings.body import Body, letter_digest
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import chunk_count

ISSUE, MAILING = "2026-11-23", "2026-11-23_en"
MAIL_BYTES, STEP_BYTES = 46_000, 500  # of both parts
READER_BYTES = 703  # what DynamoDB counts for a confirmed subscriber; a test compares
KEY = b"\x17" * 32
KEY_ITEM: Item = {"wrapped": {"B": b64encode(b"wrapped" * 26).decode()}}
MESSAGE_ID = "0102018f0000000a-00000000-0000-0000-0000-000000000000-000000"
PACE_SHARE = 0.9  # the template's PacePercent


@cache
def a_mail(edition: str) -> Body:
    """The body of an issue of the archive, the first that is large enough."""
    for size_bytes in count(STEP_BYTES, STEP_BYTES):
        text = next(t for t in texts(1, date.fromisoformat(ISSUE), size_bytes) if t.edition == edition)
        read = read_issue(ISSUE, edition, text.markdown.encode(), frozenset(), the_newsletter())
        body = mail_body(read.issue, the_newsletter())
        if len(body.html.encode()) + len(body.text.encode()) >= MAIL_BYTES:
            return body
    raise AssertionError  # the sizes have no end


@cache
def reader_ids(members: int) -> list[str]:
    """Ids at random, in order; the same each time."""
    chance = random.Random(members)  # noqa: S311  # the same each time, no secret
    return sorted(f"{chance.getrandbits(128):032x}" for _ in range(members))


def mailing(members: int, per_second: float, edition: str) -> Operations:
    """A mailing of a mail in that edition to so many readers, at SES's grant."""
    body, queue = a_mail(edition), []
    tables = tables_of(members, PACE_SHARE * per_second, letter_digest(body.digest, the_newsletter()))
    bulk_result = {"Status": "SUCCESS", "MessageId": MESSAGE_ID}

    def send(request: Mapping[str, Json]) -> Json:
        queue.extend(request["Entries"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def take_orders(_: Json) -> list[Json]:
        taken = queue[:]
        del queue[: len(taken)]
        return taken

    def send_bulk(request: Mapping[str, Json]) -> Json:
        tables.counts["recipients"] += len(request["BulkEmailEntries"])
        return {"BulkEmailEntryResults": [bulk_result] * len(request["BulkEmailEntries"])}

    def take_units(_: Json) -> Json:
        taken, tables.counts = tables.counts, type(tables.counts)()
        return taken

    quota = {"MaxSendRate": per_second, "Max24HourSend": -1, "SentLast24Hours": 0}
    return {
        **tables.operations(),
        "KMS GenerateMac": lambda of: {"Mac": b64encode(sha256(of["Message"].encode()).digest()).decode()},
        "KMS Decrypt": lambda _: {"Plaintext": b64encode(KEY).decode()},
        "S3 GetObject": lambda _: asdict(body),
        "SES GetAccount": lambda _: {"SendQuota": quota, "SendingEnabled": True},
        "SES SendEmail": lambda _: {"MessageId": MESSAGE_ID},
        "SES SendBulkEmail": send_bulk,
        "SQS SendMessageBatch": send,
        "bench orders": take_orders,
        "bench units": take_units,
    }


def tables_of(members: int, per_second: float, digest: str) -> Tables:
    """The mailing, which is sending what has that digest; readers of its audience; the rate and the keys."""
    year, ids, cipher = datetime.now(UTC).year, reader_ids(members), AESGCM(KEY)

    def reader(number: int, reader_id: str) -> str:
        nonce = number.to_bytes(12, "big")
        sealed = nonce + cipher.encrypt(
            nonce, padded(f"reader-{number}@mail.example.org"), reader_id.encode()
        )
        texts = _texts(subscriber_id=reader_id, address_key=f"address-{year}")
        return json.dumps({**texts, "sealed_address": {"B": b64encode(sealed).decode()}})

    head = _texts(
        mailing="mailings", entry=MAILING, state="sending", issue=ISSUE, audience="en", edition="en"
    )
    head |= _texts(revision="0" * 16, digest=digest, due_at=f"{ISSUE}T06:00:00+00:00")
    items = {
        ("mailings", MAILING): head
        | {"chunk_count": {"N": str(chunk_count(members))}, "frontier": {"N": "0"}},
        ("pace", "account"): _texts(mailing="pace", entry="account", rate=str(per_second)),
        ("live", MAILING): _texts(mailing="live", entry=MAILING),
        (f"link-{year}", ""): KEY_ITEM,
        (f"address-{year}", ""): KEY_ITEM,
    }
    return Tables(ids, [reader(*each) for each in enumerate(ids)], READER_BYTES, items)


def _texts(**values: str) -> Item:
    return {name: {"S": value} for name, value in values.items()}
