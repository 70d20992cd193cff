"""The doctor on the account: credentials, clock, quotas. Each fault is planted, and named with its repair."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from cli.doctor.account import clock, credentials, lambda_concurrency, ses_account
from cli.doctor.diagnosis import Diagnosis, Level
from tests.fakes.aws import REGION, FakeAWS, refused

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CALLER = "sts.GetCallerIdentity"
WHO = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/operator", "UserId": "AIDAEXAMPLE"}


def levels(diagnoses: list[Diagnosis]) -> list[Level]:
    return [one.level for one in diagnoses]


def at(seconds_off: float) -> dict[str, Any]:
    """An answer of AWS, whose clock differs from ours by this much."""
    date = format_datetime(NOW + timedelta(seconds=seconds_off), usegmt=True)
    return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}


def checked(answer: Any) -> tuple[Diagnosis, Diagnosis]:
    return credentials(FakeAWS({CALLER: answer}).client("sts"), REGION, NOW)


# -- credentials and clock


def test_credentials_that_work_name_account_and_region() -> None:
    found, time = checked({**WHO, **at(2)})
    assert found == Diagnosis(Level.OK, "Credentials of account 123456789012 in eu-central-1")
    assert time.level is Level.OK


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "There are no AWS credentials"),
        (refused("ExpiredToken"), "expired (ExpiredToken)"),
        (refused("InvalidClientTokenId"), "does not accept the credentials (InvalidClientTokenId)"),
        (EndpointConnectionError(endpoint_url="https://sts.example"), "can't be reached in eu-central-1"),
        (ReadTimeoutError(endpoint_url="https://sts.example"), "can't be used (ReadTimeoutError)"),
    ],
)
def test_credentials_that_do_not_work_are_a_fault_with_its_repair(error: Exception, said: str) -> None:
    found, _ = checked(error)
    assert found.level is Level.FAULT
    assert said in found.text
    assert found.repair


def test_an_answer_that_refuses_a_signature_still_has_the_time() -> None:
    error = refused("SignatureDoesNotMatch")
    error.response["ResponseMetadata"] = at(900)["ResponseMetadata"]
    found, time = checked(error)
    assert (found.level, time.level) == (Level.FAULT, Level.FAULT)
    assert "900 seconds off" in time.text


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        *((0, Level.OK), (60, Level.OK), (-60, Level.OK), (61, Level.WARNING), (300, Level.WARNING)),
        *((301, Level.FAULT), (-301, Level.FAULT)),
    ],
)
def test_a_clock_is_wrong_after_a_minute_and_a_fault_after_five(seconds: float, level: Level) -> None:
    assert clock(at(seconds)["ResponseMetadata"]["HTTPHeaders"]["date"], NOW).level is level


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_clock_that_cannot_be_compared_is_a_warning(date: str | None) -> None:
    assert clock(date, NOW).level is Level.WARNING


# -- Lambda


def concurrency(limit: int, **parameters: str) -> Diagnosis:
    answer = {"AccountLimit": {"ConcurrentExecutions": limit}}
    aws = FakeAWS({"lambda.GetAccountSettings": answer})
    (found,) = lambda_concurrency(aws.client("lambda"), parameters)
    return found


@pytest.mark.parametrize(
    ("limit", "level"),
    [(1000, Level.OK), (18, Level.OK), (17, Level.WARNING), (10, Level.WARNING), (9, Level.FAULT)],
)
def test_the_queues_must_leave_room_for_readers(limit: int, level: Level) -> None:
    assert concurrency(limit).level is level


def test_the_concurrency_of_the_queues_is_that_of_the_deployment() -> None:
    found = concurrency(10, DeliveryConcurrency="7", SignupConcurrency="", MailDomain="example.org")
    assert (found.level, found.text) == (
        Level.FAULT,
        "Lambda runs 10 functions at once; the queues take up to 13, which leaves 0 for readers",
    )
    assert "Service Quotas" in found.repair
    assert "DeliveryConcurrency" in found.repair


# -- SES


QUOTA = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 120.0}
HEALTHY = {
    "SendingEnabled": True,
    "ProductionAccessEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": QUOTA,
}


def account(parameters: dict[str, str] | None = None, **changes: Any) -> list[Diagnosis]:
    ses = FakeAWS({"sesv2.GetAccount": {**HEALTHY, **changes}}).client("sesv2")
    return ses_account(ses, REGION, parameters)


def not_in_order(diagnoses: list[Diagnosis]) -> list[Diagnosis]:
    return [one for one in diagnoses if one.level is not Level.OK]


def test_the_report_on_a_healthy_account_says_what_it_may_send() -> None:
    assert account() == [
        Diagnosis(Level.OK, "SES accepts 14 emails a second and 50,000 in 24 hours; 120 of them are used"),
        Diagnosis(Level.OK, "The account is out of the SES sandbox"),
    ]


@pytest.mark.parametrize("parameters", [None, {"Sandbox": "true"}])
def test_the_sandbox_is_to_be_left_by_a_person(parameters: dict[str, str] | None) -> None:
    (found,) = not_in_order(account(parameters, ProductionAccessEnabled=False))
    assert (found.level, "SES sandbox" in found.text) == (Level.TODO, True)
    assert "request production access" in found.repair
    assert "Sandbox=" not in found.repair


@pytest.mark.parametrize("parameters", [{"Sandbox": "false"}, {}])
def test_a_stack_without_the_sandbox_s_rights_is_a_fault_in_the_sandbox(parameters: dict[str, str]) -> None:
    to_leave, fault = not_in_order(account(parameters, ProductionAccessEnabled=False))
    assert to_leave.level is Level.TODO
    assert (fault.level, "every send is refused" in fault.text) == (Level.FAULT, True)
    assert fault.repair == "make deploy PARAMETERS=Sandbox=true"


def test_the_sandbox_s_rights_are_taken_back_once_it_is_left() -> None:
    (found,) = not_in_order(account({"Sandbox": "true"}))
    assert (found.level, found.repair) == (Level.WARNING, "make deploy PARAMETERS=Sandbox=false")
    assert not_in_order(account({"Sandbox": "false"})) == []


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({"SendingEnabled": False}, Level.FAULT, "paused"),
        ({"EnforcementStatus": "SHUTDOWN"}, Level.FAULT, "paused"),
        ({"EnforcementStatus": "PROBATION"}, Level.WARNING, "reviewing"),
        ({"SendQuota": {**QUOTA, "SentLast24Hours": 41_000.0}}, Level.WARNING, "41,000 of them are used"),
    ],
)
def test_what_ses_holds_against_the_account_is_reported(
    changes: dict[str, Any], level: Level, said: str
) -> None:
    (found,) = not_in_order(account(**changes))
    assert (found.level, said in found.text) == (level, True)
    assert found.repair


def test_an_unlimited_quota_is_in_order() -> None:
    found = account(SendQuota={**QUOTA, "Max24HourSend": -1.0})
    assert levels(found) == [Level.OK, Level.OK]


def test_a_region_without_ses_is_a_fault() -> None:
    error = EndpointConnectionError(endpoint_url="https://email.example")
    (found,) = ses_account(FakeAWS({"sesv2.GetAccount": error}).client("sesv2"), "xx-north-9")
    assert (found.level, "xx-north-9" in found.text) == (Level.FAULT, True)


@pytest.mark.parametrize(
    ("error", "repair"),
    [
        (refused("AccessDeniedException"), "DoctorPolicy"),
        (refused("TooManyRequestsException"), "Run it again"),
        (ReadTimeoutError(endpoint_url="https://email.example"), "Run it again"),
    ],
)
def test_a_call_that_aws_does_not_answer_is_a_warning_and_never_a_fault(
    error: Exception, repair: str
) -> None:
    (found,) = ses_account(FakeAWS({"sesv2.GetAccount": error}).client("sesv2"), REGION)
    assert (found.level, "could not be checked" in found.text) == (Level.WARNING, True)
    assert repair in found.repair
