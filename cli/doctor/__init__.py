"""`broadsheet doctor`: is the deployed system as it should be, line by line, and what mends it.

Deploying uses two parts of it: `preflight` before anything is created, `after_deploying` for its to-do list.
"""

from collections.abc import Mapping
from typing import Any

from broadsheet.newsletter import Newsletter
from cli.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "after_deploying", "preflight"]


def preflight(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    region: str,
    parameters: Mapping[str, str],
    newsletter: Newsletter,
) -> list[Finding]:
    """What can be known before anything is created; deploy nothing if one of them is a fault.

    `parameters` are those of template.yaml as they would be deployed. Reads only; a second call asks again.
    """
    del session, region, parameters, newsletter
    return []


def after_deploying(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    outputs: Mapping[str, str],
    newsletter: Newsletter,
) -> list[Finding]:
    """What is left to do after deploying: everything but what is in order already.

    `outputs` are the stack's. Reads only; a second call asks again.
    """
    del session, outputs, newsletter
    return []
