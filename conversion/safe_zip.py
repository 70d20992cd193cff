"""Reads zip archives that others made, with bounded memory, and without writing anything.

A member that could be taken for another file, that leads out of the archive or that cannot be read is not
among `names`; `refused` says why. Real bytes are counted, never those that the archive promises.
"""

import io
import re
import stat
import struct
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from broadsheet.content.text_names import is_hidden
from conversion.post import LeftOut, Reason, UnreadableExportError

MOST_MEMBERS = 200_000
_MOST_DIRECTORY_BYTES = 64_000_000  # zipfile reads the whole list of members at once
_MOST_RATIO = 200  # text shrinks to a tenth; 1,032 is what deflate reaches with zeros
_FREE_BYTES = 10_000_000  # below this the ratio does not matter
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED, _UTF8 = 0x1, 0x800  # general purpose flags
_NO_RUSSIAN = re.compile("[^\x00-\x7fЀ-ӿ№]|[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]")
_DAMAGES = (BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_ADVICE = "Download the export again, or unpack it and give the folder."

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65_535


class DamagedFileError(Exception):
    """A file of the export cannot be read to its end; the message says why."""


class SafeZip:
    """The files in a zip archive; `names` are in the order of the archive.

    Raises:
        UnreadableExportError: it is no whole zip archive, or it was made to harm.
    """

    def __init__(self, path: Path) -> None:
        _refuse_long_directory(path)
        try:
            self._zip = ZipFile(path)
            members = self._zip.infolist()
        except _DAMAGES:
            raise UnreadableExportError(f"{path.name} is not a whole zip archive. {_ADVICE}") from None
        if len(members) > MOST_MEMBERS:
            raise _too_many(path)
        if _overlap(members):
            raise UnreadableExportError(
                f"{path.name} has files that lie upon each other, as only an archive made to fill disks has."
            )
        named = [(_name(member), member) for member in members]
        times = Counter(name for name, _ in named)
        self._members: dict[str, ZipInfo] = {}
        refused: list[LeftOut] = []
        for name, member in named:
            if problem := _problem(name, member, times[name]):
                refused.append(LeftOut(_shown(name), "", Reason.UNREADABLE, problem))
            elif not member.is_dir() and not is_hidden(name):
                self._members[name] = member
        self.names = tuple(self._members)
        self.refused = tuple(refused)

    def opened(self, name: str) -> io.BufferedReader:
        """A file as a stream; reading it raises DamagedFileError at the first byte that cannot be read."""
        member = self._members[name]
        try:
            file = self._zip.open(member)
        except _DAMAGES:
            raise DamagedFileError("It is damaged.") from None
        return io.BufferedReader(_Member(file, member.compress_size))

    def read(self, name: str, most_bytes: int) -> bytes | LeftOut:
        """The content of a file that is not larger than this."""
        if self._members[name].file_size > most_bytes:
            return LeftOut(_shown(name), "", Reason.UNREADABLE, _too_large(most_bytes))
        try:
            with self.opened(name) as file:
                content = file.read(most_bytes + 1)
        except DamagedFileError as error:
            return LeftOut(_shown(name), "", Reason.UNREADABLE, str(error))
        if len(content) > most_bytes:
            return LeftOut(_shown(name), "", Reason.UNREADABLE, _too_large(most_bytes))
        return content


class _Member(io.RawIOBase):
    """A member while it is unpacked, piece by piece."""

    def __init__(self, file: IO[bytes], packed_bytes: int) -> None:
        self._file, self._packed_bytes, self._read_bytes = file, packed_bytes, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._file.read(len(buffer))
        except _DAMAGES:
            raise DamagedFileError("It is damaged.") from None
        self._read_bytes += len(piece)
        if self._read_bytes > max(_FREE_BYTES, self._packed_bytes * _MOST_RATIO):
            raise DamagedFileError(
                f"It unpacks to more than {_MOST_RATIO} times its size, as no text or picture does."
            )
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


def _problem(name: str, member: ZipInfo, times: int) -> str:
    """Why a member is refused; "" if nothing is wrong with it."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    parts = name.split("/")
    is_out = "\0" in name or "\\" in name or ":" in parts[0] or name.startswith("/") or ".." in parts
    is_file = not member.is_dir()
    is_usual = member.compress_type in {ZIP_STORED, ZIP_DEFLATED}
    is_archive = name.casefold().endswith((".zip", ".7z", ".rar", ".gz"))
    problems = (
        (is_out, "Its name leads out of the archive."),
        (kind == stat.S_IFLNK, "It is a link to another file."),
        (kind not in {0, stat.S_IFREG, stat.S_IFDIR}, "It is no file."),
        (is_file and times > 1, "The archive has two files of this name."),
        (
            is_file and member.flag_bits & _ENCRYPTED,
            "It is encrypted: unpack the archive with its password and give the folder.",
        ),
        (
            is_file and not is_usual,
            "It is compressed in an unusual way: unpack the archive and give the folder.",
        ),
        (is_file and is_archive, "It is an archive within the archive: unpack it and give it alone."),
    )
    return next((words for holds, words in problems if holds), "")


def _name(member: ZipInfo) -> str:
    """The name of a member as its maker saw it.

    Without the flag for UTF-8, macOS and Linux write UTF-8 anyway, and a Russian Windows its code page 866.
    """
    name = member.orig_filename
    if not member.flag_bits & _UTF8 and not name.isascii():
        raw = name.encode("cp437")  # what zipfile decodes it with
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            russian = raw.decode("cp866")
            name = name if _NO_RUSSIAN.search(russian) else russian
    return unicodedata.normalize("NFC", name)


def _shown(name: str) -> str:
    """A name for a message: in one line, not endless."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:200])


def _too_large(most_bytes: int) -> str:
    return f"It is larger than {most_bytes / 1_000_000:g} MB."


def _overlap(members: Iterable[ZipInfo]) -> bool:
    """Whether two members share bytes of the archive."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    return any(
        first.header_offset + _LOCAL_HEADER_BYTES + first.compress_size > second.header_offset
        for first, second in pairwise(ordered)
    )


def _refuse_long_directory(path: Path) -> None:
    """Look at the length of the list of members before zipfile reads it into memory."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            start = file.seek(max(0, size - _LONGEST_COMMENT - _END.size - _END64.size - _END64_LOCATOR.size))
            tail = file.read()
            at = tail.rfind(b"PK\5\6")
            if at < 0 or at + _END.size > len(tail):
                return  # zipfile says that it is none
            lengths = [_END.unpack_from(tail, at)[5]]
            before = at - _END64_LOCATOR.size
            if before >= 0 and tail[before:].startswith(b"PK\6\7"):
                lengths.clear()  # of an archive with 64-bit numbers, whose record is here or there
                for place in (_END64_LOCATOR.unpack_from(tail, before)[2], start + before - _END64.size):
                    file.seek(max(0, place))
                    record = file.read(_END64.size)
                    if len(record) == _END64.size and record.startswith(b"PK\6\6"):
                        lengths.append(_END64.unpack(record)[8])
    except (OSError, ValueError, OverflowError):
        raise UnreadableExportError(f"{path.name} cannot be read. {_ADVICE}") from None
    if max(lengths, default=0) > _MOST_DIRECTORY_BYTES:
        raise _too_many(path)


def _too_many(path: Path) -> UnreadableExportError:
    return UnreadableExportError(
        f"{path.name} has more than {MOST_MEMBERS:,} files. Unpack it and give the folder."
    )
