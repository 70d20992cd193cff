"""An export in memory, and posts of it: `a_post(title="A bridge")` is the usual post but for that field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conversion.post import BodyFormat, LeftOut, Post

MONDAY = datetime(2016, 12, 5, 9, 0, tzinfo=UTC)


def a_post(post_id: str = "1", **changes: Any) -> Post:
    """A post in English of Monday, 5 December 2016, in the category Security issues."""
    values: dict[str, Any] = {
        "id": post_id,
        "title": f"Post {post_id}",
        "summary": f"What post {post_id} is about.",
        "body": f"<p>The text of post {post_id}.</p>",
        "body_format": BodyFormat.HTML,
        "published": MONDAY,
        "slug": f"post-{post_id}",
        "place": f"post {post_id}",
        "addresses": (f"/2016/12/post-{post_id}/", f"/?p={post_id}"),
        "language": "en",
        "categories": ("Security issues",),
        "authors": ("A. Author",),
    }
    return Post(**values | changes)


@dataclass
class FakeExport:
    """An export with these entries and pictures; `stops_at` raises before an entry, as a kill would."""

    posts: list[Post | LeftOut]
    files: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    system: str = "Fake"
    before_entry: Callable[[int], None] = lambda _: None

    def entries(self) -> Iterator[Post | LeftOut]:
        """Everything in it."""
        for number, entry in enumerate(self.posts):
            self.before_entry(number)
            yield entry

    def file(self, address: str) -> bytes | None:
        """A picture of it."""
        return self.files.get(address)

    def site_addresses(self) -> dict[str, str]:
        """The addresses of its lists."""
        return dict(self.lists)
