"""`broadsheet subscribers export`: everybody who has confirmed, as CSV, encrypted with age."""

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
from cli.console import PrintableConsole
from cli.deployed_list import DeployedList, connect_list, plain_errors
from cli.own_stack import StackOptions, now, stack_options

IN_CLEAR = "--in-plain-text-readable-by-anyone"
OPEN_TO_OTHERS = stat.S_IROTH | stat.S_IWOTH
console = PrintableConsole(highlight=False)


class ExportError(RuntimeError):
    """The list can't be written there, or not to them. Nothing was written."""


def write_list(people: DeployedList, out: Path, recipients: tuple[str, ...]) -> int:
    """Write the list for whoever has one of the recipients' keys; in clear if there is no recipient.

    A second run writes another file: one that is there is never written over. Gives the number of people
    whose address did not open; they are not in the file.

    Raises:
        ExportError: a key is none, or the place is not one for it.
    """
    keys = [_key(text) for text in recipients]
    if not keys and out.absolute().parent.stat().st_mode & OPEN_TO_OTHERS:
        raise ExportError(
            f"Others can look into {out.absolute().parent}. A list in clear goes only where they can't:"
            " mkdir -m 700 private"
        )
    unreadable: list[str] = []
    content = lines(people.mailing_list.everyone(), people.addresses, unreadable)
    number = -1  # the head
    with private_file(out) as file:
        counted = _Source(content)
        if keys:
            encrypt(counted, file, keys)
        else:
            while piece := counted.read(1 << 16):
                file.write(piece)
        number += counted.lines
    console.print(Text(f"{number} people are in {out}."))
    for subscriber_id in unreadable:
        console.print(f"The address of subscriber {subscriber_id} does not open.")
    return len(unreadable)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that nobody but its owner can read: there when it is complete, and not at all before.

    Raises:
        ExportError: it is there already, or this place can't keep a file from others.
    """
    if path.exists():
        raise ExportError(f"{path} is there already.")
    part = path.with_name(f"{path.name}.part")
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise ExportError(f"{part} is left of an export that was broken off. Delete it first.") from None
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
    """Some file systems have no owners."""
    if stat.S_IMODE(os.fstat(number).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise ExportError(f"{path.absolute().parent} can't keep a file from others.")


def encrypt(source: "_Source", file: BinaryIO, keys: list[Any]) -> None:
    """Encrypt piece by piece. An error of either side comes through as it was: age's library may lose it."""
    sink = _Sink(file)
    try:
        pyrage.encrypt_io(source, sink, keys)
    except pyrage.EncryptError:
        if not (source.failed or sink.failed):
            raise
    if failed := source.failed or sink.failed:
        raise failed


class _Source(io.RawIOBase):
    """Lines, to be read in pieces of any size."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self.lines = 0
        self.failed: BaseException | None = None
        self._content, self._waiting = content, bytearray()

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
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
    """A file that remembers why it could not be written."""

    def __init__(self, file: BinaryIO) -> None:
        self.failed: BaseException | None = None
        self._file = file

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: Any) -> int:  # noqa: ANN401  # any buffer
        """Write it all."""
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
            "That is no public key of age: they begin with age1; `age-keygen` makes one."
        ) from None


@click.command("export")
@stack_options("The list of the local system")
@click.option("--to", "recipients", multiple=True, metavar="AGE1…", help="Whose age key opens it.")
@click.option("--out", type=click.Path(path_type=Path), help="Default: subscribers-<day>.csv.age")
@click.option(IN_CLEAR, "in_clear", is_flag=True, help="Write every address in clear.")
def export(recipients: tuple[str, ...], out: Path | None, *, in_clear: bool, stack: StackOptions) -> None:
    """Take the list out: a CSV file, encrypted with age, with address, audiences, language and consent.

    A second run writes another file; one that is there is never written over.
    """
    if in_clear == bool(recipients):
        raise click.UsageError(f"Say who may open it: --to with a public key of age, or else {IN_CLEAR}.")
    ending = "csv" if in_clear else "csv.age"
    with plain_errors():
        try:
            unreadable = write_list(
                connect_list(stack), out or Path(f"subscribers-{now():%Y-%m-%d}.{ending}"), recipients
            )
        except ExportError as error:
            raise SystemExit(str(error)) from None
    raise SystemExit(int(unreadable > 0))
