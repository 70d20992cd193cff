"""Whether an alarm reaches anybody."""

from typing import TYPE_CHECKING

from cli.doctor.aws_calls import run_check
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

NOT_THERE = {"PendingConfirmation", "Deleted"}  # Source: SNS API, in place of the ARN


def alarm_address(sns: "SNSClient", topic: str) -> list[Diagnosis]:
    """Whether somebody has confirmed that alarms are mailed to them. No address is shown."""

    def check() -> list[Diagnosis]:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        arns = [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]]
        return [_told(arns)]

    return run_check("Who is told of alarms", check)


def _told(arns: list[str]) -> Diagnosis:
    confirmed = sum(arn not in NOT_THERE for arn in arns)
    if confirmed and confirmed == len(arns):
        return Diagnosis(Level.OK, "Alarms are mailed to an address that has confirmed")
    if arns:
        repair = "Open the mail of AWS Notifications there and follow its link; it holds for three days."
        return Diagnosis(Level.TODO, "The alarm address has not confirmed: alarms reach nobody", repair)
    repair = "make deploy PARAMETERS=AlarmAddress=<address>"
    return Diagnosis(Level.TODO, "Alarms are mailed to nobody", repair)
