"""Which file of an issue's folder is the text of which edition.

`en.md` is the name; `en.MD`, `EN.md`, `en .md`, `en.markdown`, `en.txt` and `en.md.txt` mean the same, as
systems and text editors write them. If two files mean the same edition, the plain name counts.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

_ENDING = ".md"
_TEXTS = (".md", ".markdown", ".mdown", ".mkd", ".txt", ".text")
_DOCUMENTS = (*_TEXTS, ".doc", ".docx", ".odt", ".rtf", ".pages", ".pdf", ".html", ".htm")
PICTURES = "images/"  # the pictures' folder beside the texts
PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp")
_FILES_OF_PROGRAMS = (  # a text editor adds .txt to them; they are no texts
    *(".toml", ".yaml", ".yml", ".json", ".xml", ".ini", ".cfg", ".env", ".log", ".css", ".js", ".py", ".sh"),
    *(".csv", ".tsv", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".eml", ".ics", ".zip", ".gpg", ".age"),
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".heic", ".tif", ".tiff", ".mp3", ".mp4"),
)
_SETTINGS = tuple(  # files of the operator's, under whatever name they arrive, with the rule about each
    (re.compile(rf".*{name}[^/]*[._ -]toml\b[^/]*", re.IGNORECASE), rule)
    for name, rule in (("newsletter", "settings-elsewhere"), ("redirects", "redirects-elsewhere"))
)
_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}
_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,12})?")
_BARE_CODE = re.compile(r"[a-z]{2}")  # `en` without its ending
_FOLDER = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z0-9-]{1,30})?", re.ASCII)


def issue_day(issue_id: str) -> date | None:
    """The day of a folder `YYYY-MM-DD[-slug]`; None for any other name."""
    found = _FOLDER.fullmatch(issue_id)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def edition_of(name: str) -> str:
    """The edition that a file's name means: a language code, or else its stem; "" if it is no text."""
    if "/" in name:
        return ""
    stem = unicodedata.normalize("NFC", name).strip()
    while ending := next((each for each in _TEXTS if stem.casefold().endswith(each)), ""):
        stem = stem[: -len(ending)].strip()
    if _CODE.fullmatch(stem.casefold()):
        return stem.casefold() if len(stem) < len(name) else ""
    return name.removesuffix(_ENDING) if name.endswith(_ENDING) else ""


def texts_among(names: Iterable[str]) -> dict[str, str]:
    """The file name of each edition's text."""
    found: dict[str, str] = {}
    for name in sorted(names):
        edition = edition_of(name)
        if edition and (edition not in found or name == edition + _ENDING):
            found[edition] = name
    return found


def is_like_a_text(name: str) -> bool:
    """Whether a file beside the texts was probably meant as a text."""
    last = name.rpartition("/")[2].casefold().strip()
    if name.startswith(PICTURES) or text_stem(last).endswith(_FILES_OF_PROGRAMS):
        return False
    return last.endswith(_DOCUMENTS) or bool(_BARE_CODE.fullmatch(last))


def settings_rule(name: str) -> str:
    """The rule about a file that was meant as `newsletter.toml` or `redirects.toml`; "" for any other.

    `newsletter.toml.txt` and `Newsletter (1).toml` were meant as the former.
    """
    last = name.rpartition("/")[2]
    return next((rule for pattern, rule in _SETTINGS if pattern.fullmatch(last)), "")


def is_plain_text(name: str) -> bool:
    """Whether a file that was meant as a text is a plain one, by its name."""
    last = name.rpartition("/")[2].casefold().strip()
    return last.endswith(_TEXTS) or bool(_BARE_CODE.fullmatch(last))


def text_stem(name: str) -> str:
    """The name of a file without folders and without the endings of texts and documents."""
    stem = unicodedata.normalize("NFC", name.rpartition("/")[2]).strip()
    while ending := next((each for each in _DOCUMENTS if stem.casefold().endswith(each)), ""):
        stem = stem[: -len(ending)].strip()
    return stem


def is_picture(name: str) -> bool:
    """Whether it is a picture in its place beside the texts, by its name."""
    return name.startswith(PICTURES) and name.casefold().endswith(PICTURE_TYPES)


def is_hidden(name: str) -> bool:
    """Whether it is not an editor's file: a folder marker, or a file of a system or a word processor."""
    parts = name.casefold().split("/")
    return not parts[-1] or any(part.startswith((".", "~$")) or part in _SYSTEM_FILES for part in parts)
