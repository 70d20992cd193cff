"""`broadsheet subscribers import`: people from elsewhere, out of a CSV file."""

import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from broadsheet.mail import one_line
from broadsheet.subscribers.mailing_list.columns import Understood, named, understand
from broadsheet.subscribers.mailing_list.days import day_in
from broadsheet.subscribers.mailing_list.lines import SheetError
from broadsheet.subscribers.mailing_list.meaning import Meaning
from broadsheet.subscribers.mailing_list.ports import Fate
from broadsheet.subscribers.mailing_list.rows import Reading
from broadsheet.subscribers.mailing_list.sheet import read_head
from broadsheet.subscribers.mailing_list.taking_in import (
    WORKERS,
    Agreement,
    Source,
    Tally,
    carry_out,
    plan,
    survey,
)
from cli.bookmark import Bookmark, bookmark_of
from cli.console import PrintableConsole
from cli.options import LOCAL, stack_options
from cli.roster import TheList, now, plain_errors, the_list
from cli.understanding import show_columns, stop_if_unclear

LONGEST_SOURCE = 200
SECONDS_BETWEEN_MARKS = 1.0
BROKEN_OFF = 130  # as shells have it for Ctrl-C
PIECE_BYTES = 1 << 20
TOLD = {
    Fate.NEW: "new",
    Fate.THERE: "already on the list: they stay as they are",
    Fate.LEFT: "left before: never brought back",
    Fate.SUPPRESSED: "bounced, complained or said “not again”: never brought back",
    Fate.NOT_SUBSCRIBED: "not subscribed any more where the file comes from",
    Fate.TWICE: "twice in the file",
    Fate.BAD: "bad rows",
}
console = PrintableConsole(highlight=False)


@dataclass(frozen=True)
class Wishes:
    """What the operator says of the file; what is empty is detected, or asked for."""

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


def import_people(people: TheList, file: Path, wishes: Wishes, marks: Path) -> None:
    """Show what would become of each row, then take in who is new; stop where a column is not understood.

    A second run finds those of the first on the list and changes nothing; one after a run that was broken off
    goes on where that one was. Nobody comes back who left, bounced, complained or said "not again".
    """
    sheet = read_head(lambda: file.open("rb"), wishes.encoding or None, wishes.delimiter or None)
    understood = understand(sheet, named(wishes.columns, sheet.headings))
    show_columns(file, sheet, understood)
    stop_if_unclear(file, understood)
    if wishes.asks and not click.confirm("Is that right?", default=True):
        raise SystemExit("Say what the columns are: --column 'Its heading=audience', for example.")
    reading = _reading(people, understood, wishes)
    source = _source(wishes)
    mark = bookmark_of(people.name, (file, *wishes.others), reading, source, marks)
    if mark.done:
        console.print(f"An earlier run is gone on with: all up to line {mark.done} is settled.")
    others = [read_head(_opening(other)) for other in wishes.others]
    surveyed = survey(sheet, reading, secrets.token_bytes(16), others)
    for other in wishes.others:
        console.print(Text(f"Whoever stands in {other.name} stays out."))
    with _bar("Asking the list", surveyed.last_line) as moved:
        asked = partial(plan, surveyed, mark.done, roster=people.roster, clock=now)
        planned = asked(told=moved, workers=wishes.at_once)
    _show_tally("What an import would do", planned.tally, Counter())
    if wishes.dry_run:
        console.print("Nothing was changed.")
    elif not (new := planned.tally.fates[Fate.NEW]):
        mark.path.unlink(missing_ok=True)
        console.print("Nobody is to be taken in.")
    elif wishes.yes or (wishes.asks and click.confirm(f"Take in {new} people?", default=False)):
        people.open_keys()
        carried = partial(carry_out, planned, Agreement(mark.import_id, source), roster=people.roster)
        carried = partial(carried, addresses=people.addresses, clock=now, workers=wishes.at_once)
        _carry_out(carried, mark, surveyed)
    else:
        console.print("Nothing was changed. With --yes nobody is asked.")


def _opening(file: Path) -> Callable[[], BinaryIO]:
    return lambda: file.open("rb")


def _carry_out(carried: Callable[..., Tally], mark: Bookmark, source: Source) -> None:
    """Take people in, keeping a bookmark that is gone in the end."""
    before = Counter(mark.fates)
    asked = (Fate.NEW, Fate.THERE, Fate.LEFT, Fate.SUPPRESSED)  # the others are told from the file each time
    try:
        with _bar("Taking in", source.last_line) as moved:

            def told(line: int, tally: Tally) -> None:
                moved(line)
                mark.move(line, before + Counter({fate: tally.fates[fate] for fate in asked}))

            tally = carried(told=told)
    except BaseException as error:
        if mark.done:
            mark.move(mark.done, mark.fates, at_once=True)
        console.print(
            f"Broken off; all up to line {mark.done} is settled. The same command goes on from there."
        )
        if isinstance(error, KeyboardInterrupt):
            raise SystemExit(BROKEN_OFF) from None
        raise
    mark.path.unlink(missing_ok=True)
    _show_tally("What the import did", tally, before)


def _reading(people: TheList, understood: Understood, wishes: Wishes) -> Reading:
    """How rows are read; what neither file nor options say is asked for."""
    newsletter, today, columns = people.newsletter, now().date(), understood.places
    known = [audience.id for audience in newsletter.audiences]
    languages = [edition.language for edition in newsletter.editions.values()]
    audiences, consent_on = wishes.audiences, wishes.consent_on
    if unknown := [audience for audience in audiences if audience not in known]:
        raise SheetError(f"There is no audience {unknown[0]!r}; newsletter.toml has {', '.join(known)}.")
    if wishes.language and wishes.language not in languages:
        raise SheetError(f"There is no edition in {wishes.language!r}; there are {', '.join(languages)}.")
    if not audiences and not {Meaning.AUDIENCE, Meaning.LANGUAGE} & set(columns):
        if len(known) > 1 and not wishes.asks:
            raise SheetError(
                f"The file does not say for which audience: add --audience {' or '.join(known)}."
            )
        asked = click.prompt("For which audience?", type=click.Choice(known)) if len(known) > 1 else known[0]
        audiences = (asked,)
    if consent_on is None and not understood.says_when:
        if not wishes.asks:
            raise SheetError("The file does not say when they agreed: add --consent-on, as 2016-12-05.")
        consent_on = click.prompt("On which day did they agree (2016-12-05)?", value_proc=_day)
    if consent_on and consent_on > today:
        raise SheetError("The day of consent is to come.")
    return understood.reading(newsletter, today, audiences, wishes.language, consent_on)


def _source(wishes: Wishes) -> str:
    """Where they agreed, in the operator's words: it is kept with each consent."""
    source = wishes.source
    if not source and wishes.asks:
        source = click.prompt("Where and to what did they agree? It is kept with each consent")
    source = one_line(source)
    if not source or len(source) > LONGEST_SOURCE or "@" in source:
        raise SheetError(
            f"Say where they agreed with --source, in at most {LONGEST_SOURCE} letters and without an"
            " address: 'the form on our old site', for example."
        )
    return source


def _day(text: str) -> date:
    found = day_in(text.strip())
    if found is None:
        raise click.BadParameter("write it as 2016-12-05")
    return found


def _show_tally(title: str, tally: Tally, before: Counter[Fate]) -> None:
    table = Table("rows", "what they are", title=title, title_justify="left")
    for fate, words in TOLD.items():
        table.add_row(str(tally.fates[fate] + before[fate]), words)
    console.print(table)
    for fault, lines in tally.lines.items():
        console.print(Text(f"Line {_in_words(lines, tally.faults[fault])}: {fault}."))


def _in_words(lines: list[int], number: int) -> str:
    more = number - len(lines)
    return ", ".join(map(str, lines)) + (f" and {more} more" if more > 0 else "")


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of lines; gives what moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda line: progress.update(task, completed=line)


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
    local: bool,
    engine_port: int,
    state: Path,
    **wishes: Any,  # noqa: ANN401  # click names and checks them
) -> None:
    """Take in people from elsewhere, out of a CSV FILE with any headings.

    Shows what it takes each column for and what would become of each row before it changes anything. It stops
    at a column that may say who left and is not understood, until --column says what it is. Nobody is brought
    back who left, bounced, complained or said "not again". A second run changes nothing; one that
    was broken off is gone on with by the same command.
    """
    day: date | None = consent_on.date() if consent_on else None
    with plain_errors():
        people = the_list(local=local, engine_port=engine_port, state=state)
        import_people(people, file, Wishes(consent_on=day, **wishes), LOCAL / "imports")
