"""From counts of calls to dollars, by the dated price list of prices.toml."""

import tomllib
from collections.abc import Mapping

from bench import template
from bench.measuring import ROOT

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


def calls(counts: Mapping[str, float]) -> dict[str, float]:
    """Those of the counts that are of calls: `DynamoDB GetItem` is, `read units` are none."""
    return {name: count for name, count in counts.items() if name[0].isupper()}


def used_by(counts: Mapping[str, float]) -> dict[str, float]:
    """Priced units in counts; a call of DynamoDB's is priced by its units, SES's not here."""
    units = ((COUNTED_AS.get(name.split()[0], ""), count) for name, count in counts.items())
    return together(*({unit: count} for unit, count in units if unit))


def lambda_used(
    invocations: float, waited_seconds: float, cpu_seconds: float, memory_mb: int, counts: Mapping[str, float]
) -> dict[str, float]:
    """Priced units of functions that ran: waiting, and the CPU at the share that the memory buys."""
    bulk = counts.get("SES SendBulkEmail", 0)
    waited_seconds += bulk * SECONDS_A_BULK_CALL + (sum(calls(counts).values()) - bulk) * SECONDS_A_CALL
    gb_seconds = (waited_seconds + cpu_seconds * VCPU_AT_MB / memory_mb) * memory_mb / 1024
    units = dict.fromkeys(("Lambda call", "X-Ray trace"), invocations)
    return {**units, "Lambda GB-second": gb_seconds, "log GB": invocations * LOG_GB_A_CALL}


def together(*parts: Mapping[str, float]) -> dict[str, float]:
    """The units of several parts."""
    return {unit: sum(part.get(unit, 0) for part in parts) for part in parts for unit in part}


def dollars(used: Mapping[str, float], free: Mapping[str, float] | None = None) -> dict[str, float]:
    """The price of each unit's use, beyond what is free."""
    return {unit: max(0.0, count - (free or {}).get(unit, 0)) * PRICES[unit] for unit, count in used.items()}


def idle_month() -> dict[str, float]:
    """Priced units of a month in which nothing happens, from the template's resources."""
    events = [
        (f, event["Properties"])
        for f in template.functions().values()
        for event in f.get("Events", {}).values()
    ]
    ticking = [function for function, event in events if event.get("ScheduleExpression") == "rate(1 minute)"]
    ticks = MINUTES_A_MONTH * len(ticking)
    queues = len(template.of_type("AWS::Lambda::EventSourceMapping"))
    return {
        "key a month": len(template.of_type("AWS::KMS::Key")),
        "alarm metric a month": sum(alarms().values()),
        "secret a month": len(template.of_type("AWS::SecretsManager::Secret")),
        "SQS request": queues * POLLERS * POLLS_A_MINUTE * MINUTES_A_MONTH,
        **dict.fromkeys(("schedule call", "Lambda call", "DynamoDB read unit"), ticks),
        "Lambda GB-second": ticks * IDLE_SWEEP_SECONDS * max(f["MemorySize"] for f in ticking) / 1024,
        "X-Ray trace": sum(MINUTES_A_MONTH for function in ticking if function.get("Tracing") == "Active"),
        "log GB": ticks * LOG_GB_A_CALL,
        "table GB a month": TABLE_GB,
    }


def alarms() -> dict[str, int]:
    """By alarm: how many metrics it looks at, each of which is billed."""
    found = template.of_type("AWS::CloudWatch::Alarm").items()
    return {name: sum("MetricStat" in one for one in a.get("Metrics", ())) or 1 for name, a in found}
