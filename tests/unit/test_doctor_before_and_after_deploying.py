"""What deploying asks: nothing is created where it can't go well; then, what a person has to do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from cli.doctor.deployment_checks import after_deploying, preflight
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.lookups import Lookups, lookups_at
from cli.newsletter_file import own_newsletter
from cli.stack import stack_name
from infrastructure.dns_records import mail_records
from local.dns import DnsServer, Zone
from tests.fakes.aws import REGION, FakeAWS, refused
from tests.unit.test_doctor_account import CALLER, HEALTHY, WHO
from tests.unit.test_doctor_mail_domain import IDENTITY, an_identity

NEWSLETTER = own_newsletter()
DOMAIN = NEWSLETTER.sender.partition("@")[2]
SITE = "news.example.org"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ISSUED = {"Certificate": {"Status": "ISSUED", "DomainName": SITE, "SubjectAlternativeNames": [SITE]}}
EVERYTHING: dict[str, Any] = {
    CALLER: WHO,
    "lambda.GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
    "sesv2.GetAccount": HEALTHY,
    "sesv2.GetEmailIdentity": refused("NotFoundException"),
    "acm.DescribeCertificate": ISSUED,
    "cloudfront.ListDistributions": {
        "DistributionList": {"Marker": "", "MaxItems": 1, "IsTruncated": False, "Quantity": 0}
    },
}
OF_A_DOMAIN = {"Sandbox": "false", "MailDomain": DOMAIN, "DomainName": SITE, "CertificateArn": CERTIFICATE}


IN_SANDBOX = {**HEALTHY, "ProductionAccessEnabled": False}


def before(parameters: dict[str, str] | None = None, **answers: Any) -> list[Diagnosis]:
    """What is not in order, without the clock, which the fakes do not answer."""
    changed = {name.replace("__", "."): answer for name, answer in answers.items()}
    aws = FakeAWS({**EVERYTHING, **changed})
    found = preflight(aws, REGION, OF_A_DOMAIN if parameters is None else parameters, NEWSLETTER)
    return [one for one in found if one.level is not Level.OK and "clock" not in one.text]


def the_fault(*arguments: Any, **answers: Any) -> Diagnosis:
    (found,) = before(*arguments, **answers)
    assert found.level is Level.FAULT
    assert found.repair
    return found


# -- before


def test_if_all_is_ready_nothing_prevents_deploying() -> None:
    assert before() == []


def test_nothing_is_created_or_changed_by_looking() -> None:
    aws = FakeAWS(EVERYTHING)
    preflight(aws, REGION, OF_A_DOMAIN, NEWSLETTER)
    verbs = ("Get", "List", "Describe")
    assert [name for name, _, _ in aws.calls if not name.partition(".")[2].startswith(verbs)] == []


def test_without_credentials_nothing_else_is_checked() -> None:
    aws = FakeAWS({CALLER: NoCredentialsError()})
    found = preflight(aws, REGION, {}, NEWSLETTER)
    assert found[0].level is Level.FAULT
    assert [name for name, _, _ in aws.calls] == [CALLER]


def test_a_quota_that_leaves_readers_nothing_is_a_fault() -> None:
    small = {"AccountLimit": {"ConcurrentExecutions": 10}}
    parameters = {**OF_A_DOMAIN, "DeliveryConcurrency": "20"}
    assert "leaves 0" in the_fault(parameters, lambda__GetAccountSettings=small).text


def test_the_sandbox_does_not_keep_anybody_from_deploying() -> None:
    granted = {**OF_A_DOMAIN, "Sandbox": "true"}
    (found,) = before(granted, sesv2__GetAccount=IN_SANDBOX)
    assert found.level is Level.TODO


def test_a_deployment_that_would_have_every_mail_refused_is_a_fault() -> None:
    found = before({**OF_A_DOMAIN, "Sandbox": "false"}, sesv2__GetAccount=IN_SANDBOX)
    assert [one.repair for one in found if one.is_fault] == ["make deploy PARAMETERS=Sandbox=true"]


def resources(*physical: str) -> dict[str, Any]:
    summaries = [
        {
            "LogicalResourceId": "MailIdentity",
            "PhysicalResourceId": one,
            "ResourceType": "AWS::SES::EmailIdentity",
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": "2026-11-30T12:00:00Z",
        }
        for one in physical
    ]
    return {"StackResourceSummaries": summaries}


def test_a_domain_that_is_this_stack_s_already_is_in_order() -> None:
    known = {
        "sesv2__GetEmailIdentity": IDENTITY,
        "cloudformation__ListStackResources": resources("other", DOMAIN),
    }
    assert before(**known) == []


@pytest.mark.parametrize("stack", [resources("other"), refused("ValidationError")])
def test_a_domain_that_somebody_else_registered_is_a_fault(stack: Any) -> None:
    found = the_fault(sesv2__GetEmailIdentity=IDENTITY, cloudformation__ListStackResources=stack)
    assert DOMAIN in found.text
    assert stack_name() in found.text


@pytest.mark.parametrize("parameters", [{}, {"DomainName": "", "CertificateArn": CERTIFICATE}])
def test_without_a_domain_of_its_own_a_site_needs_no_certificate(parameters: dict[str, str]) -> None:
    aws = FakeAWS(EVERYTHING)
    preflight(aws, REGION, parameters, NEWSLETTER)
    assert "acm.DescribeCertificate" not in [name for name, _, _ in aws.calls]


def test_a_certificate_is_looked_for_where_cloudfront_takes_it_from() -> None:
    aws = FakeAWS(EVERYTHING)
    preflight(aws, REGION, OF_A_DOMAIN, NEWSLETTER)
    assert {region for name, _, region in aws.calls if name.startswith("acm.")} == {"us-east-1"}


@pytest.mark.parametrize("arn", ["", "arn:aws:acm:eu-central-1:123456789012:certificate/1"])
def test_a_domain_without_a_certificate_that_cloudfront_takes_is_a_fault(arn: str) -> None:
    assert "us-east-1" in the_fault({**OF_A_DOMAIN, "CertificateArn": arn}).repair


def a_certificate(**changes: Any) -> dict[str, Any]:
    return {"Certificate": {**ISSUED["Certificate"], **changes}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refused("ResourceNotFoundException"), "no certificate"),
        (a_certificate(Status="PENDING_VALIDATION"), "not issued yet (PENDING_VALIDATION)"),
        (a_certificate(Status="EXPIRED"), "EXPIRED"),
        (
            a_certificate(DomainName="example.org", SubjectAlternativeNames=["example.org"]),
            "is for example.org",
        ),
        (a_certificate(DomainName="*.org", SubjectAlternativeNames=["*.org"]), "is for *.org"),
    ],
)
def test_an_unusable_certificate_is_a_fault(answer: Any, said: str) -> None:
    assert said in the_fault(acm__DescribeCertificate=answer).text


@pytest.mark.parametrize("name", ["*.example.org", "NEWS.example.org"])
def test_a_certificate_may_cover_the_domain_by_a_wildcard(name: str) -> None:
    answer = a_certificate(DomainName=name, SubjectAlternativeNames=[name])
    assert before(acm__DescribeCertificate=answer) == []


def test_the_certificate_must_cover_the_other_names_too() -> None:
    parameters = {**OF_A_DOMAIN, "OtherDomainNames": "www.example.org,old.example.net"}
    names = ["news.example.org", "*.example.org"]
    found = the_fault(parameters, acm__DescribeCertificate=a_certificate(SubjectAlternativeNames=names))
    assert "and not for old.example.net" in found.text
    wider = a_certificate(SubjectAlternativeNames=[*names, "old.example.net"])
    aws = FakeAWS({**EVERYTHING, "acm.DescribeCertificate": wider})
    assert [one for one in preflight(aws, REGION, parameters, NEWSLETTER) if one.is_fault] == []


def test_an_account_that_may_not_use_cloudfront_is_a_fault() -> None:
    assert "CloudFront" in the_fault(cloudfront__ListDistributions=refused("AccessDenied")).text


def of_the_cdn(number: int, *, is_first: bool) -> list[Diagnosis]:
    there = {"Marker": "", "MaxItems": 1, "IsTruncated": False, "Quantity": number}
    aws = FakeAWS({**EVERYTHING, "cloudfront.ListDistributions": {"DistributionList": there}})
    found = preflight(aws, REGION, OF_A_DOMAIN, NEWSLETTER, is_first=is_first)
    return [one for one in found if "CloudFront" in one.text]


def test_an_answer_of_cloudfront_is_not_reported_as_more_than_that() -> None:
    (found,) = of_the_cdn(0, is_first=False)
    assert found == Diagnosis(Level.OK, "CloudFront answers; that says nothing about a new distribution")


def test_before_a_first_deployment_a_new_account_is_warned_that_it_may_be_refused() -> None:
    _, found = of_the_cdn(0, is_first=True)
    assert (found.level, "Your account must be verified" in found.text) == (Level.TODO, True)
    assert "AWS Support" in found.repair


def test_an_account_that_has_a_distribution_is_not_warned() -> None:
    assert [one.level for one in of_the_cdn(1, is_first=True)] == [Level.OK]


@pytest.mark.parametrize(
    "operation",
    [
        "lambda.GetAccountSettings",
        "sesv2.GetAccount",
        "acm.DescribeCertificate",
        "cloudfront.ListDistributions",
    ],
)
def test_a_check_that_cannot_be_made_keeps_nobody_from_deploying(operation: str) -> None:
    (found,) = before(**{operation: refused("InternalFailure")})
    assert found.level is Level.WARNING


# -- after


TOPIC = "arn:aws:sns:eu-central-1:123456789012:Alarms"
OUTPUTS = {
    "SiteAddress": f"https://{SITE}",
    "DistributionDomain": "d1.cloudfront.net",
    "MailIdentityDomain": DOMAIN,
    "AlarmTopic": TOPIC,
}
CONFIRMED = {
    "Subscriptions": [
        {"SubscriptionArn": f"{TOPIC}:1", "Protocol": "email", "Endpoint": "a@example.org", "TopicArn": TOPIC}
    ]
}


def only_the_domain(known: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    """SES has an identity for the mail domain, and none for an address."""
    return lambda params: known if params["EmailIdentity"] == DOMAIN else refused("NotFoundException")


DONE: dict[str, Any] = {
    "sesv2.GetEmailIdentity": only_the_domain(IDENTITY),
    "sesv2.GetAccount": HEALTHY,
    "sns.ListSubscriptionsByTopic": CONFIRMED,
}


@pytest.fixture
def zone() -> Zone:
    """A zone with every record that the stack needs."""
    made = Zone(lambda: mail_records(DOMAIN, IDENTITY, REGION, NEWSLETTER.reply_to))
    made.change(SITE, "CNAME", ["d1.cloudfront.net"])
    made.change("d1.cloudfront.net", "A", ["192.0.2.7"])
    made.change(SITE, "A", ["192.0.2.7"])
    return made


@pytest.fixture
def lookups(zone: Zone) -> Iterator[Lookups]:
    server = DnsServer(zone)
    yield lookups_at(server.port)
    server.close()


def to_do(lookups: Lookups, sandbox: str = "false", **answers: Any) -> list[Diagnosis]:
    changed = {name.replace("__", "."): answer for name, answer in answers.items()}
    return after_deploying(FakeAWS({**DONE, **changed}), OUTPUTS, {"Sandbox": sandbox}, NEWSLETTER, lookups)


def test_if_all_is_done_nothing_is_left_to_do(lookups: Lookups) -> None:
    assert to_do(lookups) == []


def test_after_a_first_deployment_every_record_is_to_be_made_and_no_fault(
    zone: Zone, lookups: Lookups
) -> None:
    records = mail_records(DOMAIN, IDENTITY, REGION, NEWSLETTER.reply_to)
    for record in records:
        zone.change(record.name, record.kind, [])
    zone.change(SITE, "A", [])
    zone.change(SITE, "CNAME", [])
    new = an_identity(
        dkim={"Status": "PENDING"},
        mail_from={"MailFromDomainStatus": "PENDING"},
        VerifiedForSendingStatus=False,
        VerificationStatus="PENDING",
    )
    pending = {"Subscriptions": [{**CONFIRMED["Subscriptions"][0], "SubscriptionArn": "PendingConfirmation"}]}
    found = to_do(
        lookups,
        "true",
        sesv2__GetEmailIdentity=only_the_domain(new),
        sesv2__GetAccount=IN_SANDBOX,
        sns__ListSubscriptionsByTopic=pending,
    )
    assert {one.level for one in found} == {Level.TODO}
    put = [one.repair for one in found if one.repair.startswith("Put into DNS: ")]
    assert put == [
        f"Put into DNS: {SITE} CNAME d1.cloudfront.net",
        *(f"Put into DNS: {one}" for one in records),
    ]
    assert any("request production access" in one.repair for one in found)
    assert any("has not confirmed" in one.text for one in found)


def test_if_dns_cannot_be_queried_all_records_are_to_be_checked() -> None:
    silent = lookups_at(9)
    silent.silent, silent.has_failed = "no answer in time", True
    found = to_do(silent)
    records = mail_records(DOMAIN, IDENTITY, REGION, NEWSLETTER.reply_to)
    assert {one.level for one in found} == {Level.TODO}
    assert [one.repair.partition(": ")[2] for one in found] == [
        f"{SITE} CNAME d1.cloudfront.net",
        *map(str, records),
    ]


def test_a_stack_older_than_its_alarm_topic_output_gets_its_list_all_the_same(lookups: Lookups) -> None:
    aws = FakeAWS(DONE)
    outputs = {name: value for name, value in OUTPUTS.items() if name != "AlarmTopic"}
    assert after_deploying(aws, outputs, OF_A_DOMAIN, NEWSLETTER, lookups) == []
    assert "sns.ListSubscriptionsByTopic" not in [name for name, _, _ in aws.calls]


def test_an_identity_that_cannot_be_queried_is_a_warning_and_the_rest_is_reported(lookups: Lookups) -> None:
    found = to_do(
        lookups,
        "true",
        sesv2__GetEmailIdentity=refused("AccessDeniedException"),
        sesv2__GetAccount=IN_SANDBOX,
    )
    assert [one.level for one in found] == [Level.WARNING, Level.WARNING, Level.TODO]


def test_a_sender_that_is_an_identity_itself_is_reported_after_deploying(lookups: Lookups) -> None:
    (found,) = to_do(lookups, sesv2__GetEmailIdentity=IDENTITY)
    assert (found.level, NEWSLETTER.sender in found.repair) == (Level.FAULT, True)
