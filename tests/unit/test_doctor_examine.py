"""The doctor stops where nothing more can be looked at, and says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.examine import examine
from cli.doctor.lookups import lookups_at
from cli.doctor.stack_access import OUTPUTS, StackAccess
from cli.newsletter_file import own_newsletter
from cli.stack_description import StackDescription
from infrastructure.build import ROOT
from tests.fakes.aws import REGION, FakeAWS, refused
from tests.unit.test_doctor_account import CALLER, HEALTHY, WHO

DESCRIBE = "cloudformation.DescribeStacks"


def a_stack(*outputs: str) -> dict[str, Any]:
    stack = {
        "StackName": "broadsheet",
        "CreationTime": "2026-11-30T12:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": "x"} for name in outputs],
        "Parameters": [{"ParameterKey": "DeliveryConcurrency", "ParameterValue": "20"}],
    }
    return {"Stacks": [stack]}


AWS_S_CLOCK = datetime(2026, 11, 30, 12, tzinfo=UTC)


def found(now: datetime = AWS_S_CLOCK, **changes: Any) -> list[Diagnosis]:
    aws = FakeAWS(
        {
            CALLER: {**WHO, "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(AWS_S_CLOCK)}}},
            "lambda.GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 10}},
            "sesv2.GetAccount": HEALTHY,
            **changes,
        }
    )

    def more(_: StackDescription) -> Iterator[Diagnosis]:
        yield Diagnosis(Level.FAULT, "it was looked at, though there was nothing to look at")

    access = StackAccess("broadsheet", REGION, aws.clients, pytest.fail, lookups_at(9))
    checks = examine(access, own_newsletter(), ROOT / "newsletter.toml", more, lambda: now)
    return [one for diagnoses in checks for one in diagnoses]


def faults(diagnoses: list[Diagnosis]) -> list[str]:
    return [one.text for one in diagnoses if one.is_fault]


def test_without_credentials_only_the_clock_is_checked() -> None:
    credentials, clock = found(**{CALLER: NoCredentialsError()})
    assert (credentials.text, clock.level) == ("There are no AWS credentials", Level.WARNING)


def test_without_a_stack_the_account_is_checked_all_the_same() -> None:
    diagnoses = found(**{DESCRIBE: refused("ValidationError")})
    assert faults(diagnoses) == ["There is no stack broadsheet"]
    assert "Lambda runs 10 functions at once; the queues take up to 8" in diagnoses[1].text
    assert any("sandbox" in one.text for one in diagnoses)


def test_a_stack_that_is_older_than_the_command_is_named_with_what_it_lacks() -> None:
    diagnoses = found(**{DESCRIBE: a_stack(*(name for name in OUTPUTS if name != "DistributionId"))})
    assert faults(diagnoses)[-1] == "The stack is older than this command: it lacks DistributionId"
    assert "the queues take up to 26" in diagnoses[1].text


def test_a_stack_that_may_not_be_described_is_a_fault() -> None:
    (fault,) = [one for one in found(**{DESCRIBE: refused("AccessDenied")}) if one.is_fault]
    assert "could not be checked (AccessDenied)" in fault.text
    assert "DoctorPolicy" in fault.repair


def test_a_clock_that_is_wrong_is_a_fault_whatever_else_is_found() -> None:
    *_, clock = found(AWS_S_CLOCK + timedelta(minutes=15), **{DESCRIBE: refused("ValidationError")})
    assert (clock.level, "900 seconds off" in clock.text) == (Level.FAULT, True)


def test_the_stack_s_parameters_are_compared_with_the_account() -> None:
    in_sandbox = {**HEALTHY, "ProductionAccessEnabled": False}
    stack = {DESCRIBE: a_stack(), "sesv2.GetAccount": in_sandbox}
    assert "make deploy PARAMETERS=Sandbox=true" in [one.repair for one in found(**stack)]
