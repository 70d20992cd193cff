"""What waits in SignupQueue: somebody's wish to subscribe, or a mail that a reader is to get.

Shape: JSON; `kind` says which. `sign-up`: the fields of `SignUp`, `sealed` being the KMS ciphertext of the
address in base64. `welcome`, `record` and `link`: the fields of `ReaderMail`; those that were put before
there were links have no `place`. Never an address.
Units: `asked_at` in epoch seconds. It stands in the queue alone and is never kept with a person.
"""

import base64
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

_ID_BYTES = 16


class Kind(StrEnum):
    """What an order asks for."""

    SIGN_UP = "sign-up"
    WELCOME = "welcome"
    RECORD = "record"
    LINK = "link"


@dataclass(frozen=True)
class SignUp:
    """Somebody asked for `audiences`; `order_id` makes its second delivery the same as its first.

    `place` says how many its network had asked for that day, this one included.
    """

    order_id: str
    sealed: bytes
    audiences: tuple[str, ...]
    language: str
    text: str
    form: str
    asked_on: date
    place: int
    asked_at: int

    @property
    def kind(self) -> Kind:
        """As every order has it."""
        return Kind.SIGN_UP

    def to_json(self) -> str:
        """The message body."""
        sealed = base64.b64encode(self.sealed).decode()
        content = {**asdict(self), "sealed": sealed, "asked_on": self.asked_on.isoformat()}
        return json.dumps({"kind": Kind.SIGN_UP, **content})

    @classmethod
    def from_json(cls, body: str) -> "SignUp":
        """The sign-up in a message body.

        Raises:
            KeyError, TypeError, ValueError: not one of ours; let the queue keep it for a person to look at.
        """
        content = _content(body)
        if Kind(content.pop("kind")) is not Kind.SIGN_UP:
            raise ValueError("not a sign-up")
        return cls(
            **{
                **content,
                "sealed": base64.b64decode(content["sealed"], validate=True),
                "audiences": tuple(content["audiences"]),
                "asked_on": date.fromisoformat(content["asked_on"]),
                "place": int(content["place"]),
                "asked_at": int(content["asked_at"]),
            }
        )


@dataclass(frozen=True)
class ReaderMail:
    """A reader is to get a mail: `kind` is `welcome` once they confirmed, `record` when they asked for it.

    `link`, a fresh link to their page, may be asked for by whoever has a letter of theirs, also for somebody
    who is gone: it keeps to the limits of a sign-up, and `place` is as in `SignUp`. `order_id` is by chance;
    orders of earlier releases have none, and are known by their time.
    """

    kind: Kind
    subscriber_id: str
    asked_at: int
    place: int = 1
    order_id: str = field(default="", compare=False)

    @property
    def known_by(self) -> str:
        """What tells this order from others of the same reader."""
        return self.order_id or str(self.asked_at)

    def to_json(self) -> str:
        """The message body."""
        return json.dumps(asdict(self))


Order = SignUp | ReaderMail


def read_order(body: str) -> Order:
    """The order in a message body, whichever kind it is.

    Raises:
        KeyError, TypeError, ValueError: not one of ours; let the queue keep it for a person to look at.
    """
    content = _content(body)
    kind = Kind(content["kind"])
    if kind is Kind.SIGN_UP:
        return SignUp.from_json(body)
    subscriber_id, asked_at = str(content["subscriber_id"]), int(content["asked_at"])
    place, order_id = int(content.get("place", 1)), str(content.get("order_id", ""))
    order = ReaderMail(kind, subscriber_id, asked_at, place, order_id)
    if len(bytes.fromhex(order.subscriber_id)) != _ID_BYTES:
        raise ValueError("not an id of a subscriber")
    return order


def _content(body: str) -> dict[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise TypeError("not an order")
    return content
