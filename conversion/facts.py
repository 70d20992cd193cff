"""The small facts about a post that a conversion keeps of the whole export: never its text."""

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime

from broadsheet.characters import without_turning
from conversion.post import Post

UNKNOWN = "unknown"  # in place of a language that the export does not name
_COMMENT_MARKS = re.compile(r"<!-+|--+!?>")
_ADDRESS = re.compile(r"[\w.+%-]+@(?!\dx\.)[\w-]+(?:\.[\w-]+)+")  # not `logo@2x.png`


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a post without its text; names are words on one line."""

    id: str
    place: str
    title: str
    summary: str
    published: datetime
    slug: str
    language: str
    translations: str
    addresses: tuple[str, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    size: int  # of the text in the export

    def to_json(self) -> str:
        """The facts as JSON."""
        return json.dumps(asdict(self) | {"published": self.published.isoformat()}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """The facts that `to_json` wrote."""
        values = json.loads(text)
        for key in ("addresses", "categories", "tags", "authors"):
            values[key] = tuple(values[key])
        return cls(**values | {"published": datetime.fromisoformat(values["published"])})


@dataclass
class Found:
    """How many posts have each language, category, tag and author."""

    languages: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    authors: Counter[str] = field(default_factory=Counter)

    def add(self, post: Facts) -> None:
        """Count a post."""
        self.languages[post.language or UNKNOWN] += 1
        self.categories.update(set(post.categories))
        self.tags.update(set(post.tags))
        self.authors.update(set(post.authors))


def facts_of(post: Post) -> Facts:
    """The facts of a post."""
    return Facts(
        id=post.id,
        place=one_line(post.place),
        title=shown_words(post.title),
        summary=shown_words(post.summary),
        published=post.published,
        slug=post.slug,
        language=post.language.strip().lower(),
        translations=post.translations,
        addresses=post.addresses,
        categories=_names(post.categories),
        tags=_names(post.tags),
        authors=tuple(name for name in _names(post.authors) if not _ADDRESS.search(name)),
        size=len(post.body),
    )


def one_line(text: str) -> str:
    """The words on one line, without invisible characters."""
    return " ".join(without_turning(text).split())


def shown_words(text: str) -> str:
    """The words of a title on one line, without marks of comments, which no title may show."""
    return one_line(_COMMENT_MARKS.sub(" ", text))


def without_email_addresses(text: str) -> str:
    """The text with a sign in place of each email address."""
    return _ADDRESS.sub("…", text)


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in names if (name := one_line(each))))
