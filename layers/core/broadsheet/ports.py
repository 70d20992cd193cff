"""Ports of all use cases: the time, and sending a mail."""

from datetime import datetime
from typing import Protocol

from broadsheet.mail import Mail


class Clock(Protocol):
    """The current time, aware, in UTC."""

    def __call__(self) -> datetime:
        """Now."""


class Mailer(Protocol):
    """Sends one mail to one address. It never retries, for a retry may send a second mail."""

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Send the mail; after a NotSentError it was not sent, after any other error it may have been."""
