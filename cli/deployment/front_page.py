"""After deploying: newsletter.toml on the desk, and the site's front page that comes of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError

_HTTP_OK = 200
_LOOK_TIMEOUT = urllib3.Timeout(connect=5, read=10)


@dataclass(frozen=True)
class FrontPage:
    """Lays newsletter.toml on the desk until the front page is there.

    A bucket tells EventBridge of uploads only some minutes after this was turned on, so the first upload may
    pass unseen; laying the same file again changes nothing where it was seen.
    Source: S3 user guide, "Enabling Amazon EventBridge".
    """

    lay: Callable[[], None]
    answers: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    patience_seconds: float = 600
    again_seconds: float = 60
    look_seconds: float = 2

    def publish(self) -> bool:
        """Lay it at least once, and wait for the front page; false if there is none when patience ends."""
        start = laid = self.clock()
        self.lay()
        while not self.answers():
            now = self.clock()
            if now - start >= self.patience_seconds:
                return False
            if now - laid >= self.again_seconds:
                self.lay()
                laid = now
            self.sleep(self.look_seconds)
        return True


def answers_with_a_page(address: str) -> bool:
    """Whether a GET of `address` gives a page of HTML; a name that does not resolve gives none."""
    try:
        answer = urllib3.request(
            "GET", f"{address}/", retries=urllib3.Retry(0, redirect=3), timeout=_LOOK_TIMEOUT
        )
    except HTTPError:
        return False
    return answer.status == _HTTP_OK and answer.headers.get("Content-Type", "").startswith("text/html")
