"""An account in moto with the resources of template.yaml, our SES emulator, and functions that start cold.

How to read a test: the fixture `world` is an account right after the deployment of a stack. First the state
is arranged: `a_reader`, `a_waiting_reader`, `upload_issue`, `a_begun_mailing`, or a parameter of the stack.
Then functions run: `world.cold_start("SweepFunction")` imports its `app.py` as Lambda does, with the
variables of the template only, and gives the handler. The handler takes `a_sample("sweep/...")`, a file of
`events/` (with a token of this account filled in), or `a_batch` of bodies; `failed` gives the messages that
SQS would redeliver. Then the result is read: `items`, `head` and `chunk` (tables), `object` and `keys`
(buckets), `messages`, `receive_all` and `count_delayed` (queues), `ses.sent()` and `ses.mails_to` (mails).

Two checks apply to every test (`conftest.py`): it fails if a function makes a call that its role in the
template does not allow, or sends a mail whose bounce would be lost. `Resources` and `LocalSES` are shared by
all tests of this folder and emptied between them.
"""

import base64
import hashlib
import importlib.util
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.session import Session
from flask import Flask
from PIL import Image

from broadsheet.aws.key_maker import KeyMaker
from broadsheet.aws.keyring import Keyring
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_requests import DynamoDBMailingRequests
from broadsheet.aws.revisions import S3Revisions
from broadsheet.aws.subscriber_items import to_item
from broadsheet.aws.vault import StoredAddresses
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.requests import apply_requests
from broadsheet.subscribers.link_tokens import Confirmation, Links
from broadsheet.subscribers.messages import NewAddressMessage, SignupMessage
from broadsheet.subscribers.subscriber import new_subscriber_id
from infrastructure.build import ROOT
from local.server import serve
from local.ses import api
from local.ses.account import DAY_SECONDS, SESAccount, Settings
from local.ses.configuration_sets import Destination
from local.ses.emulator import SESEmulator
from local.ses.faults import Faults
from local.ses.identities import Identities, Identity
from local.ses.outbox import Outbox, OutboxRecord
from local.ses.publisher import Publisher
from tests import from_template, in_moto
from tests.builders import (
    ADDRESS,
    ISSUE_ID,
    a_body,
    a_mailing,
    a_sign_up,
    a_subscriber,
    the_sample_newsletter,
)
from tests.fakes.clock import HUNG_SECONDS, UNMOVED
from tests.in_moto import ACCOUNT
from tests.integration.roles import Need, is_allowed, needs
from tests.template_rules import Template, of_type, snake, variables

Event = dict[str, Any]
Handler = Callable[[Event], Any]

ORIGIN = "https://ninthbridge.example.org"
MAIL_DOMAIN = ORIGIN.removeprefix("https://")
MAILING = f"{ISSUE_ID}_en"
CONFIGURATION_SET = "MailConfigurationSet"
MAIL_DOMAIN = "ninthbridge.example.org"
ORIGIN_SECRET = "what-only-the-cdn-knows"
SAMPLE_SEALED = json.loads(
    json.loads((ROOT / "events/process_signup/sign_up.json").read_text())["Records"][0]["body"]
)["sealed"]
SAMPLE_ASKED_AT = r"asked_at\": 1481529600"
SAMPLE_RENDERER_VERSION = "5f0c2d9be1a7463880d1"
SAMPLE_TOKEN = re.compile(r"link-2016\.obLD1OX2[\w.-]+")

EVENT_TYPES = frozenset({"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"})


@dataclass(frozen=True)
class LambdaContext:
    """The context that Lambda passes to a handler."""

    function_name: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{from_template.REGION}:{ACCOUNT}:function:broadsheet"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 90_000


class LocalSES:
    """The SES emulator over HTTP; `events` are those it published."""

    def __init__(self, state: Path) -> None:
        self.events: list[Event] = []
        self._verified: list[str] = []
        self.faults = Faults()
        self.outbox = Outbox(state)
        self._publisher = Publisher(
            lambda _, texts: self.events.extend(json.loads(text) for text in texts),
            self.outbox.store,
            UNMOVED,
        )
        self._now = 1_481_529_600
        self.emulator = SESEmulator(
            account=SESAccount(Settings(event_delay_seconds=0), self._clock),
            outbox=self.outbox,
            destinations={CONFIGURATION_SET: [Destination("topic", EVENT_TYPES)]}.get,
            identities=Identities(lambda: {MAIL_DOMAIN: Identity(MAIL_DOMAIN, forwards_feedback=False)}),
            publisher=self._publisher,
            region=from_template.REGION,
            clock=self._clock,
        )
        app = Flask("ses")
        api.install(app, self.emulator, self.faults)
        self._server = serve(app, 0)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/_local/ses"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def _clock(self) -> int:
        """A second a call, so that no rate is reached."""
        self._now += 1
        return self._now

    def forget(self) -> None:
        """Forget all mails and faults; a day passes, so that no mail of before counts to a quota."""
        self._now += DAY_SECONDS
        self.published().clear()
        self.outbox.empty()
        self.emulator.untracked.clear()
        self.enter_sandbox(False)
        while self._verified:
            self.emulator.identities.delete(self._verified.pop())
        self.faults.script([])

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sent(self) -> list[OutboxRecord]:
        """All accepted mails in order."""
        return self.outbox.records()

    def enter_sandbox(self, is_in: bool = True) -> None:  # noqa: FBT001, FBT002  # a switch
        """Enter the sandbox, where only verified addresses can be mailed, or leave it."""
        self.emulator.account.change(sandbox=is_in)

    def verify(self, address: str) -> None:
        """Verify an address until the end of the test."""
        self.emulator.identities.create(address)
        self.emulator.identities.change(address, verification="SUCCESS")
        self._verified.append(address)

    def untracked(self) -> list[dict[str, str]]:
        """The mails whose bounces SES might not report."""
        return list(self.emulator.untracked)

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [self._mail(record.id) for record in self.sent() if record.to == (address,)]

    def published(self) -> list[Event]:
        assert self._publisher.drained(HUNG_SECONDS), "the publisher hangs"
        return self.events

    def _mail(self, message_id: str) -> EmailMessage:
        return message_from_bytes(self.outbox.source(message_id) or b"", policy=policy.default)


class Resources:
    """The template's resources in moto; `refs` maps logical ids to the values of `Ref`."""

    def __init__(self, template: Template) -> None:
        def names(kind: str) -> list[str]:
            return [name for name, _ in of_type(template, kind)]

        self.template = template
        self.tables = from_template.create_tables(template, names("AWS::DynamoDB::Table"))
        self.buckets = {
            name: from_template.create_bucket(template, name) for name in names("AWS::S3::Bucket")
        }
        self.queues = {
            name: from_template.create_queue(template, name)
            for name in names("AWS::SQS::Queue")
            if not name.endswith("DeadLetters")
        }
        self.groups = names("AWS::Scheduler::ScheduleGroup")
        self.s3, self.sqs, self.kms = boto3.client("s3"), boto3.client("sqs"), boto3.client("kms")
        self.scheduler = boto3.client("scheduler")
        for group in self.groups:
            self.scheduler.create_schedule_group(Name=group)
        self.refs = {
            **{name: table.name for name, table in self.tables.items()},
            **self.buckets,
            **self.queues,
            **{group: group for group in self.groups},
            **from_template.create_keys(template, names("AWS::KMS::Key")),
            CONFIGURATION_SET: CONFIGURATION_SET,
            "MailDomain": MAIL_DOMAIN,
            "OriginSecret": boto3.client("secretsmanager").create_secret(
                Name="OriginSecret", SecretString=ORIGIN_SECRET
            )["ARN"],
        }

    def empty(self) -> None:
        """Delete what tests have stored."""
        in_moto.empty_tables(*self.tables)
        in_moto.empty_buckets(*self.buckets.values())
        in_moto.empty_queues()
        in_moto.forget_schedules(*self.groups)


@dataclass
class World:
    """The account of one test. Change `parameters`, those of the template, before a function starts."""

    resources: Resources
    ses: LocalSES
    monkeypatch: pytest.MonkeyPatch
    parameters: dict[str, str] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    forbidden: list[Need] = field(default_factory=list)
    pretended: dict[str, str] = field(default_factory=dict)
    ses_calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    chains: dict[str, str] = field(default_factory=dict)  # the trace header that each message was sent with

    def __post_init__(self) -> None:
        self.refs = dict(self.resources.refs)
        defaults = {name: str(p.get("Default", "")) for name, p in self.template["Parameters"].items()}
        self.parameters = defaults | {
            "MailDomain": MAIL_DOMAIN,
            "Origin": ORIGIN,
            "EditorAddresses": ",".join(the_sample_newsletter().editors),
            "AWS::StackName": "broadsheet",
        }
        self.make_keys()

    @property
    def template(self) -> Template:
        return self.resources.template

    def cold_start(self, function: str) -> Handler:
        """The handler of a newly imported function, with only the template's variables."""
        for name in [name for name in os.environ if name.startswith(("BROADSHEET_", "POWERTOOLS_"))]:
            self.monkeypatch.delenv(name)
        for name, value in variables(self.template, function).items():
            self.monkeypatch.setenv(name, self._resolved(value))
        logging.Logger.manager.loggerDict.pop("broadsheet", None)  # a new process has no logger yet
        file = ROOT / "functions" / snake(function) / "app.py"
        spec = importlib.util.spec_from_file_location(f"cold_{snake(function)}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        role = self.pretended.get(function, function)
        with self._watched(role):
            spec.loader.exec_module(module)

        def call(event: Event) -> Any:
            with self._watched(role):  # some clients are made only now
                return module.handler(event, LambdaContext(function))

        return call

    def pretend(self, function: str, role_of: str) -> None:
        """Run a function with the role of another."""
        self.pretended[function] = role_of

    @contextmanager
    def _watched(self, function: str) -> Iterator[None]:
        """Record the calls that the role forbids, by clients made within the context."""

        def look(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
            if "body" in context:  # our DynamoDB client writes JSON itself
                params = {**params, **json.loads(context["body"])}
            service = model.service_model.signing_name
            if service == "ses":
                self.ses_calls.append((function, model.name, dict(params)))  # a client may change them later
            names = {name: logical_id for logical_id, name in self.refs.items()}
            asked = needs(service, model.name, params, names)
            editors = tuple(self.parameters["EditorAddresses"].split(","))
            self.forbidden += [need for need in asked if not may(function, need, editors)]

        make = Session.create_client

        def watched(session: Session, *what: Any, **more: Any) -> Any:
            client = make(session, *what, **more)
            client.meta.events.register_first("before-parameter-build", look)
            client.meta.events.register_last("before-call", note_chain)  # after the SDK's own handlers
            client.meta.events.register_last("after-call.sqs", self._keep_chain)
            return client

        with self.monkeypatch.context() as patch:
            patch.setattr(Session, "create_client", watched)
            yield

    def _keep_chain(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        """Store the trace header of a request with the messages that it sent: SQS does so, moto does not."""
        for sent in (parsed, *parsed.get("Successful", [])):
            if "MessageId" in sent:
                self.chains[sent["MessageId"]] = context["chain"]

    def table(self, logical_id: str) -> Any:
        return self.resources.tables[logical_id]

    def items(self, logical_id: str) -> list[dict[str, Any]]:
        """All items of a table."""
        items: list[dict[str, Any]] = self.table(logical_id).scan()["Items"]
        return items

    def messages(self, queue: str) -> list[str]:
        """The bodies of a queue's visible messages."""
        answer = self.resources.sqs.receive_message(
            QueueUrl=self.refs[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def count_delayed(self, queue: str) -> int:
        """How many messages of a queue are delayed."""
        name: Any = "ApproximateNumberOfMessagesDelayed"
        answer = self.resources.sqs.get_queue_attributes(QueueUrl=self.refs[queue], AttributeNames=[name])
        return int(answer["Attributes"][name])

    def object(self, bucket: str, key: str) -> bytes:
        body: bytes = self.resources.s3.get_object(Bucket=self.refs[bucket], Key=key)["Body"].read()
        return body

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys of a bucket."""
        answer = self.resources.s3.list_objects_v2(Bucket=self.refs[bucket], Prefix=prefix)
        return [entry["Key"] for entry in answer.get("Contents", [])]

    def sealed(self, address: str = ADDRESS) -> bytes:
        """The address, sealed as `subscribe` does it."""
        sealed: bytes = self.resources.kms.encrypt(
            KeyId=self.refs["AddressKey"],
            Plaintext=address.encode(),
            EncryptionContext={"purpose": "sign-up"},
        )["CiphertextBlob"]
        return sealed

    def upload_newsletter_file(self, content: bytes | None = None) -> None:
        """Upload newsletter.toml to the desk: as deploying does, or with another content."""
        own = (ROOT / "newsletter.toml").read_bytes()
        body = own if content is None else content
        self.resources.s3.put_object(Bucket=self.refs["DeskBucket"], Key="newsletter.toml", Body=body)

    def upload_issue(self, *editions: str, issue: str = ISSUE_ID, under: str = "issues") -> None:
        """Upload a sample issue: the texts of these editions, and its pictures at a smaller size."""
        folder = ROOT / "content" / "issues" / issue
        texts = {f"{edition}.md": (folder / f"{edition}.md").read_bytes() for edition in editions}
        pictures = {f"images/{file.name}": made_small(file) for file in (folder / "images").iterdir()}
        for name, content in {**texts, **pictures}.items():
            self.resources.s3.put_object(
                Bucket=self.refs["DeskBucket"], Key=f"{under}/{issue}/{name}", Body=content
            )

    def upload_text(self, key: str, text: str) -> None:
        """Upload one text."""
        self.resources.s3.put_object(Bucket=self.refs["DeskBucket"], Key=key, Body=text.encode())

    def delete_from_desk(self, key: str) -> None:
        """Delete a file; its versions stay."""
        self.resources.s3.delete_object(Bucket=self.refs["DeskBucket"], Key=key)

    def receive_all(self, queue: str) -> list[str]:
        """Receive and delete a queue's messages; returns their bodies."""
        url, bodies = self.refs[queue], []
        while messages := self.resources.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                bodies.append(message["Body"])
                self.resources.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def process_desk_event(self, case: str) -> list[str]:
        """Process `publish_issue/<case>`, then the messages for folders; returns what SQS delivers again."""
        publish = self.cold_start("PublishIssueFunction")
        again = failed(publish(a_sample(f"publish_issue/{case}")))
        while bodies := self.receive_folder_messages():
            again += failed(publish(a_batch(*bodies)))
        return again

    def receive_folder_messages(self) -> list[str]:
        """Receive and delete the messages for folders, also the delayed ones; returns their bodies."""
        messages = in_moto.queue("DeskQueue")._messages  # noqa: SLF001  # the API hides delayed ones
        received = [message for message in messages if message.body.startswith(('{"folder"', '{"stray"'))]
        for message in received:
            messages.remove(message)
        return [message.body for message in received]

    def a_waiting_reader(self, address: str = ADDRESS, **changes: Any) -> str:
        """Process a sign-up; returns the token of the confirmation mail."""
        changes = {"asked_at": int(time.time()), **changes}
        message: SignupMessage = a_sign_up(address, sealed=self.sealed(address), **changes)
        self.cold_start("ProcessSignupFunction")(a_batch(message.to_json()))
        return token_in(self.ses.mails_to(address)[-1])

    def a_reader(self, address: str = ADDRESS, *audiences: str) -> str:
        """Store a confirmed subscriber, for audience en by default; returns the id."""
        fingerprints = KMSFingerprints(self.resources.kms, self.refs["FingerprintKey"])
        subscriber_id = new_subscriber_id()
        subscriber = a_subscriber(
            id=subscriber_id,
            fingerprint=fingerprints.fingerprint(address),
            sealed_address=StoredAddresses(self._keyring("address", "AddressKey")).seal(
                address, subscriber_id
            ),
            audiences=frozenset(audiences or ("en",)),
        )
        self.table("SubscribersTable").put_item(Item=to_item(subscriber))
        self.table("FingerprintsTable").put_item(
            Item={"fingerprint": subscriber.fingerprint, "subscriber_id": subscriber_id}
        )
        return subscriber_id

    def a_new_address(self, reader: str, address: str = ADDRESS) -> None:
        """Process a reader's request for another address."""
        message = NewAddressMessage(
            "1" * 32, reader, self.sealed(address), date(2016, 12, 12), 1, int(time.time())
        )
        self.cold_start("ProcessSignupFunction")(a_batch(message.to_json()))

    def a_begun_mailing(self) -> None:
        """Begin a mailing of one chunk and store its body."""
        digest = letter_digest(a_body().digest, the_sample_newsletter())
        mailing = a_mailing(state=MailingState.SENDING, digest=digest)
        ledger = DynamoDBLedger(self.table("LedgerTable"))
        ledger.hold(a_mailing(due_at=datetime.now(UTC)))
        assert ledger.begin(mailing)
        revisions = S3Revisions(self.resources.s3, self.refs["DeskBucket"])
        revisions.keep(mailing.issue, mailing.edition, mailing.revision, b"A text.", a_body())

    def confirm_token(self, subscriber_id: str, request_id: str = "0" * 32) -> str:
        """The token of the link in a confirmation mail."""
        return self._links().confirm_token(Confirmation(subscriber_id, request_id))

    def leave_token(self, subscriber_id: str) -> str:
        """The token of the unsubscribe link in mails to this reader."""
        return self._links().unsubscribe_token(subscriber_id)

    def manage_token(self, subscriber_id: str) -> str:
        """The token of the link to this reader's own page."""
        return self._links().manage_token(subscriber_id)

    def _links(self) -> Links:
        ring = self._keyring("link", "LinkKey")
        return Links(ring.current, ring.key, lambda: datetime.now(UTC).date())

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """All items of all tables, for comparison."""
        tables = (name for name, _ in of_type(self.template, "AWS::DynamoDB::Table"))
        return {name: sorted(self.items(name), key=repr) for name in tables}

    def head(self, mailing: str = MAILING) -> dict[str, Any]:
        """The head of a mailing in the ledger."""
        found: dict[str, Any] = self.table("LedgerTable").get_item(
            Key={"mailing": "mailings", "entry": mailing}
        )["Item"]
        return found

    def chunk(self, number: int = 0, mailing: str = MAILING) -> dict[str, Any]:
        """A chunk of a mailing in the ledger."""
        found: dict[str, Any] = self.table("LedgerTable").get_item(
            Key={"mailing": mailing, "entry": f"chunk#{number:06}"}
        )["Item"]
        return found

    def apply_requests(self) -> None:
        """Carry out publishing's requests to hold and withdraw, as the sweep does; begin nothing."""
        table = self.table("LedgerTable")
        requests = DynamoDBMailingRequests(table)
        apply_requests(requests.all(), DynamoDBLedger(table), requests)

    def make_keys(self) -> None:
        """Make the keys, as a deployment does."""
        wrapping = {"link": self.refs["LinkKey"], "address": self.refs["AddressKey"]}
        keys = self.table("KeysTable")
        KeyMaker(self.resources.kms, wrapping, keys, lambda: datetime.now(UTC))()

    def _keyring(self, purpose: str, key: str) -> Keyring:
        keys = self.table("KeysTable")
        return Keyring(self.resources.kms, self.refs[key], keys, purpose, lambda: datetime.now(UTC))

    def _resolved(self, value: Any) -> str:
        """A variable as CloudFormation fills it in."""
        match value:
            case str():
                return value
            case {"Ref": name}:
                return self.refs[name] if name in self.refs else self.parameters[name]
            case {"Fn::GetAtt": [name, "Arn"]}:
                return f"arn:aws:{self._arn_of(name)}"
            case {"Fn::If": [condition, yes, no]}:
                return self._resolved(yes if self._holds(condition) else no)
        raise AssertionError(f"can't resolve {value}")

    def _arn_of(self, name: str) -> str:
        kinds = {
            "AWS::IAM::Role": f"iam::{ACCOUNT}:role/{name}",
            "AWS::Serverless::Function": f"lambda:{from_template.REGION}:{ACCOUNT}:function:{name}",
        }
        return kinds[self.template["Resources"][name]["Type"]]

    def _holds(self, condition: str) -> bool:
        """A condition of the form `!Not [!Equals [!Ref Parameter, ""]]`."""
        left, right = self.template["Conditions"][condition]["Fn::Not"][0]["Fn::Equals"]
        return self._resolved(left) != right


@cache
def made_small(picture: Path) -> bytes:
    """The picture at a quarter of its width; large ones take most of a test's time."""
    out = BytesIO()
    with Image.open(picture) as image:
        image.resize((image.width // 4, image.height // 4)).save(out, "PNG")
    return out.getvalue()


@cache
def may(function: str, need: Need, editors: tuple[str, ...]) -> bool:
    """Whether the function's role in the template allows it."""
    return is_allowed(from_template.the_template(), function, need, editors)


def note_chain(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Record the trace header of a request."""
    context["chain"] = params["headers"].get("X-Amzn-Trace-Id", "")


def assert_watched(world: World, line: dict[str, Any], alarm: str) -> None:
    """Assert that the alarm uses the metric of a log line: name, dimensions and values."""
    properties = world.template["Resources"][alarm]["Properties"]
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert (metric["Namespace"], metric["Metrics"][0]["Name"]) == (
        properties["Namespace"],
        properties["MetricName"],
    )
    looked_at = {each["Name"]: each["Value"] for each in properties["Dimensions"]}
    assert [sorted(names) for names in metric["Dimensions"]] == [sorted(looked_at)]
    assert {name: line[name] for name in looked_at} == {
        name: "broadsheet" if value == {"Ref": "AWS::StackName"} else value
        for name, value in looked_at.items()
    }


def a_sample(name: str, **changes: str) -> Event:
    """`events/<function>/<case>.json`, with this stack's `token`, `sealed`, `subscriber` and `renderer`."""
    text = (ROOT / "events" / f"{name}.json").read_text(encoding="utf-8")
    if "token" in changes:
        text = SAMPLE_TOKEN.sub(changes.pop("token"), text)
    if "sealed" in changes:
        text = text.replace(SAMPLE_SEALED, changes.pop("sealed"))
    if "subscriber" in changes:
        text = text.replace("a1b2c3d4e5f60718293a4b5c6d7e8f90", changes.pop("subscriber"))
    if "renderer" in changes:
        text = text.replace(SAMPLE_RENDERER_VERSION, changes.pop("renderer"))
    text = text.replace(SAMPLE_ASKED_AT, f'asked_at\\": {int(time.time())}')
    assert not changes
    event: Event = json.loads(text)
    return event


def a_batch(*bodies: str) -> Event:
    """A batch of messages as Lambda passes it."""
    record = a_sample("deliver_chunk/one_chunk")["Records"][0]
    return {"Records": [{**record, "messageId": f"m{i}", "body": body} for i, body in enumerate(bodies)]}


def failed(answer: dict[str, Any]) -> list[str]:
    """The ids of the messages that SQS will deliver again."""
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


def text_of(mail: EmailMessage) -> str:
    """The plain-text part of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail's text."""
    found = re.search(r"[?&]t=([\w.-]+)", text_of(mail))
    assert found is not None
    return found[1]


def spellings(address: str) -> set[str]:
    """An address plain, encoded and hashed: the forms in which it may leak."""
    plain = {
        address,
        address.lower(),
        address[::-1],
        quote(address),
        address.split("@", maxsplit=1)[0] + "%40",
    }
    raw = address.encode()
    encoded = {raw.hex(), *(base64.b64encode(b"x" * n + raw)[4:-4].decode() for n in range(3))}
    hashed = {hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
    return plain | encoded | hashed


def spellings_in(text: str, address: str) -> set[str]:
    """The spellings of an address that a text contains."""
    return {spelling for spelling in spellings(address) if spelling in text}
