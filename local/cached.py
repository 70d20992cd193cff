"""A cache for values that are read from the engine and change seldom."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
CACHED_SECONDS = 5.0


class Cached(Generic[T]):
    """Calls `read` when its last result is empty or five seconds old. Safe to share between threads."""

    def __init__(self, read: Callable[[], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.RLock()
        self._held: tuple[float, T] | None = None

    def __call__(self, *, anew: bool = False) -> T:
        """The result; `anew` reads it again in any case."""
        with self._lock:
            held, now = self._held, self._clock()
            if anew or held is None or not held[1] or now - held[0] > CACHED_SECONDS:
                self._held = held = (self._clock(), self._read())
            return held[1]
