"""The messages of SignupQueue: a request to subscribe, a reader's new address, or a mail for a reader.

Shape: JSON; `kind` says which. `sign-up`: `order_id` (our `request_id`), `sealed` (the KMS ciphertext of the
address, base64), `audiences`, `language`, `text`, `form`, `asked_on`, `place` (our `attempt`), `asked_at`.
`address` (a `NewAddressMessage`): `order_id`, `subscriber_id`, `sealed`, `asked_on`, `place`, `asked_at`,
`address_id`.
`welcome`, `moved`, `record` and `link`: `subscriber_id`, `asked_at`, `place`, `order_id`; messages of old
releases lack the last two. Never an address in clear.
Units: `asked_at` in epoch seconds. It is only in the queue and is never stored with a person.
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

NEW_ADDRESS = "address-"  # begins the history ids of mails to new addresses
_ID_BYTES = 16


class MessageKind(StrEnum):
    """What a message asks for."""

    SIGN_UP = "sign-up"
    ADDRESS = "address"
    WELCOME = "welcome"
    MOVED = "moved"
    RECORD = "record"
    LINK = "link"


@dataclass(frozen=True)
class SignupMessage:
    """Somebody asked for `audiences`; a second delivery is recognised by `request_id`.

    `attempt` counts the sign-ups of its network on that day, this one included.
    """

    request_id: str
    sealed: bytes
    audiences: tuple[str, ...]
    language: str
    text: str
    form: str
    asked_on: date
    attempt: int
    asked_at: int
    kind: ClassVar = MessageKind.SIGN_UP

    @property
    def history_id(self) -> str:
        """The id of its mail in send histories."""
        return self.request_id

    def to_json(self) -> str:
        """The message body."""
        return json.dumps(
            {
                "kind": self.kind,
                "order_id": self.request_id,
                "sealed": base64.b64encode(self.sealed).decode(),
                "audiences": self.audiences,
                "language": self.language,
                "text": self.text,
                "form": self.form,
                "asked_on": self.asked_on.isoformat(),
                "place": self.attempt,
                "asked_at": self.asked_at,
            }
        )


@dataclass(frozen=True)
class NewAddressMessage:
    """A reader wants their mails at another address. The fields are as in `SignupMessage`.

    `address_id` is the one in their link: what they asked for is void once they have another address.
    Messages of earlier releases have none.
    """

    request_id: str
    subscriber_id: str
    sealed: bytes
    asked_on: date
    attempt: int
    asked_at: int
    address_id: str = ""
    kind: ClassVar = MessageKind.ADDRESS

    @property
    def history_id(self) -> str:
        """The id of its mail in send histories."""
        return f"{NEW_ADDRESS}{self.request_id}"

    def to_json(self) -> str:
        """The message body."""
        return json.dumps(
            {
                "kind": self.kind,
                "order_id": self.request_id,
                "subscriber_id": self.subscriber_id,
                "sealed": base64.b64encode(self.sealed).decode(),
                "asked_on": self.asked_on.isoformat(),
                "place": self.attempt,
                "asked_at": self.asked_at,
                "address_id": self.address_id,
            }
        )


@dataclass(frozen=True)
class ReaderMailMessage:
    """A reader is to get a mail: `welcome` or `moved` once they confirmed, `record` or `link` on request.

    `moved` goes to the new address of a reader who changed it. A `link` may be asked for by whoever holds a
    letter of theirs, also for a reader who is gone: it is limited like a sign-up, and `attempt` is as in
    `SignupMessage`. `request_id` is random; messages of earlier releases have none, and are identified by
    their time.
    """

    kind: MessageKind
    subscriber_id: str
    asked_at: int
    attempt: int = 1
    request_id: str = field(default="", compare=False)

    @property
    def known_by(self) -> str:
        """What distinguishes this message from others about the same reader."""
        return self.request_id or str(self.asked_at)

    def to_json(self) -> str:
        """The message body."""
        return json.dumps(
            {
                "kind": self.kind,
                "subscriber_id": self.subscriber_id,
                "asked_at": self.asked_at,
                "place": self.attempt,
                "order_id": self.request_id,
            }
        )


AddressMessage = SignupMessage | NewAddressMessage  # has an address that a visitor typed
SignupQueueMessage = AddressMessage | ReaderMailMessage


def read_message(body: str) -> SignupQueueMessage:
    """The message in a body, of any kind.

    Raises:
        KeyError, TypeError, ValueError: not one of ours; leave it to the dead-letter queue.
    """
    content: dict[str, Any] = json.loads(body)
    if not isinstance(content, dict):
        raise TypeError("not a message of ours")
    kind, asked_at = MessageKind(content["kind"]), int(content["asked_at"])
    if kind is MessageKind.SIGN_UP:
        return SignupMessage(
            request_id=content["order_id"],
            sealed=base64.b64decode(content["sealed"], validate=True),
            audiences=tuple(content["audiences"]),
            language=content["language"],
            text=content["text"],
            form=content["form"],
            asked_on=date.fromisoformat(content["asked_on"]),
            attempt=int(content["place"]),
            asked_at=asked_at,
        )
    subscriber_id = str(content["subscriber_id"])
    if len(bytes.fromhex(subscriber_id)) != _ID_BYTES:
        raise ValueError("not an id of a subscriber")
    if kind is MessageKind.ADDRESS:
        return NewAddressMessage(
            request_id=content["order_id"],
            subscriber_id=subscriber_id,
            sealed=base64.b64decode(content["sealed"], validate=True),
            asked_on=date.fromisoformat(content["asked_on"]),
            attempt=int(content["place"]),
            asked_at=asked_at,
            address_id=str(content.get("address_id", "")),
        )
    attempt, request_id = int(content.get("place", 1)), str(content.get("order_id", ""))
    return ReaderMailMessage(kind, subscriber_id, asked_at, attempt, request_id)
