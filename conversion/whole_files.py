"""Files that are there as a whole or not at all; an error names the file, also if the disk is full."""

import os
from pathlib import Path


def put(file: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file that is not there yet, and the folders above it; never through a link."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as opened:  # with a mode
            opened.write(content)
    except OSError as error:
        error.filename = error.filename or str(file)
        raise


def put_whole(file: Path, content: bytes, staging: Path | None = None, mode: int = 0o666) -> None:
    """Write a file, and then move it to its place; `staging` is a folder on the same file system."""
    staged = (staging or file.parent) / f".{file.name}.new"
    file.parent.mkdir(parents=True, exist_ok=True)
    staged.unlink(missing_ok=True)  # of a run that was killed, or a link that somebody else has put there
    try:
        put(staged, content, mode)
        staged.replace(file)
    except OSError:
        staged.unlink(missing_ok=True)
        raise
