"""What a check found: one line for the operator, and what mends it."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much a finding matters. Only a fault fails a command."""

    OK = "ok"
    TODO = "to do"  # only a person can do it, and nothing is broken by its absence yet
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Diagnosis:
    """What was looked at and found, in words; `repair` says what to do, and is empty where nothing is."""

    level: Level
    text: str
    repair: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it fails the command."""
        return self.level is Level.FAULT
