"""Identities: the domains and addresses that SES knows, and what is verified of them.

The identities that the template made are read from the local engine, whose SES keeps FeedbackAttributes,
MailFromAttributes and ConfigurationSetAttributes. Changes by API calls and control requests are stored in a
file and applied on top, so they survive a restart.

Shape (`<state>/identities.json`): for each changed name an object with `created` (bool), `deleted` (bool) and
the changed fields of `Identity`.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local import private
from local.cached import Cached
from local.ses.checks import bare
from local.ses.errors import Refusal, RefusedError
from local.stack import LocalStack

VERIFIED, PENDING = "SUCCESS", "PENDING"


@dataclass(frozen=True)
class Identity:
    """A domain or an address. Its three statuses are words of the API (`SUCCESS`, `PENDING`, `FAILED` …).

    As in SES, feedback is forwarded by default. An empty `signing_hosted_zone` is SES's usual one.
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
        """Whether it is a domain rather than an address."""
        return "@" not in self.name

    @property
    def is_verified(self) -> bool:
        """Whether it may send and, in the sandbox, receive."""
        return self.verification == VERIFIED


@dataclass
class Identities:
    """All identities: those of `declared`, with the changes in `file`. Safe to share between threads."""

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
            found = dict(self.declared())
            for name, changes in self._changes.items():
                fields = {key: value for key, value in changes.items() if key not in ("created", "deleted")}
                if changes.get("created"):
                    found[name] = Identity(name, verification=PENDING, dkim=PENDING, mail_from=PENDING)
                if changes.get("deleted"):
                    found.pop(name, None)
                elif name in found:
                    found[name] = replace(found[name], **fields)
            return found

    def get(self, name: str) -> Identity:
        """One identity.

        Raises:
            RefusedError: there is none of that name.
        """
        found = self.all().get(normalized(name))
        if found is None:
            raise RefusedError(Refusal.NO_IDENTITY, f"Email identity {name} does not exist.")
        return found

    def of(self, address: str) -> list[Identity]:
        """The identities that apply to an address, closest first: itself, its domain, the domains above.

        Source: SES Developer Guide, "Creating and verifying identities": an address identity overrides its
        domain's settings; a verified domain covers its subdomains.
        """
        local_part, _, domain = normalized(bare(address)).rpartition("@")
        labels = domain.split(".")
        names = [f"{local_part}@{domain}", *(".".join(labels[start:]) for start in range(len(labels) - 1))]
        known = self.all()
        return [known[name] for name in names if name in known]

    def create(self, name: str, configuration_set: str = "") -> Identity:
        """Create an identity, which is not verified yet.

        Raises:
            RefusedError: there is one of that name.
        """
        with self._lock:
            if normalized(name) in self.all():
                raise RefusedError(Refusal.IDENTITY_EXISTS, f"Email identity {name} already exists.")
            self._store(name, {"created": True, "configuration_set": configuration_set})
            return self.get(name)

    def change(self, name: str, **changes: str | bool) -> Identity:
        """Change some fields of an identity; a second time changes nothing.

        Raises:
            RefusedError: there is none of that name.
        """
        with self._lock:
            self.get(name)
            self._store(name, {**self._changes.get(normalized(name), {}), **changes})
            return self.get(name)

    def delete(self, name: str) -> None:
        """Delete an identity, even one that the template made.

        Raises:
            RefusedError: there is none of that name.
        """
        with self._lock:
            self.get(name)
            self._store(name, {"deleted": True})

    def _store(self, name: str, changes: dict[str, Any]) -> None:
        self._changes[normalized(name)] = changes
        if self.file:
            private.write(self.file, json.dumps(self._changes, ensure_ascii=False))


def normalized(name: str) -> str:
    """The name with its domain in lower case. Source: SES: local parts are case-sensitive."""
    local_part, at, domain = name.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def engine_identities(stack: LocalStack) -> Callable[[], Mapping[str, Identity]]:
    """A reader of the identities that the template made; what it read is cached for five seconds."""

    def read() -> dict[str, Identity]:
        sesv2 = stack.sesv2
        names = [listed["IdentityName"] for listed in sesv2.list_email_identities()["EmailIdentities"]]
        return {
            normalized(name): _declared(name, sesv2.get_email_identity(EmailIdentity=name)) for name in names
        }

    return Cached(read)


def _declared(name: str, answer: Mapping[str, Any]) -> Identity:
    """The identity of a GetEmailIdentity answer; the local system regards it as verified."""
    mail_from = answer.get("MailFromAttributes", {})
    return Identity(
        name=normalized(name),
        configuration_set=answer.get("ConfigurationSetName", ""),
        forwards_feedback=answer.get("FeedbackForwardingStatus", True),
        mail_from_domain=mail_from.get("MailFromDomain", ""),
        on_mx_failure=mail_from.get("BehaviorOnMxFailure", Identity.on_mx_failure),
    )
