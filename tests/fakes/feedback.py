"""The events of round trips, in memory."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class FakeRoundTripEvents:
    """Events by the id of the round trip; if `is_broken`, recording one raises."""

    noted: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    is_broken: bool = False

    def record(self, trip: str, word: str) -> None:
        if self.is_broken:
            raise RuntimeError("no table")
        self.noted[trip].add(word)

    def recorded(self, trip: str) -> frozenset[str]:
        return frozenset(self.noted.get(trip, ()))
