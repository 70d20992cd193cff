"""The folder beside the desk that a conversion works in, for its user alone: `<desk>.converting`."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conversion.desk_state import UnusableDeskError, read_state
from conversion.work_store import WorkStore

ENDING = ".converting"
_STORE, _STAGED = "work.sqlite3", "staged"
_OF_OTHERS = ("newsletter.toml",)  # what a new desk may have


@dataclass(frozen=True)
class WorkFolder:
    """The store, and the place where files are made before they are moved to the desk."""

    store: WorkStore
    staging: Path


@contextmanager
def work_folder(desk: Path) -> Iterator[WorkFolder]:
    """Open the folder of an interrupted conversion, or make it.

    It is removed if nothing is raised, or if there is nothing in it yet that another run could use.

    Raises:
        UnusableDeskError: the desk is not one to convert into, or another conversion is writing to it.
    """
    check_desk(desk)
    folder = desk.with_name(desk.name + ENDING)
    descriptor = _opened(folder)
    try:
        _lock(descriptor, desk)
        _refuse_others_folder(descriptor, folder)
        store, is_done = WorkStore(folder / _STORE), False
        try:
            if not store.has_begun_any() and read_state(desk) is None:
                _refuse_others_work(desk)
            yield WorkFolder(store, _staging(folder, desk))
            is_done = True
        finally:
            is_done = is_done or not (store.has_text_of_any() or store.has_begun_any())
            store.close()
            if is_done:
                shutil.rmtree(_staging_place(folder, desk), ignore_errors=True)
                shutil.rmtree(folder)
    finally:
        os.close(descriptor)


def check_desk(desk: Path) -> None:
    """Raises UnusableDeskError if the desk is a file, a link to nothing, or can't be written to."""
    if desk.is_symlink() and not desk.exists():
        raise UnusableDeskError(f"{desk} is a link to nothing. Remove it, or make the folder.")
    if desk.exists() and not desk.is_dir():
        raise UnusableDeskError(f"{desk} is no folder. Name a new folder.")
    nearest = next(place for place in (desk, *desk.resolve().parents) if place.exists())
    for place in (nearest, desk.resolve().parent):
        if place.exists() and not os.access(place, os.W_OK | os.X_OK):
            raise UnusableDeskError(f"{place} can't be written to. Name a folder that is yours.")


def _opened(folder: Path) -> int:
    """A descriptor of the folder, which is made unless it is there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileExistsError, NotADirectoryError):
        raise UnusableDeskError(f"{folder} is no folder. Move it away: the conversion works there.") from None


def _refuse_others_folder(descriptor: int, folder: Path) -> None:
    """Refuse a folder in which another user could read the texts, or has put others."""
    found = os.fstat(descriptor)
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise UnusableDeskError(
            f"{folder} is not for you alone. Move it away: the conversion keeps texts there."
        )


def _lock(descriptor: int, desk: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UnusableDeskError(f"Another conversion into {desk} is running. Wait until it ends.") from None


def _refuse_others_work(desk: Path) -> None:
    held = (
        sorted(each.name for each in desk.iterdir() if each.name not in _OF_OTHERS) if desk.exists() else []
    )
    held = [name for name in held if not name.startswith(".")]
    if held:
        named = ", ".join(held[:5]) + (", …" if len(held) > 5 else "")  # noqa: PLR2004  # the first few
        raise UnusableDeskError(
            f"{desk} is not empty, and no conversion made what it contains ({named}). Name a new folder."
        )


def _staging_place(folder: Path, desk: Path) -> Path:
    """A place on the same file system as the desk, so that a finished file can be moved there at once."""
    is_near = not desk.exists() or folder.stat().st_dev == desk.stat().st_dev
    return folder / _STAGED if is_near else desk / ENDING


def _staging(folder: Path, desk: Path) -> Path:
    staging = _staging_place(folder, desk)
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700, parents=True)
    return staging
