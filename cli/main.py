"""`broadsheet`: the commands for editors and operators."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.subscribers import subscribers
from cli.terminal import PrintableErrors
from infrastructure.build import ROOT

if TYPE_CHECKING:
    from cli.mailings import Mailings

LOCAL = ROOT / ".local"


@click.group(cls=PrintableErrors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Broadsheet, a newsletter press."""


main.add_command(subscribers)


@main.command()
@click.option("--port", default=8080, help="The address in the browser.")
@click.option("--engine-port", default=4566, help="Where the local AWS listens.")
@click.option("--hold", default=30, help="Seconds between publishing and mailing.")
@click.option(
    "--state", default=LOCAL / "system", type=click.Path(path_type=Path), help="Where state is kept."
)
def up(port: int, engine_port: int, hold: int, state: Path) -> None:
    """Bring up the local system and leave it running; its state is kept over restarts."""
    from cli.running import bring_up

    bring_up(state, port, engine_port, hold)


@main.command()
def down() -> None:
    """Stop the local systems that `up` and `demo` started."""
    from cli.running import take_down

    take_down([LOCAL / "system", LOCAL / "demo"])


@main.command()
@click.option("--port", default=8090, help="The address in the browser.")
@click.option("--engine-port", default=4576, help="Where the local AWS listens.")
def demo(port: int, engine_port: int) -> None:
    """Play the whole story on a fresh local system, checking every step."""
    from cli.running import play_demo

    raise SystemExit(not play_demo(LOCAL / "demo", port, engine_port))


@main.command()
@click.option(
    "--parameter",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of template.yaml; KEY= sets it back to empty.",
)
@click.option(
    "--parameters",
    "line",
    default="",
    metavar="'KEY=VALUE …'",
    help="Several of them, quoted as in a shell; what make passes.",
)
@click.option("--yes", is_flag=True, help="Agree to the deletion of a failed stack and what it left empty.")
def deploy(pairs: tuple[str, ...], line: str, *, yes: bool) -> None:
    """Build and deploy with SAM; what is given or asked for is kept in samconfig.toml."""
    from cli.deployment.command import deploy as deploy_stack

    deploy_stack(pairs, line, yes=yes)


@main.command()
@click.argument("desk", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--history", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What `history` wrote."
)
@click.option(
    "--newsletter", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Else DESK's own."
)
@click.option("--lenient", is_flag=True, help="Take whatever is neither unsafe nor ambiguous, in any layout.")
@click.option("--edition", help="With --lenient: the edition of files that do not say theirs.")
@click.option("--warnings", is_flag=True, help="Show warnings, too.")
def build(desk: Path, out: Path, history: Path | None, newsletter: Path | None, **options: Any) -> None:  # noqa: ANN401  # click names and checks them
    """Render the whole site from a folder laid out like the desk, without AWS."""
    from cli.building import build_site

    raise SystemExit(build_site(desk, out, history, newsletter, **options))


@main.command()
def history() -> None:
    """Print what the deployed register keeps of each issue, for `build --history`."""
    from cli.history import read_history

    click.echo(read_history(), nl=False)


@main.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path)
)
@click.option("--lenient", is_flag=True, help="For texts from elsewhere: warn where publishing can go on.")
@click.option("--edition", metavar="ID", help="The edition of files that do not say theirs.")
@click.option(
    "--newsletter",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The newsletter.toml to go by; default: the nearest above the first file.",
)
@click.option("--language", default="en", metavar="CODE", help="The language of the findings: en, be or ru.")
def check(
    files: tuple[Path, ...], *, lenient: bool, edition: str | None, newsletter: Path | None, language: str
) -> None:
    """Check issues as publishing would, without AWS; a folder stands for the issues in it."""
    from cli.checking import check as check_files

    raise SystemExit(
        check_files(files, lenient=lenient, edition=edition, newsletter_file=newsletter, language=language)
    )


def _about_mailings(command: Callable[..., None]) -> Callable[..., None]:
    """What all commands about the mailings of an issue take."""
    options = (
        click.argument("issue"),
        click.option("--audience", metavar="ID", help="Only the mailing to this audience."),
        click.option("--local", is_flag=True, help="Those of the local system that `make up` started."),
        click.option("--engine-port", default=4566, help="With --local: where the local AWS listens."),
    )
    for option in reversed(options):
        command = option(command)
    return main.command()(command)


@_about_mailings
def pause(issue: str, audience: str | None, **where: Any) -> None:  # noqa: ANN401  # see `_mailings`
    """Let a mailing make no further call; `resume` goes on where it was."""
    _act("pause", issue, audience, **where)


@_about_mailings
def resume(issue: str, audience: str | None, **where: Any) -> None:  # noqa: ANN401  # see `_mailings`
    """Let a mailing go on that is paused, parked or was stopped."""
    _act("resume", issue, audience, **where)


@_about_mailings
def cancel(issue: str, audience: str | None, **where: Any) -> None:  # noqa: ANN401  # see `_mailings`
    """End a mailing for good: who has not been mailed never will be."""
    _act("cancel", issue, audience, **where)


@_about_mailings
def resend(issue: str, audience: str | None, **where: Any) -> None:  # noqa: ANN401  # see `_mailings`
    """Mail those again who were refused for a passing reason, and nobody else."""
    _act("resend", issue, audience, **where)


@_about_mailings
def status(issue: str, audience: str | None, **where: Any) -> None:  # noqa: ANN401  # see `_mailings`
    """Show how far a mailing is, live until it is over."""
    from cli.mailings import show_status

    show_status(_mailings(**where), issue, audience)


def _about_the_stack(command: Callable[..., None], group: click.Group = main) -> Callable[..., None]:
    """What the commands about the whole stack take."""
    options = (
        click.option("--local", is_flag=True, help="The local system that `make up` started."),
        click.option("--engine-port", default=4566, help="With --local: where the local AWS listens."),
        click.option(
            "--state",
            default=LOCAL / "system",
            type=click.Path(path_type=Path),
            help="With --local: its state.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return group.command()(command)


@_about_the_stack
def panic(**where: Any) -> None:  # noqa: ANN401  # click names and checks them
    """Let nobody open an address, at once; readers can still leave. `recover` undoes it."""
    from cli.panic import panic as turn_off

    raise SystemExit(turn_off(**where))


@_about_the_stack
@click.option("--everything", is_flag=True, help="Turn on all that panic can turn off, noted or not.")
@click.option("--same-key", is_flag=True, help="Make no new key of addresses; `keys rotate` does it later.")
def recover(**where: Any) -> None:  # noqa: ANN401  # click names and checks them
    """Undo `panic`, with a new key of addresses, under which the list is sealed before any mailing goes on.

    The same command goes on with what was broken off.
    """
    from cli.panic import recover as turn_back

    raise SystemExit(turn_back(**where))


@main.group()
def keys() -> None:
    """The keys of the list."""


@partial(_about_the_stack, group=keys)
def rotate(**where: Any) -> None:  # noqa: ANN401  # as above
    """Make a new key of addresses, and seal the list under it; functions do it, no address comes here.

    The same command goes on with what was broken off. The old key is deleted after eight days.
    """
    from cli.keys import rotate as turn

    raise SystemExit(turn(**where))


@_about_the_stack
@click.option("--round-trip", is_flag=True, help="Mail SES's simulator, and wait for what it says of it.")
def doctor(**where: Any) -> None:  # noqa: ANN401  # click names and checks them
    """Look at everything that the system needs, line by line, and say what mends it."""
    from cli.doctor.command import doctor as look

    raise SystemExit(look(**where))


@_about_the_stack
@click.argument(
    "tables",
    nargs=-1,
    required=True,
    metavar="TABLE...",
    type=click.Choice(["list", "subscribers", "fingerprints", "keys", "register", "ledger"]),
)
@click.option("--at", required=True, metavar="TIME", help="Just before the loss, as 2026-11-29T10:15:00Z.")
@click.option(
    "--from-table",
    "from_tables",
    multiple=True,
    metavar="TABLE=NAME",
    help="The backup of TABLE at that time, where it is there already.",
)
@click.option(
    "--include-missing", is_flag=True, help="Also people of whom nobody can know whether they were erased."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be copied back.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def restore(
    tables: tuple[str, ...],
    at: str,
    from_tables: tuple[str, ...],
    *,
    include_missing: bool,
    dry_run: bool,
    yes: bool,
    **where: Any,  # noqa: ANN401  # as above
) -> None:
    """Copy back what a TABLE lacks and had at a time of the last days; `list` is the three of the list.

    DynamoDB writes the table as it was into a new one, which is read and then deleted. Nothing that is live
    is written over. Nobody comes back who left, was erased or was suppressed since, and suppressions that
    were lost hold again. Run it within two days of the loss: that long it is known who had themselves erased.
    The same command goes on with what was broken off.
    """
    from cli.restoring import restore_tables, wishes_of

    choices = {"include_missing": include_missing, "dry_run": dry_run, "yes": yes}
    raise SystemExit(restore_tables(wishes_of(tables, at, from_tables, **choices), **where))


@_about_the_stack
@click.option(
    "--patience", default=180, type=click.IntRange(1, 3600), help="How many seconds a step may wait."
)
def verify(patience: int, **where: Any) -> None:  # noqa: ANN401  # as above
    """Look whether the stack does what it is for, without reading anyone's mail.

    Lays one draft, signs up one address of SES's mailbox simulator, and leaves by a link of nobody's. All of
    that is cleared away in the end; what a run leaves that is killed, the sweep deletes within two hours.
    """
    from cli.verifying import verify as take_all_steps

    raise SystemExit(take_all_steps(patience=patience, **where))


def _act(what: str, issue: str, audience: str | None, **where: Any) -> None:  # noqa: ANN401  # see `_mailings`
    from cli.mailings import act

    act(_mailings(**where), what, issue, audience)


def _mailings(*, local: bool, engine_port: int) -> "Mailings":
    from cli.mailings import mailings_of

    return mailings_of(local=local, state=LOCAL / "system", engine_port=engine_port)
