"""`doctor --round-trip`: three mails to SES's simulator, and each event waited for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from broadsheet.feedback.events import read_event
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.round_trip import MOST_LOOKS, RoundTrip
from tests.fakes.aws import FakeAWS, refused
from tests.fakes.feedback import FakeRoundTripEvents
from tests.unit.test_feedback_events import an_event

WORDS = {"success": "delivery", "bounce": "bounce", "complaint": "complaint"}
SENDER, CONFIGURATION_SET = "letter@example.org", "broadsheet-MailConfigurationSet"


@dataclass
class Trip:
    """SES, which takes mails, and what comes back at each look that the check waits for."""

    comes_back: dict[int, tuple[str, ...]] = field(default_factory=lambda: {0: tuple(WORDS)})
    refuses: dict[str, str] = field(default_factory=dict)
    mails: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: FakeRoundTripEvents = field(default_factory=FakeRoundTripEvents)
    pauses: list[float] = field(default_factory=list)

    def send(self, mail: dict[str, Any]) -> Any:
        (address,) = mail["Destination"]["ToAddresses"]
        kind = str(address).partition("+")[0]
        if kind in self.refuses:
            return refused(self.refuses[kind])
        self.mails[kind] = mail
        if kind == "complaint":
            self.come_back()
        return {"MessageId": "1"}

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.come_back()

    def come_back(self) -> None:
        for kind in self.comes_back.get(len(self.pauses), ()):
            if kind in self.mails:
                tag = self.mails[kind]["EmailTags"][0]["Value"]
                self.events.record(tag, WORDS[kind])

    def found(self) -> list[Diagnosis]:
        ids: Iterator[str] = (f"{number:032x}" for number in range(1, 99))
        aws = FakeAWS({"sesv2.SendEmail": self.send})
        check = RoundTrip(
            aws.client("sesv2"), self.events.recorded, SENDER, CONFIGURATION_SET, ids.__next__, self.pause
        )
        return list(check())


def test_a_round_trip_that_comes_back_is_reported_event_by_event() -> None:
    trip = Trip({0: ("bounce",), 2: ("success", "complaint")})
    assert trip.found() == [
        Diagnosis(Level.OK, f"The {word} of an email to SES's simulator was recorded")
        for word in ("bounce", "delivery", "complaint")
    ]
    assert len(trip.pauses) == 2


def test_each_mail_goes_to_one_simulator_address_through_the_configuration_set() -> None:
    trip = Trip()
    trip.found()
    for number, (kind, mail) in enumerate(trip.mails.items(), 1):
        trip_id = f"{number:032x}"
        assert mail["Destination"] == {
            "ToAddresses": [f"{kind}+broadsheet-{trip_id}@simulator.amazonses.com"]
        }
        assert mail["EmailTags"] == [{"Name": "round-trip", "Value": trip_id}]
        assert (mail["ConfigurationSetName"], mail["FromEmailAddress"]) == (CONFIGURATION_SET, SENDER)
    assert list(trip.mails) == ["success", "bounce", "complaint"]


def test_what_the_feedback_function_reads_in_its_events_is_a_round_trip() -> None:
    trip = Trip()
    trip.found()
    for mail in trip.mails.values():
        tags = {one["Name"]: [one["Value"]] for one in mail["EmailTags"]}
        event = read_event(an_event("Send", tags=tags, to=tuple(mail["Destination"]["ToAddresses"]), send={}))
        assert event.round_trip == mail["EmailTags"][0]["Value"]


def test_a_missing_event_is_a_fault() -> None:
    trip = Trip({0: ("success", "bounce")})
    *_, lost = trip.found()
    assert (lost.level, "The complaint" in lost.text) == (Level.FAULT, True)
    assert "RecordFeedbackFunction" in lost.repair
    assert len(trip.pauses) == MOST_LOOKS - 1


@pytest.mark.parametrize(
    ("code", "repair"), [("AccessDeniedException", "RoundTripPolicy"), ("MessageRejected", "identity")]
)
def test_a_mail_that_ses_does_not_take_is_a_fault_and_the_others_are_waited_for(
    code: str, repair: str
) -> None:
    refusal, *others = Trip(refuses={"bounce": code}).found()
    assert (refusal.level, f"bounce: {code}" in refusal.text) == (Level.FAULT, True)
    assert repair in refusal.repair
    assert [one.level for one in others] == [Level.OK, Level.OK]
