"""What of MiniStack's state is written when: by a request's signature, by what was noted, by what differs."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from local.engine_durability import MOVES, changed_services, finish_moves
from local.engine_records import Items, Messages, Streams
from local.store import Store

TABLE = "arn:aws:dynamodb:eu-central-1:000000000000:table/people"
QUEUE = "arn:aws:sqs:eu-central-1:000000000000:signups"
URL = "http://localhost:4566/000000000000/signups"


def headers(service: str, target: str = "") -> dict[bytes, bytes]:
    signed = f"AWS4-HMAC-SHA256 Credential=local/20450102/eu-central-1/{service}/aws4_request, Signature=0"
    return {b"authorization": signed.encode(), **({b"x-amz-target": target.encode()} if target else {})}


@pytest.mark.parametrize(
    ("method", "path", "given", "expected"),
    [
        ("POST", "/", headers("dynamodb", "DynamoDB_20120810.PutItem"), ()),  # noted
        ("POST", "/", headers("dynamodb", "DynamoDB_20120810.GetItem"), ()),
        ("POST", "/", headers("dynamodb", "DynamoDB_20120810.CreateTable"), ("dynamodb",)),
        ("POST", "/", headers("sqs", "AmazonSQS.ReceiveMessage"), ()),  # noted
        ("POST", "/", headers("sqs", "AmazonSQS.SetQueueAttributes"), ("sqs",)),
        ("POST", "/", headers("kms", "TrentService.Decrypt"), ()),
        ("POST", "/", headers("kms", "TrentService.DisableKey"), ("kms",)),
        ("POST", "/", headers("monitoring", "GraniteServiceVersion20100801.PutMetricAlarm"), ("cloudwatch",)),
        ("POST", "/", headers("logs", "Logs_20140328.FilterLogEvents"), ()),
        ("POST", "/", headers("cloudformation"), ("cloudformation",)),  # the query protocol names nothing
        ("POST", "/", headers("sns"), ("sns",)),
        ("GET", "/schedules/a", headers("scheduler"), ()),
        ("POST", "/schedules/a", headers("scheduler"), ("scheduler",)),
        ("DELETE", "/schedules/a", headers("scheduler"), ("scheduler",)),
        ("PUT", "/bucket/key", headers("s3"), ("s3",)),
        ("HEAD", "/bucket/key", headers("s3"), ()),
        ("POST", "/2015-03-31/functions/f/invocations", headers("lambda"), ()),
        ("PUT", "/2015-03-31/functions/f/code", headers("lambda"), ("lambda",)),
        ("POST", "/v2/email/identities", headers("ses"), ("ses", "ses_v2")),
        ("POST", "/api/subscribe", {}, ()),  # a visitor: what the function changes is written as it asks
    ],
)
def test_a_request_s_signature_tells_what_it_may_have_changed(
    method: str, path: str, given: dict[bytes, bytes], expected: tuple[str, ...]
) -> None:
    assert changed_services(method, path, given) == expected


def test_an_object_s_files_are_moved_after_a_crash_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    body, description = tmp_path / "a.html", tmp_path / "a.html.meta.json"
    body.write_text("old")
    description.write_text("old")
    for file in (body, description):
        Path(f"{file}.new.tmp").write_text("new")
    store.write({(MOVES, str(body)): "", (MOVES, str(description)): ""})
    Path(f"{body}.new.tmp").replace(body)  # the process died between the two

    for _ in range(2):
        finish_moves(store)

    assert (body.read_text(), description.read_text()) == ("new", "new")
    assert list(store.entries(MOVES)) == []
    assert sorted(file.name for file in tmp_path.glob("a*")) == ["a.html", "a.html.meta.json"]


def test_files_that_were_not_to_be_moved_yet_are_left(tmp_path: Path) -> None:
    body = tmp_path / "a.html"
    body.write_text("old")
    Path(f"{body}.new.tmp").write_text("half of the n")

    finish_moves(Store(tmp_path / "state.sqlite"))

    assert body.read_text() == "old"


def a_table(**items: int) -> dict[str, Any]:
    return {"TableArn": TABLE, "items": defaultdict(dict, {key: {"s": {"n": n}} for key, n in items.items()})}


def written(entries: dict[tuple[str, str], str | None]) -> dict[str, Any]:
    return {
        json.loads(key)[0] if key.startswith("[") else key: None if text is None else json.loads(text)
        for (_, key), text in entries.items()
    }


def test_an_item_is_written_as_it_is_then_and_only_once() -> None:
    items, table = Items(), a_table(a=1, b=2)
    items.note(table, "a", "s")
    items.note(table, "gone", "s")
    table["items"]["a"]["s"] = {"n": 3}

    first, second = items.take(), items.take()

    assert {collection for collection, _ in first.entries} == {"tables 000000000000 eu-central-1 people"}
    assert (written(first.entries), first.emptied) == ({"a": {"n": 3}, "gone": None}, [])
    assert (second.entries, second.emptied) == ({}, [])


def test_a_table_whose_items_were_replaced_is_emptied_first() -> None:
    items, table = Items(), a_table(a=1, b=2)
    items.note_all(table)

    found = items.take()

    assert found.emptied == ["tables 000000000000 eu-central-1 people"]
    assert written(found.entries) == {"a": {"n": 1}, "b": {"n": 2}}


def a_message(name: str, receipt: str | None = None, sent_at: float = 1.0) -> dict[str, Any]:
    return {"id": name, "body": name, "visible_at": 1.0, "receipt_handle": receipt, "sent_at": sent_at}


def test_messages_that_came_changed_or_went_are_written_and_no_others() -> None:
    messages = Messages()
    queue = {"url": URL, "attributes": {"QueueArn": QUEUE}, "messages": [a_message("a"), a_message("b")]}
    messages.note(queue)
    messages.take()

    queue["messages"] = [a_message("b", receipt="r"), a_message("c")]
    assert messages.take().entries == {}  # nobody noted it
    messages.note(queue)

    assert written(messages.take().entries) == {
        "a": None,
        "b": a_message("b", receipt="r"),
        "c": a_message("c"),
    }


def test_a_queue_gets_its_messages_back_in_the_order_in_which_they_were_sent() -> None:
    messages = Messages()
    queue: dict[str, Any] = {"url": URL, "attributes": {"QueueArn": QUEUE}}
    sent = [a_message("z", sent_at=1), a_message("a", sent_at=2)]

    messages.restored(queue, [(one["id"], json.dumps(one)) for one in reversed(sent)])
    messages.note(queue)

    assert queue["messages"] == sent
    assert messages.take().entries == {}


def test_streams_are_written_once_and_a_group_gets_back_its_newest(tmp_path: Path) -> None:
    store, streams = Store(tmp_path / "state.sqlite"), Streams()
    group = {"streams": {f"{n:04}": {"creationTime": n, "events": [{"message": "x"}]} for n in range(1_200)}}

    first = streams.take([("log_groups g", group)])
    store.write(first.entries)
    restored: dict[str, Any] = {}
    after = Streams()
    after.restored("log_groups g", restored, store)

    assert len(first.entries) == 1_200
    assert streams.take([("log_groups g", group)]).entries == {}
    assert list(restored["streams"]) == [f"{n:04}" for n in range(200, 1_200)]
    assert after.take([("log_groups g", restored)]).entries == {}
    assert len(list(store.entries("log_groups g"))) == 1_000
