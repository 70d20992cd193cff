"""The files of an export: a zip archive, or the folder that it was unpacked into."""

import os
import unicodedata
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from broadsheet.content.text_names import is_hidden
from conversion.post import LeftOut, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError, SafeZip

LONGEST_PICTURE_BYTES = 50_000_000
_PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".svg", ".bmp", ".tif", ".tiff", ".heic")
_DEEPEST = 3  # folders around an export
_ZIP_STARTS = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")


class ExportFiles(Protocol):
    """Files by their names, with `/` between folders; `refused` are those that must not be read."""

    names: tuple[str, ...]
    refused: tuple[LeftOut, ...]

    def opened(self, name: str) -> BufferedReader:
        """A file as a stream; reading it raises DamagedFileError where it cannot be read."""

    def read(self, name: str, most_bytes: int) -> bytes | LeftOut:
        """The content of a file that is not larger than this."""


class SafeFolder:
    """The files in a folder, sorted; links are refused, as they may lead anywhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, Path] = {}
        refused = []
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(each for each in folders if not is_hidden(each))
            for name in sorted((*names, *(each for each in folders if (Path(folder) / each).is_symlink()))):
                file = Path(folder) / name
                shown = os.fsencode(file.relative_to(path)).decode("utf-8", "replace")
                shown = unicodedata.normalize("NFC", shown)
                if file.is_symlink():
                    refused.append(LeftOut(shown, "", Reason.UNREADABLE, "It is a link to another file."))
                elif file.is_file() and not is_hidden(shown):
                    self._files[shown] = file
        self.names = tuple(self._files)
        self.refused = tuple(refused)

    def opened(self, name: str) -> BufferedReader:
        """A file as a stream.

        Raises:
            DamagedFileError: it must not be read.
        """
        try:
            return self._files[name].open("rb")
        except OSError as error:
            raise DamagedFileError(f"It cannot be read: {error.strerror}.") from None

    def read(self, name: str, most_bytes: int) -> bytes | LeftOut:
        """The content of a file that is not larger than this."""
        try:
            with self.opened(name) as file:
                content = file.read(most_bytes + 1)
        except (DamagedFileError, OSError):
            return LeftOut(name, "", Reason.UNREADABLE, "It cannot be read.")
        if len(content) > most_bytes:
            return LeftOut(name, "", Reason.UNREADABLE, f"It is larger than {most_bytes / 1_000_000:g} MB.")
        return content


def is_zip(path: Path) -> bool:
    """Whether a file is a zip archive, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4) in _ZIP_STARTS
    except OSError:
        return False


def files_of(path: Path) -> ExportFiles | None:
    """The files of a folder or of a zip archive; None if it is another file.

    Raises:
        UnreadableExportError: it is a zip archive that cannot be read.
    """
    if path.is_dir():
        return SafeFolder(path)
    return SafeZip(path) if is_zip(path) else None


def folders_of(names: Iterable[str], file: str) -> list[str]:
    """The folders, "" or with a slash at their ends, in which this file lies; those near the top first."""
    found = (name.removesuffix(file) for name in names if name == file or name.endswith("/" + file))
    return sorted((folder for folder in found if folder.count("/") <= _DEEPEST), key=_depth)


def folder_of(names: Iterable[str], file: str) -> str | None:
    """The folder in which this file lies, "" or with a slash at its end; None without one.

    Raises:
        UnreadableExportError: it is in several folders: there are several exports.
    """
    found = folders_of(names, file)
    if len(found) > 1 and found[0].count("/") == found[1].count("/"):
        raise UnreadableExportError(
            f"There are several exports: {found[0]}{file} and {found[1]}{file}. Give one of them."
        )
    return found[0] if found else None


def _depth(folder: str) -> tuple[int, str]:
    return folder.count("/"), folder


def picture_among(files: ExportFiles, address: str) -> bytes | None:
    """The picture that an address means: the only one whose path ends as the address does, as far as it can.

    Nothing but pictures is opened: there are lists of readers beside them.
    """
    parts = unicodedata.normalize("NFC", unquote(urlsplit(address).path)).strip("/").split("/")
    if not parts[-1].casefold().endswith(_PICTURE_TYPES):
        return None
    found = [name for name in files.names if name.rpartition("/")[2] == parts[-1]]
    for count in range(2, len(parts) + 1):
        ending = "/".join(parts[-count:])
        closer = [name for name in found if name == ending or name.endswith("/" + ending)]
        found = closer or found
    content = files.read(found[0], LONGEST_PICTURE_BYTES) if len(found) == 1 else None
    return content if isinstance(content, bytes) else None
