"""The metadata of an issue and its commentaries for other sites and search engines."""

from typing import Any

from broadsheet.archive.register import PublishedEdition, Record
from broadsheet.content.issue import Commentary, Issue
from broadsheet.language import language
from broadsheet.newsletter import Newsletter
from broadsheet.site.social import (
    Image,
    Social,
    linked_data,
    periodical,
    picture_object,
    published_at,
    publisher,
    stamp,
)

AUTHOR_WORDS = ("Аўтар:", "Автор:")  # which editors write before a name, beside the words of our own


def social(
    published: PublishedEdition,
    image: Image,
    authors: tuple[str, ...],
    fields: dict[str, Any],
    newsletter: Newsletter,
) -> Social:
    """The metadata of an article."""
    return Social(
        "article",
        image,
        stamp(published_at(published, newsletter)),
        stamp(published.changed_at),
        authors,
        linked_data(fields),
    )


def issue_linked(
    address: str, issue: Issue, record: Record, image: Image, newsletter: Newsletter
) -> dict[str, Any]:
    """An issue as a PublicationIssue with its articles."""
    edition = newsletter.editions[issue.edition]
    folder = address.rpartition("/")[0]
    return {
        "@type": "PublicationIssue",
        "@id": address,
        "url": address,
        "name": issue.title,
        "description": issue.summary,
        "issueNumber": issue.id,
        **_history(record.editions[issue.edition], newsletter),
        "inLanguage": edition.language,
        "image": picture_object(image),
        "author": _authors(issue.authors, newsletter),
        "publisher": publisher(newsletter),
        "isPartOf": periodical(edition, newsletter),
        "hasPart": [
            {"@type": "NewsArticle", "headline": piece.headline, "url": f"{folder}/{piece.name}.html"}
            for piece in issue.commentaries
        ],
        **_translations("index", issue, record, newsletter),
    }


def commentary_linked(
    address: str, piece: Commentary, issue: Issue, record: Record, image: Image, newsletter: Newsletter
) -> dict[str, Any]:
    """A commentary as a NewsArticle, part of its issue."""
    edition = newsletter.editions[issue.edition]
    home = f"{address.rpartition('/')[0]}/index.html"
    whole = {"@type": "PublicationIssue", "@id": home, "name": issue.title, "url": home}
    topic = newsletter.topic(piece.topic)
    authors = (_person(piece.byline, edition.language),) if piece.byline else issue.authors
    return {
        "@type": "NewsArticle",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "headline": piece.headline,
        "description": piece.summary,
        **_history(record.editions[issue.edition], newsletter),
        "inLanguage": edition.language,
        "image": picture_object(image),
        "author": _authors(authors, newsletter),
        "publisher": publisher(newsletter),
        "articleSection": topic.names[edition.id] if topic else "",
        "isPartOf": whole | {"isPartOf": periodical(edition, newsletter)},
        **_translations(piece.name, issue, record, newsletter),
    }


def _history(published: PublishedEdition, newsletter: Newsletter) -> dict[str, str]:
    first = published_at(published, newsletter)
    return {"datePublished": stamp(first), "dateModified": stamp(published.changed_at)}


def _authors(names: tuple[str, ...], newsletter: Newsletter) -> list[dict[str, Any]]:
    return [{"@type": "Person", "name": name} for name in names] or [publisher(newsletter)]


def _person(byline: str, code: str) -> str:
    """The name in a byline, without its “by”, however this language says it."""
    for by in (language(code)["by"], *AUTHOR_WORDS):
        byline = byline.removeprefix(by).strip() or byline
    return byline


def _translations(name: str, issue: Issue, record: Record, newsletter: Newsletter) -> dict[str, Any]:
    """The first published edition, in the newsletter's order, is the original of the others."""
    has = [
        edition
        for edition in newsletter.editions
        if (published := record.published.get(edition)) and (name == "index" or name in published.names)
    ]
    addresses = {edition: f"{newsletter.origin}/{edition}/{issue.id}/{name}.html" for edition in has}
    if not has or issue.edition not in has:
        return {}
    if issue.edition == has[0]:
        return {"workTranslation": [{"@id": addresses[other]} for other in has[1:]]}
    return {"translationOfWork": {"@id": addresses[has[0]]}}
