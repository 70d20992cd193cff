"""Whether newsletter.toml here is the one that was deployed."""

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from broadsheet.newsletter import NewsletterFileError, read_newsletter
from cli.doctor.aws_calls import REFUSED, code_of, run_check
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

KEY = "newsletter.toml"
# Source: S3 API, GetObject: a missing key is answered 403 to whoever may not list the bucket.
NOT_READ = {"NoSuchKey"} | REFUSED


def deployed_newsletter(s3: "S3Client", desk: str, local: Path) -> list[Diagnosis]:
    """Whether the file on the desk says the same as the local one, comments and order aside."""

    def check() -> list[Diagnosis]:
        try:
            deployed = s3.get_object(Bucket=desk, Key=KEY)["Body"].read()
        except ClientError as error:
            if code_of(error) not in NOT_READ:
                raise
            return [_not_read(code_of(error))]
        return [_compared(deployed, local.read_bytes(), desk)]

    return run_check(f"{KEY} of the stack", check)


def _not_read(code: str) -> Diagnosis:
    text = f"{KEY} is not on the desk, or may not be read ({code})"
    return Diagnosis(Level.FAULT, text, "Run make deploy: it lays it there, and whoever deploys may read it.")


def _compared(deployed: bytes, local: bytes, desk: str) -> Diagnosis:
    try:
        is_same = deployed == local or _read(deployed) == _read(local)
    except (NewsletterFileError, UnicodeDecodeError) as error:
        return Diagnosis(Level.FAULT, f"{KEY} can't be used: {error}", "Mend it, then run make deploy.")
    if is_same:
        return Diagnosis(Level.OK, f"{KEY} is the one that was deployed")
    return Diagnosis(
        Level.WARNING,
        f"{KEY} here is not the one that was deployed",
        f"Deploy this one (make deploy), or fetch the other: aws s3 cp s3://{desk}/{KEY} .",
    )


def _read(content: bytes) -> object:
    return read_newsletter(content.decode("utf-8"))
