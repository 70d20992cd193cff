"""Pages that an earlier state left: none may stay, neither by a late worker nor by a correction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from broadsheet.mailings.mailing import MailingState
from tests.builders import ISSUE_ID
from tests.fakes.issues import FakeSite
from tests.fakes.mailings import FakeMailingRequests
from tests.fakes.press import Press

HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
TWO = HEAD + "## Security issues\n\n### One\n\nFirst.\n\n### Two\n\nSecond.\n"
ONE = HEAD + "## Security issues\n\n### One\n\nFirst, corrected.\n"


@dataclass
class SlowSite:
    """A site whose write of `path` waits until `meanwhile` has happened."""

    site: FakeSite
    path: str
    meanwhile: Callable[[], object] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.site, name)

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        if path == self.path and self.meanwhile:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        return self.site.replace(path, content, etag)


def a_press(text: str) -> Press:
    """An issue with this text is public."""
    press = Press()
    press.upload(ISSUE_ID, "en.md", text)
    press.publish(ISSUE_ID)
    return press


def publish_slowly(press: Press, text: str, path: str, meanwhile: Callable[[], object]) -> SlowSite:
    """Publish this text, and let `meanwhile` happen just before a page is written."""
    press.upload(ISSUE_ID, "en.md", text)
    slow = SlowSite(press.site, path, meanwhile)
    press.publish_issue(lambda port: slow if port is press.site else port)(ISSUE_ID)
    assert slow.meanwhile is None
    return slow


def pages(press: Press) -> dict[str, str]:
    found = (path for path in press.site.objects if path.startswith(f"en/{ISSUE_ID}/"))
    return {path.rsplit("/", 1)[-1]: press.site.page(path) for path in found}


@pytest.mark.parametrize(
    "path", [f"en/{ISSUE_ID}/index.html", f"en/{ISSUE_ID}/security-1.html", "en/index.html", "en/feed.xml"]
)
def test_a_late_worker_does_not_leave_an_old_page_over_a_new_one(path: str) -> None:
    press, undisturbed = a_press(TWO), a_press(TWO)
    undisturbed.upload(ISSUE_ID, "en.md", ONE)
    undisturbed.publish(ISSUE_ID)

    def another_worker() -> None:
        press.upload(ISSUE_ID, "en.md", ONE)
        press.publish(ISSUE_ID)

    publish_slowly(press, TWO.replace("A title", "A middle title"), path, another_worker)

    assert press.site.objects == undisturbed.site.objects


def test_a_late_worker_does_not_bring_a_withdrawn_issue_back() -> None:
    press = a_press(TWO)

    def withdraw() -> None:
        del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
        press.publish(ISSUE_ID)

    publish_slowly(press, ONE, f"en/{ISSUE_ID}/index.html", withdraw)

    assert [name for name, page in pages(press).items() if "was withdrawn" not in page] == []
    assert ISSUE_ID not in press.site.page("en/index.html") + press.site.page("en/feed.json")


def test_what_was_deleted_before_a_late_worker_listed_it_is_not_listed_nor_held() -> None:
    press = a_press(TWO)
    before = dict(press.site.objects)

    def delete_and_publish() -> None:
        del press.desk.objects["issues/2016-12-12/en.md"]
        press.publish("2016-12-12")

    press.upload("2016-12-12", "en.md", ONE)
    slow = SlowSite(press.site, "en/archive/2016.html", delete_and_publish)
    press.publish_issue(lambda port: slow if port is press.site else port)("2016-12-12")

    assert slow.meanwhile is None
    after = {path: page for path, page in press.site.objects.items() if "en/2016-12-12/" not in path}
    assert after == before
    assert MailingState.HELD not in {
        m.state for m in press.ledger.mailings.values() if m.issue == "2016-12-12"
    }


@pytest.mark.parametrize("is_swept", [True, False])
def test_what_was_deleted_before_a_late_worker_held_its_mailing_is_not_held(is_swept: bool) -> None:  # noqa: FBT001  # a column
    press = Press()
    press.upload(ISSUE_ID, "en.md", ONE)

    class SlowRequests(FakeMailingRequests):
        def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, approved: bool) -> datetime:
            if press.desk.objects:
                press.desk.objects.clear()
                press.publish(ISSUE_ID)
            due_at = super().ask_to_hold(issue, audience, due_at, approved=approved)
            if is_swept:
                press.sweep()
            return due_at

    press.requests = SlowRequests()
    press.publish(ISSUE_ID)

    states = [mailing.state for mailing in press.ledger.mailings.values()]
    assert states == ([MailingState.WITHDRAWN] if is_swept else [])


def test_a_page_of_a_commentary_that_a_correction_takes_away_says_so() -> None:
    press = a_press(TWO)
    names = set(pages(press))
    press.upload(ISSUE_ID, "en.md", ONE)
    press.publish(ISSUE_ID)

    assert set(pages(press)) == names == {"index.html", "security-1.html", "security-2.html"}
    taken = pages(press)["security-2.html"]
    assert "This commentary was taken out of the issue" in taken
    assert "Second." not in taken
    assert "security-2" not in pages(press)["index.html"]
    assert f"en/{ISSUE_ID}/security-2.html" not in press.site.page("sitemaps/2016.xml")


def test_a_commentary_that_comes_back_has_its_page_again() -> None:
    press = a_press(TWO)
    whole = pages(press)
    for text in (ONE, TWO):
        press.upload(ISSUE_ID, "en.md", text)
        press.publish(ISSUE_ID)
    assert pages(press) == whole


def test_what_was_taken_away_stays_known_through_a_withdrawal() -> None:
    press = a_press(TWO)
    press.upload(ISSUE_ID, "en.md", ONE)
    press.publish(ISSUE_ID)
    del press.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    press.publish(ISSUE_ID)
    assert "was withdrawn" in pages(press)["security-2.html"]
    press.upload(ISSUE_ID, "en.md", ONE)
    press.publish(ISSUE_ID)
    assert "taken out" in pages(press)["security-2.html"]
