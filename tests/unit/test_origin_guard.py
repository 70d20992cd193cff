"""An endpoint answers what comes by the CDN, and nothing else."""

import json
from dataclasses import dataclass, field

import pytest

from broadsheet.http import Request, Response
from broadsheet.language import language
from broadsheet.newsletter import Newsletter
from broadsheet.site.responses import Reply
from broadsheet.subscribers.endpoints.boundary import OriginGuard
from tests.builders import a_newsletter, a_request
from tests.pages import ShownPage, response_of, shown_page

SECRET = "only-the-cdn-knows-it"
NEWSLETTER = a_newsletter()


@dataclass
class GuardedEndpoint:
    """Records the requests that reached it."""

    newsletter: Newsletter = NEWSLETTER
    methods: tuple[str, ...] = ("POST",)
    reached: list[Request] = field(default_factory=list)

    def __call__(self, request: Request, reply: Reply) -> Response:  # noqa: ARG002  # the protocol's
        self.reached.append(request)
        return Response(200, "answered")


@dataclass
class Guarded:
    """A guarded endpoint with what it counted and how often it looked at the secret."""

    endpoint: GuardedEndpoint = field(default_factory=GuardedEndpoint)
    mismatches: int = 0
    looked: int = 0

    def __call__(self, request: Request) -> Response:
        guard = OriginGuard(self._secret, self._mismatched)
        return response_of(self.endpoint, request, guard)

    def _secret(self) -> str:
        self.looked += 1
        return SECRET

    def _mismatched(self) -> None:
        self.mismatches += 1


def test_a_request_from_the_cdn_is_answered() -> None:
    guarded, request = Guarded(), a_request(headers={"X-Broadsheet-Origin": SECRET})
    assert guarded(request) == Response(200, "answered")
    assert (guarded.endpoint.reached, guarded.mismatches) == ([request], 0)


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-broadsheet-origin": ""}, {"cloudfront-viewer-address": "203.0.113.7:52814"}],
)
def test_a_request_that_bypasses_the_cdn_gets_404_and_reaches_nothing(headers: dict[str, str]) -> None:
    guarded = Guarded()
    page = guarded(a_request(headers=headers, query={"in": "be"}))
    words = language("be")
    assert shown_page(page) == ShownPage(404, "be", words["not_found_heading"], words["not_found_text"])
    assert (guarded.endpoint.reached, guarded.mismatches, guarded.looked) == ([], 0, 0)


@pytest.mark.parametrize("secret", ["a guess", SECRET.upper(), "\u20ac"])
def test_another_secret_is_counted_and_a_reader_is_asked_to_come_again(secret: str) -> None:
    guarded = Guarded()
    page = guarded(a_request(headers={"x-broadsheet-origin": secret}, query={"in": "be"}))
    words = language("be")
    assert shown_page(page) == ShownPage(503, "be", words["failed_heading"], words["failed_text"])
    assert page.headers["retry-after"] == "120"
    assert (guarded.endpoint.reached, guarded.mismatches) == ([], 1)


def test_a_program_without_the_secret_gets_a_problem() -> None:
    answer = Guarded()(a_request(content={"email": "ana@example.org"}))
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
    assert json.loads(answer.body)["title"] == "Not found"
