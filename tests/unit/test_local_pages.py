"""The pages under /_local/: the inbox, the desk, the log, and who may press their buttons."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from local.gateway import create_app
from local.log_page import MOST_EVENTS, MOST_LINES, FailedRequests, newest_entries, read_log_entries
from local.stack import StackMissingError

SINGLE = "/_local/ses/v2/email/outbound-emails"


@dataclass
class Sender:
    """The engine's SES, which has an identity for the sender's domain."""

    def list_email_identities(self) -> dict[str, Any]:
        return {"EmailIdentities": [{"IdentityName": "example.org"}]}

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803  # boto3's name
        return {"FeedbackForwardingStatus": EmailIdentity != "example.org"}


@dataclass
class NoStack:
    """An engine without a stack, but with a sender's identity."""

    name: str = "broadsheet"
    region: str = "eu-central-1"
    sesv2: Sender = field(default_factory=Sender)

    def physical(self, logical_id: str) -> str:
        raise StackMissingError(f"There is no stack with {logical_id}.")


@dataclass
class LocalPagesDesk:
    """A bucket that records what was written and deleted."""

    put: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    modified: dict[str, datetime] = field(default_factory=dict)

    def get_paginator(self, operation: str) -> "LocalPagesDesk":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, PaginationConfig: dict[str, int]) -> list[dict[str, Any]]:  # noqa: N803  # boto3's keywords
        assert (Bucket, PaginationConfig) == ("desk-1a", {"MaxItems": 2000})
        return [
            {"Contents": [{"Key": key, "Size": 5, "LastModified": at} for key, at in self.modified.items()]}
        ]

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803  # boto3's keywords
        assert Bucket == "desk-1a"
        self.put.append({"key": Key, "body": Body, "type": ContentType})

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803  # boto3's keywords
        assert Bucket == "desk-1a"
        self.deleted.append(Key)


@dataclass
class DeskStack:
    """A stack with only a desk."""

    name: str = "broadsheet"
    region: str = "eu-central-1"
    s3: LocalPagesDesk = field(default_factory=LocalPagesDesk)

    def physical(self, logical_id: str) -> str:
        return {"DeskBucket": "desk-1a"}[logical_id]


def a_gateway(tmp_path: Path, stack: Any) -> FlaskClient:
    return create_app(stack, tmp_path).test_client()


def a_mail(html: str, subject: str = "The week") -> dict[str, Any]:
    body = {"Text": {"Data": "Hello <script>"}, "Html": {"Data": html}}
    return {
        "FromEmailAddress": "news@example.org",
        "Destination": {"ToAddresses": ["reader@example.org"]},
        "Content": {"Simple": {"Subject": {"Data": subject}, "Body": body}},
    }


@pytest.mark.parametrize("path", ["/", "/en/index.html", "/_local/desk"])
def test_before_anything_is_deployed_every_page_says_so(tmp_path: Path, path: str) -> None:
    answer = a_gateway(tmp_path, NoStack()).get(path)

    assert answer.status_code == 503
    assert "There is no stack with" in answer.text
    assert "make up" in answer.text


def test_the_inbox_shows_the_newest_message_first(tmp_path: Path) -> None:
    gateway = a_gateway(tmp_path, NoStack())
    for subject in ("Першы", "Другі <b>"):
        gateway.post(SINGLE, json=a_mail("<p>x</p>", subject))

    rows = BeautifulSoup(gateway.get("/_local/inbox").text, "html.parser").select("tbody tr")

    assert [row.select("td")[1].get_text(strip=True) for row in rows] == ["Другі <b>", "Першы"]
    assert [row.select("td")[0].get_text(strip=True) for row in rows] == ["reader@example.org"] * 2
    assert [row.select("td")[3].get_text(strip=True) for row in rows] == ["delivered"] * 2


def test_a_message_is_shown_in_three_views(tmp_path: Path) -> None:
    gateway = a_gateway(tmp_path, NoStack())
    message_id = gateway.post(SINGLE, json=a_mail("<head></head><p>x</p>")).get_json()["MessageId"]

    page = BeautifulSoup(gateway.get(f"/_local/inbox/{message_id}").text, "html.parser")

    frame = page.select_one("iframe")
    assert frame is not None
    assert frame["src"] == f"/_local/inbox/{message_id}/html"
    assert "allow-scripts" not in frame["sandbox"]
    assert [pre.get_text().strip().splitlines()[0] for pre in page.select("pre")] == [
        "Hello <script>",
        "From: news@example.org",
    ]


def test_a_mail_s_html_may_run_and_fetch_nothing(tmp_path: Path) -> None:
    gateway = a_gateway(tmp_path, NoStack())
    html = "<html><head><title>x</title></head><script>1</script></html>"
    message_id = gateway.post(SINGLE, json=a_mail(html)).get_json()["MessageId"]

    answer = gateway.get(f"/_local/inbox/{message_id}/html")

    rules = dict(
        rule.strip().partition(" ")[::2] for rule in answer.headers["Content-Security-Policy"].split(";")
    )
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules["sandbox"] == "allow-popups allow-top-navigation-by-user-activation"
    assert "script-src" not in rules
    assert '<head><base target="_top">' in answer.text


@pytest.mark.parametrize("view", ["", "/html", "/source"])
def test_an_unknown_message_is_not_found(tmp_path: Path, view: str) -> None:
    assert a_gateway(tmp_path, NoStack()).get(f"/_local/inbox/..%2Fsettings{view}").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_only_our_own_pages_may_delete_a_file(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    stack = DeskStack()

    answer = a_gateway(tmp_path, stack).post(
        "/_local/desk/delete", data={"key": "drafts/x.md"}, headers=headers
    )

    assert answer.status_code == status
    assert stack.s3.deleted == (["drafts/x.md"] if status == 303 else [])


@pytest.mark.parametrize("path", ["/_local/", "/_local/inbox", "/_local/ses/messages"])
@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "http://localhost:8081"}, True),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "http://127.0.0.1"}, True),
    ],
)
def test_another_site_can_neither_read_nor_link_into_the_local_pages(
    tmp_path: Path,
    path: str,
    headers: dict[str, str],
    is_refused: bool,  # noqa: FBT001  # an example's outcome
) -> None:
    answer = a_gateway(tmp_path, NoStack()).get(path, headers=headers)

    assert (answer.status_code == 403) is is_refused


@pytest.mark.parametrize(
    "path", ["/", "/en/index.html", "/api/subscribe", "/_local/inbox", "/_local/ses/messages"]
)
@pytest.mark.parametrize(
    ("host", "is_refused"),
    [
        ("127.0.0.1:8080", False),
        ("localhost:8080", False),
        ("LocalHost:8080", False),
        ("localhost", True),
        ("127.0.0.1:8081", True),
        ("evil.example:8080", True),
        ("127.0.0.1.evil.example:8080", True),
        ("", True),
    ],
)
def test_nothing_is_served_under_a_foreign_host_name_that_resolves_here(
    tmp_path: Path,
    path: str,
    host: str,
    is_refused: bool,  # noqa: FBT001  # an example's outcome
) -> None:
    gateway = a_gateway(tmp_path, NoStack())

    answer = gateway.get(path, headers={"Host": host}, environ_overrides={"SERVER_PORT": "8080"})

    assert (answer.status_code == 403) is is_refused


def test_the_site_accepts_what_a_mirror_s_page_sends(tmp_path: Path) -> None:
    headers = {"Origin": "https://mirror.example", "Sec-Fetch-Site": "cross-site"}

    answer = a_gateway(tmp_path, NoStack()).post("/api/subscribe", data={"a": "1"}, headers=headers)

    assert "There is no stack with" in answer.text


def test_another_site_cannot_send_mail_through_the_ses_emulator(tmp_path: Path) -> None:
    gateway = a_gateway(tmp_path, NoStack())

    answer = gateway.post(SINGLE, json=a_mail("x"), headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert gateway.get("/_local/ses/messages").get_json() == []


@pytest.mark.parametrize(
    ("key", "expected"), [("issues/2016-12-05/", "issues/2016-12-05/en.md"), ("/drafts/a.md", "drafts/a.md")]
)
def test_an_uploaded_file_gets_its_key(tmp_path: Path, key: str, expected: str) -> None:
    stack = DeskStack()
    upload = {"key": key, "file": (io.BytesIO("# Тэкст".encode()), "en.md", "text/markdown")}

    answer = a_gateway(tmp_path, stack).post("/_local/desk/put", data=upload)

    assert answer.status_code == 303
    assert stack.s3.put == [{"key": expected, "body": "# Тэкст".encode(), "type": "text/markdown"}]


def test_the_folders_that_changed_last_are_open_and_their_columns_are_aligned(tmp_path: Path) -> None:
    folders = ["issues/2016-12-05", "drafts/x", "reports/2016-12-05", "reports/drafts/x"]
    times = {f"{folder}/en.md": datetime(2016, 12, day, tzinfo=UTC) for day, folder in enumerate(folders, 1)}
    stack = DeskStack(s3=LocalPagesDesk(modified=times | {"a.txt": datetime(2016, 12, 9, tzinfo=UTC)}))

    page = BeautifulSoup(a_gateway(tmp_path, stack).get("/_local/desk").text, "html.parser")

    shown = [(block.h2.get_text(), block.has_attr("open")) for block in page.select("details") if block.h2]
    newest = [(f"{folder}/", index < 2) for index, folder in enumerate(reversed(folders))]
    assert shown == [("(top)/", True), *newest]
    columns = {str(table.colgroup) for table in page.select("table.files")}
    assert len(columns) == 1
    assert "None" not in columns


# --- The log ---


def an_event(message: str, at_ms: int = 1_480_939_200_123, stream: str = "s1") -> dict[str, Any]:
    return {"logStreamName": stream, "timestamp": at_ms, "message": message}


def test_a_powertools_line_shows_its_message_and_its_own_keys() -> None:
    line = '{"level": "WARNING", "location": "f:1", "message": "closed", "mailing": "m1", "cold_start": true}'

    (entry,) = read_log_entries("deliver_chunk", [an_event(line)])

    assert (entry.level, entry.message, entry.keys) == ("WARNING", "closed", {"mailing": "m1"})
    assert (entry.function, entry.at, entry.is_bad) == ("deliver_chunk", "12:00:00.123", True)


def test_the_lines_of_a_traceback_are_one_entry_that_ends_with_the_error() -> None:
    events = [
        an_event("START RequestId: 1 Version: $LATEST"),
        an_event("Traceback (most recent call last):"),
        an_event('{"level": "INFO", "message": "meanwhile"}', stream="s2"),
        an_event('  File "app.py", line 1, in handler'),
        an_event("ValueError: no such chunk"),
        an_event("END RequestId: 1"),
        an_event("printed"),
    ]

    entries = read_log_entries("deliver_chunk", events)

    assert [(entry.level, entry.message) for entry in entries] == [
        ("ERROR", "ValueError: no such chunk"),
        ("INFO", "meanwhile"),
        ("PRINT", "printed"),
    ]
    assert entries[0].traceback.splitlines()[1:] == [
        '  File "app.py", line 1, in handler',
        "ValueError: no such chunk",
    ]


def test_a_time_out_stands_out() -> None:
    (entry,) = read_log_entries(
        "sweep", [an_event("2016-12-05T12:00:00Z 1 Task timed out after 3.00 seconds")]
    )

    assert entry.is_bad


def test_a_logged_exception_folds_its_traceback() -> None:
    line = (
        '{"level": "ERROR", "message": "failed", "exception": "Traceback\\nKeyError", "exception_name": "K"}'
    )

    (entry,) = read_log_entries("sweep", [an_event(line)])

    assert (entry.message, entry.traceback, entry.keys) == (
        "failed",
        "Traceback\nKeyError",
        {"exception_name": "K"},
    )


NOW_MS = 1_480_939_200_000
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("ages_ms", "shown"),
    [
        ([], 0),
        ([0], 1),
        ([HOUR_MS * 23], 1),
        ([HOUR_MS * 48], 0),
        (range(0, 250 * 60_000, 60_000), 200),
        (range(25_000), 200),  # more within a window than a call gives
        ([n // 500 for n in range(25_000)], 200),
        ([HOUR_MS + n // 50 for n in range(25_000)], 200),
        ([0, *(HOUR_MS * 20 + n for n in range(10_001))], 200),
    ],
)
def test_the_log_page_has_the_newest_lines_however_many_there_are(ages_ms: Sequence[int], shown: int) -> None:
    events = [an_event(f"line {age}", NOW_MS - age) for age in sorted(ages_ms, reverse=True)]

    def oldest_of(since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        return [event for event in events if since_ms <= event["timestamp"] <= until_ms][:MOST_EVENTS]

    found = newest_entries("Publish", oldest_of, NOW_MS)[::-1][:MOST_LINES]

    newest = sorted(NOW_MS - age for age in ages_ms)[::-1][:shown]
    assert [entry.at_ms for entry in found] == newest


def test_only_failed_requests_are_kept_and_the_newest_comes_first() -> None:
    failures = FailedRequests()

    for status in (200, 303, 404, 500):
        failures.note("GET", "/api/confirm", status)

    assert [(one.method, one.path, one.status) for one in failures.newest()] == [
        ("GET", "/api/confirm", 500),
        ("GET", "/api/confirm", 404),
    ]
