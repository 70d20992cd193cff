"""What mailing costs: CPU beside the least there is, calls of AWS, dollars beside SES's fee, memory."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from bench import prices, worker
from bench.answering import answering, served
from bench.mailing_data import mailing
from bench.measuring import Json, call, call_command, medians
from bench.references import GRANT, REFERENCE_MEMBERS, SINGLE_SECONDS, cpu_of, serve_mailbox
from bench.report import Figures, Row, kept, matrix
from bench.template import environment_of, functions
from bench.worker import Work

MOST_CPU_SECONDS, MOST_CALLS, MOST_MB = 0.10, 150, 128
MOST_IDLE_DOLLARS, MOST_PERCENT = 5.0, {"delivery": 0.5, "feedback": 3.0}  # of SES's fee
MEMBERS, FEW, MANY = 8_000, 1_000, 100_000
GRANTS, JUDGED = (14, 56, 200), (56, 200)  # recipients a second; the first is what a new account gets
OURS, FLOOR = "deliver_chunk, all that it does", "`SendBulkEmail` to 50 by boto3, nothing else"
SINGLE = "`SendEmail` to each by boto3"
REFERENCES = {FLOOR: "bulk", SINGLE: "single", "`smtplib`, one mail each": "smtp"}
Works = Mapping[int, Work]


def delivery(rounds: int) -> list[Figures]:
    """Measure mailing."""
    cpu = [_cpu(edition, rounds) for edition in ("en", "ru")]
    played = {grant: play(grant) for grant in GRANTS}
    delivered, recorded = ({grant: pair[which] for grant, pair in played.items()} for which in (0, 1))
    few_and_many = {members: _mailed("en", members) for members in (FEW, MANY)}
    return [cpu_of_1000(cpu), calls_of_1000(delivered), cost(delivered, recorded), memory(few_and_many)]


def cpu_of_1000(found: list[dict[str, float]]) -> Figures:
    """CPU seconds for 1,000 members by who mails, one column and its ratio an edition."""
    times = max(one[OURS] / one[FLOOR] for one in found)
    there = max(one[OURS] / one[SINGLE] * SINGLE_SECONDS for one in found)
    verdict = (
        f"It takes {max(one[OURS] for one in found):.3f} s, {times:.1f} times the floor; there it would be"
    )
    rows = [
        (name, *(text for one in found for text in (f"{one[name]:.3f}", f"{one[name] / one[FLOOR]:.1f}")))
        for name in (OURS, *REFERENCES)
    ]
    verdict += f" {there:.3f} s: {kept(there <= MOST_CPU_SECONDS)}."
    return Figures("Mailing 1,000 members", rows, verdict)


def calls_of_1000(works: Works) -> Figures:
    """Calls for 1,000 members, by grant."""
    counts = [work.a_thousand(prices.calls(work.counts)) for work in works.values()]
    totals = {grant: calls_of(work) for grant, work in works.items()}
    runs = [1000 * work.invocations / work.members for work in works.values()]
    further = {
        "**all calls**": totals.values(),
        "by Lambda: `SQS` receives and deletes": [2 * run for run in runs],
    }
    rows = [_row(name, values, ".1f") for name, values in {**further, "invocations": runs}.items()]
    return Figures("Calls of a mailing", matrix(counts, ".1f") + rows, _verdict(totals, MOST_CALLS))


def cost(delivered: Works, recorded: Works) -> Figures:
    """Dollars for a million members, by grant: delivery, then feedback."""
    rows, verdicts = list[Row](), list[str]()
    uses = {"delivery": (used_by_delivery, delivered), "feedback": (used_by_feedback, recorded)}
    for what, (used, works) in uses.items():
        costs = {grant: prices.dollars(used(work)) for grant, work in works.items()}
        totals = {grant: sum(found.values()) for grant, found in costs.items()}
        percents = {grant: 100 * total / prices.FEE_A_MILLION for grant, total in totals.items()}
        rows += [(f"{what}: {name}", *figures) for name, *figures in matrix(costs.values(), ".3f")]
        rows.append(_row(f"**{what}, all**", totals.values(), ".2f"))
        rows.append((f"**{what}, of SES's fee**", *(f"{percent:.2f} %" for percent in percents.values())))
        verdicts.append(_verdict(percents, MOST_PERCENT[what]))
    return Figures("What a million members cost beyond SES's fee", rows, " Feedback: ".join(verdicts))


def idle() -> list[Figures]:
    """What the template costs while nothing happens, and by which alarms."""
    used = prices.idle_month()
    costs, bill = prices.dollars(used), prices.dollars(used, prices.FREE_A_MONTH)
    rows: list[Row] = [
        (unit, f"{used[unit]:,.6g}", f"{costs[unit]:.2f}", f"{bill[unit]:.2f}") for unit in used
    ]
    total = sum(bill.values())
    rows.append(("**all**", "", f"{sum(costs.values()):.2f}", f"{total:.2f}"))
    named = ", ".join(f"`{name}` ({number})" for name, number in prices.alarms().items())
    verdict = f"It is {total:.2f}: {kept(total <= MOST_IDLE_DOLLARS)}."
    alarms = f"The alarms, and how many metrics each looks at: {named}."
    return [Figures("What an idle month costs", rows, f"{verdict} {alarms}")]


def memory(works: Works) -> Figures:
    """Memory, calls and CPU of one worker, by the length of the list."""
    rows = [
        (
            f"{members:,}",
            f"{w.peak_mb:.0f}",
            f"{calls_of(w):.0f}",
            f"{1000 * w.cpu_seconds / w.members:.3f}",
        )
        for members, w in works.items()
    ]
    return Figures(
        "A worker's memory", rows, f"It is {kept(max(work.peak_mb for work in works.values()) <= MOST_MB)}."
    )


def calls_of(work: Work) -> float:
    """Calls for 1,000 members."""
    return sum(work.a_thousand(prices.calls(work.counts)).values())


def used_by_delivery(work: Work) -> dict[str, float]:
    """Priced units for a million members; Lambda receives and deletes a message an invocation."""
    return _a_million(work, "DeliverChunkFunction", {"SQS request": 2 * work.invocations})


def used_by_feedback(work: Work) -> dict[str, float]:
    """Priced units for a million members: each event is published, queued, received and deleted by tens."""
    events = work.counts["events"]
    queue = {"SNS publication": events, "SQS request": events + 2 * events / 10}
    return _a_million(work, "RecordFeedbackFunction", queue)


def _a_million(work: Work, function: str, queue: Mapping[str, float]) -> dict[str, float]:
    memory_mb = functions()[function]["MemorySize"]
    ran = prices.lambda_used(work.invocations, work.waited_seconds, work.cpu_seconds, memory_mb, work.counts)
    used = work.a_thousand(prices.together(prices.used_by(work.counts), ran, queue))
    return {unit: 1000 * count for unit, count in used.items()}


def _row(name: str, values: Iterable[float], form: str) -> Row:
    return (name, *(format(value, form) for value in values))


def _verdict(values: Mapping[int, float], most: float) -> str:
    """Whether each of the grants that are judged keeps to it."""
    judged = (f"at {grant} a second {kept(values[grant] <= most)}" for grant in JUDGED if grant in values)
    return f"It is {', '.join(judged)}."


def _cpu(edition: str, rounds: int) -> dict[str, float]:
    """CPU seconds for 1,000 members of ours and of the references, by turns."""

    def ours() -> float:
        work = _mailed(edition, MEMBERS)
        return 1000 * work.cpu_seconds / work.members

    with answering(mailing, 0, GRANT, edition) as address, served(call_command(serve_mailbox)) as smtp:
        where = {"smtp": f"smtp://127.0.0.1:{smtp}"}
        references = {
            name: partial(called, cpu_of, where.get(sender, address), sender, REFERENCE_MEMBERS, edition)
            for name, sender in REFERENCES.items()
        }
        return medians({OURS: ours, **references}, rounds)


def _mailed(edition: str, members: int) -> Work:
    """One worker that mails them all."""
    with answering(mailing, members, GRANT, edition) as address:
        return Work(**called(worker.mail, address, members))


def play(grant: int, members: int = MEMBERS) -> tuple[Work, Work]:
    """A mailing at that grant, and what SES says of it."""
    with answering(mailing, members, grant, "en") as address:
        delivered = Work(**called(worker.mailing, address, members))
        return delivered, Work(**called(worker.feedback, address, members, grant))


def called(function: Callable[..., Json], address: str, *arguments: Json) -> Json:
    """What a function returns in an interpreter with the variables of all functions of a mailing."""
    names = ("DeliverChunkFunction", "SweepFunction", "RecordFeedbackFunction")
    environment = {key: value for name in names for key, value in environment_of(name, address).items()}
    environment["BROADSHEET_DELIVERY_QUEUE"] = f"{address}/queue"
    return call(function, address, *arguments, environment=environment)
