"""The site's front page after deploying: it is made when newsletter.toml is put on the desk."""

import time
from collections.abc import Callable
from http import HTTPStatus

import urllib3
from urllib3.exceptions import HTTPError

TIMEOUT = urllib3.Timeout(connect=5, read=10)
SECONDS_BETWEEN_UPLOADS, SECONDS_BETWEEN_LOOKS = 60, 2


def published(
    upload: Callable[[], object],
    answers: Callable[[], bool],
    patience_seconds: float = 600,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Upload newsletter.toml until the front page answers; False if it does not within the patience.

    A bucket sends EventBridge events only some minutes after this was turned on, so the first upload may
    have no effect; uploading the same file again changes nothing.
    Source: S3 user guide, "Enabling Amazon EventBridge".
    """
    start = uploaded = clock()
    upload()
    while not answers():
        now = clock()
        if now - start >= patience_seconds:
            return False
        if now - uploaded >= SECONDS_BETWEEN_UPLOADS:
            upload()
            uploaded = now
        sleep(SECONDS_BETWEEN_LOOKS)
    return True


def answers_with_a_page(address: str) -> bool:
    """Whether a GET of `address` gives an HTML page; a name that does not resolve gives none."""
    try:
        answer = urllib3.request("GET", f"{address}/", retries=urllib3.Retry(0, redirect=3), timeout=TIMEOUT)
    except HTTPError:
        return False
    return answer.status == HTTPStatus.OK and answer.headers.get("Content-Type", "").startswith("text/html")
