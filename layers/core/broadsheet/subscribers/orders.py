"""What waits in SignupQueue: somebody's wish to subscribe, with the sealed address.

Shape: JSON of `SignUp`; `sealed` is the KMS ciphertext of the address in base64. Never an address.
"""

import base64
import json
from dataclasses import asdict, dataclass
from datetime import date


@dataclass(frozen=True)
class SignUp:
    """Somebody asked for `audiences`; `order_id` makes its second delivery the same as its first."""

    order_id: str
    sealed: bytes
    audiences: tuple[str, ...]
    language: str
    text: str
    form: str
    asked_on: date

    def to_json(self) -> str:
        """The message body."""
        sealed = base64.b64encode(self.sealed).decode()
        return json.dumps({**asdict(self), "sealed": sealed, "asked_on": self.asked_on.isoformat()})

    @classmethod
    def from_json(cls, body: str) -> "SignUp":
        """The order in a message body.

        Raises:
            KeyError, TypeError, ValueError: not one of ours; let the queue keep it for a person to look at.
        """
        content = json.loads(body)
        return cls(
            **{
                **content,
                "sealed": base64.b64decode(content["sealed"], validate=True),
                "audiences": tuple(content["audiences"]),
                "asked_on": date.fromisoformat(content["asked_on"]),
            }
        )
