"""The sign-up form: what was typed, what is wrong with it, and what happens with it.

The answer and the work are the same for every address: nothing here can know whether one is on the list.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.orders import SignUp
from broadsheet.subscribers.ports import Clock, Seal, SignUps

HONEYPOT = "website"
LONGEST_ADDRESS = 254
FORMS = ("page", "api")


@dataclass(frozen=True)
class SignUpForm:
    """What came in, as it came; `errors` maps a field to the key of the words that say what to do."""

    email: str
    audiences: tuple[str, ...]
    edition: str
    form: str = "page"
    trapped: bool = False

    @classmethod
    def from_fields(cls, fields: dict[str, list[str]], newsletter: Newsletter, form: str) -> "SignUpForm":
        """The form in posted fields: `email`, `audience` (once or more), `edition` (whose words to use)."""
        edition = _first(fields, "edition")
        return cls(
            email=_first(fields, "email")[: LONGEST_ADDRESS + 1],
            audiences=tuple(dict.fromkeys(value for value in fields.get("audience", []) if value)),
            edition=edition if edition in newsletter.editions else next(iter(newsletter.editions)),
            form=form,
            trapped=bool(_first(fields, HONEYPOT)),
        )

    def errors(self, newsletter: Newsletter) -> dict[str, str]:
        """Fields that can't be taken, each with the key of what to tell the visitor."""
        found = {}
        try:
            normalise(self.email)
        except AddressError:
            found["email"] = "error_email" if self.email.strip() else "error_email_missing"
        if not self.audiences:
            found["audience"] = "error_audience_missing"
        elif any(newsletter.audience(audience) is None for audience in self.audiences):
            found["audience"] = "error_audience"
        return found


def subscribe(
    form: SignUpForm,
    *,
    newsletter: Newsletter,
    seal: Seal,
    sign_ups: SignUps,
    clock: Clock,
) -> None:
    """Seal the address and queue the order; the form has been found without errors.

    A filled honeypot is a program's work: it gets the same answer and nothing is queued. A second call
    queues a second order, which the queue's reader makes harmless.
    """
    if form.trapped:
        return
    sign_ups.put(
        SignUp(
            order_id=uuid.uuid4().hex,
            sealed=seal(normalise(form.email)),
            audiences=form.audiences,
            language=newsletter.editions[form.edition].language,
            text=consent_text(newsletter.editions[form.edition]),
            form=form.form,
            asked_on=_today(clock),
        )
    )


def consent_text(edition: Edition) -> str:
    """The version of the words beside the form: a hash, kept with each consent."""
    words = language(edition.language)
    shown = "\n".join((edition.sign_up, words["choices"], words["risk"], words["subscribe_button"]))
    return f"{edition.language}-{hashlib.sha256(shown.encode()).hexdigest()[:16]}"


def _today(clock: Clock) -> date:
    return clock().date()


def _first(fields: dict[str, list[str]], name: str) -> str:
    return next(iter(fields.get(name, [])), "")
