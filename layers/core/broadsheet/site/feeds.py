"""An edition's feeds, with the full text of its newest issues: Atom (RFC 4287) and JSON Feed 1.1.

Addresses are absolute, for feed readers resolve relative ones in different ways.
"""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

from broadsheet.archive.register import PublishedEdition, Record
from broadsheet.characters import refuse_control, without_control_in
from broadsheet.content.issue import Issue
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.html import to_html, words_of
from broadsheet.rendering.images import images_of
from broadsheet.rendering.links import absolute
from broadsheet.rendering.templating import fill
from broadsheet.site.issue_pages import note_prefix
from broadsheet.site.layout import Page
from broadsheet.site.social import published_at, stamp

Issues = list[tuple[Record, Issue]]
FeedItem = dict[str, Any]  # an issue's values for both feeds: text and lists of text
Items = list[FeedItem]
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # RFC 4287 requires a date even in a feed without entries


def feed_items(edition: Edition, issues: Issues, newsletter: Newsletter) -> Items:
    """The values of the issues for both feeds."""
    return [feed_item(edition, record, issue, newsletter) for record, issue in issues]


def atom(edition: Edition, items: Items, newsletter: Newsletter) -> Page:
    """The Atom feed of `items`, newest first. An entry's id is its page's address, which never changes."""
    latest = max((item["updated"] for item in items), default=stamp(_NEVER))
    text = fill(
        "feed.xml",
        edition=edition,
        newsletter=newsletter,
        home=f"{newsletter.origin}/{edition.id}/index.html",
        address=f"{newsletter.origin}/{edition.id}/feed.xml",
        updated=latest,
        entries=items,
    )
    return Page(f"{edition.id}/feed.xml", text)


def json_feed(edition: Edition, items: Items, newsletter: Newsletter) -> Page:
    """The JSON Feed. Source: jsonfeed.org/version/1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": edition.name,
        "description": edition.description,
        "home_page_url": f"{newsletter.origin}/{edition.id}/index.html",
        "feed_url": f"{newsletter.origin}/{edition.id}/feed.json",
        "language": edition.language,
        "authors": [{"name": edition.name, "url": f"{newsletter.origin}/{edition.id}/index.html"}],
        "items": [_json_item(item, edition) for item in items],
    }
    text = json.dumps(without_control_in(feed), ensure_ascii=False, indent=1)
    return Page(f"{edition.id}/feed.json", refuse_control(text) + "\n")


def _json_item(item: dict[str, Any], edition: Edition) -> dict[str, Any]:
    fields = {
        "id": item["address"],
        "url": item["address"],
        "title": item["title"],
        "summary": item["summary"],
        "content_html": item["content"],
        "date_published": item["published"],
        "date_modified": item["updated"],
        "language": edition.language,
        "authors": [{"name": name} for name in item["authors"]],
        "tags": item["topics"],
        "image": item["image"],
    }
    return {name: value for name, value in fields.items() if value}


def feed_item(edition: Edition, record: Record, issue: Issue, newsletter: Newsletter) -> FeedItem:
    """The values of an issue for both feeds."""
    published = record.editions[edition.id]
    topics = dict.fromkeys(piece.topic for piece in issue.commentaries)
    shown = [published.pictures[source] for source in issue.pictures() if source in published.pictures]
    return {
        "title": issue.title,
        "summary": issue.summary,
        "authors": list(issue.authors),
        "address": f"{newsletter.origin}/{edition.id}/{issue.id}/index.html",
        "published": stamp(published_at(published, newsletter)),
        "updated": stamp(published.changed_at),
        "topics": [topic.names[edition.id] for topic in newsletter.topics if topic.id in topics],
        "image": f"{newsletter.origin}/{shown[0].largest.path}" if shown else "",
        "content": _content(edition, published, issue, newsletter),
    }


def _content(edition: Edition, published: PublishedEdition, issue: Issue, newsletter: Newsletter) -> str:
    """The whole issue as HTML: the introduction, then each commentary with its headline."""
    page = f"{newsletter.origin}/{edition.id}/{issue.id}/index.html"
    images = images_of(published.pictures, f"{newsletter.origin}/", edition, newsletter, choice=False)
    text = partial(to_html, pictures=images, link=partial(_absolute, page), language_of=images.language_of)
    folder, prefix = page.removesuffix("index.html"), partial(note_prefix, issue.id)
    parts = [str(text(issue.intro, prefix=prefix("intro"), page=page, below=1))]
    for piece in issue.commentaries:
        topic = newsletter.topic(piece.topic)
        trend = newsletter.trend(piece.trend) if piece.trend else None
        parts.append(f"<h2>{words_of(piece.headline)}</h2>")
        lines = [
            topic.names[edition.id] if topic else "",
            piece.byline,
            trend.phrases[edition.id] if trend else "",
        ]
        parts += [f"<p><em>{words_of(line)}</em></p>" for line in lines if line]
        if piece.picture and piece.picture.source in published.pictures:
            parts.append(images.figure(piece.picture.source, piece.picture.alt, piece.picture.caption))
        own = f"{folder}{piece.name}.html"
        parts.append(str(text(piece.blocks, prefix=prefix(piece.name), page=own, raise_headings=1)))
    return "".join(parts)


def _absolute(page: str, url: str) -> str:
    try:
        return absolute(url, page)
    except ValueError:
        return page
