"""Counts for alarms, as CloudWatch finds them in a function's log.

Source: CloudWatch embedded metric format, "Specification": one JSON object a line, with `_aws`.
"""

import json
import sys
from dataclasses import dataclass
from datetime import datetime

NAMESPACE = "Broadsheet"


@dataclass(frozen=True)
class LoggedMetrics:
    """Writes a line a count; the template's alarms know namespace, name and stack."""

    stack: str

    def count(self, name: str, number: int, at: datetime) -> None:
        """Let CloudWatch count `number` at that time."""
        metric = {
            "Namespace": NAMESPACE,
            "Dimensions": [["Stack"]],
            "Metrics": [{"Name": name, "Unit": "Count"}],
        }
        line = {
            "_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [metric]},
            "Stack": self.stack,
            name: number,
        }
        sys.stdout.write(f"{json.dumps(line)}\n")
