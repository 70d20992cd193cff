"""Panic turns things off in order and continues after a failure; recover turns the same things on again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from broadsheet.mailings.mailing import MailingState
from cli.chosen_stack import StackOptions
from cli.panic import Panic
from cli.switches import switches
from tests import template_rules as rules
from tests.builders import a_mailing
from tests.fakes.mailings import FakeLedger
from tests.from_template import the_template

OUTPUTS = {
    "AddressKey": "key",
    "FingerprintKey": "fingerprints",
    "AddressOpeners": "broadsheet-ProcessSignupFunction-1,broadsheet-DeliverChunkFunction-2",
    "AddressOpenersMappings": "mapping-1,mapping-2",
    "MailingStarters": (
        "broadsheet-StartMailingFunction-3,broadsheet-SweepFunction-4,broadsheet-ResealListFunction-5"
    ),
}
STOPPED = ("ProcessSignup", "DeliverChunk", "StartMailing", "Sweep", "ResealList")
ON = {"key": True, "fingerprints": True, "mapping-1": True, "mapping-2": True, **dict.fromkeys(STOPPED)}
OFF = {
    "key": False,
    "fingerprints": False,
    "mapping-1": False,
    "mapping-2": False,
    **dict.fromkeys(STOPPED, 0),
}
SENDING = a_mailing(state=MailingState.SENDING)
OVERRULED = replace(SENDING, issue="2016-12-12", reason="BOUNCES")
LOCAL = StackOptions(local=True)
BY_HAND = replace(SENDING, issue="2016-12-19", state=MailingState.PAUSED)


class InUseError(Exception):
    """The mapping still changes."""


@dataclass
class FakeAWS:
    """KMS and Lambda, as far as panic calls them; calls in `broken` fail, `turned` lists changes."""

    states_now: dict[str, Any] = field(default_factory=lambda: dict(ON))
    turned: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    busy: int = 0

    class exceptions:  # noqa: N801  # as clients have it
        ResourceInUseException = InUseError

    def describe_key(self, *, KeyId: str) -> dict[str, Any]:  # noqa: N803  # as the API has it
        return {"KeyMetadata": {"Enabled": self._seen(KeyId)}}

    def disable_key(self, *, KeyId: str) -> None:  # noqa: N803  # as above
        self._turn(KeyId, False)

    def enable_key(self, *, KeyId: str) -> None:  # noqa: N803  # as above
        self._turn(KeyId, True)

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:  # noqa: N803  # as above
        return {"State": "Enabled" if self._seen(UUID) else "Disabling"}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:  # noqa: N803  # as above
        if self.busy:
            self.busy -= 1
            raise InUseError
        self._turn(UUID, Enabled)

    def get_function_concurrency(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803  # as above
        number = self._seen(short(FunctionName))
        return {} if number is None else {"ReservedConcurrentExecutions": number}

    def put_function_concurrency(self, *, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803  # as above
        self._turn(short(FunctionName), ReservedConcurrentExecutions)

    def delete_function_concurrency(self, *, FunctionName: str) -> None:  # noqa: N803  # as above
        self._turn(short(FunctionName), None)

    def _seen(self, name: str) -> Any:
        if f"look at {name}" in self.broken:
            raise refused("Describe")
        return self.states_now[name]

    def _turn(self, name: str, state: Any) -> None:
        if name in self.broken:
            raise refused("Turn")
        self.states_now[name] = state
        self.turned.append(name)


@dataclass
class FakeSavedStates:
    """`SavedStates` in memory."""

    kept: dict[str, Any] = field(default_factory=dict)
    is_broken: bool = False

    def save(self, name: str, state: Any) -> None:
        if self.is_broken:
            raise refused("UpdateItem")
        self.kept.setdefault(name, state)

    def read(self) -> dict[str, Any]:
        if self.is_broken:
            raise refused("GetItem")
        return dict(self.kept)

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


@dataclass
class FakeRenewal:
    """`Renewal`: `in_use` is the number of the current key; if `is_broken`, both calls end with an error."""

    in_use: int = 1
    replaced: list[str] = field(default_factory=list)
    is_broken: bool = False
    before_replacing: Callable[[], None] = lambda: None

    def waiting(self) -> tuple[str, int]:
        if self.is_broken:
            raise refused("Invoke")
        return f"key {self.in_use}", 0

    def replace(self, key_id: str) -> str:
        self.before_replacing()
        if key_id == f"key {self.in_use}":
            self.in_use += 1
        if self.is_broken:
            raise refused("Invoke")
        self.replaced.append(key_id)
        return f"sealed under key {self.in_use}"


@dataclass
class PanicSystem:
    """Panic over fakes; `reported` lists its sentences, `swept` counts runs of the sweep."""

    aws: FakeAWS = field(default_factory=FakeAWS)
    renewal: FakeRenewal = field(default_factory=FakeRenewal)
    saved: FakeSavedStates = field(default_factory=FakeSavedStates)
    ledger: FakeLedger = field(default_factory=lambda: FakeLedger().add(SENDING, OVERRULED, BY_HAND))
    reported: list[str] = field(default_factory=list)
    swept: int = 0

    @property
    def panic(self) -> Panic:
        aws: Any = self.aws
        saved: Any = self.saved
        renewal: Any = self.renewal
        found = switches(aws, aws, OUTPUTS)
        return Panic(found, saved, self.ledger, self.sweep, renewal, now, self.reported.append, LOCAL.command)

    def sweep(self) -> None:
        self.swept += 1

    def states(self) -> list[tuple[MailingState, str]]:
        return [(mailing.state, mailing.reason) for mailing in self.ledger.mailings.values()]


def refused(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)


def now() -> datetime:
    return datetime(2016, 12, 12, 7, tzinfo=UTC)


def short(name: str) -> str:
    return name.split("-")[1].removesuffix("Function")


def failed(reported: Iterable[str]) -> list[str]:
    return [line for line in reported if line.startswith("✗")]


PAUSED = [(MailingState.PAUSED, "PANIC"), (MailingState.PAUSED, "PANIC:BOUNCES"), (MailingState.PAUSED, "")]
AS_BEFORE = [(MailingState.SENDING, ""), (MailingState.SENDING, "BOUNCES"), (MailingState.PAUSED, "")]


def test_recover_starts_with_keys_then_workers_then_mailings_then_event_sources() -> None:
    """Event source mappings come last, because changing one may take a while."""
    system = PanicSystem()
    assert system.panic.panic()
    assert system.aws.turned == ["key", "fingerprints", *STOPPED, "mapping-1", "mapping-2"]
    assert system.aws.states_now == OFF
    assert system.states() == PAUSED
    assert [line[:31] for line in system.reported] == [
        "✓ Addresses are locked: their k",
        "✓ Nobody can check whether an a",
        "✓ ProcessSignupFunction can't b",
        "✓ DeliverChunkFunction can't be",
        "✓ StartMailingFunction can't be",
        "✓ SweepFunction can't be called",
        "✓ ResealListFunction can't be c",
        "✓ Mailings in progress are paus",
        "✓ ProcessSignupFunction gets no",
        "✓ DeliverChunkFunction gets no ",
    ]
    assert SENDING.id in system.reported[7]


def test_recover_brings_back_what_panic_took_and_nothing_else() -> None:
    system = PanicSystem()
    system.panic.panic()
    assert system.panic.recover()
    assert system.aws.states_now == ON
    assert system.states() == AS_BEFORE
    assert system.saved.kept == {}
    assert system.swept == 1


def test_a_second_panic_keeps_the_state_from_before_the_first() -> None:
    system = PanicSystem(FakeAWS({**ON, "DeliverChunk": 3}))
    assert system.panic.panic()
    assert system.panic.panic()
    assert len(system.aws.turned) == len(OFF)  # what is off is left alone
    assert system.panic.recover()
    assert system.aws.states_now == {**ON, "DeliverChunk": 3}


def test_what_was_disabled_before_the_panic_stays_disabled() -> None:
    system = PanicSystem(FakeAWS({**ON, "key": False, "mapping-2": False, "DeliverChunk": 0}))
    system.panic.panic()
    assert system.panic.recover()
    assert system.aws.states_now == {**ON, "key": False, "mapping-2": False, "DeliverChunk": 0}
    assert [line for line in system.reported if line.startswith("–")] == [
        "– Addresses stay locked: their key was disabled before panic; sign-up stays closed.",
        "– DeliverChunkFunction still can't be called, as before panic.",
        "– DeliverChunkFunction still gets no work, as before panic.",
    ]


def test_a_second_recover_does_nothing() -> None:
    system = PanicSystem()
    system.panic.panic()
    system.panic.recover()
    system.aws.turned.clear()
    assert system.panic.recover()
    assert system.aws.turned == []


@pytest.mark.parametrize("broken", sorted(OFF))
def test_when_something_fails_all_else_is_done_and_the_failure_named(broken: str) -> None:
    system = PanicSystem()
    system.aws.broken.add(broken)
    assert not system.panic.panic()
    assert system.aws.states_now == {**OFF, broken: ON[broken]}
    assert system.states() == PAUSED
    (line,) = failed(system.reported)
    assert line.startswith("✗ NOT DONE: ")
    assert "AccessDenied" in line
    system.aws.broken.clear()
    assert system.panic.panic()  # again, and all of it is done
    assert system.aws.states_now == OFF
    assert system.panic.recover()
    assert system.aws.states_now == ON


def test_a_ledger_that_fails_keeps_nothing_from_being_turned_off() -> None:
    class Broken(FakeLedger):
        def active(self) -> Any:
            raise refused("Query")

    system = PanicSystem(ledger=Broken().add(SENDING), saved=FakeSavedStates(is_broken=True))
    assert not system.panic.panic()
    assert system.aws.states_now == OFF
    assert len(failed(system.reported)) == len(system.reported)


@pytest.mark.parametrize("broken", sorted(OFF))
def test_a_mapping_that_cannot_be_read_is_disabled_all_the_same(broken: str) -> None:
    system = PanicSystem()
    system.aws.broken.add(f"look at {broken}")
    assert not system.panic.panic()
    assert system.aws.states_now == OFF
    (line,) = failed(system.reported)
    assert "`broadsheet recover --everything --local`" in line
    system.aws.broken.clear()
    assert system.panic.recover()
    assert system.aws.states_now == {**ON, broken: OFF[broken]}
    assert system.panic.recover(everything=True)
    assert system.aws.states_now == ON


def test_mailings_stay_paused_until_all_else_is_back() -> None:
    system = PanicSystem()
    system.panic.panic()
    system.aws.broken.add("key")
    assert not system.panic.recover()
    assert system.states() == PAUSED
    assert system.swept == 0
    system.aws.broken.clear()
    assert system.panic.recover()
    assert system.aws.states_now == ON
    assert system.states() == AS_BEFORE


def test_no_work_is_enqueued_while_no_function_processes_it() -> None:
    """Each message that is refused uses up one of its retries."""
    system = PanicSystem()
    system.panic.panic()
    system.aws.broken.add("DeliverChunk")
    assert not system.panic.recover()
    assert (system.aws.states_now["mapping-1"], system.aws.states_now["mapping-2"]) == (False, False)
    system.aws.broken.clear()
    assert system.panic.recover()
    assert system.aws.states_now == ON


# -- the key of addresses is renewed


def test_recover_renews_the_key_before_any_work_comes_and_any_mailing_continues() -> None:
    system = PanicSystem()
    system.panic.panic()
    seen: list[object] = []
    system.renewal.before_replacing = lambda: seen.extend((dict(system.aws.states_now), system.states()))
    assert system.panic.recover()
    assert seen == [{**ON, "mapping-1": False, "mapping-2": False}, PAUSED]
    assert (system.renewal.in_use, system.renewal.replaced) == (2, ["key 1"])
    assert "✓ The list has a new key: sealed under key 2." in system.reported
    assert system.saved.kept == {}


def test_without_a_panic_recover_replaces_no_key() -> None:
    system = PanicSystem()
    assert system.panic.recover()
    system.panic.panic()
    system.panic.recover()
    assert system.panic.recover()
    assert system.renewal.in_use == 2


def test_an_interrupted_key_replacement_continues_with_the_key_that_it_made() -> None:
    system = PanicSystem()
    system.panic.panic()
    system.renewal.before_replacing = lambda: setattr(system.renewal, "is_broken", True)
    assert not system.panic.recover()
    assert (system.renewal.in_use, system.states()) == (2, PAUSED)
    assert (system.aws.states_now["mapping-1"], system.aws.states_now["mapping-2"]) == (False, False)
    system.renewal = FakeRenewal(in_use=2)
    assert system.panic.recover()
    assert (system.renewal.in_use, system.renewal.replaced) == (2, ["key 1"])
    assert (system.aws.states_now, system.states(), system.saved.kept) == (ON, AS_BEFORE, {})


def test_after_an_interrupted_key_replacement_a_panic_replaces_the_new_key_too() -> None:
    """The attacker of the second panic may have unwrapped the key that the first recover made."""
    system = PanicSystem()
    system.panic.panic()
    system.renewal.before_replacing = lambda: setattr(system.renewal, "is_broken", True)
    assert not system.panic.recover()
    assert system.renewal.in_use == 2
    system.panic.panic()
    system.renewal = FakeRenewal(in_use=2)
    assert system.panic.recover()
    assert (system.renewal.in_use, system.renewal.replaced) == (3, ["key 2"])
    assert (system.aws.states_now, system.saved.kept) == (ON, {})


@pytest.mark.parametrize("broken", ["key", "fingerprints", *STOPPED])
def test_whatever_fails_before_it_the_key_is_renewed_by_the_next_try(broken: str) -> None:
    system = PanicSystem()
    system.panic.panic()
    system.aws.broken.add(broken)
    assert not system.panic.recover()
    assert system.renewal.in_use == 1
    system.aws.broken.clear()
    assert system.panic.recover()
    assert (system.renewal.in_use, system.saved.kept) == (2, {})


def test_recover_may_leave_the_list_under_its_key() -> None:
    system = PanicSystem()
    system.panic.panic()
    assert system.panic.recover(renews=False)
    assert (system.renewal.in_use, system.aws.states_now, system.saved.kept) == (1, ON, {})
    assert "`broadsheet keys rotate --local`" in next(
        line for line in system.reported if "keeps its key" in line
    )


def test_the_saved_states_of_an_earlier_release_have_the_key_renewed_too() -> None:
    system = PanicSystem(
        FakeAWS(dict(OFF)), saved=FakeSavedStates({"key": True, "mapping DeliverChunkFunction": True})
    )
    assert system.panic.recover()
    assert system.renewal.in_use == 2


def test_saved_states_that_cant_be_read_are_reported_and_not_guessed() -> None:
    system = PanicSystem()
    system.panic.panic()
    system.saved.is_broken = True
    assert not system.panic.recover()
    assert system.aws.states_now == OFF
    assert "`broadsheet recover --everything --local`" in system.reported[-1]


def test_a_mapping_that_still_changes_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    system = PanicSystem(FakeAWS(busy=2))
    assert system.panic.panic()
    assert system.aws.states_now == OFF


def test_the_template_lists_every_function_that_decrypts_addresses_and_its_event_sources() -> None:
    outputs = the_template()["Outputs"]

    def joined(name: str) -> list[str]:
        return [part["Ref"] for part in outputs[name]["Value"]["Fn::Join"][1]]

    openers = joined("AddressOpeners")
    assert {*openers, "ResealListFunction"} == rules.OPENS_ADDRESSES
    assert "ResealListFunction" in joined("MailingStarters")  # which no queue brings work to
    function_of = {
        mapping: next(iter(rules.named(properties["FunctionName"])))
        for mapping, properties in rules.of_type(the_template(), "AWS::Lambda::EventSourceMapping")
    }
    assert [function_of[mapping] for mapping in joined("AddressOpenersMappings")] == openers
    assert {m for m, f in function_of.items() if f in openers} == set(joined("AddressOpenersMappings"))


def test_no_function_has_reserved_concurrency() -> None:
    reserved = [f for f, p in rules.functions(the_template()).items() if "ReservedConcurrentExecutions" in p]
    assert reserved == []  # `recover --everything` takes it away
