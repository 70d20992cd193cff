"""Which files of another program's site are texts, and which of them their names call drafts."""

import re
from pathlib import PurePath

ENDINGS = (".md", ".markdown")
_MADE_BY_SYSTEMS = ("thumbs.db", "desktop.ini", "__macosx")
_NO_TEXTS = ("_site", "node_modules", "_includes", "_layouts", "_data", "_sass")
_OF_DRAFTS = ("draft", "drafts", "private", "unpublished", "hidden", "trash", "unlisted", "secret")
_CALLED_STEM = re.compile(
    r"(?:.*\.)?_?(?:draft|unpublished|private|wip)(?:[._].*)?|draft[ -].*", re.IGNORECASE
)
_ABOUT_A_PROJECT = ("readme", "changelog", "license", "contributing")
_LIST_PAGE = "_index"


def is_site_text(path: PurePath) -> bool:
    """Whether a file may be a text, by its path in the site's folder."""
    return path.suffix.casefold() in ENDINGS and not is_no_text(path)


def is_no_text(path: PurePath) -> bool:
    """Whether a file is none of the site's texts, whatever its ending is."""
    return (
        is_system_file(path)
        or any(part in _NO_TEXTS for part in path.parts)
        or is_about_a_project(path)
        or path.name.split(".")[0] == _LIST_PAGE
    )


def is_called_draft(path: PurePath) -> bool:
    """Whether the name of the file, or of a folder in its relative path, is that of a draft."""
    folders = (part.casefold().lstrip("_") for part in path.parent.parts)
    stem = re.sub(r"^\d{4}-\d{2}-\d{2}[ _.-]*", "", path.stem)
    return any(part in _OF_DRAFTS for part in folders) or bool(_CALLED_STEM.fullmatch(stem))


def is_about_a_project(path: PurePath) -> bool:
    """Whether a file is about the site itself, such as README.md."""
    return path.stem.casefold() in _ABOUT_A_PROJECT


def is_system_file(path: PurePath) -> bool:
    """Whether a part of the path is of a file that operating systems or text editors make."""
    return any(part.startswith((".", "~$")) or part.lower() in _MADE_BY_SYSTEMS for part in path.parts)
