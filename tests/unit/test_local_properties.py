"""What MiniStack is given of the template instead of what it would refuse or get wrong."""

from typing import Any

import pytest

from local.properties import corrected, with_numbers, without_expressions


@pytest.mark.parametrize(
    ("scaling", "number"), [({"MaximumConcurrency": "2"}, 2), ({"MaximumConcurrency": 5}, 5)]
)
def test_a_concurrency_that_comes_from_a_parameter_is_a_number(scaling: dict[str, Any], number: int) -> None:
    assert with_numbers({"BatchSize": 1, "ScalingConfig": scaling}) == {
        "BatchSize": 1,
        "ScalingConfig": {"MaximumConcurrency": number},
    }


def test_a_mapping_without_concurrency_stays_as_it_is() -> None:
    assert with_numbers({"BatchSize": 1}) == {"BatchSize": 1}


def test_an_alarm_on_an_expression_exists_and_stays_silent() -> None:
    alarm = {"Metrics": [{"Id": "late", "Expression": "1"}], "Threshold": 0, "TreatMissingData": "breaching"}
    assert without_expressions(alarm) == {
        "Threshold": 0,
        "Namespace": "Broadsheet/NotEvaluated",
        "MetricName": "Expression",
        "TreatMissingData": "notBreaching",
    }


def test_a_provisioner_gets_its_properties_corrected_and_the_rest_unchanged() -> None:
    said = corrected(lambda *arguments: arguments, lambda properties: {**properties, "seen": True}, (1,))
    assert said("Logical", {"a": 1}, {"b": 2}) == ("Logical", {"a": 1, "seen": True}, {"b": 2})
