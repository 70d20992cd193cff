"""From counts of calls to dollars, by the dated price list of prices.toml; what an idle month costs."""

import tomllib
from collections import Counter
from collections.abc import Mapping

from bench.measuring import ROOT, Figures, kept
from bench.template import functions, of_type

LISTS = tomllib.loads((ROOT / "bench" / "prices.toml").read_text(encoding="utf-8"))
PRICES, FREE_A_MONTH = LISTS["prices"], LISTS["free_a_month"]
COUNTED_AS = {"KMS": "KMS request", "S3": "S3 read", "SQS": "SQS request"}
COUNTED_AS |= {"write": "DynamoDB write unit", "read": "DynamoDB read unit"}
FEE_A_MILLION = 1_000_000 * PRICES["SES recipient"]
VCPU_AT_MB = 1769  # Source: Lambda developer guide, "Configure Lambda function memory": one vCPU
LOG_GB_A_CALL = 1.5e-6  # Lambda's own lines and ours
SECONDS_A_BULK_CALL, SECONDS_A_CALL = 0.3, 0.01  # how long AWS takes to answer: assumed, not measured
IDLE_SWEEP_SECONDS, MINUTES_A_MONTH = 0.1, 730 * 60
POLLERS, POLLS_A_MINUTE = 5, 3  # Source: Lambda developer guide, SQS: five long polls of 20 seconds at once
TABLE_GB, MOST_IDLE_DOLLARS = 0.1, 5.0  # ten thousand subscribers and the ledger of years


def calls(counts: Mapping[str, float]) -> dict[str, float]:
    """The counts of calls, as `DynamoDB GetItem`, without those of units, as `read units`."""
    return {name: count for name, count in counts.items() if name[0].isupper()}


def used_by(counts: Mapping[str, float], invocations: int, seconds: float, memory_mb: int) -> Counter[str]:
    """Priced units of counted calls, but those of SES, and of invocations that took so many seconds."""
    used, bulk, others = Counter[str](), counts.get("SES SendBulkEmail", 0), sum(calls(counts).values())
    for name, count in counts.items():
        used[COUNTED_AS.get(name.split()[0], "")] += count
    del used[""]
    seconds += bulk * SECONDS_A_BULK_CALL + (others - bulk) * SECONDS_A_CALL
    used["Lambda GB-second"] = seconds * memory_mb / 1024
    used["Lambda call"] = used["X-Ray trace"] = invocations
    used["log GB"] = invocations * LOG_GB_A_CALL
    return used


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
    swept = [function for function in functions().values() if "rate(1 minute)" in str(function.get("Events"))]
    runs = MINUTES_A_MONTH * len(swept)
    queues = len(of_type("AWS::Lambda::EventSourceMapping"))
    return {
        "key a month": len(of_type("AWS::KMS::Key")),
        "alarm metric a month": sum(alarms().values()),
        "secret a month": len(of_type("AWS::SecretsManager::Secret")),
        "SQS request": queues * POLLERS * POLLS_A_MINUTE * MINUTES_A_MONTH,
        **dict.fromkeys(("schedule call", "Lambda call", "DynamoDB read unit"), runs),
        "Lambda GB-second": runs * IDLE_SWEEP_SECONDS * max(f["MemorySize"] for f in swept) / 1024,
        "X-Ray trace": MINUTES_A_MONTH * sum(f.get("Tracing") == "Active" for f in swept),
        "log GB": runs * LOG_GB_A_CALL,
        "table GB a month": TABLE_GB,
    }


def alarms() -> dict[str, int]:
    """By alarm: how many metrics it looks at, each of which is billed."""
    found = of_type("AWS::CloudWatch::Alarm").items()
    return {name: sum("MetricStat" in one for one in a.get("Metrics", ())) or 1 for name, a in found}
