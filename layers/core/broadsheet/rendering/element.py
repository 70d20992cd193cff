"""An author's HTML as a tree."""

from dataclasses import dataclass

from broadsheet.content.node import PHRASE_TAGS
from broadsheet.content.raw_html import BLOCK_TAGS

INLINE = PHRASE_TAGS | {"img"}
BLOCKS = BLOCK_TAGS | {"div"}


@dataclass(frozen=True)
class Element:
    """An element with its children: elements, and words without escapes."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: "tuple[Element | str, ...]" = ()

    @property
    def has_blocks(self) -> bool:
        """Whether an element in it may not stand within a line."""
        return any(
            child.name not in INLINE or child.has_blocks
            for child in self.children
            if isinstance(child, Element)
        )


Content = Element | str
