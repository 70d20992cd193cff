"""The site as readers see it behind the CDN: the bucket's pages, and the API under the same address.

Requests are handled according to the deployed distribution (`local.distribution`), in CloudFront's order:
behaviour, allowed methods, function, origin request policy, origin, error page, response headers policy.
There is no caching, compression, redirect to https, signed URL or other function at the edge.

A few requests at a time reach the functions (`local/overload.py`). Where API Gateway would answer 503 itself,
because Lambda throttles or a function does not answer in time, a reader gets the page of an endpoint that
fails.
"""

import http.client
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError
from flask import Request, Response

from local.credentials import HEADER
from local.distribution import Behaviour, Distribution, ErrorPage
from local.edge import EdgeFunctionError, EdgeResponse, ViewerRequest, run_viewer_request
from local.origin_request import HOP_BY_HOP, forwarded_headers, forwarded_query, raw_path, raw_query
from local.overload import RequestQueue
from local.stack import LocalStack

API_TIMEOUT_SECONDS = 35  # API Gateway gives a function 30 seconds at most
OBJECT_HEADERS = {
    "content-type", "content-length", "content-language", "content-encoding", "content-disposition",
    "content-range", "cache-control", "etag", "last-modified", "accept-ranges",
}  # fmt: skip
CONDITIONS = {
    "If-None-Match": "IfNoneMatch",
    "Range": "Range",
}  # headers, and GetObject's parameters for them
INTERNAL_SERVER_ERROR = b'{"message":"Internal Server Error"}'
THROTTLED = re.compile(rb'\s*\{\s*"message"\s*:\s*"Service Unavailable"\s*\}\s*')  # API Gateway's
METHOD_REFUSED = (
    "This distribution is not configured to allow the HTTP request method that was used for this request."
)
# MiniStack's answer for a function that raised. A function that returns 502 itself has a body of its own.
ENGINE_ERROR = re.compile(rb'\A\s*\{.*"(errorMessage|errorType|message)"', re.DOTALL)


class Cdn:
    """Answers viewers' requests according to the deployed distribution.

    `overloaded` answers a request for which the functions have no time. Each stage of the API has a queue of
    its own, as it has a throttle of its own.
    """

    def __init__(
        self,
        stack: LocalStack,
        distribution: Callable[[], Distribution],
        overloaded: Callable[[Request], Response],
        new_queue: Callable[[], RequestQueue] = RequestQueue,
    ) -> None:
        self._stack = stack
        self._distribution = distribution
        self._overloaded = overloaded
        self._new_queue = new_queue
        self._queues: dict[str, RequestQueue] = {}

    def serve(self, request: Request) -> Response:
        """The answer to a viewer's request.

        Raises:
            StackMissingError: nothing is deployed.
        """
        distribution = self._distribution()
        path = raw_path(request)
        behaviour = distribution.behaviour_for(path)
        if request.method not in behaviour.methods:
            return Response(METHOD_REFUSED, 403, content_type="text/plain")
        response = self._answer(distribution, behaviour, path, request)
        if page := distribution.error_pages.get(response.status_code):
            response = self._error_page(distribution, page, response)
        return _with_policy(response, behaviour)

    def _answer(
        self, distribution: Distribution, behaviour: Behaviour, path: str, request: Request
    ) -> Response:
        """The answer of the behaviour's function, else of its origin."""
        if behaviour.viewer_request:
            headers = tuple((name.lower(), value) for name, value in request.headers.items())
            viewed = ViewerRequest(request.method, path, raw_query(request), headers)
            try:
                found = run_viewer_request(behaviour.viewer_request, viewed, behaviour.store)
            except EdgeFunctionError as error:
                return Response(str(error), 503, content_type="text/plain")
            if isinstance(found, EdgeResponse):
                return Response(status=found.status, headers=list(found.headers))
            path = found
        return self._from_origin(behaviour, "/" + distribution.root_object if path == "/" else path, request)

    def _from_origin(self, behaviour: Behaviour, path: str, request: Request) -> Response:
        label = behaviour.origin.domain.split(".", 1)[0]
        if label == self._stack.physical("HttpApi"):
            queue = self._queues.setdefault(behaviour.origin.path, self._new_queue())
            with queue.turn() as has_turn:
                answer = self._from_api(behaviour, path, request) if has_turn else None
            return answer or self._overloaded(request)
        if label == self._stack.physical("SiteBucket"):
            conditions = {parameter: request.headers.get(name) for name, parameter in CONDITIONS.items()}
            return self._from_bucket(behaviour, path, conditions)
        return Response(f"The origin {behaviour.origin.domain} is not part of the local system.", 502)

    def _error_page(self, distribution: Distribution, page: ErrorPage, failed: Response) -> Response:
        """The error page under its own status; the origin's answer if the page itself is missing."""
        response = self._from_bucket(distribution.behaviour_for(page.path), page.path, {})
        if response.status_code != HTTPStatus.OK:
            return failed
        response.status_code = page.status
        return response

    def _from_bucket(self, behaviour: Behaviour, path: str, conditions: dict[str, str | None]) -> Response:
        """An object of the site bucket, or 403: without ListBucket S3 does not say that a key is missing."""
        key = unquote(behaviour.origin.path + path).lstrip("/")
        given: Any = {parameter: value for parameter, value in conditions.items() if value is not None}
        try:
            found: Any = self._stack.s3.get_object(
                Bucket=self._stack.physical("SiteBucket"), Key=key, **given
            )
        except ClientError as error:
            return _refused_object(error)
        answer = found["ResponseMetadata"]
        return Response(found["Body"].read(), answer["HTTPStatusCode"], _object_headers(answer))

    def _from_api(self, behaviour: Behaviour, path: str, request: Request) -> Response | None:
        """The HTTP API's answer, without following a redirect or trying again; None if no function answered.

        MiniStack serves an HTTP API by the Host header `<api id>.execute-api.localhost:<port>`, from the root
        for the stage `$default`. The Host is the origin's, as under every policy that works with API Gateway.
        """
        endpoint = urlsplit(self._stack.endpoint)
        headers = forwarded_headers(request, behaviour)
        headers[HEADER] = self._stack.secret
        headers["Host"] = f"{self._stack.physical('HttpApi')}.execute-api.localhost:{endpoint.port}"
        query = forwarded_query(request, behaviour)
        target = behaviour.origin.path + path + (f"?{query}" if query else "")
        connection = http.client.HTTPConnection(
            endpoint.hostname or "", endpoint.port, timeout=API_TIMEOUT_SECONDS
        )
        try:
            connection.request(request.method, target, request.get_data() or None, dict(headers.items()))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and THROTTLED.fullmatch(body):
            return None
        if answer.status == HTTPStatus.BAD_GATEWAY and ENGINE_ERROR.match(body):
            # of an exception API Gateway says only this
            return Response(INTERNAL_SERVER_ERROR, 500, content_type="application/json")
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        return Response(body, answer.status, kept)


def _with_policy(response: Response, behaviour: Behaviour) -> Response:
    for header in behaviour.added_headers:
        if header.override or header.name not in response.headers:
            response.headers[header.name] = header.value
    for name in behaviour.removed_headers:
        response.headers.pop(name, None)
    return response


def _object_headers(answer: Any) -> list[tuple[str, str]]:  # noqa: ANN401  # botocore's metadata
    return [(name, value) for name, value in answer["HTTPHeaders"].items() if name.lower() in OBJECT_HEADERS]


def _refused_object(error: ClientError) -> Response:
    answer = error.response["ResponseMetadata"]
    status = answer["HTTPStatusCode"]
    if status == HTTPStatus.NOT_MODIFIED:
        return Response(status=status, headers=_object_headers(answer))
    if status == HTTPStatus.NOT_FOUND:
        status = HTTPStatus.FORBIDDEN
    return Response("<Error><Code>AccessDenied</Code></Error>", status, content_type="application/xml")
