"""What is read from the engine and changes seldom: one reading holds for a few seconds."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
CACHED_SECONDS = 5.0


class Cached(Generic[T]):
    """Calls `read`, and again once its result is five seconds old or was empty. Threads may share it."""

    def __init__(self, read: Callable[[], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.RLock()
        self._held: tuple[float, T] | None = None

    def __call__(self, *, anew: bool = False) -> T:
        """The result, from now on one of this moment if `anew`."""
        with self._lock:
            held, now = self._held, self._clock()
            if anew or held is None or not held[1] or now - held[0] > CACHED_SECONDS:
                self._held = held = (self._clock(), self._read())
            return held[1]
