"""Writes the mapping file with what an export has, and adds what is new; it changes and removes nothing."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import tomlkit
from tomlkit.items import Table

from broadsheet.newsletter import Newsletter
from conversion.facts import UNKNOWN, Found
from conversion.mapping import ARTICLE, CONFIRM, POST, TABLES, WEEK, same_words

MOST_TAGS = 200  # the most frequent ones are listed
_HEAD = """\
What becomes of the posts of the old system. Change the words after "=", between the quotation marks, and run
the same command again. Lines that are missing are added by it; it never changes what is written here.
"""
_ISSUES = """\
"week": the posts of a week become one issue, named after its Monday. "post": each post becomes an issue.
"""
_WITHOUT_TOPIC = """\
What becomes of a post none of whose categories and tags has a topic below: "article" (an issue of its own),
the id of a topic, or "leave out".
"""
_ABOUT = {
    "languages": """\
The languages of the posts, and the edition that each becomes; or "leave out". None may be empty.
""",
    "categories": """\
The categories, and the topic that each becomes: {topics}.
"" means that the category says nothing about the topic; with "leave out", its posts are not converted.
""",
    "tags": """\
The most frequent tags, in the same way; categories count first. Other tags may be added by hand.
""",
    "authors": """\
The names that were shown with posts. A name appears on the new pages only if somebody writes it here, as it
is to be shown: "A. Author" = "A. Author". Ask the author first; whoever left may not want to be found.
""",
    "confirm": """\
Plug-ins that restrict posts, without the export saying which. Find these posts on the old site, and leave
them out by a category or tag, or delete their texts from the desk before you upload it. Then write "yes".
""",
}


def new_mapping(found: Found, newsletter: Newsletter) -> str:
    """The text of a mapping file for what was found."""
    document = tomlkit.document()
    _comment(document, _HEAD)
    document.add(tomlkit.nl())
    _comment(document, _ISSUES)
    document["issues"] = WEEK if newsletter.cadence == "week" and newsletter.topics else POST
    document.add(tomlkit.nl())
    _comment(document, _WITHOUT_TOPIC)
    document["without_topic"] = ARTICLE
    _add_names(document, found, newsletter)
    return tomlkit.dumps(document)


def with_new_names(text: str, found: Found, newsletter: Newsletter) -> str:
    """The text of a mapping file with the names that it lacks; the same text if it has them all.

    `text` must be valid TOML.
    """
    document = tomlkit.parse(text)
    return tomlkit.dumps(document) if _add_names(document, found, newsletter) else text


def _add_names(document: tomlkit.TOMLDocument, found: Found, newsletter: Newsletter) -> bool:
    """Add the names that are missing; whether there are any."""
    guess: dict[str, Callable[[str], str]] = {
        "languages": lambda name: _edition_for(name, newsletter),
        "categories": lambda name: _topic_for(name, newsletter),
        "tags": lambda name: _topic_for(name, newsletter),
        "authors": lambda _: "",
    }
    has_new = _add_to_confirm(document, found, newsletter)
    for name in TABLES:
        counts: Counter[str] = getattr(found, name)
        listed = counts.most_common(MOST_TAGS) if name == "tags" else sorted(counts.items(), key=_by_count)
        table: Any = document.get(name)
        if table is None:
            table = _new_table(name, newsletter)
            document.add(tomlkit.nl())
            document.add(name, table)
            has_new = True
        missing = [(each, count) for each, count in listed if isinstance(table, dict) and each not in table]
        for each, count in missing:
            value = tomlkit.item(guess[name](each))
            value.comment(f"{count:,} {'post' if count == 1 else 'posts'}")
            table.append(each, value)
            has_new = True
    return has_new


def _add_to_confirm(document: tomlkit.TOMLDocument, found: Found, newsletter: Newsletter) -> bool:
    """Add what a person has to confirm; whether there is anything new."""
    table: Any = document.get(CONFIRM)
    missing = [
        name for name in found.confirm if table is None or (isinstance(table, dict) and name not in table)
    ]
    if missing and table is None:
        table = _new_table(CONFIRM, newsletter)
        document.add(tomlkit.nl())
        document.add(CONFIRM, table)
    for name in missing:
        value = tomlkit.item("")
        value.comment(found.confirm[name])
        table.append(name, value)
    return bool(missing)


def _by_count(named: tuple[str, int]) -> tuple[int, str]:
    return -named[1], named[0]


def _new_table(name: str, newsletter: Newsletter) -> Table:
    table = tomlkit.table()
    topics = ", ".join(f'"{topic.id}"' for topic in newsletter.topics) or "newsletter.toml has no topics"
    for line in _ABOUT[name].format(topics=topics).splitlines():
        table.add(tomlkit.comment(line))
    return table


def _comment(document: tomlkit.TOMLDocument, text: str) -> None:
    for line in text.splitlines():
        document.add(tomlkit.comment(line))


def _edition_for(code: str, newsletter: Newsletter) -> str:
    """The edition of a language; that of an unknown one if there is only one edition. "" if it is unclear."""
    editions = newsletter.editions.values()
    if code == UNKNOWN:
        return next(iter(newsletter.editions)) if len(newsletter.editions) == 1 else ""
    primary = code.replace("_", "-").partition("-")[0]
    named = [edition.id for edition in editions if code in (edition.id, edition.language)]
    return next(iter(named or [e.id for e in editions if primary == e.language]), "")


def _topic_for(name: str, newsletter: Newsletter) -> str:
    """The topic of the same words; "" without one."""
    topics = newsletter.topics
    same = (t.id for t in topics if any(same_words(name, each) for each in (t.id, *t.names.values())))
    return next(same, "")
