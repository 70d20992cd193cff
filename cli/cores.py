"""How many processes may work at once."""

import os


def usable_cores() -> int:
    """How many cores this process may use."""
    return getattr(os, "process_cpu_count", os.cpu_count)() or 1  # before Python 3.13: of the machine
