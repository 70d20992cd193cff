"""What a web page that the user's browser opens tries against a running local system, and what it would find.

The attack is one that worked: a plain cross-site POST gave the engine a function, and another ran it as the
user. Each request here also gets in where it carries this run's secret, so that it is the guard alone that
refuses it. A real browser does the same in tests/browser/test_other_origins.py.
"""

import base64
import io
import json
import os
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError

from demo.reader import DemoReader, Inbox
from local.engine import REGION
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import is_up, wait_for

THEFT = """
import os
def handler(event, context):
    home = os.path.expanduser("~")
    return [home, os.listdir(home)]
"""
FUNCTIONS = "/2015-03-31/functions"
READER = "attacked@readers.test"
OF_THE_USER = {
    "AWS_ACCESS_KEY_ID": "AKIAOFTHEUSER",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-user",
    "AWS_SESSION_TOKEN": "session-of-the-user",
    "AWS_PROFILE": "profile-of-the-user",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-of-the-user",
    "GITHUB_TOKEN": "token-of-the-user",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home-of-the-user")
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[profile profile-of-the-user]\nregion = us-east-1\n")
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIAOFTHEUSER\n")
    return home


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[LocalSystem]:
    """A system that was started by a user with credentials of every kind, and that has worked a little."""
    state = tmp_path_factory.mktemp("attacked")
    state.chmod(0o755)
    (state / "engine.log").write_text("of an earlier version\n")
    running = LocalSystem(state, free_port(), free_port())
    try:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {**OF_THE_USER, "HOME": str(home)}.items():
                environment.setenv(name, value)
            running.start()
        running.deploy(hold_seconds=5)
        wait_for(lambda: is_up(running), "the empty site")
        reader = DemoReader(READER, running.address)
        reader.sign_up()
        wait_for(lambda: Inbox(running.address).last_to(READER), "the confirmation")
        yield running
    finally:
        running.stop()


def the_theft() -> bytes:
    """The request that gives the engine a function that looks into its user's home."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", THEFT)
    function = {
        "FunctionName": "theft",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()},
    }
    return json.dumps(function).encode()


def names(system: LocalSystem) -> list[str]:
    pages = system.stack.client("lambda").get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]


def test_a_page_gives_the_engine_no_function_to_run(system: LocalSystem) -> None:
    page = {"Content-Type": "text/plain", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    where = system.engine.endpoint + FUNCTIONS

    posted = urllib3.request("POST", where, headers=page, body=the_theft())
    without_browser = urllib3.request("POST", where, body=the_theft())
    invoked = urllib3.request("POST", f"{where}/theft/invocations", headers=page, body=b"{}")

    assert [answer.status for answer in (posted, without_browser, invoked)] == [403] * 3
    assert [name for name in posted.headers if name.lower().startswith("access-control")] == []
    assert "theft" not in names(system)


def test_even_a_function_that_got_in_finds_an_empty_home_and_no_credentials(system: LocalSystem) -> None:
    secret = {**system.engine_headers, "Content-Type": "text/plain"}
    where = system.engine.endpoint + FUNCTIONS

    created = urllib3.request("POST", where, headers=secret, body=the_theft())
    functions = system.stack.client("lambda")
    functions.get_waiter("function_active_v2").wait(FunctionName="theft")
    stolen = functions.invoke(FunctionName="theft", Payload=b"{}")
    functions.delete_function(FunctionName="theft")

    assert created.status == 201
    assert json.loads(stolen["Payload"].read()) == [str(system.state / "home"), []]


@pytest.mark.parametrize(
    "path", ["/_ministack/health", "/_ministack/sqs/messages", "/?Action=GetCallerIdentity"]
)
def test_the_engine_answers_nobody_without_the_secret(system: LocalSystem, path: str) -> None:
    where = system.engine.endpoint + path
    mine = urllib3.request("GET", where, headers=system.engine_headers)
    elsewhere = {**system.engine_headers, "Host": f"evil.example:{system.engine_port}"}
    refused = [{}, {"X-Broadsheet-Run": "guessed"}, {"Origin": system.address}, elsewhere]

    assert [urllib3.request("GET", where, headers=headers).status for headers in refused] == [403] * 4
    assert mine.status != 403


@pytest.mark.parametrize("service", ["s3", "sqs", "dynamodb", "kms", "lambda", "cloudformation"])
def test_credentials_that_anybody_could_guess_are_refused(system: LocalSystem, service: str) -> None:
    calls = {
        "s3": "list_buckets",
        "sqs": "list_queues",
        "dynamodb": "list_tables",
        "kms": "list_keys",
        "lambda": "list_functions",
        "cloudformation": "list_stacks",
    }
    for key, secret in (("test", "test"), ("local", "local"), ("000000000000", "test")):
        session: Any = boto3.Session(key, secret, region_name=REGION)
        client = session.client(service, endpoint_url=system.engine.endpoint)
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            getattr(client, calls[service])()
    getattr(system.stack.client(service), calls[service])()


def test_only_the_gateway_reaches_the_api(system: LocalSystem) -> None:
    api = system.stack.physical("HttpApi")
    form = urlencode({"email": READER, "audience": "en"}).encode()
    host = {"Host": f"{api}.execute-api.localhost:{system.engine_port}"}

    by_host = urllib3.request("POST", f"{system.engine.endpoint}/api/subscribe", headers=host, body=form)
    by_path = urllib3.request(
        "POST", f"{system.engine.endpoint}/_aws/execute-api/{api}/$default/api/subscribe", body=form
    )

    assert [by_host.status, by_path.status] == [403, 403]


@pytest.mark.parametrize(
    "path", ["/", "/en/index.html", "/api/subscribe", "/_local/inbox", "/_local/ses/messages"]
)
def test_a_foreign_host_name_that_resolves_here_is_served_nothing(system: LocalSystem, path: str) -> None:
    for host in (
        "evil.example",
        f"evil.example:{system.port}",
        "127.0.0.1",
        f"127.0.0.1:{system.engine_port}",
    ):
        answer = urllib3.request("GET", system.address + path, headers={"Host": host}, redirect=False)
        assert (answer.status, READER.encode() in answer.data) == (403, False)
    for host in (urlsplit(system.address).netloc, f"localhost:{system.port}"):
        answer = urllib3.request("GET", system.address + path, headers={"Host": host}, redirect=False)
        assert answer.status in (200, 303)
        assert b"of no other address" not in answer.data


def test_other_sites_neither_read_nor_change_what_is_for_the_person_here(system: LocalSystem) -> None:
    inbox, mails = f"{system.address}/_local/inbox", f"{system.address}/_local/ses/messages"
    before = urllib3.request("GET", mails).json()

    for page in (
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert urllib3.request("GET", inbox, headers=page).status == 403
        assert urllib3.request("DELETE", mails, headers=page).status == 403

    assert urllib3.request("GET", inbox, headers={"Sec-Fetch-Site": "none"}).status == 200
    assert urllib3.request("GET", mails).json() == before != []


def test_nothing_below_the_state_is_anybody_else_s_to_read(system: LocalSystem) -> None:
    open_to_others, seen = [], 0
    for path in [system.state, *system.state.rglob("*")]:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:  # of a worker that has ended
            continue
        seen += 1
        wanted = 0o700 if stat.S_ISDIR(mode) else 0o600
        if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) != wanted:
            open_to_others.append((oct(mode), str(path.relative_to(system.state))))

    assert open_to_others == []
    assert seen > 100


def processes(system: LocalSystem) -> list[int]:
    """Engine, front, and the functions' workers, which are in the engine's session."""
    sessions = json.loads((system.state / "running.json").read_text()).values()
    listed = subprocess.run(
        ["ps", "-o", "pid=", "-s", ",".join(map(str, sessions))], capture_output=True, text=True, check=True
    )
    return [int(pid) for pid in listed.stdout.split()]


def test_no_process_has_a_credential_or_the_home_of_its_user(system: LocalSystem, home: Path) -> None:
    found = processes(system)
    for pid in found:
        given = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        environment = dict(entry.partition("=")[::2] for entry in given if entry)
        assert environment["HOME"] == str(system.state / "home")
        assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
        assert [entry for entry in given if "of-the-user" in entry.lower() or "AKIA" in entry] == []
    assert len(found) >= 3  # with at least one worker
    assert os.environ["HOME"] != str(home)  # it was the user's only while the system was started


def test_the_secret_is_in_no_log_and_on_no_command_line(system: LocalSystem) -> None:
    secret = system.engine_headers["X-Broadsheet-Run"].encode()
    logs = [path.read_bytes() for path in system.state.glob("*.log")]
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes(system)]

    assert [text for text in (*logs, *lines) if secret in text] == []
    assert len(logs) == 2


def test_a_secret_is_worth_nothing_after_its_run(system: LocalSystem) -> None:
    old = system.engine_headers
    system.stop()
    assert not (system.state / "credentials").exists()
    system.start()

    health = f"{system.engine.endpoint}/_ministack/health"
    assert urllib3.request("GET", health, headers=old).status == 403
    assert urllib3.request("GET", health, headers=system.engine_headers).status == 200
    assert is_up(system)
