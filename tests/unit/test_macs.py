"""Many MACs by KMS: signed as botocore signs, and left to botocore where anything is unusual."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from broadsheet.aws.macs import Macs, authorization

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-token")
BODY = b'{"KeyId":"key"}'


@pytest.mark.parametrize("token", ["a-token", None])
def test_a_call_is_signed_as_botocore_signs_it(token: str | None) -> None:
    credentials = Credentials(CREDENTIALS.access_key, CREDENTIALS.secret_key, token)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.GenerateMac"}
    request = AWSRequest("POST", "https://kms.eu-central-1.amazonaws.com/", headers, BODY)
    SigV4Auth(credentials, "kms", "eu-central-1").add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    signature = theirs.pop("authorization")
    ours = dict(sorted({**theirs, "host": "kms.eu-central-1.amazonaws.com"}.items()))

    assert (
        authorization(ours, BODY, credentials.access_key, credentials.secret_key, "eu-central-1", "kms")
        == signature
    )


@dataclass
class SDK:
    """KMS's client: its address, and the calls that were left to it."""

    address: str
    asked: list[bytes] = field(default_factory=list)

    @property
    def meta(self) -> Any:
        return SimpleNamespace(endpoint_url=self.address, region_name="eu-central-1")

    def generate_mac(self, **what: Any) -> dict[str, bytes]:
        self.asked.append(what["Message"])
        return {"Mac": b"by the SDK"}


@pytest.fixture
def sdk() -> Iterator[tuple[SDK, list[int]]]:
    """A server that answers with these statuses, then well; 0 is a connection that breaks."""
    statuses: list[int] = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = statuses.pop(0) if statuses else 200
            if not status:
                self.close_connection = True
                return
            mac = hashlib.sha256(base64.b64decode(asked["Message"])).digest()
            answer = json.dumps({"Mac": base64.b64encode(mac).decode()}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield SDK(f"http://127.0.0.1:{server.server_port}"), statuses
        server.shutdown()
        thread.join()


def test_macs_come_over_one_connection_and_the_sdk_is_not_asked(sdk: tuple[SDK, list[int]]) -> None:
    client, _ = sdk
    macs = Macs(client, CREDENTIALS, "key", quickly=True)

    assert [macs(b"a"), macs(b"b")] == [hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest()]
    assert client.asked == []
    macs.close()


@pytest.mark.parametrize("status", [0, 400, 403, 500, 503])
def test_what_is_not_usual_is_left_to_the_sdk_and_only_that(sdk: tuple[SDK, list[int]], status: int) -> None:
    client, statuses = sdk
    statuses.append(status)
    macs = Macs(client, CREDENTIALS, "key", quickly=True)

    assert [macs(b"a"), macs(b"b")] == [b"by the SDK", hashlib.sha256(b"b").digest()]
    assert client.asked == [b"a"]
    macs.close()


def test_where_it_must_not_be_quick_the_sdk_makes_each_call() -> None:
    client = SDK("http://127.0.0.1:9")

    assert Macs(client, None, "key", quickly=False)(b"a") == b"by the SDK"
