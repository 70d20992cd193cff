"""The local system: engine and gateway as two processes on 127.0.0.1, and the template deployed on them.

Shape: `<state>/running.json` has the ids of the processes that were started here, for scripts. What is ended
is found by its command, which names the state, since a number may belong to somebody else's process by now.
Whoever can read `<state>/credentials` can call the engine while they run.
"""

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import boto3
import urllib3

from broadsheet.newsletter_file import read_newsletter
from infrastructure.build import ROOT, Target, build
from infrastructure.parameters import editor_addresses
from infrastructure.redirect_store import redirects_to_import
from infrastructure.redirects import REDIRECTS_FILE
from local import credentials, private, processes
from local.agreement import Disagreement, suspend_where_they_disagree
from local.engine import REGION, Engine, store_of
from local.ses.outbox import store_of as store_of_outbox
from local.stack import ACCESS_KEY, LocalStack, session_with

STACK = "broadsheet"
MOST_SECONDS = 20  # for a process to start or to end
MARKS = ("engine.log", "front.log", "engine", "buckets", "mail")  # the state of a system has one of these


class LocalSystemError(RuntimeError):
    """The local system can't do what was asked; the message says what to do."""


@dataclass(frozen=True)
class LocalSystem:
    """One local system with its ports and its state; `account_concurrency` as in `Engine`."""

    state: Path
    port: int = 8080
    engine_port: int = 4566
    account_concurrency: int | None = None

    @classmethod
    def running(cls, state: Path) -> "LocalSystem | None":
        """The system of this state, with the ports that it has; None if not both of its processes run."""
        match processes.ports(state):
            case {"engine": engine, "front": front}:
                return cls(state, front, engine)
        return None

    @property
    def address(self) -> str:
        """The address of the site, for the browser."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine(self) -> Engine:
        """Its engine."""
        return Engine(self.engine_port, self.state, self.account_concurrency)

    @property
    def stack(self) -> LocalStack:
        """The deployed stack.

        Raises:
            StackMissingError: the system has not been started.
        """
        return LocalStack(self.engine.endpoint, REGION, STACK, credentials.secret_of(self.state))

    @property
    def session(self) -> boto3.Session:
        """The SDK's session with this run's credentials; each client needs `endpoint_url` as well.

        Raises:
            StackMissingError: the system has not been started.
        """
        return session_with(credentials.secret_of(self.state), REGION)

    @property
    def client_environment(self) -> dict[str, str]:
        """The variables that direct AWS clients in other processes here, whatever the user's credentials."""
        return {
            "AWS_ENDPOINT_URL": self.engine.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_of(self.state),
            "AWS_SESSION_TOKEN": "",
        }

    @property
    def engine_headers(self) -> dict[str, str]:
        """The headers for unsigned requests to the engine: its HTTP API, and MiniStack's own paths."""
        return {credentials.HEADER: credentials.secret_of(self.state)}

    def start(self) -> Disagreement:
        """Start engine and gateway with a new secret; if both run on these ports, nothing happens.

        If one of them has died, or they run on other ports, what is left of them is ended first. Mailings on
        which ledger and SES emulator disagree are suspended before anything is sent, and returned.

        Raises:
            LocalSystemError: a port is in use, the folder is used for something else, or a process did not
                come up.
        """
        if self._runs_as_wanted():
            return Disagreement()
        _make_private(self.state)
        self.stop()
        self.engine.empty_scratch()
        for port in (self.port, self.engine_port):
            _require_free(port)
        credentials.make(self.state)
        found = suspend_where_they_disagree(store_of(self.state), store_of_outbox(self.state))
        environments = {
            "engine": self.engine.environment(f"{self.address}/_local/ses"),
            "front": private.environment(private.folder(self.state / "home"), os.environ),
        }
        pids = {
            name: processes.spawn(name, arguments, environments[name], self.state)
            for name, arguments in self._arguments.items()
        }
        private.write(self._running_file, json.dumps(pids))
        self._wait_for("MiniStack", "engine.log", f"{self.engine.endpoint}/_ministack/health")
        self._wait_for("The gateway", "front.log", f"{self.address}/_local/ses/messages")
        return found

    @property
    def _arguments(self) -> dict[str, list[str]]:
        return {
            "engine": ["--port", str(self.engine_port)],
            "front": ["--port", str(self.port), "--endpoint", self.engine.endpoint],
        }

    def _runs_as_wanted(self) -> bool:
        running = {name: one.command for name, one in processes.running(self.state).items()}
        return running == {
            name: " ".join(processes.words(name, self.state, arguments))
            for name, arguments in self._arguments.items()
        }

    def deploy(
        self,
        *,
        hold_seconds: int,
        desk_delay_seconds: int = 1,
        with_trial: bool = True,
        template: Path | None = None,
        redirects_file: Path = REDIRECTS_FILE,
    ) -> None:
        """Build and deploy the template, and put newsletter.toml on the desk, as `make deploy` does.

        A mailing `with_trial` to more than 75 readers lasts for two minutes longer.

        Raises:
            NewsletterFileError, RedirectsFileError, TooManyRedirectsError: one of these files can't be used.
            BuildError, EngineError: the template could not be built, or was refused.
        """
        newsletter_file = ROOT / "newsletter.toml"
        newsletter = read_newsletter(newsletter_file.read_bytes())
        redirects = redirects_to_import(redirects_file, newsletter.editions)
        built = build(Target.local(), template or ROOT / "template.yaml")
        parameters = {
            "MailDomain": newsletter.sender.split("@")[1],
            **editor_addresses(newsletter.editors),
            "Origin": self.address,
            "HoldSeconds": str(hold_seconds),
            "DeskDelaySeconds": str(desk_delay_seconds),
            "TrialPart": str(with_trial).lower(),
            "NetworkShare": "10000",  # here all visitors come from one network
            "ConfirmationsPerHour": "10000",  # or only half of a small budget would be left for them
        }
        stack = self.stack
        self.engine.deploy(built, stack, parameters, redirects)
        stack.client("lambda").invoke(FunctionName=stack.output("MakeKeys"), Payload=b"{}")
        desk = stack.physical("DeskBucket")
        stack.s3.put_object(Bucket=desk, Key="newsletter.toml", Body=newsletter_file.read_bytes())

    def stop(self) -> bool:
        """End the processes of this state, with their children; False if there were none."""
        groups = [one.group for one in processes.running(self.state).values()]
        if not groups and not self._running_file.exists():
            return False
        for sent in (signal.SIGTERM, signal.SIGKILL):
            for group in groups:
                processes.signal_group(group, sent)
            deadline = time.monotonic() + MOST_SECONDS
            while any(processes.is_group_alive(group) for group in groups) and time.monotonic() < deadline:
                time.sleep(0.05)
        for orphan in processes.left_over(self.state, self._recorded()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan.pid, signal.SIGKILL)
        self._running_file.unlink(missing_ok=True)
        credentials.forget(self.state)
        self.engine.empty_scratch()
        return bool(groups)

    @property
    def _running_file(self) -> Path:
        return self.state / "running.json"

    def _recorded(self) -> list[int]:
        """The ids that were written when the processes were started; none if that can't be read."""
        try:
            recorded = json.loads(self._running_file.read_text(encoding="utf-8"))
            return [int(pid) for pid in recorded.values()]
        except (OSError, ValueError, TypeError, AttributeError):
            return []

    def _wait_for(self, what: str, log: str, url: str) -> None:
        """Repeat a request, ten times a second, until it gets any answer."""
        retries = urllib3.Retry(MOST_SECONDS * 10, backoff_factor=0.1, backoff_max=0.1)
        try:
            urllib3.request("GET", url, retries=retries, timeout=2)
        except urllib3.exceptions.HTTPError as error:
            raise LocalSystemError(f"{what} did not start; see {self.state}/{log}") from error


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_private(state: Path) -> None:
    """Make the state's folder private; refuse a folder that has files, none of them a local system's."""
    if state.is_dir() and any(state.iterdir()) and not any((state / mark).exists() for mark in MARKS):
        raise LocalSystemError(f"{state} is used for something else. Choose an empty or new folder: --state")
    private.folder(state)
    private.tighten(state)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalSystemError(
                f"Port {port} is in use. Stop what uses it, or choose others: `.venv/bin/broadsheet up` and"
                " `demo` take --port and --engine-port."
            ) from error
