"""The sending account: its rate, its daily quota, what it has sent, and its suppression list.

The rate is a token bucket that holds one second's worth of recipients. A message to several recipients needs
only one token and may overdraw the bucket; the next message has to wait (Source: SES Developer Guide, "What
happens when you reach your sending limits"). The quota counts the recipients of the last 24 hours. In the
sandbox it is 200, and the rate is one a second (Source: SES Developer Guide, "Request production access").
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.ses.checks import bare
from local.ses.errors import Refusal, RefusedError
from local.ses.mailbox_simulator import counts_to_quota

DAY_SECONDS = 24 * 3600
SANDBOX_RATE = 1.0
SANDBOX_24_HOUR_SEND = 200.0


@dataclass(frozen=True)
class Settings:
    """What `PUT /_local/ses/settings` changes, under these names. A quota of -1 means unlimited.

    `event_delay_seconds` is the time between a message's events. In the `sandbox` SES's own rate and quota
    apply instead of those that are set.
    """

    max_send_rate: float = 200
    max_24_hour_send: float = 50_000
    sending_enabled: bool = True
    event_delay_seconds: float = 0.3
    sandbox: bool = False

    @property
    def rate(self) -> float:
        """The rate that applies, in recipients a second."""
        return SANDBOX_RATE if self.sandbox else float(self.max_send_rate)

    @property
    def quota(self) -> float:
        """The quota that applies, in recipients in 24 hours; -1 means unlimited."""
        return SANDBOX_24_HOUR_SEND if self.sandbox else float(self.max_24_hour_send)


class SESAccount:
    """Counts and limits what is accepted. Safe to share between threads; `clock` returns Unix time."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._bucket = max(settings.rate, 1)
        self._filled_at = clock()
        self._paused_until = 0.0
        self._sent: deque[tuple[float, int]] = deque()
        self._sent_total = 0
        self._suppressed: set[str] = set()
        self.throttled = 0  # how many messages were refused because the rate was exceeded

    def change(self, **changes: float | bool) -> Settings:
        """Change some settings at once. A changed rate starts with a full bucket."""
        with self._lock:
            self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]  # checked by the caller
            if {"max_send_rate", "sandbox"} & set(changes):
                self._bucket, self._filled_at = max(self.settings.rate, 1), self._clock()
            return self.settings

    def pause_for(self, seconds: float) -> None:
        """Refuse every message for this long."""
        with self._lock:
            self._paused_until = self._clock() + seconds

    def admit(self, recipients: tuple[str, ...]) -> None:
        """Count a message to these recipients as sent.

        Raises:
            RefusedError: sending is paused, the quota is used up, or the rate is exceeded. Nothing was
                counted.
        """
        with self._lock:
            now = self._clock()
            counted = sum(counts_to_quota(address) for address in recipients)
            if not self.settings.sending_enabled or now < self._paused_until:
                raise RefusedError(Refusal.PAUSED)
            quota = self.settings.quota
            if quota >= 0 and counted and self._sent_last_day(now) + counted > quota:
                raise RefusedError(Refusal.OVER_QUOTA)
            self._fill_bucket(now)
            if self._bucket < 1:
                self.throttled += 1
                raise RefusedError(Refusal.THROTTLED)
            self._bucket -= len(recipients)
            self._count(now, counted)

    def restore(self, accepted_at: float, recipients: tuple[str, ...]) -> None:
        """Count a message that an earlier run accepted; to be called for the oldest first."""
        with self._lock:
            self._count(accepted_at, sum(counts_to_quota(address) for address in recipients))

    def sent_last_24_hours(self) -> int:
        """The recipients of the last 24 hours that count to the quota."""
        with self._lock:
            return self._sent_last_day(self._clock())

    def suppress(self, address: str) -> None:
        """Add an address to the account's suppression list; the mailbox simulator's never are."""
        with self._lock:
            if counts_to_quota(address):
                self._suppressed.add(bare(address).lower())

    def suppresses(self, address: str) -> bool:
        """Whether mail to the address is accepted but not sent."""
        with self._lock:
            return bare(address).lower() in self._suppressed

    def _fill_bucket(self, now: float) -> None:
        rate = self.settings.rate
        self._bucket = min(max(rate, 1), self._bucket + (now - self._filled_at) * rate)
        self._filled_at = now

    def _sent_last_day(self, now: float) -> int:
        while self._sent and self._sent[0][0] <= now - DAY_SECONDS:
            self._sent_total -= self._sent.popleft()[1]
        return self._sent_total

    def _count(self, at: float, recipients: int) -> None:
        self._sent.append((at, recipients))
        self._sent_total += recipients
