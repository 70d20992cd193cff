"""Reads the source of a static site: Hugo, Jekyll, Pelican, Hexo, Eleventy, Nikola, or plain texts.

Heads, drafts and the names of drafts are read as `broadsheet check --lenient` reads them. Nothing in the
folder is run, links are not followed, and files outside of it are never read.
"""

import html
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, tzinfo
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from broadsheet.characters import printable
from broadsheet.content.decode import LONGEST_FILE_BYTES, decoded
from broadsheet.content.findings import Findings, UnpublishableError
from broadsheet.content.front_matter import FrontMatter, split_front_matter
from broadsheet.content.site_texts import is_called_draft, is_no_text
from broadsheet.content.written_dates import written_day, written_moment
from conversion.hugo_site import HugoSite
from conversion.jekyll_site import HexoSite, JekyllSite
from conversion.other_sites import EleventySite, NikolaSite, PlainSite
from conversion.pelican_site import PelicanSite
from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.site_heads import (
    authors,
    hiding_code,
    html_document,
    picture,
    spoken,
    title_and_body,
    why_not_public,
    with_inherited,
    written_date,
)
from conversion.site_layout import SiteLayout
from conversion.site_settings import read_settings, table, word
from conversion.site_targets import Targets
from conversion.site_text import SiteText, head_word, head_words, name_and_day

MOST_PICTURE_BYTES = 25_000_000
MOST_REMEMBERED = 10_000  # places of pictures
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".avif", ".bmp", ".tif", ".tiff")
_HTML = (".html", ".htm")
_OTHER_MARKUP = (".rst", ".adoc", ".asciidoc", ".org", ".textile", ".ipynb", ".mdx", ".rmd")
_LINK = "a link to another file, which is not followed"
_NO_FILE = "no ordinary file, or its name has characters that are no letters"
_NOT_READ = "not in Markdown or HTML: save it as Markdown, for example with pandoc"
_PRUNED = ("_site", "node_modules", "vendor", "bower_components")
_TRANSLATIONS = (
    *("translationkey", "translation_key", "translation_id", "ref", "page_id", "lang-ref", "lang_ref"),
    "translation",
)


_LAYOUTS: tuple[type[SiteLayout], ...] = (
    HugoSite,
    PelicanSite,
    HexoSite,
    JekyllSite,
    EleventySite,
    NikolaSite,
    PlainSite,
)


class FolderSite:
    """Reads the folder of a static site; opening it raises UnreadableExportError if there is none.

    `now` is the time of the conversion: texts with later dates were not public.
    """

    system: str

    def __init__(self, path: Path, zone: tzinfo, now: datetime | None = None) -> None:
        self.folder = path.resolve()
        layout = next((each for each in _LAYOUTS if path.is_dir() and each.recognises(self.folder)), None)
        if layout is None:
            raise UnreadableExportError(
                f"There is no text (.md) in {path}: give the folder of a site's source."
            )
        self.site: SiteLayout = layout(self.folder)
        self.system = self.site.system
        self.newsletter_zone = zone
        self.zone = _zone(self.site.time_zone) or zone
        self.now = now or datetime.now(UTC)
        self._picture_path = lru_cache(MOST_REMEMBERED)(self._found_picture)
        self._found: set[str] | None = None  # the categories, once all texts were read

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether it is a folder with texts of a static site."""
        return path.is_dir() and any(layout.recognises(path) for layout in _LAYOUTS)

    def entries(self) -> Iterator[Post | LeftOut]:
        """The texts of each folder in the order of their names; one at a time is in memory."""
        found: set[str] = set()
        for path, is_link in self._files():
            read = self._read(path, is_link=is_link)
            if isinstance(read, LeftOut):
                yield read
            elif read:
                found.update(read[0].categories)
                yield self._post(path, *read)
        self._found = found

    def file(self, address: str) -> bytes | None:
        """A picture in the folder, by its address in a post."""
        path = self._picture_path(address, PurePosixPath())
        if not path:
            return None
        with (self.folder / path).open("rb") as opened:
            content = opened.read(MOST_PICTURE_BYTES + 1)
        return content if len(content) <= MOST_PICTURE_BYTES else None

    def site_addresses(self) -> dict[str, str]:
        """Addresses of lists; reads all texts, unless `entries` has."""
        if self._found is None:
            for _ in self.entries():
                pass
        return dict(self.site.lists(frozenset(self._found or ())))

    @property
    def hosts(self) -> frozenset[str]:
        """The old site's host, if its settings name it."""
        try:
            return frozenset({urlsplit(self.site.host).hostname or ""})
        except ValueError:
            return frozenset()

    def _files(self) -> Iterator[tuple[PurePosixPath, bool]]:
        """The files that may be texts, and whether each is a link; links to folders are among them."""
        for folder, folders, files in os.walk(self.folder):
            within = PurePosixPath(Path(folder).relative_to(self.folder).as_posix())
            links = {name for name in folders if (Path(folder) / name).is_symlink()}
            folders[:] = sorted(n for n in folders if n not in links and n not in _PRUNED and n[0] != ".")
            for name in sorted([*files, *links]):
                yield within / name, name in links or (Path(folder) / name).is_symlink()

    def _read(self, path: PurePosixPath, *, is_link: bool) -> tuple[SiteText, str] | LeftOut | None:
        """A text with its body, or why it is none; None for a file that nobody takes for one."""
        ending, place = path.suffix.casefold(), path.as_posix()
        placed = None if is_no_text(path) else self.site.place(path)
        if placed is None or ending not in (*self.site.endings, *_OTHER_MARKUP):
            return None
        if isinstance(placed, Reason):
            return LeftOut(place, "", placed)
        if is_link or ending in _OTHER_MARKUP:
            why = (Reason.UNREADABLE, _LINK) if is_link else (Reason.OTHER_KIND, _NOT_READ)
            return LeftOut(place, "", *why)
        if not place.isprintable() or not (self.folder / path).is_file():
            return LeftOut(printable(place), "", Reason.UNREADABLE, _NO_FILE)
        try:
            front = self._front(path)
        except (UnpublishableError, OSError) as error:
            return LeftOut(place, "", Reason.UNREADABLE, _said(error))
        return self._text(path, *placed, with_inherited(front, self.site.inherited(placed[0])))

    def _front(self, path: PurePosixPath) -> FrontMatter:
        """The head and the body of a text.

        Raises:
            UnpublishableError: it is no text in UTF-8, or a line of its head can't be read: it may say that
                the text is a draft.
        """
        with (self.folder / path).open("rb") as opened:
            content = opened.read(LONGEST_FILE_BYTES + 1)
        found = Findings(path.as_posix(), lenient=True)
        bare = content.removeprefix(b"\xef\xbb\xbf")
        if path.suffix.casefold() in _HTML and bare.lstrip()[:1] == b"<":
            return html_document(decoded(found, b"." + bare)[1:])  # as a whole document it would be refused
        front = split_front_matter(found, decoded(found, content))
        if found.stop:
            raise UnpublishableError(found.all())
        return front

    def _text(
        self, path: PurePosixPath, within: PurePosixPath, language: str, front: FrontMatter
    ) -> tuple[SiteText, str] | LeftOut:
        place, stem = path.as_posix(), within.parent.name if within.stem == "index" else within.stem
        name, _ = name_and_day(stem)
        title, body = title_and_body(front, name or stem)
        why = why_not_public(front, self.now) or self._why_section_hidden(path)
        if why or is_called_draft(path):
            return LeftOut(place, title, *(why or (Reason.DRAFT, "its name or folder says so")))
        published = self._published(within, stem, front)
        if published is None:
            is_page = self.site.is_page(within)
            return LeftOut(place, title, Reason.PAGE if is_page else Reason.NO_DATE)
        if published > self.now:
            return LeftOut(place, title, Reason.SCHEDULED, f"date: {published:%Y-%m-%d}")
        if code := hiding_code(body):
            return LeftOut(place, title, Reason.PRIVATE, f"a code in its text, {code}")
        if not body.strip():
            return LeftOut(place, title, Reason.EMPTY)
        said = head_word(front, "lang") or head_word(front, "language") or language
        categories = self.site.categories(within, spoken(self._list(front, "categories", "category")))
        shown = _code(said) or _code(self.site.default_language)
        return SiteText(within, stem, name or stem, front, title, published, shown, categories), body

    def _post(self, path: PurePosixPath, text: SiteText, body: str) -> Post:
        addresses = tuple(dict.fromkeys(each for each in self.site.addresses(text) if each))
        above, described = picture(text.front)
        targets = Targets(
            addresses[0] if addresses else "",
            self.site.base,
            lambda name: self._address_of(name, path, text.language),
            lambda target: self._picture_address(target, path.parent),
        )
        key = next((word for each in _TRANSLATIONS if (word := head_word(text.front, each))), "")
        is_html = path.suffix.casefold() in _HTML
        return Post(
            id=path.as_posix(),
            title=text.title,
            summary=_summary(text),
            body=targets.at_home(body),
            body_format=BodyFormat.HTML if is_html else BodyFormat.MARKDOWN,
            published=text.published,
            slug=text.word("slug") or text.name,
            place=path.as_posix(),
            addresses=addresses,
            language=text.language,
            translations=key or (self._shared(text) if text.language else ""),
            categories=text.categories,
            tags=spoken(self._list(text.front, "tags", "tag")),
            authors=authors(text.front, self._known_authors),
            picture=(self._picture_address(above, path.parent) or above) if above else self._featured(path),
            picture_alt=described,
        )

    def _shared(self, text: SiteText) -> str:
        """What the languages of one text have in common: in Pelican the slug, else the path."""
        slug = text.word("slug")
        return slug if slug and self.system == PelicanSite.system else text.path.with_suffix("").as_posix()

    def _list(self, front: FrontMatter, many: str, one: str) -> tuple[str, ...]:
        """Jekyll divides `categories: a b` at spaces, others at commas; a single one is whole."""
        separator = r"\s+" if self.system == JekyllSite.system else ","
        whole = head_word(front, one)
        items = (whole,) if whole and self.system == JekyllSite.system else head_words(front, one)
        return (*head_words(front, many, separator=separator), *items)

    def _published(self, within: PurePosixPath, stem: str, front: FrontMatter) -> datetime | None:
        """The date in the head, else the day that the name of the file or of its folders says.

        Readers saw a day without a time as that day, so it is one in the newsletter's zone, wherever the old
        site was.
        """
        if found := written_date(front, self.zone):
            is_local = self.site.shows_own_time and self.site.time_zone
            found = found.astimezone(self.zone) if is_local else found
            return found if found.time() != time() else found.replace(tzinfo=self.newsletter_zone)
        parts = within.parent.parts
        nested = ["/".join(parts[at : at + 3]) for at in range(len(parts) - 2)]
        days = (written for written in (name_and_day(stem)[1], *nested, *parts[::-1]) if written_day(written))
        return next((written_moment(day[:10], self.newsletter_zone) for day in days), None)

    def _why_section_hidden(self, path: PurePosixPath) -> tuple[Reason, str] | None:
        """Hugo: what the `cascade` of a section above says about all its texts."""
        for folder in path.parents if isinstance(self.site, HugoSite) else ():
            if folder not in self._sections:
                self._sections[folder] = self._cascade(folder)
            if why := self._sections[folder]:
                return why
        return None

    @cached_property
    def _sections(self) -> dict[PurePosixPath, tuple[Reason, str] | None]:
        return {}

    def _cascade(self, folder: PurePosixPath) -> tuple[Reason, str] | None:
        for file in sorted((self.folder / folder).glob("_index.*")):
            try:
                front = self._front(folder / file.name)
            except (UnpublishableError, OSError):
                continue
            if "cascade" in front.values:
                return why_not_public(FrontMatter({}, {}, front.inner, "", 0), self.now)
        return None

    @cached_property
    def _known_authors(self) -> dict[str, str]:
        """The names of authors by the ids that Jekyll's data give them."""
        file = next((f for f in sorted((self.folder / "_data").glob("authors.y*ml")) if f.is_file()), None)
        found = read_settings(file) if file and not file.is_symlink() else {}
        return {key: name for key in found if (name := word(table(found, key), "name"))}

    @cached_property
    def _index(self) -> dict[tuple[str, str], str]:
        """The address of each public text, by its language and any end of its path."""
        found: dict[tuple[str, str], str] = {}
        for path, is_link in self._files():
            read = None if is_link else self._read(path, is_link=False)
            text = read[0] if isinstance(read, tuple) else None
            own = next(self.site.addresses(text), "") if text else ""
            for language, whole in ((text.language, text.path), ("", path)) if text and own else ():
                for name in _ends(whole):
                    found.setdefault((language, name), own)
        return found

    def _address_of(self, name: str, path: PurePosixPath, language: str) -> str:
        """The address of the text that another one names, by a path from it or by an end of its path."""
        near = os.path.normpath(path.parent / name)
        names = [near, name.strip("/").removeprefix("./").removeprefix("../")]
        found = (self._index.get((code, each), "") for each in names for code in (language, ""))
        return next((address for address in found if address), "")

    def _featured(self, path: PurePosixPath) -> str:
        """The picture beside `index.md` that themes show above the text."""
        if not isinstance(self.site, HugoSite) or not path.stem.startswith("index"):
            return ""
        beside = sorted(each.name for each in (self.folder / path.parent).glob("*") if each.is_file())
        name = next((n for n in beside if "featured" in n.casefold() or n.casefold().startswith("cover")), "")
        return self._picture_address(name, path.parent) if name else ""

    def _picture_address(self, target: str, folder: PurePosixPath) -> str:
        path = self._picture_path(target, folder)
        return f"/{path}" if path else ""

    def _found_picture(self, target: str, folder: PurePosixPath) -> str:
        """The path in the site's folder of a picture that a text in `folder` shows; "" if it is not there."""
        target = self._on_this_site(html.unescape(target.strip()))
        within = unquote(target.partition("?")[0].partition("#")[0]).replace("\\", "/")
        if not within.casefold().endswith(_PICTURES) or "\0" in within:
            return ""
        tried = [] if within.startswith("/") else [folder / within]
        tried += [PurePosixPath(root, within.lstrip("/")) for root in (*self.site.statics, "")]
        return next((path for each in tried if (path := self._own(each))), "")

    def _on_this_site(self, target: str) -> str:
        """The path of an address of the old site's own host; any other target as it is."""
        if found := _PELICAN.match(target):
            return target[found.end() :]
        try:
            parts, own = urlsplit(target), urlsplit(self.site.host)
        except ValueError:
            return ""
        if parts.netloc and parts.netloc.casefold().removeprefix(
            "www."
        ) != own.netloc.casefold().removeprefix("www."):
            return ""
        path = parts.path
        return path.removeprefix(self.site.base) if path.startswith(f"{self.site.base}/") else path

    def _own(self, path: PurePosixPath) -> str:
        """The path, if it is a file in the folder and no part of it is a link or hidden."""
        within = os.path.normpath(path)
        if within.startswith(("..", "/")) or "/." in f"/{within}":
            return ""
        file = self.folder / within
        try:
            return within if file.is_file() and file.resolve() == file else ""
        except (OSError, ValueError):
            return ""


_PELICAN = re.compile(r"^[{|](?:filename|static|attach)[}|]/?")


def _ends(path: PurePosixPath) -> Iterator[str]:
    """The path and each end of it, with and without ending; for `a/index.md` also `a`."""
    for at in range(len(path.parts)):
        end = PurePosixPath(*path.parts[at:])
        yield end.as_posix()
        yield end.with_suffix("").as_posix()
        if end.stem == "index" and len(end.parts) > 1:
            yield end.parent.as_posix()


def _said(error: UnpublishableError | OSError) -> str:
    """What is wrong with a text, for a person."""
    if isinstance(error, OSError):
        return error.strerror or "it can't be opened"
    text = next(finding for finding in error.findings if finding.is_error).text("en")
    return f"{text.what} {text.mend}"


def _summary(text: SiteText) -> str:
    """What lists showed; line ends and entities are none of its words."""
    written = text.word("summary", "description", "excerpt", "subtitle")
    return " ".join(html.unescape(written).split())


def _code(language: str) -> str:
    """The language's code without a region: `be` for `be_BY`."""
    return re.split(r"[-_]", language.casefold())[0]


def _zone(name: str) -> tzinfo | None:
    """The site's time zone; None if it names none that is known."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError):
        return None
