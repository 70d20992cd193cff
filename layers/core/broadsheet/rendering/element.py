"""An author's HTML as a tree."""

from dataclasses import dataclass

PHRASES = frozenset(
    {*("a", "b", "br", "code", "del", "em", "i", "img", "s", "span", "strong", "sub", "sup", "u")}
)


@dataclass(frozen=True)
class Element:
    """An element and what it holds: elements, and words as they are read."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: "tuple[Element | str, ...]" = ()

    @property
    def has_blocks(self) -> bool:
        """Whether there is anything in it that may not stand in a line."""
        return any(
            child.name not in PHRASES or child.has_blocks
            for child in self.children
            if isinstance(child, Element)
        )


Content = Element | str
