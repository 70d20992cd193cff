"""Long chains over fakes, each invocation counted as Lambda counts it: a rebuild and a throttled mailing.

tests/integration/test_chains.py runs the deployed functions and shows that the SDK carries a chain as here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.mail import NotSentError
from broadsheet.mailings.deliver import RETRY_AFTER_SECONDS
from broadsheet.publishing.rebuild import ISSUES_A_STEP, RebuildStatus
from local import lineage
from tests.builders import a_published_edition, a_record
from tests.effort import tries
from tests.fakes.delivering import SendingMailing, a_sending_mailing, ids
from tests.fakes.publishing import PublishingSystem
from tests.from_template import the_template

ISSUES, YEARS = tries(1_000, proof=5_000), 25
AN_HOUR = timedelta(hours=1)
THROTTLED = NotSentError("TooManyRequestsException")


class ChainStoppedError(Exception):
    """Lambda would not invoke the function again."""


@dataclass
class Chain:
    """A chain of invocations of one function, which each sends the message for the next."""

    function: str
    may_loop: bool
    header: str = ""
    invocations: int = 0

    def invoke(self, work: Callable[[], object]) -> None:
        """Do the work, unless the function has been invoked too often: then ChainStoppedError is raised."""
        if lineage.is_loop(self.header, self.function) and not self.may_loop:
            raise ChainStoppedError
        self.header = lineage.invoked(self.header, self.function)
        self.invocations += 1
        work()


def a_chain(function: str, *, may_loop: bool | None = None) -> Chain:
    """The function may loop if the template says so, or as it is planted."""
    said = the_template()["Resources"][function]["Properties"].get("RecursiveLoop")
    return Chain(function, said == "Allow" if may_loop is None else may_loop)


def an_archive() -> PublishingSystem:
    """All issues are withdrawn, so that a page is quickly made."""
    at = datetime(2016, 12, 12, tzinfo=UTC)
    gone = a_published_edition(title="", summary="", commentaries=(), withdrawn_at=at)
    system = PublishingSystem()
    for number in range(ISSUES):
        day = date(1990 + number % YEARS, 1, 1) + timedelta(days=number // YEARS)
        system.register.add(a_record(day.isoformat(), editions={"en": gone}))
    system.rebuild_site().begin_if_outdated("event")
    return system


def rebuilt(system: PublishingSystem, chain: Chain) -> list[RebuildStatus]:
    """Work the chain off, message by message."""
    steps: list[RebuildStatus] = []
    while system.rebuild_messages:
        chain.invoke(lambda: steps.append(system.rebuild_site().step(system.rebuild_messages.pop(0))))
    return steps


def issues_made(system: PublishingSystem) -> set[str]:
    """The issues that have a page."""
    return {issue for issue in system.register.records if f"en/{issue}/index.html" in system.site.objects}


def test_a_rebuild_of_a_large_archive_makes_every_page() -> None:
    system, chain = an_archive(), a_chain("PublishIssueFunction")

    assert rebuilt(system, chain)[-1] is RebuildStatus.COMPLETE

    assert issues_made(system) == set(system.register.records)
    assert chain.invocations == ISSUES // ISSUES_A_STEP + YEARS + 2


def test_a_rebuild_that_may_not_loop_stops_after_sixteen_messages() -> None:
    system, chain = an_archive(), a_chain("PublishIssueFunction", may_loop=False)

    with pytest.raises(ChainStoppedError):
        rebuilt(system, chain)

    assert len(issues_made(system)) == lineage.MOST_INVOCATIONS * ISSUES_A_STEP


def throttled(sending: SendingMailing, span: timedelta, chain: Chain) -> None:
    """For that time SES refuses every call; each re-enqueued message is received after its delay."""
    end = sending.clock() + span
    while sending.clock() < end:
        sending.mailer.answers = [THROTTLED]
        chain.invoke(sending.deliver)
        sending.clock.move(timedelta(seconds=sending.queue.delays[-1]))
    sending.mailer.answers = []
    chain.invoke(sending.deliver)


def test_a_mailing_throttled_for_an_hour_reaches_everybody_once() -> None:
    sending, chain = a_sending_mailing(3), a_chain("DeliverChunkFunction")

    throttled(sending, AN_HOUR, chain)

    assert chain.invocations > AN_HOUR.total_seconds() / (2 * RETRY_AFTER_SECONDS)
    assert (sorted(sending.mailer.mailed), sending.is_closed()) == (ids(3), True)


def test_a_throttled_mailing_that_may_not_loop_stops_within_minutes() -> None:
    sending, chain = a_sending_mailing(3), a_chain("DeliverChunkFunction", may_loop=False)
    begun = sending.clock()

    with pytest.raises(ChainStoppedError):
        throttled(sending, AN_HOUR, chain)

    assert (sending.mailer.mailed, sending.is_closed()) == ([], False)
    assert sending.clock() - begun < AN_HOUR / 20
