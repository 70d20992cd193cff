"""What all use cases need from outside: the time, and somebody who sends a mail."""

from datetime import datetime
from typing import Protocol

from broadsheet.mail import Mail


class Clock(Protocol):
    """The time, aware, in UTC."""

    def __call__(self) -> datetime:
        """Now."""


class Mailer(Protocol):
    """Sends one mail to one address, now. No automatic second try: that could be a second mail."""

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        """Hand the mail over; a NotSentError means that it did not go, any other that it may have gone."""
