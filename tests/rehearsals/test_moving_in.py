"""docs/moving-in.md from the upload on: a system with the redirects, and the converted issues on its desk.

The steps before are run by tests/unit/test_moving_in.py, which also gives the folder.
"""

import http.client
from collections.abc import Iterator

import pytest

from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, head_of, is_up, wait_for
from tests.unit.test_moving_in import Move, moved, wordpress

HOLD_SECONDS = 5
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def move(tmp_path_factory: pytest.TempPathFactory) -> Move:
    folder = tmp_path_factory.mktemp("wordpress")
    wordpress(folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        return moved(folder, monkeypatch, {"City": "security", "A. Author": "A. Author"})


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, move: Move) -> Iterator[LocalSystem]:
    """A system whose desk has what `aws s3 sync` uploads."""
    running = LocalSystem(tmp_path_factory.mktemp("system"), free_port(), free_port())
    try:
        running.start()
        redirects = move.folder / "redirects.toml"
        running.deploy(hold_seconds=HOLD_SECONDS, with_trial=False, redirects_file=redirects)
        wait_for(lambda: is_up(running), "the empty site")
        desk = move.folder / "old-desk"
        for file in sorted((desk / "issues").rglob("*")):
            if file.is_file():
                desk_put(running, file.relative_to(desk).as_posix(), file)
        yield running
    finally:
        running.stop()


def ask(system: LocalSystem, target: str) -> tuple[int, str, str]:
    """The status, the address of a redirect, and the page."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=20)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("/2016/12/05/a-bridge/", "It opened."),
        ("/2016/12/05/a-bridge", "It opened."),
        ("/?p=12", "It opened."),
        ("/be/2016/12/05/%D0%BC%D0%BE%D1%81%D1%82/", "Мост адкрыты."),
        ("/2016/12/07/a-road/page/2/", "It is closed"),
        ("/category/city/", "A bridge"),
        ("/feed/", "A bridge"),
    ],
)
def test_an_old_address_leads_to_the_published_text(system: LocalSystem, old: str, words: str) -> None:
    status, new, _ = ask(system, old)
    assert status == 301
    wait_for(lambda: words in ask(system, new)[2], f"the page at {new}", PATIENCE_SECONDS)
    assert ask(system, new)[:2] == (200, "")


def test_nobody_is_emailed_or_asked_about_what_was_moved(system: LocalSystem, move: Move) -> None:
    issues = sorted(folder.name for folder in (move.folder / "old-desk" / "issues").iterdir())
    for issue in issues:
        wait_for(
            lambda issue=issue: ask(system, f"/en/{issue}/")[0] == 200, f"the issue {issue}", PATIENCE_SECONDS
        )  # type: ignore[misc]
    assert [head_of(system, f"{issue}_{edition}") for issue in issues for edition in ("en", "be")] == [
        {}
    ] * 2 * len(issues)
