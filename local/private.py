"""Keeps files and processes of the local system private to the user who runs it.

Folders are 0700 and files 0600, because the key that seals the list is stored next to the list. Processes get
an environment of a few variables, so that neither the engine nor a function sees the user's credentials or
home.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

FOLDER_MODE, FILE_MODE, UMASK = 0o700, 0o600, 0o077
# The variables that every process gets: where programs are, the language, the time zone.
PASSED_ON = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ")


def folder(path: Path) -> Path:
    """The folder, made with its parents if it is missing. A second call changes nothing but its mode."""
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    path.chmod(FOLDER_MODE)
    return path


def write(path: Path, text: str) -> None:
    """Write a file that no other user can read at any moment; an older file is replaced as a whole."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as file:
        file.write(text)
    new.replace(path)


def copy(source: str, target: str) -> None:
    """Copy a file with its times; a copy function for `shutil.copytree`."""
    shutil.copy2(source, target)
    Path(target).chmod(FILE_MODE)


def tighten(state: Path) -> None:
    """Make a folder and everything in it private. A second call changes nothing.

    A file with another hard link is replaced by a copy, so that the other link keeps its mode. Earlier
    versions linked files of the build, which are also packed for AWS.
    """
    for where, _, names in os.walk(state):
        Path(where).chmod(FOLDER_MODE)
        for name in names:
            _tighten_file(Path(where, name))


def _tighten_file(file: Path) -> None:
    if file.is_symlink() or not file.is_file():
        return
    if file.stat().st_nlink > 1:
        own = file.with_name(f"{file.name}.own")
        copy(str(file), str(own))
        own.replace(file)
    file.chmod(FILE_MODE)


def environment(home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a new process, made from `given`: a few variables, and an empty home.

    An SDK in that process finds no credentials of the user: those are in variables, below HOME, or at
    addresses that variables name.
    Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
    """
    kept = {name: given[name] for name in PASSED_ON if name in given}
    return {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}
