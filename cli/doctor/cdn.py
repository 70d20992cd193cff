"""Whether the account may use CloudFront: as far as it can be known before a distribution is made.

A new account can list distributions and is still refused its first one, until AWS Support has verified it.
Source, for the words: github.com/aws-samples/aws-cdk-examples/issues/279.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.doctor.aws_calls import REFUSED, code_of, run_check
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_cloudfront import CloudFrontClient

NOT_VERIFIED = "Your account must be verified before you can add new CloudFront resources"
ASK_SUPPORT = "Ask AWS Support to verify the account for CloudFront, quoting the message; then deploy again."


def cdn(cloudfront: "CloudFrontClient", *, is_first: bool) -> list[Diagnosis]:
    """Whether CloudFront answers; on a first deployment also that a new account may be refused all the same.

    An account that has a distribution already is past that.
    """

    def check() -> list[Diagnosis]:
        try:
            there = cloudfront.list_distributions(MaxItems="1")["DistributionList"]
        except ClientError as error:
            if code_of(error) not in REFUSED:
                raise
            text = "CloudFront refuses whoever deploys"
            return [Diagnosis(Level.FAULT, text, "Give whoever deploys the rights to CloudFront.")]
        answers = Diagnosis(Level.OK, "CloudFront answers; that says nothing of a new distribution")
        return [answers, *([_may_refuse()] if is_first and not there.get("Quantity") else [])]

    return run_check("CloudFront", check)


def _may_refuse() -> Diagnosis:
    text = f'A new account may still be refused its first distribution: "{NOT_VERIFIED}"'
    return Diagnosis(Level.TODO, text, f"If that comes: {ASK_SUPPORT}")


def advice_on(failure: str) -> str:
    """What to do about a failure of this kind; empty about any other."""
    return ASK_SUPPORT if NOT_VERIFIED.lower() in failure.lower() else ""
