"""How Lambda counts the invocations of a chain: in the field Lineage of the trace header.

Lambda puts the header into `_X_AMZN_TRACE_ID`; the SDK sends it with each request, SQS stores it with the
message as `AWSTraceHeader`, and the event source mapping passes it to the next invocation. A function that
has been invoked 16 times in one chain is not invoked again unless its `RecursiveLoop` is `Allow`.

Shape: `Root=1-<time>-<id>;Parent=<id>;Sampled=1;Lineage=061379e8:0|cbc84ad3:4`: for each function of the
chain a name of eight hex digits and the number of invocations before its latest one.

Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops" (about 16
invocations, the next is stopped; chains pass through SQS, SNS and S3, not EventBridge or DynamoDB); X-Ray
developer guide, "Tracing header"; aws/aws-xray-sdk-node#651 (a first invocation counts 0). Lambda has used a
shorter form since 2025 (open-telemetry/opentelemetry-dotnet-contrib#2480), whose meaning is not documented;
the count is the same.
"""

import hashlib
import secrets
import time
from collections.abc import Iterable

MOST_INVOCATIONS = 16
FIELD = "Lineage"


def invocations(header: str, function: str) -> int:
    """How often the function was invoked in the header's chain; 0 if the header is empty or unreadable."""
    return _counts(_fields(header)).get(_short(function), -1) + 1


def is_loop(header: str, function: str) -> bool:
    """Whether Lambda would stop the next invocation of the function in this chain."""
    return invocations(header, function) >= MOST_INVOCATIONS


def longest(headers: Iterable[str], function: str) -> str:
    """The header of the chain with the most invocations of the function; "" if there are none.

    It is not documented which chain Lambda continues for a batch with several; this choice is the strictest.
    """
    return max(headers, key=lambda header: invocations(header, function), default="")


def invoked(header: str, function: str) -> str:
    """The header of the function's next invocation in the chain; an empty header begins a new chain."""
    fields = _fields(header or _root())
    counts = {**_counts(fields), _short(function): invocations(header, function)}
    fields[FIELD] = "|".join(f"{name}:{count}" for name, count in counts.items())
    return ";".join(f"{name}={value}" for name, value in fields.items())


def _fields(header: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in header.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _counts(fields: dict[str, str]) -> dict[str, int]:
    pairs = (part.partition(":") for part in fields.get(FIELD, "").split("|"))
    return {name: int(count) for name, _, count in pairs if count.isdecimal()}


def _short(function: str) -> str:
    return hashlib.sha256(function.encode()).hexdigest()[:8]


def _root() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
