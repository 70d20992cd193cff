"""The layouts of Eleventy and Nikola sites, and of plain folders of texts with heads.

Source: 11ty.dev, "Permalinks", "Directory specific data files"; getnikola.com, "Handbook".
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from broadsheet.content.front_matter import Value
from conversion.post import Reason
from conversion.site_layout import SiteLayout
from conversion.site_settings import Settings, read_settings, word
from conversion.site_text import SiteText, address, base_path, head_words, path_of, without_language

_ELEVENTY = (".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs")
_VARIABLE = re.compile(r"\{\{-?\s*([\w.]+)\s*(?:\|\s*(slugify|slug|url)\s*)?-?\}\}")
_NO_WORD = re.compile(r"[\W_]+")
_MARKDOWN = (".md", ".markdown")


class PlainSite(SiteLayout):
    """A folder of texts that no known program's settings describe."""

    system = "Markdown"
    endings = (*_MARKDOWN, ".mkd", ".mdown")
    statics: tuple[str, ...] = ("", "static", "public", "assets", "content")

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether there is a text somewhere in it."""
        return any(path.suffix.casefold() in _MARKDOWN for path in folder.rglob("*"))

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path and the language."""
        return without_language(path, None)

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The addresses that the head names."""
        if own := text.word("permalink", "url"):
            yield address(self.base, path_of(own))
        for old in head_words(text.front, "aliases", "alias", "redirect_from"):
            yield address(self.base, path_of(old))

    def lists(self, categories: frozenset[str]) -> Iterator[tuple[str, str]]:  # noqa: ARG002  # not known
        """The address of the home page."""
        yield address(self.base, "/"), "home"


class EleventySite(PlainSite):
    """A folder with an Eleventy site, whose settings are a program that is not run."""

    system = "Eleventy"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.input = next((name for name in ("src", "content") if (folder / name).is_dir()), "")

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether it has Eleventy's settings."""
        return any((folder / name).is_file() for name in _ELEVENTY)

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; None for other files."""
        if not path.is_relative_to(self.input or "."):
            return None
        within, language = without_language(path.relative_to(self.input or "."), None)
        return None if any(part.startswith("_") for part in within.parts[:-1]) else (within, language)

    def inherited(self, path: PurePosixPath) -> Mapping[str, Value]:
        """What the data files of the folders above say, the nearest last."""
        found: dict[str, Value] = {}
        base = self.folder / self.input
        for folder in reversed(path.parents):
            file = base / folder / f"{folder.name}.json"
            if folder.name and file.is_file() and not file.is_symlink():
                settings = read_settings(file)
                found |= {
                    key: str(value).lower() for key, value in settings.items() if value in (True, False)
                }
                found |= {key: value for key, value in settings.items() if isinstance(value, str)}
        return found

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The address of the page, unless its pattern needs a program."""
        written = text.word("permalink")
        stem = "/".join([*text.folders, text.name])
        values = {
            "page.fileSlug": text.name,
            "page.filePathStem": f"/{stem}",
            "slug": text.word("slug"),
            "title": text.title,
        }

        def value(found: re.Match[str]) -> str:
            word = values.get(found[1], "")
            return _NO_WORD.sub("-", word).strip("-").lower() if found[2] else word

        if not written:
            yield address(stem, "/")
        elif all(values.get(found[1]) for found in _VARIABLE.finditer(written)):
            path = _VARIABLE.sub(value, written)
            if "{{" not in path and "{%" not in path:
                yield address(path.removesuffix("index.html"))
        for old in head_words(text.front, "aliases", "redirect_from"):
            yield address(path_of(old))


class NikolaSite(PlainSite):
    """A folder with a Nikola site."""

    system = "Nikola"
    statics = ("", "files", "images")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.settings: Settings = read_settings(folder / "conf.py")
        self.default_language = word(self.settings, "DEFAULT_LANG", "en")
        self.host = word(self.settings, "SITE_URL")
        self.base = base_path(self.host)
        self.time_zone = word(self.settings, "TIMEZONE")
        posts = self.settings.get("POSTS")
        rows = [row for row in posts if isinstance(row, tuple)] if isinstance(posts, tuple | list) else []
        pairs = [row[:2] for row in rows if all(isinstance(each, str) for each in row[:2])]
        folders = {source.rpartition("/")[0]: shown for source, shown in (p for p in pairs if len(p) == 2)}  # noqa: PLR2004  # source, output
        self.posts: dict[str, str] = folders or {"posts": "posts"}

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether it has Nikola's settings and a folder of posts."""
        return (folder / "conf.py").is_file() and (folder / "posts").is_dir()

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; a reason for what is no post; None for other files."""
        within, language = without_language(path, None)
        if any(path.is_relative_to(folder) for folder in self.posts):
            return within, language or self.default_language
        return Reason.PAGE if path.parts[0] in ("pages", "stories") else None

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The address of the page."""
        source = next(folder for folder in self.posts if text.path.is_relative_to(folder))
        inner = text.path.parent.relative_to(source).as_posix()
        prefix = "" if text.language == self.default_language else text.language
        end = "/" if self.settings.get("PRETTY_URLS", True) else ".html"
        parts = (prefix, self.posts[source], "" if inner == "." else inner)
        yield address(self.base, *parts, (text.word("slug") or text.stem) + end)
