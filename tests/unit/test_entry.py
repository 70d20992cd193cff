"""The log and the batches of the functions that must start fast."""

import json
from typing import Any

import pytest

from broadsheet.entry import Log, worked_off
from tests.builders import ADDRESS


class Call:
    aws_request_id = "52fdfc07"

    def get_remaining_time_in_millis(self) -> int:
        return 1_000


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def a_batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def test_a_line_says_what_where_when_and_in_which_call(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log()
    log.context = Call()
    log.info("chunk worked off", mailing="m", accepted=3)
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("location").startswith("test_a_line_says_what_where_when_and_in_which_call:")
    assert line == {
        "level": "INFO",
        "message": "chunk worked off",
        "service": "broadsheet",
        "function_name": "",
        "function_request_id": "52fdfc07",
        "mailing": "m",
        "accepted": 3,
    }


def test_a_bad_message_comes_again_and_the_others_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    worked: list[str] = []

    def work(body: str) -> None:
        if body == "bad":
            raise ValueError(f"no room for {ADDRESS}")
        worked.append(body)

    answer = worked_off(a_batch("first", "bad", "last"), work, Log())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert worked == ["first", "last"]
    (line,) = lines(capsys)
    assert (line["level"], line["message_id"], line["cause"]) == ("ERROR", "m1", "ValueError")
    assert line["places"][-1].endswith(" work")
    assert ADDRESS not in json.dumps(line)
