"""The bench measures what it says; no test here is judged by a time."""

import gzip
import json
import sys
import urllib.error
import urllib.request
from dataclasses import asdict
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from bench import delivery, pages, prices, references, starting, template
from bench.answering import ConditionFailedError, answering, served, taken
from bench.archive import Text, texts, the_newsletter
from bench.dynamodb import Tables, item_bytes
from bench.findings import findings_of, table, texts_below
from bench.mailing_data import MAIL_BYTES, READER_BYTES, a_mail, mailing
from bench.measuring import CommandError, call_command, cpu_seconds, medians, version_of
from bench.publishing import Archive
from bench.references import serve_mailbox
from bench.report import Figures, renewed
from bench.run import PAGE
from bench.template import environment_of
from bench.worker import Work
from broadsheet.aws.dynamodb import to_wire
from broadsheet.aws.subscriber_items import to_item
from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from tests import template_rules as rules
from tests.builders import a_subscriber
from tests.from_template import the_template

MONDAY = 0


def the_issue(text: Text) -> Issue:
    content = text.markdown.encode()
    return read_issue(text.day.isoformat(), text.edition, content, frozenset(), the_newsletter()).issue


def test_an_archive_is_the_same_every_time_and_no_two_weeks_are() -> None:
    first, again = list(texts(3)), list(texts(4))
    assert first == again[:9]
    assert len({text.body for text in first}) == 9
    assert {text.day.weekday() for text in first} == {MONDAY}
    assert {text.edition for text in first} == {"en", "be", "ru"}


def test_an_issue_of_the_archive_is_as_large_as_asked_and_has_everything() -> None:
    found = list(texts(12, size_bytes=30_000))
    assert all(27_000 < len(text.body.encode()) < 36_000 for text in found)
    for mark in ("\n- ", "\n1. ", "](https://", "[^1]:", "|---:|", "\n*"):
        assert any(mark in text.body for text in found), mark


def test_the_archive_is_read_without_a_finding() -> None:
    for text in texts(2, size_bytes=8_000):
        issue = the_issue(text)
        assert (issue.title, issue.summary) == (text.title, text.summary)
        topics = [topic.id for topic in the_newsletter().topics]
        assert list(dict.fromkeys(piece.topic for piece in issue.commentaries)) == topics
        assert all(piece.trend for piece in issue.commentaries)


def test_all_generators_get_the_same_markdown() -> None:
    for text in texts(1, size_bytes=4_000):
        assert text.markdown.split("---\n", 2)[2].lstrip() == text.body
        assert text.pelican().split("\n\n", 1)[1] == text.body
        assert text.hugo().split("+++\n", 2)[2].lstrip() == text.body


def test_the_cpu_of_a_command_counts_those_that_it_waits_for() -> None:
    busy = "import hashlib\nfor _ in range(300): hashlib.sha256(bytes(1_000_000))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    idle = cpu_seconds([sys.executable, "-c", "pass"])
    assert cpu_seconds([sys.executable, "-c", outer]) > 2 * idle > 0


def test_a_command_that_fails_gives_its_words_and_no_number() -> None:
    with pytest.raises(CommandError, match="ended with 3:\nno such luck"):
        cpu_seconds([sys.executable, "-c", "import sys; print('no such luck'); sys.exit(3)"])


def test_measures_take_turns() -> None:
    order: list[str] = []
    values = iter((1.0, 10.0, 3.0, 30.0, 2.0, 20.0))

    def measure(name: str) -> float:
        order.append(name)
        return next(values)

    assert medians({"a": lambda: measure("a"), "b": lambda: measure("b")}, 3) == {"a": 2.0, "b": 20.0}
    assert order == ["a", "b"] * 3


def test_what_is_not_installed_has_no_version() -> None:
    assert version_of("no-such-program", "--version") == ""
    assert version_of(sys.executable, "--version").startswith("3.")


def test_publishing_into_a_longer_archive_makes_the_same_calls() -> None:
    calls = []
    for size in (12, 60):  # feeds show ten
        archive = Archive(size, waiting=1)
        assert len(archive.register.records) == size
        assert archive.publish() > 0
        calls.append(archive.calls)
    assert calls[0] == calls[1]
    assert calls[0]["Register.put"] > 0
    assert calls[0]["Site.replace"] > 30


def test_a_page_is_weighed_with_its_style_and_not_with_data(tmp_path: Path) -> None:
    data = '<script type="application/ld+json">{}</script>'
    page = tmp_path / "en" / "2016-12-05" / "index.html"
    page.parent.mkdir(parents=True)
    (tmp_path / "assets").mkdir()
    sheet = tmp_path / "assets" / "style.css"
    sheet.write_text("p { margin: 0 }" * 200, encoding="utf-8")
    page.write_text(f'<link rel="stylesheet" href="../../assets/style.css">{data}<p>Text', encoding="utf-8")
    own, style = pages.zipped(page), pages.zipped(sheet)
    figures = (f"{own}", f"{style}", f"{own + style}")
    assert pages.weight_row(page, tmp_path) == ("`en/2016-12-05/index.html`", *figures, "0", "kept")
    page.write_text(page.read_text(encoding="utf-8") + "<script>track()</script>", encoding="utf-8")
    assert pages.weight_row(page, tmp_path)[-2:] == ("1", "**missed**")


def test_the_floor_of_a_function_is_found_by_watching_it_start() -> None:
    with answering(starting.nobody) as address:
        made, called, utilities = starting.watched(
            "start_mailing", environment_of("StartMailingFunction", address)
        )
    assert (made, called) == (["dynamodb", "sqs", "sesv2"], ["dynamodb"])
    assert "aws_lambda_powertools.logging.logger" in utilities


def test_lighthouse_is_shown_by_its_median_and_what_falls_short_is_named() -> None:
    fine, slow = dict.fromkeys(pages.CATEGORIES, 100), dict.fromkeys(pages.CATEGORIES, 100)
    slow["performance"] = 93
    assert pages.score_row("en/index.html", [(fine, []), (slow, ["Speed"]), (fine, [])]) == (
        *("`en/index.html`", "100", "100", "100", "100", "Speed", "kept"),
    )
    assert pages.score_row("en/index.html", [(slow, ["Speed"])])[1::5] == ("93", "**missed**")


def test_the_sample_is_served_compressed_and_nothing_above_it(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>Text", encoding="utf-8")
    (tmp_path / "secret.html").write_text("secret", encoding="utf-8")
    with pages.served(tmp_path / "site") as address:
        with urllib.request.urlopen(f"{address}/index.html") as answer:  # noqa: S310  # our own server
            assert gzip.decompress(answer.read()) == b"<p>Text"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/../secret.html")  # noqa: S310  # our own server


def test_figures_that_are_measured_anew_take_the_place_of_the_old() -> None:
    speed = "## Speed\n\nHow fast.\n\nMeasured on {}\n\n| what | how much |\n| --- | --- |\n{}"
    weight = "\n## Weight\n\nHow heavy.\n\nMeasured on 2026-11-23: a machine.\n\n| what |\n| --- |\n| old |\n"
    page = "# Benchmarks\n\n" + speed.format("2026-11-23: a machine. Fast.", "| old | 1 |\n") + weight
    new = [Figures("Speed", [("this", "1"), ("that", "2")], "It is kept.")]
    again = renewed(page, new, date(2026, 12, 1), "another machine")
    line = "2026-12-01: another machine. It is kept."
    assert again == "# Benchmarks\n\n" + speed.format(line, "| this | 1 |\n| that | 2 |\n") + weight
    assert renewed(again, new, date(2026, 12, 1), "another machine") == again


@pytest.mark.parametrize("title", ["Speed", "Weight"])
def test_figures_without_a_place_are_refused(title: str) -> None:
    page = "## Speed\n\nHow fast.\n\n## Cost\n\nMeasured on 2026-11-23: it.\n\n| what |\n| --- |\n"
    with pytest.raises(LookupError, match=title):
        renewed(page, [Figures(title, [("new",)])], date(2026, 12, 1), "a machine")


def test_the_page_has_a_place_for_what_an_idle_month_costs() -> None:
    page = renewed(PAGE.read_text(encoding="utf-8"), delivery.idle(), date(2026, 12, 1), "a machine")
    assert "Measured on 2026-12-01: a machine. It is " in page


def test_a_reader_is_charged_as_what_is_stored_of_them() -> None:
    stored = {name: to_wire(value) for name, value in to_item(a_subscriber()).items()}
    sealed = {
        "B": "x" * (4 * ceil((12 + 320 + 16) / 3))
    }  # in base64: nonce, padded address, the cipher's tag
    assert item_bytes({**stored, "sealed_address": sealed}) == READER_BYTES


def test_a_table_charges_for_what_is_read_and_written() -> None:
    tables = Tables(["0" * 32, "f" * 32], ["{}", "{}"], 3_000)
    between = {":first": {"S": "0" * 32}, ":last": {"S": "f" * 32}, ":audience": {"S": "en"}}
    assert (
        json.loads(tables.operations()["DynamoDB Query"]({"ExpressionAttributeValues": between}))["Count"]
        == 2
    )
    assert tables.counts == {"read units": 2}  # 6,000 bytes
    chunk = {"mailing": {"S": "m"}, "entry": {"S": "e"}}
    members = {f"{n:032x}": {"S": "accepted"} for n in range(160)}
    update = {
        "Key": chunk,
        "UpdateExpression": "SET members = :m",
        "ExpressionAttributeValues": {":m": {"M": members}},
    }
    tables.operations()["DynamoDB UpdateItem"](update)
    assert item_bytes(tables.items["m", "e"]) == len("mailingmentrye") + len("members") + 3 + 160 * (
        1 + 32 + len("accepted")
    )
    assert tables.counts["write units"] == 7
    one: dict[str, Any] = {
        "UpdateExpression": "SET members.#m0 = :s0, seen = :t ADD attempt :one, said :w",
        "ExpressionAttributeNames": {"#m0": "0" * 32},
        "ExpressionAttributeValues": {
            ":s0": {"S": "x"},
            ":t": {"BOOL": True},
            ":one": {"N": "1"},
            ":w": {"SS": ["a"]},
        },
    }
    tables.operations()["DynamoDB UpdateItem"]({"Key": chunk, **one})
    again = tables.operations()["DynamoDB UpdateItem"]({"Key": chunk, **one, "ReturnValues": "ALL_NEW"})[
        "Attributes"
    ]
    assert (again["attempt"], again["said"], again["seen"]) == ({"N": "2"}, {"SS": ["a"]}, {"BOOL": True})
    assert again["members"]["M"]["0" * 32] == {"S": "x"}


def test_an_update_that_only_takes_away_needs_no_values() -> None:
    tables = Tables([], [], 0)
    chunk = {"mailing": {"S": "m"}, "entry": {"S": "chunk#000000"}}
    lease = {":until": {"N": "5"}, ":yes": {"BOOL": True}}
    update = "SET leased_until = :until, closed = :yes"
    tables.operations()["DynamoDB UpdateItem"](
        {"Key": chunk, "UpdateExpression": update, "ExpressionAttributeValues": lease}
    )
    tables.operations()["DynamoDB UpdateItem"](
        {"Key": chunk, "UpdateExpression": "REMOVE leased_until, called_at"}
    )
    assert tables.operations()["DynamoDB GetItem"]({"Key": chunk})["Item"] == {
        **chunk,
        "closed": {"BOOL": True},
    }


def test_the_book_of_the_pace_is_written_over_the_version_before_alone() -> None:
    tables = Tables([], [], 0)
    book = {"mailing": {"S": "pace"}, "entry": {"S": "account"}}

    def put(version: int) -> None:
        values = {":version": {"N": str(version)}, ":before": {"N": str(version - 1)}}
        tables.operations()["DynamoDB UpdateItem"](
            {"Key": book, "UpdateExpression": "SET version = :version", "ExpressionAttributeValues": values}
        )

    put(1)
    put(2)
    with pytest.raises(ConditionFailedError):
        put(2)


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
    used = prices.used_by(counts)
    assert used == {"DynamoDB write unit": 4, "DynamoDB read unit": 8, "KMS request": 2}
    assert prices.dollars({"DynamoDB write unit": 1_000_000}) == {"DynamoDB write unit": 0.625}
    assert prices.FEE_A_MILLION == 100


def test_a_function_is_priced_by_what_it_waits_and_by_its_share_of_a_processor() -> None:
    counts = {"SES SendBulkEmail": 2, "DynamoDB Query": 10, "read units": 500}
    used = prices.lambda_used(3, 5.0, 1.0, 1769, counts)
    assert used["Lambda GB-second"] == pytest.approx((5 + 2 * 0.3 + 10 * 0.01 + 1) * 1769 / 1024)
    assert (used["Lambda call"], used["X-Ray trace"]) == (3, 3)
    slower = prices.lambda_used(3, 0.0, 1.0, 1769 // 2, {})
    assert slower["Lambda GB-second"] == pytest.approx(
        1769 / 1024, rel=0.01
    )  # half the memory, twice the time


def test_what_is_free_each_month_is_not_paid() -> None:
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


def test_delivery_is_told_by_calls_and_by_share_of_the_fee() -> None:
    counts = {"SES SendBulkEmail": 40, "DynamoDB UpdateItem": 100, "write units": 800, "read units": 100}
    work = Work(members=2_000, cpu_seconds=0.2, waited_seconds=10, invocations=12, counts=counts)
    assert delivery.calls_of(work) == 70
    section = delivery.calls_of_1000({56: work, 200: work})
    assert section.verdict == ("It is at 56 a second kept, at 200 a second kept.")
    assert ("**all calls**", "70.0", "70.0") in section.rows
    many = Work(**{**asdict(work), "counts": {**counts, "DynamoDB Query": 400}})
    assert "at 200 a second **missed**" in delivery.calls_of_1000({56: work, 200: many}).verdict
    used = delivery.used_by_delivery(work)
    assert used["DynamoDB write unit"] == 400_000
    assert used["SQS request"] == 12_000


def test_feedback_pays_for_each_event_on_its_way() -> None:
    work = Work(members=1_000, invocations=10, counts={"events": 2_000, "write units": 300})
    used = delivery.used_by_feedback(work)
    assert used["SNS publication"] == 2_000_000
    assert used["SQS request"] == 2_000_000 + 2 * 200_000


def test_a_mailing_that_is_played_mails_everybody_and_is_counted() -> None:
    delivered, recorded = delivery.play(200, members=600)
    assert delivered.counts["recipients"] == 600
    assert delivered.invocations == 4
    assert delivered.counts["SES SendBulkEmail"] >= 12
    assert recorded.counts["events"] == 1_200


def test_the_references_give_the_same_mails_away() -> None:
    with answering(mailing, 0, 200, "ru") as address, served(call_command(serve_mailbox)) as port:
        where = {"bulk": address, "single": address, "smtp": f"smtp://127.0.0.1:{port}"}
        for sender, server in where.items():
            assert delivery.called(references.cpu_of, server, sender, 10, "ru") > 0
        assert taken(address)["SES SendEmail"] == 50 + 10
        assert taken(address, "units")["recipients"] == 50 + 10


def test_the_template_is_read_as_the_rules_read_it() -> None:
    for function in rules.functions(the_template()):
        assert rules.example_values(the_template(), function).items() <= environment_of(function).items()
        assert template.folder_of(function) == rules.snake(function)
    assert prices.alarms() == {name: len(found) for name, found in rules.watched(the_template()).items()}


def test_findings_of_a_folder_are_counted_by_rule_with_the_file_s_own_lines(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.md").write_text("Words.\n\nTODO: more.\n\nAnd TODO.\n")
    (tmp_path / "two.txt").write_text("---\ntitle: A title\nsummary: S\n---\nA TODO.\n")
    (tmp_path / "picture.png").write_bytes(b"TODO")
    paths = list(texts_below(tmp_path))
    found = {path: findings_of(path, "en", lenient=True) for path in paths}
    assert [path.name for path in paths] == ["one.md", "two.txt"]
    assert [finding.line for finding in found[paths[0]]] == [3, 5]
    assert [finding.line for finding in found[paths[1]]] == [5]
    lines = table(list(found.values())).split("\n")
    assert (lines[0], lines[2].split()) == ("2 texts", ["3", "2", "mark-left"])
