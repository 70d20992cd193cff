"""The account: its credentials, this machine's clock against AWS's, and the quotas of Lambda and SES."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from cli.doctor.calls import CALL_ERRORS, check, code_of
from cli.doctor.diagnosis import Diagnosis, fault, ok, todo, warning

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import SendQuotaTypeDef
    from types_boto3_sts import STSClient

TOLERATED_SECONDS, REFUSED_SECONDS = 60, 300  # Source: Signature V4: five minutes, at some services fifteen
UNREACHED = (EndpointConnectionError, ConnectTimeoutError)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
QUEUES = ("SignupConcurrency", "DeskConcurrency", "DeliveryConcurrency", "FeedbackConcurrency")
SANDBOX = "Sandbox"  # the parameter of template.yaml
DEFAULT_CONCURRENCY = 2  # of a queue; Source: template.yaml
LEAST_LEFT, ENOUGH_LEFT = 2, 10  # executions left for the endpoints and the sweep
NEARLY_USED_UP = 0.8
MORE_LAMBDA = "Ask for 1,000 in Service Quotas: AWS Lambda, Concurrent executions; it costs nothing."
UNLIMITED = -1


def credentials(sts: "STSClient", region: str, now: datetime) -> tuple[Diagnosis, Diagnosis]:
    """Whether AWS accepts the credentials; and this machine's clock against the time of AWS's answer.

    If the first is a fault, no other call can succeed.
    """
    try:
        answer: Mapping[str, Any] = sts.get_caller_identity()
    except CALL_ERRORS as error:
        refusal = error.response if isinstance(error, ClientError) else {}
        return _unusable(error, region), clock(_date_in(refusal), now)
    return ok(f"Credentials of account {answer['Account']} in {region}"), clock(_date_in(answer), now)


def clock(aws_date: str | None, now: datetime) -> Diagnosis:
    """This machine's clock against the `Date` of an answer of AWS."""
    try:
        aws_now = parsedate_to_datetime(aws_date or "")
    except ValueError:
        return warning("The clock could not be compared with AWS's", "Check it yourself.")
    aws_now = aws_now if aws_now.tzinfo else aws_now.replace(tzinfo=UTC)
    off = abs((now - aws_now).total_seconds())
    if off <= TOLERATED_SECONDS:
        return ok("The clock of this machine agrees with AWS's")
    diagnosis = fault if off > REFUSED_SECONDS else warning
    return diagnosis(
        f"The clock of this machine is {off:.0f} seconds off",
        "Let the network set it (timedatectl set-ntp true): AWS refuses calls signed five minutes off.",
    )


def _unusable(error: Exception, region: str) -> Diagnosis:
    code, profile = code_of(error), "Check AWS_PROFILE and aws configure list;"
    if code in EXPIRED:
        return fault(f"The AWS credentials have expired ({code})", "Sign in again, e.g. aws sso login.")
    if isinstance(error, ClientError):
        repair = f"{profile} a wrong clock is refused like this, too."
        return fault(f"AWS does not accept the credentials ({code})", repair)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return fault("There are no AWS credentials", "Set AWS_PROFILE, or run aws configure sso.")
    if isinstance(error, UNREACHED):
        repair = "Check the name of the region in samconfig.toml, and this machine's network."
        return fault(f"AWS can't be reached in {region}", repair)
    repair = f"{profile} sign in again if they come from a login."
    return fault(f"The AWS credentials can't be used ({code})", repair)


def _date_in(answer: Mapping[str, Any]) -> str | None:
    headers: Mapping[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers.get("date")


@check("The quota of concurrent Lambda executions")
def lambda_concurrency(functions: "LambdaClient", parameters: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Whether the queues' workers leave executions for the endpoints and the sweep.

    `parameters` are the template's; one that is missing has its default.
    """
    limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    queues = sum(int(parameters.get(name) or DEFAULT_CONCURRENCY) for name in QUEUES)
    left, text = limit - queues, f"Lambda runs {limit} functions at once; the queues take up to {queues}"
    if left < LEAST_LEFT:
        lower = " Until then deploy with smaller numbers of " + ", ".join(QUEUES) + "."
        yield fault(f"{text}, which leaves {max(left, 0)} for readers", MORE_LAMBDA + lower)
    elif left < ENOUGH_LEFT:
        yield warning(f"{text}, which leaves {left} for readers", MORE_LAMBDA)
    else:
        yield ok(text)


@check("The SES account")
def ses_account(
    ses: "SESV2Client", region: str, parameters: Mapping[str, str] | None = None
) -> Iterator[Diagnosis]:
    """Whether SES can be reached and sends, its quota, and whether account and stack agree on the sandbox.

    `parameters` are the stack's, deployed or about to be; None if there is no stack.
    """
    try:
        account = ses.get_account()
    except UNREACHED:
        yield fault(f"SES can't be reached in {region}", "Choose a region that has SES, e.g. eu-central-1.")
        return
    yield from _enforcement(account.get("EnforcementStatus", ""), sends=account["SendingEnabled"])
    yield _send_quota(account.get("SendQuota", {}))
    yield from _sandbox(parameters, is_out=account["ProductionAccessEnabled"])


def _enforcement(status: str, *, sends: bool) -> Iterator[Diagnosis]:
    """Source: SES v2 API, GetAccount: EnforcementStatus is HEALTHY, PROBATION or SHUTDOWN."""
    repair = "Read the email that AWS sent to the account's owner, and answer in the SES console."
    if not sends or status == "SHUTDOWN":
        yield fault("SES has paused sending for this account", repair)
    elif status == "PROBATION":
        yield warning("SES is reviewing this account and may pause it", repair)


def _send_quota(quota: "SendQuotaTypeDef") -> Diagnosis:
    day, second = quota.get("Max24HourSend", 0.0), quota.get("MaxSendRate", 0.0)
    sent = quota.get("SentLast24Hours", 0.0)
    if day == UNLIMITED:
        return ok(f"SES accepts {second:g} emails a second, and as many as you like in a day")
    text = f"SES accepts {second:g} emails a second and {day:,.0f} in 24 hours; {sent:,.0f} of them are used"
    if sent > day * NEARLY_USED_UP:
        return warning(
            text, "A mailing waits until there is room; for more ask in Service Quotas: Amazon SES."
        )
    return ok(text)


def _sandbox(parameters: Mapping[str, str] | None, *, is_out: bool) -> Iterator[Diagnosis]:
    """In the sandbox a send needs rights to the recipients' identities, which the parameter grants."""
    has_rights = parameters is not None and parameters.get(SANDBOX) == "true"
    if is_out and has_rights:
        text = "The account is out of the SES sandbox, and the roles still have the rights for it"
        yield warning(text, f"make deploy PARAMETERS={SANDBOX}=false")
    elif is_out:
        yield ok("The account is out of the SES sandbox")
    else:
        text = "The account is in the SES sandbox: only verified addresses get email, 200 a day"
        yield todo(text, "SES console, Account dashboard: request production access.")
    if not is_out and parameters is not None and not has_rights:
        text = f"The account is in the SES sandbox and {SANDBOX} is not true: every send is refused"
        yield fault(text, f"make deploy PARAMETERS={SANDBOX}=true")
