"""Rules for template.yaml: each gives a line for every violation, and nothing if there is none.

A rule takes the template as `infrastructure.build.read_template` reads it or, where it says so, as SAM
expands it.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from broadsheet.probes import DRAFTS as PROBES
from infrastructure.build import ROOT, code_of

Template = dict[str, Any]
Properties = dict[str, Any]
Statement = dict[str, Any]

REGION = "eu-central-1"
DEAD_LETTERS = "DeadLetters"
TIMES_THE_TIMEOUT = 6  # Source: Lambda developer guide, "Configuring a queue to use with Lambda"
FEWEST_TRIES = 5  # the same page: before a message goes to the dead-letter queue
DEFAULT_VISIBILITY_SECONDS = 30
LONGEST_RETENTION_SECONDS = 1_209_600
SHORTER_RETENTION = {
    "FeedbackDeadLetters": 86_400,  # SES writes addresses into its events; they are kept for a day
    "SignupDeadLetters": 172_800,  # SQS counts from the sign-up, and what is older is dropped when it returns
}
EXPIRING_TABLES = {  # `expires_at`: broadsheet.subscribers.subscriber and .limits, .mailings.mailing
    "SubscribersTable",
    "FingerprintsTable",
    "LimitsTable",
    "SaltTable",
    "LedgerTable",
}
FORGETFUL = {
    "LimitsTable",
    "SaltTable",
}  # what must not be restored: it reveals networks and when addresses were mailed
KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
STATEFUL = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key")
PHYSICAL_NAMES = ("BucketName", "TableName", "QueueName", "FunctionName", "RoleName", "TopicName")
ADDED_BY_SAM = ("AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess")  # logging and `Tracing: Active`
ENDPOINTS = {
    "/api/subscribe": "SubscribeFunction",
    "/api/confirm": "ConfirmSubscriptionFunction",
    "/api/unsubscribe": "UnsubscribeFunction",
    "/api/manage": "ManageSubscriptionFunction",
}
PREVIEWS = "/drafts/*"
HEADERS = {PREVIEWS: "PreviewHeaders"}  # by a behaviour's path; all others send SecurityHeaders
NOT_CACHED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's CachingDisabled
UNCACHED_PATHS = ("/api/unsubscribe", "/api/*", PREVIEWS)
# A mail's style is in its elements, and a preview has no form.
STYLES = {"PreviewHeaders": ["'self'", "'unsafe-inline'"]}
FORM_ACTIONS: dict[str, list[str] | None] = {"PreviewHeaders": None}
EXPIRING_TAG = ("DeskBucket", "revisions/", [{"Key": "withdrawn", "Value": "true"}])  # what was withdrawn
EXPIRING_OBJECTS = {  # days
    ("SiteBucket", "drafts/"): 14,  # publishing/drafts.py promises them to editors
    ("SiteBucket", f"drafts/{PROBES}"): 1,  # what a `broadsheet verify` that was killed has left
    ("DeskBucket", f"drafts/{PROBES}"): 1,
    ("DeskBucket", f"reports/drafts/{PROBES}"): 1,
}
NAMES_OF_FOLDERS = {"StringEquals": {"s3:prefix": "", "s3:delimiter": "/"}}
LINK_FUNCTIONS = ("ConfirmSubscriptionFunction", "UnsubscribeFunction", "ManageSubscriptionFunction")
FEWEST_EXECUTIONS, EXECUTIONS_OF_QUEUES = 2, 8  # of a mapping; of all by default, where an account has 10
WITHOUT_RESOURCES = {  # Source: Service Authorization Reference
    *("ses:GetAccount", "lambda:GetAccountSettings", "cloudformation:DescribeStackDriftDetectionStatus"),
}
OPENS_ADDRESSES = {"ProcessSignupFunction", "DeliverChunkFunction", "ResealListFunction"}


class NoManagedPolicies(ManagedPolicyLoader):
    """SAM's list of managed policies, which it would ask AWS for."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, str]:
        return {}


def expanded(template: Template) -> Template:
    """The template as CloudFormation gets it: SAM's transform, offline."""
    done: Template = json.loads(_transformed(json.dumps(template)))
    return done


@cache
def _transformed(template: str) -> str:
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    source = json.loads(template)
    for _, resource, key in code_of(source):
        resource["Properties"][key] = "s3://artefacts/code.zip"
    return json.dumps(transform(source, {}, NoManagedPolicies()))


def linted(text: str) -> list[str]:
    """The output of cfn-lint, which takes seconds, so it is cached in .build by the template's text."""
    about = hashlib.sha256("\n".join((version("cfn-lint"), REGION, text)).encode()).hexdigest()
    kept = ROOT / ".build" / "cfn-lint" / f"{about}.json"
    if not kept.exists():
        from cfnlint.api import ManualArgs, lint  # noqa: PLC0415  # a second, and rarely needed

        matches = lint(text, config=ManualArgs(regions=[REGION]))
        found = [f"{match.rule.id} {match.message}" for match in matches]
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=kept.parent, delete=False) as file:
            json.dump(found, file)
        Path(file.name).rename(kept)  # another worker may look at this moment
    said: list[str] = json.loads(kept.read_text(encoding="utf-8"))
    return said


def of_type(template: Template, *types: str) -> Iterator[tuple[str, Properties]]:
    """Logical id and properties of the resources of these types."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield logical_id, resource.get("Properties", {})


def functions(template: Template) -> dict[str, Properties]:
    """The functions with their properties, those of `Globals` included."""
    shared = template["Globals"]["Function"]
    return {
        logical_id: {**shared, **own} for logical_id, own in of_type(template, "AWS::Serverless::Function")
    }


def variables(template: Template, function: str) -> dict[str, Any]:
    """The environment variables that the template sets for a function."""
    own = template["Resources"][function]["Properties"].get("Environment", {}).get("Variables", {})
    return {**template["Globals"]["Function"]["Environment"]["Variables"], **own}


def example_values(template: Template, function: str) -> dict[str, str]:
    """A value for each variable: as it is written, or a parameter's default, else a plain word."""
    defaults = {name: str(p.get("Default", name)) for name, p in template["Parameters"].items()}
    return {
        name: value
        if isinstance(value, str)
        else next((defaults[word] for word in sorted(named(value)) if word in defaults), "example")
        for name, value in variables(template, function).items()
    }


def snake(function: str) -> str:
    """`DeliverChunkFunction` -> `deliver_chunk`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()


def named(value: Any) -> set[str]:
    """The logical ids that a value refers to, by `Ref`, `GetAtt` or within a `Sub`."""
    if isinstance(value, list):
        return set().union(*map(named, value))
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]} - {"AWS::NoValue"}
    if "Fn::GetAtt" in value:
        target = value["Fn::GetAtt"]
        return {target.split(".")[0] if isinstance(target, str) else target[0]}
    if isinstance(value.get("Fn::Sub"), str):
        return {name.split(".")[0] for name in re.findall(r"\$\{([A-Za-z0-9.]+)\}", value["Fn::Sub"])}
    return set().union(*map(named, value.values()))


def statements(template: Template) -> Iterator[tuple[str, Statement]]:
    """Every policy statement with the logical id of its resource."""
    for logical_id, resource in template["Resources"].items():
        for statement in _with_effect(resource):
            yield logical_id, statement


def statements_of(template: Template, logical_id: str) -> list[Statement]:
    """The policy statements within one resource."""
    return list(_with_effect(template["Resources"][logical_id]))


def rights(template: Template, function: str) -> set[tuple[str, str]]:
    """What a function's own statements allow: action and logical id."""
    return {
        (action, target)
        for statement in statements_of(template, function)
        for action in as_list(statement["Action"])
        for target in named(statement.get("Resource", []))
    }


def as_list(value: Any) -> list[Any]:
    """One or many, as policies write them."""
    return value if isinstance(value, list) else [value]


def _with_effect(value: Any) -> Iterator[Statement]:
    if isinstance(value, dict):
        if "Effect" in value:
            yield value
        else:
            for inner in value.values():
                yield from _with_effect(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _with_effect(inner)


# -- functions


def folders_differ(template: Template, folders: set[str]) -> list[str]:
    """`functions/<snake>` belongs to `<Camel>Function`, and every folder to a function."""
    found = [
        f"{function} has its code in {properties['CodeUri']}"
        for function, properties in functions(template).items()
        if properties["CodeUri"] != f"functions/{snake(function)}"
    ]
    known = {snake(function) for function in functions(template)}
    return found + [f"functions/{folder} is in no template" for folder in sorted(folders - known)]


def vague_descriptions(template: Template) -> list[str]:
    """A function's description says `trigger -> effect`."""
    return [
        f"{function}: {properties.get('Description')}"
        for function, properties in functions(template).items()
        if not re.fullmatch(r"\S.+ -> \S.+\.", properties.get("Description", ""))
    ]


# -- queues


def queues_without_dead_letters(template: Template) -> list[str]:
    """`XQueue` gives up into `XDeadLetters`, not too early; nothing gives up into a queue of another name."""
    found = []
    for queue, properties in of_type(template, "AWS::SQS::Queue"):
        redrive = properties.get("RedrivePolicy", {})
        if queue.endswith(DEAD_LETTERS):
            continue
        if named(redrive.get("deadLetterTargetArn")) != {queue.removesuffix("Queue") + DEAD_LETTERS}:
            found.append(f"{queue} has no dead-letter queue of its name")
        elif redrive["maxReceiveCount"] < FEWEST_TRIES:
            found.append(f"{queue} gives up after {redrive['maxReceiveCount']} tries")
    return found


def short_lived_dead_letters(template: Template) -> list[str]:
    """Dead-letter queues keep messages as long as SQS can, unless there is a reason."""
    return [
        f"{queue} keeps its messages for {properties.get('MessageRetentionPeriod')} s"
        for queue, properties in of_type(template, "AWS::SQS::Queue")
        if queue.endswith(DEAD_LETTERS)
        and properties.get("MessageRetentionPeriod")
        != SHORTER_RETENTION.get(queue, LONGEST_RETENTION_SECONDS)
    ]


def silent_dead_letters(template: Template) -> list[str]:
    """Each dead-letter queue has an alarm with a recipient."""
    heard = {
        queue
        for _, alarm in of_type(template, "AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible" and alarm.get("AlarmActions")
        for queue in named(alarm["Dimensions"])
    }
    return [
        f"nobody hears of {queue}"
        for queue, _ in of_type(template, "AWS::SQS::Queue")
        if queue.endswith(DEAD_LETTERS) and queue not in heard
    ]


def watched(template: Template) -> dict[str, list[Properties]]:
    """The metrics that each alarm looks at, its own or those of its expression; CloudWatch bills each."""
    return {
        name: [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
        if "Metrics" in alarm
        else [{key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions") if key in alarm}]
        for name, alarm in of_type(template, "AWS::CloudWatch::Alarm")
    }


def mappings(template: Template) -> Iterator[tuple[str, str, str, Properties]]:
    """Each event source mapping on a queue: its logical id, the queue, the function, its properties."""
    queues = dict(of_type(template, "AWS::SQS::Queue"))
    for mapping, properties in of_type(template, "AWS::Lambda::EventSourceMapping"):
        (queue,) = named(properties["EventSourceArn"])
        (function,) = named(properties["FunctionName"])
        if queue in queues:
            yield mapping, queue, function, properties


def short_visibility(template: Template) -> list[str]:
    """A message stays hidden for six time-outs of the function that works on it, and the batching window."""
    found = []
    for _, queue, function, properties in mappings(template):
        window = properties.get("MaximumBatchingWindowInSeconds", 0)
        visible_after = template["Resources"][queue]["Properties"].get(
            "VisibilityTimeout", DEFAULT_VISIBILITY_SECONDS
        )
        timeout = functions(template)[function]["Timeout"]
        if visible_after < TIMES_THE_TIMEOUT * timeout + window:
            more = f" and {window} s of batching" if window else ""
            found.append(f"{queue}: {visible_after} s are less than 6 x {timeout} s of {function}{more}")
    return found


def mappings_without_partial_failures(template: Template) -> list[str]:
    """One bad message does not bring its whole batch back."""
    return [
        f"{mapping} of {queue}"
        for mapping, queue, _, properties in mappings(template)
        if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]


def unencrypted_queues(template: Template) -> list[str]:
    """Every queue is encrypted at rest."""
    return [
        queue
        for queue, properties in of_type(template, "AWS::SQS::Queue")
        if properties.get("SqsManagedSseEnabled") is not True
    ]


# -- rights


def wildcard_resources(template: Template) -> list[str]:
    """No statement has the resource `*`, except in a key's own policy, where `*` means that key.

    Actions without resources are the other exception.
    """
    return [
        f"{owner}: {statement.get('Sid')}"
        for owner, statement in statements(template)
        if "*" in as_list(statement.get("Resource", []))
        and not set(as_list(statement["Action"])) <= WITHOUT_RESOURCES
        and template["Resources"][owner]["Type"] != "AWS::KMS::Key"
    ]


def wildcard_actions(template: Template) -> list[str]:
    """No action with `*` is allowed, but `kms:*` in a key's policy; a denial may be as wide as it likes."""
    return [
        f"{owner}: {action}"
        for owner, statement in statements(template)
        for action in as_list(statement["Action"])
        if "*" in action and not _wildcard_with_a_reason(template, owner, statement, action)
    ]


def _wildcard_with_a_reason(template: Template, owner: str, statement: Statement, action: str) -> bool:
    if action == "kms:*":
        return bool(template["Resources"][owner]["Type"] == "AWS::KMS::Key")
    return bool(statement["Effect"] == "Deny")


def refuses_plain_http(statement: Statement) -> bool:
    """Whether a statement denies everybody what does not come by TLS."""
    return (
        statement["Effect"] == "Deny"
        and statement.get("Principal") == "*"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    )


def statements_without_sid(template: Template) -> list[str]:
    """Every statement's `Sid` names its purpose."""
    return [f"{owner}: {s['Action']}" for owner, s in statements(template) if not s.get("Sid")]


def addresses_opened_by(template: Template) -> set[str]:
    """Who may decrypt under AddressKey."""
    return {
        owner
        for owner, statement in statements(template)
        if "kms:Decrypt" in as_list(statement["Action"])
        and "AddressKey" in named(statement.get("Resource", []))
    }


def rights_too_many_for_links(template: Template) -> list[str]:
    """The function behind a link reads and writes one item by its key; it can neither search nor decrypt."""
    return [
        f"{function}: {action} on {target}"
        for function in LINK_FUNCTIONS
        for action, target in sorted(rights(template, function))
        if action in ("dynamodb:Query", "dynamodb:Scan", "kms:GenerateMac")
        or (target == "AddressKey" and action != "kms:Encrypt")  # the page seals a new address
    ]


def counters(template: Template) -> dict[tuple[str, str], list[str]]:
    """By function and statement: the counters of LimitsTable that it is about; all, where none are named."""
    return {
        (owner, statement["Sid"]): statement.get("Condition", {})
        .get("ForAllValues:StringLike", {})
        .get("dynamodb:LeadingKeys", ["*"])
        for owner, statement in statements(template)
        if "LimitsTable" in named(statement.get("Resource", []))
    }


def managed_policies(template: Template, function: str) -> set[str]:
    """In an expanded template: the names of the managed policies of a function's role."""
    role = template["Resources"][f"{function}Role"]["Properties"]
    return {str(arn).rsplit("/", 1)[-1] for arn in role["ManagedPolicyArns"]}


# -- what is kept


def unretained(template: Template) -> list[str]:
    """Stateful resources survive the stack, but not a failed first deployment; those that must forget do not.

    Source: CloudFormation, DeletionPolicy: RetainExceptOnCreate deletes what was created by the operation
    that is rolled back, so that no empty resource keeps costing.
    """
    return [
        f"{logical_id}: {policy}"
        for logical_id, _ in of_type(template, *STATEFUL)
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
        if template["Resources"][logical_id].get(policy)
        != ("Delete" if logical_id in FORGETFUL else KEPT[policy])
    ]


def careless_tables(template: Template) -> list[str]:
    """A table can be restored, can't be deleted by mistake, is encrypted, and forgets what expires.

    One that is to forget can't be restored.
    """
    found = []
    for table, properties in of_type(template, "AWS::DynamoDB::Table"):
        expiry = properties.get("TimeToLiveSpecification")
        wanted = {"AttributeName": "expires_at", "Enabled": True} if table in EXPIRING_TABLES else None
        checks = {
            "point-in-time recovery": properties.get("PointInTimeRecoverySpecification", {}).get(
                "PointInTimeRecoveryEnabled"
            )
            is (None if table in FORGETFUL else True),
            "deletion protection": properties.get("DeletionProtectionEnabled")
            is (None if table in FORGETFUL else True),
            "encryption": properties.get("SSESpecification") == {"SSEEnabled": True},
            "time to live": expiry == wanted,
        }
        found += [f"{table}: {what}" for what, holds in checks.items() if not holds]
    return found


def open_buckets(template: Template) -> list[str]:
    """A bucket is closed to the public in all four ways, encrypted, versioned, and takes TLS only."""
    closed = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    tls_only = {
        bucket
        for _, policy in of_type(template, "AWS::S3::BucketPolicy")
        for bucket in named(policy["Bucket"])
        for statement in policy["PolicyDocument"]["Statement"]
        if refuses_plain_http(statement) and _is_whole_bucket(statement, bucket)
    }
    found = []
    for bucket, properties in of_type(template, "AWS::S3::Bucket"):
        checks = {
            "public access": properties.get("PublicAccessBlockConfiguration") == closed,
            "encryption": "BucketEncryption" in properties,
            "versioning": properties.get("VersioningConfiguration") == {"Status": "Enabled"},
            "TLS": bucket in tls_only,
        }
        found += [f"{bucket}: {what}" for what, holds in checks.items() if not holds]
    return found


def _is_whole_bucket(statement: Statement, bucket: str) -> bool:
    objects = {"Fn::Sub": "${" + bucket + ".Arn}/*"}
    return statement["Resource"] == [{"Fn::GetAtt": [bucket, "Arn"]}, objects]


def physical_names(template: Template) -> list[str]:
    """Nothing has a name of its own choosing: two stacks can stand in one account."""
    return [
        f"{logical_id}: {name}"
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] not in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping")
        for name in PHYSICAL_NAMES
        if name in resource.get("Properties", {})
    ]


# -- mail and web


def tracking_or_plain_mail(template: Template) -> list[str]:
    """Mail is sent by TLS or not at all, and opens and clicks are not tracked."""
    found = [
        f"{name}: TLS is optional"
        for name, properties in of_type(template, "AWS::SES::ConfigurationSet")
        if properties.get("DeliveryOptions", {}).get("TlsPolicy") != "REQUIRE"
    ]
    found += [
        f"{name}: tracks"
        for name, properties in of_type(template, "AWS::SES::ConfigurationSet")
        if "TrackingOptions" in properties
    ]
    for name, properties in of_type(template, "AWS::SES::ConfigurationSetEventDestination"):
        kinds = {kind.upper() for kind in properties["EventDestination"]["MatchingEventTypes"]}
        found += [f"{name}: {kind}" for kind in sorted(kinds & {"OPEN", "CLICK"})]
    return found


def weak_distribution(template: Template) -> list[str]:
    """Each behaviour sends its security headers over TLS; the bucket's 403 becomes the 404 page."""
    found = []
    for name, properties in of_type(template, "AWS::CloudFront::Distribution"):
        config = properties["DistributionConfig"]
        for behaviour in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
            where = f"{name} {behaviour.get('PathPattern', 'default')}"
            path = behaviour.get("PathPattern", "")
            if named(behaviour.get("ResponseHeadersPolicyId")) != {HEADERS.get(path, "SecurityHeaders")}:
                found.append(f"{where}: no security headers")
            if (behaviour["CachePolicyId"] == NOT_CACHED) is not (path in UNCACHED_PATHS):
                found.append(f"{where}: cached wrongly")
            if behaviour["ViewerProtocolPolicy"] not in ("https-only", "redirect-to-https"):
                found.append(f"{where}: plain HTTP")
        answers = config.get("CustomErrorResponses", [])
        kept = {each["ErrorCode"] for each in answers if not each["ErrorCachingMinTTL"]}
        if kept != {500, 502, 503, 504}:
            found.append(f"{name}: errors of the API are kept for others")
        errors = [{**each, "ErrorCachingMinTTL": 0} for each in answers if each["ErrorCode"] not in kept]
        page = {"ResponseCode": 404, "ResponsePagePath": "/404.html", "ErrorCachingMinTTL": 0}
        if errors != [{"ErrorCode": 403, **page}, {"ErrorCode": 404, **page}]:
            found.append(f"{name}: errors are mapped as {errors}")
    return found


def folders_without_pages(template: Template) -> list[str]:
    """Behaviours for folders of the site have the published function that finds their page; the API none."""
    functions = of_type(template, "AWS::CloudFront::Function")
    found = [f"{name}: not published" for name, config in functions if config.get("AutoPublish") is not True]
    wanted = [
        {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["PageAddresses", "FunctionARN"]}}
    ]
    for name, properties in of_type(template, "AWS::CloudFront::Distribution"):
        config = properties["DistributionConfig"]
        for behaviour in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
            path = behaviour.get("PathPattern", "default")
            has_folders = path in ("default", PREVIEWS)
            if behaviour.get("FunctionAssociations", []) != (wanted if has_folders else []):
                found.append(f"{name} {path}: {'no page for a folder' if has_folders else 'a function'}")
    return found


def weak_headers(template: Template) -> list[str]:
    """Pages run nothing, load nothing from elsewhere, stand in no frame, and send no referrer.

    A preview may have styles in its elements, has no form, and no search engine lists it.
    """
    found = []
    for name, properties in of_type(template, "AWS::CloudFront::ResponseHeadersPolicy"):
        config = properties["ResponseHeadersPolicyConfig"]
        headers = config["SecurityHeadersConfig"]
        policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        directives = {words[0]: words[1:] for words in map(str.split, policy.split(";")) if words}
        styles = STYLES.get(name, ["'self'"])
        others = "; ".join(" ".join(words) for words in directives.values() if words != styles)
        checks = {
            "default-src": directives.get("default-src") == ["'none'"],
            "frame-ancestors": directives.get("frame-ancestors") == ["'none'"],
            "base-uri": directives.get("base-uri") == ["'none'"],
            "form-action": directives.get("form-action") == FORM_ACTIONS.get(name, ["'self'"]),
            "styles": directives.get("style-src") == styles,
            "unsafe": "unsafe-" not in others,
            "elsewhere": not re.search(r"https?:|\*|data:", policy),
            "scripts": not {"script-src", "script-src-elem", "script-src-attr", "worker-src"}
            & set(directives),
            "HSTS": headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000,
            "nosniff": headers.get("ContentTypeOptions") == {"Override": True},
            "referrer": headers["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer",
            "robots": (name in HEADERS.values()) is _keeps_robots_out(config),
        }
        found += [f"{name}: {what}" for what, holds in checks.items() if not holds]
    return found


def _keeps_robots_out(config: Properties) -> bool:
    items = config.get("CustomHeadersConfig", {}).get("Items", [])
    return any(
        item["Header"] == "X-Robots-Tag" and "noindex" in item["Value"] and item["Override"] for item in items
    )


def told_to_the_api(template: Template) -> list[str]:
    """The API gets of a request what it reads, the visitor's address by the CDN, and the CDN's secret."""
    found = []
    for name, properties in of_type(template, "AWS::CloudFront::OriginRequestPolicy"):
        config = properties["OriginRequestPolicyConfig"]
        wanted = {"HeaderBehavior": "whitelist", "Headers": ["Accept", "CloudFront-Viewer-Address"]}
        if config["HeadersConfig"] != wanted:
            found.append(f"{name}: passes on {config['HeadersConfig']}")
        if config["CookiesConfig"] != {"CookieBehavior": "none"}:
            found.append(f"{name}: passes on cookies")
    for name, properties in of_type(template, "AWS::CloudFront::Distribution"):
        config = properties["DistributionConfig"]
        api = next(origin for origin in config["Origins"] if origin["Id"] == "api")
        secret = {"Fn::Sub": "{{resolve:secretsmanager:${OriginSecret}:SecretString}}"}
        wanted_header = {"HeaderName": "x-broadsheet-origin", "HeaderValue": secret}
        if api.get("OriginCustomHeaders") != [wanted_header]:
            found.append(f"{name}: the API can't know the CDN")
        found += [
            f"{name}: {behaviour['PathPattern']} passes on something else"
            for behaviour in config["CacheBehaviors"]
            if behaviour["TargetOriginId"] == "api"
            and named(behaviour.get("OriginRequestPolicyId")) != {"ApiRequests"}
        ]
    return found


def careless_lifecycles(template: Template) -> list[str]:
    """A current object expires only where that is intended or if it is tagged; old versions expire."""
    found, expiring = [], {}
    for bucket, properties in of_type(template, "AWS::S3::Bucket"):
        rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
        enabled = [rule for rule in rules if rule["Status"] == "Enabled"]
        expiring |= {
            (bucket, rule.get("Prefix", "")): rule["ExpirationInDays"]
            for rule in enabled
            if "ExpirationInDays" in rule and "TagFilters" not in rule
        }
        forgets = any("NoncurrentVersionExpiration" in rule and "Prefix" not in rule for rule in enabled)
        if not forgets:
            found.append(f"{bucket}: old versions")
        found += [
            f"{bucket}: what is tagged {rule['TagFilters']} expires"
            for rule in enabled
            if "TagFilters" in rule and (bucket, rule.get("Prefix"), rule["TagFilters"]) != EXPIRING_TAG
        ]
    configured = {place: str(days) for place, days in expiring.items()}
    wrong = {*configured.items()} ^ {(place, str(days)) for place, days in EXPIRING_OBJECTS.items()}
    return found + [
        f"{bucket}: {prefix or 'everything'} expires after {days} days"
        for (bucket, prefix), days in sorted(wrong)
    ]


def lists_of_whole_buckets(template: Template) -> list[str]:
    """A role that may list the desk may list only keys with certain prefixes.

    The site's pages are public, and S3 answers a conditional write to a missing page with 404 only if the
    whole bucket may be listed.
    """
    return [
        f"{owner}: {statement.get('Sid')}"
        for owner, statement in statements(template)
        if "s3:ListBucket" in as_list(statement["Action"])
        and named(statement["Resource"]) != {"SiteBucket"}
        and statement.get("Condition") != NAMES_OF_FOLDERS
        and not all(
            re.fullmatch(r"([a-z]+/)+[a-z0-9-]*\*", prefix)
            for prefix in as_list(statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", "*"))
        )
    ]


def heard_from_the_desk(template: Template) -> list[str]:
    """The keys of the desk whose changes reach DeskQueue: a prefix, `not` a pattern, or a whole key."""
    keys = []
    for _, rule in of_type(template, "AWS::Events::Rule"):
        pattern = rule["EventPattern"]
        if named(pattern.get("detail", {}).get("bucket")) == {"DeskBucket"}:
            assert pattern["detail-type"] == ["Object Created", "Object Deleted"]
            for key in pattern["detail"]["object"]["key"]:
                if isinstance(key, str):
                    keys.append(key)
                elif "anything-but" in key:
                    keys += [f"not {pattern}" for pattern in key["anything-but"]["wildcard"]]
                else:
                    keys.append(f"{key['prefix']}*")
    return sorted(keys)


def closed_doors(template: Template) -> list[str]:
    """Each address of the API leads to its function, and the API may call it at that address alone."""
    integrations = {
        name: named(properties["IntegrationUri"])
        for name, properties in of_type(template, "AWS::ApiGatewayV2::Integration")
    }
    routes = {
        properties["RouteKey"].split()[-1]: set().union(
            *(integrations.get(name, set()) for name in named(properties["Target"]))
        )
        for _, properties in of_type(template, "AWS::ApiGatewayV2::Route")
    }
    permissions = {
        (function, properties["SourceArn"]["Fn::Sub"].split("/*/*", 1)[-1])
        for _, properties in of_type(template, "AWS::Lambda::Permission")
        for function in named(properties["FunctionName"])
    }
    found = [f"{path} does not lead to {f}" for path, f in ENDPOINTS.items() if routes.get(path) != {f}]
    return found + [f"{f} may not be called" for path, f in ENDPOINTS.items() if (f, path) not in permissions]


def unlike_their_loops(template: Template) -> list[str]:
    """A function whose messages come back to it, even through other functions, may loop; no other may.

    Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
    """
    next_to = {function: _invoked_by_messages_of(template, function) for function in functions(template)}
    found = []
    for function, properties in functions(template).items():
        leads_back = function in _reached(next_to, function)
        may_loop = properties.get("RecursiveLoop") == "Allow"
        if leads_back and not may_loop:
            found.append(f"{function}: Lambda ends its chains of messages after 16")
        if may_loop and not leads_back:
            found.append(f"{function} may loop, and none of its messages leads back to it")
    return found


def _invoked_by_messages_of(template: Template, function: str) -> set[str]:
    sent_to = {target for action, target in rights(template, function) if action == "sqs:SendMessage"}
    return {reader for _, queue, reader, _ in mappings(template) if queue in sent_to}


def _reached(next_to: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = set(next_to[start])
    while ahead:
        reached |= ahead
        ahead = set().union(*(next_to[function] for function in ahead)) - reached
    return reached


def crowding_mappings(template: Template) -> list[str]:
    """All queues together leave two executions of a new account's ten to the endpoints and the sweep.

    Source: Lambda developer guide, "Lambda quotas" (new accounts may have 10 concurrent executions);
    "Configuring scaling behavior for SQS event source mappings" (MaximumConcurrency is 2 at least).
    """
    found, in_all = [], 0
    for mapping, _, _, properties in mappings(template):
        most = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
        if most is None:
            found.append(f"{mapping} takes every execution there is")
            continue
        parameter = template["Parameters"][most["Ref"]] if isinstance(most, dict) else {"Default": most}
        in_all += parameter["Default"]
        if min(parameter["Default"], parameter.get("MinValue", FEWEST_EXECUTIONS)) < FEWEST_EXECUTIONS:
            found.append(f"{mapping}: Lambda takes no maximum below {FEWEST_EXECUTIONS}")
    if in_all > EXECUTIONS_OF_QUEUES:
        found.append(f"the queues may take {in_all} executions, not {EXECUTIONS_OF_QUEUES}")
    return found
