"""The SES emulator in the test's process, with access to what it published, stored and delivered."""

import json
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from local.ses import api
from local.ses.account import SESAccount, Settings
from local.ses.configuration_sets import Destination
from local.ses.emulator import SESEmulator
from local.ses.faults import Faults
from local.ses.identities import Identities, Identity
from local.ses.outbox import Outbox
from local.ses.publisher import Publisher
from tests.fakes.clock import HUNG_SECONDS, UNMOVED

TOPIC = "arn:aws:sns:eu-central-1:000000000000:feedback"
ALL_TYPES = frozenset({"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"})
SINGLE = "/_local/ses/v2/email/outbound-emails"
BULK = "/_local/ses/v2/email/outbound-bulk-emails"
# Two configuration sets: one that publishes everything, one that publishes only bounces.
SETS = {
    "mail": [Destination(TOPIC, ALL_TYPES)],
    "quiet": [Destination(TOPIC, frozenset({"BOUNCE"}))],
}
AT_NOON = 1_480_939_200.0  # 2016-12-05T12:00:00Z


@dataclass
class RecordingTopic:
    """A topic that records what is published to it."""

    events: list[dict[str, Any]] = field(default_factory=list)
    arns: set[str] = field(default_factory=set)

    def publish(self, topic_arn: str, texts: list[str]) -> None:
        self.arns.add(topic_arn)
        self.events += [json.loads(text) for text in texts]


@dataclass
class EmulatedSES:
    """The emulator and what is around it; `declared` are the resources of the template."""

    state: Path
    settings: Settings = field(default_factory=lambda: Settings(event_delay_seconds=0))
    now: float = AT_NOON
    topic: RecordingTopic = field(default_factory=RecordingTopic)
    declared: dict[str, Identity] = field(
        default_factory=lambda: {"example.org": Identity("example.org", forwards_feedback=False)}
    )

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.state)
        self.publisher = Publisher(self.topic.publish, self.outbox.store, UNMOVED)
        self.emulator = SESEmulator(
            account=SESAccount(self.settings, lambda: self.now),
            outbox=self.outbox,
            destinations=SETS.get,
            identities=Identities(lambda: self.declared, self.state / "identities.json"),
            publisher=self.publisher,
            region="eu-central-1",
            clock=lambda: self.now,
        )
        self.app = Flask("stand-in")
        api.install(self.app, self.emulator, Faults())
        self.client: FlaskClient = self.app.test_client()

    def events(self) -> list[dict[str, Any]]:
        assert self.publisher.drained(HUNG_SECONDS), "the publisher hangs"
        return self.topic.events

    def event_types(self) -> list[str]:
        return [event["eventType"] for event in self.events()]

    def mail(self, message_id: str) -> EmailMessage:
        source = self.outbox.source(message_id)
        assert source is not None
        return message_from_bytes(source, policy=policy.default)


def a_single(to: str = "reader@example.org", **changes: Any) -> dict[str, Any]:
    body = {"Text": {"Data": "Hello\n"}, "Html": {"Data": "<p>Hello</p>"}}
    return {
        "FromEmailAddress": "News <news@example.org>",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Simple": {"Subject": {"Data": "The week"}, "Body": body}},
        "ConfigurationSetName": "mail",
    } | changes


def an_entry(to: str, data: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "Destination": {"ToAddresses": [to]},
        "ReplacementEmailContent": {
            "ReplacementTemplate": {"ReplacementTemplateData": json.dumps(data or {})}
        },
    } | changes


def a_bulk(
    *entries: dict[str, Any], template: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    content = {"TemplateContent": {"Subject": "The week", "Text": "Text {{link}}", "Html": "<p>{{link}}</p>"}}
    return {
        "FromEmailAddress": "News <news@example.org>",
        "DefaultContent": {"Template": content | (template or {})},
        "BulkEmailEntries": list(entries),
        "ConfigurationSetName": "mail",
    } | changes


def statuses(answer: Any) -> list[str]:
    return [result["Status"] for result in answer.get_json()["BulkEmailEntryResults"]]


def headers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs]
