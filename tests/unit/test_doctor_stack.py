"""The doctor on what is deployed: alarms, endpoints, the origin's secret, newsletter.toml, drift."""

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from flask import Flask, Response, request

from cli.doctor import endpoints
from cli.doctor.cdn import origin_secret
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.stack_state import MOST_LOOKS, alarm_address, deployed_newsletter, drift
from infrastructure.build import ROOT
from local.server import serve
from tests.fakes.aws import FakeAWS, refused

TOPIC = "arn:aws:sns:eu-central-1:123456789012:Alarms"


# -- alarms


def alarm_diagnosis(*arns: str) -> Diagnosis:
    subscriptions = [
        {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": "alarm@example.org", "TopicArn": TOPIC}
        for arn in arns
    ]
    aws = FakeAWS({"sns.ListSubscriptionsByTopic": {"Subscriptions": subscriptions}})
    (found,) = alarm_address(aws.client("sns"), TOPIC)
    return found


def test_an_alarm_address_that_has_confirmed_is_in_order() -> None:
    assert alarm_diagnosis(f"{TOPIC}:1").level is Level.OK


@pytest.mark.parametrize("arn", ["PendingConfirmation", "Deleted"])
def test_an_alarm_address_that_has_not_confirmed_is_to_be_done(arn: str) -> None:
    found = alarm_diagnosis(arn)
    assert (found.level, "has not confirmed" in found.text) == (Level.TODO, True)
    assert "follow its link" in found.repair
    assert "alarm@example.org" not in found.text + found.repair


def test_alarms_without_a_recipient_are_to_do() -> None:
    found = alarm_diagnosis()
    assert (found.level, "AlarmAddress=" in found.repair) == (Level.TODO, True)


def test_alarms_that_cannot_be_asked_are_a_warning() -> None:
    aws = FakeAWS({"sns.ListSubscriptionsByTopic": refused("AuthorizationError")})
    (found,) = alarm_address(aws.client("sns"), TOPIC)
    assert (found.level, "DoctorPolicy" in found.repair) == (Level.WARNING, True)


# -- the public address


@dataclass
class ExaminedSite:
    """A public address on this machine. `answers` are status and headers by method and path."""

    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    run_check: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    def answer(self, path: str = "") -> Response:
        self.run_check.append((request.method, request.full_path, request.get_data(as_text=True)))
        status, headers = self.answers.get(f"{request.method} /{path}", (404, {}))
        return Response("page", status, {"content-type": "text/html; charset=utf-8", **headers})


@pytest.fixture
def public() -> Iterator[ExaminedSite]:
    site, app = ExaminedSite(), Flask("public")
    app.add_url_rule("/", "root", site.answer, methods=["GET", "POST"])
    app.add_url_rule("/<path:path>", "any", site.answer, methods=["GET", "POST"])
    site.answers = {
        "GET /": (200, {}),
        "GET /api/confirm": (410, {}),
        "POST /api/unsubscribe": (200, {}),
    }
    server = serve(app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_that_answers_as_it_should(public: ExaminedSite) -> None:
    found = [
        *endpoints.one_click(public.address),
        *endpoints.site(public.address),
        *endpoints.api(public.address),
    ]
    assert [(one.level, one.repair) for one in found] == [(Level.OK, "")] * 3


def test_one_click_is_asked_as_a_mail_provider_asks(public: ExaminedSite) -> None:
    endpoints.one_click(public.address)
    assert public.run_check == [("POST", "/api/unsubscribe?t=doctor", "List-Unsubscribe=One-Click")]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((303, {"location": "/en/goodbye.html"}), "it answers 303, it redirects"),
        ((200, {"set-cookie": "seen=1"}), "it sets a cookie"),
        ((404, {}), "it answers 404"),
        ((503, {}), "it answers 503"),
    ],
)
def test_one_click_that_is_not_as_rfc_8058_wants_it_is_a_fault(
    answer: tuple[int, dict[str, str]], said: str, public: ExaminedSite
) -> None:
    public.answers["POST /api/unsubscribe"] = answer
    (found,) = endpoints.one_click(public.address)
    assert (found.level, said in found.text) == (Level.FAULT, True)
    assert found.repair


@pytest.mark.parametrize("answer", [(403, {}), (404, {}), (302, {"location": "/en/"}), (500, {})])
def test_a_site_without_its_first_page_is_a_fault(
    answer: tuple[int, dict[str, str]], public: ExaminedSite
) -> None:
    public.answers["GET /"] = answer
    (found,) = endpoints.site(public.address)
    assert (found.level, f"answers {answer[0]}" in found.text) == (Level.FAULT, True)


@pytest.mark.parametrize(
    "answer",
    [(404, {}), (403, {"content-type": "application/json"}), (502, {}), (200, {"content-type": "a/b"})],
)
def test_an_api_that_the_cdn_does_not_route_to_is_a_fault(
    answer: tuple[int, dict[str, str]], public: ExaminedSite
) -> None:
    public.answers["GET /api/confirm"] = answer
    (found,) = endpoints.api(public.address)
    assert (found.level, f"answers {answer[0]}" in found.text) == (Level.FAULT, True)


def test_an_address_where_nobody_answers_is_a_fault_in_each_check() -> None:
    nowhere = "http://127.0.0.1:9"
    found = [*endpoints.one_click(nowhere), *endpoints.site(nowhere), *endpoints.api(nowhere)]
    assert [one.level for one in found] == [Level.FAULT] * 3
    assert all("not answer" in one.text and one.repair for one in found)


# -- the origin's secret


OUTPUTS = {"DistributionId": "E1EXAMPLE", "OriginSecret": "arn:aws:secretsmanager:eu-central-1:1:secret:o"}
CONFIG = "cloudfront.GetDistributionConfig"


def distribution(*headers: tuple[str, str]) -> dict[str, Any]:
    """GetDistributionConfig's answer, with custom headers at the API's origin."""
    items = [{"HeaderName": name, "HeaderValue": value} for name, value in headers]
    origins = [
        {"Id": "site", "DomainName": "site.s3.amazonaws.com", "CustomHeaders": {"Quantity": 0}},
        {
            "Id": "api",
            "DomainName": "a.execute-api.example",
            "CustomHeaders": {"Quantity": len(items), "Items": items},
        },
    ]
    behaviour = {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only"}
    return {
        "DistributionConfig": {
            "CallerReference": "1",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 2, "Items": origins},
            "DefaultCacheBehavior": behaviour,
        }
    }


def secrets(sent: dict[str, Any], known: str = "what-both-know", **parameters: str) -> Diagnosis:
    aws = FakeAWS({CONFIG: sent, "secretsmanager.GetSecretValue": {"SecretString": known}})
    (found,) = origin_secret(aws.client("cloudfront"), aws.client("secretsmanager"), OUTPUTS, parameters)
    return found


def test_one_secret_on_both_sides_is_in_order() -> None:
    assert secrets(distribution(("X-Broadsheet-Origin", "what-both-know"))).level is Level.OK


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (distribution(("x-broadsheet-origin", "what-was-known")), "different secrets"),
        (distribution(("x-other", "what-both-know")), "no secret"),
        (distribution(), "no secret"),
    ],
)
def test_a_secret_that_differs_is_a_fault_and_is_not_shown(sent: dict[str, Any], said: str) -> None:
    found = secrets(sent)
    assert (found.level, said in found.text) == (Level.FAULT, True)
    assert found.repair == "make deploy PARAMETERS=OriginSecretRotation=1"
    assert not [word for word in ("what-both-know", "what-was-known") if word in found.text + found.repair]


def test_the_repair_of_a_secret_continues_the_numbering_of_the_last_one() -> None:
    assert secrets(distribution(), OriginSecretRotation="4").repair.endswith("OriginSecretRotation=5")


# -- newsletter.toml


LOCAL = ROOT / "newsletter.toml"


def deployed(content: Any) -> Diagnosis:
    answer = content if isinstance(content, Exception) else {"Body": io.BytesIO(content)}
    (found,) = deployed_newsletter(FakeAWS({"s3.GetObject": answer}).client("s3"), "the-desk", LOCAL)
    return found


def test_the_newsletter_file_that_was_deployed_is_in_order_comments_aside() -> None:
    content = LOCAL.read_bytes()
    assert [deployed(each).level for each in (content, b"# a comment more\n" + content)] == [Level.OK] * 2


def test_a_newsletter_file_that_says_something_else_is_a_warning() -> None:
    found = deployed(LOCAL.read_bytes().replace(b"The Ninth Bridge", b"The Tenth Bridge"))
    assert (found.level, "not the one on the desk" in found.text) == (Level.WARNING, True)
    assert "changes nothing, whoever uploaded it. make deploy" in found.repair


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied"])
def test_a_newsletter_file_that_s3_does_not_give_is_not_there_or_may_not_be_read(code: str) -> None:
    """Without the right to list, as by DoctorPolicy, S3 answers 403 for a missing object."""
    found = deployed(refused(code))
    assert (found.level, "not on the desk, or may not be read" in found.text) == (Level.FAULT, True)
    assert "make deploy" in found.repair


def test_a_newsletter_file_that_cannot_be_read_is_a_warning() -> None:
    assert deployed(refused("InternalError")).level is Level.WARNING


@pytest.mark.parametrize("content", [b"name = ", b"\xff"])
def test_a_newsletter_file_that_is_broken_is_no_more_than_another_one(content: Any) -> None:
    found = deployed(content)
    assert found.level is Level.WARNING
    assert "make deploy" in found.repair


# -- drift


STACK = "broadsheet"
STATUS, DRIFTS = (
    "cloudformation.DescribeStackDriftDetectionStatus",
    "cloudformation.DescribeStackResourceDrifts",
)
DETECTED = {"StackDriftDetectionId": "d1"}
STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/broadsheet/1"
NOW = "2026-11-30T12:00:00Z"


def a_status(status: str, **more: str) -> dict[str, Any]:
    return {
        "StackId": STACK_ID,
        "StackDriftDetectionId": "d1",
        "DetectionStatus": status,
        "Timestamp": NOW,
        **more,
    }


def a_drift(name: str, status: str, *paths: str) -> dict[str, Any]:
    differences = [
        {"PropertyPath": path, "ExpectedValue": "1", "ActualValue": "2", "DifferenceType": "NOT_EQUAL"}
        for path in paths
    ]
    return {
        "StackId": STACK_ID,
        "LogicalResourceId": name,
        "ResourceType": "AWS::SQS::Queue",
        "StackResourceDriftStatus": status,
        "Timestamp": NOW,
        "PropertyDifferences": differences,
    }


@dataclass
class Detection:
    """CloudFormation detecting drift: how it ends, after how many looks, and what differs."""

    drifts: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=lambda: a_status("DETECTION_COMPLETE"))
    looks: int = 0
    pauses: list[float] = field(default_factory=list)

    def found(self, **answers: Any) -> list[Diagnosis]:
        aws = FakeAWS(
            {
                "cloudformation.DetectStackDrift": DETECTED,
                STATUS: lambda _: self._status(),
                DRIFTS: self._page,
                **answers,
            }
        )
        return drift(aws.client("cloudformation"), STACK, self.pauses.append)

    def _status(self) -> dict[str, Any]:
        if len(self.pauses) < self.looks:
            return a_status("DETECTION_IN_PROGRESS")
        return self.end

    def _page(self, params: dict[str, Any]) -> dict[str, Any]:
        """One a page, so that all pages have to be read."""
        number = int(params.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number + 1 < len(self.drifts) else {}
        return {"StackResourceDrifts": self.drifts[number : number + 1], **more}


def test_a_stack_as_the_template_describes_it_is_in_order() -> None:
    detection = Detection(looks=3)
    assert [one.level for one in detection.found()] == [Level.OK]
    assert len(detection.pauses) == 3


def test_a_manually_changed_resource_is_named_and_a_deleted_one_is_a_fault() -> None:
    drifts = [
        a_drift("DeskQueue", "MODIFIED", "/VisibilityTimeout", "/DelaySeconds"),
        a_drift("Alarms", "DELETED"),
    ]
    changed, gone = Detection(drifts).found()
    assert (changed.level, changed.text) == (
        Level.WARNING,
        "DeskQueue was changed by hand: /DelaySeconds, /VisibilityTimeout",
    )
    assert (gone.level, gone.text) == (Level.FAULT, "Alarms is gone")
    assert changed.repair
    assert gone.repair


def test_a_detection_that_may_not_read_everything_says_so_after_what_it_found() -> None:
    end = a_status("DETECTION_FAILED", DetectionStatusReason="AddressKey: access denied")
    changed, in_part = Detection([a_drift("DeskQueue", "MODIFIED", "/Tags")], end).found()
    assert changed.text.startswith("DeskQueue")
    assert (in_part.level, "AddressKey: access denied" in in_part.text) == (Level.WARNING, True)
    assert "With DoctorPolicy alone this is always so" in in_part.repair
    assert "whoever deploys" in in_part.repair


def test_a_drift_detection_that_does_not_end_is_given_up() -> None:
    detection = Detection(looks=MOST_LOOKS + 1)
    (found,) = detection.found()
    assert (found.level, "could not be checked" in found.text) == (Level.WARNING, True)
    assert len(detection.pauses) == MOST_LOOKS


@pytest.mark.parametrize(
    "error", [refused("InvalidAction"), refused("AccessDenied"), ReadTimeoutError(endpoint_url="https://a")]
)
def test_an_engine_that_detects_no_drift_is_a_warning(error: Exception) -> None:
    (found,) = Detection().found(**{"cloudformation.DetectStackDrift": error})
    assert (found.level, "could not be checked" in found.text) == (Level.WARNING, True)
