"""What real AWS asks of the template, and no local engine shows.

Each test would have found a broken deployment. The facts are documented with the tests; test_roles.py checks
what a role may send.
"""

import json
import re
from typing import Any

import pytest

from broadsheet.retention import PENDING
from tests import template_rules as rules
from tests.from_template import the_template
from tests.policies import holds, resolved, with_parameters
from tests.template_rules import Template, of_type

ABOUT_READERS = {  # whose times show that somebody signed up, left, bounced or complained
    "SubscribeFunction",
    "ProcessSignupFunction",
    "ConfirmSubscriptionFunction",
    "ManageSubscriptionFunction",
    "UnsubscribeFunction",
    "RecordFeedbackFunction",
}
NEW_ACCOUNT_CONCURRENCY = 10  # Source: Lambda quotas; new accounts begin below the usual thousand
MOST_ALARMS = 18
FIVE_MINUTES_SECONDS = 300
AGE = "ApproximateAgeOfOldestMessage"


@pytest.fixture(scope="module")
def template() -> Template:
    return the_template()


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return dict(of_type(template, "AWS::CloudWatch::Alarm"))


# -- mail


def test_no_bounce_is_mailed_to_the_sender(template: Template) -> None:
    """Source: SES API, FeedbackAttributes: on by default, with the recipient's address in clear."""
    identities = dict(of_type(template, "AWS::SES::EmailIdentity"))
    assert {name: one["FeedbackAttributes"] for name, one in identities.items()} == {
        "MailIdentity": {"EmailForwardingEnabled": False}
    }


def test_bounces_return_to_a_subdomain_so_that_spf_aligns(template: Template) -> None:
    """Source: SES Developer Guide, custom MAIL FROM domain: a subdomain that nothing else is sent from."""
    attributes = template["Resources"]["MailIdentity"]["Properties"]["MailFromAttributes"]
    deployed = with_parameters(template, MailDomain="news.example.org")
    assert resolved(deployed, attributes) == {
        "MailFromDomain": "bounce.news.example.org",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }


def test_events_that_sns_could_not_deliver_go_to_a_dead_letter_queue(template: Template) -> None:
    """Nothing else records who bounced, since SES's own suppression list is off."""
    resources = template["Resources"]
    letters = {"Fn::GetAtt": ["FeedbackDeadLetters", "Arn"]}
    subscription = resources["FeedbackSubscription"]["Properties"]
    assert resolved(template, subscription["RedrivePolicy"]["deadLetterTargetArn"]) == resolved(
        template, letters
    )
    (statement,) = resources["FeedbackQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert resolved(template, letters) in resolved(template, statement["Resource"])


# -- concurrency and chains


def test_workers_leave_room_for_endpoints_and_the_sweep_in_a_new_account(template: Template) -> None:
    """Source: Lambda, SQS scaling: without a maximum a mapping takes all; two is the least."""
    most = {
        mapping: int(resolved(template, properties["ScalingConfig"]["MaximumConcurrency"]))
        for mapping, _, _, properties in rules.mappings(template)
    }
    assert all(number >= 2 for number in most.values())
    assert sum(most.values()) <= NEW_ACCOUNT_CONCURRENCY - 2


def test_sign_ups_in_the_dead_letter_queue_are_kept_as_long_as_they_can_still_be_processed(
    template: Template,
) -> None:
    """Source: SQS, dead-letter queues: a message keeps the time at which it was first enqueued."""
    kept = template["Resources"]["SignupDeadLetters"]["Properties"]["MessageRetentionPeriod"]
    assert kept == PENDING.total_seconds()
    assert "two days" in alarms(template)["SignupDeadLettersAlarm"]["AlarmDescription"]


# -- traces


def test_no_trace_reveals_when_a_reader_did_something(template: Template) -> None:
    """Source: X-Ray keeps traces for 30 days."""
    traced = {name for name, one in rules.functions(template).items() if one["Tracing"] == "Active"}
    assert traced & ABOUT_READERS == set()


# -- the way in


def test_the_cdn_has_a_stage_of_its_own_whose_name_no_stranger_knows(template: Template) -> None:
    """Each stage has its own throttle: calls to the API's public address use up none of readers'."""
    stages = dict(of_type(template, "AWS::ApiGatewayV2::Stage"))
    limits = {name: one["DefaultRouteSettings"]["ThrottlingRateLimit"] for name, one in stages.items()}
    assert limits == {"HttpApiStage": 5, "CdnStage": 50, "LeaveStage": 50}
    assert stages["HttpApiStage"]["StageName"] == "$default"
    assert "AWS::StackId" in json.dumps(stages["CdnStage"]["StageName"])
    origins = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    paths = {one["Id"]: one.get("OriginPath") for one in origins}
    assert paths == {
        "site": None,
        "api": {"Fn::Sub": "/${CdnStage}"},
        "leaving": {"Fn::Sub": "/${LeaveStage}"},
    }


def test_a_new_origin_secret_is_looked_up_again_for_the_cdn(template: Template) -> None:
    """Source: CloudFormation resolves a dynamic reference again only where its text has changed."""
    secret = template["Resources"]["OriginSecret"]["Properties"]
    assert "OriginSecretRotation" in json.dumps(secret["Name"])
    origins = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    (header,) = next(one for one in origins if one["Id"] == "api")["OriginCustomHeaders"]
    assert "${OriginSecret}" in header["HeaderValue"]["Fn::Sub"]


def test_what_is_not_cached_promises_no_compression(template: Template) -> None:
    """Source: CloudFront compresses only what its cache policy lets it keep."""
    config = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    uncached = [b for b in config["CacheBehaviors"] if b["CachePolicyId"] == rules.NOT_CACHED]
    assert [behaviour.get("Compress", False) for behaviour in uncached] == [False] * 3


@pytest.mark.parametrize(
    ("domain", "certificate", "is_accepted"),
    [
        ("", "", True),
        ("news.example.org", "arn:aws:acm:us-east-1:123456789012:certificate/1", True),
        ("news.example.org", "", False),
    ],
)
def test_a_domain_without_its_certificate_is_refused_before_anything_is_created(
    domain: str,
    certificate: str,
    is_accepted: bool,  # noqa: FBT001  # a column
    template: Template,
) -> None:
    asked = with_parameters(template, DomainName=domain, CertificateArn=certificate)
    (assertion,) = template["Rules"]["DomainHasItsCertificate"]["Assertions"]
    assert holds(asked, assertion["Assert"]) is is_accepted
    assert rules.expanded(template)["Rules"] == template["Rules"]


@pytest.mark.parametrize(
    ("domain", "others", "is_accepted", "aliases"),
    [
        ("", "", True, None),
        ("news.example.org", "", True, ["news.example.org"]),
        (
            *("news.example.org", "www.example.org,old.example.net", True),
            ["news.example.org", "www.example.org", "old.example.net"],
        ),
        ("", "www.example.org", False, None),
    ],
)
def test_the_cdn_has_the_other_names_beside_the_first(
    domain: str,
    others: str,
    is_accepted: bool,  # noqa: FBT001  # a column
    aliases: list[str] | None,
    template: Template,
) -> None:
    asked = with_parameters(template, DomainName=domain, OtherDomainNames=others)
    (assertion,) = template["Rules"]["OtherNamesHaveTheFirst"]["Assertions"]
    assert holds(asked, assertion["Assert"]) is is_accepted
    if is_accepted:
        config = asked["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
        assert resolved(asked, {"Aliases": config["Aliases"]}).get("Aliases") == aliases


@pytest.mark.parametrize(
    ("names", "is_accepted"),
    [
        *((names, True) for names in ("", "www.example.org", "a.example.org,b-c.example.net")),
        *(
            (names, False)
            for names in ("www", "a.org,", "a.org, b.org", "*.a.org", "a.org;b.org", "A.org", "'.a.org")
        ),
    ],
)
def test_other_names_are_names_of_hosts(names: str, is_accepted: bool, template: Template) -> None:  # noqa: FBT001
    pattern = template["Parameters"]["OtherDomainNames"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, names)) is is_accepted


# -- alarms


def test_there_are_few_enough_alarms_and_somebody_hears_each(template: Template) -> None:
    found = alarms(template)
    assert len(found) <= MOST_ALARMS
    assert {name for name, alarm in found.items() if alarm["AlarmActions"] != [{"Ref": "Alarms"}]} == set()


def test_every_alarm_says_what_to_do(template: Template) -> None:
    advice = re.compile(
        r"(\b(Read|Look|Check|Pause|Deploy|deploy|raise|redrive|find out)\b|`broadsheet \w+`)"
    )
    silent = {n for n, a in alarms(template).items() if not advice.search(a["AlarmDescription"])}
    assert silent == set()
    assert {n for n, a in alarms(template).items() if len(a["AlarmDescription"]) > 1024} == set()


def test_a_sweep_that_does_not_run_is_an_alarm_though_it_reports_nothing(template: Template) -> None:
    """Source: Lambda, metrics: a function that is throttled or whose schedule is off counts no error."""
    alarm = alarms(template)["SweepSilentAlarm"]
    assert (alarm["MetricName"], alarm["Dimensions"]) == (
        "Invocations",
        [{"Name": "FunctionName", "Value": {"Ref": "SweepFunction"}}],
    )
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == FIVE_MINUTES_SECONDS


def test_messages_that_grow_old_are_an_alarm_in_every_queue_but_that_of_mailings(template: Template) -> None:
    """The sweep watches waiting deliveries, since it knows the rate limit that they may be waiting for."""
    queues = {queue for _, queue, _, _ in rules.mappings(template)}
    aging = {
        queue
        for metrics in rules.watched(template).values()
        for metric in metrics
        if metric["MetricName"] == AGE
        for queue in rules.named(metric["Dimensions"])
    }
    assert queues - aging == {"DeliveryQueue"}


def test_chains_that_lambda_drops_are_an_alarm(template: Template) -> None:
    allowed = {name for name, one in rules.functions(template).items() if one.get("RecursiveLoop") == "Allow"}
    watched = {
        function
        for metric in rules.watched(template)["LoopsDroppedAlarm"]
        for function in rules.named(metric["Dimensions"])
    }
    assert watched == allowed


def test_endpoints_that_fail_or_are_throttled_and_ses_near_its_limits_are_alarms(template: Template) -> None:
    """Source: API Gateway answers 5xx where a function fails or is throttled; SES reviews at 5 and 0.1 %."""
    found = alarms(template)
    assert found["EndpointsFailAlarm"]["MetricName"] == "5xx"
    assert found["BouncesAlarm"]["Threshold"] < 0.05
    assert found["ComplaintsAlarm"]["Threshold"] < 0.001


def test_an_expression_of_an_alarm_names_the_metrics_beside_it(template: Template) -> None:
    for name, alarm in alarms(template).items():
        for each in alarm.get("Metrics", []):
            if "Expression" in each:
                ids = {one["Id"] for one in alarm["Metrics"] if one is not each}
                used = set(re.findall(r"\b[a-z]\w*\b", each["Expression"]))
                assert used == ids or (not used and "METRICS()" in each["Expression"]), name


def test_the_dashboard_shows_no_sign_ups_by_the_minute(template: Template) -> None:
    """An observer of a reader's connection could compare its minutes with ours."""
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", "name", body))["widgets"]
    assert len(widgets) == 6
    shown = set(re.findall(r"\$\{(\w+)", body))
    assert shown & (ABOUT_READERS - {"RecordFeedbackFunction"}) == set()
    assert shown & {"SignupQueue", "SignupDeadLetters"} == set()
    assert shown - {"AWS"} <= set(template["Resources"])


# -- sizes, and what can't be changed

MOST_OF_A_POLICY = 6_144  # Source: IAM and STS quotas; white space is not counted
MOST_OF_A_FUNCTIONS_DESCRIPTION = 256  # Source: Lambda API, CreateFunction
MOST_OF_AN_ALARMS_DESCRIPTION = 1_024  # Source: CloudWatch API, PutMetricAlarm
LONGEST_NAME = 100  # an ARN with the stack's name, a logical id and CloudFormation's suffix
LONGEST_PSEUDO = 20  # a region, an account
DESCRIBED_FOR_GOOD = {
    "OperatorPolicy": (
        "What the broadsheet command needs besides deploying. Attach it to whoever runs the "
        "newsletter; it opens addresses."
    ),
    "RecoverPolicy": (
        "What `broadsheet recover` needs. Give it to somebody whose laptop is not the one that could be in "
        "wrong hands."
    ),
    "EditorPolicy": (
        "What an editor needs on the desk - to lay, read, list and delete issues and drafts, and to "
        "read reports."
    ),
    "ContributorPolicy": (
        "What a contributor needs on the desk - to lay drafts, which are seen by nobody but who is "
        "given their address, and to read their reports."
    ),
    "DoctorPolicy": (
        "What broadsheet doctor looks at. It reads settings and the origin's secret, and no reader's data."
    ),
    "RoundTripPolicy": (
        "What broadsheet doctor --round-trip needs besides DoctorPolicy. It mails SES's mailbox "
        "simulator and nobody else."
    ),
    "RestorePolicy": (
        "What `broadsheet restore` needs. Attach it to whoever repairs tables, for as long as that "
        "takes; the copies hold the whole list."
    ),
    "VerifyPolicy": (
        "What `broadsheet verify` needs - to lay and clear away its own drafts, and to see what came "
        "back of its own mails. It reads nothing of readers."
    ),
}


def at_its_longest(value: Any) -> Any:
    """A part of the template with names as long as they get where it is deployed."""
    if isinstance(value, list):
        return [at_its_longest(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        filled = re.sub(r"\$\{AWS::[^}]+\}", "x" * LONGEST_PSEUDO, value["Fn::Sub"])
        return re.sub(r"\$\{[^}]+\}", "x" * LONGEST_NAME, filled)
    if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        return "x" * LONGEST_NAME
    return {key: at_its_longest(inner) for key, inner in value.items()}


def test_every_managed_policy_is_short_enough_for_iam(template: Template) -> None:
    policies = dict(of_type(template, "AWS::IAM::ManagedPolicy"))
    documents = {name: json.dumps(at_its_longest(one["PolicyDocument"])) for name, one in policies.items()}
    sizes = {name: len("".join(document.split())) for name, document in documents.items()}
    assert len(sizes) == len(DESCRIBED_FOR_GOOD)
    assert {name: size for name, size in sizes.items() if size > MOST_OF_A_POLICY} == {}


def test_descriptions_are_short_enough_for_lambda_and_cloudwatch(template: Template) -> None:
    of_functions = {name: len(one["Description"]) for name, one in rules.functions(template).items()}
    of_alarms = {name: len(one["AlarmDescription"]) for name, one in alarms(template).items()}
    assert max(of_functions.values()) <= MOST_OF_A_FUNCTIONS_DESCRIPTION
    assert max(of_alarms.values()) <= MOST_OF_AN_ALARMS_DESCRIPTION


def test_managed_policies_are_described_as_they_were_deployed(template: Template) -> None:
    """A better wording leaves operators behind: IAM can't change a description, so CloudFormation replaces
    the policy, and can't delete the old one while it is attached to an operator, who keeps the old rights.

    Source: CloudFormation template reference, AWS::IAM::ManagedPolicy, Description: replacement; IAM API,
    DeletePolicy: it must be detached first. Only a new policy adds a line here.
    """
    described = {name: one["Description"] for name, one in of_type(template, "AWS::IAM::ManagedPolicy")}
    assert described == DESCRIBED_FOR_GOOD


def test_sign_ups_cannot_use_up_what_leaving_may(template: Template) -> None:
    """Each stage, and each route with settings of its own, has a bucket of its own."""
    distribution = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    first = {one["PathPattern"]: one["TargetOriginId"] for one in reversed(distribution["CacheBehaviors"])}
    order = [one["PathPattern"] for one in distribution["CacheBehaviors"]]
    assert (first["/api/unsubscribe"], first["/api/*"]) == ("leaving", "api")
    assert order.index("/api/unsubscribe") < order.index("/api/*")  # the first that fits is taken
    own = template["Resources"]["HttpApiStage"]
    assert list(own["Properties"]["RouteSettings"]) == ["ANY /api/unsubscribe"]
    assert own["DependsOn"] == "UnsubscribeRoute"  # else API Gateway may not find the route
