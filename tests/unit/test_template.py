"""The template keeps the house rules; and each rule sees a template that breaks it."""

import copy
import json
import runpy
from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.settings import MissingSettingError
from infrastructure.build import ROOT
from tests import template_rules as rules
from tests.from_template import ENVIRONMENT, the_template
from tests.template_rules import Properties, Template

THE_LOGGERS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
SENDS_MAIL = {
    (f"ses:{verb}", target)
    for verb in ("SendEmail", "SendRawEmail")
    for target in ("MailDomain", "MailConfigurationSet")
}
FUNCTIONS = sorted(rules.functions(the_template()))


@pytest.fixture(scope="module")
def template() -> Template:
    return the_template()


@pytest.fixture(scope="module")
def expanded(template: Template) -> Template:
    return rules.expanded(template)


def folders() -> set[str]:
    return {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}


# -- the whole


def test_cfn_lint_finds_nothing_in_the_template() -> None:
    assert rules.linted((ROOT / "template.yaml").read_text(encoding="utf-8")) == []


def test_cfn_lint_finds_nothing_in_what_sam_makes_of_it(expanded: Template) -> None:
    assert rules.linted(json.dumps(expanded)) == []


# -- functions


def test_every_function_has_its_folder_and_every_folder_its_function(template: Template) -> None:
    assert rules.folders_differ(template, folders()) == []


def test_every_function_says_what_triggers_it_and_what_it_does(template: Template) -> None:
    assert rules.vague_descriptions(template) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_sample_event(function: str) -> None:
    assert list((ROOT / "events" / rules.snake(function)).glob("*.json"))


def test_every_sample_event_belongs_to_a_function_and_is_json(template: Template) -> None:
    known = {rules.snake(function) for function in rules.functions(template)}
    files = sorted((ROOT / "events").rglob("*.*"))
    assert {file.parent.name for file in files} == known
    assert all(isinstance(json.loads(file.read_text(encoding="utf-8")), dict) for file in files)


# -- variables


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_can_be_composed_with_what_the_template_sets_and_nothing_else(
    function: str, template: Template, only: Callable[[dict[str, str]], None]
) -> None:
    only(rules.example_values(template, function))
    assert callable(composed(function)["handler"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_variable_is_set_without_being_read(
    function: str, template: Template, only: Callable[[dict[str, str]], None]
) -> None:
    values = rules.example_values(template, function)
    own = template["Resources"][function]["Properties"]["Environment"]["Variables"]
    in_vain = [name for name in own if not missed(function, values, name, only)]
    assert in_vain == []


def test_no_variable_of_all_functions_is_set_without_being_read(
    template: Template, only: Callable[[dict[str, str]], None]
) -> None:
    shared = set(template["Globals"]["Function"]["Environment"]["Variables"]) - THE_LOGGERS
    values = {function: rules.example_values(template, function) for function in FUNCTIONS}
    readers = {name: [f for f in FUNCTIONS if missed(f, values[f], name, only)] for name in shared}
    assert shared == {"BROADSHEET_ORIGIN"}
    assert set(FUNCTIONS) - set(readers["BROADSHEET_ORIGIN"]) == {
        "RecordFeedbackFunction",
        "MakeKeysFunction",
        "ResealListFunction",
    }


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Sets these variables and unsets all others of the template. No client makes a call."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    every = {name for function in FUNCTIONS for name in rules.variables(the_template(), function)}

    def set_only(values: dict[str, str]) -> None:
        for name in every:
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_only


def composed(function: str) -> dict[str, Any]:
    """The names in the function's module."""
    return runpy.run_path(str(ROOT / "functions" / rules.snake(function) / "app.py"))


def missed(function: str, values: dict[str, str], name: str, only: Callable[[dict[str, str]], None]) -> bool:
    """Whether the function can't be composed without this variable, and says which it misses."""
    only({key: value for key, value in values.items() if key != name})
    try:
        composed(function)
    except MissingSettingError as error:
        return name in str(error)
    return False


# -- queues


def test_every_queue_has_a_dead_letter_queue_of_its_name(template: Template) -> None:
    assert rules.queues_without_dead_letters(template) == []


def test_dead_letters_are_kept_as_long_as_possible(template: Template) -> None:
    assert rules.short_lived_dead_letters(template) == []


def test_every_dead_letter_queue_has_an_alarm(template: Template) -> None:
    assert rules.silent_dead_letters(template) == []


def test_a_message_stays_hidden_for_six_timeouts(template: Template) -> None:
    assert rules.short_visibility(template) == []


def test_one_bad_message_does_not_bring_its_batch_back(template: Template) -> None:
    assert rules.mappings_without_partial_failures(template) == []


def test_every_queue_is_read_by_a_function(template: Template) -> None:
    read = {queue for _, queue, _, _ in rules.mappings(template)}
    queues = {queue for queue, _ in rules.of_type(template, "AWS::SQS::Queue")}
    assert {queue for queue in queues if not queue.endswith(rules.DEAD_LETTERS)} == read


def test_every_queue_is_encrypted(template: Template) -> None:
    assert rules.unencrypted_queues(template) == []


# -- rights


def test_no_statement_has_a_wildcard_resource(template: Template) -> None:
    assert rules.wildcard_resources(template) == []


def test_no_statement_allows_every_action(template: Template) -> None:
    assert rules.wildcard_actions(template) == []


def test_every_statement_names_its_purpose(template: Template) -> None:
    assert rules.statements_without_sid(template) == []


def test_the_public_function_may_count_seal_and_queue_and_nothing_else(template: Template) -> None:
    assert rules.rights(template, "SubscribeFunction") == {
        ("kms:Encrypt", "AddressKey"),
        ("sqs:SendMessage", "SignupQueue"),
        ("secretsmanager:GetSecretValue", "OriginSecret"),
        ("dynamodb:UpdateItem", "LimitsTable"),
        *((f"dynamodb:{verb}", "SaltTable") for verb in ("GetItem", "PutItem", "DeleteItem")),
    }


def test_functions_with_limits_see_only_their_own_counters(template: Template) -> None:
    assert rules.counters(template) == {
        ("SubscribeFunction", "CountNetwork"): ["network#*"],
        ("ProcessSignupFunction", "LimitMails"): ["address#*", "record#*", "budget#*"],
        ("ConfirmSubscriptionFunction", "NoteThatTheirFormerAddressIsGone"): ["address#*"],
        ("UnsubscribeFunction", "NoteThatTheyAreGone"): ["address#*", "gone#*"],
        ("UnsubscribeFunction", "ForgetWhenTheirRecordWasMailed"): ["record#*"],
        ("ManageSubscriptionFunction", "CountNetwork"): ["network#*"],
        ("ManageSubscriptionFunction", "NoteThatTheyAreGone"): ["address#*", "gone#*"],
        ("ManageSubscriptionFunction", "ForgetWhenTheirRecordWasMailed"): ["record#*"],
        ("SweepFunction", "EndSaltsOfEarlierReleases"): ["salt#*"],
        ("SweepFunction", "ReportSignUps"): ["budget#*", "signups#*"],
        ("RecordFeedbackFunction", "KeepOutOfBackups"): ["gone#*"],
        ("OperatorPolicy", "DropQueuedWork"): ["address#*", "record#*"],
        ("RestorePolicy", "KnowWhoIsGone"): ["address#*", "gone#*"],
    }


def test_the_sign_up_worker_may_make_its_own_calls_and_nothing_else(template: Template) -> None:
    queue = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "SendMessage")
    assert rules.rights(template, "ProcessSignupFunction") == {
        *((f"sqs:{verb}", "SignupQueue") for verb in queue),
        *(("kms:Decrypt", key) for key in ("AddressKey", "LinkKey")),
        ("kms:GenerateMac", "FingerprintKey"),
        ("dynamodb:GetItem", "KeysTable"),
        *((f"dynamodb:{verb}", "SubscribersTable") for verb in ("GetItem", "PutItem", "ConditionCheckItem")),
        *((f"dynamodb:{verb}", "FingerprintsTable") for verb in ("GetItem", "PutItem")),
        *((f"dynamodb:{verb}", "LimitsTable") for verb in ("GetItem", "PutItem", "UpdateItem")),
        *SENDS_MAIL,
    }


def test_the_confirm_function_may_queue_the_welcome_and_write_one_subscriber(template: Template) -> None:
    assert rules.rights(template, "ConfirmSubscriptionFunction") == {
        ("secretsmanager:GetSecretValue", "OriginSecret"),
        ("sqs:SendMessage", "SignupQueue"),
        ("kms:Decrypt", "LinkKey"),
        ("dynamodb:GetItem", "KeysTable"),
        *(
            (f"dynamodb:{verb}", "SubscribersTable")
            for verb in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
        ),
        *((f"dynamodb:{verb}", "FingerprintsTable") for verb in ("UpdateItem", "DeleteItem")),
        ("dynamodb:UpdateItem", "LimitsTable"),
    }


def test_the_unsubscribe_function_may_delete_one_subscriber_and_record_it(template: Template) -> None:
    assert rules.rights(template, "UnsubscribeFunction") == {
        ("kms:Decrypt", "LinkKey"),
        ("dynamodb:GetItem", "KeysTable"),
        *((f"dynamodb:{verb}", "SubscribersTable") for verb in ("GetItem", "DeleteItem")),
        *((f"dynamodb:{verb}", "FingerprintsTable") for verb in ("DeleteItem", "PutItem")),
        *((f"dynamodb:{verb}", "LimitsTable") for verb in ("UpdateItem", "DeleteItem")),
    }


def test_the_api_gets_only_the_visitor_data_that_it_needs_and_only_from_the_cdn(template: Template) -> None:
    assert rules.told_to_the_api(template) == []


def test_publishing_may_make_its_own_calls_and_nothing_else(template: Template) -> None:
    assert rules.rights(template, "PublishIssueFunction") == {
        *((f"sqs:{verb}", "DeskQueue") for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")),
        ("sqs:SendMessage", "DeskQueue"),
        *((f"s3:{verb}", "DeskBucket") for verb in ("ListBucket", "GetObject", "PutObject")),
        *((f"s3:{verb}ObjectTagging", "DeskBucket") for verb in ("Put", "Delete")),
        *((f"s3:{verb}", "SiteBucket") for verb in ("ListBucket", "GetObject", "PutObject", "DeleteObject")),
        *((f"dynamodb:{v}", "RegisterTable") for v in ("GetItem", "PutItem", "UpdateItem", "Query")),
        ("dynamodb:DeleteItem", "RegisterTable"),
        *((f"dynamodb:{verb}", "LedgerTable") for verb in ("GetItem", "UpdateItem")),
        ("scheduler:CreateSchedule", "MailingSchedules"),
        ("scheduler:UpdateSchedule", "MailingSchedules"),
        ("iam:PassRole", "ScheduleRole"),
        *SENDS_MAIL,
    }


def test_publishing_reads_texts_and_revisions_and_writes_of_what_editors_wrote_pictures_alone(
    template: Template,
) -> None:
    on_desk = {
        (action, resource["Fn::Sub"].partition("}/")[2])
        for owner, statement in rules.statements(template)
        if owner == "PublishIssueFunction"
        for action in rules.as_list(statement["Action"])
        for resource in rules.as_list(statement["Resource"])
        if "Fn::Sub" in resource and rules.named(resource) == {"DeskBucket"}
    }
    assert on_desk == {
        *(("s3:GetObject", f"{folder}/*") for folder in ("issues", "drafts", "revisions")),
        ("s3:GetObject", "newsletter.toml"),  # to compare it
        *(("s3:PutObject", f"{folder}/*") for folder in ("reports", "revisions")),
        ("s3:PutObject", "issues/*/images/*"),  # a picture without what its original carried
        *((f"s3:{verb}ObjectTagging", "revisions/*") for verb in ("Put", "Delete")),  # so that they expire
    }


def test_nobody_lists_a_whole_bucket(template: Template) -> None:
    assert rules.lists_of_whole_buckets(template) == []


def test_every_change_of_the_desk_is_an_event_but_what_we_write_there(template: Template) -> None:
    """Source: EventBridge user guide, "Anything-but (begins with)": it takes one prefix."""
    assert rules.heard_from_the_desk(template) == ["not reports/*.html", "not revisions/*/*"]
    written = {
        resource["Fn::Sub"].partition("}/")[2]
        for owner, statement in rules.statements(template)
        if owner in ("PublishIssueFunction", "SweepFunction")
        and {"s3:PutObject", "s3:DeleteObject"} & {*rules.as_list(statement["Action"])}
        for resource in rules.as_list(statement["Resource"])
        if "Fn::Sub" in resource and rules.named(resource) == {"DeskBucket"}
    }
    heard = {place for place in written if not place.startswith("re")}
    assert heard == {"issues/*/images/*", "drafts/1970-01-05-verify-*"}  # whose folder needs no work then


@pytest.mark.parametrize("function", FUNCTIONS)
def test_sam_adds_logging_and_tracing_and_nothing_else(function: str, expanded: Template) -> None:
    written = rules.rights(the_template(), function)
    assert rules.rights(expanded, f"{function}Role") == written
    assert rules.managed_policies(expanded, function) <= set(rules.ADDED_BY_SAM)


def test_links_find_nobody_and_open_nothing(template: Template) -> None:
    assert rules.rights_too_many_for_links(template) == []


def test_only_those_that_mail_and_the_operator_can_open_addresses(template: Template) -> None:
    assert rules.addresses_opened_by(template) == rules.OPENS_ADDRESSES | {"OperatorPolicy"}


def test_the_operator_s_key_policy_covers_the_list_and_no_sign_up(template: Template) -> None:
    held = rules.rights(template, "OperatorPolicy")
    assert {action for action, target in held if target == "SubscribersTable"} == {
        f"dynamodb:{verb}" for verb in ("GetItem", "Query", "PutItem", "DeleteItem")
    }
    (opens,) = [s for owner, s in rules.statements(template) if s.get("Sid") == "OpenAndSealAddresses"]
    assert opens["Condition"]["StringEquals"] == {"kms:EncryptionContext:purpose": "address"}
    assert not {target for _, target in held} & {"LinkKey", "SignupQueue", "FeedbackQueue", "OriginSecret"}


# -- what is kept


def test_stateful_resources_survive_the_stack(template: Template) -> None:
    assert rules.unretained(template) == []


def test_tables_can_be_restored_and_forget_what_expires(template: Template) -> None:
    assert rules.careless_tables(template) == []


def test_buckets_are_closed_encrypted_versioned_and_take_tls_only(template: Template) -> None:
    assert rules.open_buckets(template) == []


def test_previews_expire_and_nothing_else_that_is_current(template: Template) -> None:
    assert rules.careless_lifecycles(template) == []


def test_nothing_has_a_physical_name(template: Template) -> None:
    assert rules.physical_names(template) == []


# -- mail and web


def test_mail_is_sent_by_tls_and_tracks_nobody(template: Template) -> None:
    assert rules.tracking_or_plain_mail(template) == []


def test_site_and_api_send_the_security_headers_and_missing_pages_are_404(template: Template) -> None:
    assert rules.weak_distribution(template) == []


def test_every_folder_of_the_site_has_its_page(template: Template) -> None:
    assert rules.folders_without_pages(template) == []


def test_pages_may_run_nothing_and_load_nothing_from_elsewhere(template: Template) -> None:
    assert rules.weak_headers(template) == []


def test_each_endpoint_reaches_its_function(template: Template) -> None:
    assert rules.closed_doors(template) == []


# -- the rules can fail


def test_functions_that_enqueue_for_themselves_may_loop_and_no_others(template: Template) -> None:
    assert rules.unlike_their_loops(template) == []


def test_the_queues_leave_room_for_endpoints_and_sweep_in_a_new_account(template: Template) -> None:
    assert rules.crowding_mappings(template) == []


def own(template: Template, logical_id: str) -> Properties:
    properties: Properties = template["Resources"][logical_id]["Properties"]
    return properties


def statement(template: Template, function: str, sid: str) -> dict[str, Any]:
    (policy,) = own(template, function)["Policies"]
    found: dict[str, Any] = next(s for s in policy["Statement"] if s["Sid"] == sid)
    return found


def arn(logical_id: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def behaviour(template: Template, path: str) -> dict[str, Any]:
    behaviours = own(template, "Distribution")["DistributionConfig"]["CacheBehaviors"]
    found: dict[str, Any] = next(one for one in behaviours if one["PathPattern"] == path)
    return found


def lifecycle(template: Template, bucket: str, rule_id: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = own(template, bucket)["LifecycleConfiguration"]["Rules"]
    return next(rule for rule in found if rule["Id"] == rule_id)


def policy(template: Template, headers: str) -> dict[str, Any]:
    config = own(template, headers)["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    found: dict[str, Any] = config["ContentSecurityPolicy"]
    return found


BREAKAGES: list[tuple[Callable[[Template], list[str]], Callable[[Template], object], list[str]]] = [
    (
        lambda t: rules.folders_differ(t, {"sweep", "polish"}),
        lambda t: own(t, "SweepFunction").update(CodeUri="functions/clean"),
        ["SweepFunction has its code in functions/clean", "functions/polish is in no template"],
    ),
    (
        rules.vague_descriptions,
        lambda t: own(t, "SweepFunction").update(Description="Sweeps."),
        ["SweepFunction: Sweeps."],
    ),
    (
        rules.queues_without_dead_letters,
        lambda t: own(t, "DeskQueue").pop("RedrivePolicy"),
        ["DeskQueue has no dead-letter queue of its name"],
    ),
    (
        rules.queues_without_dead_letters,
        lambda t: own(t, "DeskQueue")["RedrivePolicy"].update(maxReceiveCount=1),
        ["DeskQueue gives up after 1 tries"],
    ),
    (
        rules.short_lived_dead_letters,
        lambda t: own(t, "DeskDeadLetters").pop("MessageRetentionPeriod"),
        ["DeskDeadLetters keeps its messages for None s"],
    ),
    (
        rules.silent_dead_letters,
        lambda t: own(t, "DeskDeadLettersAlarm").pop("AlarmActions"),
        ["nobody hears of DeskDeadLetters"],
    ),
    (
        rules.short_visibility,
        lambda t: own(t, "SignupQueue").update(VisibilityTimeout=119),
        ["SignupQueue: 119 s are less than 6 x 20 s of ProcessSignupFunction"],
    ),
    (
        rules.mappings_without_partial_failures,
        lambda t: own(t, "DeliverChunkMapping").pop("FunctionResponseTypes"),
        ["DeliverChunkMapping of DeliveryQueue"],
    ),
    (
        rules.unencrypted_queues,
        lambda t: own(t, "FeedbackQueue").pop("SqsManagedSseEnabled"),
        ["FeedbackQueue"],
    ),
    (
        rules.wildcard_resources,
        lambda t: statement(t, "SubscribeFunction", "SealAddress").update(Resource="*"),
        ["SubscribeFunction: SealAddress"],
    ),
    (
        rules.wildcard_actions,
        lambda t: statement(t, "SubscribeFunction", "SealAddress").update(Action="kms:*"),
        ["SubscribeFunction: kms:*"],
    ),
    (
        rules.statements_without_sid,
        lambda t: statement(t, "SubscribeFunction", "QueueSignUp").pop("Sid"),
        ["SubscribeFunction: sqs:SendMessage"],
    ),
    (
        rules.rights_too_many_for_links,
        lambda t: statement(t, "UnsubscribeFunction", "DeleteOne").update(Action="dynamodb:Scan"),
        ["UnsubscribeFunction: dynamodb:Scan on SubscribersTable"],
    ),
    (
        rules.unretained,
        lambda t: t["Resources"]["AddressKey"].pop("DeletionPolicy"),
        ["AddressKey: DeletionPolicy"],
    ),
    (
        rules.careless_tables,
        lambda t: own(t, "FingerprintsTable").pop("TimeToLiveSpecification"),
        ["FingerprintsTable: time to live"],
    ),
    (
        rules.careless_tables,
        lambda t: own(t, "LimitsTable").update(DeletionProtectionEnabled=True),
        ["LimitsTable: deletion protection"],
    ),
    (
        rules.unretained,
        lambda t: t["Resources"]["LimitsTable"].update(DeletionPolicy="Retain"),
        ["LimitsTable: DeletionPolicy"],
    ),
    (
        rules.told_to_the_api,
        lambda t: own(t, "ApiRequests")["OriginRequestPolicyConfig"].update(
            HeadersConfig={"HeaderBehavior": "allViewer"}
        ),
        ["ApiRequests: passes on {'HeaderBehavior': 'allViewer'}"],
    ),
    (
        rules.told_to_the_api,
        lambda t: own(t, "Distribution")["DistributionConfig"]["Origins"][1].pop("OriginCustomHeaders"),
        ["Distribution: the API can't know the CDN"],
    ),
    (
        rules.told_to_the_api,
        lambda t: behaviour(t, "/api/*").pop("OriginRequestPolicyId"),
        ["Distribution: /api/* passes on something else"],
    ),
    (
        rules.open_buckets,
        lambda t: own(t, "SiteBucketPolicy")["PolicyDocument"]["Statement"].pop(),
        ["SiteBucket: TLS"],
    ),
    (
        rules.physical_names,
        lambda t: own(t, "SiteBucket").update(BucketName="news"),
        ["SiteBucket: BucketName"],
    ),
    (
        rules.tracking_or_plain_mail,
        lambda t: own(t, "MailEventDestination")["EventDestination"]["MatchingEventTypes"].append("OPEN"),
        ["MailEventDestination: OPEN"],
    ),
    (
        rules.folders_without_pages,
        lambda t: behaviour(t, "/drafts/*").pop("FunctionAssociations"),
        ["Distribution /drafts/*: no page for a folder"],
    ),
    (
        rules.folders_without_pages,
        lambda t: behaviour(t, "/api/*").update(
            FunctionAssociations=[{"EventType": "viewer-request", "FunctionARN": "arn"}]
        ),
        ["Distribution /api/*: a function"],
    ),
    (
        rules.folders_without_pages,
        lambda t: own(t, "PageAddresses").update(AutoPublish=False),
        ["PageAddresses: not published"],
    ),
    (
        rules.weak_distribution,
        lambda t: own(t, "Distribution")["DistributionConfig"]["CacheBehaviors"][1].pop(
            "ResponseHeadersPolicyId"
        ),
        ["Distribution /api/*: no security headers"],
    ),
    (
        rules.weak_distribution,
        lambda t: behaviour(t, "/drafts/*").update(ResponseHeadersPolicyId={"Ref": "SecurityHeaders"}),
        ["Distribution /drafts/*: no security headers"],
    ),
    (
        rules.weak_distribution,
        lambda t: own(t, "Distribution")["DistributionConfig"]["DefaultCacheBehavior"].update(
            ResponseHeadersPolicyId={"Ref": "PreviewHeaders"}
        ),
        ["Distribution default: no security headers"],
    ),
    (
        rules.weak_distribution,
        lambda t: behaviour(t, "/drafts/*").update(CachePolicyId="658327ea-f89d-4fab-a63d-7e88639e58f6"),
        ["Distribution /drafts/*: cached wrongly"],
    ),
    (
        rules.careless_lifecycles,
        lambda t: lifecycle(t, "SiteBucket", "ForgetPreviews").pop("Prefix"),
        [
            "SiteBucket: everything expires after 14 days",
            "SiteBucket: drafts/ expires after 14 days",
        ],
    ),
    (
        rules.careless_lifecycles,
        lambda t: lifecycle(t, "SiteBucket", "ForgetPreviews").update(Status="Disabled"),
        ["SiteBucket: drafts/ expires after 14 days"],
    ),
    (
        rules.careless_lifecycles,
        lambda t: own(t, "SiteBucket")["LifecycleConfiguration"]["Rules"].pop(0),
        ["SiteBucket: old versions"],
    ),
    (
        rules.careless_lifecycles,
        lambda t: own(t, "DeskBucket")["LifecycleConfiguration"]["Rules"].pop(0),
        ["DeskBucket: old versions"],
    ),
    (
        rules.careless_lifecycles,
        lambda t: lifecycle(t, "DeskBucket", "ForgetWithdrawnTexts").pop("TagFilters"),
        ["DeskBucket: revisions/ expires after {'Ref': 'DeskForgetsDays'} days"],
    ),
    (
        rules.careless_lifecycles,
        lambda t: lifecycle(t, "DeskBucket", "ForgetWithdrawnTexts").pop("Prefix"),
        ["DeskBucket: what is tagged [{'Key': 'withdrawn', 'Value': 'true'}] expires"],
    ),
    (
        rules.lists_of_whole_buckets,
        lambda t: statement(t, "PublishIssueFunction", "ListDesk").pop("Condition"),
        ["PublishIssueFunction: ListDesk"],
    ),
    (
        rules.lists_of_whole_buckets,
        lambda t: statement(t, "PublishIssueFunction", "ListDesk").update(
            Condition={"StringLike": {"s3:prefix": ["issues/*", "*"]}}
        ),
        ["PublishIssueFunction: ListDesk"],
    ),
    (
        rules.weak_headers,
        lambda t: policy(t, "SecurityHeaders").update(
            ContentSecurityPolicy=policy(t, "PreviewHeaders")["ContentSecurityPolicy"]
        ),
        ["SecurityHeaders: form-action", "SecurityHeaders: styles", "SecurityHeaders: unsafe"],
    ),
    (
        rules.weak_headers,
        lambda t: own(t, "PreviewHeaders")["ResponseHeadersPolicyConfig"].pop("CustomHeadersConfig"),
        ["PreviewHeaders: robots"],
    ),
    (
        rules.weak_headers,
        lambda t: policy(t, "PreviewHeaders").update(
            ContentSecurityPolicy=policy(t, "PreviewHeaders")["ContentSecurityPolicy"].replace(
                "img-src 'self'", "img-src 'unsafe-inline'"
            )
        ),
        ["PreviewHeaders: unsafe"],
    ),
    (
        rules.weak_headers,
        lambda t: policy(t, "PreviewHeaders").update(
            ContentSecurityPolicy=policy(t, "PreviewHeaders")["ContentSecurityPolicy"]
            + "; form-action 'self'"
        ),
        ["PreviewHeaders: form-action"],
    ),
    (
        rules.closed_doors,
        lambda t: t["Resources"].pop("UnsubscribeRoute"),
        ["/api/unsubscribe does not lead to UnsubscribeFunction"],
    ),
    (
        rules.unlike_their_loops,
        lambda t: own(t, "DeliverChunkFunction").pop("RecursiveLoop"),
        ["DeliverChunkFunction: Lambda ends its chains of messages after 16"],
    ),
    (
        rules.unlike_their_loops,  # through each other
        lambda t: (
            statement(t, "DeliverChunkFunction", "TakeOrdersAndPutThemBack").update(
                Resource=arn("DeskQueue")
            ),
            statement(t, "PublishIssueFunction", "TakeUploadsAndOrderRebuilds").update(
                Resource=arn("DeliveryQueue")
            ),
            own(t, "PublishIssueFunction").pop("RecursiveLoop"),
        ),
        ["PublishIssueFunction: Lambda ends its chains of messages after 16"],
    ),
    (
        rules.unlike_their_loops,
        lambda t: own(t, "SweepFunction").update(RecursiveLoop="Allow"),
        ["SweepFunction may loop, and none of its messages leads back to it"],
    ),
    (
        rules.crowding_mappings,
        lambda t: own(t, "RecordFeedbackMapping").pop("ScalingConfig"),
        ["RecordFeedbackMapping takes every execution there is"],
    ),
    (
        rules.crowding_mappings,
        lambda t: t["Parameters"]["DeliveryConcurrency"].update(Default=5),
        ["the queues may take 11 executions, not 8"],
    ),
    (
        rules.crowding_mappings,
        lambda t: t["Parameters"]["SignupConcurrency"].update(MinValue=1),
        ["ProcessSignupMapping: Lambda takes no maximum below 2"],
    ),
]


@pytest.mark.parametrize(
    ("rule", "breakage", "findings"), BREAKAGES, ids=[findings[0] for _, _, findings in BREAKAGES]
)
def test_a_rule_sees_a_template_that_breaks_it(
    rule: Callable[[Template], list[str]],
    breakage: Callable[[Template], object],
    findings: list[str],
    template: Template,
) -> None:
    broken = copy.deepcopy(template)
    breakage(broken)
    assert rule(broken) == findings


def test_the_weakest_content_security_policy_is_seen(template: Template) -> None:
    broken = copy.deepcopy(template)
    headers = own(broken, "SecurityHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    headers["ContentSecurityPolicy"]["ContentSecurityPolicy"] += "; script-src 'unsafe-inline'"
    assert rules.weak_headers(broken) == ["SecurityHeaders: unsafe", "SecurityHeaders: scripts"]


def test_cfn_lint_sees_a_dependency_cycle_only_in_what_sam_makes(template: Template) -> None:
    broken = copy.deepcopy(template)
    own(broken, "SubscribeFunction")["Environment"]["Variables"]["WAY_IN"] = {"Ref": "SubscribeIntegration"}
    found = rules.linted(json.dumps(rules.expanded(broken)))
    assert {finding.split()[0] for finding in found} == {"E3004"}
