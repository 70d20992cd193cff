"""Corrections of template properties that MiniStack (1.5.33) handles differently from CloudFormation."""

from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]
Provision = Callable[..., Any]
NEVER_MEASURED = {"Namespace": "Broadsheet/NotEvaluated", "MetricName": "Expression"}


def with_numbers(properties: Properties) -> Properties:
    """The properties of an event source mapping, its concurrency as a number.

    A parameter's value is a string, even if its type is Number. Lambda accepts that; MiniStack compares it
    with a number, and polls no queue at all.
    """
    scaling = properties.get("ScalingConfig") or {}
    if "MaximumConcurrency" not in scaling:
        return properties
    return {**properties, "ScalingConfig": {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}}


def without_expressions(properties: Properties) -> Properties:
    """The properties of an alarm; one on an expression becomes one on a metric without data, never in alarm.

    MiniStack evaluates no expressions, and refuses a stack that has one.
    """
    if "Metrics" not in properties:
        return properties
    plain = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**plain, **NEVER_MEASURED, "TreatMissingData": "notBreaching"}


def corrected(
    provision: Provision, correct: Callable[[Properties], Properties], positions: tuple[int, ...]
) -> Provision:
    """A provisioner that calls `provision` with corrected properties, its arguments at `positions`."""

    def provisioned(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  # as MiniStack calls it
        changed = (
            correct(value) if position in positions else value for position, value in enumerate(arguments)
        )
        return provision(*changed, **named)

    return provisioned
