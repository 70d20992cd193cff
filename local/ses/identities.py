"""Identities: the domains and addresses that SES knows, and what is verified of them.

What the template made is read from the local engine, whose SES keeps the properties that matter here:
FeedbackAttributes, MailFromAttributes and ConfigurationSetAttributes. On top of that lies what calls and
control requests have changed; it is kept in a file, so a restart finds it again.

Shape (`<state>/identities.json`): for each name that was changed an object with `created` (bool), `deleted`
(bool) and the changed fields of `Identity`.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local.cached import Cached
from local.ses.addresses import bare
from local.ses.errors import Refusal, RefusedError
from local.stack import LocalStack

VERIFIED, PENDING = "SUCCESS", "PENDING"


@dataclass(frozen=True)
class Identity:
    """A domain or an address; the three statuses are words of the API (`SUCCESS`, `PENDING`, `FAILED` …).

    Only the last five can be changed; forwarding of feedback is on where nobody turned it off, as in SES.
    An empty `signing_hosted_zone` is the region's.
    """

    name: str
    configuration_set: str = ""
    forwards_feedback: bool = True
    mail_from_domain: str = ""
    on_mx_failure: str = "USE_DEFAULT_VALUE"
    verification: str = VERIFIED
    dkim: str = VERIFIED
    mail_from: str = VERIFIED
    signing_hosted_zone: str = ""

    @property
    def is_domain(self) -> bool:
        """Whether it is a domain, and not one address."""
        return "@" not in self.name

    @property
    def is_verified(self) -> bool:
        """Whether it may send and, in the sandbox, be sent to."""
        return self.verification == VERIFIED


@dataclass
class Identities:
    """All identities: those of `declared`, and what was made of them since. Safe to share between threads."""

    declared: Callable[[], Mapping[str, Identity]]
    file: Path | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._changes: dict[str, dict[str, Any]] = {}
        if self.file and self.file.is_file():
            self._changes = json.loads(self.file.read_text(encoding="utf-8"))

    def all(self) -> dict[str, Identity]:
        """Every identity by its name."""
        with self._lock:
            declared = self.declared()
            names = [*declared, *(name for name in self._changes if name not in declared)]
            found = {name: self._changed(name, declared.get(name)) for name in names}
        return {name: identity for name, identity in found.items() if identity}

    def get(self, name: str) -> Identity:
        """One identity.

        Raises:
            RefusedError: there is none of that name.
        """
        with self._lock:
            found = self._changed(spelt(name), self.declared().get(spelt(name)))
        if found is None:
            raise RefusedError(Refusal.NO_IDENTITY, f"Email identity {name} does not exist.")
        return found

    def of(self, address: str) -> list[Identity]:
        """Those that speak for an address, the closest first: itself, its domain, the domains above.

        Source: SES Developer Guide, "Creating and verifying identities": an address identity overrides its
        domain's settings; a verified domain stands for its subdomains.
        """
        local_part, _, domain = spelt(bare(address)).rpartition("@")
        labels = domain.split(".")
        names = [f"{local_part}@{domain}", *(".".join(labels[start:]) for start in range(len(labels) - 1))]
        with self._lock:
            declared = self.declared()
            found = [self._changed(name, declared.get(name)) for name in names]
        return [identity for identity in found if identity]

    def create(self, name: str, configuration_set: str = "") -> Identity:
        """A new identity, which waits for its verification.

        Raises:
            RefusedError: there is one of that name.
        """
        with self._lock:
            if spelt(name) in self.all():
                raise RefusedError(Refusal.IDENTITY_EXISTS, f"Email identity {name} already exists.")
            self._changes[spelt(name)] = {"created": True, "configuration_set": configuration_set}
            self._keep()
            return self.get(name)

    def change(self, name: str, **changes: str | bool) -> Identity:
        """Change some fields of an identity; a second time changes nothing.

        Raises:
            RefusedError: there is none of that name.
        """
        with self._lock:
            self.get(name)
            self._changes.setdefault(spelt(name), {}).update(changes)
            self._keep()
            return self.get(name)

    def delete(self, name: str) -> None:
        """Let an identity go, even one that the template made.

        Raises:
            RefusedError: there is none of that name.
        """
        with self._lock:
            self.get(name)
            self._changes[spelt(name)] = {"deleted": True}
            self._keep()

    def _changed(self, name: str, declared: Identity | None) -> Identity | None:
        changes = dict(self._changes.get(name, {}))
        if changes.pop("deleted", False):
            return None
        if changes.pop("created", False):
            declared = Identity(name, verification=PENDING, dkim=PENDING, mail_from=PENDING)
        return replace(declared, **changes) if declared else None

    def _keep(self) -> None:
        if self.file:
            self.file.write_text(json.dumps(self._changes, ensure_ascii=False), encoding="utf-8")


def spelt(name: str) -> str:
    """A name as it is kept: the domain in lower case. Source: SES: local parts are case-sensitive."""
    local_part, at, domain = name.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def engine_identities(stack: LocalStack) -> Callable[[], Mapping[str, Identity]]:
    """What the template made, as the local engine has it; a reading holds for five seconds."""

    def read() -> dict[str, Identity]:
        sesv2 = stack.sesv2
        names = [one["IdentityName"] for one in sesv2.list_email_identities()["EmailIdentities"]]
        return {
            spelt(name): as_identity(name, sesv2.get_email_identity(EmailIdentity=name)) for name in names
        }

    return Cached(read)


def as_identity(name: str, answer: Mapping[str, Any]) -> Identity:
    """The identity of a GetEmailIdentity answer, everything taken for verified."""
    mail_from = answer.get("MailFromAttributes", {})
    return Identity(
        name=spelt(name),
        configuration_set=answer.get("ConfigurationSetName", ""),
        forwards_feedback=answer.get("FeedbackForwardingStatus", True),
        mail_from_domain=mail_from.get("MailFromDomain", ""),
        on_mx_failure=mail_from.get("BehaviorOnMxFailure", Identity.on_mx_failure),
    )
