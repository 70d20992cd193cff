"""What the deployed stack has: a confirmed alarm address, this newsletter.toml, and no changes by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from broadsheet.newsletter_file import NewsletterFileError, read_newsletter
from cli.doctor.calls import REFUSED, check, code_of, unanswered
from cli.doctor.diagnosis import Diagnosis, fault, ok, todo, warning

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import (
        DescribeStackDriftDetectionStatusOutputTypeDef,
        StackResourceDriftTypeDef,
    )
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient

NOT_CONFIRMED = {"PendingConfirmation", "Deleted"}  # Source: SNS API, in place of the ARN
KEY = "newsletter.toml"
# Source: S3 API, GetObject: a missing key is answered 403 to whoever may not list the bucket.
NOT_READ = {"NoSuchKey"} | REFUSED
DRIFT = "Drift of the stack"
COPY_ONLY = (
    "The one on the desk changes nothing, whoever uploaded it. make deploy replaces it with the one here."
)
SECONDS_BETWEEN, MOST_LOOKS = 3.0, 60
BACK = "Change it back, or make deploy after putting it into template.yaml; panic is undone by recover."


@check("Who gets alarms")
def alarm_address(sns: "SNSClient", topic: str) -> Iterator[Diagnosis]:
    """Whether the address that alarms are mailed to is confirmed. No address is shown."""
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    arns = {one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]}
    if not arns:
        yield todo("Alarms are emailed to nobody", "make deploy PARAMETERS=AlarmAddress=<address>")
    elif arns & NOT_CONFIRMED:
        repair = "Open the email from AWS Notifications there and follow its link; it works for three days."
        yield todo("The alarm address has not confirmed: alarms reach nobody", repair)
    else:
        yield ok("Alarms are emailed to an address that has confirmed")


@check(f"{KEY} of the stack")
def deployed_newsletter(s3: "S3Client", desk: str, local: Path) -> Iterator[Diagnosis]:
    """Whether the file on the desk says the same as the local one, comments and order aside."""
    try:
        on_desk = s3.get_object(Bucket=desk, Key=KEY)["Body"].read()
    except ClientError as error:
        if (code := code_of(error)) not in NOT_READ:
            raise
        repair = "Run make deploy: it uploads the file, and whoever deploys may read it."
        yield fault(f"{KEY} is not on the desk, or may not be read ({code})", repair)
    else:
        yield _compared(on_desk, local.read_bytes())


def _compared(on_desk: bytes, local: bytes) -> Diagnosis:
    try:
        is_same = on_desk == local or read_newsletter(on_desk) == read_newsletter(local)
    except NewsletterFileError:
        is_same = False
    if is_same:
        return ok(f"{KEY} is the one that was deployed")
    return warning(f"{KEY} here is not the one on the desk", COPY_ONLY)


@check(DRIFT)
def drift(
    cloudformation: "CloudFormationClient", stack: str, pause: Callable[[float], None]
) -> Iterator[Diagnosis]:
    """What differs from the template. Waits for CloudFormation, some three minutes at most."""
    status = _detected(cloudformation, stack, pause)
    if status is None:
        yield unanswered(DRIFT, f"not within {SECONDS_BETWEEN * MOST_LOOKS:.0f} s")
        return
    drifted = _drifted(cloudformation, stack)
    yield from map(_difference, drifted)
    if status["DetectionStatus"] == "DETECTION_FAILED":  # CloudFormation reads with the caller's rights
        reason = status.get("DetectionStatusReason", "without a reason")
        repair = "With DoctorPolicy alone this is always so. Run it as whoever deploys to see everything."
        yield warning(f"{DRIFT} could be checked only in part ({reason})", repair)
    elif not drifted:
        yield ok("The stack is as the template describes it")


def _detected(
    cloudformation: "CloudFormationClient", stack: str, pause: Callable[[float], None]
) -> "DescribeStackDriftDetectionStatusOutputTypeDef | None":
    """The status at the end of the detection; None if it has not ended in time."""
    detection = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    for _ in range(MOST_LOOKS):
        status = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return status
        pause(SECONDS_BETWEEN)
    return None


def _drifted(cloudformation: "CloudFormationClient", stack: str) -> "list[StackResourceDriftTypeDef]":
    found: list[StackResourceDriftTypeDef] = []
    token: dict[str, str] = {}
    while True:
        page = cloudformation.describe_stack_resource_drifts(
            StackName=stack,
            StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
            **token,  # type: ignore[arg-type]  # one keyword or none
        )
        found += page["StackResourceDrifts"]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def _difference(resource: "StackResourceDriftTypeDef") -> Diagnosis:
    name = resource["LogicalResourceId"]
    if resource["StackResourceDriftStatus"] == "DELETED":
        return fault(f"{name} is gone", "Delete it from the template, deploy, and put it back.")
    paths = sorted({one["PropertyPath"] for one in resource.get("PropertyDifferences", [])})
    return warning(f"{name} was changed by hand: {', '.join(paths) or 'its properties'}", BACK)
