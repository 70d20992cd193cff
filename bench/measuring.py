"""The runner: commands, and functions of ours in fresh interpreters, with their CPU seconds.

Elapsed time says little on a shared machine. The user and system time of a process, and of the children that
it has waited for, says what the work costs.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
Json = Any  # what JSON carries
CALL = """
import json, pkgutil, sys
sys.modules["pytest"] = None  # time_machine would load it, and memory is measured
result = pkgutil.resolve_name(sys.argv[1])(*json.loads(sys.argv[2]))
print("\\n" + json.dumps(result))
"""


class CommandError(RuntimeError):
    """A command to measure failed; the message has the end of its output. There is no number."""


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> tuple[str, float]:
    """The output of a command that succeeds, and its CPU seconds.

    Raises:
        CommandError: it failed.
    """
    parts = [str(part) for part in command]
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(parts, cwd=ROOT, env=environment, **out) as child:  # type: ignore[call-overload]  # a dictionary of options
        output: str = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise CommandError(f"{parts[0]} ended with {child.returncode}:\n{output[-2000:]}")
    return output, used.ru_utime + used.ru_stime


def cpu_seconds(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> float:
    """CPU seconds of a command that succeeds; raises as `run`."""
    return run(command, environment)[1]


def call_command(function: Callable[..., object], *arguments: Json) -> list[str]:
    """The command that calls a function of ours in a fresh interpreter and prints its result as JSON."""
    name = f"{function.__module__}:{function.__qualname__}"
    return [sys.executable, "-c", CALL, name, json.dumps(arguments)]


def call(
    function: Callable[..., Any], *arguments: Json, environment: Mapping[str, str] | None = None
) -> Json:
    """What a function of ours returns in a fresh interpreter, by way of JSON; raises as `run`."""
    return json.loads(run(call_command(function, *arguments), environment)[0].splitlines()[-1])


def peak_mb() -> float:
    """The most memory that this process has held; `ru_maxrss` would include its parent's before `exec`."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def medians(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each measure. They take turns, so that a slow minute of the machine affects all alike."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return {name: median(values) for name, values in found.items()}


def version_of(*command: str | Path) -> str:
    """A program's version; "" where it is not installed."""
    try:
        output, _ = run(command)
    except (OSError, CommandError):
        return ""
    found = re.search(r"\d+(?:\.\d+)+", output)
    return found[0] if found else ""
