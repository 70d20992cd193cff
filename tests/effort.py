"""How many examples properties take: few in `make test`, so that it stays quick, all in `make proof`.

`make proof` sets the variable BROADSHEET_PROOF. The property is the same in both.
"""

import os

IS_PROOF = bool(os.environ.get("BROADSHEET_PROOF"))
EXAMPLES = 500 if IS_PROOF else 25  # of a property that does not say how many it wants


def tries(few: int, *, proof: int) -> int:
    """The number of examples to try; or, of many calls, the step between those tried."""
    return proof if IS_PROOF else few
