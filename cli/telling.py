"""`broadsheet subscribers count`, `find`, `forget`: what is kept, of all and of one. Never an address."""

import sys
from collections.abc import Collection, Mapping
from datetime import date

import click
from rich.table import Table
from rich.text import Text

from broadsheet.language import language
from broadsheet.subscribers.mailing_list import telling
from broadsheet.subscribers.mailing_list.telling import Kept, kept_of, shown, shown_parts
from broadsheet.subscribers.record import record_lines
from broadsheet.subscribers.records import Status
from cli.console import PrintableConsole
from cli.roster import TheList, now

console = PrintableConsole(highlight=False)


def asked_address() -> str:
    """The address: typed unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Address (not shown)", hide_input=True))
    return sys.stdin.readline()


def show_counts(people: TheList) -> None:
    """Show how many there are. Small numbers are not told: in a small audience they may be known persons."""
    counts = telling.count(people.roster.everyone(), now())
    console.print(f"Confirmed: {shown(counts.confirmed)}; waiting to confirm: {shown(counts.pending)}.")
    labels = {audience.id: audience.label for audience in people.newsletter.audiences}
    audiences = {**dict.fromkeys(labels, 0), **counts.audiences}
    by_label = {f"{name} ({labels[name]})" if name in labels else name: n for name, n in audiences.items()}
    _show("audience", shown_parts(by_label, counts.confirmed))
    _show("language", shown_parts(dict(sorted(counts.languages.items()))))
    _show("confirmed in", shown_parts(dict(sorted(counts.months.items()))))


def show_kept(people: TheList, address: str) -> None:
    """Show what is kept of an address; changes nothing."""
    fingerprint = people.fingerprint(address)
    kept = kept_of(
        fingerprint,
        subscribers=people.subscribers,
        roster=people.roster,
        limits=people.limits,
        mailbox=people.mailbox(address),
    )
    if kept.is_nothing:
        console.print("Nothing is kept of this address.")
        return
    table = Table(show_header=False)
    for what, value in _lines(people, kept):
        table.add_row(Text(what), Text(value))
    console.print(table)


def forget(people: TheList, address: str, *, not_again: bool, even_if_suppressed: bool) -> None:
    """Erase all that is kept of an address; a second run finds nothing and ends the same."""
    known = telling.forget(
        people.fingerprint(address),
        not_again=not_again,
        subscribers=people.subscribers,
        roster=people.roster,
        limits=people.limits,
        now=now(),
        mailbox=people.mailbox(address),
        even_if_suppressed=even_if_suppressed,
    )
    if known.reason and even_if_suppressed:
        console.print(f"Erased, also that it must not be mailed ({known.reason}). It can be signed up again.")
    elif known.reason:
        console.print(
            f"Nothing else was kept but that it must not be mailed ({known.reason}); that stays."
            " --even-if-suppressed deletes it, if the person demands that."
        )
    elif not_again:
        console.print("Erased. What stays is a fingerprint, so that this address is never mailed again.")
    else:
        console.print(
            "Erased. An import of a file with this address would bring it back; --not-again keeps it out."
        )
    console.print("Backups of the tables forget it within seven days.")


def _lines(people: TheList, kept: Kept) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if kept.subscriber:
        waits = kept.subscriber.status is Status.PENDING
        found.append(("Status", "waits to confirm" if waits else "confirmed"))
        found += record_lines(kept.subscriber, language("en"), people.newsletter)
        found.append(("Address", "sealed, to be opened by those who mail"))
    if kept.reason:
        found.append(("Never mailed, because of", kept.reason.value))
    if kept.left_on:
        found.append(("Left on", kept.left_on.isoformat()))
    if kept.remembered.mailed:
        found.append(("Asked to confirm on", _days(kept.remembered.days)))
    if kept.record.mailed:
        found.append(("Was mailed their record on", _days(kept.record.days)))
    if kept.remembered.gone_on is not None:
        found.append(("Was gone on", kept.remembered.gone_on.isoformat()))
    return found


def _show(heading: str, rows: Mapping[str, str]) -> None:
    table = Table(heading, "readers")
    for name, number in rows.items():
        table.add_row(Text(name), number)
    console.print(table)


def _days(days: Collection[date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days))
