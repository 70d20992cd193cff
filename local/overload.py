"""The queue before the functions, and the answer to a request for which there is no room in it.

On AWS a function runs once more for each request. Here each run is a process of the same machine, and two
hundred that start at once answer nobody within half a minute. So a few requests are with the functions at a
time, and the others wait. A request that would wait too long is answered as by an endpoint that fails: with
503, when to try again, and the words of its edition.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import flask

from broadsheet.http import Request, Response
from broadsheet.newsletter import Newsletter
from broadsheet.site.responses import Reply
from broadsheet.subscribers.endpoints.boundary import respond

AT_ONCE = 4  # two cores and the engine are busy with these
MOST_WAITING = 300
LONGEST_WAIT_SECONDS = 15.0  # with the function's own ten seconds below the thirty that API Gateway allows


class RequestQueue:
    """Lets `at_once` requests through, in the order in which they came. Safe to share between threads."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        most_waiting: int = MOST_WAITING,
        longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._free, self._most_waiting = at_once, most_waiting
        self._longest_wait_seconds = longest_wait_seconds
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for this request's turn; False if too many wait already, or it has waited too long."""
        has_turn = self._enter()
        try:
            yield has_turn
        finally:
            if has_turn:
                self._leave()

    def _enter(self) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._waiting) >= self._most_waiting:
                return False
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait(self._longest_wait_seconds)
        with self._lock:
            if not turn.is_set():
                self._waiting.remove(turn)
            return turn.is_set()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


@dataclass(frozen=True)
class Overloaded:
    """Answers as an endpoint that fails; `read` returns the newsletter, whose words it uses."""

    read: Callable[[], Newsletter]

    def __call__(self, request: flask.Request) -> flask.Response:
        """503 as a page, or as a problem document for a program; says when to try again."""
        asked = Request(
            request.method,
            request.path,
            request.args.to_dict(),
            {name.lower(): value for name, value in request.headers},
            request.get_data(),
        )
        event = respond(_Unavailable(self.read()), asked, lambda: None).to_event()
        return flask.Response(event["body"], event["statusCode"], event["headers"])


@dataclass(frozen=True)
class _Unavailable:
    newsletter: Newsletter
    methods = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")

    def __call__(self, request: Request, reply: Reply) -> Response:
        del request
        raise reply.unavailable()
