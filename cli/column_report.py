"""Shows the meaning that is assumed for each column of a table, and stops if one is unclear."""

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
_CHOICES = tuple(meaning for meaning in Meaning if meaning is not Meaning.ADDRESS)

console = PrintableConsole(highlight=False)


def show_columns(file: Path, csv_table: CSVTable, mapping: ColumnMapping) -> None:
    """Show every column with its assumed meaning."""
    table = Table("column", "heading", "understood as")
    for index, column in enumerate(mapping.columns):
        is_used = column.meaning is not Meaning.IGNORED
        heading = Text(one_line(column.heading) or "(none)")
        table.add_row(str(index + 1), heading, _assumed(column), style="" if is_used else "dim")
    delimiter = "tabs" if csv_table.delimiter == "\t" else f"“{csv_table.delimiter}”"
    known = f", an export of {mapping.format.name}" if mapping.format else ""
    console.print(Text(f"{file.name}: {csv_table.encoding}, columns separated by {delimiter}{known}"))
    if csv_table.titles:
        console.print("The lines above the headings are ignored.")
    console.print(table)
    if mapping.format and mapping.format.caution:
        console.print(Text(mapping.format.caution))


def stop_if_unclear(file: Path, mapping: ColumnMapping) -> None:
    """Stop if a column that may say who unsubscribed is unclear; only `--column` resolves that.

    Raises:
        SystemExit: there is such a column. Nothing was asked or changed.
    """
    notes = list(mapping.notes)
    if names_leavers(file.stem) and not (mapping.format and mapping.format.nobody):
        notes.append("The file's name says that these people unsubscribed. If they did not, rename it.")
    unclear = [(index, mapping.columns[index]) for index in mapping.unclear]
    if not notes and not unclear:
        return
    for sentence in notes:
        console.print(Text(sentence))
    for index, column in unclear:
        sentence = f"“{one_line(column.heading)}”: {column.why}."
        console.print(Text(f'{sentence} Say what it means: --column "{_name_of(mapping, index)}=…"'))
    if unclear:
        console.print(Text("The possible meanings:"))
        table = Table(show_header=False, box=None)
        for meaning in _CHOICES:
            table.add_row(f"  {meaning}", EXPLAINED[meaning])
        console.print(table)
    raise SystemExit(
        "Stopped: the file may say who unsubscribed or never agreed, in a way that is not understood."
    )


def _assumed(column: Column) -> str:
    if column.meaning is None:
        return f"{UNCLEAR}: {column.why}"
    why = f" ({column.why})" if column.why else ""
    return f"{EXPLAINED[column.meaning]}{why}"


def _name_of(mapping: ColumnMapping, index: int) -> str:
    """The name in an option: the heading, or the number if the heading is not unique or not plain."""
    heading = mapping.columns[index].heading
    is_unique = [column.heading for column in mapping.columns].count(heading) == 1
    is_plain = heading == one_line(heading) and heading and not set('"$`\\') & set(heading)
    return heading if is_unique and is_plain else f"#{index + 1}"
