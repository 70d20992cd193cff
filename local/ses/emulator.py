"""Accepting a message, keeping it, and saying afterwards what became of it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from local.ses import events, forwarding, messages
from local.ses.accepted_message import Accepted, new_id
from local.ses.account import SESAccount
from local.ses.configuration_sets import ConfigurationSets, Destination
from local.ses.errors import Refusal, RefusedError
from local.ses.events import Event
from local.ses.identities import Identities, Identity
from local.ses.mailbox_simulator import DeliveryOutcome, outcome_of
from local.ses.messages import Message
from local.ses.outbox import Outbox, OutboxRecord
from local.ses.publisher import Publisher
from local.ses.requests import Outgoing, Simple, Templated
from local.ses.templates import RenderingError, render
from local.ses.verification import sending_identity

EICAR = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"  # Source: SES Developer Guide, "Testing reject events"
STATUS = {
    DeliveryOutcome.DELIVERED: "delivered",
    DeliveryOutcome.AUTOMATIC_REPLY: "delivered",
    DeliveryOutcome.COMPLAINT: "complained",
    DeliveryOutcome.ON_GLOBAL_SUPPRESSION_LIST: "suppressed",
    DeliveryOutcome.ON_ACCOUNT_SUPPRESSION_LIST: "suppressed",
}


@dataclass(frozen=True)
class SESEmulator:
    """Takes messages as SES does: the answer comes first, what becomes of the message is told by events.

    `untracked` are the messages whose bounces no event destination is sure to tell of: id, kind, and why.
    """

    account: SESAccount
    outbox: Outbox
    configuration_sets: ConfigurationSets
    identities: Identities
    publisher: Publisher
    region: str
    clock: Callable[[], float]
    untracked: list[dict[str, str]] = field(default_factory=list)

    def accept(self, outgoing: Outgoing, at: float | None = None) -> str:
        """Take one message; its id. It is kept on disk before this returns.

        `at` is when its call came (Unix seconds), else now: those of one call are taken at once.

        Raises:
            RefusedError: SES would not take it. Nothing was counted or kept.
        """
        identity = self.identity_of(outgoing.sender, outgoing.to)
        destinations = self._destinations(outgoing.configuration_set or identity.configuration_set)
        self.account.admit(outgoing.to)
        now = self.clock() if at is None else at
        accepted = Accepted(outgoing, new_id(now), now, self.region, destinations, identity)
        if why := forwarding.untracked(destinations, outgoing.configuration_set):
            kind = outgoing.tags.get("kind", "")
            self.untracked.append({"id": accepted.id, "kind": kind, "why": why})
        try:
            content = rendered(outgoing.content)
        except RenderingError as error:
            self._give_up(accepted, str(error))
        else:
            self._deliver(accepted, content)
        return accepted.id

    def identity_of(self, sender: str, recipients: tuple[str, ...] = ()) -> Identity:
        """The identity that such a message would be sent by.

        Raises:
            RefusedError: it would not be sent, for want of verification.
        """
        sandbox = self.account.settings.sandbox
        return sending_identity(self.identities, sender, recipients, self.region, sandbox=sandbox)

    def _destinations(self, name: str | None) -> list[Destination]:
        if not name:
            return []
        found = self.configuration_sets.destinations(name)
        if found is None:
            raise RefusedError(Refusal.NO_CONFIGURATION_SET, f"Configuration set <{name}> does not exist.")
        return found

    def _outcomes(self, addresses: tuple[str, ...]) -> dict[DeliveryOutcome, list[str]]:
        """The recipients by what becomes of their copy; hard bounces and complaints get suppressed."""
        outcomes: dict[DeliveryOutcome, list[str]] = defaultdict(list)
        for address in addresses:
            outcome = outcome_of(address)
            if self.account.suppresses(address):
                outcome = DeliveryOutcome.ON_ACCOUNT_SUPPRESSION_LIST
            elif outcome in {DeliveryOutcome.HARD_BOUNCE, DeliveryOutcome.COMPLAINT}:
                self.account.suppress(address)
            outcomes[outcome].append(address)
        return outcomes

    def _deliver(self, accepted: Accepted, content: Simple) -> None:
        message = messages.build(accepted.outgoing, content, accepted.header_id, accepted.at)
        mail = accepted.mail(message)
        if _holds_a_virus(content):
            self._keep(accepted, message, "rejected")
            self._tell(accepted, [events.reject(mail)])
            return
        outcomes = self._outcomes(accepted.outgoing.to)
        self._keep(accepted, message, _status(outcomes))
        self._tell(accepted, [events.send(mail)])
        for outcome, addresses in outcomes.items():
            told = events.aftermath(mail, outcome, addresses, accepted.at)
            self._tell(accepted, told, steps_later=1)
            for event in told:
                if forwarding.is_mailed(accepted.identity, accepted.destinations, event):
                    self.outbox.keep(*forwarding.feedback_mail(accepted, event))

    def _give_up(self, accepted: Accepted, reason: str) -> None:
        """`Send`, then the failure: SES tells of the sending before it renders.

        Source: SES Developer Guide, Send record: "with a templated email, the subject is rendered later".
        """
        mail = accepted.mail(None)
        self._keep(accepted, None, "unrendered")
        self._tell(accepted, [events.send(mail)])
        self._tell(accepted, [events.rendering_failure(mail, reason)], steps_later=1)

    def _keep(self, accepted: Accepted, message: Message | None, status: str) -> None:
        subject = message.subject() if message else "(not rendered)"
        self.outbox.keep(
            lambda sequence: OutboxRecord(
                id=accepted.id,
                sequence=sequence,
                sender=accepted.outgoing.sender,
                to=accepted.outgoing.to,
                subject=subject,
                tags=accepted.outgoing.tags,
                status=status,
                accepted_at=accepted.unix_seconds,
                configuration_set=accepted.outgoing.configuration_set or "",
            ),
            message.source() if message else None,
        )

    def _tell(self, accepted: Accepted, told: list[Event], steps_later: int = 0) -> None:
        step = self.account.settings.event_delay_seconds
        for number, event in enumerate(told, steps_later):
            self.publisher.schedule(accepted.destinations, event, number * step)


def rendered(content: Simple | Templated) -> Simple:
    """The content with its variables filled in, if it has any.

    Raises:
        RenderingError: a variable has no value.
    """
    if not isinstance(content, Templated):
        return content
    texts = [None if text is None else render(text, content.values) for text in (content.text, content.html)]
    return Simple(render(content.subject, content.values), *texts)


def _holds_a_virus(content: Simple) -> bool:
    return EICAR in (content.text or "") or EICAR in (content.html or "")


def _status(outcomes: dict[DeliveryOutcome, list[str]]) -> str:
    """One word for the message: the worst that happened to a recipient's copy."""
    words = {STATUS.get(outcome, "bounced") for outcome in outcomes}
    return next(word for word in ("bounced", "complained", "suppressed", "delivered") if word in words)
