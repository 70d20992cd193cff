"""Pages that an earlier state left: none may stay, neither by a late worker nor by a correction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.builders import ISSUE_ID
from tests.fakes.issues import FakeSite
from tests.fakes.press import Press

HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"
TWO = HEAD + "## Security issues\n\n### One\n\nFirst.\n\n### Two\n\nSecond.\n"
ONE = HEAD + "## Security issues\n\n### One\n\nFirst, corrected.\n"


@dataclass
class SlowSite:
    """A site whose first write waits until `meanwhile` has happened."""

    site: FakeSite
    meanwhile: Callable[[], object] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.site, name)

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        happening, self.meanwhile = self.meanwhile, None
        if happening:
            happening()
        self.site.put(path, content, forever=forever)


def test_a_late_worker_does_not_leave_the_old_pages_over_the_new() -> None:
    press = Press()
    press.upload(ISSUE_ID, "en.md", HEAD + "Before.")

    def another_worker() -> None:
        press.upload(ISSUE_ID, "en.md", HEAD + "After.")
        press.publish(ISSUE_ID)

    late = press.publish_issue(lambda port: SlowSite(port, another_worker) if port is press.site else port)
    late(ISSUE_ID)
    page = press.site.objects[f"en/{ISSUE_ID}/index.html"].decode()
    assert "After." in page
    assert "Before." not in page


def test_a_commentary_that_a_correction_takes_away_has_no_page_any_more() -> None:
    press = Press()
    press.upload(ISSUE_ID, "en.md", TWO)
    press.publish(ISSUE_ID)
    names = {path for path in press.site.objects if path.startswith(f"en/{ISSUE_ID}/")}
    press.upload(ISSUE_ID, "en.md", ONE)
    press.publish(ISSUE_ID)
    left = {path for path in press.site.objects if path.startswith(f"en/{ISSUE_ID}/")}
    assert names - left == {f"en/{ISSUE_ID}/security-2.html"}
