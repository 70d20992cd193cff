"""The boundary of all endpoints: it checks the origin and the method, and turns every error into a response.

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
LINK_METHODS = ("GET", "HEAD", "POST")  # of an endpoint whose address a person may open


class Endpoint(Protocol):
    """Answers the requests to one path."""

    @property
    def newsletter(self) -> Newsletter:
        """The newsletter that it belongs to, and in whose words it answers."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it accepts."""

    def __call__(self, request: Request, reply: Reply) -> Response:
        """The response.

        Raises:
            Problem: the request can't be served.
        """


@dataclass(frozen=True)
class OriginGuard:
    """Accepts only requests that come by the CDN.

    `secret` returns the value that the CDN adds to each request. Without a value the answer is 404. With a
    wrong one `mismatched` is called and the answer is 503, for the CDN may still send a secret that was
    replaced, as it does for minutes after a deployment.
    """

    secret: Callable[[], str]
    mismatched: Callable[[], None]

    def check(self, reply: Reply) -> None:
        """Raises Problem unless the request came by the CDN."""
        sent = reply.request.headers.get(HEADER, "")
        if not sent:
            raise NOT_FOUND
        if not hmac.compare_digest(sent.encode("utf-8", "replace"), self.secret().encode()):
            self.mismatched()
            raise reply.unavailable()


def respond(
    endpoint: Endpoint, request: Request, failed: Callable[[], None], guard: OriginGuard | None = None
) -> Response:
    """The endpoint's response, or the problem; 503 and when to try again if anything fails.

    The words are of the edition that a form names (`edition`), else of the one that the link names (`in`),
    else of the first. `failed` is called while the exception is being handled. Every request may be repeated.
    """
    editions = endpoint.newsletter.editions
    edition = editions.get(request.field("edition") or "") or endpoint.newsletter.edition(
        request.query.get("in")
    )
    reply = Reply(request, endpoint.newsletter, edition)
    try:
        if guard:
            guard.check(reply)
        reply.require_method(*endpoint.methods)
        return endpoint(request, reply)
    except Problem as problem:
        return reply.problem(problem)
    except Exception:  # noqa: BLE001  # a visitor gets an answer in any case
        failed()
    return reply.problem(reply.unavailable())
