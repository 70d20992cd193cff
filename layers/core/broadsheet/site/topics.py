"""The pages of topics: how the situation moved, week by week, as a line and as a list."""

from broadsheet.archive.register import Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter, Topic
from broadsheet.site.layout import Page, PageHead, alternates, in_layout
from broadsheet.site.social import Social, card_image
from broadsheet.site.trend_lines import pieces_on, trend_line


def topics_index(edition: Edition, records: list[Record], year: int | None, newsletter: Newsletter) -> Page:
    """Every topic with its line of a year, leading to the topic's own page."""
    words = language(edition.language)
    rows = []
    for topic in newsletter.topics:
        pieces = pieces_on(topic.id, records, edition)
        latest = pieces[0] if pieces else None
        rows.append({"topic": topic, "line": trend_line(pieces, newsletter), "latest": latest})
    head = PageHead(
        edition,
        f"{edition.id}/topics/index.html",
        words["all_trends"],
        edition.description,
        alternates(newsletter, "topics/index.html", newsletter.editions),
        social=Social("website", card_image(edition, newsletter)),
    )
    return in_layout("topics.html", head, newsletter, rows=rows, year=year)


def topic_page(
    edition: Edition,
    topic: Topic,
    year: int | None,
    records: list[Record],
    years: list[int],
    newsletter: Newsletter,
) -> Page:
    """A topic's line and its commentaries in a year.

    The head page (`year` None) shows the newest year and leads to all `years`; a year's page leads to the
    head page alone.
    """
    name = topic.names[edition.id]
    path = f"topics/{topic.id}/{year or 'index'}.html"
    has = newsletter.editions if year is None else [edition.id]
    shown = year or (years[0] if years else None)
    pieces = pieces_on(topic.id, records, edition)
    head = PageHead(
        edition,
        f"{edition.id}/{path}",
        name if year is None else f"{name} {year}",
        edition.description,
        alternates(newsletter, path, has, otherwise=f"topics/{topic.id}/index.html"),
        social=Social("website", card_image(edition, newsletter)),
    )
    return in_layout(
        "topic.html",
        head,
        newsletter,
        topic=topic,
        pieces=pieces,
        line=trend_line(pieces, newsletter),
        shown=shown,
        years=years,
        current=year,
    )
