"""Whether the mail domain is free for the stack to register."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.doctor.asking import NO_SUCH_STACK, Clients, asked, code_of
from cli.doctor.finding import Finding, Level
from cli.doctor.identity import identity_of

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


def domain_is_free(clients: Clients, domain: str, stack: str) -> list[Finding]:
    """Whether SES does not know the domain yet, or knows it from this very stack.

    A first deployment would fail at an identity that somebody else made, and be rolled back.
    """

    def check() -> list[Finding]:
        if identity_of(clients("sesv2"), domain) is None:
            return [Finding(Level.OK, f"{domain} is free to be registered in SES")]
        if _is_in(clients("cloudformation"), domain, stack):
            return [Finding(Level.OK, f"{domain} in SES is this stack's")]
        text = f"SES has an identity {domain} already, and it is not of the stack {stack}"
        repair = (
            "Look who uses it. Then delete it in the SES console (Identities), or deploy with another sender"
            " in newsletter.toml, e.g. of a subdomain of its own."
        )
        return [Finding(Level.FAULT, text, repair)]

    return asked(f"Whether {domain} is free in SES", check)


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
