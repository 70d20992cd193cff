"""Configuration sets: the SNS topics to which SES publishes the events of their messages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from local.cached import Cached
from local.stack import LocalStack


@dataclass(frozen=True)
class Destination:
    """An SNS event destination: the topic, and event types as the API names them (`RENDERING_FAILURE`)."""

    topic_arn: str
    types: frozenset[str]

    def wants(self, event_type: str) -> bool:
        """Whether events of this type, as an event names it (`Rendering Failure`), are published there."""
        return event_type.upper().replace(" ", "_") in self.types


Destinations = Callable[[str], list[Destination] | None]


def engine_destinations(stack: LocalStack) -> Destinations:
    """A reader of a set's destinations in the local engine: None if there is no such set.

    What it read is cached for five seconds.
    """
    cached: dict[str, Cached[list[Destination] | None]] = {}
    return lambda name: cached.setdefault(name, Cached(partial(_read, stack, name)))()


def _read(stack: LocalStack, name: str) -> list[Destination] | None:
    sesv2 = stack.sesv2
    try:
        answer = sesv2.get_configuration_set_event_destinations(ConfigurationSetName=name)
    except sesv2.exceptions.NotFoundException:
        return None
    return [
        Destination(found["SnsDestination"]["TopicArn"], frozenset(found["MatchingEventTypes"]))
        for found in answer.get("EventDestinations", [])
        if found.get("Enabled") and "SnsDestination" in found
    ]
