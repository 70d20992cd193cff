"""The queue before the functions of the local system."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from local.overload import RequestQueue


class Visitors:
    """Requests, each in a thread of its own, which note when their turn has come."""

    def __init__(self, queue: RequestQueue, pool: ThreadPoolExecutor) -> None:
        self.queue, self.pool = queue, pool
        self.served: list[str] = []

    def comes(self, name: str, waiting_after: int) -> Future[bool]:
        """A request that has joined the queue when this returns."""
        answer = self.pool.submit(self._ask, name)
        while len(self.queue._waiting) < waiting_after:  # noqa: SLF001  # nobody else can tell
            threading.Event().wait(0.001)
        return answer

    def _ask(self, name: str) -> bool:
        with self.queue.turn() as has_turn:
            if has_turn:
                self.served.append(name)
            return has_turn


def test_requests_that_wait_have_their_turns_in_the_order_in_which_they_came() -> None:
    queue = RequestQueue(at_once=1, longest_wait_seconds=60)
    with ThreadPoolExecutor() as pool:
        visitors = Visitors(queue, pool)
        with queue.turn() as has_turn:
            answers = [visitors.comes(name, waiting_after) for waiting_after, name in enumerate("abc", 1)]
            assert (has_turn, visitors.served) == (True, [])
        assert [answer.result() for answer in answers] == [True, True, True]
    assert visitors.served == ["a", "b", "c"]


def test_a_request_that_finds_the_queue_full_is_refused_at_once_and_the_others_keep_their_places() -> None:
    queue = RequestQueue(at_once=1, most_waiting=1, longest_wait_seconds=60)
    with ThreadPoolExecutor() as pool:
        visitors = Visitors(queue, pool)
        with queue.turn():
            waits = visitors.comes("waits", 1)
            with queue.turn() as has_turn:
                assert not has_turn
        assert waits.result()


def test_a_request_that_has_waited_too_long_is_refused_and_its_place_is_free_again() -> None:
    queue = RequestQueue(at_once=1, most_waiting=1, longest_wait_seconds=0.0)
    with queue.turn():
        for _ in range(3):
            with queue.turn() as has_turn:
                assert not has_turn
    with queue.turn() as has_turn:
        assert has_turn


def test_as_many_as_may_be_served_at_once_are_also_after_errors() -> None:
    queue = RequestQueue(at_once=2, most_waiting=0)
    for _ in range(3):
        with pytest.raises(ConnectionError), queue.turn():
            raise ConnectionError
    with ExitStack() as stack:
        assert [stack.enter_context(queue.turn()) for _ in range(3)] == [True, True, False]
