"""Whether somebody changed by hand what the template describes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cli.doctor.aws_calls import run_check, unanswered
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import (
        DescribeStackDriftDetectionStatusOutputTypeDef,
        StackResourceDriftTypeDef,
    )

WHAT = "Drift of the stack"
SECONDS_BETWEEN, MOST_LOOKS = 3.0, 60
BACK = "Change it back, or make deploy after putting it into template.yaml; panic is undone by recover."


def drift(
    cloudformation: "CloudFormationClient", stack: str, pause: Callable[[float], None]
) -> list[Diagnosis]:
    """What differs from the template. Waits for CloudFormation, some three minutes at most."""

    def check() -> list[Diagnosis]:
        status = _detected(cloudformation, stack, pause)
        if status is None:
            return [unanswered(WHAT, f"not within {SECONDS_BETWEEN * MOST_LOOKS:.0f} s")]
        found = list(_differing(cloudformation, stack))
        if status["DetectionStatus"] == "DETECTION_FAILED":
            return [*found, _in_part(status)]
        return found or [Diagnosis(Level.OK, "The stack is as the template describes it")]

    return run_check(WHAT, check)


def _detected(
    cloudformation: "CloudFormationClient", stack: str, pause: Callable[[float], None]
) -> "DescribeStackDriftDetectionStatusOutputTypeDef | None":
    """The detection's end; None where it has not ended in time."""
    detection = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    for _ in range(MOST_LOOKS):
        status = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return status
        pause(SECONDS_BETWEEN)
    return None


def _differing(cloudformation: "CloudFormationClient", stack: str) -> Iterator[Diagnosis]:
    token: dict[str, str] = {}
    while True:
        page = cloudformation.describe_stack_resource_drifts(
            StackName=stack,
            StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
            **token,  # type: ignore[arg-type]  # one keyword or none
        )
        yield from map(_finding, page["StackResourceDrifts"])
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def _finding(resource: "StackResourceDriftTypeDef") -> Diagnosis:
    name = resource["LogicalResourceId"]
    if resource["StackResourceDriftStatus"] == "DELETED":
        return Diagnosis(
            Level.FAULT, f"{name} is gone", "Delete it from the template, deploy, and put it back."
        )
    paths = sorted({one["PropertyPath"] for one in resource.get("PropertyDifferences", [])})
    return Diagnosis(
        Level.WARNING, f"{name} was changed by hand: {', '.join(paths) or 'its properties'}", BACK
    )


def _in_part(status: "DescribeStackDriftDetectionStatusOutputTypeDef") -> Diagnosis:
    """Source: CloudFormation reads each resource with the rights of whoever asks."""
    why = status.get("DetectionStatusReason", "without a reason")
    return Diagnosis(
        Level.WARNING,
        f"{WHAT} could be asked in part only ({why})",
        "With DoctorPolicy alone it is always so. The deploying role sees all: run it as whoever deploys.",
    )
