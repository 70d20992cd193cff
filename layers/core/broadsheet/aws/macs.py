"""One call of KMS, a hundred thousand times: GenerateMac for an import, over connections that stay open.

botocore takes most of a millisecond of CPU for a call, whatever it is; this takes a quarter of that. It takes
only what is usual: anything else (a connection that breaks, a refusal) is left to the SDK's own client, with
its retries and its errors; a MAC that is asked for twice is the same.
Source: "AWS Signature Version 4 for API requests"; a test holds it against botocore's signer.
"""

import base64
import hashlib
import hmac
import http.client
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

TARGET = "TrentService.GenerateMac"
TIMEOUT_SECONDS = 10.0
ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Macs:
    """HMAC-SHA-256 under a key of KMS; `credentials` are the session's. May be asked by several threads.

    Unless `quickly`, the SDK's client makes each call: where a proxy stands between, or what the client calls
    is no server.
    """

    kms: Any
    credentials: Any
    key_id: str
    quickly: bool
    _local: threading.local = field(default_factory=threading.local)

    def __call__(self, message: bytes) -> bytes:
        """The MAC of a message."""
        encoded = base64.b64encode(message).decode()
        body = json.dumps({"KeyId": self.key_id, "MacAlgorithm": "HMAC_SHA_256", "Message": encoded}).encode()
        return (self._quick(body) if self.quickly else None) or self._by_the_sdk(message)

    def close(self) -> None:
        """End this thread's connection."""
        if getattr(self._local, "connection", None) is not None:
            self._local.connection.close()
            self._local.connection = None

    def _by_the_sdk(self, message: bytes) -> bytes:
        answer = self.kms.generate_mac(KeyId=self.key_id, MacAlgorithm="HMAC_SHA_256", Message=message)
        return bytes(answer["Mac"])

    def _quick(self, body: bytes) -> bytes | None:
        """The MAC; None if anything is not as usual."""
        meta, url = self.kms.meta, urlsplit(self.kms.meta.endpoint_url)
        frozen = self.credentials.get_frozen_credentials()
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": url.netloc,
            "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
            **({"x-amz-security-token": frozen.token} if frozen.token else {}),
            "x-amz-target": TARGET,
        }
        headers["authorization"] = authorization(
            headers, body, frozen.access_key, frozen.secret_key, meta.region_name, "kms"
        )
        try:
            connection = self._connection(url.scheme, url.netloc)
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        if answer.status != HTTPStatus.OK:
            return None
        return base64.b64decode(json.loads(content)["Mac"])

    def _connection(self, scheme: str, place: str) -> http.client.HTTPConnection:
        """This thread's."""
        if getattr(self._local, "connection", None) is None:
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            self._local.connection = kind(place, timeout=TIMEOUT_SECONDS)
        connection: http.client.HTTPConnection = self._local.connection
        return connection


def authorization(
    headers: dict[str, str], body: bytes, access_key: str, secret_key: str, region: str, service: str
) -> str:
    """The header that signs a POST to `/` with these headers: small letters, in order of their names."""
    at, names = headers["x-amz-date"], ";".join(headers)
    canonical = "\n".join(
        (
            "POST\n/\n",
            *(f"{name}:{value}" for name, value in headers.items()),
            f"\n{names}",
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(_signing_key(secret_key, at[:8], region, service), text).hex()
    return f"{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"


@lru_cache(maxsize=2)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = _hmac(f"AWS4{secret_key}".encode(), day)
    return _hmac(_hmac(_hmac(key, region), service), "aws4_request")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
