"""What stands before the endpoints: the origin guard and the error boundary.

The API's own address is public beside the CDN's. A request that comes there has passed no cache, gets no
security headers and is not counted by its network; so it is answered as if nothing were there. Leaving is not
guarded: whoever holds a link may always leave.

Source: API Gateway, HTTP APIs: the execute-api address can't be turned off without a domain of one's own.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from broadsheet.http import Problem, Request, Response
from broadsheet.newsletter import Newsletter
from broadsheet.site.responses import Reply

HEADER = "x-broadsheet-origin"
NOT_FOUND = Problem(HTTPStatus.NOT_FOUND, "Not found", "There is nothing at this address.")


class Endpoint(Protocol):
    """Answers requests, in the words of a newsletter."""

    @property
    def newsletter(self) -> Newsletter:
        """The newsletter."""

    def __call__(self, request: Request) -> Response:
        """The response."""


@dataclass(frozen=True)
class OriginGuard:
    """An endpoint that answers only requests that come by the CDN.

    `secret` gives the value that the CDN adds to each request. Without a value the answer is 404. With a
    wrong one `mismatched` is called and the answer is 503, for the CDN may still send a secret that was
    replaced, as it does for minutes after a deployment.
    """

    endpoint: Endpoint
    secret: Callable[[], str]
    mismatched: Callable[[], None]

    @property
    def newsletter(self) -> Newsletter:
        """The endpoint's newsletter."""
        return self.endpoint.newsletter

    def __call__(self, request: Request) -> Response:
        """The endpoint's response, 404 or 503."""
        sent = request.headers.get(HEADER, "")
        if sent and hmac.compare_digest(sent.encode("utf-8", "replace"), self.secret().encode()):
            return self.endpoint(request)
        if sent:
            self.mismatched()
            return _reply(request, self.newsletter).unavailable()
        return for_link(request, self.newsletter).problem(NOT_FOUND)


def error_boundary(endpoint: Endpoint, request: Request, failed: Callable[[], None]) -> Response:
    """The endpoint's response; if it raises, 503 and when to try again.

    `failed` is called while the exception is being handled. Every request may be repeated without harm.
    """
    try:
        return endpoint(request)
    except Exception:  # noqa: BLE001  # a visitor gets an answer in any case
        failed()
    return _reply(request, endpoint.newsletter).unavailable()


def for_link(request: Request, newsletter: Newsletter) -> Reply:
    """Answers in the words of the edition that the link names (`in`), else of the first."""
    return Reply(request, newsletter, newsletter.edition(request.query.get("in", "")))


def _reply(request: Request, newsletter: Newsletter) -> Reply:
    """The same, unless a form names the edition."""
    named = request.field("edition")
    if named in newsletter.editions:
        return Reply(request, newsletter, newsletter.editions[named])
    return for_link(request, newsletter)
