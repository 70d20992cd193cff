"""`broadsheet up`, `broadsheet down` and `broadsheet demo`."""

from pathlib import Path

import click

from cli.chosen_stack import LOCAL, STATE
from cli.console import PrintableConsole
from cli.newsletter_file import own_newsletter
from demo.story import play
from local.agreement import Disagreement
from local.credentials import file_of
from local.system import LocalSystem, LocalSystemError

console = PrintableConsole(highlight=False)


@click.command()
@click.option("--port", default=8080, help="The address in the browser.")
@click.option("--engine-port", default=4566, help="Where the local AWS listens.")
@click.option("--hold", default=30, help="Seconds between publishing and mailing.")
@click.option("--state", default=STATE, type=click.Path(path_type=Path), help="Where state is kept.")
def up(port: int, engine_port: int, hold: int, state: Path) -> None:
    """Bring up the local system and leave it running; its state is kept over restarts."""
    own_newsletter()  # before anything is started
    system = LocalSystem(state, port, engine_port)
    try:
        with console.status("Starting the local system …"):
            found = system.start()
        with console.status("Building and deploying template.yaml …"):
            system.deploy(hold_seconds=hold)
    except LocalSystemError as error:
        raise SystemExit(str(error)) from error
    show_addresses(system)
    show_disagreement(found)


@click.command()
@click.option("--port", default=8090, help="The address in the browser.")
@click.option("--engine-port", default=4576, help="Where the local AWS listens.")
def demo(port: int, engine_port: int) -> None:
    """Play the whole story on a fresh local system, checking every step."""
    own_newsletter()  # before anything is started
    raise SystemExit(not play_demo(LOCAL / "demo", port, engine_port))


def play_demo(state: Path, port: int, engine_port: int) -> bool:
    """Play the story on a fresh system, and print its addresses; whether every check held."""
    system = LocalSystem(state, port, engine_port)
    held = play(system, PrintableConsole(highlight=False, soft_wrap=True))
    if held:
        show_addresses(system)
    return held


def show_addresses(system: LocalSystem) -> None:
    """Print the addresses, and how to use them."""
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


def show_disagreement(found: Disagreement) -> None:
    """Print the mailings on which ledger and SES emulator disagreed, and what to do."""
    if found.suspended:
        console.print(
            f"""
  The ledger and the local SES disagree on who was mailed: {", ".join(found.suspended)}.
  A part of the state was lost, so a reader might be mailed a second time. Nobody is mailed before you have
  looked at the inbox and run: broadsheet resume --local ISSUE, or broadsheet cancel --local ISSUE.""",
            soft_wrap=True,
        )
    if found.unknown:
        console.print(
            f"""
  The local SES has mailed what the ledger does not know: {", ".join(found.unknown)}.
  If you upload one of these issues again, everybody is mailed again.""",
            soft_wrap=True,
        )


@click.command()
def down() -> None:
    """Stop the local systems that `up` and `demo` started."""
    stopped = [name for name in ("system", "demo") if LocalSystem(LOCAL / name).stop()]
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
