"""What the template gives a function, for functions that run outside of it."""

import os

from bench.measuring import ROOT
from tests import template_rules as rules
from tests.from_template import ENVIRONMENT, the_template


def environment_of(logical_id: str) -> dict[str, str]:
    """A function's variables, with invented values."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core"))),
        **ENVIRONMENT,
        **rules.example_values(the_template(), logical_id),
    }
