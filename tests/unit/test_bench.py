"""The bench measures what it says; no test here is judged by a time."""

import json
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import date
from math import ceil
from pathlib import Path

import pytest
from ministack.services import dynamodb

from bench import (
    archive,
    delivery,
    exports,
    floors,
    prices,
    publishing,
    references,
    replaying,
    starting,
)
from bench.archive import texts, the_newsletter
from bench.endpoint import LocalAWS, answering
from bench.mailing import MAIL_BYTES, Work, a_mail
from bench.measuring import Figures, call, medians, run, taken
from bench.run import PAGE, renewed
from bench.template import environment_of
from broadsheet.aws.dynamodb_json import to_wire
from broadsheet.aws.subscriber_items import to_item
from broadsheet.content.read import read_issue
from tests import template_rules as rules
from tests.builders import a_subscriber
from tests.from_template import the_template

MONDAY = 0


def test_an_archive_is_the_same_every_time_and_no_two_weeks_are() -> None:
    first, again = list(texts(3)), list(texts(4))
    assert first == again[:9]
    assert len({text.markdown for text in first}) == 9
    assert {text.day.weekday() for text in first} == {MONDAY}
    assert {text.edition for text in first} == {"en", "be", "ru"}


def test_an_export_of_an_old_system_is_the_same_every_time_and_as_large_as_asked() -> None:
    parts = list(exports.wordpress(20, post_bytes=30_000))
    assert parts == list(exports.wordpress(20, post_bytes=30_000))
    posts = [part for part in parts if "<wp:post_type><![CDATA[post]]>" in part]
    assert len(set(posts)) == 20
    assert all(30_000 < len(post.encode()) < 37_000 for post in posts)


def test_an_issue_of_the_archive_is_as_large_as_asked_and_has_everything() -> None:
    found = list(texts(12, size_bytes=30_000))
    assert all(27_000 < len(text.markdown.encode()) < 36_000 for text in found)
    for mark in ("\n- ", "\n1. ", "](https://", "[^1]:", "|---:|", "\n*"):
        assert any(mark in text.markdown for text in found), mark


def test_the_archive_is_read_without_a_finding() -> None:
    for text in texts(2, size_bytes=8_000):
        read = read_issue(
            text.day.isoformat(), text.edition, text.markdown.encode(), frozenset(), the_newsletter()
        )
        issue = read.issue
        assert read.warnings == ()
        assert text.markdown.startswith(f'---\ntitle: "{issue.title}"\nsummary: "{issue.summary}"\n---\n')
        topics = [topic.id for topic in the_newsletter().topics]
        assert list(dict.fromkeys(piece.topic for piece in issue.commentaries)) == topics
        assert all(piece.trend for piece in issue.commentaries)


def test_the_cpu_time_of_a_command_includes_its_child_processes() -> None:
    busy = "import hashlib\nfor _ in range(300): hashlib.sha256(bytes(1_000_000))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    _, idle = run([sys.executable, "-c", "pass"])
    assert run([sys.executable, "-c", outer])[1] > 2 * idle > 0


def test_a_command_that_fails_gives_its_words_and_no_number() -> None:
    with pytest.raises(RuntimeError, match="ended with 3:\nno such luck"):
        run([sys.executable, "-c", "import sys; print('no such luck'); sys.exit(3)"])


def test_measurements_are_interleaved() -> None:
    order: list[str] = []
    values = iter((1.0, 10.0, 3.0, 30.0, 2.0, 20.0))

    def measure(name: str) -> float:
        order.append(name)
        return next(values)

    assert medians({"a": lambda: measure("a"), "b": lambda: measure("b")}, 3) == {"a": 2.0, "b": 20.0}
    assert order == ["a", "b"] * 3


def test_a_missing_command_has_no_version() -> None:
    assert archive.version("no-such-program", "--version") == ""
    assert archive.version(sys.executable, "--version").startswith("3.")


def test_an_issue_is_published_into_an_archive_and_its_calls_are_counted() -> None:
    with answering() as address:
        environment = environment_of(address, "PublishIssueFunction")
        seconds, calls = call(environment, publishing.publish_into, address, 2, 1)
    assert seconds > 0
    assert (calls["DynamoDB TransactWriteItems"], calls["Scheduler CreateSchedule"]) == (1, 3)
    assert calls["S3 PutObject"] > 30


def test_the_clients_calls_and_utilities_of_a_function_are_found_by_watching_it_start() -> None:
    with answering() as address:
        name, clients, boto3, floor, function, *_ = starting.row("StartMailingFunction", 1, address)
    assert (name, clients) == ("`start_mailing`", "1 dynamodb, 1 sesv2, 1 sqs")
    assert all(int(milliseconds) > 100 for milliseconds in (boto3, floor, function))


def test_figures_that_are_measured_again_replace_the_old_ones() -> None:
    speed = "## Speed\n\nHow fast.\n\nMeasured on {}\n\n| what | how much |\n| --- | --- |\n{}"
    weight = "\n## Weight\n\nHow heavy.\n\nMeasured on 2026-11-23: a machine.\n\n| what |\n| --- |\n| old |\n"
    page = "# Benchmarks\n\n" + speed.format("2026-11-23: a machine. Fast.", "| old | 1 |\n") + weight
    new = [Figures("Speed", [("this", "1"), ("that", "2")], "It is kept.")]
    again = renewed(page, new, date(2026, 12, 1), "another machine")
    line = "2026-12-01: another machine. It is kept."
    assert again == "# Benchmarks\n\n" + speed.format(line, "| this | 1 |\n| that | 2 |\n") + weight
    assert renewed(again, new, date(2026, 12, 1), "another machine") == again


@pytest.mark.parametrize("title", ["Speed", "Weight"])
def test_figures_without_a_placeholder_are_refused(title: str) -> None:
    page = "## Speed\n\nHow fast.\n\n## Cost\n\nMeasured on 2026-11-23: it.\n\n| what |\n| --- |\n"
    with pytest.raises(LookupError, match=title):
        renewed(page, [Figures(title, [("new",)])], date(2026, 12, 1), "a machine")


def test_the_page_has_a_place_for_what_an_idle_month_costs() -> None:
    page = renewed(PAGE.read_text(encoding="utf-8"), [prices.idle()], date(2026, 12, 1), "a machine")
    assert "Measured on 2026-12-01: a machine. It is " in page


def test_a_subscriber_is_charged_as_what_is_stored_of_them() -> None:
    stored = {name: to_wire(value) for name, value in to_item(a_subscriber()).items()}
    base64_letters = 4 * ceil((12 + 320 + 16) / 3)  # nonce, padded address, the cipher's tag
    item = {**stored, "sealed_address": {"B": "x" * base64_letters}}
    assert dynamodb._item_size_bytes(item) == delivery.SUBSCRIBER_BYTES  # noqa: SLF001  # what the endpoint uses


def test_the_endpoint_charges_for_what_is_read_and_written() -> None:
    endpoint = LocalAWS(delivery.subscribers(2), 200)
    ends = {":first": {"S": "0" * 32}, ":last": {"S": "f" * 32}}
    query = {"TableName": "subscriberstable", "ExpressionAttributeValues": ends}
    assert endpoint.answer_json("DynamoDB Query", query)[1]["Count"] == 2
    assert endpoint.counts == {"read units": 1}
    chunk = {"TableName": "ledgertable", "Key": {"mailing": {"S": "m"}, "entry": {"S": "e"}}}
    members = {f"{n:032x}": {"S": "accepted"} for n in range(160)}  # 6.5 kB
    values = {"UpdateExpression": "SET members = :m", "ExpressionAttributeValues": {":m": {"M": members}}}
    assert endpoint.answer_json("DynamoDB UpdateItem", {**chunk, **values}) == (200, {})
    assert endpoint.answer_json("DynamoDB GetItem", chunk)[1]["Item"]["members"] == {"M": members}
    assert endpoint.counts == {"read units": 1 + 2, "write units": 7}
    gone = {**chunk, "ConditionExpression": "attribute_not_exists(entry)"}
    assert endpoint.answer_json("DynamoDB DeleteItem", gone)[0] == 400


def test_an_operation_that_nobody_expects_is_an_error() -> None:
    assert LocalAWS({}, 200).answer_json("SQS PurgeQueue", {})[0] == 400


def test_a_mail_to_measure_with_is_as_large_as_said() -> None:
    for edition in ("en", "ru"):
        body = a_mail(edition)
        assert MAIL_BYTES <= len(body.html.encode()) + len(body.text.encode()) < 1.1 * MAIL_BYTES


def test_units_are_priced_and_calls_of_ses_are_not() -> None:
    counts = {
        "write units": 4,
        "read units": 8,
        "DynamoDB UpdateItem": 9,
        "SES SendBulkEmail": 3,
        "KMS Decrypt": 2,
    }
    used = prices.used_by(counts, 0, 0.0, 1024)
    priced = {unit: used[unit] for unit in used if "Lambda" not in unit}
    free = {"X-Ray trace": 0, "log GB": 0}
    assert priced == {"DynamoDB write unit": 4, "DynamoDB read unit": 8, "KMS request": 2, **free}
    assert prices.dollars({"DynamoDB write unit": 1_000_000}) == {"DynamoDB write unit": 0.625}
    assert prices.FEE_A_MILLION == 100


def test_a_function_is_priced_by_what_it_waits_and_by_its_share_of_a_processor() -> None:
    counts = {"SES SendBulkEmail": 2, "DynamoDB Query": 10, "read units": 500}
    used = prices.used_by(counts, 3, 5.0, 512)
    assert used["Lambda GB-second"] == pytest.approx((5 + 2 * 0.3 + 10 * 0.01) * 512 / 1024)
    assert (used["Lambda call"], used["X-Ray trace"]) == (3, 3)
    worked = delivery.units_per_million(Work(1_000_000, cpu_seconds=1.0), delivery.DELIVERY)
    assert worked["Lambda GB-second"] == pytest.approx(
        1769 / 1024
    )  # whatever the memory: half, twice as long


def test_the_monthly_free_tier_is_not_charged() -> None:
    used = {"SQS request": 1_500_000.0, "key a month": 3.0, "alarm metric a month": 4.0}
    assert prices.dollars(used, prices.FREE_A_MONTH) == {
        "SQS request": pytest.approx(0.2),
        "key a month": 3.0,
        "alarm metric a month": 0.0,
    }
    assert prices.dollars(used)["SQS request"] == pytest.approx(0.6)


def test_an_idle_month_is_priced_from_the_template() -> None:
    used = prices.idle_month()
    assert used["key a month"] == 3
    assert used["Lambda call"] == used["schedule call"] == 730 * 60
    queues = len(list(rules.mappings(the_template())))
    assert used["SQS request"] == queues * 5 * 3 * 730 * 60
    assert set(used) <= set(prices.PRICES)


def test_delivery_is_shown_by_calls_and_by_share_of_the_fee() -> None:
    counts = {"SES SendBulkEmail": 40, "DynamoDB UpdateItem": 100, "write units": 800, "read units": 100}
    work = Work(members=2_000, cpu_seconds=0.2, waited_seconds=10, invocations=12, counts=counts)
    section = delivery.call_figures({56: work, 200: work})
    assert section.verdict == ("It is at 56 a second kept, at 200 a second kept.")
    assert ("**all calls**", "70.0", "70.0") in section.rows
    many = Work(**{**asdict(work), "counts": {**counts, "DynamoDB Query": 400}})
    assert "at 200 a second **missed**" in delivery.call_figures({56: work, 200: many}).verdict
    used = delivery.units_per_million(work, delivery.DELIVERY)
    assert used["DynamoDB write unit"] == 400_000
    assert used["SQS request"] == 12_000


def test_feedback_pays_for_each_event_on_its_way() -> None:
    work = Work(members=1_000, invocations=10, counts={"events": 2_000, "write units": 300})
    used = delivery.units_per_million(work, delivery.FEEDBACK)
    assert used["SNS publication"] == 2_000_000
    assert used["SQS request"] == 2_000_000 + 2 * 200_000


def test_a_simulated_mailing_mails_everybody_and_is_counted() -> None:
    mailed, recorded = delivery.mailed_and_recorded(200, members=320)
    assert mailed.counts["recipients"] == 320
    assert mailed.invocations == 4  # two chunks, one of them in three parts for the trial
    assert mailed.counts["SES SendBulkEmail"] >= 7
    assert recorded.counts["events"] == 640


def test_the_references_send_the_same_mails() -> None:
    with answering() as address:
        for name in (references.BULK, references.SINGLE):
            assert call(environment_of(address), references.send_all, name, "ru", 50) > 0
        counts = taken(address)
    assert (counts["SES SendEmail"], counts["recipients"]) == (50 + 50, 50 + 50)


def test_the_template_is_read_as_the_rules_read_it() -> None:
    for function in rules.functions(the_template()):
        expected, found = rules.example_values(the_template(), function), environment_of("", function)
        same = {name: value for name, value in expected.items() if value != "example"}
        assert same.items() <= found.items()
        assert expected.keys() <= found.keys()
    assert environment_of("", "SweepFunction")["BROADSHEET_LEDGER_TABLE"] == "ledgertable"
    assert prices.alarms() == {name: len(found) for name, found in rules.watched(the_template()).items()}


def test_the_requests_of_a_mailing_are_sent_again_as_they_were(tmp_path: Path) -> None:
    requests = tmp_path / "requests.json"
    with delivery.begun("en", 600, 200) as (environment, _):
        members = call(environment, replaying.record_requests, str(requests), 600)
    made = json.loads(requests.read_text(encoding="utf-8"))
    sent = [json.loads(body) for _, operation, body, _ in made if operation == "SendBulkEmail"]
    assert sum(len(each["BulkEmailEntries"]) for each in sent) == members > 300

    with answering(replaying.answers_in(requests)) as address:
        assert call(environment_of(address), replaying.send, str(requests)) > 0
        again = prices.calls(taken(address))

    once = Counter(f"{service} {operation}" for service, operation, _, _ in made)
    assert again == {name: 2 * count for name, count in once.items()}


def test_the_time_that_templates_take_is_part_of_the_whole() -> None:
    def work() -> None:
        publishing.PLAIN.render(title="A title", text="Words " * 10_000)
        json.dumps(list(range(300_000)))

    started = time.process_time()
    assert 0 < floors.seconds_in_jinja(work) < time.process_time() - started
