"""The layouts of Jekyll and Hexo sites: where their texts are, and at which addresses they were shown.

Source: jekyllrb.com, "Permalinks", "Collections", "Front Matter Defaults", and of the plugins
jekyll-redirect-from, jekyll-archives and jekyll-polyglot; hexo.io, "Permalinks".
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from broadsheet.content.front_matter import Value
from conversion.post import Reason
from conversion.site_layout import SiteLayout
from conversion.site_settings import Settings, read_settings, table, word, words
from conversion.site_text import SiteText, address, base_path, filled, head_words, path_of, without_language

_SETTINGS = ("_config.yml", "_config.yaml", "_config.toml")
_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_PLACEHOLDER = re.compile(
    r":(i_month|i_day|short_year|short_month|long_month|short_day|long_day|y_day|w_year|w_day|week"
    r"|slugified_categories|categories|output_ext|collection|basename|minute|second|month|title|year|hour"
    r"|path|name|slug|day)"
)
_NOT_PRETTY = re.compile(r"[^\w.~!$&'()+,;=@]+")
_NO_WORD = re.compile(r"[\W_]+")
_POSTS, _DRAFTS = "_posts", "_drafts"


class JekyllSite(SiteLayout):
    """A folder with a Jekyll site."""

    system = "Jekyll"
    endings = (".md", ".markdown", ".mkd", ".mkdown", ".html", ".htm")
    statics = ("", "assets", "images")
    shows_own_time = True

    def __init__(self, folder: Path) -> None:
        self.settings = _settings(folder)
        self.source = word(self.settings, "source").strip("./")
        self.default_language = word(self.settings, "default_lang") or word(self.settings, "lang")
        self.languages = words(self.settings, "languages")
        self.host = word(self.settings, "url")
        self.base = base_path(word(self.settings, "baseurl") or word(self.settings, "url"))
        self.time_zone = word(self.settings, "timezone")
        self.is_typographic = word(self.settings, "markdown", "kramdown").casefold() == "kramdown"
        self.collections = table(self.settings, "collections")

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether it has Jekyll's settings or its folder of posts."""
        has_settings = any((folder / name).is_file() for name in _SETTINGS)
        return (folder / _POSTS).is_dir() or (has_settings and not (folder / "source" / _POSTS).is_dir())

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; a reason for what is no post; None for other files."""
        if not path.is_relative_to(self.source or "."):
            return None
        path = path.relative_to(self.source or ".")
        within, language = without_language(path, self.languages or None)
        hidden = [part for part in within.parts[:-1] if part.startswith("_")]
        if hidden == ["_i18n", _POSTS]:
            hidden, within = [_POSTS], PurePosixPath(*(p for p in within.parts if p != "_i18n"))
        if not hidden:
            return Reason.PAGE if path.suffix.casefold() in self.endings[:4] else None
        if hidden[-1] in (_POSTS, _DRAFTS):
            return within, language or self.default_language
        is_shown = table(self.collections, hidden[0][1:]).get("output") is True
        if hidden[0][1:] in self.collections:
            return (within, language or self.default_language) if is_shown else Reason.OTHER_KIND
        return None

    def inherited(self, path: PurePosixPath) -> Mapping[str, Value]:
        """What `defaults` in the settings say about a text, the later rules last."""
        found: dict[str, Value] = {}
        rules = self.settings.get("defaults")
        for rule in rules if isinstance(rules, list) else ():
            scope, values = (
                table(rule, key) if isinstance(rule, dict) else {} for key in ("scope", "values")
            )
            above, kind = word(scope, "path").strip("/"), word(scope, "type")
            is_post = _POSTS in path.parts or _DRAFTS in path.parts
            is_kind = not kind or kind == ("posts" if is_post else next(iter(path.parts))[1:])
            if is_kind and (path.is_relative_to(above) or path.match(above or "*")):
                found |= {key: _plain(value) for key, value in values.items()}
        return found

    def categories(self, text: PurePosixPath, written: tuple[str, ...]) -> tuple[str, ...]:
        """The folders above that of the posts, and those in the head."""
        parts = text.parent.parts
        above = parts[: parts.index(_POSTS)] if _POSTS in parts else ()
        return tuple(dict.fromkeys((*above, *written)))

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The address of the page, with and without `.html`, and those that led to it."""
        own = self._own(text)
        yield own
        bare = own.removesuffix(".html")
        if not own.endswith("/"):
            yield bare if bare != own else f"{own}.html"
        for old in head_words(text.front, "redirect_from", "aliases"):
            yield address(self.base, path_of(old))

    def _own(self, text: SiteText) -> str:
        is_default = not self.languages or text.language in (self.default_language, "")
        has_prefix = not is_default and "default_lang" in self.settings
        collection = text.path.parts[0][1:] if text.path.parts[0][1:] in self.collections else ""
        own = word(table(self.collections, collection), "permalink")
        usual = (
            "/:collection/:path:output_ext"
            if collection not in ("", "posts")
            else word(self.settings, "permalink", "date")
        )
        pattern = text.word("permalink") or own or usual
        path = filled(_STYLES.get(pattern, pattern), self._values(text, collection), _PLACEHOLDER)
        return address(self.base, text.language if has_prefix else "", path)

    def _values(self, text: SiteText, collection: str) -> dict[str, str]:
        day = text.published
        pretty = _NOT_PRETTY.sub("-", text.word("slug") or text.name).strip("-")
        within = text.path.relative_to(text.path.parts[0]).with_suffix("").as_posix()
        dates = {
            "year": "%Y",
            "month": "%m",
            "day": "%d",
            "hour": "%H",
            "minute": "%M",
            "second": "%S",
            "short_year": "%y",
            "long_month": "%B",
            "long_day": "%A",
            "y_day": "%j",
            "week": "%V",
            "w_year": "%G",
            "w_day": "%u",
        }
        return {
            **{name: day.strftime(sign) for name, sign in dates.items()},
            "i_day": f"{day.day}",
            "i_month": f"{day.month}",
            "short_month": f"{day:%b}".upper(),
            "short_day": f"{day:%a}".upper(),
            "title": pretty,
            "slug": _slugified(text.word("slug") or text.name),
            "categories": "/".join(dict.fromkeys(each.lower() for each in text.categories)),
            "slugified_categories": "/".join(map(_slugified, text.categories)),
            "output_ext": ".html",
            "collection": collection or "posts",
            "basename": text.stem,
            "path": within,
            "name": _slugified(text.stem),
        }

    def lists(self, categories: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Addresses of lists, and what they list."""
        others = [code for code in self.languages if code != self.default_language]
        for prefix in ["", *(others if "default_lang" in self.settings else [])]:
            yield address(self.base, prefix, "/"), "home"
            yield address(self.base, prefix, "feed.xml"), "feed"
            yield address(self.base, prefix, "atom.xml"), "feed"
        archives = table(self.settings, "jekyll-archives")
        pattern = word(table(archives, "permalinks"), "category", "/category/:name/")
        for name in sorted(categories):
            yield address(self.base, pattern.replace(":name", _slugified(name))), f"topic:{name}"


class HexoSite(SiteLayout):
    """A folder with a Hexo site."""

    system = "Hexo"
    shows_own_time = True
    endings = (".md", ".markdown", ".html")

    def __init__(self, folder: Path) -> None:
        self.settings = _settings(folder)
        self.source = word(self.settings, "source_dir", "source").strip("/") or "source"
        self.statics = (self.source,)
        languages = words(self.settings, "language")
        self.default_language = languages[0].casefold().partition("-")[0] if languages else ""
        self.host = word(self.settings, "url")
        self.base = base_path(word(self.settings, "root") or word(self.settings, "url"))
        self.time_zone = word(self.settings, "timezone")

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether it has Hexo's settings and its folder of posts."""
        return (folder / "_config.yml").is_file() and (folder / "source" / _POSTS).is_dir()

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; a reason for what is no post; None for other files."""
        if not path.is_relative_to(self.source):
            return None
        within, language = without_language(path.relative_to(self.source), None)
        if within.parts[0] not in (_POSTS, _DRAFTS):
            return Reason.PAGE
        within = within if within.parts[0] == _DRAFTS else within.relative_to(_POSTS)
        return within, language or self.default_language

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The address of the page, and those that led to it."""
        pattern = text.word("permalink") or word(self.settings, "permalink", ":year/:month/:day/:title/")
        day, name = text.published, "/".join([*text.folders, text.name])
        category = "/".join(_slugified(each) for each in text.categories)
        values: dict[str, str] = {
            **{n: day.strftime(s) for n, s in (("year", "%Y"), ("month", "%m"), ("day", "%d"))},
            "i_month": f"{day.month}",
            "i_day": f"{day.day}",
            "hour": f"{day:%H}",
            "minute": f"{day:%M}",
            "second": f"{day:%S}",
            "title": text.word("slug") or name,
            "name": text.name,
            "post_title": _slugified(text.title),
            "category": category or word(self.settings, "default_category", "uncategorized"),
            "lang": text.language,
        }
        if path := filled(pattern, values, _HEXO_PLACEHOLDER):
            yield address(self.base, path)
        for old in head_words(text.front, "alias", "aliases", "redirect_from"):
            yield address(self.base, path_of(old))

    def lists(self, categories: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Addresses of lists, and what they list."""
        yield address(self.base, "/"), "home"
        yield address(self.base, "atom.xml"), "feed"
        yield address(self.base, word(self.settings, "archive_dir", "archives"), "/"), "archive"
        folder = word(self.settings, "category_dir", "categories")
        for name in sorted(categories):
            yield address(self.base, folder, name.replace(" ", "-"), "/"), f"topic:{name}"


_HEXO_PLACEHOLDER = re.compile(r":(\w+)")


def _settings(folder: Path) -> Settings:
    files = [folder / name for name in _SETTINGS]
    return next((read_settings(file) for file in files if file.is_file() and not file.is_symlink()), {})


def _slugified(name: str) -> str:
    return _NO_WORD.sub("-", name).strip("-").lower()


def _plain(value: object) -> Value:
    """A setting as the head of a text would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return tuple(str(item) for item in value if not isinstance(item, dict | list))
    return None if isinstance(value, dict) or value is None else str(value)[:1_000]
