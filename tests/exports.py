"""Builders of exports of other systems: small, in the shape of real ones, with planted secrets."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from conversion.post import ExportReader, LeftOut, Post

SECRET = "planted-secret"  # must be nowhere in what a reader gives
READERS = f"email,active_subscription\n{SECRET}@example.org,true\n".encode()


def a_zip(path: Path, files: Mapping[str, str | bytes], prefix: str = "") -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return path


def a_folder(path: Path, files: Mapping[str, str | bytes]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def a_table(rows: Iterable[Mapping[str, str]], delimiter: str = ",") -> str:
    rows = list(rows)
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def given(reader: ExportReader) -> tuple[list[Post], list[LeftOut]]:
    """The posts and what was left out; reading again gives the same, and no secret is in any of it."""
    entries = list(reader.entries())
    assert list(reader.entries()) == entries
    assert SECRET not in repr(entries)
    ids = [entry.id for entry in entries if isinstance(entry, Post)]
    assert len(set(ids)) == len(ids)
    return (
        [entry for entry in entries if isinstance(entry, Post)],
        [entry for entry in entries if isinstance(entry, LeftOut)],
    )


def reasons(left_out: Iterable[LeftOut]) -> dict[str, str]:
    return {entry.title: entry.reason.value for entry in left_out}
