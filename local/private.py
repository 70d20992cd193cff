"""What this local system keeps and starts is for its own user alone.

Folders are 0700 and files 0600: the key that seals the list lies beside the list. What is started gets an
environment of a few names, so that neither the engine nor a function sees credentials of the person at the
machine, or their home.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

FOLDER_MODE, FILE_MODE, UMASK = 0o700, 0o600, 0o077
# What a process needs of its surroundings: where programs are, in which language and zone it speaks.
PASSED_ON = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ")


def folder(path: Path) -> Path:
    """The folder, made with its parents where it is missing. A second call changes nothing but its mode."""
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    path.chmod(FOLDER_MODE)
    return path


def write(path: Path, text: str) -> None:
    """Write a file that nobody else may read, not even for a moment; one that is there is written over."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as file:
        file.write(text)


def copy(source: str, target: str) -> None:
    """Copy a file, with its times, for `shutil.copytree`."""
    shutil.copy2(source, target)
    Path(target).chmod(FILE_MODE)


def tighten(state: Path) -> None:
    """Take everything below a folder, itself included, away from others. A second call changes nothing.

    A file that has a second name elsewhere is replaced by a copy: its other name keeps its mode. States of
    earlier versions have such, of the build that is also packed for AWS.
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
    """The environment of a process that is started, out of this one's: a few names, and an empty home.

    Without credentials and with AWS_EC2_METADATA_DISABLED, an SDK in there finds none of the user's: those
    stand in variables, below HOME, or behind addresses that variables name.
    Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
    """
    kept = {name: given[name] for name in PASSED_ON if name in given}
    return {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}
