"""Opens an export with the reader of its system, which is found by what is in it, not by its name."""

from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from conversion.buttondown import ButtondownReader
from conversion.export_files import files_of
from conversion.folder_site import FolderSite
from conversion.ghost import GhostReader
from conversion.mailchimp import MailchimpReader
from conversion.post import ExportReader, UnreadableExportError
from conversion.substack import SubstackReader
from conversion.wordpress import WordPressExport


class _ReaderClass(Protocol):
    def __call__(self, path: Path, zone: tzinfo) -> ExportReader: ...

    def recognises(self, path: Path) -> bool: ...


_READERS: tuple[_ReaderClass, ...] = (
    GhostReader,
    SubstackReader,
    MailchimpReader,
    ButtondownReader,
    WordPressExport,
    FolderSite,
)
_ACCEPTED = """\
Accepted are, as they were downloaded or unpacked:
  WordPress   an .xml file, or several in a folder or zip archive: Tools, Export, All content
  Substack    a zip archive: Settings, Import/Export, Export your data
  Ghost       a .json file: Settings, Import/Export, Export
  Mailchimp   a zip archive: Account, Settings, Manage my data, with Email and Gallery
  Buttondown  a zip archive: Settings, Exports, with emails
  Hugo, Jekyll, Pelican   the folder of the site with its texts"""
_MOST_NAMED = 3


def opened(path: Path, zone: tzinfo) -> ExportReader:
    """The reader of an export; `zone` is for dates that name none.

    Raises:
        UnreadableExportError: it is of no known system, or damaged; the message says what to do.
    """
    if not path.exists():
        raise UnreadableExportError(f"There is no {path}.")
    if not path.is_file() and not path.is_dir():
        raise UnreadableExportError(f"{path} is neither a file nor a folder.")
    if path.is_file():
        try:
            path.open("rb").close()
        except OSError as error:
            raise UnreadableExportError(f"{path} cannot be read: {error.strerror}.") from None
    files = files_of(path)  # says what is wrong with an archive
    for reader in _READERS:
        if reader.recognises(path):
            return reader(path, zone)
    refused = (
        "".join(f"\n{each.place}: {each.detail}" for each in files.refused[:_MOST_NAMED]) if files else ""
    )
    raise UnreadableExportError(f"{path.name} is no export that can be converted.{refused}\n{_ACCEPTED}")
