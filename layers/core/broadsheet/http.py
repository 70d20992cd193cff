"""Requests and responses of the HTTP API.

Shape: HTTP API payload format 2.0. Source: API Gateway sends form posts base64-encoded.
"""

import base64
import contextlib
import json
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import compat32
from typing import Any
from urllib.parse import parse_qs

BODY_LIMIT_BYTES = 16_384
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"
# Responses are not compressed; their bodies are padded to multiples of these sizes, so that their lengths
# reveal little; every page fits into one. White space after a document has no meaning in any of these types.
PADDED_TO_BYTES = {HTML: 16_384, JSON: 1_024, PROBLEM: 1_024}


@dataclass(frozen=True)
class Problem(Exception):  # noqa: N818  # RFC 9457's own word for it
    """The problem of a request that can't be served (RFC 9457). Nothing was written."""

    status: int
    title: str
    detail: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """An HTTP request. `headers` have lower-case names, `query` has the first value of each parameter."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> "Request":
        """The request of an HTTP API event."""
        http = event["requestContext"]["http"]
        body = event.get("body") or ""
        try:
            raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        except ValueError:  # not base64, or not text
            raw = b""
        return cls(
            method=http["method"],
            path=http["path"],
            query=_first_values(event.get("rawQueryString", "")),
            headers={name.lower(): value for name, value in event.get("headers", {}).items()},
            body=raw,
        )

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def wants_json(self) -> bool:
        """Whether the caller is a program: it sent JSON, or accepts JSON and not HTML."""
        accept = self.headers.get("accept", "")
        return self.content_type == JSON or ("json" in accept and "text/html" not in accept)

    def fields(self) -> dict[str, list[str]]:
        """The fields of a form in any of its three encodings, as lists of values by name.

        Raises:
            Problem: too large (413), not a form or JSON (415), or not what its content type says (400).
        """
        if len(self.body) > BODY_LIMIT_BYTES:
            raise Problem(413, "Too large", f"Send at most {BODY_LIMIT_BYTES} bytes.")
        if self.content_type == JSON:
            return _json_fields(self.body)
        if self.content_type == MULTIPART:
            return _multipart_fields(self.headers["content-type"], self.body)
        if self.content_type in (FORM, ""):
            return _query(self.body.decode("utf-8", "replace"))
        raise Problem(415, "Unsupported media type", f"Send {FORM}, {MULTIPART} or {JSON}.")

    def field(self, name: str) -> str | None:
        """The first value of a field; None if it was not sent, or if the body can't be read as a form."""
        with contextlib.suppress(Problem):
            return next(iter(self.fields().get(name, [])), None)
        return None


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    body: str = ""
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)

    def to_event(self) -> dict[str, Any]:
        """The response as an HTTP API expects it. No response may be cached."""
        headers = {
            "content-type": self.content_type,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            **self.headers,
        }
        body = padded(self.body, PADDED_TO_BYTES.get(self.content_type, 1))
        return {"statusCode": self.status, "headers": headers, "body": body, "isBase64Encoded": False}


def padded(text: str, multiple: int) -> str:
    """The text, padded with spaces to a multiple of so many bytes in UTF-8; an empty text stays empty."""
    return text + " " * (-len(text.encode("utf-8", "replace")) % multiple)


def see_other(location: str) -> Response:
    """A redirect (303) to a page that can be reloaded without sending the form again."""
    return Response(303, headers={"location": location})


def json_response(status: int, content: dict[str, Any]) -> Response:
    """A JSON document for a program."""
    return Response(status, json.dumps(content, ensure_ascii=False), JSON)


def problem_response(problem: Problem) -> Response:
    """The problem as RFC 9457 JSON."""
    content: dict[str, Any] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    if problem.detail:
        content["detail"] = problem.detail
    if problem.errors:
        content["errors"] = [{"field": name, "detail": text} for name, text in problem.errors.items()]
    return Response(problem.status, json.dumps(content, ensure_ascii=False), PROBLEM, problem.headers)


def _query(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=64, errors="replace")
    except ValueError as error:
        raise Problem(400, "Bad form", "The form has too many fields.") from error


def _first_values(text: str) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in _query(text).items()}
    except Problem:
        return {}


def _json_fields(body: bytes) -> dict[str, list[str]]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "Bad JSON", "The body is not valid JSON.") from error
    if not isinstance(content, dict):
        raise Problem(400, "Bad JSON", "Send one JSON object.")
    return {
        name: [
            item if isinstance(item, str) else json.dumps(item)
            for item in (value if isinstance(value, list) else ["" if value is None else value])
        ]
        for name, value in content.items()
    }


def _multipart_fields(content_type: str, body: bytes) -> dict[str, list[str]]:
    head = b"content-type: " + content_type.encode("utf-8", "replace") + b"\r\n\r\n"
    try:
        return _fields_of_parts(head + body)
    except Exception as error:  # the parser raises any exception for junk, such as TypeError
        raise Problem(400, "Bad form", "The form's parts can't be told apart.") from error


def _fields_of_parts(document: bytes) -> dict[str, list[str]]:
    message = BytesParser(policy=compat32).parsebytes(document)  # newer policies raise on junk in headers
    fields: dict[str, list[str]] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
    return fields
