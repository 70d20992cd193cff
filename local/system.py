"""The local system: engine and gateway as two processes on 127.0.0.1, and the template deployed on them.

Shape: `<state>/running.json` names the processes that this started; only those are ever ended. Whoever can
read `<state>/credentials` may ask the engine while they run.
"""

import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import boto3
import urllib3

from broadsheet.newsletter import read_newsletter
from infrastructure.build import ROOT, Target, build
from infrastructure.parameters import editor_addresses
from local import credentials, private, processes
from local.engine import REGION, Engine
from local.stack import ACCESS_KEY, LocalStack, session_with

STACK = "broadsheet"
PATIENCE_SECONDS = 20
MARKS = ("engine.log", "front.log", "engine", "buckets", "mail")  # any of these is in the state of a system


class LocalSystemError(RuntimeError):
    """The local system can't do what was asked; the message says what to do."""


@dataclass(frozen=True)
class LocalSystem:
    """One local system with its ports and its state; `account_concurrency` as `Engine` takes it."""

    state: Path
    port: int = 8080
    engine_port: int = 4566
    account_concurrency: int | None = None

    @property
    def address(self) -> str:
        """The one address in the browser."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine(self) -> Engine:
        """The engine below it."""
        return Engine(self.engine_port, self.state, self.account_concurrency)

    @property
    def stack(self) -> LocalStack:
        """What was deployed.

        Raises:
            StackMissingError: it has not been started.
        """
        return LocalStack(self.engine.endpoint, REGION, STACK, credentials.secret_of(self.state))

    @property
    def session(self) -> boto3.Session:
        """The SDK's session with this run's credentials; each client needs `endpoint_url` as well.

        Raises:
            StackMissingError: it has not been started.
        """
        return session_with(credentials.secret_of(self.state), REGION)

    @property
    def client_environment(self) -> dict[str, str]:
        """What leads an AWS client in another process here, whatever its user's credentials."""
        return {
            "AWS_ENDPOINT_URL": self.engine.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_of(self.state),
            "AWS_SESSION_TOKEN": "",
        }

    @property
    def engine_headers(self) -> dict[str, str]:
        """What to say to the engine where nothing is signed: its HTTP API, and MiniStack's own addresses."""
        return {credentials.HEADER: credentials.secret_of(self.state)}

    def start(self) -> None:
        """Start engine and gateway, with a new secret; where they run already, nothing happens.

        Raises:
            LocalSystemError: a port is taken by something else, or the folder is used for something else.
        """
        if self.is_running():
            return
        _make_private(self.state)
        self.engine.empty_scratch()
        for port in (self.port, self.engine_port):
            _free(port)
        credentials.make(self.state)
        ses = f"{self.address}/_local/ses"
        engine = processes.spawn(
            self.engine.command(), self.engine.environment(ses), self.state / "engine.log"
        )
        gateway = processes.spawn(
            self._gateway_command(), self._gateway_environment(), self.state / "front.log"
        )
        private.write(self._running_file, json.dumps({"engine": engine, "front": gateway}))
        self.engine.wait()
        self._wait_for_gateway()

    def deploy(self, *, hold_seconds: int, desk_delay_seconds: int = 1, template: Path | None = None) -> None:
        """Build and deploy the template, then lay newsletter.toml on the desk, as `make deploy` does."""
        newsletter_file = ROOT / "newsletter.toml"
        newsletter = read_newsletter(newsletter_file.read_text(encoding="utf-8"))
        built = build(Target.local(), template or ROOT / "template.yaml")
        parameters = {
            "MailDomain": newsletter.sender.split("@")[1],
            **editor_addresses(newsletter.editors),
            "Origin": self.address,
            "HoldSeconds": str(hold_seconds),
            "DeskDelaySeconds": str(desk_delay_seconds),
            "NetworkShare": "1000",  # here all visitors come from one network
        }
        self.engine.deploy(built, STACK, parameters)
        stack = self.stack
        stack.client("lambda").invoke(FunctionName=stack.output("MakeKeys"), Payload=b"{}")
        desk = stack.physical("DeskBucket")
        stack.s3.put_object(Bucket=desk, Key="newsletter.toml", Body=newsletter_file.read_bytes())

    def stop(self) -> bool:
        """End the processes that this started, workers included; false if there were none."""
        if not self._running_file.is_file():
            return False
        pids = json.loads(self._running_file.read_text(encoding="utf-8"))
        ours = [pid for name, pid in pids.items() if processes.is_ours(pid, name)]
        for how in (signal.SIGTERM, signal.SIGKILL):
            for pid in ours:
                processes.signal_group(pid, how)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while any(processes.is_group_alive(pid) for pid in ours) and time.monotonic() < deadline:
                time.sleep(0.05)
        self._running_file.unlink()
        credentials.forget(self.state)
        self.engine.empty_scratch()
        return bool(ours)

    def is_running(self) -> bool:
        """Whether both processes that this started still live."""
        if not self._running_file.is_file():
            return False
        pids = json.loads(self._running_file.read_text(encoding="utf-8"))
        return all(processes.is_ours(pid, name) for name, pid in pids.items())

    @property
    def _running_file(self) -> Path:
        return self.state / "running.json"

    def _gateway_command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "local.gateway", "--port", str(self.port)),
            *("--endpoint", self.engine.endpoint, "--state", str(self.state)),
        ]

    def _gateway_environment(self) -> dict[str, str]:
        return private.environment(private.folder(self.state / "home"), os.environ)

    def _wait_for_gateway(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                urllib3.request("GET", f"{self.address}/_local/ses/messages", retries=False, timeout=2)
            except urllib3.exceptions.HTTPError as error:
                if time.monotonic() > deadline:
                    raise LocalSystemError(
                        f"The front did not come up; see {self.state}/front.log"
                    ) from error
                time.sleep(0.1)
            else:
                return


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_private(state: Path) -> None:
    """Take the state away from others, as `tighten` does; never what lies in somebody's home by mistake.

    Raises:
        LocalSystemError: there are files in the folder, and none of them is a local system's.
    """
    if state.is_dir() and any(state.iterdir()) and not any((state / mark).exists() for mark in MARKS):
        raise LocalSystemError(f"{state} is used for something else. Give an empty or a new folder: --state")
    private.folder(state)
    private.tighten(state)


def _free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalSystemError(
                f"Port {port} is in use. End what uses it, or choose others:"
                " `.venv/bin/broadsheet up` and `demo` take --port and --engine-port."
            ) from error
