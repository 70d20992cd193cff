"""What a reader can do on their own page. None of it needs to open their address.

A link names the reader by their id; if there is no such reader any more, nothing is changed.
"""

import uuid
from dataclasses import dataclass, replace

from broadsheet.newsletter import Edition, Newsletter
from broadsheet.ports import Clock
from broadsheet.retention import FRESH_LINK
from broadsheet.subscribers.address import typed_address
from broadsheet.subscribers.consent import consent_text
from broadsheet.subscribers.leave import end_subscription, unsubscribe
from broadsheet.subscribers.link_tokens import ManageLink
from broadsheet.subscribers.messages import MessageKind, NewAddressMessage, ReaderMailMessage
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.ports import Limits, Networks, Seal, SignupQueue, Subscribers
from broadsheet.subscribers.subscriber import Status, Subscriber

FORM = "manage"
YES = ("yes", "on", "true", "1")


@dataclass(frozen=True)
class ManageForm:
    """The form as it was sent; `edition` is the one in whose words the page was shown."""

    audiences: tuple[str, ...]
    language: str
    not_again: bool
    edition: Edition
    email: str

    @classmethod
    def from_fields(cls, fields: dict[str, list[str]], edition: Edition) -> "ManageForm":
        """The form in posted fields: `audience` (once or more), `language`, `not_again`, `email`."""
        return cls(
            audiences=tuple(dict.fromkeys(value for value in fields.get("audience", []) if value)),
            language=next(iter(fields.get("language", [])), ""),
            not_again=any(value in YES for value in fields.get("not_again", [])),
            edition=edition,
            email=typed_address(fields),
        )

    def errors(self, newsletter: Newsletter) -> dict[str, str]:
        """The fields that are wrong, each with the key of the words that tell the reader what to do."""
        found = {}
        if not self.audiences:
            found["audience"] = "error_audience_none_left"
        elif any(newsletter.audience(audience) is None for audience in self.audiences):
            found["audience"] = "error_audience"
        elif newsletter.apart(self.audiences) != self.audiences:
            found["audience"] = "error_audience_both"
        if self.language and self.language not in languages(newsletter):
            found["language"] = "error_language"
        return found


def languages(newsletter: Newsletter) -> list[str]:
    """The languages that readers can choose."""
    return list(dict.fromkeys(edition.language for edition in newsletter.editions.values()))


@dataclass(frozen=True)
class ManageSubscription:
    """The use cases of a reader's own page, with their ports."""

    subscribers: Subscribers
    queue: SignupQueue
    networks: Networks
    limits: Limits
    clock: Clock
    seal: Seal

    def reader(self, subscriber_id: str) -> Subscriber | None:
        """The confirmed subscriber of that id, if there is one; changes nothing."""
        subscriber = self.subscribers.get(subscriber_id, self.clock())
        return subscriber if subscriber and subscriber.status is Status.CONFIRMED else None

    def reader_of(self, link: ManageLink) -> Subscriber | None:
        """The reader whose page a manage link opens; None if they left, or have another address since.

        Links in the mailbox of an earlier address must not even show that its reader is on the list.
        """
        reader = self.reader(link.subscriber_id)
        return reader if reader and reader.address_id == link.address_id else None

    def may_change_address(self, link: ManageLink) -> bool:
        """Whether a manage link is new enough to change the address: its reader has just read their mail.

        So nobody takes a subscription over with an old mail, and no notice need lie in the old mailbox.
        """
        return link.made_on is not None and self.clock().date() - link.made_on <= FRESH_LINK

    def ask_new_address(self, link: ManageLink, address: str, share: Share) -> None:
        """Have a confirmation mailed to a reader's new address; until then nothing changes.

        The same three calls, of the same size, for every address, as for a sign-up. A second call queues a
        second message, whose address then is the one that can be confirmed.

        Raises:
            ShareExceededError: the network has used its share of the day; nothing was queued.
            SignupClosedError: addresses can't be encrypted now; nothing was queued.
        """
        now = self.clock()
        attempt = self._attempt(share)
        self.queue.send(
            NewAddressMessage(
                request_id=uuid.uuid4().hex,
                subscriber_id=link.subscriber_id,
                sealed=self.seal(address),
                asked_on=now.date(),
                attempt=attempt,
                asked_at=int(now.timestamp()),
                address_id=link.address_id,
            )
        )

    def save(self, subscriber_id: str, form: ManageForm) -> bool:
        """Store what a valid form says; False if the reader is gone. A second call changes nothing more.

        The consent that they gave when they signed up stays, unless they add an audience: to that they agree
        here and today. The id of their first request stays, so that the link in their confirmation mail still
        says that they are subscribed.
        """
        subscriber = self.reader(subscriber_id)
        if subscriber is None or subscriber.consent is None:
            return False
        chosen, consent = form.language or subscriber.language, subscriber.consent
        if not subscriber.audiences.issuperset(form.audiences):
            today = self.clock().date()
            consent = replace(
                consent,
                text=consent_text(form.edition, FORM),
                form=FORM,
                language=chosen,
                asked_on=today,
                confirmed_on=today,
                confirmed_by=FORM,
            )
        wanted = replace(subscriber, audiences=frozenset(form.audiences), language=chosen, consent=consent)
        return self.subscribers.put_preferences(wanted)

    def mail_record(self, subscriber_id: str) -> bool:
        """Have the reader's record mailed to them; False if they are gone. A second call mails it again."""
        if self.reader(subscriber_id) is None:
            return False
        self._enqueue(MessageKind.RECORD, subscriber_id)
        return True

    def mail_link(self, subscriber_id: str, share: Share) -> None:
        """Have a fresh link to their page mailed to the reader, if there is one and the limits allow it.

        Whoever holds a letter may ask. So the two calls are the same whether or not that reader exists, and
        neither of them looks; the visitor's network is counted as for a sign-up. A second call queues a
        second message, which the cool-down makes harmless.

        Raises:
            ShareExceededError: the network has used its share of the day; nothing was queued.
        """
        self._enqueue(MessageKind.LINK, subscriber_id, self._attempt(share))

    def leave(self, subscriber_id: str) -> None:
        """Unsubscribe the reader; a second call is no error."""
        unsubscribe(subscriber_id, subscribers=self.subscribers, limits=self.limits, clock=self.clock)

    def erase(self, subscriber_id: str, *, not_again: bool) -> bool:
        """Delete everything that is stored about the reader; False if they are gone.

        With `not_again` the fingerprint stays, so that nobody can sign them up again.
        """
        return end_subscription(
            subscriber_id,
            lambda leaver: self.subscribers.erase(leaver, self.clock().date(), not_again=not_again),
            subscribers=self.subscribers,
            limits=self.limits,
            clock=self.clock,
        )

    def _attempt(self, share: Share) -> int:
        attempt = self.networks.count(share, self.clock())
        if attempt > share.most:
            raise ShareExceededError
        return attempt

    def _enqueue(self, kind: MessageKind, subscriber_id: str, attempt: int = 1) -> None:
        asked_at = int(self.clock().timestamp())
        self.queue.send(ReaderMailMessage(kind, subscriber_id, asked_at, attempt, uuid.uuid4().hex))
