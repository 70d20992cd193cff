"""`broadsheet subscribers export`: the confirmed subscribers as CSV, encrypted with age."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
import pyrage
from pyrage import x25519
from rich.text import Text

from broadsheet.subscribers.mailing_list.exporter import lines
from cli.chosen_stack import StackOptions, now, stack_options
from cli.console import PrintableConsole
from cli.counting import counted
from cli.deployed_list import DeployedList, connect_list

IN_CLEAR = "--in-plain-text-readable-by-anyone"
OPEN_TO_OTHERS = stat.S_IROTH | stat.S_IWOTH
console = PrintableConsole(highlight=False)


class ExportError(RuntimeError):
    """The list can't be written to this place or for these recipients. Nothing was written."""


def write_list(deployed: DeployedList, out: Path, recipients: tuple[str, ...]) -> int:
    """Write the list, encrypted for the recipients' age keys; in clear if there is no recipient.

    An existing file is never overwritten. Returns the number of subscribers whose address could not be
    opened; they are not in the file.

    Raises:
        ExportError: a key is not valid, or the place does not suit the list.
    """
    keys = [_key(text) for text in recipients]
    if not keys and out.absolute().parent.stat().st_mode & OPEN_TO_OTHERS:
        raise ExportError(
            f"Others can read {out.absolute().parent}. An unencrypted list is only written where they"
            " can't: mkdir -m 700 private"
        )
    unreadable: list[str] = []
    source = _Source(lines(deployed.mailing_list.everyone(), deployed.addresses, unreadable))
    with private_file(out) as file:
        if keys:
            encrypt(source, file, keys)
        else:
            while piece := source.read(1 << 16):
                file.write(piece)
    people = counted(source.lines - 1, "reader")  # the first line has the headings
    console.print(Text(f"Exported {people} to {out}."))
    for subscriber_id in unreadable:
        console.print(
            f"The address of subscriber {subscriber_id} could not be decrypted and is not in the file."
        )
    return len(unreadable)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner can read. It has its name only when it is complete.

    Raises:
        ExportError: the file exists already, or the file system has no permissions.
    """
    if path.exists():
        raise ExportError(f"{path} already exists.")
    part = path.with_name(f"{path.name}.part")
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise ExportError(f"{part} is left over from an interrupted export. Delete it first.") from None
    try:
        with os.fdopen(number, "wb") as file:
            _check_private(number, path)
            yield file
            file.flush()
            os.fsync(number)
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _check_private(number: int, path: Path) -> None:
    if os.fstat(number).st_mode & (stat.S_IRWXG | stat.S_IRWXO):  # some file systems have no owners
        raise ExportError(f"{path.absolute().parent} is on a file system that can't keep a file private.")


def encrypt(source: "_Source", file: BinaryIO, keys: list[Any]) -> None:
    """Encrypt piece by piece. An error of reading or writing is raised as it was; pyrage may replace it."""
    sink = _Sink(file)
    try:
        pyrage.encrypt_io(source, sink, keys)
    except pyrage.EncryptError:
        if not (source.failed or sink.failed):
            raise
    if failed := source.failed or sink.failed:
        raise failed


class _Source(io.RawIOBase):
    """Lines, read in pieces of any size and counted."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self.lines = 0
        self.failed: BaseException | None = None
        self._content, self._waiting = content, bytearray()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            while len(self._waiting) < size and (line := next(self._content, None)) is not None:
                self._waiting += line
                self.lines += 1
        except BaseException as error:
            self.failed = error
            raise
        piece = bytes(self._waiting[:size])
        del self._waiting[:size]
        return piece


class _Sink(io.RawIOBase):
    """A file that keeps the error of a failed write."""

    def __init__(self, file: BinaryIO) -> None:
        self.failed: BaseException | None = None
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:  # noqa: ANN401  # any buffer
        try:
            self._file.write(piece)
        except BaseException as error:
            self.failed = error
            raise
        return len(piece)


def _key(text: str) -> Any:  # noqa: ANN401  # age's library has no types
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise ExportError(
            "That is not an age public key: they begin with age1; `age-keygen` makes one."
        ) from None


@click.command("export")
@stack_options("OperatorPolicy")
@click.option(
    "--to",
    "recipients",
    multiple=True,
    metavar="AGE1…",
    help="The age public key of somebody who may open the file.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Default: subscribers-<day>.csv.age")
@click.option(IN_CLEAR, "in_clear", is_flag=True, help="Write every address unencrypted.")
def export(recipients: tuple[str, ...], out: Path | None, *, in_clear: bool, stack: StackOptions) -> None:
    """Export the list as a CSV file, encrypted with age: address, audiences, language and consent.

    An existing file is never overwritten.
    """
    if in_clear == bool(recipients):
        raise click.UsageError(f"Say who may open it: --to with an age public key, or {IN_CLEAR}.")
    ending = "csv" if in_clear else "csv.age"
    place = out or Path(f"subscribers-{now():%Y-%m-%d}.{ending}")
    try:
        unreadable = write_list(connect_list(stack), place, recipients)
    except ExportError as error:
        raise click.ClickException(str(error)) from None
    raise SystemExit(int(unreadable > 0))
