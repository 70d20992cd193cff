"""Hundreds of sign-ups at once: each gets an answer, and whoever was promised a mail gets one."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import urllib3

from demo.reader import Inbox
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for

LONGEST_ANSWER_SECONDS = 30  # what API Gateway allows
PATIENCE_SECONDS = 240
ACCEPTED = {202, 303}
RUSSIAN = "Попробуйте ещё раз через несколько минут"
ENGLISH = "Please try again in a few minutes"


def signs_up(system: LocalSystem, number: int, tag: str) -> tuple[str, urllib3.BaseHTTPResponse]:
    """A program or a browser with a Russian form, on a connection of its own."""
    address = f"{tag}-{number}@readers.test"
    if number % 2:
        kind, accept, body = "application/json", "application/json", json.dumps(form_of(address)).encode()
    else:
        kind, accept = "application/x-www-form-urlencoded", "text/html"
        body = urlencode({**form_of(address), "edition": "ru"}).encode()
    answer = urllib3.PoolManager().request(
        "POST",
        f"{system.address}/api/subscribe",
        body=body,
        headers={"Content-Type": kind, "Accept": accept},
        timeout=LONGEST_ANSWER_SECONDS,
        retries=False,
    )
    return address, answer


def form_of(address: str) -> dict[str, str]:
    return {"email": address, "audience": "en"}


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(500) as pool:
        yield pool


@pytest.mark.parametrize("visitors", [200, 500])
def test_whoever_signs_up_in_a_crowd_is_mailed_or_asked_to_come_again(
    system: LocalSystem, inbox: Inbox, crowd: ThreadPoolExecutor, visitors: int
) -> None:
    tag = f"crowd-{visitors}"
    answers = list(crowd.map(lambda number: signs_up(system, number, tag), range(visitors)))

    accepted = {address for address, answer in answers if answer.status in ACCEPTED}
    refused = [answer for _, answer in answers if answer.status not in ACCEPTED]
    assert accepted
    assert {answer.status for answer in refused} <= {503}
    assert {answer.headers["Retry-After"] for answer in refused} <= {"120"}
    for answer in refused:
        is_page = answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert (RUSSIAN if is_page else ENGLISH) in answer.data.decode()

    wait_for(lambda: accepted <= mailed(inbox, tag).keys(), "the confirmation mails", PATIENCE_SECONDS)
    assert mailed(inbox, tag) == dict.fromkeys(accepted, 1)


def mailed(inbox: Inbox, tag: str) -> Counter[str]:
    """How many mails went to whom of the crowd."""
    listed = urllib3.request("GET", f"{inbox.address}/_local/ses/messages", retries=False).json()
    return Counter(to for one in listed for to in one["to"] if to.startswith(f"{tag}-"))
