"""What the benchmarks read from template.yaml."""

import json
import os
import re
from functools import cache

from bench.measuring import ROOT, Json
from infrastructure.build import read_template

the_template = cache(read_template)


def of_type(kind: str) -> dict[str, Json]:
    """The properties of the resources of a type, by logical id."""
    resources = the_template()["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] == kind}


def functions() -> dict[str, Json]:
    """The functions' properties by logical id, with those of `Globals`."""
    shared = the_template()["Globals"]["Function"]
    return {name: {**shared, **own} for name, own in of_type("AWS::Serverless::Function").items()}


def environment_of(address: str, *names: str) -> dict[str, str]:
    """The variables of these functions together; all their calls go to the address."""
    variables = dict(the_template()["Globals"]["Function"]["Environment"]["Variables"])
    for name in names:
        variables |= functions()[name].get("Environment", {}).get("Variables", {})
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core"))),
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing"),
        **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "us-east-1"),  # where MiniStack makes buckets
        "AWS_ENDPOINT_URL": address,
        **{name: _value(value) for name, value in variables.items()},
    }


def _value(value: Json) -> str:
    """A variable as it is written, or a parameter's default, or the name of the resource in lower case."""
    if isinstance(value, str):
        return value
    referred = sorted(re.findall(r'(?<="Ref": ")\w+|(?<=\$\{)\w+', json.dumps(value)))
    parameters = the_template()["Parameters"]
    defaults = [str(parameters[name].get("Default", name)) for name in referred if name in parameters]
    return [*defaults, *map(str.lower, referred), "example"][0]
