"""`broadsheet keys rotate`: the list under a new key. Functions of the stack do it; no address comes here.

If a run is interrupted, some of the list stays under an older key; the next run resumes with that, and
makes no further key.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
from botocore.config import Config
from rich.progress import TaskProgressColumn, TimeElapsedColumn

from cli.asking import require_consent, yes_option
from cli.chosen_stack import StackOptions, stack_options
from cli.console import PrintableConsole, ShowProgress, progress_bar
from cli.counting import counted

OUTPUTS = ("MakeKeys", "ResealList")
LONGEST_CALL = Config(
    connect_timeout=5, read_timeout=310, retries={"mode": "standard", "total_max_attempts": 5}
)
ID_DIGITS = 32  # ids are random, so an id's place between 0 and f tells how much of the list is before it
console = PrintableConsole(highlight=False, soft_wrap=True)


class FunctionFailedError(RuntimeError):
    """A function of the stack ended with an error; its log has the details. Resealed addresses stay so."""


@dataclass(frozen=True)
class Renewal:
    """Replaces the address key. `call` calls a function, named by its output, and gives its answer."""

    call: Callable[[str, Mapping[str, str]], dict[str, Any]]
    bar: Callable[[], AbstractContextManager[ShowProgress]]

    def waiting(self) -> tuple[str, int]:
        """The id of the current key, and how many addresses are sealed under older ones."""
        answer = self.call("ResealList", {"ask": "waiting"})
        return str(answer["current"]), int(answer["waiting"])

    def rotate(self) -> str:
        """Resume an earlier run, or make a new key and reseal the list; returns what was done.

        If none of the addresses under older keys can be opened, there is nothing to resume.
        """
        current, waiting = self.waiting()
        if waiting:
            resealed, outcome = self._reseal()
            if resealed:
                return f"Continued an earlier run, made no new key: {outcome}"
        return self.replace(current)

    def replace(self, key_id: str) -> str:
        """Replace that key and reseal the list; returns what was done. A second call resumes the first."""
        self.call("MakeKeys", {"replace": key_id})
        return self._reseal()[1]

    def _reseal(self) -> tuple[int, str]:
        """The number of resealed addresses, and what was done."""
        answer: dict[str, Any] = {"after": ""}
        resealed = unreadable = 0
        with self.bar() as show:
            while True:
                answer = self.call("ResealList", {"after": str(answer["after"])})
                resealed += int(answer["resealed"])
                unreadable += int(answer["unreadable"])
                show(_part(str(answer["after"])))
                if not answer["after"]:
                    break
        broken = f"; could not be opened and left unchanged: {unreadable}" if unreadable else ""
        addresses = counted(resealed, "address", "addresses")
        return resealed, f"{addresses} resealed under {answer['current']}{broken}"


def renewal_of(functions: Any, outputs: Mapping[str, str]) -> Renewal:  # noqa: ANN401  # boto3's client
    """The renewal of a stack's key. `functions` is a client with the time-outs of `LONGEST_CALL`."""

    def call(name: str, event: Mapping[str, str]) -> dict[str, Any]:
        answer = functions.invoke(FunctionName=outputs[name], Payload=json.dumps(event).encode())
        content = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind = content.get("errorType", "") if isinstance(content, dict) else ""
            raise FunctionFailedError(f"{name} failed: {kind or answer['FunctionError']}. Read its log.")
        return dict(content)

    columns = (TaskProgressColumn(), TimeElapsedColumn())
    return Renewal(call, partial(progress_bar, console, "Resealing the list", 1.0, *columns))


@click.command()
@stack_options("RecoverPolicy")
@yes_option
def rotate(*, stack: StackOptions, yes: bool) -> None:
    """Make a new address key, and reseal the list under it; functions do it, no address leaves AWS.

    To continue an interrupted run, run the same command again. The old key is deleted after eight days.
    """
    require_consent(
        f"In {stack} the list will be resealed under a new key; the old one is deleted later.", yes=yes
    )
    try:
        found = stack.reach(*OUTPUTS)
        renewal = renewal_of(found.client("lambda", LONGEST_CALL), found.outputs)
        console.print(f"✓ {renewal.rotate()}.")
    except FunctionFailedError as error:
        again = stack.command("keys rotate")
        console.print(f"✗ {error} Run `{again}` again: it continues where it stopped.")
        raise SystemExit(1) from error
    console.print("The old key is kept for eight days, because backups need it; then it is deleted.")


def _part(after: str) -> float:
    """The part of the list before that id; "" is the end."""
    return int(after.ljust(ID_DIGITS, "0"), 16) / 16**ID_DIGITS if after else 1.0
