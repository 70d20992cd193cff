"""What a sign-up costs in a warm `subscribe`, and an import of 100,000 subscribers."""

import json
import time
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

import boto3

from bench import CONTEXT
from bench.archive import the_newsletter
from bench.endpoint import Operations, answering
from bench.mailing import app
from bench.measuring import ROOT, Figures, call, kept, peak_mb, taken
from bench.prices import calls
from bench.references import SINGLE_SECONDS, calls_by_boto3, slowness
from bench.template import environment_of
from broadsheet.subscribers.mailing_list.columns import map_columns
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.importer import ImportConsent, plan_import, run_import, scan_table
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from cli.deployed_list import OUTPUTS, now, open_list

SIGN_UPS, WARM_AFTER, SEE_OTHER, MOST_MS, MOST_CALLS = 400, 20, 303, 2, 3
PEOPLE, MOST_IMPORT_SECONDS = 100_000, 150.0  # most of it is a call of KMS for each address, by the SDK
HEAD = '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES,TAGS\n'
ROW = '"reader-{0}@mail{1}.example.org",Reader,2,"{2}","{2}",{0},{0:x},,"""Weekly"""\n'
FIRST_OF_THE_DAY: Operations = {  # a network's first sign-up, each time: its limit is never reached
    "DynamoDB UpdateItem": lambda asked: {
        "Attributes": {name: {"N": "1"} for name in asked.get("ExpressionAttributeNames", {}).values()}
    }
}
EMPTY_LIST: Operations = {  # it stores nothing: MiniStack would take minutes
    "DynamoDB BatchGetItem": lambda asked: {"Responses": {table: [] for table in asked["RequestItems"]}},
    "DynamoDB TransactWriteItems": lambda _: {},
}


def sign_up(rounds: int) -> Figures:
    """Measure `subscribe`, beside the same calls by boto3."""
    with answering(FIRST_OF_THE_DAY) as address:
        environment = environment_of(address, "SubscribeFunction")
        measured = [call(environment, sign_ups, address) for _ in range(rounds)]
    in_ms, number, floor_in_ms, _ = map(median, zip(*measured, strict=True))
    slow = slowness(rounds)
    there = in_ms / slow
    verdict = f"{there:.2f} ms there: {kept(there <= MOST_MS and number <= MOST_CALLS)}"
    rows = [
        ("`subscribe`, all that it does", f"{in_ms:.2f} ms", f"{number:g}", verdict),
        ("three calls by boto3, nothing else", f"{floor_in_ms:.2f} ms", "3", ""),
        ("one `SendEmail` of 46 kB by boto3", f"{slow * SINGLE_SECONDS:.2f} ms", "1", ""),
    ]
    return Figures("A sign-up", rows)


def sign_ups(address: str) -> list[float]:
    """Milliseconds of CPU and calls of one sign-up by the function, and by boto3, once they are warm.

    Raises RuntimeError if the function refuses it.
    """
    event = json.loads((ROOT / "events" / "subscribe" / "form_post.json").read_text(encoding="utf-8"))
    function, found = partial(app("subscribe")["handler"], event, CONTEXT), list[float]()
    if function()["statusCode"] != SEE_OTHER:
        raise RuntimeError("a sign-up was refused")
    for sign_up_once in (function, calls_by_boto3()):
        for _ in range(WARM_AFTER):
            sign_up_once()
        taken(address)
        started = time.process_time()
        for _ in range(SIGN_UPS):
            sign_up_once()
        used = time.process_time() - started
        found += [1000 * used / SIGN_UPS, sum(calls(taken(address)).values()) / SIGN_UPS]
    return found


def importing(folder: Path, rounds: int) -> Figures:
    """Measure an import of a file in an empty folder. Raises RuntimeError if somebody was not imported."""
    file = folder / "people.csv"
    days = (f"2016-{n % 12 + 1:02}-{n % 28 + 1:02} 10:00:00" for n in range(PEOPLE))
    lines = (ROW.format(n, n % 500, day) for n, day in enumerate(days))
    file.write_text(HEAD + "".join(lines), encoding="utf-8")
    with answering(EMPTY_LIST) as address:
        measured = [call(environment_of(address), import_people, str(file)) for _ in range(min(3, rounds))]
    numbers, cpu, memory = zip(*measured, strict=True)
    if {*numbers} != {PEOPLE}:
        raise RuntimeError(f"of {PEOPLE} subscribers were imported: {numbers}")
    there = median(cpu) / slowness(rounds)
    verdict = f"{there:.1f} s there: {kept(there <= MOST_IMPORT_SECONDS)}"
    return Figures("An import", [(f"{PEOPLE:,}", f"{median(cpu):.1f} s", f"{max(memory):.0f} MB", verdict)])


def import_people(file: str) -> tuple[int, float, float]:
    """Plan and run an import, as the command does; how many were imported, CPU seconds, MB of memory."""
    people = open_list(boto3.Session(), {name: f"{name.lower()}table" for name in OUTPUTS}, the_newsletter())
    table = read_head(partial(Path(file).open, "rb"))
    reader = map_columns(table).row_reader(people.newsletter, date(2026, 11, 23), ("en",))
    scanned = scan_table(table, reader, b"bench")
    shared = {"mailing_list": people.mailing_list, "clock": now, "on_progress": lambda *_: None}
    planned = plan_import(scanned, 0, **shared)
    people.open_keys()
    done = run_import(planned, ImportConsent("import-bench", "a file"), addresses=people.addresses, **shared)
    return done.statuses[ImportStatus.NEW], time.process_time(), peak_mb()
