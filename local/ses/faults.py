"""Faults on order: what goes wrong with the next calls that send, one after the other.

Shape: `PUT /_local/ses/faults` takes `[{"kind": "throttle", "seconds": 3, "times": 1}, …]`; a new list
replaces what is left of the old one. A fault strikes a call, not an entry of a bulk call.
"""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What happens to the call."""

    THROTTLE = "throttle"  # refused: the rate is exceeded
    PAUSE = "pause"  # refused, as all calls for `seconds`: the account's sending is paused
    ERROR_500 = "error-500"  # refused by an internal error
    RESET_BEFORE_ACCEPTING = "reset-before-accepting"  # the connection breaks, nothing was accepted
    RESET_AFTER_ACCEPTING = "reset-after-accepting"  # accepted, then the connection breaks
    TIME_OUT_AFTER_ACCEPTING = "time-out-after-accepting"  # accepted, silence for `seconds`, then it breaks
    ERROR_500_AFTER_ACCEPTING = "error-500-after-accepting"  # accepted, and the answer is an internal error


@dataclass(frozen=True)
class Fault:
    """One fault, for `times` calls."""

    kind: Kind
    seconds: float = 3
    times: int = 1


class Faults:
    """The faults still to come. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Fault] = deque()

    def script(self, faults: list[Fault]) -> None:
        """Replace what was to come."""
        with self._lock:
            self._queue = deque(fault for fault in faults for _ in range(fault.times))

    def take(self) -> Fault | None:
        """The fault that strikes this call, if one is left."""
        with self._lock:
            return self._queue.popleft() if self._queue else None

    def to_come(self) -> list[dict[str, Any]]:
        """What is left, as JSON, one item a call."""
        with self._lock:
            return [asdict(fault) | {"kind": fault.kind.value, "times": 1} for fault in self._queue]


def read_faults(items: Any) -> list[Fault]:  # noqa: ANN401  # whatever JSON came
    """The faults of a JSON list.

    Raises:
        ValueError: it isn't such a list; the text says what is wrong.
    """
    try:
        return [
            Fault(Kind(one["kind"]), float(one.get("seconds", 3)), int(one.get("times", 1))) for one in items
        ]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("Faults are a list of objects with kind, seconds and times.") from error
