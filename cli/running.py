"""`broadsheet up`, `broadsheet down` and `broadsheet demo`."""

from collections.abc import Iterable
from pathlib import Path

from cli.console import PrintableConsole
from demo.story import play
from local.credentials import file_of
from local.system import LocalSystem, LocalSystemError

console = PrintableConsole(highlight=False)


def bring_up(state: Path, port: int, engine_port: int, hold: int) -> None:
    """Start engine and front, deploy the template, say where things are."""
    system = LocalSystem(state, port, engine_port)
    try:
        with console.status("Starting the local system …"):
            system.start()
        with console.status("Building and deploying template.yaml …"):
            system.deploy(hold_seconds=hold)
    except LocalSystemError as error:
        raise SystemExit(str(error)) from error
    say_where(system)


def play_demo(state: Path, port: int, engine_port: int) -> bool:
    """Play the story on a fresh system, and say where it is to be seen; whether every check held."""
    system = LocalSystem(state, port, engine_port)
    held = play(system, PrintableConsole(highlight=False, soft_wrap=True))
    if held:
        say_where(system)
    return held


def say_where(system: LocalSystem) -> None:
    """The addresses, and how to use them."""
    desk = system.stack.physical("DeskBucket")
    console.print(
        f"""
  Site    {system.address}/
  Inbox   {system.address}/_local/inbox     every mail that was sent
  Desk    {system.address}/_local/desk      upload issues, read reports
  Log     {system.address}/_local/log       what ran, what failed

  The desk is also an S3 bucket, with the credentials of this run:
  AWS_SHARED_CREDENTIALS_FILE={file_of(system.state)} AWS_ENDPOINT_URL={system.engine.endpoint} \\
    aws s3 cp --recursive content/issues s3://{desk}/issues

  make down stops it.""",
        soft_wrap=True,
    )


def take_down(states: Iterable[Path]) -> None:
    """Stop each system that runs."""
    stopped = [state.name for state in states if LocalSystem(state).stop()]
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
