"""Kills the local system's workers by SIGKILL while they work, and no other processes.

A kill counts as a hit if it struck a worker in the middle of an invocation: the engine says so in its log for
functions behind queues, and in its answer for functions that are invoked here.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Self

from local.system import LocalSystem

DIED = re.compile(r"Lambda broadsheet-(\w+)Function-\w+ failed .*errorMessage=Worker process died")
STRUCK = ("DeliverChunk", "DeliverChunk", "DeliverChunk", "RecordFeedback", "RecordFeedback", "Sweep")
AT_AN_ACCEPTANCE = 0.6  # so often not at any moment, but around the answer to a call
ENOUGH, SLOWER = 15, 1.1
PATIENCE_SECONDS = 5.0


class Killer:
    """Kills workers while the context is entered: often until enough were hit, then more and more slowly.

    `pause` is the range of seconds between the first kills.
    """

    def __init__(self, system: LocalSystem, dice: Random, pause: tuple[float, float] = (0.2, 3.0)) -> None:
        self._system, self._dice, self._pause = system, dice, pause
        self._invoked: Counter[str] = Counter()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    def __enter__(self) -> Self:
        """Begin to strike."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Strike no more."""
        self._stopped.set()
        self._thread.join()

    def hits(self) -> Counter[str]:
        """How many workers of each function were struck in the middle of their work."""
        log = (self._system.state / "engine.log").read_text(encoding="utf-8")
        return Counter(DIED.findall(log)) + self._invoked

    def strike_while_invoked(self, function: str, event: dict[str, str], within: float) -> bool:
        """Invoke a function, and kill it within so many seconds; whether that hit."""
        struck: list[bool] = []
        call = threading.Thread(target=lambda: struck.append(_fails(self._system, function, event)))
        call.start()
        self._stopped.wait(self._dice.uniform(0, within))
        self._kill(function)
        call.join()
        self._invoked[function] += struck[0]
        return struck[0]

    def _run(self) -> None:
        shortest, longest = self._pause
        while not self._stopped.wait(self._dice.uniform(shortest, longest)):
            longest *= SLOWER if self.hits().total() >= ENOUGH else 1
            function = self._dice.choice(STRUCK)
            if function == "Sweep":
                self.strike_while_invoked("Sweep", {}, within=0.2)
                continue
            if self._dice.random() < AT_AN_ACCEPTANCE:
                self._wait_for_an_acceptance()
                self._stopped.wait(self._dice.uniform(0, 0.2))
            self._kill(function)

    def _kill(self, function: str) -> None:
        """Kill one worker of the function, if any; for feedback all, since each is busy only briefly."""
        pids = workers(self._system, function)
        for pid in pids if function == "RecordFeedback" else self._dice.sample(pids, min(1, len(pids))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _wait_for_an_acceptance(self) -> None:
        """Wait until the SES emulator has accepted a recipient: the worker still waits for the answer."""
        mail = self._system.state / "mail"
        before, deadline = _count(mail), time.monotonic() + PATIENCE_SECONDS
        while _count(mail) == before and time.monotonic() < deadline:
            time.sleep(0.005)


def workers(system: LocalSystem, function: str) -> list[int]:
    """The processes that run a function: children of the engine that this system started."""
    engine = json.loads((system.state / "running.json").read_text(encoding="utf-8"))["engine"]
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    found = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    return [
        int(pid) for pid, parent, args in found if int(parent) == engine and f"{function}Function" in args
    ]


def _fails(system: LocalSystem, function: str, event: dict[str, str]) -> bool:
    answer = system.stack.client("lambda").invoke(
        FunctionName=system.stack.physical(f"{function}Function"), Payload=json.dumps(event).encode()
    )
    return "FunctionError" in answer


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
