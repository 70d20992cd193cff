"""Pictures as pages show them: sizes to choose from, words, a caption in its own language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from broadsheet.issues.pictures import Shown

IN_TEXT = "(min-width: 64rem) 38rem, (min-width: 42rem) 38rem, 92vw"
BESIDE = "(min-width: 44rem) 12rem, 92vw"


@dataclass(frozen=True)
class Images:
    """The pictures of one text, from `root`, as its page reaches them.

    `tongue` says in which other language a caption is, or nothing. `choice` is false where only one size
    can be given, as in feeds.
    """

    shown: Mapping[str, Shown]
    root: str
    tongue: Callable[[str], str]
    choice: bool = True

    def __call__(self, source: str, alt: str, caption: str, *, alone: bool) -> str:
        """One image of a text (`Pictures` of `site/html.py`); one that is not ours becomes its words."""
        if source not in self.shown:
            return f"<em>{escape(caption or alt or source, quote=False)}</em>"
        if alone:
            return self.figure(source, alt, caption)
        lang = self._lang(caption)
        words = f" <em{lang}>{escape(caption, quote=False)}</em>" if caption else ""
        return self.image(source, alt) + words

    def figure(self, source: str, alt: str, caption: str, *, first: bool = False) -> str:
        """The picture with its caption; the `first` of a page is loaded at once."""
        below = ""
        if caption:
            below = f'<figcaption dir="auto"{self._lang(caption)}>{escape(caption, quote=False)}</figcaption>'
        return f"<figure>{self.image(source, alt, first=first)}{below}</figure>"

    def image(self, source: str, alt: str, *, first: bool = False, sizes: str = IN_TEXT) -> str:
        """The picture alone, as wide as `sizes` says."""
        picture = self.shown[source]
        largest = picture.largest
        address = escape(self.root + largest.path)
        measures = f'width="{largest.width}" height="{largest.height}"'
        words = f'alt="{escape(alt)}"{self._lang(alt)}'
        if not self.choice:
            return f'<img src="{address}" {words} {measures}>'
        several = ""
        if len(picture.sizes) > 1:
            choice = ", ".join(f"{escape(self.root + size.path)} {size.width}w" for size in picture.sizes)
            several = f' srcset="{choice}" sizes="{sizes}"'
        hurry = ' fetchpriority="high"' if first else ' loading="lazy"'
        return f'<img src="{address}"{several} {words} {measures} decoding="async"{hurry}>'

    def _lang(self, words: str) -> str:
        language = self.tongue(words)
        return f' lang="{escape(language)}"' if language else ""
