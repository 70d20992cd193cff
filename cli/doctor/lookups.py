"""Questions to DNS, so that "there is no such record" and "nobody answered" stay apart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import dns.exception
import dns.resolver

SECONDS_A_QUESTION = 4.0
T = TypeVar("T")


class UnansweredError(RuntimeError):
    """DNS could not be asked; nothing is known about the record. The message says why."""


@dataclass
class Lookups:
    """Asks one resolver. Once nobody has answered in time, the next questions are not asked, either."""

    resolver: dns.resolver.Resolver
    silent: str = field(default="", init=False)
    has_failed: bool = field(default=False, init=False)  # some question went unanswered

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each put together from its parts."""
        return self._asked(
            name, "TXT", lambda record: b"".join(record.strings).decode("utf-8", "backslashreplace")
        )

    def targets(self, name: str) -> list[str]:
        """Where the CNAME of a name leads to: one at most."""
        return self._asked(name, "CNAME", lambda record: str(record.target).rstrip(".").lower())

    def exchanges(self, name: str) -> list[tuple[int, str]]:
        """The MX records of a name: preference and host."""
        return self._asked(
            name, "MX", lambda record: (record.preference, str(record.exchange).rstrip(".").lower())
        )

    def addresses(self, name: str) -> list[str]:
        """The addresses behind a name, by way of whatever CNAMEs."""
        return [*self._asked(name, "A", str), *self._asked(name, "AAAA", str)]

    def _asked(self, name: str, kind: str, read: Callable[..., T]) -> list[T]:
        """What there is; nothing where there is no such name or record.

        Raises:
            UnansweredError: nobody answered, or what came was no answer.
        """
        if self.silent:
            raise UnansweredError(self.silent)
        try:
            return [read(record) for record in self.resolver.resolve(name, kind, search=False)]
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            self.has_failed = True
            if isinstance(error, dns.resolver.LifetimeTimeout):
                self.silent = "no answer in time"
            raise UnansweredError(self.silent or type(error).__name__) from error


def system_lookups() -> Lookups:
    """The resolver of this machine.

    Where the machine has none, every question goes unanswered.
    """
    try:
        return _with_patience(dns.resolver.Resolver())
    except dns.resolver.NoResolverConfiguration:
        return _with_patience(dns.resolver.Resolver(configure=False))


def lookups_at(port: int) -> Lookups:
    """A resolver on this machine: the local system's."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    return _with_patience(resolver)


def _with_patience(resolver: dns.resolver.Resolver) -> Lookups:
    resolver.lifetime = SECONDS_A_QUESTION
    return Lookups(resolver)
