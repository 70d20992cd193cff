"""From counts of calls to dollars, by the dated price list of prices.toml; what an idle month costs."""

import tomllib
from collections import Counter
from collections.abc import Mapping

from bench.measuring import ROOT, Figures, kept
from bench.template import functions, of_type

Units = Counter  # of float, by unit
LISTS = tomllib.loads((ROOT / "bench" / "prices.toml").read_text(encoding="utf-8"))
PRICES: dict[str, float] = LISTS["prices"]
FREE_A_MONTH: dict[str, float] = LISTS["free_a_month"]
COUNTED_AS = {"KMS": "KMS request", "S3": "S3 read", "SQS": "SQS request"}
COUNTED_AS |= {"write": "DynamoDB write unit", "read": "DynamoDB read unit"}
FEE_A_MILLION = 1_000_000 * PRICES["SES recipient"]
VCPU_AT_MB = 1769  # Source: Lambda developer guide, "Configure Lambda function memory": one vCPU
LOG_GB_A_CALL = 1.5e-6  # Lambda's own lines and ours
SECONDS_A_BULK_CALL, SECONDS_A_CALL = 0.3, 0.01  # how long AWS takes to answer: assumed, not measured
IDLE_SWEEP_SECONDS, MINUTES_A_MONTH = 0.1, 730 * 60
POLLERS, POLLS_A_MINUTE = 5, 3  # Source: Lambda developer guide, SQS: five long polls of 20 seconds at once
TABLE_GB = 0.1  # ten thousand readers and the ledger of years
MOST_IDLE_DOLLARS = 5.0


def calls(counts: Mapping[str, float]) -> dict[str, float]:
    """The counts of calls, as `DynamoDB GetItem`, without those of units, as `read units`."""
    return {name: count for name, count in counts.items() if name[0].isupper()}


def used_by(counts: Mapping[str, float]) -> Units:
    """Priced units in counts; a call of DynamoDB's is priced by its units, SES's not here."""
    used = Units()
    for name, count in counts.items():
        used[COUNTED_AS.get(name.split()[0], "")] += count
    del used[""]
    return used


def lambda_used(
    invocations: int, waited_seconds: float, cpu_seconds: float, memory_mb: int, counts: Mapping[str, float]
) -> Units:
    """Priced units of functions that ran: waiting, and the CPU at the share that the memory buys."""
    bulk = counts.get("SES SendBulkEmail", 0)
    waited_seconds += bulk * SECONDS_A_BULK_CALL + (sum(calls(counts).values()) - bulk) * SECONDS_A_CALL
    gb_seconds = (waited_seconds + cpu_seconds * VCPU_AT_MB / memory_mb) * memory_mb / 1024
    units = dict.fromkeys(("Lambda call", "X-Ray trace"), invocations)
    return Units({**units, "Lambda GB-second": gb_seconds, "log GB": invocations * LOG_GB_A_CALL})


def dollars(used: Mapping[str, float], free: Mapping[str, float] | None = None) -> dict[str, float]:
    """The price of each unit's use, beyond what is free."""
    return {unit: max(0.0, count - (free or {}).get(unit, 0)) * PRICES[unit] for unit, count in used.items()}


def idle() -> Figures:
    """What the template costs while nothing happens, and the metrics of its alarms."""
    used = idle_month()
    costs, bill = dollars(used), dollars(used, FREE_A_MONTH)
    rows = [(unit, f"{used[unit]:,.6g}", f"{costs[unit]:.2f}", f"{bill[unit]:.2f}") for unit in used]
    total = sum(bill.values())
    rows.append(("**all**", "", f"{sum(costs.values()):.2f}", f"{total:.2f}"))
    metrics = ", ".join(f"`{name}` ({number})" for name, number in alarms().items())
    verdict = f"It is {total:.2f}: {kept(total <= MOST_IDLE_DOLLARS)}."
    return Figures("What an idle month costs", rows, f"{verdict} The metrics of each alarm: {metrics}.")


def idle_month() -> dict[str, float]:
    """Priced units of a month in which nothing happens, from the template's resources."""
    rates = [
        (function, event["Properties"].get("ScheduleExpression"))
        for function in functions().values()
        for event in function.get("Events", {}).values()
    ]
    each_minute = [function for function, rate in rates if rate == "rate(1 minute)"]
    runs = MINUTES_A_MONTH * len(each_minute)
    queues = len(of_type("AWS::Lambda::EventSourceMapping"))
    return {
        "key a month": len(of_type("AWS::KMS::Key")),
        "alarm metric a month": sum(alarms().values()),
        "secret a month": len(of_type("AWS::SecretsManager::Secret")),
        "SQS request": queues * POLLERS * POLLS_A_MINUTE * MINUTES_A_MONTH,
        **dict.fromkeys(("schedule call", "Lambda call", "DynamoDB read unit"), runs),
        "Lambda GB-second": runs * IDLE_SWEEP_SECONDS * max(f["MemorySize"] for f in each_minute) / 1024,
        "X-Ray trace": sum(
            MINUTES_A_MONTH for function in each_minute if function.get("Tracing") == "Active"
        ),
        "log GB": runs * LOG_GB_A_CALL,
        "table GB a month": TABLE_GB,
    }


def alarms() -> dict[str, int]:
    """By alarm: how many metrics it looks at, each of which is billed."""
    found = of_type("AWS::CloudWatch::Alarm").items()
    return {name: sum("MetricStat" in one for one in a.get("Metrics", ())) or 1 for name, a in found}
