"""A function's start without Python's cyclic garbage collector, which would search what is made to stay.

Importing this module turns the collector off. Only the `app.py` of a function does so, before its other
imports from this package, and calls `started` after its wiring.
"""

import gc

gc.disable()


def started() -> None:
    """Turn the collector on, for what is made from now on; it never searches what is there already."""
    gc.freeze()
    gc.enable()
