"""What the queues' ports promise, kept by the fakes and by SQS; and the schedule that starts a mailing."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from broadsheet.aws.schedules import EventBridgeSchedule
from broadsheet.aws.sqs import SQSQueue
from broadsheet.mailings.ports import ChunkMessage, DeliveryQueue
from broadsheet.subscribers.messages import read_message
from broadsheet.subscribers.ports import SignupQueue
from tests.builders import ADDRESS, a_mailing, a_sign_up
from tests.fakes.mailings import FakeDeliveryQueue, FakeSchedule
from tests.fakes.subscribers import FakeSignupQueue
from tests.from_template import create_queue

MAILING = a_mailing().id
DUE_AT = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
GROUP = "MailingSchedules"
START_MAILING = "arn:aws:lambda:eu-central-1:123456789012:function:StartMailing"
ROLE = "arn:aws:iam::123456789012:role/ScheduleRole"


@pytest.fixture(params=["fake", "SQS"])
def queue(request: pytest.FixtureRequest) -> DeliveryQueue:
    return FakeDeliveryQueue() if request.param == "fake" else on_sqs(request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "SQS"])
def sign_ups(request: pytest.FixtureRequest) -> SignupQueue:
    if request.param == "fake":
        return FakeSignupQueue()
    url = create_queue(request.getfixturevalue("aws"), "SignupQueue")
    return SQSQueue(boto3.client("sqs"), url)


@pytest.fixture(params=["fake", "EventBridge"])
def schedule(request: pytest.FixtureRequest) -> FakeSchedule | EventBridgeSchedule:
    return FakeSchedule() if request.param == "fake" else on_eventbridge(request.getfixturevalue("aws"))


def on_sqs(aws: dict[str, Any]) -> SQSQueue:
    url = create_queue(aws, "DeliveryQueue")
    return SQSQueue(boto3.client("sqs"), url)


def on_eventbridge(aws: dict[str, Any]) -> EventBridgeSchedule:
    assert aws["Resources"][GROUP]["Type"] == "AWS::Scheduler::ScheduleGroup"
    scheduler = boto3.client("scheduler")
    scheduler.create_schedule_group(Name=GROUP)
    return EventBridgeSchedule(scheduler, GROUP, START_MAILING, ROLE)


def bodies(queue: SQSQueue) -> list[str]:
    """Everything that waits in the queue."""
    found: list[str] = []
    while True:
        answer = queue.sqs.receive_message(QueueUrl=queue.queue_url, MaxNumberOfMessages=10)
        if not answer.get("Messages"):
            return found
        found += [message["Body"] for message in answer["Messages"]]


def waiting(queue: DeliveryQueue) -> list[ChunkMessage]:
    """The messages in the queue, by number."""
    if isinstance(queue, SQSQueue):
        messages = [ChunkMessage.from_json(body) for body in bodies(queue)]
    else:
        assert isinstance(queue, FakeDeliveryQueue)
        messages = queue.messages
    return sorted(messages, key=lambda message: message.number)


def test_sending_no_messages_makes_no_call(queue: DeliveryQueue) -> None:
    queue.enqueue([])

    assert waiting(queue) == []


def test_more_messages_than_fit_in_one_call_all_arrive(queue: DeliveryQueue) -> None:
    messages = [ChunkMessage(MAILING, number) for number in range(23)]

    queue.enqueue(messages)

    assert waiting(queue) == messages


def test_a_repeated_message_comes_twice(queue: DeliveryQueue) -> None:
    queue.enqueue([ChunkMessage(MAILING, 7)])
    queue.enqueue([ChunkMessage(MAILING, 7)])

    assert waiting(queue) == [ChunkMessage(MAILING, 7), ChunkMessage(MAILING, 7)]


def test_a_message_comes_after_its_delay_in_whole_seconds(aws: dict[str, Any]) -> None:
    queue, asked = on_sqs(aws), []

    def look(params: dict[str, Any], **_: Any) -> None:
        asked.extend(entry["DelaySeconds"] for entry in params["Entries"])

    queue.sqs.meta.events.register("before-parameter-build.sqs.SendMessageBatch", look)
    delays = [0, 0.2, 177.0, 899.5, *[3.0] * 8]

    queue.enqueue([ChunkMessage(MAILING, number) for number in range(12)], delays)

    assert asked == [0, 1, 177, 900, *[3] * 8]
    assert waiting(queue) == [ChunkMessage(MAILING, 0)]


def test_every_message_has_a_delay_or_none_has(aws: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        on_sqs(aws).enqueue([ChunkMessage(MAILING, 0), ChunkMessage(MAILING, 1)], [1.0])


def test_a_message_that_sqs_does_not_take_fails_the_call(aws: dict[str, Any]) -> None:
    queue = on_sqs(aws)

    def refuse_one(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Failed"] = [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]

    queue.sqs.meta.events.register("after-call.sqs.SendMessageBatch", refuse_one)  # moto takes all

    with pytest.raises(RuntimeError, match=r"^1 messages were not taken by the queue$"):
        queue.enqueue([ChunkMessage(MAILING, 0), ChunkMessage(MAILING, 1)])


def test_a_sign_up_arrives_whole_and_sealed(sign_ups: SignupQueue) -> None:
    sign_up_message = a_sign_up(audiences=("be-ru", "en"))

    sign_ups.send(sign_up_message)

    if isinstance(sign_ups, SQSQueue):
        [body] = bodies(sign_ups)
        assert read_message(body) == sign_up_message
        assert [word for word in (ADDRESS, "example.org", "ana") if word in body] == []
    else:
        assert isinstance(sign_ups, FakeSignupQueue)
        assert sign_ups.messages == [sign_up_message]


def test_a_mailing_is_started_at_the_time_that_was_set_last(
    schedule: FakeSchedule | EventBridgeSchedule,
) -> None:
    schedule.at(MAILING, DUE_AT)
    schedule.at(MAILING, DUE_AT.replace(hour=9))

    if isinstance(schedule, EventBridgeSchedule):
        kept = schedule.scheduler.get_schedule(GroupName=GROUP, Name=MAILING)
        assert kept["ScheduleExpression"] == "at(2016-12-12T09:10:00)"
    else:
        assert isinstance(schedule, FakeSchedule)
        assert schedule.due == {MAILING: DUE_AT.replace(hour=9)}


def test_a_schedule_invokes_start_mailing_once_to_the_minute_and_is_then_deleted(aws: dict[str, Any]) -> None:
    schedule = on_eventbridge(aws)

    schedule.at(MAILING, DUE_AT)

    kept = schedule.scheduler.get_schedule(GroupName=GROUP, Name=MAILING)
    shown = ("ScheduleExpressionTimezone", "FlexibleTimeWindow", "ActionAfterCompletion")
    assert {name: kept[name] for name in shown} == {  # type: ignore[literal-required]  # names of the table above
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
    }
    target = kept["Target"]
    assert (target["Arn"], target["RoleArn"]) == (START_MAILING, ROLE)
    assert json.loads(target["Input"]) == {"mailing": MAILING}
