"""MiniStack as the engine under the template: its settings, and the deployment of the built template.

Everything that depends on MiniStack is in this file and in what its process runs: local/engine_process.py and
local/lambda_rules.py.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infrastructure.build import code_of
from infrastructure.redirect_store import PARAMETER, object_key
from local import credentials, private
from local.stack import LocalStack

REGION = "eu-central-1"
ARTEFACTS = "broadsheet-artefacts"
STORE = "state.sqlite"
OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class EngineError(RuntimeError):
    """The engine refused the template; the message is the engine's."""


@dataclass(frozen=True)
class Engine:
    """One MiniStack on a port of 127.0.0.1, with its state in a folder.

    `account_concurrency` is the account's quota of concurrent invocations; None leaves the limit to MiniStack
    (as many as the machine has memory for).
    """

    port: int
    state: Path
    account_concurrency: int | None = None

    @property
    def endpoint(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}"

    def empty_scratch(self) -> None:
        """Delete the folders into which MiniStack unpacked functions; it leaves one for each worker."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        private.folder(self._scratch)

    @property
    def _scratch(self) -> Path:
        return self.state / "scratch"

    def environment(self, ses_endpoint: str) -> dict[str, str]:
        """Its settings and this run's secret; functions inherit them, and call SES at `ses_endpoint`.

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
            "STATE_DIR": str(store_of(self.state).parent),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "buckets"),
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(self._scratch),
            "AWS_ENDPOINT_URL_SESV2": ses_endpoint,
        }

    def deploy(
        self, built: Path, stack: LocalStack, parameters: Mapping[str, str], redirects: bytes = b""
    ) -> None:
        """Create or update the stack from a built template; if nothing differs, nothing happens.

        `redirects` is the file that the CDN's key-value store imports, if there are any.

        Raises:
            EngineError: the engine refused the template.
        """
        name = _upload(stack, json.dumps(self._packaged(built, stack)).encode(), "json")
        values = {**parameters, PARAMETER: _upload_redirects(stack, redirects) if redirects else ""}
        cloudformation = stack.cloudformation
        arguments: Any = {
            "StackName": stack.name,
            "TemplateURL": f"{self.endpoint}/{ARTEFACTS}/{name}",  # a body may have 51,200 bytes
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        try:
            exists = bool(cloudformation.describe_stacks(StackName=stack.name)["Stacks"])
        except ClientError:
            exists = False
        try:
            (cloudformation.update_stack if exists else cloudformation.create_stack)(**arguments)
            waiter: Any = cloudformation.get_waiter(
                "stack_update_complete" if exists else "stack_create_complete"
            )
            waiter.wait(StackName=stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise EngineError(str(error)) from error
        except WaiterError as error:
            raise EngineError("\n".join(_failures(stack))) from error

    def _packaged(self, built: Path, stack: LocalStack) -> dict[str, Any]:
        template: dict[str, Any] = json.loads(built.read_text(encoding="utf-8"))
        s3: Any = stack.s3
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=ARTEFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
        for _, resource, key in code_of(template):
            folder = built.parent / resource["Properties"][key]
            content = self._linked(folder / "python") if (folder / "python").is_dir() else zipped(folder)
            resource["Properties"][key] = f"s3://{ARTEFACTS}/{_upload(stack, content, 'zip')}"
        return template

    def _linked(self, packages: Path) -> bytes:
        """A layer that only refers to its packages: MiniStack would unpack all of them for each worker.

        The packages are copied to a folder named by their content, which a later build does not change.
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


def store_of(state: Path) -> Path:
    """The file of the engine's state (local/engine_state.py)."""
    return state / "engine" / STORE


def _upload(stack: LocalStack, content: bytes, suffix: str) -> str:
    """Put an object into the engine's S3; its name, which depends on its content alone."""
    name = f"{hashlib.sha256(content).hexdigest()}.{suffix}"
    stack.s3.put_object(Bucket=ARTEFACTS, Key=name, Body=content)
    return name


def _upload_redirects(stack: LocalStack, content: bytes) -> str:
    """Put the import's object into the engine's S3; its ARN."""
    key = object_key(content)
    stack.s3.put_object(Bucket=ARTEFACTS, Key=key, Body=content)
    return f"arn:aws:s3:::{ARTEFACTS}/{key}"


def _failures(stack: LocalStack) -> Iterable[str]:
    for event in stack.cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]:
        if "ResourceStatusReason" in event:
            yield f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"


def zipped(folder: Path) -> bytes:
    """The folder as a zip that depends on nothing but its content."""
    return _archive((name, file.read_bytes()) for name, file in _files(folder))


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            member = zipfile.ZipInfo(name, OLDEST_ZIP_DATE)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()


def _files(folder: Path) -> list[tuple[str, Path]]:
    return [(str(file.relative_to(folder)), file) for file in sorted(folder.rglob("*")) if file.is_file()]


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for name, file in _files(folder):
        found.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()
