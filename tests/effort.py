"""How many examples properties take: few in `make test`, so that it stays quick, all in `make proof`.

`make proof` sets the variable BROADSHEET_PROOF. The property is the same in both.
"""

import os

IS_PROOF = bool(os.environ.get("BROADSHEET_PROOF"))
EXAMPLES = 500 if IS_PROOF else 25  # of a property that does not say how many it wants


def tries(few: int, *, proof: int) -> int:
    """How many examples to take; or, of many calls, which one in so many."""
    return proof if IS_PROOF else few
