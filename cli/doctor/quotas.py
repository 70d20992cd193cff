"""What the account may: concurrent executions of Lambda, and what SES takes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from cli.doctor.aws_calls import run_check
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import SendQuotaTypeDef

QUEUES = ("SignupConcurrency", "DeskConcurrency", "DeliveryConcurrency", "FeedbackConcurrency")
SANDBOX = "Sandbox"  # the parameter of template.yaml
DEFAULT_CONCURRENCY = 2  # a queue; Source: template.yaml
LEAST_BESIDE, ENOUGH_BESIDE = 2, 10  # executions left for the endpoints and the sweep
NEARLY_USED_UP = 0.8
MORE_LAMBDA = "Ask for 1,000 in Service Quotas: AWS Lambda, Concurrent executions; it costs nothing."
UNLIMITED = -1


def lambda_concurrency(functions: "LambdaClient", parameters: Mapping[str, str]) -> list[Diagnosis]:
    """Whether the queues' workers leave room for readers and the sweep.

    `parameters` are the template's; what is not in them has its default.
    """

    def check() -> list[Diagnosis]:
        limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        queues = sum(int(parameters.get(name) or DEFAULT_CONCURRENCY) for name in QUEUES)
        return [_room(limit, queues)]

    return run_check("The quota of concurrent Lambda executions", check)


def _room(limit: int, queues: int) -> Diagnosis:
    left = limit - queues
    said = f"Lambda runs {limit} at once; the queues take up to {queues}"
    if left < LEAST_BESIDE:
        lower = " Until then deploy with smaller numbers of " + ", ".join(QUEUES) + "."
        return Diagnosis(Level.FAULT, f"{said}, which leaves {max(left, 0)} for readers", MORE_LAMBDA + lower)
    if left < ENOUGH_BESIDE:
        return Diagnosis(Level.WARNING, f"{said}, which leaves {left} for readers", MORE_LAMBDA)
    return Diagnosis(Level.OK, said)


def ses_account(
    ses: "SESV2Client", region: str, parameters: Mapping[str, str] | None = None
) -> list[Diagnosis]:
    """Whether SES is there, sends, and how much; whether account and stack agree on the sandbox.

    `parameters` are the stack's, deployed or about to be; None where there is no stack.
    """

    def check() -> list[Diagnosis]:
        try:
            account = ses.get_account()
        except (EndpointConnectionError, ConnectTimeoutError):
            return [_no_ses(region)]
        return [
            *_enforcement(account.get("EnforcementStatus", ""), sends=account["SendingEnabled"]),
            _send_quota(account.get("SendQuota", {})),
            *_sandbox(parameters, is_out=account["ProductionAccessEnabled"]),
        ]

    return run_check("The SES account", check)


def _no_ses(region: str) -> Diagnosis:
    return Diagnosis(
        Level.FAULT, f"SES can't be reached in {region}", "Choose a region that has SES, e.g. eu-central-1."
    )


def _enforcement(status: str, *, sends: bool) -> list[Diagnosis]:
    """Source: SES v2 API, GetAccount: EnforcementStatus is HEALTHY, PROBATION or SHUTDOWN."""
    read = "Read the mail that AWS sent to the account's owner, and answer in the SES console."
    if not sends or status == "SHUTDOWN":
        return [Diagnosis(Level.FAULT, "SES has paused sending for this account", read)]
    if status == "PROBATION":
        return [Diagnosis(Level.WARNING, "SES reviews this account and may pause it", read)]
    return []


def _send_quota(quota: "SendQuotaTypeDef") -> Diagnosis:
    day, second = quota.get("Max24HourSend", 0.0), quota.get("MaxSendRate", 0.0)
    sent = quota.get("SentLast24Hours", 0.0)
    if day == UNLIMITED:
        return Diagnosis(Level.OK, f"SES takes {second:g} mails a second, and as many as you like in a day")
    said = f"SES takes {second:g} mails a second and {day:,.0f} in 24 hours; {sent:,.0f} of them are used"
    if sent > day * NEARLY_USED_UP:
        more = "A mailing waits until there is room; for more ask in Service Quotas: Amazon SES."
        return Diagnosis(Level.WARNING, said, more)
    return Diagnosis(Level.OK, said)


def _sandbox(parameters: Mapping[str, str] | None, *, is_out: bool) -> list[Diagnosis]:
    """In the sandbox SES asks for the recipients' identities, too, which the roles name by the parameter."""
    grants = None if parameters is None else parameters.get(SANDBOX) == "true"
    if is_out:
        return [_left(grants_more=bool(grants))]
    return [
        Diagnosis(
            Level.TODO,
            "The account is in the SES sandbox: only verified addresses get mail, 200 a day",
            "SES console, Account dashboard: request production access.",
        ),
        *([_not_granted()] if grants is False else []),
    ]


def _left(*, grants_more: bool) -> Diagnosis:
    if grants_more:
        text = "The account is out of the SES sandbox, and the roles still have the rights for it"
        return Diagnosis(Level.WARNING, text, f"make deploy PARAMETERS={SANDBOX}=false")
    return Diagnosis(Level.OK, "The account is out of the SES sandbox")


def _not_granted() -> Diagnosis:
    text = f"The account is in the SES sandbox and {SANDBOX} is not true: every send is refused"
    return Diagnosis(Level.FAULT, text, f"make deploy PARAMETERS={SANDBOX}=true")
