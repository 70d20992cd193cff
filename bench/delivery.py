"""What mailing costs: CPU beside plain boto3, calls of AWS, dollars beside SES's fee, memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.endpoint import KEY, Operations, answering, base64_of, read_units
from bench.mailing import Work, begin, mail, mail_by_sweep, record_feedback, subscriber_ids
from bench.measuring import Figures, Json, Row, call, kept, medians, rows_of
from bench.prices import FEE_A_MILLION, VCPU_AT_MB, calls, dollars, used_by
from bench.references import BULK, SINGLE, SINGLE_SECONDS, cpu_of
from bench.template import environment_of, functions
from broadsheet.aws.kms import padded

MOST_CPU_SECONDS, MOST_MB = 0.06, 128
MOST_CALLS = {56: 125, 200: 100}  # for 1,000 members, by the rate
MOST_PERCENT = {"delivery": 0.5, "feedback": 3.0}  # of SES's fee
MEMBERS, FEW, MANY = 8_000, 1_000, 100_000
RATES, JUDGED_RATES = (
    (14, *MOST_CALLS),
    tuple(MOST_CALLS),
)  # recipients a second; the first is a new account's
SUBSCRIBER_BYTES = 703  # of a confirmed one, as DynamoDB counts; a test compares
DELIVERY, FEEDBACK = "DeliverChunkFunction", "RecordFeedbackFunction"
OURS = "deliver_chunk, all that it does"
Works = Mapping[int, Work]


def delivery(rounds: int) -> list[Figures]:
    """Measure mailing."""
    cpu = [cpu_by_sender(edition, rounds) for edition in ("en", "ru")]
    pairs = {rate: mailed_and_recorded(rate) for rate in RATES}
    mailed, recorded = ({rate: pair[which] for rate, pair in pairs.items()} for which in (0, 1))
    few_and_many = [mailed_by_one("en", members) for members in (FEW, MANY)]
    figures = [cpu_figures(cpu), call_figures(mailed), cost_figures(mailed, recorded)]
    return [*figures, memory_figures(few_and_many)]


def cpu_figures(found: list[dict[str, float]]) -> Figures:
    """CPU seconds for 1,000 members by sender: a column and its ratio for each edition."""
    columns = [column for one in found for column in (one, {name: one[name] / one[BULK] for name in one})]
    seconds, times = max(one[OURS] for one in found), max(one[OURS] / one[BULK] for one in found)
    there = max(one[OURS] / one[SINGLE] for one in found) * SINGLE_SECONDS
    verdict = f"It takes {seconds:.3f} s, {times:.1f} times the floor; there {there:.3f} s:"
    verdict += f" {kept(there <= MOST_CPU_SECONDS)}."
    return Figures("Mailing 1,000 members", rows_of(columns, ".3f"), verdict)


def call_figures(works: Works) -> Figures:
    """Calls for 1,000 members by SES's rate."""
    columns, totals = [], {}
    for rate, work in works.items():
        found, invoked = dict(sorted(calls(work.counts).items())), work.invocations
        lambdas = {"by Lambda: `SQS` receives and deletes": 2 * invoked, "invocations": invoked}
        columns.append(work.per_thousand({**found, "**all calls**": sum(found.values()), **lambdas}))
        totals[rate] = columns[-1]["**all calls**"]
    return Figures("Calls of a mailing", rows_of(columns, ".1f"), _verdict(totals, MOST_CALLS))


def cost_figures(mailed: Works, recorded: Works) -> Figures:
    """Dollars for a million members by SES's rate: delivery, then feedback."""
    rows, verdicts = list[Row](), list[str]()
    for what, function, works in (("delivery", DELIVERY, mailed), ("feedback", FEEDBACK, recorded)):
        columns, percents = [], {}
        for rate, work in works.items():
            cost = dollars(units_per_million(work, function))
            total = sum(cost.values())
            percents[rate] = 100 * total / FEE_A_MILLION
            ends = {f"**{what}, all**": total, f"**{what}, % of SES's fee**": percents[rate]}
            columns.append({f"{what}: {unit}": cost[unit] for unit in sorted(cost)} | ends)
        rows += rows_of(columns, ".3f")
        verdicts.append(_verdict(percents, dict.fromkeys(JUDGED_RATES, MOST_PERCENT[what])))
    return Figures("What a million members cost beyond SES's fee", rows, " Feedback: ".join(verdicts))


def memory_figures(works: list[Work]) -> Figures:
    """Memory, calls and CPU of one worker, by the length of the list."""
    columns = []
    for work in works:
        number = sum(calls(work.counts).values())
        counts = {"calls for 1,000": number, "CPU seconds for 1,000": work.cpu_seconds}
        columns.append({"most memory, MB": work.peak_mb, **work.per_thousand(counts)})
    most = max(work.peak_mb for work in works)
    return Figures("A worker's memory", rows_of(columns, ".3g"), f"It is {kept(most <= MOST_MB)}.")


def units_per_million(work: Work, function: str) -> dict[str, float]:
    """Priced units for a million members. Lambda receives and deletes a chunk, or ten events, at once."""
    memory_mb, events = functions()[function]["MemorySize"], work.counts.get("events", 0)
    seconds = work.waited_seconds + work.cpu_seconds * VCPU_AT_MB / memory_mb
    used = used_by(work.counts, work.invocations, seconds, memory_mb)
    used["SQS request"] += events + 2 * events / 10 if events else 2 * work.invocations
    used |= {"SNS publication": events} if events else {}
    return {unit: 1000 * count for unit, count in work.per_thousand(used).items()}


def _verdict(values: Mapping[int, float], most: Mapping[int, float]) -> str:
    judged = (f"at {rate} a second {kept(values[rate] <= most[rate])}" for rate in JUDGED_RATES)
    return f"It is {', '.join(judged)}."


def cpu_by_sender(edition: str, rounds: int) -> dict[str, float]:
    """CPU seconds for 1,000 members by sender: Broadsheet and the references, interleaved."""

    def ours() -> float:
        work = mailed_by_one(edition, MEMBERS)
        return 1000 * work.cpu_seconds / work.members

    bulk, single = (partial(cpu_of, name, edition) for name in (BULK, SINGLE))
    return medians({OURS: ours, BULK: bulk, SINGLE: single}, rounds)


def mailed_by_one(edition: str, members: int) -> Work:
    """A mailing by one worker, at the highest rate."""
    with begun(edition, members, RATES[-1]) as (environment, address):
        return Work(**call(environment, mail, address, members))


def mailed_and_recorded(rate: int, members: int = MEMBERS) -> tuple[Work, Work]:
    """The work of delivering a mailing at that rate, and of recording its events."""
    with begun("en", members, rate) as (environment, address):
        mailed = Work(**call(environment, mail_by_sweep, address, members))
        return mailed, Work(**call(environment, record_feedback, address, members, rate))


@contextmanager
def begun(edition: str, members: int, rate: int) -> Iterator[tuple[dict[str, str], str]]:
    """The variables of the functions for a mailing that has begun, and the endpoint's address."""
    with answering(subscribers(members), rate) as address:
        environment = environment_of(address, DELIVERY, "SweepFunction", FEEDBACK)
        call(environment, begin, edition, members, rate)
        yield environment, address


def subscribers(members: int) -> Operations:
    """Answers queries of the subscribers' table; MiniStack would look at each of them for each query."""
    ids, cipher, key = (
        subscriber_ids(members),
        AESGCM(KEY),
        {"address_key": {"S": f"address-{datetime.now(UTC).year}"}},
    )

    def item(number: int) -> Json:
        nonce, address = number.to_bytes(12, "big"), padded(f"reader-{number}@mail.example.org")
        sealed = base64_of(nonce + cipher.encrypt(nonce, address, ids[number].encode()))
        return {**key, "subscriber_id": {"S": ids[number]}, "sealed_address": {"B": sealed}}

    def query(asked: Json) -> Json:
        if asked["TableName"] != "subscriberstable":
            return None
        first, last = (asked["ExpressionAttributeValues"][name]["S"] for name in (":first", ":last"))
        items = [item(number) for number in range(bisect_left(ids, first), bisect_right(ids, last))]
        units = {"CapacityUnits": read_units(len(items) * SUBSCRIBER_BYTES)}
        return {"Items": items, "Count": len(items), "ScannedCount": len(items), "ConsumedCapacity": units}

    return {"DynamoDB Query": query}
