"""What an import of 100,000 people costs the operator's machine, against a local answerer.

`python -m bench.importing serve` answers and prints its port; `python -m bench.importing <address> <file>`
imports as `broadsheet subscribers import` does, planned and carried out, and says how many were taken in.
"""

import json
import resource
import sys
from base64 import b64decode, b64encode
from datetime import date
from hashlib import sha256
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen

from bench import answering
from bench.delivery import YARDSTICK, single_cpu, slowness
from bench.measuring import ROOT, CommandError, Section, kept
from tests.builders import a_newsletter

PEOPLE = 100_000
BUDGET_SECONDS = 60.0
MEANING = f"""\
An operator's machine takes {PEOPLE:,} people in, out of a file as a big service exports it: read, asked
about, written; 3,031 transactions, as many reads, and a call of KMS a person. All against a local answerer,
whose CPU is not counted; there is no TLS.

Budget: {BUDGET_SECONDS:.0f} s of CPU. {YARDSTICK}"""
WRAPPED = b64encode(b"wrapped" * 26).decode()
DATA_KEY = b64encode(b"\x17" * 32).decode()
HEAD = '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES,TAGS\n'


class Answers:
    """An empty list that takes everybody in, and keys."""

    def answer(self, _method: str, _path: str, target: str, request: bytes) -> bytes:
        """The answer to one call."""
        match target.partition(".")[2]:
            case "GenerateMac":
                mac = sha256(b64decode(json.loads(request)["Message"])).digest()
                return b'{"Mac":"%s","MacAlgorithm":"HMAC_SHA_256"}' % b64encode(mac)
            case "BatchGetItem":
                (table,) = json.loads(request)["RequestItems"]
                return json.dumps({"Responses": {table: []}, "UnprocessedKeys": {}}).encode()
            case "TransactWriteItems":
                return b"{}"
            case "GetItem":
                if "-current" in request.decode():  # no key was replaced
                    return b"{}"
                return json.dumps({"Item": {"wrapped": {"B": WRAPPED}}}).encode()
            case "Decrypt":
                return json.dumps({"Plaintext": DATA_KEY}).encode()
        raise LookupError(target)


def write_people(file: Path, number: int) -> None:
    """A table in the shape of a big service's export."""
    with file.open("w", encoding="utf-8") as text:
        text.write(HEAD)
        for n in range(number):
            day = f"2016-{n % 12 + 1:02}-{n % 28 + 1:02} 10:00:00"
            text.write(
                f'"reader-{n}@mail{n % 500}.example.org",Reader,2,"{day}","{day}",{n},{n:x},,"""Weekly"""\n'
            )


def import_people(address: str, file: Path) -> int:
    """Plan and carry out, as the command does; gives how many were taken in."""
    import boto3  # noqa: PLC0415  # the answerer does without

    from broadsheet.subscribers.mailing_list.columns import understand  # noqa: PLC0415  # as above
    from broadsheet.subscribers.mailing_list.ports import Fate  # noqa: PLC0415  # as above
    from broadsheet.subscribers.mailing_list.sheet import read_head  # noqa: PLC0415  # as above
    from broadsheet.subscribers.mailing_list.taking_in import Agreement, carry_out, plan, survey  # noqa: PLC0415  # as above
    from cli.roster import NAMES, list_of, now  # noqa: PLC0415  # as above

    session = boto3.Session("bench", "bench", region_name="eu-central-1")
    people = list_of(
        session, {name: name for name in NAMES}, a_newsletter(), quickly=True, endpoint_url=address
    )
    sheet = read_head(lambda: file.open("rb"))
    reading = understand(sheet).reading(a_newsletter(), date(2026, 11, 23), ("en",))
    source = survey(sheet, reading, b"bench")
    planned = plan(source, 0, roster=people.roster, clock=now, told=lambda _: None)
    people.open_keys()
    agreement = Agreement("import-2026-11-23-bench", "a bench")
    tally = carry_out(
        planned, agreement, roster=people.roster, addresses=people.addresses, clock=now, told=lambda *_: None
    )
    return tally.fates[Fate.NEW]


def importing(folder: Path, rounds: int) -> Section:
    """Measure an import; `folder` is an empty one for the file."""
    file = folder / "people.csv"
    write_people(file, PEOPLE)
    with Popen(
        [sys.executable, "-m", "bench.importing", "serve"], cwd=ROOT, stdout=PIPE, text=True
    ) as answerer:
        try:
            port = int(answerer.stdout.readline()) if answerer.stdout else 0
            measured = [_measured(f"http://127.0.0.1:{port}", file) for _ in range(rounds)]
        finally:
            answerer.terminate()
    seconds = median(cpu for cpu, _ in measured)
    memory = max(kilobytes for _, kilobytes in measured) // 1024
    there = seconds / slowness(single_cpu(folder, rounds))
    verdict = f"{there:.1f} s there: {kept(there <= BUDGET_SECONDS)}"
    row = (f"{PEOPLE:,}", f"{seconds:.1f} s", f"{memory} MB", verdict)
    return Section("Taking people in", MEANING, ("people", "CPU", "memory", "budget"), [row])


def _measured(address: str, file: Path) -> tuple[float, int]:
    """CPU seconds and kilobytes of memory of one import."""
    command = [sys.executable, "-m", "bench.importing", address, str(file)]
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as child:
        said = child.stdout.read() if child.stdout else ""
    taken_in, seconds, kilobytes = said.split() if not child.returncode else ("none", "", "")
    if taken_in != str(PEOPLE):
        raise CommandError(f"{taken_in} people were taken in of {PEOPLE}")
    return float(seconds), int(kilobytes)


def serve() -> None:
    """Answer until the process is ended."""
    with answering.Server(("127.0.0.1", 0), answering.Connection) as server:
        server.answerer = Answers()  # type: ignore[attr-defined]  # its handlers'
        print(server.server_address[1], flush=True)  # noqa: T201  # how the bench learns the port
        server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        number = import_people(sys.argv[1], Path(sys.argv[2]))
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(number, used.ru_utime + used.ru_stime, used.ru_maxrss)  # noqa: T201  # what the bench reads
