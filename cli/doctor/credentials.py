"""Who asks, where, and whether this machine's clock is right."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from cli.doctor.aws_calls import code_of
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_sts import STSClient

WRONG_BY_SECONDS, REFUSED_BY_SECONDS = 60, 300  # Source: Signature V4: five minutes, at some services fifteen
UNREACHED = (EndpointConnectionError, ConnectTimeoutError)
LAPSED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}


def credentials(sts: "STSClient", region: str, now: datetime) -> tuple[list[Diagnosis], Diagnosis]:
    """Whether AWS knows who asks; and what its answer says of this machine's clock.

    Where the first is a fault nothing else can be asked.
    """
    try:
        answer: Mapping[str, Any] = sts.get_caller_identity()
    except ClientError as error:
        return [_not_known(code_of(error))], clock(_date_in(error.response), now)
    except (BotoCoreError, ResponseParserError) as error:
        return [_not_even_asked(error, region)], clock(None, now)
    found = Diagnosis(Level.OK, f"Credentials of account {answer['Account']} in {region}")
    return [found], clock(_date_in(answer), now)


def clock(aws_says: str | None, now: datetime) -> Diagnosis:
    """This machine's clock against the `Date` of an answer of AWS."""
    try:
        theirs = parsedate_to_datetime(aws_says or "")
    except ValueError:
        return Diagnosis(Level.WARNING, "The clock could not be compared with AWS's", "Look at it yourself.")
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    off = abs((now - theirs).total_seconds())
    if off <= WRONG_BY_SECONDS:
        return Diagnosis(Level.OK, "The clock of this machine agrees with AWS's")
    level = Level.FAULT if off > REFUSED_BY_SECONDS else Level.WARNING
    return Diagnosis(
        level,
        f"The clock of this machine is {off:.0f} seconds off",
        "Let it be set by the network (timedatectl set-ntp true): AWS refuses calls signed five minutes off.",
    )


def _not_known(code: str) -> Diagnosis:
    if code in LAPSED:
        return Diagnosis(
            Level.FAULT, f"The AWS credentials have expired ({code})", "Sign in again, e.g. aws sso login."
        )
    return Diagnosis(
        Level.FAULT,
        f"AWS does not accept the credentials ({code})",
        "Look at AWS_PROFILE and aws configure list; a wrong clock is refused like this, too.",
    )


def _not_even_asked(error: Exception, region: str) -> Diagnosis:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return Diagnosis(
            Level.FAULT, "There are no AWS credentials", "Set AWS_PROFILE, or run aws configure sso."
        )
    if isinstance(error, UNREACHED):
        return Diagnosis(
            Level.FAULT,
            f"AWS can't be reached in {region}",
            "Look at the name of the region in samconfig.toml, and at this machine's network.",
        )
    return Diagnosis(
        Level.FAULT,
        f"The AWS credentials can't be used ({type(error).__name__})",
        "Look at AWS_PROFILE and aws configure list; sign in again where they come from a login.",
    )


def _date_in(answer: Mapping[str, Any]) -> str | None:
    headers: Mapping[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers.get("date")
