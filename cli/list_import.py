"""`broadsheet subscribers import`: new subscribers from a CSV file."""

import secrets
import sys
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.progress import MofNCompleteColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from broadsheet.mail import one_line
from broadsheet.subscribers.mailing_list.columns import ColumnMapping, map_columns, parse_column_options
from broadsheet.subscribers.mailing_list.csv_rows import TableError
from broadsheet.subscribers.mailing_list.csv_table import CSVTable, read_head
from broadsheet.subscribers.mailing_list.dates import day_in
from broadsheet.subscribers.mailing_list.importer import (
    WORKERS,
    ImportConsent,
    ImportPlan,
    RowCounts,
    plan_import,
    run_import,
    scan_table,
)
from broadsheet.subscribers.mailing_list.meaning import Meaning
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.mailing_list.row_reader import RowReader
from cli.asking import require_consent, yes_option
from cli.chosen_stack import LOCAL, StackOptions, now, stack_options
from cli.column_report import show_columns, stop_if_unclear
from cli.console import PrintableConsole, ShowProgress, progress_bar
from cli.counting import counted
from cli.deployed_list import DeployedList, connect_list
from cli.import_checkpoint import ImportCheckpoint, checkpoint_of

LONGEST_SOURCE = 200
INTERRUPTED = 130  # as shells have it for Ctrl-C
# What the list decides; the other statuses are counted from the file each time.
FROM_THE_LIST = (ImportStatus.NEW, ImportStatus.PRESENT, ImportStatus.LEFT, ImportStatus.SUPPRESSED)
WORDS = {
    ImportStatus.NEW: "new",
    ImportStatus.PRESENT: "already on the list: left unchanged",
    ImportStatus.LEFT: "unsubscribed before: never brought back",
    ImportStatus.SUPPRESSED: "bounced, marked us as spam or said “not again”: never brought back",
    ImportStatus.NOT_SUBSCRIBED: "no longer subscribed according to the file",
    ImportStatus.DUPLICATE: "more than once in the file",
    ImportStatus.INVALID: "rows that cannot be used",
}
console = PrintableConsole(highlight=False)


@dataclass(frozen=True)
class ImportOptions:
    """The command's options; an empty one is detected in the file, or asked for."""

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
        """Whether a person can be asked."""
        return not self.yes and sys.stdin.isatty()


@dataclass(frozen=True)
class ListImport:
    """One import into a list, with its options; checkpoints are kept in a folder."""

    deployed: DeployedList
    options: ImportOptions
    checkpoints: Path

    def run(self, file: Path) -> None:
        """Show what the import would do with each row, then import new subscribers.

        It stops if a column is unclear. A second run finds the people of the first on the list and changes
        nothing; the run after an interrupted one resumes it. Nobody is imported who unsubscribed, bounced,
        complained or said "not again".
        """
        table, mapping = self._confirmed_columns(file)
        row_reader, source = self._row_reader(mapping), self._source()
        files = (file, *self.options.others)
        checkpoint = checkpoint_of(self.deployed.name, files, row_reader, source, self.checkpoints)
        planned = self._plan(table, row_reader, checkpoint)
        if self.options.dry_run:
            console.print("Nothing was changed.")
        elif not (new := planned.counts.statuses[ImportStatus.NEW]):
            checkpoint.path.unlink(missing_ok=True)
            console.print("There is nobody new to import.")
        else:
            people = counted(new, "new reader")
            require_consent(f"{people} to import.", yes=self.options.yes, question=f"Import {people}?")
            self._write(planned, ImportConsent(checkpoint.import_id, source), checkpoint)

    def _confirmed_columns(self, file: Path) -> tuple[CSVTable, ColumnMapping]:
        table = _read_head(file, self.options.encoding or None, self.options.delimiter or None)
        mapping = map_columns(table, parse_column_options(self.options.columns, table.headings))
        show_columns(file, table, mapping)
        stop_if_unclear(file, mapping)
        if self.options.asks and not click.confirm("Is that right?", default=True):
            raise SystemExit("Name the columns yourself, for example: --column 'Its heading=audience'")
        return table, mapping

    def _plan(self, table: CSVTable, row_reader: RowReader, checkpoint: ImportCheckpoint) -> ImportPlan:
        """Look everybody in the table up in the list, and show the counts."""
        if checkpoint.done:
            console.print(f"Continuing an earlier run: everything up to line {checkpoint.done} is done.")
        others = [_read_head(other) for other in self.options.others]
        scanned = scan_table(table, row_reader, secrets.token_bytes(16), others)
        for other in self.options.others:
            console.print(Text(f"Whoever is in {other.name} is left out."))
        look_up = partial(plan_import, mailing_list=self.deployed.mailing_list, clock=now)
        with _bar("Comparing with the list", scanned.last_line) as show_line:
            planned = look_up(scanned, checkpoint.done, on_progress=show_line, workers=self.options.at_once)
        _show_counts("What the import would do", planned.counts, Counter())
        return planned

    def _write(self, planned: ImportPlan, consent: ImportConsent, checkpoint: ImportCheckpoint) -> None:
        """Write the new subscribers, with a checkpoint, which is deleted at the end."""
        deployed, before = self.deployed, Counter(checkpoint.statuses)
        deployed.open_keys()
        write = partial(
            run_import, mailing_list=deployed.mailing_list, addresses=deployed.addresses, clock=now
        )
        try:
            with _bar("Importing", planned.source.last_line) as show_line:

                def on_progress(line: int, counts: RowCounts) -> None:
                    show_line(line)
                    kept = {status: counts.statuses[status] for status in FROM_THE_LIST}
                    checkpoint.move(line, before + Counter(kept))

                counts = write(planned, consent, on_progress=on_progress, workers=self.options.at_once)
        except BaseException as error:
            if checkpoint.done:
                checkpoint.move(checkpoint.done, checkpoint.statuses, at_once=True)
            console.print(
                f"Interrupted; everything up to line {checkpoint.done} is done. Run the same command again"
                " to continue."
            )
            if isinstance(error, KeyboardInterrupt):
                raise SystemExit(INTERRUPTED) from None
            raise
        checkpoint.path.unlink(missing_ok=True)
        _show_counts("What the import did", counts, before)

    def _row_reader(self, mapping: ColumnMapping) -> RowReader:
        """The reader of the rows; what neither file nor options say is asked for."""
        newsletter, today, options = self.deployed.newsletter, now().date(), self.options
        languages = [edition.language for edition in newsletter.editions.values()]
        if options.language and options.language not in languages:
            raise TableError(
                f"There is no edition in {options.language!r}; there are {', '.join(languages)}."
            )
        audiences = self._audiences(mapping)
        consent_on = options.consent_on
        if consent_on is None and not mapping.has_consent_days:
            if not options.asks:
                raise TableError(
                    "The file has no dates of consent: add --consent-on, for example 2016-12-05."
                )
            consent_on = click.prompt(
                "On which day did they agree (for example 2016-12-05)?", value_proc=_day
            )
        if consent_on and consent_on > today:
            raise TableError("The date of consent is in the future.")
        return mapping.row_reader(newsletter, today, audiences, options.language, consent_on)

    def _audiences(self, mapping: ColumnMapping) -> tuple[str, ...]:
        known = [audience.id for audience in self.deployed.newsletter.audiences]
        given = self.options.audiences
        if unknown := [audience for audience in given if audience not in known]:
            raise TableError(f"There is no audience {unknown[0]!r}; newsletter.toml has {', '.join(known)}.")
        if self.deployed.newsletter.apart(given) != tuple(dict.fromkeys(given)):
            raise TableError(
                "Two of these audiences share an edition: their readers would get it twice. Name one."
            )
        if given or {Meaning.AUDIENCE, Meaning.LANGUAGE} & set(mapping.positions):
            return given
        if len(known) == 1:
            return (known[0],)
        if not self.options.asks:
            names = " or ".join(known)
            raise TableError(f"The file names no audience: add --audience {names}.")
        return (click.prompt("For which audience?", type=click.Choice(known)),)

    def _source(self) -> str:
        """Where the people agreed, in the operator's words; kept with each consent."""
        source = self.options.source
        if not source and self.options.asks:
            source = click.prompt("Where and to what did they agree? (stored with each consent)")
        source = one_line(source)
        if not source or len(source) > LONGEST_SOURCE or "@" in source:
            raise TableError(
                f"Say where they agreed with --source, in at most {LONGEST_SOURCE} characters and without"
                " an address, for example: 'the form on our old site'."
            )
        return source


def _read_head(file: Path, *how: str | None) -> CSVTable:
    return read_head(lambda: file.open("rb"), *how)


def _day(text: str) -> date:
    found = day_in(text.strip())
    if found is None:
        raise click.BadParameter("write it as 2016-12-05")
    return found


def _show_counts(title: str, counts: RowCounts, before: Counter[ImportStatus]) -> None:
    table = Table("rows", "status", title=title, title_justify="left")
    for status, words in WORDS.items():
        table.add_row(str(counts.statuses[status] + before[status]), words)
    console.print(table)
    for problem, lines in counts.lines.items():
        more = counts.problems[problem] - len(lines)
        which = ", ".join(map(str, lines)) + (f" and {more} more" if more > 0 else "")
        console.print(Text(f"{problem}: {'line' if counts.problems[problem] == 1 else 'lines'} {which}."))


def _bar(what: str, last_line: int) -> AbstractContextManager[ShowProgress]:
    return progress_bar(console, what, last_line, MofNCompleteColumn(), TimeRemainingColumn())


@click.command("import")
@stack_options("OperatorPolicy")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--audience", "audiences", multiple=True, metavar="ID", help="Audience of the rows that name none."
)
@click.option("--column", "columns", multiple=True, metavar="HEADING=MEANING", help="What a column holds.")
@click.option(
    "--source",
    default="",
    metavar="TEXT",
    help="Where these people gave their consent; stored with each consent.",
)
@click.option(
    "--consent-on",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Date of consent for the rows that have none.",
)
@click.option("--language", default="", metavar="CODE", help="Language of the rows that name none.")
@click.option(
    "--encoding", default="", metavar="NAME", help="The file's encoding, if it is detected wrongly."
)
@click.option(
    "--delimiter",
    default="",
    metavar="SIGN",
    help=(
        "What separates the columns, if it is detected wrongly: a character, or tab, comma, semicolon, pipe."
    ),
)
@click.option(
    "--except",
    "others",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="Leave out whoever is in that file, as people who unsubscribed.",
)
@click.option("--at-once", default=16, type=click.IntRange(1, 16), help="Number of parallel calls.")
@click.option("--dry-run", is_flag=True, help="Only show what would happen to the rows; change nothing.")
@yes_option
def import_(  # click explains the options
    file: Path,
    consent_on: datetime | None,
    *,
    stack: StackOptions,
    **options: Any,  # noqa: ANN401  # click names and checks them
) -> None:
    """Import subscribers from a CSV FILE with any headings.

    Shows how it understands the columns and what would happen to the rows before it changes anything. It
    stops at a column that may say who unsubscribed and is not understood, until --column says what it holds.
    It never brings back anyone who unsubscribed, bounced, complained or said "not again". A second run
    changes nothing; to continue an interrupted import, run the same command again.
    """
    day = consent_on.date() if consent_on else None
    ListImport(connect_list(stack), ImportOptions(consent_on=day, **options), LOCAL / "imports").run(file)
