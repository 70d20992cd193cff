"""The local SNS lists an e-mail subscription as pending until it is confirmed, as AWS does."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError
from flask import Flask

from local.server import serve
from local.sns import sns_api
from tests.fakes.aws import REGION, FakeAWS

TOPIC = "arn:aws:sns:eu-central-1:000000000000:Alarms"
MAIL, QUEUE = "alarm&night@example.org", "arn:aws:sqs:eu-central-1:000000000000:Feedback"


def a_subscription(protocol: str, endpoint: str) -> dict[str, str]:
    arn = f"{TOPIC}:{protocol}"
    return {
        "SubscriptionArn": arn,
        "Owner": "000000000000",
        "Protocol": protocol,
        "Endpoint": endpoint,
        "TopicArn": TOPIC,
    }


@dataclass(frozen=True)
class Engine:
    """The engine, which takes every subscription for confirmed."""

    sns: Any


@pytest.fixture
def gateway() -> Iterator[str]:
    listed = {"Subscriptions": [a_subscription("email", MAIL), a_subscription("sqs", QUEUE)]}
    app = Flask("front")
    app.register_blueprint(sns_api(Engine(FakeAWS({"sns.ListSubscriptionsByTopic": listed}).client("sns"))))
    server = serve(app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/_local/sns"
    server.shutdown()
    thread.join()
    server.server_close()


def sns_at(gateway: str) -> Any:
    return boto3.Session("local", "local", region_name=REGION).client("sns", endpoint_url=gateway)


def listed(gateway: str) -> list[tuple[str, str]]:
    found = sns_at(gateway).list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    return [(one["Endpoint"], one["SubscriptionArn"]) for one in found]


def test_an_address_is_pending_until_somebody_clicked_and_a_queue_never_is(gateway: str) -> None:
    assert listed(gateway) == [(MAIL, "PendingConfirmation"), (QUEUE, f"{TOPIC}:sqs")]
    urllib3.request("PUT", f"{gateway}/confirmed", json=[MAIL])
    assert listed(gateway) == [(MAIL, f"{TOPIC}:email"), (QUEUE, f"{TOPIC}:sqs")]


def test_every_other_operation_is_refused_by_name(gateway: str) -> None:
    with pytest.raises(ClientError, match="no ListTopics"):
        sns_at(gateway).list_topics()
