"""`broadsheet keys rotate`: which functions are called with what, and how far the bar is."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli.console import ShowProgress
from cli.keys import FunctionFailedError, Renewal, renewal_of

PAGES = ["4" + "0" * 31, "8", "c" + "0" * 31, ""]  # where each page ends: an id, or the beginning of a shard


@dataclass
class FakeFunctions:
    """A list of four pages with ten people each; `done` of them are resealed. Call `fails_at` fails."""

    key: str = "address-2016"
    done: int = 4
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fails_at: int = 1_000
    parts: list[float] = field(default_factory=list)

    def call(self, name: str, event: Mapping[str, str]) -> dict[str, Any]:
        self.calls.append((name, dict(event)))
        if len(self.calls) > self.fails_at:
            raise FunctionFailedError(name)
        if name == "MakeKeys":
            if event["replace"] == self.key:
                self.key, self.done = f"{self.key}+", 0
            return {"current": self.key}
        if "ask" in event:
            return {"current": self.key, "waiting": 10 * (len(PAGES) - self.done)}
        number = ["", *PAGES].index(event["after"])
        resealed = 10 if number >= self.done else 0
        self.done = max(self.done, number + 1)
        return {"current": self.key, "resealed": resealed, "unreadable": 0, "after": PAGES[number]}

    @contextmanager
    def bar(self) -> Iterator[ShowProgress]:
        yield self.parts.append

    @property
    def renewal(self) -> Renewal:
        bar: Any = self.bar
        return Renewal(self.call, bar)


def test_a_new_key_is_made_and_the_whole_list_sealed_under_it() -> None:
    functions = FakeFunctions()
    assert functions.renewal.rotate() == "40 addresses resealed under address-2016+"
    assert functions.calls[:2] == [
        ("ResealList", {"ask": "waiting"}),
        ("MakeKeys", {"replace": "address-2016"}),
    ]
    assert functions.parts == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("calls", range(2, 6))
def test_an_interrupted_run_is_resumed_and_makes_no_further_key(calls: int) -> None:
    functions = FakeFunctions(fails_at=calls)
    with pytest.raises(FunctionFailedError):
        functions.renewal.rotate()
    functions.fails_at = 1_000
    message = functions.renewal.rotate()
    assert message == (
        f"Continued an earlier run, made no new key: {10 * (6 - calls)} addresses resealed under"
        " address-2016+"
    )
    assert (functions.key, functions.done) == ("address-2016+", len(PAGES))


def test_a_key_that_is_replaced_already_is_not_replaced_again() -> None:
    functions = FakeFunctions(fails_at=3)
    with pytest.raises(FunctionFailedError):
        functions.renewal.replace("address-2016")
    functions.fails_at = 1_000
    assert functions.renewal.replace("address-2016") == "20 addresses resealed under address-2016+"


def test_addresses_that_cannot_be_decrypted_are_counted() -> None:
    class Damaged(FakeFunctions):
        def call(self, name: str, event: Mapping[str, str]) -> dict[str, Any]:
            return {**super().call(name, event), "unreadable": 1}

    message = Damaged().renewal.rotate()
    assert message.endswith("; could not be opened and left unchanged: 4")


def test_an_address_that_cannot_be_decrypted_keeps_no_other_from_the_new_key() -> None:
    """It stays under its old key forever, so that the number of waiting addresses never reaches zero."""

    class OneLeft(FakeFunctions):
        def call(self, name: str, event: Mapping[str, str]) -> dict[str, Any]:
            answer = super().call(name, event)
            return {**answer, "waiting": 1} if "ask" in event else {**answer, "unreadable": 1}

    functions = OneLeft()
    assert functions.renewal.rotate().startswith("40 addresses resealed under address-2016+; ")


class FakeClient:
    """Lambda's client: every call ends with `answer`, and with an error where `error` says so."""

    def __init__(self, answer: object, error: str = "") -> None:
        self.answer, self.error = answer, error
        self.asked: list[tuple[str, object]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  # as the API has it
        self.asked.append((FunctionName, json.loads(Payload)))
        failed = {"FunctionError": self.error} if self.error else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


def test_a_function_is_called_by_the_name_that_the_stack_gave_it() -> None:
    client = FakeClient({"current": "address-2016", "waiting": 3})
    assert renewal_of(client, {"ResealList": "broadsheet-R-1"}).waiting() == ("address-2016", 3)
    assert client.asked == [("broadsheet-R-1", {"ask": "waiting"})]


def test_a_function_that_fails_is_reported_by_the_kind_of_error_alone() -> None:
    """Its words might repeat an address."""
    failed = {"errorType": "DisabledException", "errorMessage": "ana@example.org"}
    with pytest.raises(FunctionFailedError, match=r"^ResealList failed: DisabledException\. Read its log\.$"):
        renewal_of(FakeClient(failed, "Unhandled"), {"ResealList": "r"}).waiting()
