"""The sending account: what it may send, how fast, what it has sent, and whom it no longer writes to.

The rate is a bucket that holds one second's worth of recipients. A message to several needs only one left in
it and may overdraw it; the next has to wait (Source: SES Developer Guide, "What happens when you reach your
sending limits"). The quota looks back over the last 24 hours, recipient by recipient. In the sandbox it is
200 recipients, and the rate is one a second (Source: SES Developer Guide, "Request production access").
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.ses.addresses import bare
from local.ses.errors import Refusal, RefusedError
from local.ses.mailbox_simulator import counts_to_quota

DAY_SECONDS = 24 * 3600
SANDBOX_RATE = 1.0
SANDBOX_24_HOUR_SEND = 200.0


@dataclass(frozen=True)
class Settings:
    """What `PUT /_local/ses/settings` changes. A quota of -1 is unlimited, as in GetAccount.

    Shape: the JSON has these very names; `event_delay_seconds` is how long after `Send` the second event
    comes. In the `sandbox` its own rate and quota are in force instead of those that are set.
    """

    max_send_rate: float = 200
    max_24_hour_send: float = 50_000
    sending_enabled: bool = True
    suppress: bool = True
    event_delay_seconds: float = 0.3
    sandbox: bool = False

    @property
    def rate(self) -> float:
        """Recipients a second, as in force."""
        return SANDBOX_RATE if self.sandbox else float(self.max_send_rate)

    @property
    def quota(self) -> float:
        """Recipients in 24 hours, as in force; -1 is unlimited."""
        return SANDBOX_24_HOUR_SEND if self.sandbox else float(self.max_24_hour_send)


class SESAccount:
    """Counts and limits what is accepted. Safe to share between threads; `clock` tells Unix time."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._bucket = max(settings.rate, 1)
        self._filled_at = clock()
        self._paused_until = 0.0
        self._sent: deque[tuple[float, int]] = deque()
        self._sent_total = 0
        self._suppressed: set[str] = set()
        self.throttled = 0  # how many messages were refused because the rate was exceeded

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def change(self, **changes: float | bool) -> Settings:
        """Put some settings into force at once. A changed rate starts with a full bucket."""
        with self._lock:
            self._settings = replace(self._settings, **changes)  # type: ignore[arg-type]  # checked by the caller
            if {"max_send_rate", "sandbox"} & set(changes):
                self._bucket, self._filled_at = max(self._settings.rate, 1), self._clock()
            return self._settings

    def pause_for(self, seconds: float) -> None:
        """Refuse everything for a while."""
        with self._lock:
            self._paused_until = self._clock() + seconds

    def admit(self, recipients: tuple[str, ...]) -> None:
        """Count a message to these recipients as sent.

        Raises:
            RefusedError: sending is paused, the day's quota is used up, or the rate is exceeded; nothing was
            counted.
        """
        with self._lock:
            now = self._clock()
            counted = sum(counts_to_quota(address) for address in recipients)
            if not self._settings.sending_enabled or now < self._paused_until:
                raise RefusedError(Refusal.PAUSED)
            quota = self._settings.quota
            if quota >= 0 and counted and self._sent_last_day(now) + counted > quota:
                raise RefusedError(Refusal.OVER_QUOTA)
            self._fill_bucket(now)
            if self._bucket < 1:
                self.throttled += 1
                raise RefusedError(Refusal.THROTTLED)
            self._bucket -= len(recipients)
            self._count(now, counted)

    def restore(self, accepted_at: float, recipients: tuple[str, ...]) -> None:
        """Count what an earlier run accepted; oldest first."""
        with self._lock:
            self._count(accepted_at, sum(counts_to_quota(address) for address in recipients))

    def sent_last_24_hours(self) -> int:
        """Recipients accepted within the last 24 hours that count to the quota."""
        with self._lock:
            return self._sent_last_day(self._clock())

    def suppress(self, address: str) -> None:
        """Put an address on the account's suppression list, if the settings have one."""
        with self._lock:
            if self._settings.suppress and counts_to_quota(address):
                self._suppressed.add(bare(address).lower())

    def suppresses(self, address: str) -> bool:
        """Whether mail to the address is accepted and then not sent."""
        with self._lock:
            return self._settings.suppress and bare(address).lower() in self._suppressed

    def _fill_bucket(self, now: float) -> None:
        rate = self._settings.rate
        self._bucket = min(max(rate, 1), self._bucket + (now - self._filled_at) * rate)
        self._filled_at = now

    def _sent_last_day(self, now: float) -> int:
        while self._sent and self._sent[0][0] <= now - DAY_SECONDS:
            self._sent_total -= self._sent.popleft()[1]
        return self._sent_total

    def _count(self, at: float, recipients: int) -> None:
        self._sent.append((at, recipients))
        self._sent_total += recipients
