"""Panic turns things off in order and continues after a failure; recover turns the same things on again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from broadsheet.mailings.mailing import MailingState
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
BY_HAND = replace(SENDING, issue="2016-12-19", state=MailingState.PAUSED)


class InUseError(Exception):
    """The mapping still changes."""


@dataclass
class FakeAWS:
    """KMS and Lambda, as far as panic calls them; calls in `broken` fail, `turned` lists changes."""

    stands: dict[str, Any] = field(default_factory=lambda: dict(ON))
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
        return self.stands[name]

    def _turn(self, name: str, state: Any) -> None:
        if name in self.broken:
            raise refused("Turn")
        self.stands[name] = state
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
    """`Renewal`: the key in use, a number that counts up; fails while it is broken, or where it is ended."""

    in_use: int = 1
    replaced: list[str] = field(default_factory=list)
    is_broken: bool = False
    looks: Callable[[], None] = lambda: None

    def waiting(self) -> tuple[str, int]:
        if self.is_broken:
            raise refused("Invoke")
        return f"key {self.in_use}", 0

    def replace(self, key_id: str) -> str:
        self.looks()
        if key_id == f"key {self.in_use}":
            self.in_use += 1
        if self.is_broken:
            raise refused("Invoke")
        self.replaced.append(key_id)
        return f"sealed under key {self.in_use}"


@dataclass
class Stage:
    """All of it, and what was said."""

    aws: FakeAWS = field(default_factory=FakeAWS)
    renewal: FakeRenewal = field(default_factory=FakeRenewal)
    saved: FakeSavedStates = field(default_factory=FakeSavedStates)
    ledger: FakeLedger = field(default_factory=lambda: FakeLedger().add(SENDING, OVERRULED, BY_HAND))
    said: list[str] = field(default_factory=list)
    swept: int = 0

    @property
    def panic(self) -> Panic:
        aws: Any = self.aws
        saved: Any = self.saved
        renewal: Any = self.renewal
        found = switches(aws, aws, OUTPUTS)
        return Panic(found, saved, self.ledger, self.sweep, renewal, now, self.said.append)

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


def failed(said: Iterable[str]) -> list[str]:
    return [line for line in said if line.startswith("✗")]


PAUSED = [(MailingState.PAUSED, "PANIC"), (MailingState.PAUSED, "PANIC:BOUNCES"), (MailingState.PAUSED, "")]
AS_BEFORE = [(MailingState.SENDING, ""), (MailingState.SENDING, "BOUNCES"), (MailingState.PAUSED, "")]


def test_recover_starts_with_keys_then_workers_then_mailings_then_event_sources() -> None:
    """What may have to wait comes last."""
    stage = Stage()
    assert stage.panic.panic()
    assert stage.aws.turned == ["key", "fingerprints", *STOPPED, "mapping-1", "mapping-2"]
    assert stage.aws.stands == OFF
    assert stage.states() == PAUSED
    assert [line[:31] for line in stage.said] == [
        "✓ Addresses can't be opened: th",
        "✓ Nobody can ask whether an add",
        "✓ ProcessSignupFunction can't b",
        "✓ DeliverChunkFunction can't be",
        "✓ StartMailingFunction can't be",
        "✓ SweepFunction can't be called",
        "✓ ResealListFunction can't be c",
        "✓ Mailings that were being sent",
        "✓ No work reaches ProcessSignup",
        "✓ No work reaches DeliverChunkF",
    ]
    assert SENDING.id in stage.said[7]


def test_recover_brings_back_what_panic_took_and_nothing_else() -> None:
    stage = Stage()
    stage.panic.panic()
    assert stage.panic.recover()
    assert stage.aws.stands == ON
    assert stage.states() == AS_BEFORE
    assert stage.saved.kept == {}
    assert stage.swept == 1


def test_a_second_panic_keeps_the_state_from_before_the_first() -> None:
    stage = Stage(FakeAWS({**ON, "DeliverChunk": 3}))
    assert stage.panic.panic()
    assert stage.panic.panic()
    assert len(stage.aws.turned) == len(OFF)  # what is off is left alone
    assert stage.panic.recover()
    assert stage.aws.stands == {**ON, "DeliverChunk": 3}


def test_what_was_disabled_before_the_panic_stays_disabled() -> None:
    stage = Stage(FakeAWS({**ON, "key": False, "mapping-2": False, "DeliverChunk": 0}))
    stage.panic.panic()
    assert stage.panic.recover()
    assert stage.aws.stands == {**ON, "key": False, "mapping-2": False, "DeliverChunk": 0}


def test_a_second_recover_does_nothing() -> None:
    stage = Stage()
    stage.panic.panic()
    stage.panic.recover()
    stage.aws.turned.clear()
    assert stage.panic.recover()
    assert stage.aws.turned == []


@pytest.mark.parametrize("broken", sorted(OFF))
def test_when_something_fails_all_else_is_done_and_the_failure_named(broken: str) -> None:
    stage = Stage()
    stage.aws.broken.add(broken)
    assert not stage.panic.panic()
    assert stage.aws.stands == {**OFF, broken: ON[broken]}
    assert stage.states() == PAUSED
    (line,) = failed(stage.said)
    assert line.startswith("✗ NOT DONE: ")
    assert "AccessDenied" in line
    stage.aws.broken.clear()
    assert stage.panic.panic()  # again, and all of it is done
    assert stage.aws.stands == OFF
    assert stage.panic.recover()
    assert stage.aws.stands == ON


def test_a_ledger_that_fails_keeps_nothing_from_being_turned_off() -> None:
    class Broken(FakeLedger):
        def active(self) -> Any:
            raise refused("Query")

    stage = Stage(ledger=Broken().add(SENDING), saved=FakeSavedStates(is_broken=True))
    assert not stage.panic.panic()
    assert stage.aws.stands == OFF
    assert len(failed(stage.said)) == len(stage.said)


@pytest.mark.parametrize("broken", sorted(OFF))
def test_a_mapping_that_cannot_be_read_is_disabled_all_the_same(broken: str) -> None:
    stage = Stage()
    stage.aws.broken.add(f"look at {broken}")
    assert not stage.panic.panic()
    assert stage.aws.stands == OFF
    (line,) = failed(stage.said)
    assert "recover --everything" in line
    stage.aws.broken.clear()
    assert stage.panic.recover()
    assert stage.aws.stands == {**ON, broken: OFF[broken]}
    assert stage.panic.recover(everything=True)
    assert stage.aws.stands == ON


def test_mailings_stay_paused_until_all_else_is_back() -> None:
    stage = Stage()
    stage.panic.panic()
    stage.aws.broken.add("key")
    assert not stage.panic.recover()
    assert stage.states() == PAUSED
    assert stage.swept == 0
    stage.aws.broken.clear()
    assert stage.panic.recover()
    assert stage.aws.stands == ON
    assert stage.states() == AS_BEFORE


def test_no_work_is_enqueued_while_no_function_processes_it() -> None:
    """Each message that is refused uses up one of its retries."""
    stage = Stage()
    stage.panic.panic()
    stage.aws.broken.add("DeliverChunk")
    assert not stage.panic.recover()
    assert (stage.aws.stands["mapping-1"], stage.aws.stands["mapping-2"]) == (False, False)
    stage.aws.broken.clear()
    assert stage.panic.recover()
    assert stage.aws.stands == ON


# -- the key of addresses is renewed


def test_recover_renews_the_key_before_any_work_comes_and_any_mailing_continues() -> None:
    stage = Stage()
    stage.panic.panic()
    seen: list[object] = []
    stage.renewal.looks = lambda: seen.extend((dict(stage.aws.stands), stage.states()))
    assert stage.panic.recover()
    assert seen == [{**ON, "mapping-1": False, "mapping-2": False}, PAUSED]
    assert (stage.renewal.in_use, stage.renewal.replaced) == (2, ["key 1"])
    assert "✓ The list has a new key: sealed under key 2." in stage.said
    assert stage.saved.kept == {}


def test_without_a_panic_recover_replaces_no_key() -> None:
    stage = Stage()
    assert stage.panic.recover()
    stage.panic.panic()
    stage.panic.recover()
    assert stage.panic.recover()
    assert stage.renewal.in_use == 2


def test_an_interrupted_key_replacement_continues_with_the_key_that_it_made() -> None:
    stage = Stage()
    stage.panic.panic()
    stage.renewal.looks = lambda: setattr(stage.renewal, "is_broken", True)
    assert not stage.panic.recover()
    assert (stage.renewal.in_use, stage.states()) == (2, PAUSED)
    assert (stage.aws.stands["mapping-1"], stage.aws.stands["mapping-2"]) == (False, False)
    stage.renewal = FakeRenewal(in_use=2)
    assert stage.panic.recover()
    assert (stage.renewal.in_use, stage.renewal.replaced) == (2, ["key 1"])
    assert (stage.aws.stands, stage.states(), stage.saved.kept) == (ON, AS_BEFORE, {})


def test_after_an_interrupted_key_replacement_a_panic_replaces_the_new_key_too() -> None:
    """The attacker of the second panic may have unwrapped the key that the first recover made."""
    stage = Stage()
    stage.panic.panic()
    stage.renewal.looks = lambda: setattr(stage.renewal, "is_broken", True)
    assert not stage.panic.recover()
    assert stage.renewal.in_use == 2
    stage.panic.panic()
    stage.renewal = FakeRenewal(in_use=2)
    assert stage.panic.recover()
    assert (stage.renewal.in_use, stage.renewal.replaced) == (3, ["key 2"])
    assert (stage.aws.stands, stage.saved.kept) == (ON, {})


@pytest.mark.parametrize("broken", ["key", "fingerprints", *STOPPED])
def test_whatever_fails_before_it_the_key_is_renewed_by_the_next_try(broken: str) -> None:
    stage = Stage()
    stage.panic.panic()
    stage.aws.broken.add(broken)
    assert not stage.panic.recover()
    assert stage.renewal.in_use == 1
    stage.aws.broken.clear()
    assert stage.panic.recover()
    assert (stage.renewal.in_use, stage.saved.kept) == (2, {})


def test_recover_may_leave_the_list_under_its_key() -> None:
    stage = Stage()
    stage.panic.panic()
    assert stage.panic.recover(renews=False)
    assert (stage.renewal.in_use, stage.aws.stands, stage.saved.kept) == (1, ON, {})
    assert "keys rotate" in next(line for line in stage.said if "keeps its key" in line)


def test_the_saved_states_of_an_earlier_release_have_the_key_renewed_too() -> None:
    stage = Stage(
        FakeAWS(dict(OFF)), saved=FakeSavedStates({"key": True, "mapping DeliverChunkFunction": True})
    )
    assert stage.panic.recover()
    assert stage.renewal.in_use == 2


def test_saved_states_that_cant_be_read_are_reported_and_not_guessed() -> None:
    stage = Stage()
    stage.panic.panic()
    stage.saved.is_broken = True
    assert not stage.panic.recover()
    assert stage.aws.stands == OFF
    assert "recover --everything" in stage.said[-1]


def test_a_mapping_that_still_changes_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    stage = Stage(FakeAWS(busy=2))
    assert stage.panic.panic()
    assert stage.aws.stands == OFF


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
