"""Messages of DeliveryQueue: one chunk of a mailing. They name no person.

Shape: JSON `{"mailing": id, "number": chunk}`.
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class ChunkMessage:
    """Mail chunk `number` of `mailing`."""

    mailing: str
    number: int

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"mailing": self.mailing, "number": self.number})

    @classmethod
    def from_json(cls, body: str) -> "ChunkMessage":
        """Parse a message body; KeyError or ValueError if it is not one of ours."""
        content = json.loads(body)
        return cls(str(content["mailing"]), int(content["number"]))
