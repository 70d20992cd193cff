"""Counts for the template's alarms, as metrics in powertools' embedded metric format.

An alarm must name both dimensions, `Stack` and `service`.
"""

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from broadsheet.aws.lambda_logging import SERVICE

NAMESPACE = "Broadsheet"


def count(stack: str, name: str, number: int = 1) -> None:
    """Write a metric into the function's log; a second call counts again."""
    dimensions = {"Stack": stack, "service": SERVICE}
    with single_metric(name, MetricUnit.Count, number, namespace=NAMESPACE, default_dimensions=dimensions):
        pass
