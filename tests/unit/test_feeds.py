"""The feeds, by the rules of RFC 4287 and JSON Feed 1.1."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from broadsheet.archive.register import Record
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import PictureSize, SitePicture
from broadsheet.content.read import read_issue
from broadsheet.site.feeds import atom, feed_items, json_feed
from broadsheet.site.issue_pages import issue_pages
from tests.builders import ISSUE_ID, a_published_edition, a_sample_issue, the_sample_newsletter

NEWSLETTER = the_sample_newsletter()
ORIGIN = NEWSLETTER.origin
ATOM = "{http://www.w3.org/2005/Atom}"
FIRST = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)
LATER = datetime(2016, 12, 20, 12, 0, tzinfo=UTC)


def published(issue_id: str = ISSUE_ID, edition: str = "en", **changes: Any) -> tuple[Record, Issue]:
    """A sample issue, corrected once."""
    issue = replace(a_sample_issue(issue_id, edition), **changes)
    shown = {
        source: SitePicture((PictureSize(f"media/{issue_id}/{source[7:-4]}-720.png", 720, 405),))
        for source in issue.pictures()
    }
    entry = a_published_edition(pictures=shown, first_published_at=FIRST, changed_at=LATER)
    return Record(issue_id, editions={edition: entry}), issue


def read_atom(issues: list[tuple[Record, Issue]], edition: str = "en") -> ET.Element:
    shown = NEWSLETTER.editions[edition]
    page = atom(shown, feed_items(shown, issues, NEWSLETTER), NEWSLETTER)
    assert page.path == f"{edition}/feed.xml"
    return ET.fromstring(page.html.encode())  # noqa: S314  # our own


def read_json(issues: list[tuple[Record, Issue]], edition: str = "en") -> dict[str, Any]:
    shown = NEWSLETTER.editions[edition]
    page = json_feed(shown, feed_items(shown, issues, NEWSLETTER), NEWSLETTER)
    assert page.path == f"{edition}/feed.json"
    told: dict[str, Any] = json.loads(page.html)
    return told


def words(element: ET.Element, name: str) -> list[str | None]:
    return [found.text for found in element.findall(ATOM + name)]


def test_an_atom_feed_has_what_the_rfc_asks_for() -> None:
    feed = read_atom([published("2016-12-12"), published()])
    address = f"{ORIGIN}/en/feed.xml"
    assert [words(feed, name) for name in ("id", "title", "updated")] == [
        [address],
        ["The Ninth Bridge"],
        ["2016-12-20T12:00:00Z"],
    ]
    links = {link.get("rel"): (link.get("type"), link.get("href")) for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": ("application/atom+xml", address),
        "alternate": ("text/html", f"{ORIGIN}/en/index.html"),
    }
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "The Ninth Bridge"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    entries = feed.findall(f"{ATOM}entry")
    assert [words(entry, "id") for entry in entries] == [
        [f"{ORIGIN}/en/2016-12-12/index.html"],
        [f"{ORIGIN}/en/2016-12-05/index.html"],
    ]
    assert [words(entries[1], name) for name in ("published", "updated")] == [
        ["2016-12-12T06:00:00Z"],
        ["2016-12-20T12:00:00Z"],
    ]
    assert entries[1].findtext(f"{ATOM}author/{ATOM}name") == "N. Verasok"
    assert len(entries[1].findall(f"{ATOM}link[@rel='alternate']")) == 1


def test_the_id_of_a_feed_entry_survives_every_correction() -> None:
    record, issue = published()
    corrected = replace(issue, title="Another title", commentaries=issue.commentaries[1:])
    ids = [
        words(feed.findall(f"{ATOM}entry")[0], "id")
        for feed in (read_atom([(record, i)]) for i in (issue, corrected))
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_both_feeds_hold_the_whole_text_and_load_and_link_in_full(edition: str) -> None:
    issue = published(edition=edition)
    entry = read_atom([issue], edition).findall(f"{ATOM}entry")[0]
    (item,) = read_json([issue], edition)["items"]
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert (content.get("type"), content.text) == ("html", item["content_html"])
    soup = BeautifulSoup(item["content_html"], "html.parser")
    assert [tag.text for tag in soup.find_all("h2")] == [piece.headline for piece in issue[1].commentaries]
    assert [piece.summary in soup.text for piece in issue[1].commentaries] == [True] * 5
    targets = [str(tag.get("src") or tag.get("href")) for tag in soup.select("img, a")]
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
    assert next(str(image["src"]) for image in soup.find_all("img")).startswith(f"{ORIGIN}/media/2016-12-05/")
    assert {name for tag in soup.find_all(True) for name in tag.attrs} <= {
        *("src", "alt", "width", "height", "href", "id", "class", "dir", "align", "start", "lang"),
    }


def test_an_author_s_relative_link_is_made_absolute() -> None:
    record, issue = published()
    linked = replace(issue, intro=a_sample_issue().intro, commentaries=())
    assert (
        "https://library.example.org/guides/trends"
        in read_json([(record, linked)])["items"][0]["content_html"]
    )


def test_a_json_feed_has_what_its_version_asks_for() -> None:
    feed = read_json([published()])
    (item,) = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Ninth Bridge",
        "description": NEWSLETTER.editions["en"].description,
        "home_page_url": f"{ORIGIN}/en/index.html",
        "feed_url": f"{ORIGIN}/en/feed.json",
        "language": "en",
        "authors": [{"name": "The Ninth Bridge", "url": f"{ORIGIN}/en/index.html"}],
    }
    assert len(item.pop("content_html")) > 1000
    assert item == {
        "id": f"{ORIGIN}/en/2016-12-05/index.html",
        "url": f"{ORIGIN}/en/2016-12-05/index.html",
        "title": "Plans without money: a week of quiet arithmetic",
        "summary": published()[1].summary,
        "date_published": "2016-12-12T06:00:00Z",
        "date_modified": "2016-12-20T12:00:00Z",
        "language": "en",
        "authors": [{"name": "N. Verasok"}],
        "tags": [topic.names["en"] for topic in NEWSLETTER.topics],
        "image": f"{ORIGIN}/media/2016-12-05/hall-720.png",
    }


def test_a_feed_without_issues_is_a_feed() -> None:
    assert words(read_atom([]), "updated") == ["1970-01-01T00:00:00Z"]
    assert read_json([])["items"] == []


def test_markup_and_control_characters_in_a_title_stay_words() -> None:
    signs = "<b>&]]>\x0b\x00\ufffe\u2028"
    told = "<b>&]]>\u2028"
    feed = read_atom([published(title=signs, summary=signs, authors=(signs,))])
    entry = feed.findall(f"{ATOM}entry")[0]
    assert [words(entry, name) for name in ("title", "summary")] == [[told], [told]]
    assert read_json([published(title=signs)])["items"][0]["title"].startswith("<b>&]]>")


@pytest.mark.parametrize("edition", ["en"])
def test_notes_of_several_issues_in_a_feed_have_ids_of_their_own_and_whole_addresses(edition: str) -> None:
    text = b"---\ntitle: A\nsummary: B\n---\n## belarus-west\n\n### H\n\nA claim.[^1]\n\n[^1]: A note.\n"
    issues = []
    for issue_id in ("2016-12-12", ISSUE_ID):
        issue = read_issue(issue_id, edition, text, frozenset(), NEWSLETTER).issue
        entry = a_published_edition(first_published_at=FIRST, changed_at=LATER)
        issues.append((Record(issue_id, editions={edition: entry}), issue))
    for contents in (
        [item["content_html"] for item in read_json(issues)["items"]],
        [found.text or "" for found in read_atom(issues).iter(f"{ATOM}content")],
    ):
        soups = [BeautifulSoup(content, "html.parser") for content in contents]
        ids = [str(tag["id"]) for soup in soups for tag in soup.select("[id]")]
        assert len(ids) == len(set(ids)) == len(issues)
        hrefs = [str(a["href"]) for soup in soups for a in soup.select("a")]
        assert hrefs == [
            f"{ORIGIN}/{edition}/{record.issue}/belarus-west-1.html#{note}"
            for (record, _), note in zip(issues, ids, strict=True)
        ]
        for (record, issue), note in zip(issues, ids, strict=True):
            pages = {page.path: page.html for page in issue_pages(issue, record, NEWSLETTER)}
            assert f'id="{note}"' in pages[f"{edition}/{record.issue}/belarus-west-1.html"]
