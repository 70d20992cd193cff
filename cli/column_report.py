"""What each column of a table is taken for, shown; and the stop where a person has to say it."""

from pathlib import Path

from rich.table import Table
from rich.text import Text

from broadsheet.mail import one_line
from broadsheet.subscribers.mailing_list.column_profile import names_leavers
from broadsheet.subscribers.mailing_list.columns import Column, ColumnMapping
from broadsheet.subscribers.mailing_list.csv_table import CSVTable
from broadsheet.subscribers.mailing_list.meaning import EXPLAINED, Meaning
from cli.console import PrintableConsole

UNCLEAR = "UNCLEAR"
_TO_SAY = tuple(meaning for meaning in Meaning if meaning is not Meaning.ADDRESS)

console = PrintableConsole(highlight=False)


def show_columns(file: Path, csv_table: CSVTable, mapping: ColumnMapping) -> None:
    """Show every column with what it is taken for."""
    table = Table("column", "heading", "is taken for")
    for place, column in enumerate(mapping.columns):
        is_used = column.meaning is not Meaning.IGNORED
        heading = Text(one_line(column.heading) or "(none)")
        table.add_row(str(place + 1), heading, _taken_for(column), style="" if is_used else "dim")
    delimiter = "tabs" if csv_table.delimiter == "\t" else f"“{csv_table.delimiter}”"
    known = f", an export of {mapping.format.name}" if mapping.format else ""
    console.print(Text(f"{file.name}: {csv_table.encoding}, columns between {delimiter}{known}"))
    if csv_table.titles:
        console.print("What stands above the headings is passed over.")
    console.print(table)
    if mapping.format and mapping.format.caution:
        console.print(Text(mapping.format.caution))


def stop_if_unclear(file: Path, mapping: ColumnMapping) -> None:
    """Stop where something may say who left and is not understood; no option but `--column` goes past that.

    Raises:
        SystemExit: there is such a thing. Nothing was asked or changed.
    """
    said = list(mapping.says)
    if names_leavers(file.stem) and not (mapping.format and mapping.format.nobody):
        said.append("The file's name says that these people left. If they did not, rename it.")
    unclear = [(place, mapping.columns[place]) for place in mapping.unclear]
    if not said and not unclear:
        return
    for sentence in said:
        console.print(Text(sentence))
    for place, column in unclear:
        sentence = f"“{one_line(column.heading)}”: {column.why}."
        console.print(Text(f'{sentence} Say what it means: --column "{_named(mapping, place)}=…"'))
    if unclear:
        console.print(Text("A meaning is one of:"))
        console.print(_meanings())
    raise SystemExit(
        "Stopped: the file may say who left, or who never agreed, in a way that is not understood."
    )


def _taken_for(column: Column) -> str:
    if column.meaning is None:
        return f"{UNCLEAR}: {column.why}"
    why = f" ({column.why})" if column.why else ""
    return f"{EXPLAINED[column.meaning]}{why}"


def _named(mapping: ColumnMapping, place: int) -> str:
    """How an option can name a column: by its heading, or by its number where that is not its alone."""
    heading = mapping.columns[place].heading
    is_alone = [column.heading for column in mapping.columns].count(heading) == 1
    is_plain = heading == one_line(heading) and heading and not set('"$`\\') & set(heading)
    return heading if is_alone and is_plain else f"#{place + 1}"


def _meanings() -> Table:
    table = Table(show_header=False, box=None)
    for meaning in _TO_SAY:
        table.add_row(f"  {meaning}", EXPLAINED[meaning])
    return table
