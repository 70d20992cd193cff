"""DNS queries that distinguish "there is no such record" from "no answer"."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import dns.exception
import dns.name
import dns.resolver

SECONDS_A_QUERY = 4.0
T = TypeVar("T")


class UnansweredError(RuntimeError):
    """DNS did not answer, so the record may exist or not. The message says why."""


@dataclass
class Lookups:
    """Queries one resolver. After one query has timed out, none is made any more."""

    resolver: dns.resolver.Resolver
    silent: str = field(default="", init=False)
    has_failed: bool = field(default=False, init=False)  # whether any query went unanswered

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, the parts of each one joined."""
        return self._query(name, "TXT", lambda txt: b"".join(txt.strings).decode("utf-8", "backslashreplace"))

    def targets(self, name: str) -> list[str]:
        """The target of a name's CNAME: one at most."""
        return self._query(name, "CNAME", lambda cname: _host(cname.target))

    def exchanges(self, name: str) -> list[tuple[int, str]]:
        """The MX records of a name: preference and host."""
        return self._query(name, "MX", lambda mx: (mx.preference, _host(mx.exchange)))

    def addresses(self, name: str) -> list[str]:
        """The addresses of a name, CNAMEs followed."""
        return [*self._query(name, "A", str), *self._query(name, "AAAA", str)]

    def _query(self, name: str, kind: str, read: Callable[..., T]) -> list[T]:
        """The records; none if there is no such name or record.

        Raises:
            UnansweredError: there was no answer, or not a usable one.
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


def _host(name: dns.name.Name) -> str:
    return str(name).rstrip(".").lower()


def system_lookups() -> Lookups:
    """The resolver of this machine; if it has none, every query goes unanswered."""
    try:
        return _with_lifetime(dns.resolver.Resolver())
    except dns.resolver.NoResolverConfiguration:
        return _with_lifetime(dns.resolver.Resolver(configure=False))


def lookups_at(port: int) -> Lookups:
    """The resolver of the local system."""
    return _with_lifetime(dns.resolver.make_resolver_at("127.0.0.1", port))


def _with_lifetime(resolver: dns.resolver.Resolver) -> Lookups:
    resolver.lifetime = SECONDS_A_QUERY
    return Lookups(resolver)
