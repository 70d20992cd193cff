"""Which file of an issue's folder is which edition's text, read as it was plainly meant.

`en.md` is the name; `en.MD`, `EN.md`, `en.markdown`, `en.txt` and `en.md.txt` mean the same, as systems and
editors of texts write them. Where two mean one edition the plain name counts, and the other is a stray.
"""

import re
import unicodedata
from collections.abc import Iterable

_ENDING = ".md"
_ALSO = (".md", ".markdown", ".mdown", ".mkd", ".txt", ".text")
_DOCUMENTS = (*_ALSO, ".doc", ".docx", ".odt", ".rtf", ".pages", ".pdf", ".html", ".htm")
_MADE_BY_SYSTEMS = {"thumbs.db", "desktop.ini", "__macosx"}
_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,12})?")

_BARE_CODE = re.compile(r"[a-z]{2}")  # `en`, its ending lost


def edition_of(name: str) -> str:
    """The edition that a file's name means, as it is written where that is no code; "" for no text."""
    if "/" in name:
        return ""
    stem = unicodedata.normalize("NFC", name)
    while ending := next((each for each in _ALSO if stem.casefold().endswith(each)), ""):
        stem = stem[: -len(ending)]
    if _CODE.fullmatch(stem.casefold()):
        return stem.casefold() if len(stem) < len(name) else ""
    return name.removesuffix(_ENDING) if name.endswith(_ENDING) else ""


def texts_among(names: Iterable[str]) -> dict[str, str]:
    """The name of each edition's text."""
    found: dict[str, str] = {}
    for name in sorted(names):
        edition = edition_of(name)
        if edition and (edition not in found or name == edition + _ENDING):
            found[edition] = name
    return found


def is_like_a_text(name: str) -> bool:
    """Whether a file beside the texts was probably meant as one."""
    last = name.rpartition("/")[2].casefold()
    return not name.startswith("images/") and (last.endswith(_DOCUMENTS) or bool(_BARE_CODE.fullmatch(last)))


def is_hidden(name: str) -> bool:
    """Whether it is no editor's: a folder's mark, or what a system or a word processor leaves behind."""
    parts = name.casefold().split("/")
    return not parts[-1] or any(part.startswith((".", "~$")) or part in _MADE_BY_SYSTEMS for part in parts)
