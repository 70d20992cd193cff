"""What functions that must start fast have around their use case: a log, and batches of SQS.

The other functions use aws-lambda-powertools, whose loading is a fifth of such a function's start
(docs/benchmarks.md). A batch here fails message by message, and an error is logged without its words.

Shape: a log line is a JSON object with `level`, `message`, `location`, `timestamp`, `service`,
`function_name`, `function_request_id` and the keys given; as powertools writes it.
Source: Lambda developer guide, "Reporting batch item failures"; "JSON structured format" for `timestamp`.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol

SERVICE = "broadsheet"


class Context(Protocol):
    """What Lambda tells a function about its call."""

    @property
    def aws_request_id(self) -> str:
        """The id of the call."""

    def get_remaining_time_in_millis(self) -> int:
        """How long the function may still run."""


class Log:
    """Writes lines for CloudWatch; `context` is the call's that is being worked on."""

    context: Context | None = None

    def info(self, message: str, **keys: Any) -> None:  # noqa: ANN401  # whatever has a text
        """What was done."""
        self._write("INFO", message, keys)

    def warning(self, message: str, **keys: Any) -> None:  # noqa: ANN401  # as above
        """What a person may want to look at."""
        self._write("WARNING", message, keys)

    def failed(  # as above
        self,
        message: str,
        error: Exception,
        *,
        with_places: bool = True,
        **keys: Any,  # noqa: ANN401  # as above
    ) -> None:
        """What was not done: the kind of error and where it rose; its words might tell an address."""
        places = {"places": _places(error.__traceback__)} if with_places else {}
        self._write("ERROR", message, {**keys, "cause": type(error).__name__, **places})

    def _write(self, level: str, message: str, keys: dict[str, Any]) -> None:
        caller = sys._getframe(2)  # noqa: SLF001  # as the standard library's logging finds it
        line = {
            "level": level,
            "location": f"{caller.f_code.co_name}:{caller.f_lineno}",
            "message": message,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": SERVICE,
            "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            "function_request_id": self.context.aws_request_id if self.context else "",
            **keys,
        }
        sys.stdout.write(f"{json.dumps(line, default=str)}\n")
        sys.stdout.flush()


def worked_off(
    event: dict[str, Any], work: Callable[[str], None], log: Log, *, with_places: bool = True
) -> dict[str, Any]:
    """Work on each message's body; gives the ids of the messages that SQS must offer again.

    Where the way through the code would tell who somebody is, a failure is logged without its places.
    """
    failed = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception as error:  # noqa: BLE001  # whatever it is, the other messages are worked off
            log.failed(
                "message not worked off", error, with_places=with_places, message_id=record["messageId"]
            )
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places
