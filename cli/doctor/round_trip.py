"""`doctor --round-trip`: mails to SES's simulator, and whether what SES says of them comes back to us.

The mails go through the stack's configuration set; their events take the way of every event, and are
recorded apart from all readers and mailings (`broadsheet.feedback.events`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broadsheet.probes import ROUND_TRIP
from cli.doctor.aws_calls import NO_ANSWER, REFUSED, code_of
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

# Source: SES Developer Guide, "Using the mailbox simulator": addresses take labels, and count to no rate of
# bounces or complaints. Which word each must come back with:
EVENTS = {"success": "delivery", "bounce": "bounce", "complaint": "complaint"}
SECONDS_BETWEEN, MOST_LOOKS = 2.0, 120
LOOK = "Look at FeedbackQueue and FeedbackDeadLetters, and into the log of RecordFeedbackFunction."


class RoundTripResults(Protocol):
    """What came back, by the id of a mail."""

    def said(self, trip: str) -> frozenset[str]:
        """The words that came so far."""


@dataclass(frozen=True)
class RoundTrip:
    """The check with its ports. `new_id` gives 32 hexadecimal digits, another each time."""

    ses: "SESV2Client"
    round_trips: RoundTripResults
    sender: str
    configuration_set: str
    new_id: Callable[[], str]
    pause: Callable[[float], None]

    def __call__(self) -> Iterator[Diagnosis]:
        """Mail, wait, and tell of each event; four minutes at most. Each call mails anew."""
        sent: dict[str, str] = {}
        for kind in EVENTS:
            try:
                sent[kind] = self._mail(kind)
            except NO_ANSWER as error:
                yield _not_sent(kind, code_of(error))
        yield from self._awaited(sent)

    def _mail(self, kind: str) -> str:
        """Mail the simulator; the id in the mail's tag. One recipient a call, as the policy wants it."""
        trip = self.new_id()
        text = f"broadsheet doctor: what becomes of this mail is known beforehand ({kind})."
        self.ses.send_email(
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [f"{kind}+broadsheet-{trip}@simulator.amazonses.com"]},
            Content={
                "Simple": {"Subject": {"Data": f"Round trip: {kind}"}, "Body": {"Text": {"Data": text}}}
            },
            EmailTags=[{"Name": ROUND_TRIP, "Value": trip}],
            ConfigurationSetName=self.configuration_set,
        )
        return trip

    def _awaited(self, sent: dict[str, str]) -> Iterator[Diagnosis]:
        waiting = dict(sent)
        for look in range(MOST_LOOKS):
            for kind in [kind for kind in waiting if EVENTS[kind] in self.round_trips.said(waiting[kind])]:
                del waiting[kind]
                yield Diagnosis(Level.OK, f"The {EVENTS[kind]} of a mail to SES's simulator was recorded")
            if not waiting:
                return
            if look < MOST_LOOKS - 1:
                self.pause(SECONDS_BETWEEN)
        for kind in waiting:
            yield Diagnosis(
                Level.FAULT,
                f"The {EVENTS[kind]} of a mail to SES's simulator did not come back"
                f" within {SECONDS_BETWEEN * MOST_LOOKS:.0f} s",
                LOOK,
            )


def _not_sent(kind: str, code: str) -> Diagnosis:
    if code in REFUSED:
        repair = "Attach the policies of the outputs RoundTripPolicy and DoctorPolicy to whoever runs this."
    else:
        repair = "Mend what stands above of SES and the identity first."
    return Diagnosis(Level.FAULT, f"SES took no mail to its simulator ({kind}: {code})", repair)
