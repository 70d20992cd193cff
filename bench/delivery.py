"""What mailing costs: CPU beside the least there is, calls of AWS, dollars beside SES's fee, memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median

from bench import prices
from bench.answering import answering
from bench.environment import environment_of
from bench.mails import MAIL_BYTES, write_mail
from bench.measuring import ROOT, CommandError, Section, kept, medians
from bench.senders import mailbox
from bench.worker import Work
from tests import template_rules as rules
from tests.from_template import the_template

EDITIONS = ("en", "ru")
MOST_CPU_SECONDS, MOST_CALLS, MOST_BYTES = 0.10, 150, 128 * 1024 * 1024
MOST_OF_THE_FEE, MOST_OF_THE_FEE_FOR_FEEDBACK, MOST_IDLE_DOLLARS = 0.5, 3.0, 5.0
MEMBERS, REFERENCE_MEMBERS, FEW, MANY = 8_000, 1_000, 1_000, 100_000
GRANT, GRANTS = 200, (14, 56, 200)  # recipients a second; the first is what a new account gets
JUDGED = (56, 200)
FUNCTIONS = ("DeliverChunkFunction", "SweepFunction", "RecordFeedbackFunction")
OURS, FLOOR = "deliver_chunk, all that it does", "`SendBulkEmail` to 50 by boto3, nothing else"
FEE = f"{prices.FEE_A_MILLION:.0f}"
SINGLE = "`SendEmail` to each by boto3"
REFERENCES = {FLOOR: "bulk", SINGLE: "single", "`smtplib`, one mail each": "smtp"}
SINGLE_SECONDS = 0.73  # 1,000 of them, where the budgets in seconds were set
YARDSTICK = f"""\
Budgets in seconds were set on a machine on which 1,000 `SendEmail` of a mail of 46 kB by
boto3 took {SINGLE_SECONDS} s; they are judged by how long those take here, in the same run."""
CPU_MEANING = f"""\
CPU seconds to mail 1,000 members a mail of {MAIL_BYTES // 1000} kB: the function as it is deployed, from
the order to the closed chunk, at a grant of {GRANT} a second, beside the least that gives the same mails
away. All talk to a local answerer, whose CPU is not counted; there is no TLS. A process is warm when it is
measured.

Budget: {MOST_CPU_SECONDS:.2f} s. {YARDSTICK}"""
CALLS_MEANING = f"""\
Calls that the functions make for 1,000 members, counted at the answerer: a whole mailing of {MEMBERS:,} as
the sweep releases it, two workers who take turns, time being played at each grant of SES's. The sweep's calls
are among them; what Lambda itself asks of the queues stands below.

Budget: {MOST_CALLS} calls for 1,000 members at 56 and at 200 a second."""
COST_MEANING = f"""\
US dollars for a million members beyond the {FEE} dollars that SES takes: the calls above, and those of what
SES says afterwards (a send and a delivery each, one in a hundred bounces), times the price list in
`bench/prices.py` ({prices.PRICES_AS_OF}). Nothing that is free each month is taken off. A function's
time is what it waits for its turn, {prices.SECONDS_A_BULK_CALL} s for each `SendBulkEmail` and
{prices.SECONDS_A_CALL} s for any other call (assumed, not measured), and its measured CPU at the share of a
processor that its memory buys.

Budget: {MOST_OF_THE_FEE} % of SES's fee for delivery at 56 and at 200 a second,
{MOST_OF_THE_FEE_FOR_FEEDBACK:.0f} % for feedback."""
IDLE_MEANING = f"""\
A month in which nothing happens, from the template's resources: keys, alarms, the sweep's minutes, and five
pollers of Lambda's on each queue; US dollars ({prices.PRICES_AS_OF}). A sweep is taken to last
{prices.IDLE_SWEEP_SECONDS} s.

Budget: {MOST_IDLE_DOLLARS:.0f} dollars on the bill, from which AWS takes what is free each month;
the other column is for an account in which something else has used that up."""
MEMORY_MEANING = f"""\
One worker that mails a whole list, chunk after chunk; at a grant of {GRANT} a second.

Budget: {MOST_BYTES // 1024**2} MB, whatever the list, and as many calls for 1,000 members."""


def delivery(folder: Path, rounds: int) -> list[Section]:
    """Measure mailing; `folder` is an empty one for the mails."""
    mails = {edition: write_mail(folder, edition) for edition in EDITIONS}
    works = {grant: played(mails["en"], grant) for grant in GRANTS}
    return [
        cpu_section({edition: _cpu(mail, rounds) for edition, mail in mails.items()}),
        calls_section({grant: delivered for grant, (delivered, _) in works.items()}),
        cost_section(works),
        memory_section({members: _mailed(mails["en"], members) for members in (FEW, MANY)}),
    ]


def cpu_section(seconds: Mapping[str, Mapping[str, float]]) -> Section:
    """CPU seconds for 1,000 members, by edition and by who mails."""
    worst = max(found[OURS] for found in seconds.values())
    there = max(found[OURS] / slowness(found[SINGLE]) for found in seconds.values())
    times = max(found[OURS] / found[FLOOR] for found in seconds.values())
    verdict = (
        f" It takes {worst:.3f} s, {times:.1f} times the floor; there it would be {there:.3f} s:"
        f" {kept(there <= MOST_CPU_SECONDS)}."
    )
    rows: list[tuple[str, ...]] = [
        (name, *(text for found in seconds.values() for text in (f"{found[name]:.3f}", _times(found, name))))
        for name in (OURS, *REFERENCES)
    ]
    columns = tuple(text for edition in seconds for text in (f"{edition}, s", "of the floor"))
    return Section("Mailing 1,000 members", CPU_MEANING + verdict, ("", *columns), rows)


def calls_section(works: Mapping[int, Work]) -> Section:
    """Calls for 1,000 members, by grant."""
    names = sorted({name for work in works.values() for name in work.counts if prices.is_call(name)})
    rows = [
        _row(name, {grant: work.a_thousand(work.counts.get(name, 0)) for grant, work in works.items()})
        for name in names
    ]
    totals = {grant: calls_of(work) for grant, work in works.items()}
    rows.append(_row("**all calls**", totals))
    rows.append(
        _row(
            "by Lambda: `SQS` receives and deletes",
            {g: w.a_thousand(2 * w.invocations) for g, w in works.items()},
        )
    )
    rows.append(
        _row("invocations", {grant: work.a_thousand(work.invocations) for grant, work in works.items()})
    )
    return Section("Calls of a mailing", CALLS_MEANING + _verdicts(totals, MOST_CALLS), _columns(works), rows)


def cost_section(works: Mapping[int, tuple[Work, Work]]) -> Section:
    """Dollars for a million members, by grant: delivery, then feedback."""
    delivered = {grant: prices.dollars(used_by_delivery(work)) for grant, (work, _) in works.items()}
    recorded = {grant: prices.dollars(used_by_feedback(work)) for grant, (_, work) in works.items()}
    percents = {grant: _percent(costs) for grant, costs in delivered.items()}
    percents_feedback = {grant: _percent(costs) for grant, costs in recorded.items()}
    rows = [*_costs("delivery", delivered), *_costs("feedback", recorded)]
    verdict = (
        f"{_verdicts(percents, MOST_OF_THE_FEE)} Feedback:"
        f"{_verdicts(percents_feedback, MOST_OF_THE_FEE_FOR_FEEDBACK)}"
    )
    return Section(
        "What a million members cost beyond SES's fee", COST_MEANING + verdict, _columns(works), rows
    )


def idle() -> Section:
    """What the template costs while nothing happens, and by which alarms."""
    template = the_template()
    return idle_section(prices.idle_month(template), prices.alarms(template))


def idle_section(used: Mapping[str, float], alarms: Mapping[str, int]) -> Section:
    """Dollars of an idle month, item by item; `alarms` have the number of metrics that each looks at."""
    costs, beyond_free = prices.dollars(used), prices.dollars_beyond_free(used)
    rows: list[tuple[str, ...]] = [
        (unit, f"{used[unit]:,.6g}", f"{cost:.2f}", f"{beyond_free[unit]:.2f}")
        for unit, cost in costs.items()
    ]
    total = sum(costs.values())
    bill = sum(beyond_free.values())
    rows.append(("**all**", "", f"{total:.2f}", f"{bill:.2f}"))
    named = ", ".join(f"`{name}` ({number})" for name, number in alarms.items())
    verdict = (
        f" It is {bill:.2f}: {kept(bill <= MOST_IDLE_DOLLARS)}.\n\n"
        f"The alarms, and how many metrics each looks at: {named}."
    )
    columns = ("", "used", "dollars", "dollars on the bill")
    return Section("What an idle month costs", IDLE_MEANING + verdict, columns, rows)


def memory_section(works: Mapping[int, Work]) -> Section:
    """Memory, calls and CPU of one worker, by the length of the list."""
    rows: list[tuple[str, ...]] = [
        (
            f"{members:,}",
            f"{work.peak_bytes / 1024**2:.0f}",
            f"{calls_of(work):.0f}",
            f"{work.a_thousand(work.cpu_seconds):.3f}",
        )
        for members, work in works.items()
    ]
    holds = all(work.peak_bytes <= MOST_BYTES for work in works.values())
    columns = ("members", "most memory, MB", "calls for 1,000", "CPU seconds for 1,000")
    return Section("A worker's memory", f"{MEMORY_MEANING} It is {kept(holds)}.", columns, rows)


def calls_of(work: Work) -> float:
    """Calls for 1,000 members."""
    return work.a_thousand(sum(count for name, count in work.counts.items() if prices.is_call(name)))


def used_by_delivery(work: Work) -> dict[str, float]:
    """Priced units for a million members."""
    return _a_million(work, "DeliverChunkFunction", prices.polled(work.invocations, 1))


def used_by_feedback(work: Work) -> dict[str, float]:
    """Priced units for a million members: each event is published, queued, received, deleted and recorded."""
    events = work.counts["events"]
    return _a_million(
        work,
        "RecordFeedbackFunction",
        prices.together({"SNS publication": events, "SQS request": events}, prices.polled(events)),
    )


def _a_million(work: Work, function: str, queues: Mapping[str, float]) -> dict[str, float]:
    memory_mb = rules.functions(the_template())[function]["MemorySize"]
    ran = prices.lambda_used(work.invocations, work.waited_seconds, work.cpu_seconds, memory_mb, work.counts)
    used = prices.together(prices.used_by(work.counts), ran, queues)
    return {unit: 1000 * work.a_thousand(count) for unit, count in used.items()}


def _percent(costs: Mapping[str, float]) -> float:
    return prices.percent_of_fee(sum(costs.values()))


def _costs(what: str, costs: Mapping[int, Mapping[str, float]]) -> list[tuple[str, ...]]:
    units = sorted({unit for found in costs.values() for unit in found})
    rows = [(f"{what}: {unit}", *(f"{found.get(unit, 0):.3f}" for found in costs.values())) for unit in units]
    return [
        *rows,
        (f"**{what}, all**", *(f"{sum(found.values()):.2f}" for found in costs.values())),
        (f"**{what}, of SES's fee**", *(f"{_percent(found):.2f} %" for found in costs.values())),
    ]


def _columns(grants: Mapping[int, object]) -> tuple[str, ...]:
    return ("", *(f"at {grant} a second" for grant in grants))


def _row(name: str, values: Mapping[int, float]) -> tuple[str, ...]:
    return (name, *(f"{value:.1f}" for value in values.values()))


def _verdicts(values: Mapping[int, float], most: float) -> str:
    """Whether each of the grants that are judged keeps to it."""
    judged = (f"at {grant} a second {kept(values[grant] <= most)}" for grant in JUDGED if grant in values)
    return f" It is {', '.join(judged)}."


def _times(found: Mapping[str, float], name: str) -> str:
    return f"{found[name] / found[FLOOR]:.1f}"


def _cpu(mail: Path, rounds: int) -> dict[str, float]:
    """CPU seconds for 1,000 members of ours and of the references, by turns."""
    with answering(REFERENCE_MEMBERS, GRANT, mail) as address, mailbox() as smtp:
        measures: dict[str, Callable[[], float]] = {OURS: partial(_our_cpu, mail)}
        for name, sender in REFERENCES.items():
            where = smtp if sender == "smtp" else address
            measures[name] = partial(reference_cpu, sender, where, mail)
        return medians(measures, rounds)


def slowness(single_seconds: float) -> float:
    """How many times as long as there CPU takes here, by 1,000 `SendEmail`."""
    return single_seconds / SINGLE_SECONDS


def single_cpu(folder: Path, rounds: int) -> float:
    """CPU seconds of 1,000 `SendEmail`, for what is measured beside; the mail is written into `folder`."""
    mail = write_mail(folder, EDITIONS[0])
    with answering(REFERENCE_MEMBERS, GRANT, mail) as address:
        return median(reference_cpu("single", address, mail) for _ in range(rounds))


def _our_cpu(mail: Path) -> float:
    work = _mailed(mail, MEMBERS)
    return work.a_thousand(work.cpu_seconds)


def reference_cpu(sender: str, address: str, mail: Path, members: int = REFERENCE_MEMBERS) -> float:
    """CPU seconds for 1,000 members of one of `REFERENCES`."""
    said = _run("bench.senders", address, sender, address, str(members), str(mail))
    return 1000 * float(said) / members


def _mailed(mail: Path, members: int) -> Work:
    """One worker that mails them all."""
    with answering(members, GRANT, mail) as address:
        return _worked(address, "mail", members)


def played(mail: Path, grant: int, members: int = MEMBERS) -> tuple[Work, Work]:
    """A mailing at that grant, and what SES says of it."""
    with answering(members, grant, mail) as address:
        return _worked(address, "mailing", members), _worked(address, "feedback", members, grant)


def _worked(address: str, what: str, *numbers: int) -> Work:
    return Work(**json.loads(_run("bench.worker", address, what, address, *map(str, numbers))))


def _run(module: str, address: str, *arguments: str) -> str:
    """What a process of ours prints.

    Raises:
        CommandError: it ended badly.
    """
    variables = {name: text for function in FUNCTIONS for name, text in environment_of(function).items()}
    environment = {
        **variables,
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": address,
        "BROADSHEET_DELIVERY_QUEUE": f"{address}/queue",
    }
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{module} {arguments[0]}:\n{done.stderr[-2000:]}")
    return done.stdout
