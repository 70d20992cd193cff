"""Faults on order: what goes wrong with the next calls that send, one after the other.

Shape: `PUT /_local/ses/faults` takes `[{"kind": "throttle", "seconds": 3, "times": 1}, …]`; a new list
replaces what is left of the old one. A fault strikes a call; `transient-failure` and `failure` refuse a
`share` of a bulk call's entries, and wait for one.
"""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class FaultKind(Enum):
    """What happens to the call."""

    THROTTLE = "throttle"  # refused: the rate is exceeded
    PAUSE = "pause"  # refused, as all calls for `seconds`: the account's sending is paused
    ERROR_500 = "error-500"  # refused by an internal error
    RESET_BEFORE_ACCEPTING = "reset-before-accepting"  # the connection breaks, nothing was accepted
    RESET_AFTER_ACCEPTING = "reset-after-accepting"  # accepted, then the connection breaks
    TIME_OUT_AFTER_ACCEPTING = "time-out-after-accepting"  # accepted, silence for `seconds`, then it breaks
    TRANSIENT_FAILURE = "transient-failure"  # some entries are refused for now, the others accepted
    FAILURE = "failure"  # some entries are refused for good, the others accepted
    ERROR_500_AFTER_ACCEPTING = "error-500-after-accepting"  # accepted, and the answer is an internal error


OF_ENTRIES = {FaultKind.TRANSIENT_FAILURE, FaultKind.FAILURE}


@dataclass(frozen=True)
class InjectedFault:
    """One fault, for `times` calls."""

    kind: FaultKind
    seconds: float = 3
    times: int = 1
    share: float = 0.3


class Faults:
    """The faults still to come. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[InjectedFault] = deque()

    def script(self, faults: list[InjectedFault]) -> None:
        """Replace what was to come."""
        with self._lock:
            self._queue = deque(fault for fault in faults for _ in range(fault.times))

    def take(self, *, is_bulk: bool) -> InjectedFault | None:
        """The fault that strikes this call, if one is left."""
        with self._lock:
            if not self._queue or (self._queue[0].kind in OF_ENTRIES and not is_bulk):
                return None
            return self._queue.popleft()

    def to_come(self) -> list[dict[str, Any]]:
        """What is left, as JSON, one item a call."""
        with self._lock:
            return [asdict(fault) | {"kind": fault.kind.value, "times": 1} for fault in self._queue]


def read_faults(items: Any) -> list[InjectedFault]:  # noqa: ANN401  # whatever JSON came
    """The faults of a JSON list.

    Raises:
        ValueError: it isn't such a list; the text says what is wrong.
    """
    try:
        return [_fault(one) for one in items]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("Faults are a list of objects with kind, seconds, times and share.") from error


def _fault(one: Any) -> InjectedFault:  # noqa: ANN401  # as above
    return InjectedFault(
        FaultKind(one["kind"]),
        float(one.get("seconds", InjectedFault.seconds)),
        int(one.get("times", InjectedFault.times)),
        float(one.get("share", InjectedFault.share)),
    )
