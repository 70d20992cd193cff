"""`broadsheet doctor`: the command itself."""

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

import click
from rich.text import Text

from broadsheet.aws.round_trips import DynamoDBRoundTripEvents
from broadsheet.newsletter import Newsletter
from cli.chosen_stack import StackOptions, stack_options
from cli.console import PrintableConsole
from cli.counting import counted
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.examine import examine
from cli.doctor.round_trip import RoundTrip
from cli.doctor.stack_access import StackAccess, access_to
from cli.json_output import json_option, print_json
from cli.newsletter_file import NAME, own_newsletter
from cli.stack_description import StackDescription
from infrastructure.build import ROOT

MARKS = {
    Level.OK: ("ok     ", "green"),
    Level.TODO: ("to do  ", "cyan"),
    Level.WARNING: ("warning", "yellow"),
    Level.FAULT: ("FAULT  ", "bold red"),
}
MAKE_DEPLOY = "make deploy"
console = PrintableConsole(highlight=False, soft_wrap=True)


@click.command()
@stack_options("DoctorPolicy")
@click.option("--round-trip", is_flag=True, help="Email SES's simulator, and wait for its events.")
@json_option
def doctor(*, stack: StackOptions, round_trip: bool, as_json: bool) -> None:
    """Check everything that the system needs, line by line, and say how to fix it."""
    newsletter = own_newsletter()
    access = access_to(stack)
    more = partial(_round_trip, access, newsletter) if round_trip else lambda _: iter(())
    checks = examine(access, newsletter, ROOT / NAME, more)
    each = (for_stack(one, stack) for diagnoses in checks for one in diagnoses)
    found = list(each if as_json else _shown(each))
    faults = sum(one.is_fault for one in found)
    others = sum(one.level in (Level.WARNING, Level.TODO) for one in found)
    if as_json:
        findings = [{"level": one.level.value, "text": one.text, "repair": one.repair} for one in found]
        print_json({"faults": faults, "others": others, "findings": findings})
    else:
        console.print(f"\n{_counted(faults, 'fault')}, {_counted(others, 'more line')} to look at.")
    raise SystemExit(int(faults > 0))


def for_stack(one: Diagnosis, stack: StackOptions) -> Diagnosis:
    """The finding with the repair of this stack: `make deploy` only knows the one of samconfig.toml."""
    with_parameter = f"{MAKE_DEPLOY} PARAMETERS="
    if stack.deploy == MAKE_DEPLOY or (stack.local and with_parameter in one.repair):
        return one
    repair = one.repair.replace(with_parameter, f"{stack.deploy} --parameter ")
    return replace(one, repair=repair.replace(MAKE_DEPLOY, stack.deploy))


def _round_trip(access: StackAccess, newsletter: Newsletter, stack: StackDescription) -> Iterator[Diagnosis]:
    return RoundTrip(
        ses=access.clients("sesv2"),
        recorded=DynamoDBRoundTripEvents(access.table(stack.outputs["Ledger"])).recorded,
        sender=newsletter.sender,
        configuration_set=stack.outputs["ConfigurationSet"],
        new_id=lambda: uuid.uuid4().hex,
        pause=time.sleep,
    )()


def _shown(diagnoses: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """Print each one when it is found. A repair is one line, so that a DNS record can be copied."""
    for one in diagnoses:
        mark, style = MARKS[one.level]
        console.print(Text.assemble((mark, style), "  ", one.text))
        if one.repair:
            console.print(Text(f"         {one.repair}"))
        yield one


def _counted(number: int, what: str) -> str:
    return counted(number, what) if number else f"no {what}s"
