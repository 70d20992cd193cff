"""A DNS server on 127.0.0.1 for the local system, with the records that the stack needs.

    GET    /_local/dns            {"port": …, "changes": …}; the first request starts the server
    PUT    /_local/dns/changes    {"name": …, "kind": "TXT", "values": […]}; no values: the record is removed
    DELETE /_local/dns/changes    undoes all changes

It answers over UDP, for A, AAAA, CNAME, MX and TXT, and knows no other zone.
"""

import socketserver
import threading
from collections.abc import Callable, Iterable

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from flask import Blueprint, Response, jsonify, request

from infrastructure.dns_records import DNSRecord

KINDS = ("A", "AAAA", "CNAME", "MX", "TXT")


class Zone:
    """The needed records, `records()`, with changes on top of them. Safe to share between threads."""

    def __init__(self, records: Callable[[], Iterable[DNSRecord]]) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._changes: dict[tuple[str, str], list[str]] = {}

    def change(self, name: str, kind: str, values: list[str]) -> None:
        """Replace a name's records of this kind; without values, remove them."""
        with self._lock:
            self._changes[_normalized(name), kind] = values

    def restore(self) -> None:
        """Undo all changes."""
        with self._lock:
            self._changes.clear()

    def changes(self) -> dict[str, list[str]]:
        """The changes, by `name kind`."""
        with self._lock:
            return {f"{name} {kind}": values for (name, kind), values in self._changes.items()}

    def of(self, name: str) -> dict[str, list[str]]:
        """The values of a name by kind."""
        found: dict[str, list[str]] = {}
        for record in self._records():
            if _normalized(record.name) == _normalized(name):
                found.setdefault(record.kind, []).append(record.value)
        with self._lock:
            found |= {kind: values for (of, kind), values in self._changes.items() if of == _normalized(name)}
        return {kind: values for kind, values in found.items() if values}


class DnsServer(socketserver.ThreadingUDPServer):
    """Answers from a zone on a free UDP port of 127.0.0.1, in a thread of its own, until it is closed."""

    daemon_threads = True

    def __init__(self, zone: Zone) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.zone = zone
        threading.Thread(target=self.serve_forever, name="dns", daemon=True).start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self.server_close()


class _Handler(socketserver.BaseRequestHandler):
    server: DnsServer

    def handle(self) -> None:
        """Answer one question; any other packet is ignored."""
        packet, socket = self.request
        try:
            question = dns.message.from_wire(packet)
        except dns.exception.DNSException:
            return
        socket.sendto(_answer(question, self.server.zone).to_wire(), self.client_address)


def _answer(question: dns.message.Message, zone: Zone) -> dns.message.Message:
    """Source: RFC 1034 section 4.3.2: a CNAME answers for every kind; a name without records is NXDOMAIN."""
    answer = dns.message.make_response(question, recursion_available=True)
    answer.flags |= dns.flags.AA
    asked = question.question[0]
    found = zone.of(str(asked.name))
    asked_kind = dns.rdatatype.to_text(asked.rdtype)
    kind = asked_kind if asked_kind in found else "CNAME"
    if kind in found:
        values = [_zone_file_form(value, kind) for value in found[kind]]
        answer.answer.append(dns.rrset.from_text_list(asked.name, 0, "IN", kind, values))  # never cached
    elif not found:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


def _zone_file_form(value: str, kind: str) -> str:
    if kind == "TXT":
        return f'"{value}"'
    return f"{value.rstrip('.')}." if kind in ("CNAME", "MX") else value


def _normalized(name: str) -> str:
    return name.rstrip(".").lower()


def dns_control(zone: Zone, started: list[DnsServer]) -> Blueprint:
    """The control requests. The first one starts the server and appends it to `started`."""
    control = Blueprint("dns", __name__, url_prefix="/_local/dns")
    lock = threading.Lock()

    @control.get("")
    def where() -> Response:
        with lock:
            started.extend([] if started else [DnsServer(zone)])
        return jsonify(port=started[0].port, changes=zone.changes())

    @control.put("/changes")
    def change() -> Response:
        wanted = request.get_json(force=True)
        if not isinstance(wanted, dict) or wanted.get("kind") not in KINDS:
            return Response(f"A change has a name, a kind ({', '.join(KINDS)}) and values.\n", 400)
        zone.change(str(wanted["name"]), str(wanted["kind"]), [str(value) for value in wanted["values"]])
        return jsonify(zone.changes())

    @control.delete("/changes")
    def restore() -> Response:
        zone.restore()
        return Response(status=204)

    return control
