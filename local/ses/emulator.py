"""Accepts messages, stores them, and publishes the events of their delivery.

Source for refused identities: SES Developer Guide, "Amazon SES API errors": the error lists every identity
that failed the check; in the sandbox recipients are checked, too, except those of the mailbox simulator.
Recorded answers show the form: the region in capitals (github.com/WPManageNinja/fluent-smtp/issues/61), a
sender with its display name (github.com/mettle/sendportal/issues/94), several joined by commas
(github.com/django-ses/django-ses/issues/120). A bulk call answers entry by entry, as BulkEmailStatus in
botocore's model implies.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from local.ses import events, forwarding, messages
from local.ses.account import SESAccount
from local.ses.configuration_sets import Destination, Destinations
from local.ses.errors import Refusal, RefusedError
from local.ses.events import Accepted, Event
from local.ses.identities import VERIFIED, Identities, Identity
from local.ses.mailbox_simulator import DeliveryOutcome, counts_to_quota, outcome_of
from local.ses.messages import Message
from local.ses.outbox import Outbox, OutboxRecord, suppressed
from local.ses.publisher import Publisher
from local.ses.requests import Content, Outgoing
from local.ses.templates import RenderingError, render

EICAR = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"  # Source: SES Developer Guide, "Testing reject events"
NOT_VERIFIED = "Email address is not verified. The following identities failed the check"
STATUS = {
    DeliveryOutcome.DELIVERED: "delivered",
    DeliveryOutcome.AUTOMATIC_REPLY: "delivered",
    DeliveryOutcome.COMPLAINT: "complained",
    DeliveryOutcome.ON_GLOBAL_SUPPRESSION_LIST: "suppressed",
    DeliveryOutcome.ON_ACCOUNT_SUPPRESSION_LIST: "suppressed",
}


@dataclass(frozen=True)
class SESEmulator:
    """Accepts messages as SES does: the call is answered first, events report the delivery later.

    `untracked` lists the messages whose bounces may reach no event destination: id, kind, and why.
    """

    account: SESAccount
    outbox: Outbox
    destinations: Destinations
    identities: Identities
    publisher: Publisher
    region: str
    clock: Callable[[], float]
    untracked: list[dict[str, str]] = field(default_factory=list)

    def accept(self, outgoing: Outgoing, at: float | None = None) -> str:
        """Accept one message and return its id. It is stored on disk before this returns.

        `at` is when the call came (Unix seconds), by default now; the messages of one call share it.

        Raises:
            RefusedError: SES would refuse it. Nothing was counted or stored.
        """
        identity = self.identity_of(outgoing.sender, outgoing.to)
        destinations = self._existing_destinations(outgoing.configuration_set or identity.configuration_set)
        self.account.admit(outgoing.to)
        now = self.clock() if at is None else at
        accepted = Accepted(outgoing, events.new_id(now), now, self.region, destinations, identity)
        if why := forwarding.untracked(destinations, outgoing.configuration_set):
            kind = outgoing.tags.get("kind", "")
            self.untracked.append({"id": accepted.id, "kind": kind, "why": why})
        try:
            content = rendered(outgoing.content)
        except RenderingError as error:
            self._fail(accepted, str(error))
        else:
            self._deliver(accepted, content)
        return accepted.id

    def identity_of(self, sender: str, recipients: tuple[str, ...] = ()) -> Identity:
        """The identity whose settings apply to such a message: the closest to the sender.

        Raises:
            RefusedError: the sender, or in the sandbox a recipient, is not verified; or the MAIL FROM domain
                is not, and the identity is set to reject messages then.
        """
        sandbox = self.account.settings.sandbox
        checked = [sender, *(address for address in recipients if sandbox and counts_to_quota(address))]
        if failed := [address for address in checked if not self._is_verified(address)]:
            region, named = self.region.upper(), ", ".join(failed)
            raise RefusedError(Refusal.REJECTED, f"{NOT_VERIFIED} in region {region}: {named}")
        identity = self.identities.of(sender)[0]
        rejects = identity.mail_from_domain and identity.on_mx_failure == "REJECT_MESSAGE"
        if rejects and identity.mail_from != VERIFIED:
            raise RefusedError(Refusal.MAIL_FROM_NOT_VERIFIED)
        return identity

    def _is_verified(self, address: str) -> bool:
        return any(identity.is_verified for identity in self.identities.of(address))

    def _existing_destinations(self, name: str | None) -> list[Destination]:
        found = self.destinations(name) if name else []
        if found is None:
            raise RefusedError(Refusal.NO_CONFIGURATION_SET, f"Configuration set <{name}> does not exist.")
        return found

    def _deliver(self, accepted: Accepted, content: Content) -> None:
        message = messages.build(accepted.outgoing, content, f"{accepted.id}@{accepted.domain}", accepted.at)
        mail, subject = events.mail_object(accepted, message), messages.one_line(content.subject)
        if EICAR in (content.text or "") + (content.html or ""):
            self._keep(accepted, message, subject, "rejected", [(0, events.reject(mail))])
            return
        outcomes = self._outcomes(accepted.outgoing.to)
        following = [(0, events.send(mail))]
        for outcome, addresses in outcomes.items():
            following += enumerate(events.after_send(mail, outcome, addresses, accepted.at), 1)
        self._keep(accepted, message, subject, _worst_status(outcomes), following)
        for _, event in following:
            if forwarding.is_mailed(accepted, event):
                self.outbox.keep(*forwarding.feedback_mail(accepted, event))

    def _outcomes(self, addresses: tuple[str, ...]) -> dict[DeliveryOutcome, list[str]]:
        """The recipients by outcome; those of hard bounces and complaints become suppressed."""
        outcomes: dict[DeliveryOutcome, list[str]] = defaultdict(list)
        for address in addresses:
            outcome = outcome_of(address)
            if self.account.suppresses(address):
                outcome = DeliveryOutcome.ON_ACCOUNT_SUPPRESSION_LIST
            elif outcome in {DeliveryOutcome.HARD_BOUNCE, DeliveryOutcome.COMPLAINT}:
                self.account.suppress(address)
            outcomes[outcome].append(address)
        return outcomes

    def _fail(self, accepted: Accepted, reason: str) -> None:
        """Publish `Send`, then the failure, in SES's order: it accepts a message before rendering it.

        Source: SES Developer Guide, Send record: "with a templated email, the subject is rendered later".
        """
        mail = events.mail_object(accepted, None)
        following = [(0, events.send(mail)), (1, events.rendering_failure(mail, reason))]
        self._keep(accepted, None, "(not rendered)", "unrendered", following)

    def _keep(
        self,
        accepted: Accepted,
        message: Message | None,
        subject: str,
        status: str,
        following: list[tuple[int, Event]],
    ) -> None:
        """Store the message, its events with their steps, and whom it suppressed: all at once."""
        record = OutboxRecord(
            id=accepted.id,
            sender=accepted.outgoing.sender,
            to=accepted.outgoing.to,
            subject=subject,
            tags=accepted.outgoing.tags,
            status=status,
            accepted_at=accepted.unix_seconds,
            configuration_set=accepted.outgoing.configuration_set or "",
        )
        seconds_a_step = self.account.settings.event_delay_seconds
        scheduled = [
            one
            for step, event in following
            for one in self.publisher.prepared(accepted.destinations, event, step * seconds_a_step)
        ]
        also = suppressed(accepted.outgoing.to) if status in {"bounced", "complained"} else {}
        also |= {one.key: one.to_json() for one in scheduled}
        self.outbox.keep(record, message.source() if message else None, also)
        self.publisher.add(scheduled)


def rendered(content: Content) -> Content:
    """The content; a template with its variables replaced.

    Raises:
        RenderingError: a variable has no value.
    """
    values = content.values
    if values is None:
        return content
    text, html = (None if text is None else render(text, values) for text in (content.text, content.html))
    return replace(content, subject=render(content.subject, values), text=text, html=html, values=None)


def _worst_status(outcomes: dict[DeliveryOutcome, list[str]]) -> str:
    """The status of the message: that of its least successful delivery."""
    found = {STATUS.get(outcome, "bounced") for outcome in outcomes}
    return next(status for status in ("bounced", "complained", "suppressed", "delivered") if status in found)
