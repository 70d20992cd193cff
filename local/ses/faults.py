"""Scripted faults: the ways in which the next sending calls fail, one after the other.

Shape: `PUT /_local/ses/faults` takes `[{"kind": "throttle", "seconds": 3, "times": 1}, …]`; a new list
replaces what is left of the old one. Each fault is used by one call; `transient-failure` and `failure` refuse
a `share` of the entries of the next bulk call.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from flask import Response

from local.ses.account import SESAccount
from local.ses.errors import Refusal, RefusedError, aws_error


class FaultKind(Enum):
    """How the call fails."""

    THROTTLE = "throttle"  # refused: the rate is exceeded
    PAUSE = "pause"  # refused, as all calls for `seconds`: the account's sending is paused
    ERROR_500 = "error-500"  # refused by an internal error
    RESET_BEFORE_ACCEPTING = "reset-before-accepting"  # the connection breaks, nothing was accepted
    RESET_AFTER_ACCEPTING = "reset-after-accepting"  # accepted, then the connection breaks
    TIME_OUT_AFTER_ACCEPTING = "time-out-after-accepting"  # accepted, silence for `seconds`, then it breaks
    TRANSIENT_FAILURE = "transient-failure"  # some entries are refused for now, the others accepted
    FAILURE = "failure"  # some entries are refused for good, the others accepted
    ERROR_500_AFTER_ACCEPTING = "error-500-after-accepting"  # accepted, and the answer is an internal error


AFTER_ACCEPTING = {
    FaultKind.RESET_AFTER_ACCEPTING,
    FaultKind.TIME_OUT_AFTER_ACCEPTING,
    FaultKind.ERROR_500_AFTER_ACCEPTING,
}
OF_ENTRIES = {FaultKind.TRANSIENT_FAILURE: Refusal.TRANSIENT, FaultKind.FAILURE: Refusal.FAILED}


@dataclass(frozen=True)
class InjectedFault:
    """One fault, for `times` calls."""

    kind: FaultKind
    seconds: float = 3
    times: int = 1
    share: float = 0.3

    def refusal_of(self, number: int) -> Refusal | None:
        """Why the bulk entry of that number, from 0, is refused, if it is; refused ones are evenly spread."""
        is_refused = int((number + 1) * self.share) > int(number * self.share)
        return OF_ENTRIES.get(self.kind) if is_refused else None


class Faults:
    """The faults that are left. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[InjectedFault] = deque()

    def script(self, faults: list[InjectedFault]) -> None:
        """Replace what is left by these."""
        with self._lock:
            self._queue = deque(fault for fault in faults for _ in range(fault.times))

    def take(self, *, is_bulk: bool) -> InjectedFault | None:
        """Remove and return the fault for this call, if one is left."""
        with self._lock:
            if not self._queue or (self._queue[0].kind in OF_ENTRIES and not is_bulk):
                return None
            return self._queue.popleft()

    def to_json(self) -> list[dict[str, Any]]:
        """What is left, one item a call."""
        with self._lock:
            return [asdict(fault) | {"kind": fault.kind.value, "times": 1} for fault in self._queue]


def read_faults(items: Any) -> list[InjectedFault]:  # noqa: ANN401  # any JSON
    """The faults of a JSON list.

    Raises:
        RefusedError: it isn't such a list.
    """
    try:
        return [_fault(item) for item in items]
    except (TypeError, KeyError, ValueError) as error:
        text = f"Faults are a list of objects with kind, seconds, times and share ({error})."
        raise RefusedError(Refusal.BAD_REQUEST, text) from error


def _fault(item: Any) -> InjectedFault:  # noqa: ANN401  # any JSON
    types = {"seconds": float, "times": int, "share": float}
    numbers = {name: read(item[name]) for name, read in types.items() if name in item}
    return InjectedFault(FaultKind(item["kind"]), **numbers)


def answer_or_fail(
    faults: Faults, account: SESAccount, accept: Callable[[InjectedFault | None], Response], *, is_bulk: bool
) -> Response:
    """The answer to a sending call, or the failure that the next scripted fault demands.

    `accept` gets the fault if it is one of entries.
    """
    fault = faults.take(is_bulk=is_bulk)
    if fault is None or fault.kind in OF_ENTRIES:
        return accept(fault)
    if fault.kind in AFTER_ACCEPTING:
        answer = accept(None)
        if answer.status_code != HTTPStatus.OK:
            return answer
    return _failure(fault, account)


def _failure(fault: InjectedFault, account: SESAccount) -> Response:
    if fault.kind is FaultKind.THROTTLE:
        raise RefusedError(Refusal.THROTTLED)
    if fault.kind is FaultKind.PAUSE:
        account.pause_for(fault.seconds)
        raise RefusedError(Refusal.PAUSED)
    if fault.kind in {FaultKind.ERROR_500, FaultKind.ERROR_500_AFTER_ACCEPTING}:
        return aws_error("InternalServiceErrorException", 500, "Service encountered an internal error.")
    silence_seconds = fault.seconds if fault.kind is FaultKind.TIME_OUT_AFTER_ACCEPTING else 0
    return Response(_broken_body(silence_seconds))


def _broken_body(silence_seconds: float) -> Iterator[bytes]:
    """A body whose error makes the server close the connection before it has sent anything."""
    time.sleep(silence_seconds)
    raise ConnectionResetError("a scripted fault")
    yield b""
