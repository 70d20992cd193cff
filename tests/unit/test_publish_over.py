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
from tests.fakes.publishing import PublishingSystem

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


def a_system(text: str) -> PublishingSystem:
    """An issue with this text is public."""
    system = PublishingSystem()
    system.upload(ISSUE_ID, "en.md", text)
    system.publish(ISSUE_ID)
    return system


def publish_slowly(
    system: PublishingSystem, text: str, path: str, meanwhile: Callable[[], object]
) -> SlowSite:
    """Publish this text, and let `meanwhile` happen just before a page is written."""
    system.upload(ISSUE_ID, "en.md", text)
    slow = SlowSite(system.site, path, meanwhile)
    system.publish_issue(lambda port: slow if port is system.site else port)(ISSUE_ID)
    assert slow.meanwhile is None
    return slow


def pages(system: PublishingSystem) -> dict[str, str]:
    found = (path for path in system.site.objects if path.startswith(f"en/{ISSUE_ID}/"))
    return {path.rsplit("/", 1)[-1]: system.site.page(path) for path in found}


@pytest.mark.parametrize(
    "path", [f"en/{ISSUE_ID}/index.html", f"en/{ISSUE_ID}/security-1.html", "en/index.html", "en/feed.xml"]
)
def test_a_late_worker_does_not_overwrite_a_new_page_with_an_old_one(path: str) -> None:
    system, undisturbed = a_system(TWO), a_system(TWO)
    undisturbed.upload(ISSUE_ID, "en.md", ONE)
    undisturbed.publish(ISSUE_ID)

    def another_worker() -> None:
        system.upload(ISSUE_ID, "en.md", ONE)
        system.publish(ISSUE_ID)

    publish_slowly(system, TWO.replace("A title", "A middle title"), path, another_worker)

    assert system.site.objects == undisturbed.site.objects


def test_a_late_worker_does_not_bring_a_withdrawn_issue_back() -> None:
    system = a_system(TWO)

    def withdraw() -> None:
        del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
        system.publish(ISSUE_ID)

    publish_slowly(system, ONE, f"en/{ISSUE_ID}/index.html", withdraw)

    assert [name for name, page in pages(system).items() if "was withdrawn" not in page] == []
    assert ISSUE_ID not in system.site.page("en/index.html") + system.site.page("en/feed.json")


def test_an_issue_deleted_before_a_late_worker_lists_it_is_neither_listed_nor_held() -> None:
    system = a_system(TWO)
    before = dict(system.site.objects)

    def delete_and_publish() -> None:
        del system.desk.objects["issues/2016-12-12/en.md"]
        system.publish("2016-12-12")

    system.upload("2016-12-12", "en.md", ONE)
    slow = SlowSite(system.site, "en/archive/2016.html", delete_and_publish)
    system.publish_issue(lambda port: slow if port is system.site else port)("2016-12-12")

    assert slow.meanwhile is None
    after = {path: page for path, page in system.site.objects.items() if "en/2016-12-12/" not in path}
    assert after == before
    assert MailingState.HELD not in {
        m.state for m in system.ledger.mailings.values() if m.issue == "2016-12-12"
    }


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_issue_deleted_before_a_late_worker_holds_its_mailing_is_not_held(is_swept: bool) -> None:  # noqa: FBT001  # a column
    system = PublishingSystem()
    system.upload(ISSUE_ID, "en.md", ONE)

    class SlowRequests(FakeMailingRequests):
        def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, approved: bool) -> datetime:
            if system.desk.objects:
                system.desk.objects.clear()
                system.publish(ISSUE_ID)
            due_at = super().ask_to_hold(issue, audience, due_at, approved=approved)
            if is_swept:
                system.sweep()
            return due_at

    system.requests = SlowRequests()
    system.publish(ISSUE_ID)

    states = [mailing.state for mailing in system.ledger.mailings.values()]
    assert states == ([MailingState.WITHDRAWN] if is_swept else [])


def test_a_page_of_a_commentary_that_a_correction_takes_away_says_so() -> None:
    system = a_system(TWO)
    names = set(pages(system))
    system.upload(ISSUE_ID, "en.md", ONE)
    system.publish(ISSUE_ID)

    assert set(pages(system)) == names == {"index.html", "security-1.html", "security-2.html"}
    taken = pages(system)["security-2.html"]
    assert "This commentary has been removed from the issue" in taken
    assert "Second." not in taken
    assert "security-2" not in pages(system)["index.html"]
    assert f"en/{ISSUE_ID}/security-2.html" not in system.site.page("sitemaps/2016.xml")


def test_a_commentary_that_comes_back_has_its_page_again() -> None:
    system = a_system(TWO)
    whole = pages(system)
    for text in (ONE, TWO):
        system.upload(ISSUE_ID, "en.md", text)
        system.publish(ISSUE_ID)
    assert pages(system) == whole


def test_removed_commentaries_stay_known_through_a_withdrawal() -> None:
    system = a_system(TWO)
    system.upload(ISSUE_ID, "en.md", ONE)
    system.publish(ISSUE_ID)
    del system.desk.objects[f"issues/{ISSUE_ID}/en.md"]
    system.publish(ISSUE_ID)
    assert "was withdrawn" in pages(system)["security-2.html"]
    system.upload(ISSUE_ID, "en.md", ONE)
    system.publish(ISSUE_ID)
    assert "has been removed" in pages(system)["security-2.html"]
