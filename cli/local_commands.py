"""`broadsheet up`, `broadsheet down` and `broadsheet demo`."""

from pathlib import Path

import click

from cli.chosen_stack import LOCAL, PORT, STATE, StackOptions
from cli.console import PrintableConsole
from cli.newsletter_file import own_newsletter
from demo.story import play
from infrastructure.build import Target, build
from infrastructure.redirect_store import redirects_to_import
from infrastructure.redirects import REDIRECTS_FILE
from local.agreement import Disagreement
from local.credentials import file_of
from local.system import LocalSystem, LocalSystemError

ENGINE_PORT = 4566
console = PrintableConsole(highlight=False)


@click.command()
@click.option("--port", default=8080, type=PORT, help="Port of the site in your browser.")
@click.option("--engine-port", default=ENGINE_PORT, type=PORT, help="Port of the local AWS.")
@click.option(
    "--hold", default=30, type=click.IntRange(0, 86_400), help="Seconds between publishing and the mailing."
)
@click.option(
    "--state",
    default=STATE,
    type=click.Path(path_type=Path),
    help="Folder in which the local system keeps its state.",
)
def up(port: int, engine_port: int, hold: int, state: Path) -> None:
    """Start the local system and leave it running; its state survives restarts."""
    check_own_files()
    system = LocalSystem(state, port, engine_port)
    try:
        with console.status("Starting the local system …"):
            found = system.start()
        with console.status("Building the functions; the first time takes a minute …"):
            build(Target.local())
        with console.status("Deploying template.yaml; the first time takes half a minute …"):
            system.deploy(hold_seconds=hold)
    except LocalSystemError as error:
        raise SystemExit(str(error)) from error
    show_addresses(system)
    show_next_steps(system, hold)
    show_disagreement(found, stack_of(system))


@click.command()
@click.option("--port", default=8090, type=PORT, help="Port of the site in your browser.")
@click.option("--engine-port", default=4576, type=PORT, help="Port of the local AWS.")
def demo(port: int, engine_port: int) -> None:
    """Run the whole demo on a fresh local system, checking every step."""
    check_own_files()
    raise SystemExit(not play_demo(LOCAL / "demo", port, engine_port))


def check_own_files() -> None:
    """Check newsletter.toml and redirects.toml before anything is started.

    Raises:
        click.ClickException: one of them can't be used.
    """
    redirects_to_import(REDIRECTS_FILE, own_newsletter().editions)


def play_demo(state: Path, port: int, engine_port: int) -> bool:
    """Play the story on a fresh system, and print its addresses; whether every check held."""
    system = LocalSystem(state, port, engine_port)
    held = play(system, PrintableConsole(highlight=False, soft_wrap=True))
    if held:
        show_addresses(system)
        console.print("\n  make down stops it.")
    return held


def show_addresses(system: LocalSystem) -> None:
    """Print the addresses."""
    console.print(
        f"""
  Site    {system.address}/                 what readers see
  Inbox   {system.address}/_local/inbox     every email that was sent
  Desk    {system.address}/_local/desk      upload issues, read reports
  Log     {system.address}/_local/log       what ran, what failed""",
        soft_wrap=True,
    )


def show_disagreement(found: Disagreement, stack: StackOptions) -> None:
    """Print the mailings on which ledger and SES emulator disagreed, and what to do."""
    resume, cancel = (stack.command(f"{name} ISSUE") for name in ("resume", "cancel"))
    if found.suspended:
        console.print(
            f"""
  The ledger and the local SES disagree on who was emailed: {", ".join(found.suspended)}.
  Part of the state was lost, so a reader might get an issue twice. Nobody is emailed until you have looked
  at the inbox and run: {resume}, or {cancel}.""",
            soft_wrap=True,
            markup=False,
        )
    if found.unknown:
        console.print(
            f"""
  The local SES has sent emails that the ledger does not know: {", ".join(found.unknown)}.
  If you upload one of these issues again, everybody is emailed again.""",
            soft_wrap=True,
        )


def show_next_steps(system: LocalSystem, hold_seconds: int) -> None:
    """Print how to sign up, to upload a first issue, to see it mailed, and to stop."""
    desk, stack = system.stack.physical("DeskBucket"), stack_of(system)
    down = stack.stop if system.state == STATE else f".venv/bin/{stack.stop}"
    console.print(
        f"""
  What next
  1. Sign up on the site, as a reader. The confirmation email is in the inbox.
  2. Upload an issue on the desk: the pictures in content/issues/2016-12-05/images to
     issues/2016-12-05/images/, then en.md to issues/2016-12-05/en.md; docs/editors.md says how to write one.
     Or upload all of it with the AWS command line and the credentials of this run:
     AWS_SHARED_CREDENTIALS_FILE={file_of(system.state)} AWS_ENDPOINT_URL={system.engine.endpoint} \\
       aws s3 cp --recursive content/issues/2016-12-05 s3://{desk}/issues/2016-12-05
  3. Its pages are there within a minute, and a report is in reports/ on the desk. The issue is sent
     {hold_seconds} seconds after that: .venv/bin/{stack.command("status 2016-12-05")}
  4. {down} stops everything and keeps its state for the next time.""",
        soft_wrap=True,
        markup=False,
    )


def stack_of(system: LocalSystem) -> StackOptions:
    """How other commands find this system; they find its port by themselves."""
    return StackOptions(local=True, state=system.state)


@click.command()
@click.option(
    "--state", type=click.Path(path_type=Path), help="Only the system whose state is in this folder."
)
def down(state: Path | None) -> None:
    """Stop the local systems that `up` and `demo` started."""
    states = [state] if state else [STATE, LOCAL / "demo"]
    stopped = [one.name for one in states if LocalSystem(one).stop()]
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
