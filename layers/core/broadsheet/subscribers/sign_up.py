"""The sign-up form: what was sent, what is wrong with it, and what is done with it.

The answer and the calls are the same for every address: nothing here can know whether one is on the list.
"""

import uuid
from dataclasses import dataclass
from functools import cached_property

from broadsheet.newsletter import Edition, Newsletter
from broadsheet.ports import Clock
from broadsheet.subscribers.address import address_in, error_of, typed_address
from broadsheet.subscribers.consent import consent_text
from broadsheet.subscribers.messages import SignupMessage
from broadsheet.subscribers.mistyped import meant
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.ports import Networks, Seal, SignupQueue

HONEYPOT = "website"
FORMS = ("page", "api")


@dataclass(frozen=True)
class SignupForm:
    """The form as it was sent; `edition` is the one in whose words it is answered."""

    email: str
    audiences: tuple[str, ...]
    edition: Edition
    form: str = "page"
    trapped: bool = False

    @classmethod
    def from_fields(cls, fields: dict[str, list[str]], edition: Edition, form: str) -> "SignupForm":
        """The form in posted fields: `email`, `audience` (once or more)."""
        return cls(
            email=typed_address(fields),
            audiences=tuple(dict.fromkeys(value for value in fields.get("audience", []) if value)),
            edition=edition,
            form=form,
            trapped=bool(_first(fields, HONEYPOT)),
        )

    @cached_property
    def address(self) -> str:
        """The normalised address; "" if the field holds none."""
        return address_in(self.email)

    @cached_property
    def meant(self) -> str:
        """The address that was probably meant, if the typed one has a slip in its domain; else ""."""
        return meant(self.email)

    def errors(self, newsletter: Newsletter) -> dict[str, str]:
        """The fields that are wrong, each with the key of the words that tell the visitor what to do."""
        found = {}
        if error := error_of(self.email):
            found["email"] = error
        if not self.audiences:
            found["audience"] = "error_audience_missing"
        elif any(newsletter.audience(audience) is None for audience in self.audiences):
            found["audience"] = "error_audience"
        elif newsletter.apart(self.audiences) != self.audiences:
            found["audience"] = "error_audience_both"
        return found


def subscribe(
    form: SignupForm, share: Share, *, networks: Networks, seal: Seal, queue: SignupQueue, clock: Clock
) -> None:
    """Count the visitor's network, encrypt the address of a valid form, queue the message.

    The same three calls, in this order and of the same size, for every address. A form with a filled honeypot
    was sent by a program: it is counted and gets the same answer, perhaps sooner, and nothing is queued. A
    second call queues a second message, which the consumer makes harmless.

    Raises:
        ShareExceededError: the network has used its share of the day; nothing was queued.
        SignUpClosedError: addresses can't be encrypted now; nothing was queued.
    """
    now = clock()
    attempt = networks.count(share, now)
    if attempt > share.most:
        raise ShareExceededError
    if form.trapped:
        return
    queue.send(
        SignupMessage(
            request_id=uuid.uuid4().hex,
            sealed=seal(form.address),
            audiences=form.audiences,
            language=form.edition.language,
            text=consent_text(form.edition, form.form),
            form=form.form,
            asked_on=now.date(),
            attempt=attempt,
            asked_at=int(now.timestamp()),
        )
    )


def _first(fields: dict[str, list[str]], name: str) -> str:
    return next(iter(fields.get(name, [])), "")
