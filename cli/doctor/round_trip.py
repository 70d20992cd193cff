"""`doctor --round-trip`: mails to SES's simulator, and whether the events of these mails come back.

The mails go through the stack's configuration set; their events are processed as all events are, and
recorded apart from all readers and mailings (`broadsheet.feedback.events`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.probes import ROUND_TRIP
from cli.doctor.calls import CALL_ERRORS, REFUSED, code_of
from cli.doctor.diagnosis import Diagnosis, fault, ok

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

# Source: SES Developer Guide, "Using the mailbox simulator": addresses take labels, and count to no rate of
# bounces or complaints. By kind of address, the event that must come back:
EVENTS = {"success": "delivery", "bounce": "bounce", "complaint": "complaint"}
SECONDS_BETWEEN, MOST_LOOKS = 2.0, 120
LOOK = "Check FeedbackQueue, FeedbackDeadLetters and the log of RecordFeedbackFunction."


@dataclass(frozen=True)
class RoundTrip:
    """The check with its ports.

    `recorded` gives the events so far by the id of a mail; `new_id` gives 32 hexadecimal digits, others
    each time.
    """

    ses: "SESV2Client"
    recorded: Callable[[str], frozenset[str]]
    sender: str
    configuration_set: str
    new_id: Callable[[], str]
    pause: Callable[[float], None]

    def __call__(self) -> Iterator[Diagnosis]:
        """Mail, wait, and report each event; four minutes at most. Each call sends new mails."""
        sent: dict[str, str] = {}
        for kind in EVENTS:
            try:
                sent[kind] = self._mail(kind)
            except CALL_ERRORS as error:
                yield _not_sent(kind, code_of(error))
        yield from self._awaited(sent)

    def _mail(self, kind: str) -> str:
        """Mail the simulator; returns the id in the mail's tag. The policy allows one recipient a call."""
        trip = self.new_id()
        text = f"broadsheet doctor: the outcome of this email is known beforehand ({kind})."
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
            for kind in [kind for kind in waiting if EVENTS[kind] in self.recorded(waiting[kind])]:
                del waiting[kind]
                yield ok(f"The {EVENTS[kind]} of an email to SES's simulator was recorded")
            if not waiting:
                return
            if look < MOST_LOOKS - 1:
                self.pause(SECONDS_BETWEEN)
        within = f"within {SECONDS_BETWEEN * MOST_LOOKS:.0f} s"
        for kind in waiting:
            yield fault(f"The {EVENTS[kind]} of an email to SES's simulator did not come back {within}", LOOK)


def _not_sent(kind: str, code: str) -> Diagnosis:
    repair = "First fix what is said above about SES and the identity."
    if code in REFUSED:
        repair = "Attach the policies of the outputs RoundTripPolicy and DoctorPolicy to whoever runs this."
    return fault(f"SES accepted no email to its simulator ({kind}: {code})", repair)
