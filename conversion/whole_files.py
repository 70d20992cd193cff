"""Files that are there as a whole or not at all; an error names the file, also if the disk is full."""

import os
from pathlib import Path


def put(file: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(file, "wb", opener=lambda path, flags: os.open(path, flags, mode)) as opened:  # with a mode
            opened.write(content)
    except OSError as error:
        error.filename = error.filename or str(file)
        raise


def put_whole(file: Path, content: bytes, staging: Path | None = None, mode: int = 0o666) -> None:
    """Write a file, and then move it to its place; `staging` is a folder on the same file system."""
    staged = (staging or file.parent) / f".{file.name}.new"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        put(staged, content, mode)
        staged.replace(file)
    except OSError:
        staged.unlink(missing_ok=True)
        raise
