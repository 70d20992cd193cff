"""MiniStack as the engine under the template: started, given the built template, stopped.

Everything that depends on MiniStack's own ways stands in this file, and in what its process runs:
local/engine_process.py and local/lambda_rules.py.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infrastructure.build import code_of
from local import credentials, private
from local.stack import session_with

REGION = "eu-central-1"
ARTEFACTS = "broadsheet-artefacts"
OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class EngineError(RuntimeError):
    """The engine did not come up or refused the template; the message says what it said."""


@dataclass(frozen=True)
class Engine:
    """One MiniStack on a port of 127.0.0.1, with its state in a folder.

    `account_concurrency` is how many invocations may run at once, all functions taken together, as an
    account's quota on AWS; None leaves it to MiniStack (as many as the machine has memory for).
    """

    port: int
    state: Path
    account_concurrency: int | None = None

    @property
    def endpoint(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}"

    def empty_scratch(self) -> None:
        """Throw away what functions were unpacked into: MiniStack leaves a folder for each of its workers."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        private.folder(self._scratch)

    @property
    def _scratch(self) -> Path:
        return self.state / "scratch"

    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "local.engine_process"]

    def environment(self, ses_endpoint: str) -> dict[str, str]:
        """Its settings, this run's secret among them; functions inherit them, and find SES at `ses_endpoint`.

        Raises:
            StackMissingError: there is no secret yet.
        """
        limit = self.account_concurrency
        return {
            **private.environment(private.folder(self.state / "home"), os.environ),
            "AWS_SECRET_ACCESS_KEY": credentials.secret_of(self.state),
            **({} if limit is None else {"LAMBDA_ACCOUNT_CONCURRENCY": str(limit)}),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state / "engine"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "buckets"),
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(self._scratch),
            "AWS_ENDPOINT_URL_SESV2": ses_endpoint,
        }

    def client(self, service: str) -> Any:  # noqa: ANN401  # the SDK's clients have no common type
        """A client of the engine, with this run's credentials.

        Raises:
            StackMissingError: no local system has been started with this state.
        """
        session: Any = session_with(credentials.secret_of(self.state), REGION)
        return session.client(
            service, endpoint_url=self.endpoint, config=Config(retries={"total_max_attempts": 1})
        )

    def wait(self, seconds: float = 30) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.client("sts").get_caller_identity()
            except (BotoCoreError, ClientError) as error:
                if time.monotonic() > deadline:
                    raise EngineError(f"MiniStack did not come up; see {self.state}/engine.log") from error
                time.sleep(0.1)
            else:
                return

    def deploy(self, built: Path, stack: str, parameters: dict[str, str]) -> None:
        """Create or update the stack from a built template; an unchanged one is left alone."""
        template = self._packaged(built)
        cloudformation = self.client("cloudformation")
        arguments = {
            "StackName": stack,
            "TemplateURL": self._kept(json.dumps(template).encode()),  # a body may have 51,200 bytes
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        try:
            exists = bool(cloudformation.describe_stacks(StackName=stack)["Stacks"])
        except ClientError:
            exists = False
        try:
            (cloudformation.update_stack if exists else cloudformation.create_stack)(**arguments)
            waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
            waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise EngineError(str(error)) from error
        except WaiterError as error:
            raise EngineError("\n".join(self._failures(cloudformation, stack))) from error

    def _kept(self, template: bytes) -> str:
        """Where the engine finds the template, in its own S3."""
        name = f"{hashlib.sha256(template).hexdigest()}.json"
        self.client("s3").put_object(Bucket=ARTEFACTS, Key=name, Body=template)
        return f"{self.endpoint}/{ARTEFACTS}/{name}"

    def _packaged(self, built: Path) -> dict[str, Any]:
        """The template with its code in the engine's S3, each object named by its content."""
        template: dict[str, Any] = json.loads(built.read_text(encoding="utf-8"))
        s3 = self.client("s3")
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=ARTEFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
        for _, resource, key in code_of(template):
            folder = built.parent / resource["Properties"][key]
            content = self._linked(folder / "python") if (folder / "python").is_dir() else zipped(folder)
            name = f"{hashlib.sha256(content).hexdigest()}.zip"
            s3.put_object(Bucket=ARTEFACTS, Key=name, Body=content)
            resource["Properties"][key] = f"s3://{ARTEFACTS}/{name}"
        return template

    def _linked(self, packages: Path) -> bytes:
        """A layer that says where its packages lie: MiniStack would unpack all of them for each worker.

        They lie in a folder of their own, named by its content, so that a later build does not change them.
        """
        place = self.state.resolve() / "layers" / _digest(packages)
        if not place.is_dir():
            made = Path(tempfile.mkdtemp(dir=private.folder(place.parent)))
            shutil.copytree(packages, made / "python", copy_function=private.copy)
            private.tighten(made)
            (made / "python").rename(place)
            made.rmdir()
        line = f"import sys; sys.path.insert(0, {str(place)!r})\n"  # before the engine's own packages
        return _archive([("python/lib/python/site-packages/layer.pth", line.encode())])

    @staticmethod
    def _failures(cloudformation: Any, stack: str) -> Iterable[str]:  # noqa: ANN401  # a client
        for event in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
            if "ResourceStatusReason" in event:
                yield f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"


def zipped(folder: Path) -> bytes:
    """The folder as a zip that only depends on its content."""
    return _archive((name, file.read_bytes()) for name, file in _files(folder))


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, OLDEST_ZIP_DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def _files(folder: Path) -> list[tuple[str, Path]]:
    return [(str(file.relative_to(folder)), file) for file in sorted(folder.rglob("*")) if file.is_file()]


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for name, file in _files(folder):
        found.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()
