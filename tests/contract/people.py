"""Subscribers for the contract tests, stored through the port under test."""

from datetime import UTC, date, datetime, timedelta

from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Status, Subscriber
from tests.builders import a_subscriber

NOW = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)
TODAY = date(2016, 12, 12)
LAPSED = NOW + timedelta(hours=48)
PENDING = a_subscriber(status=Status.PENDING)


def confirmed(subscribers: Subscribers, pending: Subscriber = PENDING) -> Subscriber:
    """Arrange a confirmed subscriber, by the way that everybody goes."""
    assert subscribers.put_pending(pending, NOW, is_new=True)
    assert subscribers.confirm(pending.confirmed(TODAY))
    return pending.confirmed(TODAY)
