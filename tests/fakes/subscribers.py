"""The subscribers' ports in memory: list, vault, queue and limits of sign-ups, mailer, link keys."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from broadsheet.mail import Mail
from broadsheet.subscribers.link_tokens import Confirmation, Links
from broadsheet.subscribers.messages import SignupMessage, SignupQueueMessage
from broadsheet.subscribers.networks import WIDE_SHARES, Share
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.send_history import SendHistory, end_of_day
from broadsheet.subscribers.subscriber import (
    SOFT_BOUNCES_KEPT,
    ConfirmedAddress,
    Known,
    OwnFingerprint,
    PendingAddress,
    Reason,
    SealedAddress,
    SoftBounces,
    Status,
    Subscriber,
    for_fingerprint,
)

ADDRESS_KEY = "address-2016"
LINK_KEY = "link-2016"


@dataclass
class FakeSubscribers:
    """`Subscribers`: `people` by id, `fingerprints` by fingerprint.

    `left` has the opt-out records by fingerprint, `addresses` the pending ones by subscriber id; one function
    of `meanwhile` runs before each write.
    """

    people: dict[str, Subscriber] = field(default_factory=dict)
    fingerprints: dict[str, Known] = field(default_factory=dict)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    soft_bounces: dict[str, frozenset[str]] = field(default_factory=dict)
    left: dict[str, date] = field(default_factory=dict, compare=False)
    addresses: dict[str, PendingAddress] = field(default_factory=dict)

    def add(self, *subscribers: Subscriber) -> "FakeSubscribers":
        """Store these subscribers; returns itself."""
        for subscriber in subscribers:
            self.people[subscriber.id] = subscriber
            self.fingerprints[subscriber.fingerprint] = Known(subscriber.id)
        return self

    def get(self, subscriber_id: str, now: datetime) -> Subscriber | None:
        subscriber = self.people.get(subscriber_id)
        if subscriber is None or _lapsed(subscriber, now):
            return None
        return replace(subscriber, soft_bounces=len(self.soft_bounces.get(subscriber_id, ())))

    def find(self, fingerprint: str, now: datetime) -> Known:
        known = self.fingerprints.get(fingerprint, Known())
        if known.subscriber_id and _lapsed(self.people[known.subscriber_id], now):
            return Known()
        return known

    def put_pending(self, subscriber: Subscriber, now: datetime, *, is_new: bool) -> bool:
        self._others_first()
        stored = self.people.get(subscriber.id)
        if is_new and (stored or self.find(subscriber.fingerprint, now) != Known()):
            return False
        if not is_new and (stored is None or stored.status is not Status.PENDING):
            return False
        if not is_new and self.fingerprints.get(subscriber.fingerprint) != Known(subscriber.id):
            return False
        self.add(subscriber)
        return True

    def confirm(self, subscriber: Subscriber) -> bool:
        self._others_first()
        stored = self.people.get(subscriber.id)
        request = stored.pending_request if stored else None
        consent = subscriber.consent
        if request is None or consent is None or request.request_id != consent.request_id:
            return False
        if self.fingerprints.get(subscriber.fingerprint, Known()).reason:
            return False
        self.add(subscriber)
        self.soft_bounces.pop(subscriber.id, None)
        self.left.pop(subscriber.fingerprint, None)
        return True

    def put_preferences(self, subscriber: Subscriber) -> bool:
        stored = self.people.get(subscriber.id)
        if stored is None or stored.status is not Status.CONFIRMED:
            return False
        if not subscriber.audiences or subscriber.consent is None:
            return False
        self.people[subscriber.id] = replace(
            stored,
            audiences=subscriber.audiences,
            language=subscriber.language,
            consent=subscriber.consent,
        )
        return True

    def put_address(self, subscriber: Subscriber, pending: PendingAddress) -> bool:
        self._others_first()
        stored = self.people.get(subscriber.id)
        if stored is None or stored.status is not Status.CONFIRMED:
            return False
        if stored.fingerprint != subscriber.fingerprint:
            return False
        waiting = self.addresses.get(subscriber.id, pending)
        if waiting.asked_at > pending.asked_at and waiting.request_id != pending.request_id:
            return False
        self.addresses[pending.subscriber_id] = pending
        return True

    def pending_address(self, subscriber_id: str, now: datetime) -> PendingAddress | None:
        pending = self.addresses.get(subscriber_id)
        return pending if pending and pending.expires_at > now else None

    def change_address(self, subscriber: Subscriber, pending: PendingAddress, now: datetime) -> bool:
        self._others_first()
        stored, waiting = self.people.get(subscriber.id), self.addresses.get(subscriber.id)
        if stored is None or stored.fingerprint != subscriber.fingerprint:
            return False
        if stored.status is not Status.CONFIRMED or waiting is None:
            return False
        is_free = self.find(pending.fingerprint, now) == Known()
        if waiting.request_id != pending.request_id or not is_free:
            return False
        self._gone(stored)
        self.left[stored.fingerprint] = now.date()
        self.left.pop(pending.fingerprint, None)
        self.add(
            replace(
                stored,
                fingerprint=pending.fingerprint,
                sealed_address=pending.sealed_address,
                mailbox=pending.mailbox,
                confirmed_address=ConfirmedAddress(pending.request_id, pending.asked_on, now.date()),
            )
        )
        return True

    def leave(self, subscriber: Subscriber, on: date) -> bool:
        self._others_first()
        if self._has_moved(subscriber):
            return False
        self._gone(subscriber)
        self.left[subscriber.fingerprint] = on
        return True

    def erase(self, subscriber: Subscriber, on: date, *, not_again: bool) -> bool:
        self._others_first()
        if self._has_moved(subscriber):
            return False
        self._gone(subscriber)
        self.left.pop(subscriber.fingerprint, None)
        if not_again:
            self.suppress(subscriber.fingerprint, Reason.NOT_AGAIN, on)
        return True

    def _has_moved(self, subscriber: Subscriber) -> bool:
        return self.people.get(subscriber.id, subscriber).fingerprint != subscriber.fingerprint

    def _gone(self, subscriber: Subscriber) -> None:
        self.people.pop(subscriber.id, None)
        self.addresses.pop(subscriber.id, None)
        self.soft_bounces.pop(subscriber.id, None)
        if self.fingerprints.get(subscriber.fingerprint) == Known(subscriber.id):
            del self.fingerprints[subscriber.fingerprint]

    def fingerprint_of(self, subscriber_id: str) -> OwnFingerprint | None:
        person = self.people.get(subscriber_id)
        return OwnFingerprint(person.fingerprint, bool(person.address_id)) if person else None

    def bounced_softly(self, subscriber_id: str, mailing: str) -> SoftBounces | None:
        person = self.people.get(subscriber_id)
        if person is None:
            return None
        bounced = sorted({*self.soft_bounces.get(subscriber_id, ()), mailing})[-SOFT_BOUNCES_KEPT:]
        self.soft_bounces[subscriber_id] = frozenset(bounced)
        return SoftBounces(person.fingerprint, frozenset(bounced))

    def suppress(self, fingerprint: str, reason: Reason, on: date) -> None:  # noqa: ARG002  # the port's
        known = self.fingerprints.get(fingerprint, Known())
        if known.subscriber_id:
            self.people.pop(known.subscriber_id, None)
            self.addresses.pop(known.subscriber_id, None)
            self.soft_bounces.pop(known.subscriber_id, None)
        if not known.reason:
            self.fingerprints[fingerprint] = Known(reason=reason)

    def _others_first(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()


@dataclass
class FakeVault:
    """`Seal`, `Vault`, `Addresses`, and fingerprints: reversible, and nothing stays readable."""

    def __call__(self, address: str) -> bytes:
        return _scrambled(f"sign-up\0{address}".encode().ljust(400, b"\0"))

    def open_sign_up(self, sealed: bytes) -> str:
        purpose, address = _scrambled(sealed).decode("utf-8", "replace").rstrip("\0").split("\0")
        if purpose != "sign-up":
            raise ValueError("not a sealed sign-up")
        return address

    def fingerprint(self, address: str) -> str:
        return hashlib.sha256(b"fingerprint\0" + for_fingerprint(address)).hexdigest()

    def seal(self, address: str, subscriber_id: str) -> SealedAddress:
        return SealedAddress(_scrambled(f"{subscriber_id}\0{address}".ljust(400, "\0").encode()), ADDRESS_KEY)

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        owner, _, address = _scrambled(sealed.content).decode("utf-8", "replace").partition("\0")
        if owner != subscriber_id or sealed.key_id != ADDRESS_KEY:
            raise SealBrokenError("sealed for somebody else")
        return address.rstrip("\0")


@dataclass
class FakeSignupQueue:
    """`SignupQueue`: the messages that were sent, and their delays in seconds."""

    messages: list[SignupQueueMessage] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)

    def send(self, message: SignupQueueMessage, delay_seconds: int = 0) -> None:
        self.messages.append(message)
        self.delays.append(delay_seconds)

    @property
    def sign_ups(self) -> list[SignupMessage]:
        """The sign-ups among the messages."""
        return [message for message in self.messages if isinstance(message, SignupMessage)]


@dataclass
class FakeNetworks:
    """`Networks`: the counts by day and network; `wide` are those of the enclosing networks."""

    counts: Counter[tuple[date, str]] = field(default_factory=Counter)
    wide: Counter[tuple[date, str]] = field(default_factory=Counter)

    def count(self, share: Share, now: datetime) -> int:
        own, wide = (now.date(), share.network), (now.date(), share.around)
        if self.wide[wide] >= share.most * WIDE_SHARES or self.counts[own] >= share.most:
            return share.most + 1
        self.counts[own] += 1
        self.wide[wide] += 1
        return share.attempt(self.counts[own], self.wide[wide])


@dataclass
class FakeLimits:
    """`Limits`: the send histories by counter, and the mails of each hour; `calls` counts all calls.

    One function of `meanwhile` runs before each write.
    """

    memory: dict[str, SendHistory] = field(default_factory=dict)
    total: Counter[datetime] = field(default_factory=Counter)
    later: Counter[datetime] = field(default_factory=Counter)
    waits: set[tuple[datetime, int]] = field(default_factory=set)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    absent: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[datetime, str]] = field(default_factory=list)
    calls: int = 0

    def send_history(self, counter: str) -> SendHistory:
        self.calls += 1
        return self.memory.get(counter, SendHistory())

    def put_history(self, counter: str, history: SendHistory) -> bool:
        self.calls += 1
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.memory.get(counter, SendHistory()).version != history.version - 1:
            return False
        self.memory[counter] = history
        return True

    def put_tombstone(self, counter: str, at: datetime) -> None:
        before = self.memory.get(counter, SendHistory())
        self.memory[counter] = SendHistory(
            (), end_of_day(at), before.version + 1, over=frozenset(message for message, _ in before.mailed)
        )

    def put_absent_tombstone(self, subscriber_id: str, at: datetime) -> None:
        self.absent[subscriber_id] = end_of_day(at)

    def delete_mails(self, counter: str, at: datetime) -> None:  # noqa: ARG002  # the port's
        if before := self.memory.get(counter):
            self.memory[counter] = replace(before, mailed=(), unconfirmed="", version=before.version + 1)

    def delete_history(self, counter: str) -> None:
        self.memory.pop(counter, None)

    def take(self, hour: datetime, in_all: int, priority: int, later: int | None) -> bool:
        self.calls += 1
        if self.total[hour] >= in_all or (later is not None and self.later[hour] >= later):
            return False
        if any((hour, lower) in self.waits for lower in range(1, priority)):
            return False
        self.total[hour] += 1
        self.later[hour] += later is not None
        return True

    def give_back(self, hour: datetime, *, is_late: bool) -> None:
        self.total[hour] -= 1
        self.later[hour] -= is_late

    def count_waiting(self, hour: datetime, not_taken: str) -> None:
        self.waiting.append((hour, not_taken))

    def note_waiting(self, hour: datetime, priority: int) -> None:
        self.calls += 1
        self.waits.add((hour, priority))


@dataclass(frozen=True)
class Sent:
    """One mail that was sent."""

    mail: Mail
    to: str
    tags: dict[str, str]


@dataclass
class FakeMailer:
    """`Mailer`: records mails in `sent`; each of `failures` is raised once instead."""

    sent: list[Sent] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send(self, mail: Mail, to: str, tags: dict[str, str]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(Sent(mail, to, tags))


@dataclass
class FakeKeyring:
    """The keys of links by id, and the one that signs; `links` uses them."""

    current_id: str = LINK_KEY
    keys: dict[str, bytes] = field(default_factory=lambda: {LINK_KEY: b"k" * 32})
    today: date = date(2016, 12, 12)

    def rotate(self, key_id: str) -> None:
        """Sign with a new key; older keys stay readable."""
        self.keys[key_id] = hashlib.sha256(key_id.encode()).digest()
        self.current_id = key_id

    @property
    def links(self) -> Links:
        return Links(lambda: self.current_id, self.keys.get, lambda: self.today)


def _lapsed(subscriber: Subscriber, now: datetime) -> bool:
    request = subscriber.pending_request
    return subscriber.status is Status.PENDING and request is not None and request.expires_at <= now


def _scrambled(content: bytes) -> bytes:
    return bytes(byte ^ 0xA5 for byte in content)


def damaged_tokens(token: str) -> dict[str, str]:
    """Tokens that open nothing, made of one of `FakeKeyring`, by what is wrong with them."""
    return {
        "empty": "",
        "junk": "junk",
        "cut": token[:-7],
        "changed": token.replace(f"{LINK_KEY}.", f"{LINK_KEY}.A"),
        "a confirmation": FakeKeyring().links.confirm_token(Confirmation("a" * 32, "1" * 32)),
        "not ASCII": "лінк",
        "endless": f"{LINK_KEY}." * 900,
    }
