"""The folder of a built site: what is in it, and how what another build made is put into it.

A build writes beside the folder, into `OUT.new`, which it has for itself. Then each file that is new or
differs replaces the old one by a rename, and what the new site lacks is removed: whoever is served meanwhile
gets each page as a whole. A build that ends before leaves the old site; one that is killed in the middle of
it leaves old and new pages side by side, and the next build makes them right, for it compares what is there.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from broadsheet.content.text_names import issue_day

State = tuple[int, int, int, int]  # size, modified, inode, changed: whatever writes to a file changes one
UNKNOWN: State = (0, 0, 0, 0)  # no file has it


class OutError(ValueError):
    """The folder can't be built into: it holds something else, or another build is. Nothing was changed."""


def state_of(found: os.stat_result) -> State:
    """The state of a file; that of a link, device or pipe is no file's."""
    if not stat.S_ISREG(found.st_mode):
        return UNKNOWN
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns


def file_digest(file: str | Path) -> str:
    """The SHA-256 of a file's content."""
    with open(file, "rb", buffering=0) as opened:  # noqa: PTH123  # twice as fast for small files
        return hashlib.sha256(opened.read()).hexdigest()


@dataclass(frozen=True)
class FoundSite:
    """The files of a folder with their states, and its folders; links are not followed."""

    files: dict[str, State] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def unchanged(self, folder: Path, known: Mapping[str, tuple[str, State]]) -> dict[str, str]:
        """The known files that have the digest they had: by their state, or else by their content."""
        same = {}
        for path in known.keys() & self.files:
            now, (digest, state) = self.files[path], known[path]
            if now == state != UNKNOWN or (now[0] == state[0] and _has_digest(folder / path, digest)):
                same[path] = digest
        return same


def _has_digest(file: Path, digest: str) -> bool:
    """Whether the content is the one of the digest; not if it can't be read."""
    try:
        return stat.S_ISREG(file.lstat().st_mode) and file_digest(file) == digest
    except OSError:
        return False


def found_in(folder: Path) -> FoundSite:
    """What is in the folder now; nothing if it does not exist."""
    site, places = FoundSite(), [""] if folder.is_dir() else []
    for place in places:
        with os.scandir(f"{folder}/{place}") as entries:
            for entry in entries:
                path = f"{place}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    site.folders.add(path)
                    places.append(f"{path}/")
                else:
                    site.files[path] = state_of(entry.stat(follow_symlinks=False))
    return site


@contextmanager
def folder_beside(out: Path) -> Iterator[Path]:
    """Gives an empty folder `OUT.new` to this build alone; it is removed if the build fails.

    Raises OutError if `out` holds something else, or if another build has the folder.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not _is_site(out))):
        raise OutError(f"{out} contains something other than a built site. Choose a new or empty folder.")
    new = out.with_name(f"{out.name}.new")
    lock = _locked(new, out)
    try:
        for left in new.iterdir():  # by a build that was killed, or that kept its site there
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    finally:
        os.close(lock)


def _locked(new: Path, out: Path) -> int:
    """A descriptor that has the lock of the folder, which is made unless it is there."""
    while True:
        try:
            new.mkdir(parents=True, exist_ok=True)
            lock = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:  # another build has just ended
            continue
        except (FileExistsError, NotADirectoryError):
            raise OutError(f"{new} is no folder, and a build writes there first. Remove it.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise OutError(f"Another build is writing into {out}. Wait until it has ended.") from None
        except OSError:  # a file system without locks
            pass
        if os.fstat(lock).st_uid != os.getuid():
            os.close(lock)
            raise OutError(f"{new} is another user's, and a build writes there first. Choose another folder.")
        with suppress(FileNotFoundError):
            if os.path.samestat(new.lstat(), os.fstat(lock)):
                return lock
        os.close(lock)


def put_in_place(new: Path, out: Path, paths: Collection[str], there: FoundSite) -> dict[str, State]:
    """Make `out` the site of these paths: what is in `new` replaces what is there, the rest is removed.

    `there` is what was found in `out`. Assets come first, then the others in their order. Gives the states.
    """
    made = found_in(new).files
    if not there.files and not there.folders and not out.is_symlink():
        with suppress(FileNotFoundError):
            out.rmdir()
        new.rename(out)
        return made
    folders = _folders_of(paths)
    for path in folders.intersection(there.files):
        (out / path).unlink()
    for path in there.folders.intersection(paths):
        shutil.rmtree(out / path)
    for path in sorted(folders - there.folders):
        (out / path).mkdir(exist_ok=True)
    for path in sorted(made.keys() & paths, key=_assets_first(paths)):
        _move(new / path, out / path)
    for path in there.files.keys() - folders.union(paths):
        with suppress(FileNotFoundError, NotADirectoryError):
            (out / path).unlink()
    for path in sorted(there.folders - folders, reverse=True):
        with suppress(OSError):  # somebody has just put something there
            (out / path).rmdir()
    moved = {path: state_of((out / path).lstat()) for path in made.keys() & paths}
    shutil.rmtree(new)
    return {path: moved.get(path) or there.files[path] for path in paths}


def complete(new: Path, out: Path, paths: Collection[str]) -> None:
    """Copy to `new` the files of these paths that are only in `out`."""
    made = found_in(new)
    for folder in sorted(_folders_of(paths) - made.folders):
        (new / folder).mkdir()
    for path in set(paths) - made.files.keys():
        shutil.copyfile(out / path, new / path)


def loses_issues(there: FoundSite, paths: Collection[str]) -> bool:
    """Whether the folder has an issue that the new site lacks."""
    pages = (path.split("/") for path in there.files.keys() - paths)
    return any(names[2:] == ["index.html"] and issue_day(names[1]) for names in pages)


def _folders_of(paths: Collection[str]) -> set[str]:
    near = {path.rpartition("/")[0] for path in paths}
    return {
        str(folder) for path in near for folder in (PurePosixPath(path), *PurePosixPath(path).parents)
    } - {"."}


def _assets_first(paths: Collection[str]) -> Callable[[str], tuple[bool, int]]:
    places = {path: place for place, path in enumerate(paths)}
    return lambda path: (not path.startswith("assets/"), places[path])


def _move(file: Path, place: Path) -> None:
    try:
        file.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = place.with_name(f"{place.name}.new")  # the folder is a link to another file system
        shutil.copyfile(file, near)
        near.replace(place)


def _is_site(folder: Path) -> bool:
    return (folder / "robots.txt").is_file() and (folder / "assets").is_dir()
