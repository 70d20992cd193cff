"""What operators rely on: the template is what runs, failures show, state survives, deploying works."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from demo.reader import DemoReader, Inbox
from infrastructure.build import ROOT, read_template
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, is_up, wait_for

PATIENCE_SECONDS = 100
TEXT = b"---\ntitle: A week\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"


@pytest.fixture
def another(tmp_path: Path) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path / "state", free_port(), free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def changed_template(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    def write(change: Callable[[dict[str, Any]], None]) -> Path:
        template = read_template()
        change(template["Resources"])
        file = tmp_path / "template.json"
        file.write_text(json.dumps(template), encoding="utf-8")
        return file

    return write


def test_a_connection_changed_in_the_template_is_changed_in_the_local_system(
    another: LocalSystem, changed_template: Callable[[Callable[[dict[str, Any]], None]], Path]
) -> None:
    def change(resources: dict[str, Any]) -> None:
        resources["SubscribeRoute"]["Properties"]["RouteKey"] = "ANY /api/join"
        pattern = resources["DeskUploads"]["Properties"]["EventPattern"]["detail"]["object"]["key"]
        pattern[:] = [{"prefix": "issues/2030-"}, "newsletter.toml"]
        queue = resources["SignupQueue"]["Properties"]
        queue["VisibilityTimeout"] = 10
        queue["RedrivePolicy"]["maxReceiveCount"] = 1

    another.deploy(hold_seconds=600, template=changed_template(change))
    wait_for(lambda: is_up(another), "the empty site")
    body = {"email": "wire@readers.test", "audience": "en"}
    statuses = [
        urllib3.request("POST", another.address + path, json=body, retries=False, timeout=30).status
        for path in ("/api/join", "/api/subscribe")
    ]
    assert statuses == [202, 404]
    inbox = Inbox(another.address)
    wait_for(lambda: inbox.last_to(body["email"]), "the confirmation", PATIENCE_SECONDS)

    desk_put(another, "issues/2017-01-02/en.md", TEXT)
    desk_put(another, "issues/2030-01-07/en.md", TEXT)
    reader = DemoReader("nobody@example.org", another.address)
    wait_for(lambda: reader.page("/en/2030-01-07/index.html"), "the page that the rule lets through")
    assert reader.page("/en/2017-01-02/index.html") is None

    stack = another.stack
    stack.sqs.send_message(QueueUrl=stack.physical("SignupQueue"), MessageBody="not an order")
    dead = stack.physical("SignupDeadLetters")
    wait_for(lambda: "not an order" in _bodies(another, dead), "the dead letter", PATIENCE_SECONDS)
    log = wait_for(lambda: _log_that_says(another, "JSONDecodeError"), "the failure in the log")
    assert "ProcessSignupFunction" in log


def local(system: LocalSystem, command: str, *options: object) -> str:
    """What `broadsheet up` or `down` prints, run as the Makefile runs it."""
    words = [command, "--state", system.state, *options]
    done = subprocess.run(
        [Path(sys.executable).with_name("broadsheet"), *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def up(system: LocalSystem) -> None:
    ports = ("--port", system.port, "--engine-port", system.engine_port)
    assert system.address in local(system, "up", "--hold", 600, *ports)


def test_state_survives_a_restart_and_no_process_does(another: LocalSystem) -> None:
    up(another)
    pids = json.loads((another.state / "running.json").read_text(encoding="utf-8")).values()
    groups = [os.getpgid(pid) for pid in pids]
    wait_for(lambda: is_up(another), "the empty site")
    desk_put(another, "issues/2017-01-02/en.md", TEXT)
    reader = DemoReader("stays@readers.test", another.address)
    wait_for(lambda: reader.page("/en/2017-01-02/index.html"), "the page")
    reader.sign_up()
    inbox = Inbox(another.address)
    mail = wait_for(lambda: inbox.last_to(reader.address), "the confirmation")
    assert local(another, "down") == f"Stopped: {another.state.name}.\n"
    assert _alive(groups) == []
    up(another)
    assert reader.page("/en/2017-01-02/index.html") is not None
    assert inbox.count_to(reader.address) == 1
    assert reader.open_confirmation(mail)
    assert "You have been successfully subscribed" in reader.press_confirm()


def test_the_deploy_command_succeeds_and_the_deployed_system_works(another: LocalSystem) -> None:
    environment = {
        **os.environ,
        **another.client_environment,
    }
    parameters = f"PARAMETERS=Origin={another.address} HoldSeconds=5 DeskDelaySeconds=1"
    done = subprocess.run(
        ["make", "deploy", parameters],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Site  {another.address}" in done.stdout
    wait_for(lambda: is_up(another), "the empty site")
    reader = DemoReader("deployed@readers.test", another.address)
    reader.sign_up()
    inbox = Inbox(another.address)
    reader.open_confirmation(wait_for(lambda: inbox.last_to(reader.address), "the confirmation"))
    reader.press_confirm()
    desk_put(another, "issues/2017-01-02/en.md", TEXT)
    wait_for(lambda: reader.page("/en/2017-01-02/index.html"), "the page")
    wait_for(lambda: inbox.with_subject(reader.address, "A week"), "the mail")


def _alive(groups: list[int]) -> list[str]:
    """The processes of these groups that still run."""
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [args for group, stat, args in lines if int(group) in groups and not stat.startswith("Z")]


def _log_that_says(system: LocalSystem, word: str) -> str | None:
    log = urllib3.request("GET", system.address + "/_local/log", timeout=30).data.decode()
    return log if word in log else None


def _bodies(system: LocalSystem, queue: str) -> list[str]:
    """The bodies of some messages, which stay in the queue."""
    answer = system.stack.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", [])]
