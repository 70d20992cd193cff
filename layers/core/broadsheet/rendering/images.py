"""Pictures as pages show them: sizes to choose from, words, a caption in its own language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broadsheet.characters import without_control
from broadsheet.content.pictures import SitePicture
from broadsheet.rendering.attributes import attributes
from broadsheet.rendering.html import words_of

IN_TEXT = "(min-width: 64rem) 38rem, (min-width: 42rem) 38rem, 92vw"
BESIDE = "(min-width: 44rem) 12rem, 92vw"


@dataclass(frozen=True)
class Images:
    """The pictures of one text, from `root`, as its page reaches them.

    `language_of` gives a caption's language if it is another one, else "". `choice` is False where only one
    size can be given, as in feeds.
    """

    shown: Mapping[str, SitePicture]
    root: str
    language_of: Callable[[str], str]
    choice: bool = True

    def __call__(self, source: str, alt: str, caption: str, *, alone: bool) -> str:
        """One image of a text (`Pictures` of `rendering/html.py`); one that is not ours becomes its words."""
        if source not in self.shown:
            return f"<em>{words_of(caption or alt or source)}</em>"
        if alone:
            return self.figure(source, alt, caption)
        words = (
            f" <em{attributes(lang=self.language_of(caption))}>{words_of(caption)}</em>" if caption else ""
        )
        return self.image(source, alt) + words

    def figure(self, source: str, alt: str, caption: str, *, first: bool = False) -> str:
        """The picture with its caption; the `first` of a page is loaded at once."""
        below = ""
        if caption:
            written = attributes(dir="auto", lang=self.language_of(caption))
            below = f"<figcaption{written}>{words_of(caption)}</figcaption>"
        return f"<figure>{self.image(source, alt, first=first)}{below}</figure>"

    def image(self, source: str, alt: str, *, first: bool = False, sizes: str = IN_TEXT) -> str:
        """The picture alone, as wide as `sizes` says."""
        picture = self.shown[source]
        largest = picture.largest
        words = without_control(alt)
        said = {"alt": words, "lang": self.language_of(words)}
        measures = {"width": largest.width, "height": largest.height}
        if not self.choice:
            return f"<img{attributes(src=self.root + largest.path, **said, **measures)}>"
        choice = [f"{self.root}{size.path} {size.width}w" for size in picture.sizes]
        several = {"srcset": ", ".join(choice), "sizes": sizes} if len(choice) > 1 else {}
        hurry = {"fetchpriority": "high"} if first else {"loading": "lazy"}
        written = attributes(
            src=self.root + largest.path, **several, **said, **measures, decoding="async", **hurry
        )
        return f"<img{written}>"
