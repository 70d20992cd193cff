"""An export in memory, and posts of it: `a_post(title="A bridge")` is the usual post but for that field."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
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


def a_ghost_row(post_id: str = "1", **changes: Any) -> dict[str, Any]:
    """A post as Ghost exports it: public, of Monday, 5 December 2016."""
    row = {
        "id": post_id,
        "title": f"Post {post_id}",
        "slug": f"post-{post_id}",
        "html": f"<p>The text of post {post_id}.</p>",
        "type": "post",
        "status": "published",
        "visibility": "public",
        "published_at": "2016-12-05T09:00:00.000Z",
        "custom_excerpt": f"What post {post_id} is about.",
    }
    return row | changes


def a_ghost_export(file: Path, *rows: dict[str, Any], tag: str = "Security issues") -> Path:
    """An export of Ghost with these posts, all by one author and with one tag."""
    tables = {
        "posts": list(rows),
        "posts_authors": [{"post_id": row["id"], "author_id": "1", "sort_order": 0} for row in rows],
        "posts_meta": [],
        "posts_tags": [{"post_id": row["id"], "tag_id": "1", "sort_order": 0} for row in rows],
        "settings": [{"key": "is_private", "value": False}],
        "tags": [{"id": "1", "name": tag, "slug": "security", "visibility": "public"}],
        "users": [{"id": "1", "name": "A. Author", "slug": "login-of-a", "email": "a.author@example.org"}],
    }
    data = {"db": [{"meta": {"exported_on": 1614592800000, "version": "5.80.0"}, "data": tables}]}
    file.write_text(json.dumps(data), encoding="utf-8")
    return file
