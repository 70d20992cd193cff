"""The second reading of an export: the text of each post becomes Markdown, and its pictures are found."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conversion.clean_entries import clean_entries
from conversion.facts import one_line
from conversion.folder_markdown import html_of_folder_text
from conversion.folder_site import FolderSite
from conversion.issue_text import escaped
from conversion.pictures import Pictures
from conversion.post import BodyFormat, ExportReader, Post
from conversion.progress import Track
from conversion.work_store import StoredPicture, StoredText, WorkStore

HEADING = 4  # the level of the highest heading in a text: below a commentary's headline
_COMMITTED_TOGETHER = 50
_LONGEST_SHOWN = 300


class ConvertedHTML(Protocol):
    """The Markdown of a text, and what could not be kept, in words."""

    @property
    def markdown(self) -> str:
        """The text."""

    @property
    def lost(self) -> tuple[str, ...]:
        """What is not in it."""


class MarkdownOf(Protocol):
    """Turns HTML into the Markdown of the desk; `picture` gives the path of a picture, or None."""

    def __call__(self, html: str, picture: Callable[[str], str | None], *, heading: int) -> ConvertedHTML:
        """The Markdown, its highest headings of the level `heading`."""


@dataclass(frozen=True)
class TextConverter:
    """Converts posts into the store. `base` is a digest of all that their texts depend on."""

    reader: ExportReader
    pictures: Pictures
    work: WorkStore
    markdown_of: MarkdownOf
    base: str

    def convert(self, wanted: Collection[str], track: Track) -> None:
        """Convert the posts of these ids, but for those that the store has already."""
        entries = clean_entries(self.reader)
        posts = (entry for entry in entries if isinstance(entry, Post) and entry.id in wanted)
        for number, entry in enumerate(track(posts, "Converting texts", len(wanted))):
            key = _digest(self.base, entry.body, entry.body_format, entry.picture, entry.picture_alt)
            if not self.work.has_text(entry.id, key):
                self.work.keep_text(entry.id, key, self.text_of(entry))
            if number % _COMMITTED_TOGETHER == 0:
                self.work.commit()
        self.work.commit()

    def text_of(self, post: Post) -> StoredText:
        """A post's text; the picture above it is a paragraph of its own."""
        found: dict[str, StoredPicture] = {}
        missing: dict[str, str] = {}

        def picture(address: str) -> str | None:
            one = self.pictures.find(address)
            if one.problem:
                missing[_shown(address)] = one.problem
                return None
            found[one.path] = StoredPicture(one.path, one.digest, one.where, one.size)
            return one.path

        html, codes = post.body, tuple[str, ...]()
        if post.body_format is BodyFormat.MARKDOWN or isinstance(self.reader, FolderSite):
            is_html = post.body_format is BodyFormat.HTML
            is_typographic = isinstance(self.reader, FolderSite) and self.reader.site.is_typographic
            html, codes = html_of_folder_text(post.body, is_html=is_html, is_typographic=is_typographic)
        text = self.markdown_of(html, picture, heading=HEADING)
        markdown = text.markdown.strip()
        if post.picture and (above := picture(post.picture)) and above not in markdown:
            alternative = escaped(one_line(post.picture_alt or post.title))
            markdown = f"![{alternative}]({above})\n\n{markdown}".strip()
        return StoredText(markdown, tuple(found.values()), tuple(missing.items()), (*codes, *text.lost))


def code_digest() -> str:
    """A digest of the code that converts."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def digest_of_files(place: Path) -> str:
    """A digest of the names, sizes and times of a file or of all files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        found = file.lstat()
        digest.update(f"{file}\0{found.st_size}\0{found.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _digest(*parts: str) -> str:
    whole = "\0".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _shown(address: str) -> str:
    return "a picture in the text itself" if address.startswith("data:") else address[:_LONGEST_SHOWN]
