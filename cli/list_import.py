"""`broadsheet subscribers import`: people from elsewhere, out of a CSV file."""

import secrets
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.progress import MofNCompleteColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from broadsheet.mail import one_line
from broadsheet.subscribers.mailing_list.columns import ColumnMapping, map_columns, parse_column_options
from broadsheet.subscribers.mailing_list.csv_rows import TableError
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.dates import day_in
from broadsheet.subscribers.mailing_list.importer import (
    WORKERS,
    ImportConsent,
    RowCounts,
    ScannedTable,
    plan_import,
    run_import,
    scan_table,
)
from broadsheet.subscribers.mailing_list.meaning import Meaning
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.mailing_list.row_reader import RowReader
from cli.column_report import show_columns, stop_if_unclear
from cli.console import PrintableConsole, ShowProgress, progress_bar
from cli.deployed_list import DeployedList, connect_list, plain_errors
from cli.import_checkpoint import ImportCheckpoint, checkpoint_of
from cli.own_stack import LOCAL, StackOptions, now, stack_options

LONGEST_SOURCE = 200
SECONDS_BETWEEN_CHECKPOINTS = 1.0
BROKEN_OFF = 130  # as shells have it for Ctrl-C
PIECE_BYTES = 1 << 20
TOLD = {
    ImportStatus.NEW: "new",
    ImportStatus.PRESENT: "already on the list: they stay as they are",
    ImportStatus.LEFT: "left before: never brought back",
    ImportStatus.SUPPRESSED: "bounced, complained or said “not again”: never brought back",
    ImportStatus.NOT_SUBSCRIBED: "not subscribed any more where the file comes from",
    ImportStatus.DUPLICATE: "twice in the file",
    ImportStatus.INVALID: "bad rows",
}
console = PrintableConsole(highlight=False)


@dataclass(frozen=True)
class ImportOptions:
    """The command's options; what is empty is detected, or asked for."""

    audiences: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    source: str = ""
    consent_on: date | None = None
    language: str = ""
    encoding: str = ""
    delimiter: str = ""
    others: tuple[Path, ...] = ()
    at_once: int = WORKERS
    dry_run: bool = False
    yes: bool = False

    @property
    def asks(self) -> bool:
        """Whether somebody is there to answer."""
        return not self.yes and sys.stdin.isatty()


def import_people(deployed: DeployedList, file: Path, options: ImportOptions, checkpoints: Path) -> None:
    """Show what would become of each row, then take in who is new; stop where a column is not understood.

    A second run finds those of the first on the list and changes nothing; one after a run that was broken off
    goes on where that one was. Nobody comes back who left, bounced, complained or said "not again".
    """
    table = read_head(lambda: file.open("rb"), options.encoding or None, options.delimiter or None)
    mapping = map_columns(table, parse_column_options(options.columns, table.headings))
    show_columns(file, table, mapping)
    stop_if_unclear(file, mapping)
    if options.asks and not click.confirm("Is that right?", default=True):
        raise SystemExit("Say what the columns are: --column 'Its heading=audience', for example.")
    row_reader = _row_reader(deployed, mapping, options)
    source = _source(options)
    checkpoint = checkpoint_of(deployed.name, (file, *options.others), row_reader, source, checkpoints)
    if checkpoint.done:
        console.print(f"An earlier run is gone on with: all up to line {checkpoint.done} is settled.")
    others = [read_head(_opening(other)) for other in options.others]
    scanned = scan_table(table, row_reader, secrets.token_bytes(16), others)
    for other in options.others:
        console.print(Text(f"Whoever stands in {other.name} stays out."))
    with _bar("Asking the list", scanned.last_line) as moved:
        asked = partial(plan_import, scanned, checkpoint.done, mailing_list=deployed.mailing_list, clock=now)
        planned = asked(on_progress=moved, workers=options.at_once)
    _show_tally("What an import would do", planned.counts, Counter())
    if options.dry_run:
        console.print("Nothing was changed.")
    elif not (new := planned.counts.statuses[ImportStatus.NEW]):
        checkpoint.path.unlink(missing_ok=True)
        console.print("Nobody is to be taken in.")
    elif options.yes or (options.asks and click.confirm(f"Take in {new} people?", default=False)):
        deployed.open_keys()
        carried = partial(
            run_import,
            planned,
            ImportConsent(checkpoint.import_id, source),
            mailing_list=deployed.mailing_list,
        )
        carried = partial(carried, addresses=deployed.addresses, clock=now, workers=options.at_once)
        _run_import(carried, checkpoint, scanned)
    else:
        console.print("Nothing was changed. With --yes nobody is asked.")


def _opening(file: Path) -> Callable[[], BinaryIO]:
    return lambda: file.open("rb")


def _run_import(
    carried: Callable[..., RowCounts], checkpoint: ImportCheckpoint, source: ScannedTable
) -> None:
    """Run the import with a checkpoint, which is deleted at the end."""
    before = Counter(checkpoint.statuses)
    asked = (
        ImportStatus.NEW,
        ImportStatus.PRESENT,
        ImportStatus.LEFT,
        ImportStatus.SUPPRESSED,
    )  # the others are counted from the file each time
    try:
        with _bar("Taking in", source.last_line) as moved:

            def on_progress(line: int, counts: RowCounts) -> None:
                moved(line)
                checkpoint.move(line, before + Counter({status: counts.statuses[status] for status in asked}))

            counts = carried(on_progress=on_progress)
    except BaseException as error:
        if checkpoint.done:
            checkpoint.move(checkpoint.done, checkpoint.statuses, at_once=True)
        console.print(
            f"Broken off; all up to line {checkpoint.done} is settled. The same command goes on from there."
        )
        if isinstance(error, KeyboardInterrupt):
            raise SystemExit(BROKEN_OFF) from None
        raise
    checkpoint.path.unlink(missing_ok=True)
    _show_tally("What the import did", counts, before)


def _row_reader(deployed: DeployedList, mapping: ColumnMapping, options: ImportOptions) -> RowReader:
    """How rows are read; what neither file nor options say is asked for."""
    newsletter, today, columns = deployed.newsletter, now().date(), mapping.places
    known = [audience.id for audience in newsletter.audiences]
    languages = [edition.language for edition in newsletter.editions.values()]
    audiences, consent_on = options.audiences, options.consent_on
    if unknown := [audience for audience in audiences if audience not in known]:
        raise TableError(f"There is no audience {unknown[0]!r}; newsletter.toml has {', '.join(known)}.")
    if options.language and options.language not in languages:
        raise TableError(f"There is no edition in {options.language!r}; there are {', '.join(languages)}.")
    if not audiences and not {Meaning.AUDIENCE, Meaning.LANGUAGE} & set(columns):
        if len(known) > 1 and not options.asks:
            raise TableError(
                f"The file does not say for which audience: add --audience {' or '.join(known)}."
            )
        asked = click.prompt("For which audience?", type=click.Choice(known)) if len(known) > 1 else known[0]
        audiences = (asked,)
    if consent_on is None and not mapping.has_consent_days:
        if not options.asks:
            raise TableError("The file does not say when they agreed: add --consent-on, as 2016-12-05.")
        consent_on = click.prompt("On which day did they agree (2016-12-05)?", value_proc=_day)
    if consent_on and consent_on > today:
        raise TableError("The day of consent is to come.")
    return mapping.row_reader(newsletter, today, audiences, options.language, consent_on)


def _source(options: ImportOptions) -> str:
    """Where they agreed, in the operator's words: it is kept with each consent."""
    source = options.source
    if not source and options.asks:
        source = click.prompt("Where and to what did they agree? It is kept with each consent")
    source = one_line(source)
    if not source or len(source) > LONGEST_SOURCE or "@" in source:
        raise TableError(
            f"Say where they agreed with --source, in at most {LONGEST_SOURCE} letters and without an"
            " address: 'the form on our old site', for example."
        )
    return source


def _day(text: str) -> date:
    found = day_in(text.strip())
    if found is None:
        raise click.BadParameter("write it as 2016-12-05")
    return found


def _show_tally(title: str, counts: RowCounts, before: Counter[ImportStatus]) -> None:
    table = Table("rows", "what they are", title=title, title_justify="left")
    for status, words in TOLD.items():
        table.add_row(str(counts.statuses[status] + before[status]), words)
    console.print(table)
    for problem, lines in counts.lines.items():
        console.print(Text(f"Line {_in_words(lines, counts.problems[problem])}: {problem}."))


def _in_words(lines: list[int], number: int) -> str:
    more = number - len(lines)
    return ", ".join(map(str, lines)) + (f" and {more} more" if more > 0 else "")


def _bar(what: str, last_line: int) -> AbstractContextManager[ShowProgress]:
    return progress_bar(console, what, last_line, MofNCompleteColumn(), TimeRemainingColumn())


@click.command("import")
@stack_options("The list of the local system")
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
    stack: StackOptions,
    **options: Any,  # noqa: ANN401  # click names and checks them
) -> None:
    """Take in people from elsewhere, out of a CSV FILE with any headings.

    Shows what it takes each column for and what would become of each row before it changes anything. It stops
    at a column that may say who left and is not understood, until --column says what it is. Nobody is brought
    back who left, bounced, complained or said "not again". A second run changes nothing; one that
    was broken off is gone on with by the same command.
    """
    day: date | None = consent_on.date() if consent_on else None
    with plain_errors():
        import_people(connect_list(stack), file, ImportOptions(consent_on=day, **options), LOCAL / "imports")
