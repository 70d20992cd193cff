"""The bench measures what it says; no test here is judged by a time."""

import gzip
import sys
import urllib.error
import urllib.request
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench import delivery, lighthouse, prices, starting
from bench.answering import answering, taken
from bench.archive import Text, texts, the_newsletter, write_desk, write_hugo, write_pelican
from bench.document import document, renewed
from bench.environment import environment_of
from bench.findings import counted, findings_of, texts_below
from bench.mails import MAIL_BYTES, a_mail, mail_bytes, write_mail
from bench.measuring import CommandError, Section, cpu_seconds, medians, version_of
from bench.publishing import Archive, Watch
from bench.senders import mailbox
from bench.tables import ConditionFailedError, Tables, item_bytes
from bench.weight import row, zipped
from bench.worker import Work
from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from tests import template_rules as rules
from tests.from_template import the_template

MONDAY = 0


def the_issue(folder: Path, text: Text) -> Issue:
    content = (folder / "issues" / text.name / f"{text.edition}.md").read_bytes()
    return read_issue(text.name, text.edition, content, frozenset(), the_newsletter()).issue


def below_the_head(file: Path, fence: str) -> str:
    """What stands below the second fence; below the first empty line where there is none."""
    text = file.read_text(encoding="utf-8")
    return text.split(f"{fence}\n", 2)[2].lstrip() if fence else text.split("\n\n", 1)[1]


def test_an_archive_is_the_same_every_time_and_no_two_weeks_are() -> None:
    first, again = list(texts(3)), list(texts(4))
    assert first == again[:9]
    assert len({text.body for text in first}) == 9
    assert {text.day.weekday() for text in first} == {MONDAY}
    assert {text.edition for text in first} == {"en", "be", "ru"}


def test_an_issue_of_the_archive_is_as_large_as_asked_and_has_everything() -> None:
    found = list(texts(12, size_bytes=30_000))
    assert all(27_000 < len(text.body.encode()) < 36_000 for text in found)
    for mark in ("\n- ", "\n> ", "](https://", "[^1]:", "| --: |", "\n**", "*"):
        assert any(mark in text.body for text in found), mark


def test_the_archive_is_read_without_a_finding(tmp_path: Path) -> None:
    issues = list(texts(2, size_bytes=8_000))
    write_desk(tmp_path / "desk", issues)
    for text in issues:
        issue = the_issue(tmp_path / "desk", text)
        assert (issue.title, issue.summary) == (text.title, text.summary)
        topics = [topic.id for topic in the_newsletter().topics]
        assert list(dict.fromkeys(piece.topic for piece in issue.commentaries)) == topics
        assert all(piece.trend for piece in issue.commentaries)


def test_all_generators_get_the_same_markdown(tmp_path: Path) -> None:
    issues = list(texts(1, size_bytes=4_000))
    write_desk(tmp_path / "desk", issues)
    write_pelican(tmp_path / "pelican", issues)
    write_hugo(tmp_path / "hugo", issues)
    for text in issues:
        assert (
            below_the_head(tmp_path / "desk" / "issues" / text.name / f"{text.edition}.md", "---")
            == text.body
        )
        assert below_the_head(tmp_path / "pelican" / text.edition / f"{text.name}.md", "") == text.body
        assert below_the_head(tmp_path / "hugo" / text.edition / f"{text.name}.md", "+++") == text.body


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
        archive, watch = Archive.of(size, waiting=1), Watch()
        assert len(archive.press.register.records) == size
        assert archive.publish(watch) > 0
        calls.append(watch.calls)
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
    own, style = zipped(page), zipped(sheet)
    figures = (f"{own}", f"{style}", f"{own + style}")
    assert row(page, tmp_path) == ("`en/2016-12-05/index.html`", *figures, "0", "kept")
    page.write_text(page.read_text(encoding="utf-8") + "<script>track()</script>", encoding="utf-8")
    assert row(page, tmp_path)[-2:] == ("1", "**missed**")


def test_the_clients_of_a_function_are_found_by_watching_it_start() -> None:
    with starting.nobody() as address:
        environment = {**environment_of("StartMailingFunction"), "AWS_ENDPOINT_URL": address}
        made = ["dynamodb", "sqs", "sesv2"]
        assert starting.clients_of("start_mailing", environment) == (made, ["dynamodb"])


def test_lighthouse_is_shown_by_its_median_and_what_falls_short_is_named() -> None:
    fine, slow = dict.fromkeys(lighthouse.CATEGORIES, 100), dict.fromkeys(lighthouse.CATEGORIES, 100)
    slow["performance"] = 93
    assert lighthouse.row("en/index.html", [(fine, []), (slow, ["Speed"]), (fine, [])]) == (
        *("`en/index.html`", "100", "100", "100", "100", "Speed", "kept"),
    )
    assert lighthouse.row("en/index.html", [(slow, ["Speed"])])[1::5] == ("93", "**missed**")


def test_the_sample_is_served_compressed_and_nothing_above_it(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>Text", encoding="utf-8")
    (tmp_path / "secret.html").write_text("secret", encoding="utf-8")
    with lighthouse.served() as (address, root):
        root.append(tmp_path / "site")
        with urllib.request.urlopen(f"{address}/index.html") as answer:  # noqa: S310  # our own server
            assert gzip.decompress(answer.read()) == b"<p>Text"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/../secret.html")  # noqa: S310  # our own server


def test_a_table_that_is_measured_anew_takes_the_place_of_the_old() -> None:
    day = date(2026, 11, 23)
    sections = [Section(title, "As it was.", ("what",), [("old",)]) for title in ("Speed", "Weight")]
    page = document(sections, day, "a machine", 5)
    new = [Section(title, "As it is.", ("what",), [("new",)]) for title in ("Speed", "Cost")]
    again = renewed(page, new, date(2026, 12, 1), "another machine")
    assert again.count("## ") == 3
    assert "on 2026-11-23, on one machine in one run: a machine." in again
    assert "## Weight\n\nAs it was.\n\n| what |\n| --- |\n| old |\n" in again
    assert "## Speed\n\nAs it is.\n\nMeasured on 2026-12-01: another machine.\n\n| what |" in again
    assert renewed(again, new, date(2026, 12, 1), "another machine") == again


def test_a_table_charges_for_what_is_read_and_written() -> None:
    tables = Tables(["0" * 32, "f" * 32], ["{}", "{}"], 3_000)
    assert len(tables.readers_between("0" * 32, "f" * 32)) == 2
    assert tables.counts == {"read units": 2}  # 6,000 bytes
    chunk = {"mailing": {"S": "m"}, "entry": {"S": "e"}}
    members = {f"{n:032x}": {"S": "accepted"} for n in range(160)}
    update = {
        "Key": chunk,
        "UpdateExpression": "SET members = :m",
        "ExpressionAttributeValues": {":m": {"M": members}},
    }
    item = tables.update(update)
    assert item_bytes(item) == len("mailingmentrye") + len("members") + 3 + 160 * (1 + 32 + len("accepted"))
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
    tables.update({"Key": chunk, **one})
    again = tables.update({"Key": chunk, **one, "ReturnValues": "ALL_NEW"})
    assert (again["attempt"], again["said"], again["seen"]) == ({"N": "2"}, {"SS": ["a"]}, {"BOOL": True})
    assert again["members"]["M"]["0" * 32] == {"S": "x"}


def test_an_update_that_only_takes_away_needs_no_values() -> None:
    tables = Tables([], [], 0)
    chunk = {"mailing": {"S": "m"}, "entry": {"S": "chunk#000000"}}
    lease = {":until": {"N": "5"}, ":yes": {"BOOL": True}}
    update = "SET leased_until = :until, closed = :yes"
    tables.update({"Key": chunk, "UpdateExpression": update, "ExpressionAttributeValues": lease})
    item = tables.update({"Key": chunk, "UpdateExpression": "REMOVE leased_until, called_at"})
    assert item == {**chunk, "closed": {"BOOL": True}}


def test_the_book_of_the_pace_is_written_over_the_version_before_alone() -> None:
    tables = Tables([], [], 0)
    book = {"mailing": {"S": "pace"}, "entry": {"S": "account"}}

    def put(version: int) -> None:
        values = {":version": {"N": str(version)}, ":before": {"N": str(version - 1)}}
        tables.update(
            {"Key": book, "UpdateExpression": "SET version = :version", "ExpressionAttributeValues": values}
        )

    put(1)
    put(2)
    with pytest.raises(ConditionFailedError):
        put(2)


def test_a_mail_to_measure_with_is_as_large_as_said() -> None:
    for edition in ("en", "ru"):
        assert MAIL_BYTES <= mail_bytes(a_mail(edition)) < 1.1 * MAIL_BYTES


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
    assert prices.percent_of_fee(0.5) == 0.5
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
    assert prices.dollars_beyond_free(used) == {
        "SQS request": 0.2,
        "key a month": 3.0,
        "alarm metric a month": 0.0,
    }
    assert prices.dollars(used)["SQS request"] == pytest.approx(0.6)


def test_an_idle_month_is_priced_from_the_template() -> None:
    used = prices.idle_month(the_template())
    assert used["key a month"] == 3
    assert used["Lambda call"] == used["schedule call"] == 730 * 60
    queues = len(list(rules.mappings(the_template())))
    assert used["SQS request"] == queues * 5 * 3 * 730 * 60
    assert set(used) <= set(prices.PRICES)


def test_delivery_is_told_by_calls_and_by_share_of_the_fee() -> None:
    counts = {"SES SendBulkEmail": 40, "DynamoDB UpdateItem": 100, "write units": 800, "read units": 100}
    work = Work(members=2_000, cpu_seconds=0.2, waited_seconds=10, invocations=12, counts=counts)
    assert delivery.calls_of(work) == 70
    section = delivery.calls_section({56: work, 200: work})
    assert section.meaning.endswith("It is at 56 a second kept, at 200 a second kept.")
    assert ("**all calls**", "70.0", "70.0") in section.rows
    many = Work(**{**asdict(work), "counts": {**counts, "DynamoDB Query": 400}})
    assert "at 200 a second **missed**" in delivery.calls_section({56: work, 200: many}).meaning
    used = delivery.used_by_delivery(work)
    assert used["DynamoDB write unit"] == 400_000
    assert used["SQS request"] == 12_000


def test_feedback_pays_for_each_event_on_its_way() -> None:
    work = Work(members=1_000, invocations=10, counts={"events": 2_000, "write units": 300})
    used = delivery.used_by_feedback(work)
    assert used["SNS publication"] == 2_000_000
    assert used["SQS request"] == 2_000_000 + 2 * 200_000


def test_a_mailing_that_is_played_mails_everybody_and_is_counted(tmp_path: Path) -> None:
    mail = write_mail(tmp_path, "en")
    delivered, recorded = delivery.played(mail, 200, members=600)
    assert delivered.counts["recipients"] == 600
    assert delivered.invocations == 4
    assert delivered.counts["SES SendBulkEmail"] >= 12
    assert recorded.counts["events"] == 1_200


def test_the_references_give_the_same_mails_away(tmp_path: Path) -> None:
    mail = write_mail(tmp_path, "ru")
    with answering(10, 200, mail) as address, mailbox() as smtp:
        for sender, where in (("bulk", address), ("single", address), ("smtp", smtp)):
            assert delivery.reference_cpu(sender, where, mail, members=10) > 0
        assert taken(address, "counts")["recipients"] == 50 + 10


def test_the_page_has_a_table_for_each_section() -> None:
    section = Section("Speed", "How fast.", ("what", "how much"), [("this", "1"), ("that", "2")])
    page = document([section], date(2026, 11, 23), "a machine", 5)
    assert page.startswith("# Benchmarks\n")
    assert "on 2026-11-23, on one machine in one run: a machine." in page
    assert page.endswith(
        "## Speed\n\nHow fast.\n\n| what | how much |\n| --- | --- |\n| this | 1 |\n| that | 2 |\n"
    )


def test_findings_of_a_folder_are_counted_by_rule_with_the_file_s_own_lines(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.md").write_text("Words.\n\nTODO: more.\n\nAnd TODO.\n")
    (tmp_path / "two.txt").write_text("---\ntitle: A title\nsummary: S\n---\nA TODO.\n")
    (tmp_path / "picture.png").write_bytes(b"TODO")
    paths = list(texts_below(tmp_path))
    found = {path: findings_of(path, the_newsletter(), "en", lenient=True) for path in paths}
    counts = counted(found)
    assert [path.name for path in paths] == ["one.md", "two.txt"]
    assert [finding.line for finding in found[paths[0]]] == [3, 5]
    assert [finding.line for finding in found[paths[1]]] == [5]
    assert (counts.texts, counts.findings["mark-left"], counts.files["mark-left"]) == (2, 3, 2)
    assert counts.table().split("\n")[2].split() == ["3", "2", "mark-left"]
