"""Debian's Chromium over one local system with both sample weeks on its desk."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from demo.reader import DemoReader
from demo.story import upload_issue
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import is_up, wait_for

WEEKS = ("2016-12-05", "2016-12-12")
EDITIONS = ("en", "be", "ru")


def chromium_path() -> str | None:
    """The browser that is named by CHROMIUM, else the system's."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path_factory.mktemp("system"), free_port(), free_port())
    try:
        running.start()
        running.deploy(hold_seconds=15)
        wait_for(lambda: is_up(running), "the empty site")
        for week in WEEKS:
            upload_issue(running, week, EDITIONS)
        nobody = DemoReader("nobody@example.org", running.address)
        for week in WEEKS:
            for edition in EDITIONS:
                wait_for(lambda path=f"/{edition}/{week}/index.html": nobody.page(path), "the pages")
        wait_for(lambda: "2016-12-12" in (nobody.page("/ru/index.html") or ""), "the front page")
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = chromium_path()
    if not found:
        pytest.skip("Chromium is missing. On Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1000, "height": 800})
    yield context.new_page()
    context.close()
