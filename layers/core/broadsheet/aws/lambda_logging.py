"""The log of a function: JSON lines that never hold the text of an exception, which may repeat an address.

Source: powertools for AWS Lambda (Python), "Logger: bring your own formatter"; Python's
`logging.Formatter.formatException`. Lambda developer guide, "Using structured JSON logs": Lambda reads
the level of lines whose `timestamp` follows RFC 3339.
"""

import traceback
from types import TracebackType
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

SERVICE = "broadsheet"
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class TextlessFormatter(LambdaPowertoolsFormatter):
    """Logs the type of an exception and, with `locations`, where it was raised; never its text."""

    def __init__(self, *, locations: bool = True) -> None:
        super().__init__(serialize_stacktrace=False, use_rfc3339=True, utc=True)
        self._locations = locations

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802  # logging's name
        """The traceback without source lines, innermost last; empty without `locations`."""
        frames = traceback.extract_tb(ei[2]) if self._locations else []
        return "\n".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)

    def serialize(self, log: dict[str, Any]) -> str:  # type: ignore[override]  # powertools types it as a record
        """The line without the notes of an exception, which are part of its text."""
        return super().serialize({name: value for name, value in log.items() if name != "exception_notes"})


def function_logger(*, locations: bool = True) -> Logger:
    """The logger of a function; without `locations` where a traceback would reveal who is a reader."""
    return Logger(service=SERVICE, logger_formatter=TextlessFormatter(locations=locations))
