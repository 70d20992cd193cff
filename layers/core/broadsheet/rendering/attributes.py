"""Writes the HTML attributes of texts, and refuses unsafe ones, whoever calls it."""

from html import escape

from broadsheet.characters import refuse_control
from broadsheet.link_targets import scheme_of
from broadsheet.rendering.links import SCHEMES

_PLAIN = {
    *("align", "alt", "class", "decoding", "dir", "fetchpriority", "height", "id", "lang", "loading"),
    *("role", "scope", "sizes", "start", "tabindex", "title", "value", "width", "aria-label"),
    *("colspan", "reversed", "rowspan", "type"),
}
_LINKS = {"href": ("", *SCHEMES), "src": ("", "http", "https"), "srcset": ("", "http", "https")}


class UnsafeAttributeError(ValueError):
    """An attribute that could run or load something. Nothing was written; the message holds no text of it."""


def attributes(**given: str | int) -> str:
    """The attributes as they are written in a tag, each after a space.

    `_` in a name becomes `-`, and a trailing one is dropped (`class_`). Empty values are left out, except of
    `alt`.

    Raises:
        UnsafeAttributeError: the name is not allowed, or the scheme of a link is not.
        ControlCharacterError: clean the value first.
    """
    written = [
        _one(name.rstrip("_").replace("_", "-"), str(value))
        for name, value in given.items()
        if value != "" or name == "alt"
    ]
    return "".join(written)


def _one(name: str, value: str) -> str:
    if name in _LINKS:
        if scheme_of(value) not in _LINKS[name]:
            raise UnsafeAttributeError(f"{name} leads to a scheme that is not allowed")
    elif name not in _PLAIN:
        raise UnsafeAttributeError(f"no text of ours has an attribute {name[:20]!r}")
    return f' {name}="{escape(refuse_control(value))}"'
