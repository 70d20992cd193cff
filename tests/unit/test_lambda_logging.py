"""The log of a function and its batches: a failure leaves its type and its lines of code, never its text."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.sqs_batch import SQSBatch
from tests.builders import ADDRESS
from tests.integration.world import LambdaContext


class Kept(logging.Handler):
    """Stands where Lambda's runtime has its own handler, which would write an exception whole."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def runtime() -> Iterator[Kept]:
    handler = Kept()
    logging.root.addHandler(handler)
    yield handler
    logging.root.removeHandler(handler)


def a_logger(*, locations: bool = True) -> Logger:
    """As in a new process."""
    logging.Logger.manager.loggerDict.pop("broadsheet", None)
    return function_logger(locations=locations)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.splitlines()]


def fails(record: SQSRecord) -> None:
    if record.body.startswith("bad"):
        error = ValueError(f"no room for {ADDRESS}")
        error.add_note(f"asked by {ADDRESS}")
        raise error from KeyError(ADDRESS)


def batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def processed(logger: Logger, *bodies: str) -> Any:
    context: Any = LambdaContext("DeliverChunkFunction")
    return process_partial_response(batch(*bodies), fails, SQSBatch(logger), context)


def test_a_line_says_what_where_and_when_in_which_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = a_logger()

    @logger.inject_lambda_context
    def handler(_: dict[str, Any], __: LambdaContext) -> None:
        logger.info("chunk processed", mailing="m", accepted=3)

    handler({}, LambdaContext("DeliverChunkFunction"))
    (line,) = lines(capsys)
    assert (line["level"], line["message"], line["mailing"], line["accepted"]) == (
        *("INFO", "chunk processed", "m"),
        3,
    )
    assert line["location"].startswith("handler:")
    assert line["function_request_id"] == LambdaContext("x").aws_request_id
    assert line["timestamp"][10] == "T"
    assert line["timestamp"].endswith("+00:00")


def test_a_bad_message_is_redelivered_and_the_others_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = a_logger()
    assert processed(logger, "first", "bad", "last") == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    (line,) = lines(capsys)
    assert (line["level"], line["message_id"], line["exception_name"]) == ("ERROR", "m1", "ValueError")
    assert line["exception"].endswith(" fails")
    assert ADDRESS not in json.dumps(line)


def test_a_batch_in_which_all_fail_raises_nothing_for_the_runtime_to_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = a_logger()
    answer = processed(logger, "bad", "bad")
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["m0", "m1"]
    assert ADDRESS not in json.dumps(lines(capsys))


def test_the_runtimes_own_handler_gets_nothing(runtime: Kept) -> None:
    logger = a_logger()
    processed(logger, "bad")
    assert [record for record in runtime.records if record.name == "broadsheet"] == []


def test_powertools_own_log_gets_no_text_either_at_its_lowest_level(caplog: pytest.LogCaptureFixture) -> None:
    logger = a_logger()
    with caplog.at_level(logging.DEBUG, "aws_lambda_powertools"):
        processed(logger, "bad")
    assert ADDRESS not in "".join(record.getMessage() for record in caplog.records)


def test_a_traceback_that_would_reveal_something_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    processed(a_logger(locations=False), "bad")
    (line,) = lines(capsys)
    assert (line["exception_name"], line["exception"]) == ("ValueError", "")
    assert "fails" not in json.dumps(line)
