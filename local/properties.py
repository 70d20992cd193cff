"""Properties of the template that MiniStack takes otherwise than CloudFormation does, put right on their way.

Each function gives the properties as MiniStack (1.5.33) must be given them.
"""

from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]
Provision = Callable[..., Any]
NEVER_MEASURED = {"Namespace": "Broadsheet/NotEvaluated", "MetricName": "Expression"}


def with_numbers(properties: Properties) -> Properties:
    """A mapping's concurrency as a number.

    The value of a parameter is a text, of one of type Number, too. Lambda takes it; MiniStack compares it
    with a number, and then polls no queue at all.
    """
    scaling = properties.get("ScalingConfig") or {}
    if "MaximumConcurrency" not in scaling:
        return properties
    return {**properties, "ScalingConfig": {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}}


def without_expressions(properties: Properties) -> Properties:
    """An alarm on an expression as one on a metric that is never measured: it is there, and stays silent.

    MiniStack evaluates no expressions and refuses the stack.
    """
    if "Metrics" not in properties:
        return properties
    plain = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**plain, **NEVER_MEASURED, "TreatMissingData": "notBreaching"}


def given(
    provision: Provision, put_right: Callable[[Properties], Properties], places: tuple[int, ...]
) -> Provision:
    """A provisioner that is given other properties; `places` are theirs among its arguments."""

    def provisioned(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  # as MiniStack calls it
        right = (put_right(each) if place in places else each for place, each in enumerate(arguments))
        return provision(*right, **named)

    return provisioned
