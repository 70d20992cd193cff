"""Processes that the local system starts and ends, each with the children it has."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from local import private

MODULES = {"engine": "local.engine_process", "front": "local.gateway"}


def spawn(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Start a process in a session of its own: it outlives us, and ends with its children."""
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, private.FILE_MODE),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(command[0], command, environment, file_actions=files, setsid=True)


def is_ours(pid: int, name: str) -> bool:
    """Whether the process still is what we started under that number."""
    done = subprocess.run(
        ["ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return MODULES[name] in done.stdout and not done.stdout.startswith("Z")


def signal_group(pid: int, how: signal.Signals) -> None:
    """Signal a process and its children; nothing happens if they are gone."""
    try:
        os.killpg(pid, how)
    except ProcessLookupError:
        return


def is_group_alive(pid: int) -> bool:
    """Whether anybody in the process group still runs; a zombie child of ours is collected on the way."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
