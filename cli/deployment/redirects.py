"""The redirects of old addresses, put into the bucket from which CloudFormation imports them: SAM's own.

It exists before the stack, and nobody but who deploys may write there. Whoever deploys needs s3:GetObject and
s3:GetBucketLocation for it, since the import reads with their rights.
Source: CloudFront Developer Guide, "Create a key value store"; SAM CLI 1.170, `samcli/lib/bootstrap`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from cli.stack_description import describe
from infrastructure.redirect_store import PARAMETER, object_key

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3Client

SAM_STACK = "aws-sam-cli-managed-default"
SAM_BUCKET = "SourceBucket"


def redirects_source(
    content: bytes,
    settings: Mapping[str, Any],
    cloudformation: "CloudFormationClient",
    s3: "S3Client",
    make_bucket: Callable[[], None],
) -> dict[str, str]:
    """The parameter RedirectsSource for this content, which is uploaded; empty if there is none.

    The bucket is the one that samconfig.toml names, else SAM's own; `make_bucket` makes it if it is missing.
    Uploading the same content again changes nothing.
    """
    if not content:
        return {PARAMETER: ""}
    bucket = settings.get("s3_bucket") or _sam_bucket(cloudformation)
    if not bucket:
        make_bucket()
        bucket = _sam_bucket(cloudformation)
    if not bucket:
        raise click.ClickException(
            f"SAM has no bucket for redirects.toml: the stack {SAM_STACK} names none. Nothing was deployed."
        )
    key = object_key(content)
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")
    partition = cloudformation.meta.partition
    return {PARAMETER: f"arn:{partition}:s3:::{bucket}/{key}"}


def _sam_bucket(cloudformation: "CloudFormationClient") -> str:
    found = describe(cloudformation, SAM_STACK)
    return found.outputs.get(SAM_BUCKET, "") if found else ""
