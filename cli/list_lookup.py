"""`broadsheet subscribers count`, `find`, `forget`: statistics, and what is stored about one address."""

import sys
from collections.abc import Collection, Mapping
from datetime import date

import click
from rich.table import Table
from rich.text import Text

from broadsheet.language import language
from broadsheet.subscribers.mailing_list import statistics
from broadsheet.subscribers.mailing_list.statistics import StoredData, find_stored_data, shown, shown_parts
from broadsheet.subscribers.personal_data import record_lines
from broadsheet.subscribers.subscriber import Status
from cli.asking import require_consent, yes_option
from cli.chosen_stack import StackOptions, now, stack_options
from cli.console import PrintableConsole
from cli.deployed_list import DeployedList, connect_list
from cli.json_output import json_option, print_json

console = PrintableConsole(highlight=False)


def asked_address() -> str:
    """The address: typed without echo at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Address (not shown)", hide_input=True))
    return sys.stdin.readline()


def show_counts(deployed: DeployedList) -> None:
    """Show the counts. Small numbers are not shown: in a small audience they could identify persons."""
    counts = statistics.count(deployed.mailing_list.everyone(), now())
    console.print(f"Confirmed: {shown(counts.confirmed)}; not confirmed yet: {shown(counts.pending)}.")
    labels = {audience.id: audience.label for audience in deployed.newsletter.audiences}
    audiences = {**dict.fromkeys(labels, 0), **counts.audiences}
    by_label = {f"{name} ({labels[name]})" if name in labels else name: n for name, n in audiences.items()}
    _show("audience", shown_parts(by_label, counts.confirmed))
    _show("language", shown_parts(dict(sorted(counts.languages.items()))))
    _show("confirmed in", shown_parts(dict(sorted(counts.months.items()))))


def show_counts_as_json(deployed: DeployedList) -> None:
    """Print the same as JSON; null stands for a number that is not shown."""
    counts = statistics.count(deployed.mailing_list.everyone(), now())
    audiences = {**{audience.id: 0 for audience in deployed.newsletter.audiences}, **counts.audiences}
    parts = {
        "audiences": shown_parts(audiences, counts.confirmed),
        "languages": shown_parts(dict(sorted(counts.languages.items()))),
        "months": shown_parts(dict(sorted(counts.months.items()))),
    }
    print_json(
        {
            "confirmed": _number(shown(counts.confirmed)),
            "pending": _number(shown(counts.pending)),
            **{name: {key: _number(value) for key, value in part.items()} for name, part in parts.items()},
        }
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def show_kept(deployed: DeployedList, address: str) -> None:
    """Show what is stored about an address; changes nothing."""
    kept = find_stored_data(
        deployed.fingerprint(address),
        subscribers=deployed.subscribers,
        mailing_list=deployed.mailing_list,
        limits=deployed.limits,
        mailbox=deployed.mailbox(address),
    )
    if kept.is_nothing:
        console.print("Nothing is stored about this address.")
        return
    table = Table(show_header=False)
    for name, value in _lines(deployed, kept):
        table.add_row(Text(name), Text(value))
    console.print(table)


def erase(deployed: DeployedList, address: str, *, not_again: bool, even_if_suppressed: bool) -> None:
    """Erase all that is stored about an address; a second run finds nothing and ends the same."""
    known = statistics.erase_address(
        deployed.fingerprint(address),
        not_again=not_again,
        subscribers=deployed.subscribers,
        mailing_list=deployed.mailing_list,
        limits=deployed.limits,
        now=now(),
        mailbox=deployed.mailbox(address),
        even_if_suppressed=even_if_suppressed,
    )
    if known.reason and even_if_suppressed:
        console.print(
            f"Erased, including the note that it must not be emailed ({known.reason})."
            " It can be signed up again."
        )
    elif known.reason:
        console.print(
            f"All that was stored is that this address must not be emailed ({known.reason}); that stays."
            " Use --even-if-suppressed to delete it, if the person demands that."
        )
    elif not_again:
        console.print("Erased. Only a fingerprint stays, so that this address is never emailed again.")
    else:
        console.print(
            "Erased. Importing a file with this address would bring it back; use --not-again to prevent that."
        )
    console.print("Backups keep it for up to seven more days.")


def _lines(deployed: DeployedList, kept: StoredData) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if kept.subscriber:
        is_pending = kept.subscriber.status is Status.PENDING
        found.append(("Status", "not confirmed yet" if is_pending else "confirmed"))
        found += record_lines(kept.subscriber, language("en"), deployed.newsletter)
        if kept.new_address:
            found.append(("Asked to change the address on", kept.new_address.asked_on.isoformat()))
        found.append(("Address", "sealed; only the sending functions can open it"))
    for pending in kept.asked_for:
        found.append(("Not yet confirmed as a reader's new address; asked on", pending.asked_on.isoformat()))
    if kept.reason:
        found.append(("Never emailed, because of", kept.reason.value))
    if kept.opted_out_on:
        found.append(("Unsubscribed on", kept.opted_out_on.isoformat()))
    if kept.send_history.mailed:
        found.append(("Asked to confirm on", _days(kept.send_history.days)))
    if kept.record.mailed:
        found.append(("Their data was emailed on", _days(kept.record.days)))
    if kept.send_history.gone_on is not None:
        found.append(("Unsubscribed or erased on", kept.send_history.gone_on.isoformat()))
    return found


def _show(heading: str, rows: Mapping[str, str]) -> None:
    table = Table(heading, "readers")
    for name, number in rows.items():
        table.add_row(Text(name), number)
    console.print(table)


def _days(days: Collection[date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days))


@click.command("count")
@stack_options("OperatorPolicy")
@json_option
def count(*, stack: StackOptions, as_json: bool) -> None:
    """Count readers by audience, language and month; numbers below five are not shown."""
    (show_counts_as_json if as_json else show_counts)(connect_list(stack))


def _refuse_addresses(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> None:
    """Refuse any argument but `-`, which stands for standard input as usual; the error does not repeat it.

    Raises:
        click.UsageError: there is such an argument. Nothing was looked up.
    """
    if set(given) - {"-"}:
        raise click.UsageError(
            "An address is not accepted as an argument: it would stay in your shell's history, and others"
            " on this machine could see it while the command runs. Run the command without it, and type the"
            " address when asked, or pipe it in. Then remove this line from the history."
        )


_asks_for_an_address = click.argument(
    "_given", nargs=-1, metavar="", callback=_refuse_addresses, expose_value=False, type=click.UNPROCESSED
)


@click.command("find")
@stack_options("OperatorPolicy")
@_asks_for_an_address
def find(*, stack: StackOptions) -> None:
    """Show what is stored about an address. Changes nothing.

    You are asked for the address, or it is read from standard input; as an argument it is refused.
    """
    show_kept(connect_list(stack), asked_address())


@click.command("forget")
@stack_options("OperatorPolicy")
@_asks_for_an_address
@click.option(
    "--not-again", is_flag=True, help="Never email it again, even if somebody signs it up or imports it."
)
@click.option(
    "--even-if-suppressed",
    is_flag=True,
    help="Also delete the fingerprint that keeps it from being emailed. Only if its owner demands it.",
)
@yes_option
def forget(*, not_again: bool, even_if_suppressed: bool, stack: StackOptions, yes: bool) -> None:
    """Erase everything stored about an address.

    Backups keep it for up to seven days; a later import can bring it back unless you add --not-again.
    You are asked for the address, or it is read from standard input; as an argument it is refused. A second
    run finds nothing and ends the same.
    """
    if not_again and even_if_suppressed:
        raise click.UsageError(
            "--not-again keeps the fingerprint that --even-if-suppressed deletes: use only one of them."
        )
    deployed, address = connect_list(stack), asked_address()
    deployed.fingerprint(address)  # which refuses what is no address before anybody is asked
    require_consent("Everything stored about this address will be erased, which can't be undone.", yes=yes)
    erase(deployed, address, not_again=not_again, even_if_suppressed=even_if_suppressed)
