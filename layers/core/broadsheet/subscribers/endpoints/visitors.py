"""Who asks, as far as limits count: the network that a request comes from, and what a full share is told."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from http import HTTPStatus

from broadsheet.http import Problem, Request
from broadsheet.language import Language
from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.networks import Share, share_of

VIEWER = "cloudfront-viewer-address"


@dataclass(frozen=True)
class Visitors:
    """How a visitor is counted: by the address that the CDN saw, behind an `OriginGuard`."""

    newsletter: Newsletter
    usual_share: int

    def __call__(self, request: Request) -> Share:
        """The share that the visitor's request is counted in."""
        return share_of(request.headers.get(VIEWER, ""), self.newsletter.shared_exits, self.usual_share)


def too_many_requests(words: Language, now: datetime, told: str = "busy") -> Problem:
    """What a visitor is told whose network had its share of the day (429), in the words kept as `told`."""
    midnight = datetime.combine(
        now.date() + timedelta(days=1), time(), now.tzinfo
    )  # shares are of a day in UTC
    seconds = int((midnight - now).total_seconds())
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        words[f"{told}_heading"],
        words[f"{told}_text"],
        headers={"retry-after": str(seconds)},
    )
