"""The processes that the local system starts and ends, each with its children."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from local import private

INTERPRETER = re.compile(r"\A\S*python\S* (?=-m )")
PORT = re.compile(r" --port (\d+)")
MODULES = {"engine": "local.engine_process", "front": "local.gateway"}


def command(name: str, state: Path, arguments: list[str]) -> list[str]:
    """The command of a process. By its state, which is followed by its port, `running` knows it again."""
    return [sys.executable, *words(name, state, arguments)]


def words(name: str, state: Path, arguments: list[str]) -> list[str]:
    """The command after the interpreter, which has several names."""
    return ["-m", MODULES[name], "--state", str(state.resolve()), *arguments]


def spawn(name: str, arguments: list[str], environment: dict[str, str], state: Path) -> int:
    """Start a process, which outlives this one, in a session of its own; its log is `<state>/<name>.log`."""
    log = str(state / f"{name}.log")
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, private.FILE_MODE),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    started = command(name, state, arguments)
    return os.posix_spawn(started[0], started, environment, file_actions=files, setsid=True)


@dataclass(frozen=True)
class Process:
    """A process as `ps` lists it; `group` is the id of the process that leads its group.

    The interpreter's name is no part of `command` if it runs a module.
    """

    pid: int
    group: int
    command: str


def listed() -> list[Process]:
    """The processes of this user that have not ended."""
    done = subprocess.run(
        ["ps", "-ww", "-U", str(os.getuid()), "-o", "pid=,pgid=,stat=,args="],
        capture_output=True,
        text=True,
        check=False,
    )
    found = (line.split(maxsplit=3) for line in done.stdout.splitlines())
    return [
        Process(int(one[0]), int(one[1]), INTERPRETER.sub("", one[3]))
        for one in found
        if len(one) == len(("pid", "pgid", "stat", "args")) and not one[2].startswith("Z")
    ]


def running(state: Path) -> dict[str, Process]:
    """The processes of a state that run, by name, whatever its files say about them."""
    leaders = [one for one in listed() if one.pid == one.group]
    wanted = {name: " ".join(words(name, state, ["--port "])) for name in MODULES}
    return {name: one for name, start in wanted.items() for one in leaders if one.command.startswith(start)}


def ports(state: Path) -> dict[str, int]:
    """The ports of the processes of a state that run, by the processes' names."""
    found = {name: PORT.findall(one.command)[-1:] for name, one in running(state).items()}
    return {name: int(port) for name, [port] in found.items()}


def left_over(state: Path, groups: Collection[int]) -> list[Process]:
    """The functions of an engine that has died: they run below its state, and in its group."""
    inside = f"{state.resolve()}/"
    return [one for one in listed() if one.group in groups and inside in one.command]


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
