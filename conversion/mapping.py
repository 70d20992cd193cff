"""The mapping file: what the languages, categories, tags and authors of the old system are in ours.

Shape (TOML): `issues` and `without_topic`; the tables `[languages]`, `[categories]`, `[tags]`, `[authors]`
from a name of the old system to ours; `[confirm]`, if the export does not say which posts were public. The
first run writes it (`mapping_file.py`), a person corrects it.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from broadsheet.content.findings import Finding
from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_reader import toml_table
from broadsheet.toml_lines import Path, lines_by_path
from broadsheet.toml_syntax import OTHER, endless_key, syntax_mistake
from conversion.facts import UNKNOWN, Facts, shown_words

WEEK, POST = "week", "post"
ARTICLE, LEAVE_OUT = "article", "leave out"
TABLES = ("languages", "categories", "tags", "authors")
CONFIRM, YES = "confirm", "yes"
KEYS = ("issues", "without_topic", *TABLES, CONFIRM)
MOST_BYTES = 5_000_000
MOST_MISTAKES = 100
_WORD = re.compile(r"[^\W_]+")


class MappingError(Exception):
    """The mapping file can't be used; the message has all mistakes, each on a line. Nothing was written."""


@dataclass(frozen=True)
class Mapping:
    """What a person decided: how posts become issues, and the names of the old system in ours."""

    issues: str
    without_topic: str
    languages: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    confirmed: tuple[str, ...] = ()

    def edition_of(self, post: Facts) -> str:
        """The edition of a post; "leave out" if it has none."""
        return self.languages.get(post.language or UNKNOWN, LEAVE_OUT)

    def topic_of(self, post: Facts) -> str:
        """The topic of a post, or what becomes of one without: `article`, `leave out`."""
        decided = [self.categories.get(name, "") for name in post.categories]
        decided += [self.tags.get(name, "") for name in post.tags]
        if LEAVE_OUT in decided:
            return LEAVE_OUT
        return next((topic for topic in decided if topic), self.without_topic)

    def authors_of(self, post: Facts) -> tuple[str, ...]:
        """The names of a post's authors that a person has confirmed."""
        names = (shown_words(self.authors.get(name, "")) for name in post.authors)
        return tuple(dict.fromkeys(name for name in names if name))


def same_words(name: str, other: str) -> bool:
    """Whether two names have the same words, whatever their case and the signs between them."""
    words = _WORD.findall(name.casefold())
    return bool(words) and words == _WORD.findall(other.casefold())


def read_mapping(text: str, newsletter: Newsletter, name: str) -> Mapping:
    """The mapping that a file with this text describes; messages call it `name`.

    Raises:
        MappingError: it has mistakes.
    """
    table = mapping_table(text, name)
    reader = _MappingReader(table, newsletter)
    mapping = reader.read()
    if reader.mistakes:
        lines = lines_by_path(text)
        told = sorted((_line(path, lines), words) for path, words in reader.mistakes[:MOST_MISTAKES])
        raise MappingError("\n".join(f"{name}:{line}: error: {words}" for line, words in told))
    return mapping


def mapping_table(text: str, name: str) -> dict[str, Any]:
    """The values of a file with this text, checked to be TOML.

    Raises:
        MappingError: it is not.
    """
    found = endless_key(text)
    try:
        if not found:
            return toml_table(text)
    except ValueError as error:
        found = syntax_mistake(text, str(error))
    except RecursionError:
        pass
    line, rule, values = (found.line, found.rule, found.values) if found else (1, OTHER, {})
    raise MappingError(str(Finding(name, line, rule, values)))


def _line(path: Path, lines: dict[Path, int]) -> int:
    above = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[each] for each in above if each in lines), 1)


@dataclass
class _MappingReader:
    """Reads the values of a mapping file, and collects its mistakes with the path of the key."""

    table: dict[str, Any]
    newsletter: Newsletter
    mistakes: list[tuple[Path, str]] = field(default_factory=list)

    def read(self) -> Mapping:
        self._only_known()
        topics = [topic.id for topic in self.newsletter.topics]
        for_issues = (
            f"Write {WEEK!r} (posts of a week become one issue) or {POST!r} (one issue for each post)."
        )
        for_posts = f"Write {ARTICLE!r}, {LEAVE_OUT!r}, or a topic: {_listed(topics)}."
        issues = self._one_of("issues", (WEEK, POST), for_issues.replace("'", '"'))
        if issues == WEEK and not topics:
            self._wrong(
                ("issues",),
                "newsletter.toml has no topics. Under them the posts of a week are gathered."
                f' Write "{POST}", or add topics.',
            )
        without = self._one_of(
            "without_topic", (ARTICLE, LEAVE_OUT, *topics), for_posts.replace("'", '"'), self._topic
        )
        return Mapping(
            issues,
            without,
            languages=self._names("languages", self._edition),
            categories=self._names("categories", self._topic_or_nothing),
            tags=self._names("tags", self._topic_or_nothing),
            authors=self._names("authors", lambda _, value: value),
            confirmed=tuple(self._names(CONFIRM, self._confirmed)),
        )

    def _only_known(self) -> None:
        for key in self.table:
            if key not in KEYS:
                near = get_close_matches(str(key)[:40], KEYS, 1)
                meant = f'Did you mean "{near[0]}"?' if near else f"Delete it. The keys are: {_listed(KEYS)}."
                self._wrong((key,), f'There is no key "{key}" here. It would change nothing. {meant}')

    def _one_of(self, key: str, known: Collection[str], mend: str, read: Callable[[str], str] = str) -> str:
        value = self.table.get(key)
        if value is None:
            self._wrong((key,), f'The key "{key}" is missing. Without it nothing can be converted. {mend}')
            return ""
        meant = read(value) if isinstance(value, str) else ""
        if meant not in known:
            self._wrong((key,), f'"{key}" can\'t be "{value}". It is not known what would be meant. {mend}')
        return meant

    def _names(self, name: str, read: Callable[[Path, str], str]) -> dict[str, str]:
        table = self.table.get(name, {})
        if not isinstance(table, dict):
            self._wrong(
                (name,), f"{name!r} is no table. Its names would not be read. Write [{name}] on a line."
            )
            return {}
        found = {}
        for key, value in table.items():
            path: Path = (name, key)
            if isinstance(value, str):
                found[key] = read(path, value.strip())
            else:
                self._wrong(
                    path,
                    f'The value of "{key}" is no text in quotation marks. It can\'t be read.'
                    ' Write it as in "Name" = "…"; a name with spaces needs quotation marks, too.',
                )
        return found

    def _edition(self, path: Path, value: str) -> str:
        editions = tuple(self.newsletter.editions)
        if value in editions or value == LEAVE_OUT:
            return value
        mend = f'Write one of its editions ({_listed(editions)}), or "{LEAVE_OUT}".'
        what = (
            f'"{value}" is no edition of newsletter.toml'
            if value
            else "It is not decided which edition this is"
        )
        self._wrong(path, f'{what}: "{path[-1]}". Its posts have no place. {mend}')
        return LEAVE_OUT

    def _confirmed(self, path: Path, value: str) -> str:
        if value != YES:
            self._wrong(
                path,
                f'"{path[-1]}" is not confirmed. Posts that were for members would be converted, too. Find'
                f' them on the old site, leave them out by a category or tag, and write "{YES}".',
            )
        return value

    def _topic(self, value: str) -> str:
        """The id of the topic of this id or name; else the value."""
        topics = self.newsletter.topics
        named = (t.id for t in topics if any(same_words(value, name) for name in (t.id, *t.names.values())))
        return value if value in (ARTICLE, LEAVE_OUT) else next(named, value)

    def _topic_or_nothing(self, path: Path, value: str) -> str:
        topics = [topic.id for topic in self.newsletter.topics]
        topic = self._topic(value)
        if topic in ("", LEAVE_OUT, *topics):
            return topic
        near = get_close_matches(value[:60], topics, 1)
        meant = f'Did you mean "{near[0]}"? ' if near else ""
        mend = f'{meant}Write a topic ({_listed(topics)}), "{LEAVE_OUT}", or "" if it says nothing.'
        self._wrong(
            path, f'"{value}" is no topic of newsletter.toml: "{path[-1]}". Its posts have no place. {mend}'
        )
        return ""

    def _wrong(self, path: Path, words: str) -> None:
        self.mistakes.append((path, words))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "newsletter.toml has none"
