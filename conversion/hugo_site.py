"""The layout of a Hugo site: where its texts are, and at which addresses it showed them.

Source: gohugo.io, "URL management", "Configure permalinks", "Multilingual mode", "Page bundles".
"""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from conversion.post import Reason
from conversion.site_layout import SiteLayout
from conversion.site_settings import Settings, read_settings, table, word, words
from conversion.site_text import SiteText, address, base_path, filled, head_words, path_of, without_language

_NAMES = ("hugo", "config")
_ENDINGS = (".toml", ".yaml", ".yml", ".json")
_FOLDERS = ("config/_default", "config/production")
_PLACEHOLDER = re.compile(r":([a-z]+(?:\[[\w:]*\])?)")
_SPACES = re.compile(r"[\s-]*\s[\s-]*")
_NOT_IN_PATH = re.compile(r"[^\w\s.\-/\\#~+@]")
_SLICE = re.compile(r"\[(\d*|last)(:?)(\d*|last)\]")


class HugoSite(SiteLayout):
    """A folder with a Hugo site."""

    system = "Hugo"
    endings = (".md", ".markdown", ".html", ".htm")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = _settings(folder)
        self.languages = table(self.settings, "languages")
        self.home_language = word(self.settings, "defaultcontentlanguage", "en").casefold()
        said = word(self.settings, "defaultcontentlanguage") or word(self.settings, "languagecode")
        self.default_language = said.casefold() or ("en" if self.languages else "")
        self.is_below_language = self.settings.get("defaultcontentlanguageinsubdir") is True
        self.base = base_path(word(self.settings, "baseurl"))
        self.time_zone = word(self.settings, "timezone")
        self.host = word(self.settings, "baseurl")
        self.is_typographic = _is_typographic(self.settings)
        folders = [word(table(self.languages, code), "contentdir") for code in self.languages]
        self.contents = [each.strip("/") for each in (word(self.settings, "contentdir", "content"), *folders)]
        self.contents = sorted({each for each in self.contents if each}, key=len, reverse=True)
        self._has_list: dict[tuple[str, ...], bool] = {}
        self.statics = (*(words(self.settings, "staticdir") or ("static",)), "assets")

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether it has Hugo's settings."""
        named = any((folder / f"hugo{ending}").is_file() for ending in _ENDINGS)
        default = folder / _FOLDERS[0]
        old = [folder / f"config{ending}" for ending in _ENDINGS if (folder / f"config{ending}").is_file()]
        has_texts = (folder / "content").is_dir() or (folder / "archetypes").is_dir()
        return named or default.is_dir() or (bool(old) and has_texts)

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; a reason for what is no post; None for other files."""
        folder = next((each for each in self.contents if path.is_relative_to(each)), "")
        if not folder:
            return None
        within = path.relative_to(folder)
        code = next((c for c in self.languages if self._folder_of(c) == folder), "")
        known = [*self.languages, self.home_language] if self.languages else []
        within, found = without_language(within, known)
        if within.stem == "_index":
            return None
        return within, found or code or self.default_language

    def is_page(self, text: PurePosixPath) -> bool:
        """Whether it is at the top of the texts, in no section."""
        return PurePosixPath() == (text.parent.parent if text.stem == "index" else text.parent)

    def categories(self, text: PurePosixPath, written: tuple[str, ...]) -> tuple[str, ...]:
        """The categories in the head; else the section, which is what such sites have instead."""
        parents = text.parent.parts[:-1] if text.stem == "index" else text.parent.parts
        return written or parents[:1]

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The address of the page, then its aliases."""
        own = self._own(text)
        yield own
        end = ".html" if self._is_ugly(text) else "/"
        for alias in head_words(text.front, "aliases", "alias"):
            is_whole = alias.startswith("/") or "//" in alias
            path = (
                address(self.base, path_of(alias))
                if is_whole
                else f"{own.rstrip('/').rpartition('/')[0]}/{alias}"
            )
            yield address(path if path.endswith((".html", "/")) else path + end)

    def _own(self, text: SiteText) -> str:
        prefix = self._prefix(text.language)
        if url := text.word("url"):
            return address(self.base, *([] if url.startswith("/") else [prefix]), url)
        pattern = self._pattern(text)
        if pattern:
            path = filled(pattern, self._values(text, pattern), _PLACEHOLDER).lower()
            has_end = path.endswith("/") or "." in path.rpartition("/")[2]
            return address(self.base, prefix, path if has_end else path + "/")
        name = _urlized(text.word("slug") or self._name(text)).lower()
        path = "/".join([*(_urlized(folder).lower() for folder in text.folders), name])
        return address(self.base, prefix, path + (".html" if self._is_ugly(text) else "/"))

    def _name(self, text: SiteText) -> str:
        """The file's name; without its day only if the site takes dates from names."""
        return text.name if ":filename" in words(table(self.settings, "frontmatter"), "date") else text.stem

    def _is_ugly(self, text: SiteText) -> bool:
        ugly = self.settings.get("uglyurls")
        if isinstance(ugly, dict):
            return ugly.get(text.folders[0] if text.folders else "") is True
        return ugly is True

    def _prefix(self, language: str) -> str:
        is_default = language == self.home_language and not self.is_below_language
        return "" if is_default or language not in self.languages else language

    def _pattern(self, text: SiteText) -> str:
        own = table(table(self.languages, text.language), "permalinks")
        section = text.folders[0] if text.folders else "/"
        for permalinks in (own, self._permalinks):
            for patterns in (table(permalinks, "page"), permalinks):
                if pattern := word(patterns, section.casefold()):
                    return pattern
        return ""

    @cached_property
    def _permalinks(self) -> Settings:
        """The site's patterns of addresses."""
        return table(self.settings, "permalinks")

    def _values(self, text: SiteText, pattern: str) -> dict[str, str]:
        day, folders = text.published, self._sections(text.folders)
        slug = text.word("slug") or ("" if self._name(text) == text.stem else text.name)
        plain: dict[str, str] = {
            "year": f"{day.year}",
            "month": f"{day.month:02}",
            "monthname": f"{day:%B}",
            "day": f"{day.day:02}",
            "weekday": f"{day:%w}",
            "weekdayname": f"{day:%A}",
            "yearday": f"{day.timetuple().tm_yday}",
            "section": "".join(folders[:1]),
            "sections": "/".join(folders),
            "title": _urlized(text.title),
            "slug": _urlized(slug or text.title),
            "filename": _urlized(text.stem),
            "contentbasename": _urlized(text.stem),
            "slugorfilename": _urlized(slug or text.stem),
            "slugorcontentbasename": _urlized(slug or text.stem),
        }
        cuts = {found[1] for found in _PLACEHOLDER.finditer(pattern) if found[1].startswith("sections[")}
        return plain | {cut: _cut(folders, cut) for cut in cuts}

    def _sections(self, folders: tuple[str, ...]) -> tuple[str, ...]:
        """The folders that are sections: the first one, and those down to the last with a text of its own."""
        for length in range(len(folders), 1, -1):
            if folders[:length] not in self._has_list:
                places = [self.folder.joinpath(content, *folders[:length]) for content in self.contents]
                self._has_list[folders[:length]] = any(any(place.glob("_index.*")) for place in places)
            if self._has_list[folders[:length]]:
                return folders[:length]
        return folders[:1]

    def _folder_of(self, code: str) -> str:
        return word(table(self.languages, code), "contentdir").strip("/")

    def lists(self, categories: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Addresses of lists, and what they list."""
        codes = [*self.languages] or [self.default_language]
        for prefix in dict.fromkeys(self._prefix(code) for code in codes):
            yield address(self.base, prefix, "/"), "home"
            yield address(self.base, prefix, "index.xml"), "feed"
            for name in sorted(categories):
                for folder in ("categories/", ""):  # a category, or a section
                    yield address(self.base, prefix, folder, _urlized(name).lower(), "/"), f"topic:{name}"


def _settings(folder: Path) -> Settings:
    merged: dict[str, object] = {}
    for place in (folder / each for each in _FOLDERS):
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            if file.suffix in _ENDINGS and file.is_file() and not file.is_symlink():
                is_whole = file.stem in _NAMES
                merged |= read_settings(file) if is_whole else {file.stem.casefold(): read_settings(file)}
    for name in _NAMES:
        for file in (folder / f"{name}{ending}" for ending in _ENDINGS):
            if file.is_file() and not file.is_symlink():
                return {**merged, **read_settings(file)}
    return merged


def _is_typographic(settings: Settings) -> bool:
    """Whether quotes and dashes were set as in print, as Hugo does unless its settings say otherwise."""
    extensions = table(table(table(settings, "markup"), "goldmark"), "extensions")
    return extensions.get("typographer") is not False and not table(extensions, "typographer").get("disable")


def _urlized(name: str) -> str:
    """The name as Hugo writes it in an address."""
    return _SPACES.sub("-", _NOT_IN_PATH.sub("", name).strip())


def _cut(folders: tuple[str, ...], written: str) -> str:
    """A part of the sections: `sections[0]`, `sections[1:]`, `sections[:last]`."""
    found = _SLICE.search(written)
    if not found:
        return ""
    last = max(0, len(folders) - 1)
    first, end = (last if each == "last" else int(each) if each else None for each in (found[1], found[3]))
    if not found[2]:
        return "".join(folders[first or 0 : (first or 0) + 1])
    return "/".join(folders[first:end])
