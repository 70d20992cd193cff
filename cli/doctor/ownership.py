"""Whether the mail domain is free for the stack to register."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.doctor.aws_calls import NO_SUCH_STACK, Clients, code_of, run_check
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.mail_identity import identity_of

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


def domain_is_free(clients: Clients, domain: str, stack: str) -> list[Diagnosis]:
    """Whether SES does not know the domain yet, or knows it from this very stack.

    A first deployment would fail at an identity that somebody else made, and be rolled back.
    """

    def check() -> list[Diagnosis]:
        if identity_of(clients("sesv2"), domain) is None:
            return [Diagnosis(Level.OK, f"{domain} is free to be registered in SES")]
        if _is_in(clients("cloudformation"), domain, stack):
            return [Diagnosis(Level.OK, f"{domain} in SES is this stack's")]
        text = f"SES has an identity {domain} already, and it is not of the stack {stack}"
        repair = (
            "Look who uses it. Then delete it in the SES console (Identities), or deploy with another sender"
            " in newsletter.toml, e.g. of a subdomain of its own."
        )
        return [Diagnosis(Level.FAULT, text, repair)]

    return run_check(f"Whether {domain} is free in SES", check)


def _is_in(cloudformation: "CloudFormationClient", domain: str, stack: str) -> bool:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        return any(
            resource.get("PhysicalResourceId") == domain
            for page in pages
            for resource in page["StackResourceSummaries"]
        )
    except ClientError as error:
        if code_of(error) == NO_SUCH_STACK:
            return False
        raise
