"""`broadsheet subscribers`: the list, for whoever runs the newsletter."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infrastructure.build import ROOT

if TYPE_CHECKING:
    from cli.roster import TheList

LOCAL = ROOT / ".local"
IN_CLEAR = "--in-plain-text-readable-by-anyone"


@click.group()
def subscribers() -> None:
    """The list: take people in, take it out, count, find, forget."""


def _of_a_stack(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command about the list of one stack."""

    def made(command: Callable[..., None]) -> Callable[..., None]:
        options = (
            click.option(
                "--local", is_flag=True, help="The list of the local system that `make up` started."
            ),
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
        return subscribers.command(name)(command)

    return made


@_of_a_stack("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--audience", "audiences", multiple=True, metavar="ID", help="For whom the file does not say it."
)
@click.option("--column", "columns", multiple=True, metavar="HEADING=MEANING", help="What a column means.")
@click.option("--source", default="", metavar="TEXT", help="Where they agreed; kept with each consent.")
@click.option(
    "--consent-on", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="Where the file has none."
)
@click.option("--language", default="", metavar="CODE", help="Where the file does not say it.")
@click.option("--encoding", default="", metavar="NAME", help="Where it is not told rightly.")
@click.option(
    "--delimiter", default="", metavar="SIGN", help="As above: a sign, or tab, comma, semicolon, pipe."
)
@click.option(
    "--except",
    "others",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="Whoever stands in that file stays out, as one of those who left.",
)
@click.option("--at-once", default=16, type=click.IntRange(1, 16), help="How many calls are made at once.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of each row.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def import_(  # click explains the options
    file: Path,
    consent_on: datetime | None,
    *,
    local: bool,
    engine_port: int,
    state: Path,
    **wishes: Any,  # noqa: ANN401  # as below
) -> None:
    """Take in people from elsewhere, out of a CSV FILE with any headings.

    Shows what it takes each column for and what would become of each row before it changes anything. It stops
    at a column that may say who left and is not understood, until --column says what it is. Nobody is brought
    back who left, bounced, complained or said "not again". A second run changes nothing; one that
    was broken off is gone on with by the same command.
    """
    from cli.importing import Wishes, import_people
    from cli.roster import plain_errors

    day: date | None = consent_on.date() if consent_on else None
    with plain_errors():
        people = _the_list(local=local, engine_port=engine_port, state=state)
        import_people(people, file, Wishes(consent_on=day, **wishes), LOCAL / "imports")


@_of_a_stack("export")
@click.option("--to", "recipients", multiple=True, metavar="AGE1…", help="Whose age key opens it.")
@click.option("--out", type=click.Path(path_type=Path), help="Default: subscribers-<day>.csv.age")
@click.option(IN_CLEAR, "in_clear", is_flag=True, help="Write every address in clear.")
def export(recipients: tuple[str, ...], out: Path | None, *, in_clear: bool, **where: Any) -> None:  # noqa: ANN401  # see `_the_list`
    """Take the list out: a CSV file, encrypted with age, with address, audiences, language and consent.

    A second run writes another file; one that is there is never written over.
    """
    if in_clear == bool(recipients):
        raise click.UsageError(f"Say who may open it: --to with a public key of age, or else {IN_CLEAR}.")
    from cli.exporting import ExportError
    from cli.exporting import export as write
    from cli.roster import now, plain_errors

    ending = "csv" if in_clear else "csv.age"
    with plain_errors():
        try:
            unreadable = write(
                _the_list(**where), out or Path(f"subscribers-{now():%Y-%m-%d}.{ending}"), recipients
            )
        except ExportError as error:
            raise SystemExit(str(error)) from None
    raise SystemExit(int(unreadable > 0))


@_of_a_stack("count")
def count(**where: Any) -> None:  # noqa: ANN401  # see `_the_list`
    """Count readers by audience, language and month; a number below five is not told."""
    from cli.roster import plain_errors
    from cli.telling import show_counts

    with plain_errors():
        show_counts(_the_list(**where))


def _refuse_addresses(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> None:
    """Stop at any argument but `-`, which stands for standard input as ever; nothing is repeated of it.

    Raises:
        click.UsageError: there is one. Nothing was looked up.
    """
    if set(given) - {"-"}:
        raise click.UsageError(
            "An address is not taken as an argument: it stays in your shell's history, and others on this"
            " machine see it while the command runs. Run it without, and type the address when you are asked"
            " or pipe it in. Then remove this line from the history."
        )


def _of_an_address(command: Callable[..., None]) -> Callable[..., None]:
    """A command about one address, which is asked for; see `asked_address`."""
    argument = click.argument(
        "_given", nargs=-1, metavar="", callback=_refuse_addresses, expose_value=False, type=click.UNPROCESSED
    )
    return argument(command)


@_of_a_stack("find")
@_of_an_address
def find(**where: Any) -> None:  # noqa: ANN401  # see `_the_list`
    """Say what is kept of an address. Changes nothing.

    You are asked for the address, or it is read from standard input; as an argument it is refused.
    """
    from cli.roster import plain_errors
    from cli.telling import asked_address, show_kept

    with plain_errors():
        show_kept(_the_list(**where), asked_address())


@_of_a_stack("forget")
@_of_an_address
@click.option("--not-again", is_flag=True, help="Never mail it again, whoever signs it up or imports it.")
@click.option(
    "--even-if-suppressed",
    is_flag=True,
    help="Also delete the code by which it is never mailed. Only if whoever it belongs to demands it.",
)
def forget(*, not_again: bool, even_if_suppressed: bool, **where: Any) -> None:  # noqa: ANN401  # see `_the_list`
    """Erase all that is kept of an address, at once and for good.

    You are asked for the address, or it is read from standard input; as an argument it is refused. A second
    run finds nothing and ends the same.
    """
    if not_again and even_if_suppressed:
        raise click.UsageError(
            "--not-again keeps the code that --even-if-suppressed deletes: give one of them."
        )
    from cli.roster import plain_errors
    from cli.telling import asked_address
    from cli.telling import forget as erase

    with plain_errors():
        erase(
            _the_list(**where),
            asked_address(),
            not_again=not_again,
            even_if_suppressed=even_if_suppressed,
        )


def _the_list(*, local: bool, engine_port: int, state: Path) -> "TheList":
    from cli.roster import the_list

    return the_list(local=local, state=state, engine_port=engine_port)
