"""Pictures as pages show them: sizes to choose from, an alternative text, a caption in its own language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from broadsheet.characters import without_control
from broadsheet.content.pictures import SitePicture
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.attributes import attributes
from broadsheet.rendering.html import caption_only, words_of
from broadsheet.rendering.language_spans import foreign_language

IN_TEXT = "(min-width: 64rem) 38rem, (min-width: 42rem) 38rem, 92vw"
BESIDE = "(min-width: 44rem) 12rem, 6.5rem"
BESIDE_FIRST = "(min-width: 44rem) 12rem, 92vw"
OPENING = "(min-width: 54rem) 29rem, (min-width: 44rem) 54vw, 92vw"


@dataclass(frozen=True)
class Images:
    """The pictures of one text; `root` is the way from its page to the root of the site.

    `language_of` returns the language of a caption if it is not that of the page, else "". Without `choice`
    an image has one size, as in feeds.
    """

    shown: Mapping[str, SitePicture]
    root: str
    language_of: Callable[[str], str]
    choice: bool = True

    def __call__(self, source: str, alt: str, caption: str, *, alone: bool) -> str:
        """One image of a text (see `Pictures` in `html.py`); its words if the site has no such picture."""
        if source not in self.shown:
            return caption_only(source, alt, caption, alone=alone)
        if alone:
            return self.figure(source, alt, caption)
        words = (
            f" <em{attributes(lang=self.language_of(caption))}>{words_of(caption)}</em>" if caption else ""
        )
        return self.image(source, alt) + words

    def figure(
        self, source: str, alt: str, caption: str, *, first: bool = False, sizes: str = IN_TEXT
    ) -> str:
        """The picture with its caption; the `first` one of a page is loaded at once."""
        below = ""
        if caption:
            written = attributes(dir="auto", lang=self.language_of(caption))
            below = f"<figcaption{written}>{words_of(caption)}</figcaption>"
        return f"<figure>{self.image(source, alt, first=first, sizes=sizes)}{below}</figure>"

    def image(self, source: str, alt: str, *, first: bool = False, sizes: str = IN_TEXT) -> str:
        """The picture alone; `sizes` are its widths on the page."""
        picture = self.shown[source]
        largest = picture.largest
        words = without_control(alt)
        own: dict[str, str | int] = {"alt": words, "lang": self.language_of(words)}
        own |= {"width": largest.width, "height": largest.height}
        if not self.choice:
            return f"<img{attributes(src=self.root + largest.path, **own)}>"
        choice = [f"{self.root}{size.path} {size.width}w" for size in picture.sizes]
        several = {"srcset": ", ".join(choice), "sizes": sizes} if len(choice) > 1 else {}
        loading = {"fetchpriority": "high"} if first else {"loading": "lazy"}
        written = attributes(src=self.root + largest.path, **several, **own, decoding="async", **loading)
        return f"<img{written}>"


def images_of(
    shown: Mapping[str, SitePicture],
    root: str,
    edition: Edition,
    newsletter: Newsletter,
    *,
    choice: bool = True,
) -> Images:
    """The pictures of an edition's text; a caption may be in the language of any edition."""
    languages = [other.language for other in newsletter.editions.values()]
    language_of = partial(foreign_language, own=edition.language, others=languages)
    return Images(shown, root, language_of, choice)
