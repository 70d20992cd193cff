"""What an import of 100,000 people costs the operator's machine, against a local answerer."""

import json
import time
from base64 import b64decode, b64encode
from datetime import date
from hashlib import sha256
from pathlib import Path
from statistics import median

import boto3

from bench.answering import Operations, answering
from bench.archive import the_newsletter
from bench.mailing_data import KEY, KEY_ITEM
from bench.measuring import CommandError, Json, call, peak_mb
from bench.references import slowness
from bench.report import Figures, kept
from broadsheet.subscribers.mailing_list.columns import map_columns
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.importer import ImportConsent, plan_import, run_import, scan_table
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from cli.deployed_list import OUTPUTS, open_list
from cli.own_stack import now

PEOPLE, BUDGET_SECONDS = 100_000, 150.0  # most of it is a call of KMS for each address, by the SDK
HEAD = '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES,TAGS\n'


def empty_list() -> Operations:
    """An empty list that takes everybody in, and keys, none of which was replaced."""
    return {
        "KMS GenerateMac": lambda of: {"Mac": _base64(sha256(b64decode(of["Message"])).digest())},
        "KMS Decrypt": lambda _: {"Plaintext": _base64(KEY)},
        "DynamoDB BatchGetItem": lambda of: {
            "Responses": {table: [] for table in of["RequestItems"]},
            "UnprocessedKeys": {},
        },
        "DynamoDB TransactWriteItems": lambda _: {},
        "DynamoDB GetItem": lambda of: {} if "-current" in json.dumps(of) else {"Item": KEY_ITEM},
    }


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def write_people(file: Path, number: int) -> None:
    """A table in the shape of a big service's export."""
    with file.open("w", encoding="utf-8") as text:
        text.write(HEAD)
        for n in range(number):
            day = f"2016-{n % 12 + 1:02}-{n % 28 + 1:02} 10:00:00"
            text.write(
                f'"reader-{n}@mail{n % 500}.example.org",Reader,2,"{day}","{day}",{n},{n:x},,"""Weekly"""\n'
            )


def import_people(address: str, file: str) -> tuple[int, float, float]:
    """Plan and carry out, as the command does; how many were imported, CPU seconds, MB of memory."""
    path = Path(file)
    session, newsletter = boto3.Session("bench", "bench", region_name="eu-central-1"), the_newsletter()
    names = {name: name for name in OUTPUTS}
    people: Json = open_list(session, names, newsletter, endpoint_url=address)
    table = read_head(lambda: path.open("rb"))
    source = scan_table(
        table, map_columns(table).row_reader(newsletter, date(2026, 11, 23), ("en",)), b"bench"
    )
    planned = plan_import(source, 0, mailing_list=people.mailing_list, clock=now, on_progress=lambda _: None)
    people.open_keys()
    agreement = ImportConsent("import-2026-11-23-bench", "a bench")
    ports = {"mailing_list": people.mailing_list, "addresses": people.addresses, "clock": now}
    counts = run_import(planned, agreement, **ports, on_progress=lambda *_: None)
    return counts.statuses[ImportStatus.NEW], time.process_time(), peak_mb()


def importing(folder: Path, rounds: int) -> list[Figures]:
    """Measure an import; `folder` is for the file.

    Raises:
        CommandError: not everybody was imported.
    """
    file = folder / "people.csv"
    write_people(file, PEOPLE)
    with answering(empty_list) as address:
        measured = [call(import_people, address, str(file)) for _ in range(min(3, rounds))]
    if any(number != PEOPLE for number, _, _ in measured):
        raise CommandError(f"of {PEOPLE} people were imported: {measured}")
    seconds, memory = median(cpu for _, cpu, _ in measured), max(size for _, _, size in measured)
    there = seconds / slowness(rounds)
    verdict = f"{there:.1f} s there: {kept(there <= BUDGET_SECONDS)}"
    row = (f"{PEOPLE:,}", f"{seconds:.1f} s", f"{memory:.0f} MB", verdict)
    return [Figures("Taking people in", [row])]
