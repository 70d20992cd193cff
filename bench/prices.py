"""What calls cost: a dated list of AWS's public prices, and the arithmetic from counts to dollars.

Source: the public price pages of each service, us-east-1, in US dollars without tax, as of July 2025; the
first tier of each. Prices of other regions are up to a quarter higher. Whoever reads this later should look
again.
"""

import re
from collections.abc import Mapping
from typing import Any

from tests import template_rules as rules

PRICES_AS_OF = "July 2025, us-east-1"
PRICES = {
    "SES recipient": 0.10 / 1_000,
    "DynamoDB write unit": 0.625 / 1_000_000,  # on demand
    "DynamoDB read unit": 0.125 / 1_000_000,
    "SQS request": 0.40 / 1_000_000,
    "SNS publication": 0.50 / 1_000_000,  # deliveries to SQS are free
    "KMS request": 0.03 / 10_000,
    "S3 read": 0.40 / 1_000_000,
    "Lambda call": 0.20 / 1_000_000,
    "Lambda GB-second": 0.0000133334,  # arm64
    "X-Ray trace": 5.00 / 1_000_000,
    "log GB": 0.50,
    "key a month": 1.00,
    "alarm metric a month": 0.10,  # an alarm on an expression is billed for each metric in it
    "secret a month": 0.40,
    "schedule call": 1.00 / 1_000_000,
    "table GB a month": 0.25 + 0.20,  # with point-in-time recovery
}
FREE_A_MONTH = {  # always, not in the first year alone
    "SQS request": 1e6,
    "Lambda call": 1e6,
    "Lambda GB-second": 400_000,
    "X-Ray trace": 100_000,
    "alarm metric a month": 10,
    "schedule call": 14e6,
    "log GB": 5,
    "table GB a month": 0,
}
COUNTED_AS = {
    "write units": "DynamoDB write unit",
    "read units": "DynamoDB read unit",
    "SQS": "SQS request",
    "KMS": "KMS request",
    "S3": "S3 read",
}
FEE_A_MILLION = 1_000_000 * PRICES["SES recipient"]
VCPU_AT_MB = 1769  # Source: Lambda developer guide, "Configure Lambda function memory": one vCPU
LOG_GB_A_CALL = 1.5e-6  # Lambda's own lines and ours
# Assumed, since nothing here is as far away as AWS is: how long a function waits for an answer.
SECONDS_A_BULK_CALL, SECONDS_A_CALL = 0.3, 0.01
IDLE_SWEEP_SECONDS = 0.1
MINUTES_A_MONTH = 730 * 60
POLLERS, POLLS_A_MINUTE = 5, 3  # Source: Lambda developer guide, SQS: five long polls of 20 seconds at once
TABLE_GB = 0.1  # ten thousand readers and the ledger of years
SQS_MESSAGES_A_CALL = 10


def used_by(counts: Mapping[str, float]) -> dict[str, float]:
    """Priced units in counts of calls; a call of DynamoDB's is priced by its units, SES's not here."""
    used: dict[str, float] = {}
    for name, count in counts.items():
        unit = COUNTED_AS.get(name) or COUNTED_AS.get(name.split()[0])
        if unit:
            used[unit] = used.get(unit, 0) + count
    return used


def lambda_used(
    calls: float, waited_seconds: float, cpu_seconds: float, memory_mb: int, counts: Mapping[str, float]
) -> dict[str, float]:
    """Priced units of functions that ran: waiting, and the CPU at the share that the memory buys."""
    bulk = counts.get("SES SendBulkEmail", 0)
    others = sum(count for name, count in counts.items() if is_call(name)) - bulk
    seconds = waited_seconds + bulk * SECONDS_A_BULK_CALL + others * SECONDS_A_CALL
    seconds += cpu_seconds * VCPU_AT_MB / memory_mb
    return {
        "Lambda call": calls,
        "Lambda GB-second": seconds * memory_mb / 1024,
        "X-Ray trace": calls,
        "log GB": calls * LOG_GB_A_CALL,
    }


def is_call(name: str) -> bool:
    """Whether a count is one of calls: `DynamoDB GetItem` is, `read units` are none."""
    return name[0].isupper()


def polled(messages: float, messages_a_call: int = SQS_MESSAGES_A_CALL) -> dict[str, float]:
    """What Lambda does with a queue's messages for us: receive them, delete them."""
    return {"SQS request": 2 * messages / messages_a_call}


def together(*parts: Mapping[str, float]) -> dict[str, float]:
    """Units of several parts."""
    found: dict[str, float] = {}
    for part in parts:
        for unit, count in part.items():
            found[unit] = found.get(unit, 0) + count
    return found


def dollars(used: Mapping[str, float]) -> dict[str, float]:
    """The price of each unit's use."""
    return {unit: count * PRICES[unit] for unit, count in used.items()}


def dollars_beyond_free(used: Mapping[str, float]) -> dict[str, float]:
    """The same, with nothing else in the account that uses up what is free each month."""
    return dollars({unit: max(0.0, count - FREE_A_MONTH.get(unit, 0)) for unit, count in used.items()})


def percent_of_fee(dollars_a_million: float) -> float:
    """Beside what SES takes for a million recipients."""
    return 100 * dollars_a_million / FEE_A_MILLION


def idle_month(template: dict[str, Any]) -> dict[str, float]:
    """Priced units of a month in which nothing happens, from the template's resources."""
    functions = rules.functions(template)
    ticking = [name for name, f in functions.items() if _is_every_minute(f)]
    ticks = MINUTES_A_MONTH * len(ticking)
    memory_mb = max(functions[name]["MemorySize"] for name in ticking)
    return {
        "key a month": len(list(rules.of_type(template, "AWS::KMS::Key"))),
        "alarm metric a month": sum(alarms(template).values()),
        "secret a month": len(list(rules.of_type(template, "AWS::SecretsManager::Secret"))),
        "SQS request": len(list(rules.mappings(template))) * POLLERS * POLLS_A_MINUTE * MINUTES_A_MONTH,
        "schedule call": ticks,
        "Lambda call": ticks,
        "Lambda GB-second": ticks * IDLE_SWEEP_SECONDS * memory_mb / 1024,
        "X-Ray trace": sum(MINUTES_A_MONTH for name in ticking if functions[name].get("Tracing") == "Active"),
        "log GB": ticks * LOG_GB_A_CALL,
        "DynamoDB read unit": ticks,
        "table GB a month": TABLE_GB,
    }


def alarms(template: dict[str, Any]) -> dict[str, int]:
    """By alarm: the metrics that it looks at, each of which is billed."""
    return {name: len(metrics) for name, metrics in rules.watched(template).items()}


def _is_every_minute(function: dict[str, Any]) -> bool:
    events = function.get("Events", {}).values()
    return any(
        re.fullmatch(r"rate\(1 minute\)", e["Properties"].get("ScheduleExpression", "")) for e in events
    )
