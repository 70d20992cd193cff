"""The endpoints behind the CDN: a request that did not come by it gets nothing.

The API's own address is public beside the CDN's. What comes there has passed no cache, no security headers
and no count of its network; so it is answered like an address that does not exist. Leaving is not guarded:
whoever holds a link may always leave.

Source: API Gateway, HTTP APIs: the execute-api address can't be turned off without a domain of one's own.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from broadsheet.http import Problem, Request, Response
from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.endpoints.responses import Endpoint, edition_of, problem_for, service_unavailable

HEADER = "x-broadsheet-origin"
NOT_FOUND = Problem(HTTPStatus.NOT_FOUND, "Not found", "There is nothing at this address.")


@dataclass(frozen=True)
class OriginGuard:
    """An endpoint that answers requests of the CDN only; others reach nothing behind it.

    `secret` gives what the CDN adds to each request. Without any it is a stranger's request: 404. With
    another one `mismatched` is called: a stranger guesses, or the CDN still sends a secret that was replaced,
    as it does for minutes after a deployment. So a reader is asked to come again: 503.
    """

    endpoint: Endpoint
    secret: Callable[[], str]
    mismatched: Callable[[], None]

    @property
    def newsletter(self) -> Newsletter:
        """Whose words it speaks."""
        return self.endpoint.newsletter

    def __call__(self, request: Request) -> Response:
        """The endpoint's answer, 404 or 503."""
        sent = request.headers.get(HEADER, "")
        if sent and hmac.compare_digest(sent.encode("utf-8", "replace"), self.secret().encode()):
            return self.endpoint(request)
        if sent:
            self.mismatched()
            return service_unavailable(request, self.newsletter)
        return problem_for(request, NOT_FOUND, edition_of(request, self.newsletter), self.newsletter)
