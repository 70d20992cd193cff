"""What a check found: one line for the operator, and the repair."""

from dataclasses import dataclass
from enum import Enum
from functools import partial


class Level(Enum):
    """How much a finding matters. Only a fault fails a command."""

    OK = "ok"
    TODO = "to do"  # only a person can do it, and nothing is broken by its absence yet
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Diagnosis:
    """One finding in words; `repair` says what to do about it, and is empty if nothing is to be done."""

    level: Level
    text: str
    repair: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it fails the command."""
        return self.level is Level.FAULT


ok = partial(Diagnosis, Level.OK)
todo = partial(Diagnosis, Level.TODO)
warning = partial(Diagnosis, Level.WARNING)
fault = partial(Diagnosis, Level.FAULT)
