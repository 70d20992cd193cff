"""Configuration sets: which exist, and to which topics the events of their messages go.

They are read from the local engine, whose SES keeps what the template made.
"""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from local.cached import Cached
from local.ses.events import Event
from local.stack import LocalStack


@dataclass(frozen=True)
class Destination:
    """An SNS event destination: the topic, and event types as the API names them (`RENDERING_FAILURE`)."""

    topic_arn: str
    types: frozenset[str]

    def wants(self, event: Event) -> bool:
        """Whether this event goes there."""
        return str(event["eventType"]).upper().replace(" ", "_") in self.types


class ConfigurationSets(Protocol):
    """The configuration sets that exist."""

    def destinations(self, name: str) -> list[Destination] | None:
        """Where a set's events go; None if there is no such set."""


class EngineConfigurationSets:
    """The configuration sets in the local engine; a reading holds for five seconds."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._readings: dict[str, Cached[list[Destination] | None]] = {}

    def destinations(self, name: str) -> list[Destination] | None:
        """Where a set's events go; None if there is no such set."""
        return self._readings.setdefault(name, Cached(partial(self._read, name)))()

    def _read(self, name: str) -> list[Destination] | None:
        sesv2 = self._stack.sesv2
        try:
            answer = sesv2.get_configuration_set_event_destinations(ConfigurationSetName=name)
        except sesv2.exceptions.NotFoundException:
            return None
        return [
            Destination(one["SnsDestination"]["TopicArn"], frozenset(one["MatchingEventTypes"]))
            for one in answer.get("EventDestinations", [])
            if one.get("Enabled") and "SnsDestination" in one
        ]
