"""The processes that the local system starts and ends, each with its children."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from local import private

MODULES = {"engine": "local.engine_process", "front": "local.gateway"}


def spawn(name: str, arguments: list[str], environment: dict[str, str], state: Path) -> int:
    """Start a process, which outlives this one, in a session of its own; its log is `<state>/<name>.log`."""
    log = str(state / f"{name}.log")
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, private.FILE_MODE),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    command = [sys.executable, "-m", MODULES[name], *arguments]
    return os.posix_spawn(command[0], command, environment, file_actions=files, setsid=True)


def is_ours(pid: int, name: str) -> bool:
    """Whether the process of that id is still the one that was started under that name."""
    done = subprocess.run(
        ["ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return MODULES[name] in done.stdout and not done.stdout.startswith("Z")


def signal_group(pid: int, sent: signal.Signals) -> None:
    """Signal a process and its children; nothing happens if they have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, sent)


def is_group_alive(pid: int) -> bool:
    """Whether any process of the group still runs; reaps the process if it is a zombie child of this one."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
