"""A command on a pseudo-terminal, with a person who reads and types."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MOST_SECONDS = 60
CTRL_C, CTRL_D = "\x03", "\x04"


@dataclass
class Terminal:
    """A running command; `shown` is all that it has printed."""

    process: subprocess.Popen[bytes]
    screen: int
    shown: str = ""
    _read: int = field(default=0, init=False)

    def expect(self, text: str, seconds: float = MOST_SECONDS) -> None:
        """Read until the text has been printed since what was last expected.

        Raises:
            AssertionError: it was not printed in that time, or before the command ended.
        """
        deadline = time.monotonic() + seconds
        while (found := self._flat(self.shown[self._read :]).find(self._flat(text))) < 0:
            if not self._more(deadline):
                raise AssertionError(f"{text!r} was not printed; but this was:\n{self.shown}")
        self._read += self._position(found + len(self._flat(text)))

    def type(self, text: str | bytes, enter: str = "\r") -> None:
        """Type the text."""
        os.write(self.screen, (text if isinstance(text, bytes) else text.encode()) + enter.encode())

    def press(self, keys: str, until: str, tries: int = 20) -> None:
        """Press keys until the text is printed; Python may miss a Ctrl-C just before it begins to read."""
        for _ in range(tries):
            self.type(keys, enter="")
            try:
                return self.expect(until, MOST_SECONDS / tries)
            except AssertionError:
                if self.process.poll() is not None:
                    raise
        raise AssertionError(f"{until!r} was not printed; but this was:\n{self.shown}")

    def resize(self, columns: int, rows: int = 24) -> None:
        """Make the window narrower or wider; the command is told, as terminals do."""
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def ended(self, seconds: float = MOST_SECONDS) -> int:
        """The exit code; waits until the command has ended."""
        deadline = time.monotonic() + seconds
        while self._more(deadline):
            pass
        return self.process.wait(timeout=max(1.0, deadline - time.monotonic()))

    def _more(self, deadline: float) -> bool:
        """Read what comes next; False if nothing does any more, or not in time."""
        readable, _, _ = select.select([self.screen], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            return False
        try:
            found = os.read(self.screen, 1 << 16)
        except OSError:  # Linux's answer once nobody writes to the terminal any more
            return False
        self.shown += found.decode(errors="replace")
        return bool(found)

    @staticmethod
    def _flat(text: str) -> str:
        """The text without its line breaks, which depend on the width."""
        return text.replace("\r", "").replace("\n", "").replace(" ", "")

    def _position(self, flat_length: int) -> int:
        """How much of what was not read yet makes that many signs without breaks."""
        length = 0
        for position, sign in enumerate(self.shown[self._read :]):
            if length == flat_length:
                return position
            length += len(self._flat(sign))
        return len(self.shown) - self._read


@contextmanager
def on_a_terminal(
    command: Sequence[str | Path], environment: Mapping[str, str], folder: Path, columns: int = 80
) -> Iterator[Terminal]:
    """The command on a terminal of its own; it is ended if it has not by then.

    Ctrl-C works even if the tests run in the background of a shell, which lets its jobs ignore it.
    """
    screen, theirs = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        ["setsid", "--ctty", "env", "--default-signal=INT", *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm"},
        cwd=folder,
    )
    os.close(theirs)
    try:
        yield Terminal(process, screen)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(screen)
