"""Schedules on EventBridge that invoke `start_mailing`."""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_scheduler import EventBridgeSchedulerClient


@dataclass(frozen=True)
class EventBridgeSchedule:
    """The schedule on EventBridge: one `at()` schedule a mailing, which deletes itself after it has fired."""

    scheduler: "EventBridgeSchedulerClient"
    group: str
    target_arn: str
    role_arn: str

    def at(self, mailing_id: str, due_at: datetime) -> None:
        """Create the schedule, or update the one of an earlier, withdrawn mailing of that name."""
        schedule: Any = {
            "Name": mailing_id,
            "GroupName": self.group,
            "ScheduleExpression": f"at({due_at:%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": self.target_arn,
                "RoleArn": self.role_arn,
                "Input": json.dumps({"mailing": mailing_id}),
            },
        }
        try:
            self.scheduler.create_schedule(**schedule)
        except self.scheduler.exceptions.ConflictException:
            with contextlib.suppress(self.scheduler.exceptions.ResourceNotFoundException):  # has just fired
                self.scheduler.update_schedule(**schedule)
