"""A mailing to deliver: readers, the same every time, their addresses sealed under the bench's own key."""

import json
import random
from base64 import b64encode
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.tables import Item, Tables, item_bytes
from broadsheet.aws.dynamodb import to_wire
from broadsheet.aws.seal import PADDED_BYTES, padded
from broadsheet.aws.subscriber_items import to_item
from broadsheet.mailings.mailing import chunk_count
from tests.builders import a_subscriber

MAILING = "2026-11-23_en"
DATA_KEY = b"\x17" * 32
_NONCE_BYTES = 12
SEALED_LETTERS = len(b64encode(bytes(_NONCE_BYTES + PADDED_BYTES + 16)))  # with the cipher's tag


def tables_of(members: int, per_second: float, digest: str) -> Tables:
    """The mailing, which is sending what has that digest, so many readers of its audience, and the pace."""
    ids = reader_ids(members)
    cipher, key_id = AESGCM(DATA_KEY), f"address-{datetime.now(UTC).year}"
    readers = [_reader(cipher, key_id, number, reader) for number, reader in enumerate(ids)]
    whole = {name: to_wire(value) for name, value in to_item(a_subscriber()).items()}
    tables = Tables(ids, readers, item_bytes({**whole, "sealed_address": {"B": "x" * SEALED_LETTERS}}))
    tables.items |= {
        ("mailings", MAILING): _head(members, digest),
        ("pace", "account"): _texts(mailing="pace", entry="account", rate=str(per_second)),
        ("live", MAILING): _texts(mailing="live", entry=MAILING),
        (f"link-{datetime.now(UTC).year}", ""): {"wrapped": {"B": base64_of(b"wrapped" * 26)}},
        (key_id, ""): {"wrapped": {"B": base64_of(b"wrapped" * 26)}},
    }
    return tables


def reader_ids(members: int) -> list[str]:
    """Ids at random, in order."""
    chance = random.Random(members)  # noqa: S311  # the same each time, no secret
    return sorted(f"{chance.getrandbits(128):032x}" for _ in range(members))


def base64_of(content: bytes) -> str:
    """Bytes as JSON takes them."""
    return b64encode(content).decode()


def _reader(cipher: AESGCM, key_id: str, number: int, reader: str) -> str:
    nonce = number.to_bytes(_NONCE_BYTES, "big")
    sealed = nonce + cipher.encrypt(nonce, padded(f"reader-{number}@mail.example.org"), reader.encode())
    texts = _texts(subscriber_id=reader, address_key=key_id)
    return json.dumps({**texts, "sealed_address": {"B": base64_of(sealed)}})


def _head(members: int, digest: str) -> Item:
    issue, audience = MAILING.split("_")
    texts = _texts(
        mailing="mailings",
        entry=MAILING,
        state="sending",
        issue=issue,
        audience=audience,
        edition="en",
        revision="0" * 16,
        digest=digest,
        due_at=f"{issue}T06:00:00+00:00",
    )
    return {**texts, "chunk_count": {"N": str(chunk_count(members))}, "frontier": {"N": "0"}}


def _texts(**values: str) -> Item:
    return {name: {"S": value} for name, value in values.items()}
