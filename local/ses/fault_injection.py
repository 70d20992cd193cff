"""Letting a scripted fault strike a call, down to its connection."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, request

from local.ses.account import SESAccount
from local.ses.errors import Refusal, RefusedError, aws_error
from local.ses.faults import FaultKind, Faults, InjectedFault

AFTER_ACCEPTING = {
    FaultKind.RESET_AFTER_ACCEPTING,
    FaultKind.TIME_OUT_AFTER_ACCEPTING,
    FaultKind.ERROR_500_AFTER_ACCEPTING,
}
WHY = {FaultKind.TRANSIENT_FAILURE: Refusal.TRANSIENT, FaultKind.FAILURE: Refusal.FAILED}


@dataclass(frozen=True)
class Refused:
    """The share of a bulk call's entries that is refused, and why; they are evenly spread."""

    why: Refusal
    share: float

    def __contains__(self, number: int) -> bool:
        """Whether the entry of that number, from 0, is among them."""
        return int((number + 1) * self.share) > int(number * self.share)


NOBODY = Refused(Refusal.FAILED, 0)


def inject_next_fault(
    faults: Faults, account: SESAccount, accept: Callable[[Refused], Response], *, is_bulk: bool
) -> Response:
    """The answer to a call that sends, with the next scripted fault, if there is one.

    `accept` takes which of the call's entries it must refuse.
    """
    fault = faults.take(is_bulk=is_bulk)
    if fault is None:
        return accept(NOBODY)
    if fault.kind in WHY:
        return accept(Refused(WHY[fault.kind], fault.share))
    if fault.kind not in AFTER_ACCEPTING:
        return _fail(fault, account)
    answer = accept(NOBODY)
    if answer.status_code != HTTPStatus.OK:
        return answer
    return _fail(fault, account)


def _fail(fault: InjectedFault, account: SESAccount) -> Response:
    if fault.kind is FaultKind.THROTTLE:
        raise RefusedError(Refusal.THROTTLED)
    if fault.kind is FaultKind.PAUSE:
        account.pause_for(fault.seconds)
        raise RefusedError(Refusal.PAUSED)
    if fault.kind in {FaultKind.ERROR_500, FaultKind.ERROR_500_AFTER_ACCEPTING}:
        return aws_error("InternalServiceErrorException", 500, "Service encountered an internal error.")
    silence = fault.seconds if fault.kind is FaultKind.TIME_OUT_AFTER_ACCEPTING else 0
    return Response(_hang_up(request.environ.get("werkzeug.socket"), silence))


def _hang_up(connection: socket.socket | None, silence_seconds: float) -> Iterator[bytes]:
    """A body that never comes: the connection is reset before the first byte of the answer.

    Werkzeug takes the error for a client that went away and writes nothing more.
    """
    time.sleep(silence_seconds)
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(connection.detach())
    raise ConnectionResetError("a scripted fault")
    yield b""
