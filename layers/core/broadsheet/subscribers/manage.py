"""A reader's own page: what they chose, and what may be done with it. None of it needs the address.

Who it is about is known by a link; that nobody is there any more is no error, and changes nothing.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from broadsheet.newsletter import Edition, Newsletter
from broadsheet.ports import Clock
from broadsheet.subscribers.consent import consent_text
from broadsheet.subscribers.leave import Absent, present
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.ports import Networks, SignupQueue, Subscribers
from broadsheet.subscribers.subscriber import Status, Subscriber

FORM = "manage"
YES = ("yes", "on", "true", "1")


@dataclass(frozen=True)
class ManageForm:
    """What came in; `edition` is the one in whose words the page was shown."""

    audiences: tuple[str, ...]
    language: str
    not_again: bool
    edition: Edition

    @classmethod
    def from_fields(cls, fields: dict[str, list[str]], edition: Edition) -> "ManageForm":
        """The form in posted fields: `audience` (once or more), `language`, `not_again`."""
        return cls(
            audiences=tuple(dict.fromkeys(value for value in fields.get("audience", []) if value)),
            language=next(iter(fields.get("language", [])), ""),
            not_again=any(value in YES for value in fields.get("not_again", [])),
            edition=edition,
        )

    def errors(self, newsletter: Newsletter) -> dict[str, str]:
        """Fields that can't be taken, each with the key of what to tell the reader."""
        found = {}
        if not self.audiences:
            found["audience"] = "error_audience_none_left"
        elif any(newsletter.audience(audience) is None for audience in self.audiences):
            found["audience"] = "error_audience"
        if self.language and self.language not in languages(newsletter):
            found["language"] = "error_language"
        return found


def languages(newsletter: Newsletter) -> list[str]:
    """The languages that readers can be written to in."""
    return list(dict.fromkeys(edition.language for edition in newsletter.editions.values()))


def known(subscriber_id: str, *, subscribers: Subscribers, clock: Clock) -> Subscriber | None:
    """The reader behind a link, if they have confirmed and are still there; changes nothing."""
    subscriber = subscribers.get(subscriber_id, clock())
    return subscriber if subscriber and subscriber.status is Status.CONFIRMED else None


def save(subscriber_id: str, form: ManageForm, *, subscribers: Subscribers, clock: Clock) -> bool:
    """Keep what the reader chose; false if they are gone. The form has been found without errors.

    What they agreed to when they signed up stays, unless they take an audience more: then they agreed to that
    here and today. The id of their first request stays, so that the link in their confirmation mail
    goes on saying that they are subscribed.
    """
    subscriber = known(subscriber_id, subscribers=subscribers, clock=clock)
    if subscriber is None or subscriber.consent is None:
        return False
    chosen, consent = form.language or subscriber.language, subscriber.consent
    if not subscriber.audiences.issuperset(form.audiences):
        today = clock().date()
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
    return subscribers.choose(wanted)


def ask_for_record(subscriber_id: str, *, subscribers: Subscribers, queue: SignupQueue, clock: Clock) -> bool:
    """Have the reader's record mailed to them; false if they are gone. A second call mails it again."""
    if known(subscriber_id, subscribers=subscribers, clock=clock) is None:
        return False
    queue.send(
        ReaderMailMessage(
            MessageKind.RECORD, subscriber_id, int(clock().timestamp()), request_id=uuid.uuid4().hex
        )
    )
    return True


def ask_for_link(
    subscriber_id: str, share: Share, *, networks: Networks, queue: SignupQueue, clock: Clock
) -> None:
    """Have a fresh link to their page mailed to the reader of a link, if there is one and the limits let it.

    Whoever holds a letter may ask. So these two calls are the same whether or not there is such a reader,
    and none of them looks; the visitor's network is counted as for a sign-up. A second call queues a second
    message, which the cool-down makes harmless.

    Raises:
        ShareUsedUpError: the network had its share of the day; nothing was queued.
    """
    now = clock()
    attempt = networks.count(share, now)
    if attempt > share.most:
        raise ShareExceededError
    queue.send(
        ReaderMailMessage(MessageKind.LINK, subscriber_id, int(now.timestamp()), attempt, uuid.uuid4().hex)
    )


def erase(
    subscriber_id: str,
    not_again: bool,  # noqa: FBT001  # as it stands in the form
    *,
    subscribers: Subscribers,
    gone: Callable[[Subscriber], None],
    absent: Absent,
    clock: Clock,
) -> bool:
    """Delete all that is kept about the reader; false if they were gone before.

    With `not_again` the fingerprint stays, so that nobody can sign them up again. `gone` notes that
    work about them in the queue is to be dropped; it comes first, so that none slips through between.
    `absent` notes that somebody who is not on the list wants to be erased.
    """
    now = clock()
    subscriber = present(subscriber_id, subscribers=subscribers, absent=absent, clock=clock)
    if subscriber is None:
        return False
    gone(subscriber)
    subscribers.erase(subscriber, now.date(), not_again=not_again)
    return True
