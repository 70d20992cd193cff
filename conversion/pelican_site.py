"""The layout of a Pelican site: where its texts are, and at which addresses it showed them.

Source: docs.getpelican.com, "Settings" and "Writing content"; of the plugin i18n_subsites, its README.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from broadsheet.content.front_matter import Value
from conversion.post import Reason
from conversion.site_layout import SiteLayout
from conversion.site_settings import Settings, read_settings, word, words
from conversion.site_text import SiteText, address, base_path, without_language

_FILES = ("pelicanconf.py", "publishconf.py")
_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_DATE_SIGN = re.compile(r"%(-?[A-Za-z])")
_KNOWN_DATE_SIGNS = frozenset(
    ["Y", "y", "m", "d", "b", "B", "j", "H", "M", "S", "a", "A", "-m", "-d", "-j", "-H"]
)
_NO_WORD = re.compile(r"[^\w\s-]")
_BETWEEN_WORDS = re.compile(r"[-\s]+")


class PelicanSite(SiteLayout):
    """A folder with a Pelican site."""

    system = "Pelican"
    endings = (".md", ".markdown", ".mkd", ".mdown", ".html", ".htm")

    def __init__(self, folder: Path) -> None:
        self.settings = _settings(folder)
        path = word(self.settings, "PATH", "content" if (folder / "content").is_dir() else "")
        self.content = PurePosixPath(path).as_posix().strip("./")
        self.statics = (self.content,)
        self.default_language = word(self.settings, "DEFAULT_LANG", "en").casefold()
        self.subsites = _dict(self.settings, "I18N_SUBSITES")
        self.host = word(self.settings, "SITEURL")
        self.base = base_path(self.host)
        self.time_zone = word(self.settings, "TIMEZONE")
        self.pages = words(self.settings, "PAGE_PATHS") or ("pages",)

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Whether it has Pelican's settings."""
        return (folder / _FILES[0]).is_file()

    def place(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | Reason | None:
        """The path within the texts and the language; a reason for what is no post; None for other files."""
        if not path.is_relative_to(self.content or "."):
            return None
        within = path.relative_to(self.content or ".")
        if any(within.is_relative_to(folder) for folder in self.pages):
            return Reason.PAGE
        folders = [each for each in words(self.settings, "ARTICLE_PATHS") if each]
        if folders and not any(within.is_relative_to(folder) for folder in folders):
            return None
        if any(within.is_relative_to(each) for each in words(self.settings, "ARTICLE_EXCLUDES") if each):
            return None
        return without_language(within, None)

    def inherited(self, text: PurePosixPath) -> Mapping[str, Value]:  # noqa: ARG002  # the same for all
        """What `DEFAULT_METADATA` says of all texts."""
        given = _dict(self.settings, "DEFAULT_METADATA")
        return {str(key).casefold(): str(value) for key, value in given.items()}

    def categories(self, text: PurePosixPath, written: tuple[str, ...]) -> tuple[str, ...]:
        """The one in the head, else the folder."""
        uses_folder = self.settings.get("USE_FOLDER_AS_CATEGORY", True)
        return written[:1] or (text.parent.parts[-1:] if uses_folder else ())

    def addresses(self, text: SiteText) -> Iterator[str]:
        """The address of the page; none if its letters can't be spelled in Latin ones as Pelican did."""
        slug = self._slug(text)
        subsite = text.language if text.language in self.subsites else ""
        is_default = bool(subsite) or text.language in (self.default_language, "")
        usual = "{slug}.html" if is_default else "{slug}-{lang}.html"
        pattern = word(self.settings, "ARTICLE_URL" if is_default else "ARTICLE_LANG_URL", usual)
        if own := text.word("url", "save_as"):
            yield address(self.base, own.removesuffix("index.html"))
        elif path := self._filled(pattern, text, slug):
            yield address(self.base, subsite, path)

    def _slug(self, text: SiteText) -> str:
        """The slug in the head, or made of the title or of the file's name."""
        if own := text.word("slug"):
            return own
        if "(?P<slug>" in word(self.settings, "FILENAME_METADATA"):
            return text.name
        if word(self.settings, "SLUGIFY_SOURCE", "title") == "basename":
            return self._slugified(text.stem)
        return self._slugified(text.title)

    def _slugified(self, words: str) -> str:
        """The words as a part of an address; "" if letters would have to be spelled in Latin ones."""
        if not self.settings.get("SLUGIFY_USE_UNICODE"):
            words = unicodedata.normalize("NFKC", words).translate(_SPELLED)
            plain = unicodedata.normalize("NFKD", words)
            words = "".join(each for each in plain if not unicodedata.combining(each))
            if not words.isascii():
                return ""
        slug = _BETWEEN_WORDS.sub("-", _NO_WORD.sub("", words).strip())
        return slug if self.settings.get("SLUGIFY_PRESERVE_CASE") else slug.lower()

    def _filled(self, pattern: str, text: SiteText, slug: str) -> str:
        """The pattern with its fields filled; "" if one is not known."""
        category = self._slugified(text.categories[0]) if text.categories else "misc"
        values = {"slug": slug, "lang": text.language, "category": category}
        filled, at = "", 0
        for found in _FIELD.finditer(pattern):
            if found[1] == "date":
                value = _date(text, found[2] or "")
            else:
                value = values.get(found[1], text.word(found[1].casefold()))
            if not value:
                return ""
            filled, at = filled + pattern[at : found.start()] + value, found.end()
        return filled + pattern[at:]

    def lists(self, categories: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Addresses of lists, and what they list."""
        for prefix in ["", *sorted(map(str, self.subsites))]:
            yield address(self.base, prefix, "/"), "home"
            yield address(self.base, prefix, "archives.html"), "archive"
            feeds = {
                "FEED_ALL_ATOM": "feeds/all.atom.xml",
                "FEED_ATOM": "",
                "FEED_RSS": "",
                "FEED_ALL_RSS": "",
            }
            for feed in (word(self.settings, key, usual) for key, usual in feeds.items()):
                if feed:
                    yield address(self.base, prefix, feed), "feed"
            pattern = word(self.settings, "CATEGORY_URL", "category/{slug}.html")
            for name in sorted(categories):
                if slug := self._slugified(name):
                    yield address(self.base, prefix, pattern.replace("{slug}", slug)), f"topic:{name}"


# Source: the package Unidecode 1.4, which Pelican spells with; other scripts are not known here.
_LATIN = (
    "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch"
    " ш=sh щ=shch ъ=' ы=y ь=' э=e ю=iu я=ia ё=io і=i ї=yi є=ie ў=u ґ=g' ј=j љ=lj њ=nj ћ=tsh ђ=dj џ=dzh ł=l"
    " ø=o ß=ss æ=ae œ=oe đ=d þ=th"
)
_PAIRS = [(pair[0], pair[2:]) for pair in _LATIN.split()]
_CAPITALS = {letter.upper(): latin.capitalize() for letter, latin in _PAIRS if len(letter.upper()) == 1}
_SIGNS = {"№": "No. ", "€": "EUR", "–": "-", "—": "-", "\xa0": " "} | dict.fromkeys("‘’“”„«»…", "")
_SPELLED = str.maketrans(dict(_PAIRS) | _CAPITALS | _SIGNS)


def _settings(folder: Path) -> Settings:
    """The settings; those for publishing count more, such as the site's address."""
    files = [folder / name for name in _FILES]
    found: dict[str, Any] = {}
    for file in files:
        if file.is_file() and not file.is_symlink():
            found |= read_settings(file)
    return found


def _dict(settings: Settings, key: str) -> Mapping[Any, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _date(text: SiteText, signs: str) -> str:
    """The day by a pattern such as `%Y/%m`; "" if it has signs of another kind."""
    known = all(found[1] in _KNOWN_DATE_SIGNS for found in _DATE_SIGN.finditer(signs))
    return text.published.strftime(signs) if known and len(signs) < 60 else ""  # noqa: PLR2004  # ample
