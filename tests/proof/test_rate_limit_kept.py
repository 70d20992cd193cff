"""The rate on the local system: the SES emulator throttles nobody, and most of the rate is used.

The emulator counts with a token bucket of one second's recipients. The fullest window of a second, by the
times of acceptance, is reported but not judged, because a call may be late on its way to SES. The share
of the rate that is used is reported for a constant rate: messages are dispatched two and a half minutes
ahead, so after a rise those of the slower rate still come at their own times.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import urllib3

from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.members import plant
from tests.proof import judge
from tests.proof.mailing import LocalMailing, ask_ses, local_system

MEMBERS = 6_000
STEADY, RATES = 200, (50, 30, 100)
SHARE = 0.9
RESERVED_SECONDS = 10  # two workers' blocks, and what was being sent
ENOUGH_SECONDS = 12
STARTING_SECONDS, ENDING_SECONDS = 8, 3  # containers start; the last chunks are fewer than workers
A_CALL_SECONDS = 0.05  # a call's recipients are accepted at once


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    with local_system(tmp_path_factory.mktemp("system"), STEADY, with_trial=False) as running:
        yield running


@pytest.fixture(scope="module")
def members(system: LocalSystem) -> dict[str, str]:
    return plant(system, [f"paced-{number}@readers.test" for number in range(MEMBERS)], "en")


def test_the_rate_is_used(
    system: LocalSystem, members: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """A whole mailing at one rate: no call is throttled; the share of the rate that was used is reported."""
    mailing = LocalMailing(system, "2045-01-09", members)
    before = _throttled(system)
    mailing.publish()
    mailing.until_done()
    assert _throttled(system) == before
    mailing.everybody_got_it_once()
    times = sorted(each.at for each in mailing.accepted())
    inner = [at for at in times if times[0] + STARTING_SECONDS <= at <= times[-1] - ENDING_SECONDS]
    record_property("figures", f"{MEMBERS:,} members; {_summary(STEADY, inner)}")


def test_ses_never_throttles_and_a_changed_rate_is_followed(
    system: LocalSystem, members: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """At each of three rates SES throttles no call, once the sweep has seen the rate."""
    mailing = LocalMailing(system, "2045-01-02", members)
    ask_ses(system, "settings", {"max_send_rate": RATES[0]})
    mailing.publish()
    wait_for(mailing.accepted, "the first mails")
    measured = []
    for rate in RATES:
        ask_ses(system, "settings", {"max_send_rate": rate})
        wait_for(partial(_followed, system, rate), "the sweep, which follows", 90)
        _lasts(mailing, RESERVED_SECONDS)
        before, since = _throttled(system), len(mailing.accepted())
        _lasts(mailing, ENOUGH_SECONDS)
        assert _throttled(system) == before
        times = sorted(each.at for each in mailing.accepted()[since:])
        measured.append(_summary(rate, times))
    mailing.until_done()
    mailing.everybody_got_it_once()
    record_property("figures", f"{MEMBERS:,} members; {'; '.join(measured)}")


def _lasts(mailing: LocalMailing, seconds: float) -> None:
    """Let the mailing run for so long by the times of acceptance."""
    begun = mailing.accepted()[-1].at
    wait_for(lambda: mailing.accepted()[-1].at >= begun + seconds, "time in which mails go out", 90)


def _followed(system: LocalSystem, rate: float) -> bool:
    """Whether the limiter keeps to the share of the rate; the sweep is called, as it is every minute."""
    functions = system.stack.client("lambda")
    functions.invoke(FunctionName=system.stack.physical("SweepFunction"), Payload=b"{}")
    ledger = judge.items(system.stack.client("dynamodb"), system.stack.physical("LedgerTable"), "pace")
    return any(float(book["rate"]["S"]) == rate * SHARE for book in ledger)


def _throttled(system: LocalSystem) -> int:
    return int(urllib3.request("GET", f"{system.address}/_local/ses/throttled", retries=False).json())


def _summary(rate: float, times: list[float]) -> str:
    """How much of the rate was used, from the first call to the last one's slot, and the fullest second."""
    fullest = max(bisect_right(times, at + 1) - place for place, at in enumerate(times))
    before_the_last = bisect_left(times, times[-1] - A_CALL_SECONDS)
    used = before_the_last / (times[before_the_last] - times[0]) / (rate * SHARE)
    return f"at {rate}/s {used:.0%} of the rate used, {fullest} in the fullest second"
