"""The engine is killed by SIGKILL and started again: it has all that it acknowledged, of each service."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from local import processes
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import wait_for

TABLE = "table"
A_WEEK = 7 * 24 * 3600


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """Engine and gateway, without a stack."""
    running = LocalSystem(tmp_path_factory.mktemp("killed"), free_port(), free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


def kill(system: LocalSystem, name: str = "engine") -> None:
    """Kill a process by SIGKILL; return when it is gone."""
    pid = processes.running(system.state)[name].pid
    os.kill(pid, signal.SIGKILL)
    while processes.is_group_alive(pid) and name in processes.running(system.state):
        time.sleep(0.02)


def killed(system: LocalSystem) -> None:
    kill(system)
    system.start()


def a_table(system: LocalSystem, name: str) -> Any:
    database = system.stack.client("dynamodb")
    database.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "p", "AttributeType": "S"},
            {"AttributeName": "s", "AttributeType": "N"},
            {"AttributeName": "of", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-first",
                "KeySchema": [{"AttributeName": "of", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return database


def an_item(key: str, number: int = 0, **more: Any) -> dict[str, Any]:
    return {"p": {"S": key}, "s": {"N": str(number)}, "of": {"S": key[:1]}, **more}


def items(system: LocalSystem, name: str) -> list[dict[str, Any]]:
    found = system.stack.client("dynamodb").scan(TableName=name, ConsistentRead=True)["Items"]
    return sorted(found, key=lambda item: json.dumps(item, default=str, sort_keys=True))


def test_items_are_as_the_last_answer_left_them(system: LocalSystem) -> None:
    database = a_table(system, TABLE)
    big = {"blob": {"B": b"\0\xff" * 50_000}, "text": {"S": "Ж" * 100_000}, "list": {"L": [{"NULL": True}]}}
    database.put_item(TableName=TABLE, Item=an_item("big", **big))
    database.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": an_item(f"b{n}", n)}} for n in range(25)]}
    )
    database.delete_item(TableName=TABLE, Key={"p": {"S": "b3"}, "s": {"N": "3"}})
    database.update_item(
        TableName=TABLE,
        Key={"p": {"S": "b4"}, "s": {"N": "4"}},
        UpdateExpression="SET n = :n ADD seen :seen",
        ExpressionAttributeValues={":n": {"N": "1.50"}, ":seen": {"SS": ["x", "y"]}},
    )
    database.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": an_item("t1")}},
            {"Delete": {"TableName": TABLE, "Key": {"p": {"S": "b5"}, "s": {"N": "5"}}}},
        ]
    )
    database.execute_statement(Statement=f"INSERT INTO \"{TABLE}\" VALUE {{'p': 'sql', 's': 1}}")
    before, described = items(system, TABLE), database.describe_table(TableName=TABLE)["Table"]

    for _ in range(2):
        killed(system)

    database = system.stack.client("dynamodb")
    assert items(system, TABLE) == before
    assert len(before) == 1 + 25 - 2 + 2
    assert database.describe_table(TableName=TABLE)["Table"] == described
    indexed = database.query(
        TableName=TABLE,
        IndexName="by-first",
        KeyConditionExpression="#of = :b",
        ExpressionAttributeNames={"#of": "of"},
        ExpressionAttributeValues={":b": {"S": "b"}},
    )
    assert indexed["Count"] == 24


def test_a_deleted_table_does_not_come_back_nor_its_items_with_a_new_one(system: LocalSystem) -> None:
    database = a_table(system, "twice")
    database.put_item(TableName="twice", Item=an_item("old"))
    database.delete_table(TableName="twice")
    killed(system)
    assert "twice" not in system.stack.client("dynamodb").list_tables()["TableNames"]

    a_table(system, "twice").put_item(TableName="twice", Item=an_item("new"))
    killed(system)

    assert items(system, "twice") == [an_item("new")]


def test_a_restored_table_has_its_items(system: LocalSystem) -> None:
    database = a_table(system, "source")
    database.put_item(TableName="source", Item=an_item("a"))
    database.update_continuous_backups(
        TableName="source", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    database.restore_table_to_point_in_time(
        SourceTableName="source", TargetTableName="restored", UseLatestRestorableTime=True
    )

    killed(system)

    assert items(system, "restored") == [an_item("a")]
    backups = system.stack.client("dynamodb").describe_continuous_backups(TableName="source")
    assert "ENABLED" in str(backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"])


def test_writes_at_the_moment_of_the_kill_are_whole_and_those_acknowledged_are_there(
    system: LocalSystem,
) -> None:
    """Four clients write pairs in transactions until the engine dies under them."""
    a_table(system, "pairs")
    acknowledged: list[str] = []

    def write(worker: int) -> None:
        database = system.session.client("dynamodb", endpoint_url=system.engine.endpoint)
        for number in range(10_000):
            key = f"{worker}-{number}"
            pair = [{"Put": {"TableName": "pairs", "Item": an_item(key, side)}} for side in (1, 2)]
            try:
                database.transact_write_items(TransactItems=pair)
            except (BotoCoreError, ClientError):
                return
            acknowledged.append(key)

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 100:
        time.sleep(0.01)
    killed(system)
    for writer in writers:
        writer.join()

    found = [(item["p"]["S"], item["s"]["N"]) for item in items(system, "pairs")]
    keys = {key for key, _ in found}
    assert sorted(found) == sorted((key, side) for key in keys for side in ("1", "2"))
    assert set(acknowledged) <= keys
    assert len(keys) <= len(acknowledged) + len(writers)


def test_messages_wait_are_in_flight_or_gone_as_before(system: LocalSystem) -> None:
    sqs = system.stack.sqs
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(
        QueueName="queue", Attributes={"VisibilityTimeout": "600", "RedrivePolicy": policy}
    )["QueueUrl"]
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": f"message {n}"} for n in range(8)]
    )
    received = [
        message
        for _ in range(4)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    ]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=received[1]["ReceiptHandle"], VisibilityTimeout=0
    )
    waiting = {f"message {n}" for n in range(8)} - {message["Body"] for message in received}

    killed(system)

    sqs = system.stack.sqs
    rest = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {message["Body"] for message in rest} == waiting
    [died] = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert died["Body"] == received[1]["Body"]
    for message in (*rest, *received[2:]):  # the receipts are still valid
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    killed(system)
    attributes = system.stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    counts = {name: value for name, value in attributes.items() if name.startswith("ApproximateNumber")}
    assert set(counts.values()) == {"0"}
    assert (attributes["VisibilityTimeout"], attributes["RedrivePolicy"]) == ("600", policy)


def test_objects_have_their_newest_content_their_versions_and_their_deletions(system: LocalSystem) -> None:
    s3 = system.stack.s3
    place: Any = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=place)
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket", Key="a/ключ", Body=b"one", ContentType="text/plain")
    newer = s3.put_object(Bucket="bucket", Key="a/ключ", Body=b"second", ContentType="text/html")
    s3.put_object(Bucket="bucket", Key="gone", Body=b"x")
    s3.delete_object(Bucket="bucket", Key="gone")

    killed(system)

    s3 = system.stack.s3
    found = s3.get_object(Bucket="bucket", Key="a/ключ")
    assert (found["Body"].read(), found["ContentType"], found["ETag"]) == (
        b"second",
        "text/html",
        newer["ETag"],
    )
    listed = s3.list_object_versions(Bucket="bucket")
    versions = [one["VersionId"] for one in listed["Versions"] if one["Key"] == "a/ключ"]
    bodies = [
        s3.get_object(Bucket="bucket", Key="a/ключ", VersionId=each)["Body"].read() for each in versions
    ]
    assert bodies == [b"second", b"one"]
    assert [one["Key"] for one in listed["DeleteMarkers"]] == ["gone"]
    assert s3.get_bucket_versioning(Bucket="bucket")["Status"] == "Enabled"


def test_keys_secrets_schedules_topics_and_logs_are_there(system: LocalSystem) -> None:
    client = system.stack.client
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    sealed = client("kms").encrypt(KeyId=key, Plaintext=b"address", EncryptionContext={"of": "a"})
    client("ssm").put_parameter(Name="/a", Value="1", Type="SecureString")
    client("secretsmanager").create_secret(Name="secret", SecretString="of the CDN")
    topic = client("sns").create_topic(Name="topic")["TopicArn"]
    url = client("sqs").create_queue(QueueName="subscribed")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    client("sns").publish(TopicArn=topic, Message="an event")
    client("scheduler").create_schedule_group(Name="group")
    client("scheduler").create_schedule(
        Name="held",
        GroupName="group",
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/r"},
    )
    client("events").put_rule(Name="rule", EventPattern='{"source": ["aws.s3"]}')
    client("events").put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn}])
    client("logs").create_log_group(logGroupName="group")
    client("logs").put_retention_policy(logGroupName="group", retentionInDays=7)
    client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")

    killed(system)

    client = system.stack.client
    opened = client("kms").decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"of": "a"})
    assert opened["Plaintext"] == b"address"
    assert client("ssm").get_parameter(Name="/a", WithDecryption=True)["Parameter"]["Value"] == "1"
    assert client("secretsmanager").get_secret_value(SecretId="secret")["SecretString"] == "of the CDN"
    assert client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["Endpoint"] == arn
    [event] = client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(event["Body"])["Message"] == "an event"
    held = client("scheduler").get_schedule(Name="held", GroupName="group")
    assert held["ScheduleExpression"] == "at(2099-01-01T00:00:00)"
    assert client("events").list_targets_by_rule(Rule="rule")["Targets"][0]["Arn"] == arn
    assert client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    assert client("iam").get_role(RoleName="role")["Role"]["RoleName"] == "role"


def test_an_upload_is_announced_even_if_the_engine_dies_right_after_answering(system: LocalSystem) -> None:
    client = system.stack.client
    url = client("sqs").create_queue(QueueName="uploads")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    place: Any = {"LocationConstraint": "eu-central-1"}
    client("s3").create_bucket(Bucket="announced", CreateBucketConfiguration=place)
    client("s3").put_bucket_notification_configuration(
        Bucket="announced", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    client("events").put_rule(Name="uploads", EventPattern='{"source": ["aws.s3"]}')
    client("events").put_targets(Rule="uploads", Targets=[{"Id": "1", "Arn": arn}])
    for number in range(5):
        client("s3").put_object(Bucket="announced", Key=str(number), Body=b"x")
        killed(system)
        client = system.stack.client

    messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    keys = sorted(json.loads(message["Body"])["detail"]["object"]["key"] for message in messages)
    assert keys == [str(number) for number in range(5)]


def test_a_deployment_that_dies_with_the_engine_is_done_whole_by_the_next(system: LocalSystem) -> None:
    def template(*queues: str) -> str:
        made = {name: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}} for name in queues}
        return json.dumps({"Resources": made})

    def status() -> str:
        return system.stack.cloudformation.describe_stacks(StackName="small")["Stacks"][0]["StackStatus"]

    def update(body: str) -> None:
        system.stack.cloudformation.update_stack(StackName="small", TemplateBody=body)

    system.stack.cloudformation.create_stack(StackName="small", TemplateBody=template("one", "two"))
    killed(system)
    assert status() == "UPDATE_ROLLBACK_COMPLETE"
    update(template("one", "two"))
    wait_for(lambda: status() == "UPDATE_COMPLETE", "the stack")

    update(template("two", "three"))
    killed(system)
    update(template("two", "three"))
    wait_for(lambda: status() == "UPDATE_COMPLETE", "the stack")
    killed(system)

    pages = system.stack.cloudformation.list_stack_resources(StackName="small")["StackResourceSummaries"]
    assert {one["LogicalResourceId"] for one in pages} == {"two", "three"}
    for queue in pages:
        system.stack.sqs.send_message(QueueUrl=queue["PhysicalResourceId"], MessageBody="x")


# --- What is half alive ---


def pids(system: LocalSystem) -> dict[str, int]:
    return {name: one.pid for name, one in processes.running(system.state).items()}


def both_run_and_answer(system: LocalSystem) -> bool:
    health = urllib3.request("GET", f"{system.address}/_local/ses/messages", retries=False)
    is_whole = LocalSystem.running(system.state) is not None
    return is_whole and health.status == 200 and isinstance(system.stack.sqs.list_queues(), dict)


@pytest.mark.parametrize("dead", [["front"], ["engine"], ["engine", "front"]])
def test_up_mends_a_system_of_which_a_part_has_died(system: LocalSystem, dead: list[str]) -> None:
    for name in dead:
        kill(system, name)
    assert LocalSystem.running(system.state) is None

    system.start()

    assert both_run_and_answer(system)


def test_up_does_nothing_where_both_run(system: LocalSystem) -> None:
    before = pids(system)
    system.start()
    assert pids(system) == before


@pytest.mark.parametrize("text", ["", '{"engi', "[]", "null", '{"engine": "x", "front": null}', None])
def test_what_the_file_of_ids_says_does_not_matter(system: LocalSystem, text: str | None) -> None:
    file = system.state / "running.json"
    file.unlink()
    if text is not None:
        file.write_text(text, encoding="utf-8")
    system.start()
    assert LocalSystem.running(system.state) == system
    kill(system, "front")

    system.start()

    assert both_run_and_answer(system)
    assert json.loads(file.read_text(encoding="utf-8")) == pids(system)


def test_a_process_of_somebody_else_that_got_our_number_is_left_alone(system: LocalSystem) -> None:
    theirs = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        kill(system)
        recorded = json.dumps(dict.fromkeys(("engine", "front"), theirs.pid))
        (system.state / "running.json").write_text(recorded, encoding="utf-8")

        system.start()

        assert theirs.poll() is None
        assert both_run_and_answer(system)
    finally:
        theirs.kill()
        theirs.wait()


def test_up_on_other_ports_moves_the_system_there(system: LocalSystem) -> None:
    system.stack.sqs.create_queue(QueueName="moved")
    moved = LocalSystem(system.state, free_port(), free_port())
    moved.start()
    assert both_run_and_answer(moved)
    assert "moved" in str(moved.stack.sqs.list_queues()["QueueUrls"])

    system.start()

    assert both_run_and_answer(system)
