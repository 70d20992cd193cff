"""`broadsheet keys rotate`: the list under a new key. Functions of the stack do it; no address comes here.

A run that was broken off has left some of the list under an older key; the next one goes on with that, and
makes no further key.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from botocore.config import Config
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.console import PrintableConsole
from cli.deployed_list import plain_errors
from cli.options import stack_options
from cli.own_stack import reach

OUTPUTS = ("MakeKeys", "ResealList")
LONGEST_CALL = Config(
    connect_timeout=5, read_timeout=310, retries={"mode": "standard", "total_max_attempts": 5}
)
ShowProgress = Callable[[float], None]  # of the work that is done, from 0.0 to 1.0
ID_DIGITS = 32  # ids are random, so how far an id is from 0 to f tells how much of the list lies before it
console = PrintableConsole(highlight=False, soft_wrap=True)


class FunctionFailedError(RuntimeError):
    """A function of the stack ended with an error; its log tells more. What was resealed before stays so."""


@dataclass(frozen=True)
class Renewal:
    """Replaces the key of addresses. `call` calls a function, named by its output, and gives its answer."""

    call: Callable[[str, Mapping[str, str]], dict[str, Any]]
    bar: Callable[[], AbstractContextManager[ShowProgress]]

    def waiting(self) -> tuple[str, int]:
        """The id of the key in use, and how many addresses are sealed under older ones."""
        answer = self.call("ResealList", {"ask": "waiting"})
        return str(answer["current"]), int(answer["waiting"])

    def rotate(self) -> str:
        """Go on with what an earlier run has left, or make a new key and reseal the list; what was done.

        Where all that is left can't be opened, there is nothing to go on with.
        """
        current, waiting = self.waiting()
        if waiting:
            resealed, told = self._reseal()
            if resealed:
                return f"An earlier run goes on, no new key was made: {told}"
        return self.replace(current)

    def replace(self, key_id: str) -> str:
        """Replace that key, unless it is replaced, and reseal the list; what was done. Again, it goes on."""
        self.call("MakeKeys", {"replace": key_id})
        return self._reseal()[1]

    def _reseal(self) -> tuple[int, str]:
        """How many were resealed, and what was done."""
        answer: dict[str, Any] = {"after": ""}
        resealed = unreadable = 0
        with self.bar() as bar:
            while True:
                answer = self.call("ResealList", {"after": str(answer["after"])})
                resealed += int(answer["resealed"])
                unreadable += int(answer["unreadable"])
                bar(_part(str(answer["after"])))
                if not answer["after"]:
                    break
        broken = f"; {unreadable} can't be opened and stay as they were" if unreadable else ""
        return resealed, f"{resealed} addresses sealed anew under {answer['current']}{broken}"


def renewal_of(session: Any, endpoint: str | None, outputs: Mapping[str, str]) -> Renewal:  # noqa: ANN401  # boto3's
    """The renewal of a stack's key."""
    functions = session.client("lambda", endpoint_url=endpoint, config=LONGEST_CALL)

    def call(name: str, event: Mapping[str, str]) -> dict[str, Any]:
        answer = functions.invoke(FunctionName=outputs[name], Payload=json.dumps(event).encode())
        content = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind = content.get("errorType", "") if isinstance(content, dict) else ""
            raise FunctionFailedError(f"{name} failed: {kind or answer['FunctionError']}. Read its log.")
        return dict(content)

    return Renewal(call, _bar)


@click.command()
@stack_options()
def rotate(*, local: bool, state: Path, engine_port: int) -> None:
    """Make a new key of addresses, and seal the list under it; functions do it, no address comes here.

    The same command goes on with what was broken off. The old key is deleted after eight days.
    """
    try:
        with plain_errors("RecoverPolicy"):
            found = reach(OUTPUTS, local=local, state=state, engine_port=engine_port)
            console.print(f"✓ {renewal_of(*found).rotate()}.")
    except FunctionFailedError as error:
        console.print(f"✗ {error} Run `broadsheet keys rotate` again: it goes on where it was.")
        raise SystemExit(1) from error
    console.print("The old key is kept for eight days, for backups need it; then it is deleted.")


def _part(after: str) -> float:
    """How much of the list lies before that id; "" is its end."""
    return int(after.ljust(ID_DIGITS, "0"), 16) / 16**ID_DIGITS if after else 1.0


@contextmanager
def _bar() -> Iterator[ShowProgress]:
    """A bar on the terminal; nothing where there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Sealing the list anew", total=1.0)
        yield lambda part: progress.update(task, completed=part)
