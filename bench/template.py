"""What template.yaml says, for functions that run outside of AWS and for what an idle month costs."""

import json
import os
import re
from functools import cache

from bench.measuring import ROOT, Json
from infrastructure.build import read_template

Properties = dict[str, Json]


@cache
def the_template() -> dict[str, Json]:
    """The template, read once."""
    return read_template()


def of_type(kind: str) -> dict[str, Properties]:
    """The properties of the resources of a type, by logical id."""
    resources = the_template()["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] == kind}


def functions() -> dict[str, Properties]:
    """The functions' properties by logical id, those of `Globals` included."""
    shared = the_template()["Globals"]["Function"]
    return {name: {**shared, **own} for name, own in of_type("AWS::Serverless::Function").items()}


def environment_of(function: str, endpoint: str = "") -> dict[str, str]:
    """A function's variables with invented values; all its calls go to the endpoint."""
    own = functions()[function].get("Environment", {}).get("Variables", {})
    variables = {**the_template()["Globals"]["Function"]["Environment"]["Variables"], **own}
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core"))),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        **{name: _example(value) for name, value in variables.items()},
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
    }


def _example(value: Json) -> str:
    """A variable as it is written, or a parameter's default; else a plain word."""
    if isinstance(value, str):
        return value
    defaults = {name: str(given.get("Default", name)) for name, given in the_template()["Parameters"].items()}
    referred = re.findall(r'(?<="Ref": ")\w+|(?<=\$\{)\w+', json.dumps(value))
    return next((defaults[name] for name in sorted(referred) if name in defaults), "example")


def folder_of(function: str) -> str:
    """`DeliverChunkFunction` -> `deliver_chunk`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()
