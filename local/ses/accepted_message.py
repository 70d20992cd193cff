"""A message that SES has taken."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from local.ses import events, messages
from local.ses.configuration_sets import Destination
from local.ses.events import Event
from local.ses.identities import Identity
from local.ses.messages import Message
from local.ses.requests import Outgoing


@dataclass(frozen=True)
class Accepted:
    """A message that was taken, with what its records and events need."""

    outgoing: Outgoing
    id: str
    unix_seconds: float
    region: str
    destinations: list[Destination]
    identity: Identity

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return datetime.fromtimestamp(self.unix_seconds, UTC)

    @property
    def header_id(self) -> str:
        """What its Message-ID holds."""
        return f"{self.id}@{messages.domain_of_message_ids(self.region)}"

    def mail(self, message: Message | None) -> Event:
        """The member of its events that says which mail they are about."""
        return events.mail_object(self.outgoing, message, self.id, self.at, self.region)


def new_id(unix_seconds: float) -> str:
    """An id as SES gives them, the time in front."""
    return f"0107{int(unix_seconds * 1000):012x}-{uuid.uuid4()}-000000"
