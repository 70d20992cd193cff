"""Who follows every link of every mail, and every link of every page so reached, changes nothing.

As mail scanners, previews and careful browsers do: GET and HEAD, as a browser and as a program, targets of
forms too; but nothing is submitted.
"""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
import urllib3
from bs4 import BeautifulSoup

from demo.reader import DemoReader, Inbox, Received
from local.system import LocalSystem
from tests.acceptance.conftest import desk_put, wait_for
from tests.members import table

ISSUE = "2046-05-07"
TEXT = b"---\ntitle: A week to be scanned\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"
# Without the ledger: the sweep writes to it all the time, and no endpoint has a right to it.
TABLES = ("SubscribersTable", "FingerprintsTable", "KeysTable", "LimitsTable", "RegisterTable")
A_BROWSER, A_PROGRAM = "text/html,*/*;q=0.8", "application/json"
FEWEST_PAGES = 20
WAITING, READING = "scanned-waiting@readers.test", "scanned-reading@readers.test"
URL = re.compile(r"https?://[^\s<>\"]+")
State = list[str]


@pytest.fixture
def mails(system: LocalSystem, inbox: Inbox) -> list[Received]:
    """Every kind of mail to readers: confirmations, one of them still good; a welcome; an issue."""
    for address in (WAITING, READING):
        DemoReader(address, system.address).sign_up()
    reader = DemoReader(READING, system.address)
    mail = wait_for(lambda: inbox.last_to(READING), "the confirmation")
    reader.open_confirmation(mail)
    reader.press_confirm()
    wait_for(lambda: inbox.count_to(READING) > 1, "the welcome")
    desk_put(system, f"issues/{ISSUE}/en.md", TEXT)
    wait_for(lambda: inbox.with_subject(READING, "A week to be scanned"), "the issue")
    wait_for(lambda: inbox.last_to(WAITING), "the other confirmation")
    return [*inbox.to(READING), *inbox.to(WAITING)]


def test_following_every_link_changes_nothing_and_mails_nobody(
    system: LocalSystem, inbox: Inbox, mails: list[Received]
) -> None:
    before, mailed = idle_state(system), mails_to_both(inbox)
    seen = crawl(system, {link for mail in mails for link in links_of(mail)})
    assert idle_state(system) == before
    assert mails_to_both(inbox) == mailed
    endpoints = {urlsplit(url).path for url in seen if urlsplit(url).path.startswith("/api/")}
    assert endpoints == {"/api/confirm", "/api/manage", "/api/subscribe", "/api/unsubscribe"}
    assert len(seen) > FEWEST_PAGES
    assert {status for statuses in seen.values() for status in statuses} <= {200, 303, 304, 404, 405, 410}
    reader = DemoReader(WAITING, system.address)  # and what was scanned still works
    assert reader.open_confirmation(inbox.to(WAITING)[-1])
    assert "You have been successfully subscribed" in reader.press_confirm()


def crawl(system: LocalSystem, links: set[str]) -> dict[str, set[int]]:
    """Follow every link to the site or its API; returns the statuses of each address."""
    pool = urllib3.PoolManager(retries=False)
    waiting, seen = deque(sorted(links)), dict[str, set[int]]()
    while waiting:
        url = waiting.popleft()
        if url in seen or not url.startswith(f"{system.address}/") or "/_local/" in url:
            continue
        seen[url] = set()
        for accept in (A_BROWSER, A_PROGRAM) if "/api/" in url else (A_BROWSER,):
            for method in ("HEAD", "GET"):
                answer = pool.request(method, url, headers={"accept": accept}, redirect=False)
                seen[url].add(answer.status)
                waiting.extend(links_in(url, answer))
    return seen


def links_in(url: str, answer: urllib3.BaseHTTPResponse) -> Iterator[str]:
    """Where an answer leads: by redirect, by links, by what it loads, by the targets of its forms."""
    if "location" in answer.headers:
        yield urljoin(url, answer.headers["location"])
    if "html" in answer.headers.get("content-type", ""):
        page = BeautifulSoup(answer.data.decode("utf-8", "replace"), "html.parser")
        for name in ("href", "src", "action"):
            for tag in page.select(f"[{name}]"):
                yield urldefrag(urljoin(url, str(tag[name]))).url
    elif "xml" in answer.headers.get("content-type", ""):
        yield from URL.findall(answer.data.decode())


def links_of(mail: Received) -> set[str]:
    """Every link of a mail: in its text, in its HTML, in its head."""
    head = " ".join(str(value) for value in mail.message.values())
    page = BeautifulSoup(mail.html, "html.parser")
    named = {str(tag[name]) for name in ("href", "src") for tag in page.select(f"[{name}]")}
    return {*URL.findall(mail.text), *URL.findall(head), *named}


def idle_state(system: LocalSystem) -> State:
    """All tables, once nothing changes any more."""

    def twice_the_same() -> State | None:
        first = state_of(system)
        return first if first == state_of(system) else None

    return wait_for(twice_the_same, "tables at rest")


def state_of(system: LocalSystem) -> State:
    items: list[tuple[str, Any]] = [
        (name, item) for name in TABLES for item in table(system, name).scan(ConsistentRead=True)["Items"]
    ]
    return sorted(map(repr, items))


def mails_to_both(inbox: Inbox) -> list[int]:
    """Theirs alone: other stories of the same system may still be mailing."""
    return [inbox.count_to(address) for address in (WAITING, READING)]
